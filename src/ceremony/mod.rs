//! The ceremony: the order of events, the clock, and the record of what happened.
//!
//! Both faces drive this one interface; it knows neither terminals nor arguments. Begin with [`Appliance`]:
//! [`Appliance::plan`], [`Appliance::approve`], [`Appliance::sign`] and [`Appliance::deliver`] are the main job.

mod adoption;
mod auditing;
mod block_lists;
mod browsing;
mod carried_keys;
mod certificate_export;
mod closing;
mod confirmed_ca;
mod console;
mod cross;
mod delivery;
mod difference;
mod done;
mod error;
mod estimate;
mod evidence;
mod expiry;
mod form_obstacles;
mod forms;
mod found;
mod handover;
mod inspection;
mod installation;
mod intake;
mod issuance;
mod listing;
mod loose_keys;
mod mark;
mod messages;
mod modules;
mod next_steps;
mod noted;
mod noted_head;
mod opening;
mod overview;
mod planned_authorities;
mod planning;
mod profiles;
mod progress;
mod proving;
mod provisioning;
mod reasons;
mod recording;
mod records;
mod rekey;
mod renewal;
mod repeated_code;
mod revocation;
mod root;
mod seen;
mod self_check;
mod shared_primes;
mod space;
mod standing;
mod succession;
mod summary;
mod table;
mod tokens;
mod triage;
mod unfinished;
mod verification;
mod volumes;
mod waived;
mod withdrawal;

pub use adoption::{Adoptee, ProposedAdoption};
pub use block_lists::{BlockListFacts, BlockLists, ListFormat, add_block_list};
pub use browsing::{By, CertificateState, Found, IssuedRow, Pace, Rest, Wanted};
pub use certificate_export::ExportedCertificate;
pub use closing::{Closing, Due, Nearness, Remaining, SignedHead, Unfinished};
pub use confirmed_ca::{ConfirmedCa, ConfirmedRekey, ConfirmedRenewal, Rekey, Renewal};
pub use console::Console;
pub use cross::CrossPlanned;
pub use delivery::DeliveryWanted;
pub use difference::{Differences, Group};
pub use done::{Beginning, DoneSince, HeadAfter, HeadSignature};
pub use error::{Aftermath, Class, Error, Wanting};
pub use estimate::Estimate;
pub use expiry::{CaWarning, CaWarningKind};
pub use form_obstacles::{FirstRequests, FormObstacle, FormsNotHad, InTheWay, NotHad};
pub use found::{FOUND_NAMED_MAX, FoundBy, FoundIn, Outcome};
pub use handover::Delivered;
pub use inspection::{Counts, Judgement, Verdict, Yardstick, inspect};
pub use installation::{FittingCertificate, read_certificates};
pub use issuance::{ApprovalGiven, Issued};
pub use loose_keys::LooseKey;
pub use mark::{OlderRegister, TokenMark};
pub use messages::Messages;
pub use modules::{KnownModule, known_modules};
pub use next_steps::NextSteps;
pub use noted::{HeldEntry, Noted};
pub use opening::{Appliance, Custodian, Home, HomeState, Setup, printable_path, setup};
pub use overview::Overview;
pub use planned_authorities::PlannedAuthorities;
pub use planning::{PlanWanted, Planned};
pub use profiles::{ProfileSection, profile_by_name, profile_sections};
pub use progress::{Motion, Phase, Progress, Reins, Watch};
pub use proving::{Code, ProofFile, platform_by_name, requested_code};
pub use provisioning::{NewCa, Requested};
pub use reasons::Reasons;
pub use rekey::Links;
pub use renewal::RootRenewal;
pub use repeated_code::{RepeatedCode, Repetition};
pub use revocation::{
    ApprovedCrl, CrlApproval, CrlChanges, CrlFile, CrlFreshness, CrlImport, CrlRow, CrlShown, CrlStanding,
    CrlsOfCa, JudgedCertificate, JudgedRevocation, ListedCertificate, Past, PreparedCrl, PublishedCrls,
    REASONS, RevokedCa, RevokedRow, RevokedSince, acts_on, acts_on_any, crl_again, crl_id, new_crl_row,
    read_crl_file, read_serials, typed_moment, typed_serial,
};
pub use seen::{Agreement, Seen};
pub use self_check::{Check, Mark, interfaces_up, self_check, utc_now};
pub use space::Space;
pub use standing::{Authority, Stage};
pub use succession::RootCompared;
pub use summary::{DeliveredBefore, PlanSummary, PlannedRow};
pub use table::table_of;
pub use tokens::{CheckedKey, TokenCheck, check_token, initialise_token, slots, typed_twice};
pub use triage::{
    Detail, Direction, Filter, Occurrences, Order, Reading, Row, Selection, Triage, detail, read_triage,
};
pub use unfinished::UnfinishedWork;
pub use verification::verify_bundle;
pub use volumes::{
    Access, COUNT_ENTRIES_MAX, EntryKind, FOLDER_ENTRIES_MAX, FolderContents, FolderEntry, FolderListing,
    MountedVolume, Reach, VolumeWatch, folder_contents, list_folder, mounted_volumes,
};
pub use waived::Waived;
pub use withdrawal::Withdrawn;

// Values of the layers below that the faces show or hand through.
pub use crate::{
    export::{
        format::Format,
        manifest::Standing,
        verification::{CrlSummary, Report as BundleReport},
    },
    host::memory::harden,
    pki::platform::Platform,
    register::{
        Adoption, AuditFinding, AuditReport, AuthorityRecord, Brought, Catalogue, CrlOrigin, CrlScope, Deeds,
        HandedOver, InstalledCertificate, IssuedCertificate, IssuedCrl, Recovery, Rehearsal, RevocationAct,
        RevocationOrder, Revoked, RevokedCount, RevokedCounts, Role, StoredCrl, StoredPlan, Takeover,
    },
    token::{
        mechanism::{Capability, KEY_ALGORITHMS, Support},
        pin::{Activation, Pin, SoActivation, SoPin},
        session::Session,
        slot::{Initialised, PinEntry, PinWarning, Rng, SlotState, TokenState, TokenTexts, UserPin, Writing},
    },
};
