//! The ceremony: the order of events, the clock, and the record of what happened.
//!
//! Both faces drive this one interface; it knows neither terminals nor arguments. Begin with [`Appliance`]:
//! [`Appliance::plan`], [`Appliance::approve`], [`Appliance::sign`] and [`Appliance::deliver`] are the main job.

mod auditing;
mod browsing;
mod delivery;
mod error;
mod estimate;
mod inspection;
mod intake;
mod issuance;
mod opening;
mod planning;
mod profiles;
mod progress;
mod proving;
mod provisioning;
mod summary;
mod tokens;
mod verification;

pub use browsing::{By, Found, IssuedRow, Pace, Rest, Wanted};
pub use delivery::Delivered;
pub use error::{Class, Error};
pub use estimate::Estimate;
pub use inspection::{Counts, Judgement, Verdict, Yardstick, inspect};
pub use issuance::{ApprovalGiven, Issued};
pub use opening::{Appliance, Custodian, Home, Setup, printable_path, setup};
pub use profiles::{profile_by_name, profile_sections};
pub use progress::{Motion, Phase, Progress, Reins, Watch};
pub use proving::{Code, Platform};
pub use provisioning::{NewCa, Requested, read_certificates};
pub use summary::{DeliveredBefore, PlanSummary, PlannedRow};
pub use tokens::{TokenCheck, check_token, initialise_token, slots};
pub use verification::verify_bundle;

// Values of the layers below that the faces show or hand through.
pub use crate::{
    export::{bundle::Format, manifest::Standing},
    host::memory::harden,
    register::{AuditReport, AuthorityRecord, Catalogue, IssuedCertificate, Rehearsal, Stock, StoredPlan},
    token::{
        mechanism::{Capability, Support},
        pin::{Activation, Pin, SoActivation, SoPin},
        slot::{Initialised, PinEntry, PinWarning, SlotState, TokenState, UserPin},
    },
};
