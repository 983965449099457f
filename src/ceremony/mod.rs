//! The ceremony: the order of events, the clock, and the record of what happened.
//!
//! Both faces drive this one interface; it knows neither terminals nor arguments. Begin with [`Appliance`]:
//! [`Appliance::plan`], [`Appliance::approve`], [`Appliance::sign`] and [`Appliance::deliver`] are the main job.

mod auditing;
mod delivery;
mod difference;
mod error;
mod inspection;
mod intake;
mod issuance;
mod opening;
mod planning;
mod profiles;
mod progress;
mod proving;
mod provisioning;
mod tokens;
mod triage;
mod verification;

pub use delivery::Delivered;
pub use difference::{Differences, Group};
pub use error::{Class, Error};
pub use inspection::{Counts, Judgement, Verdict, Yardstick, inspect};
pub use issuance::{ApprovalGiven, Issued};
pub use opening::{Appliance, Custodian, Home, Setup, printable_path, setup};
pub use profiles::{profile_by_name, profile_sections};
pub use progress::{Phase, Progress, Watch};
pub use proving::{Code, Platform};
pub use provisioning::{NewCa, Requested, read_certificates};
pub use tokens::{TokenCheck, check_token, initialise_token, slots};
pub use triage::{
    Detail, Direction, Filter, Occurrences, Order, Reading, Row, Selection, Triage, detail, read_triage,
};
pub use verification::verify_bundle;

// Values of the layers below that the faces show or hand through.
pub use crate::{
    export::{bundle::Format, manifest::Standing},
    host::memory::harden,
    register::{AuditReport, AuthorityRecord, IssuedCertificate, Rehearsal, StoredPlan},
    token::{
        mechanism::{Capability, Support},
        pin::{Activation, Pin, SoActivation, SoPin},
        slot::{Initialised, PinEntry, PinWarning, SlotState, TokenState, UserPin},
    },
};
