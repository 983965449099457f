//! The screens, each with its data inside: an approval without a plan cannot be written.

pub mod approval;
pub mod audit;
pub mod authorities;
pub mod authority;
pub mod ca_confirmation;
pub mod ca_target;
pub mod choice;
pub mod closing;
pub mod delivery;
pub mod difference;
pub mod document;
pub mod install;
pub mod new_ca;
pub mod new_token;
pub mod plan;
pub mod proving;
pub mod register;
pub mod requests;
pub mod rooms;
pub mod setup;
pub mod signing;
pub mod start;
pub mod token;
pub mod triage;

use super::room::Room;

/// A screen.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "a handful stand on top of each other, never a list of them")]
pub enum Screen {
    /// The self-check and the clock.
    Start(start::Start),
    /// A home is made.
    Setup(setup::Setup),
    /// Slots and tokens.
    Tokens(token::Tokens),
    /// A token is given its label and its PINs.
    NewToken(new_token::NewToken),
    /// The CAs.
    Authorities(authorities::Authorities),
    /// One CA.
    Authority(Box<authority::AuthorityPage>),
    /// What a new CA is to be.
    NewCa(new_ca::NewCa),
    /// Where a new CA's request is written.
    CaTarget(ca_target::CaTarget),
    /// A new CA before it is made.
    CaConfirmation(ca_confirmation::CaConfirmation),
    /// A certificate is installed.
    Install(install::Install),
    /// What can be done.
    Rooms(rooms::Rooms),
    /// Which requests are read.
    Requests(requests::Requests),
    /// Under which CA and profile.
    Choice(choice::Choice),
    /// A certificate or a request, to read.
    Document(document::Document),
    /// What became of every request.
    Triage(Box<triage::TriageScreen>),
    /// What is asked for against what will be issued.
    Difference(difference::Difference),
    /// A stored plan.
    Plan(plan::Plan),
    /// The words of a plan are typed.
    Approval(approval::Approval),
    /// An approved plan is signed.
    Signing(signing::Signing),
    /// A signed plan is written onto a medium.
    Delivery(delivery::Delivery),
    /// The end of a day.
    Closing(closing::ClosingScreen),
    /// A CA is proved to a platform.
    Proving(proving::Proving),
    /// What was issued and planned.
    Register(register::Register),
    /// Looking for issued certificates.
    Search(register::search::Search),
    /// The register is audited.
    Audit(audit::Audit),
}

impl Screen {
    /// What it is able to do.
    #[must_use]
    pub fn room(&self) -> &dyn Room {
        match self {
            Self::Start(room) => room,
            Self::Setup(room) => room,
            Self::Tokens(room) => room,
            Self::NewToken(room) => room,
            Self::Authorities(room) => room,
            Self::Authority(room) => room.as_ref(),
            Self::NewCa(room) => room,
            Self::CaTarget(room) => room,
            Self::CaConfirmation(room) => room,
            Self::Install(room) => room,
            Self::Rooms(room) => room,
            Self::Requests(room) => room,
            Self::Choice(room) => room,
            Self::Document(room) => room,
            Self::Triage(room) => room.as_ref(),
            Self::Difference(room) => room,
            Self::Plan(room) => room,
            Self::Approval(room) => room,
            Self::Signing(room) => room,
            Self::Delivery(room) => room,
            Self::Closing(room) => room,
            Self::Proving(room) => room,
            Self::Register(room) => room,
            Self::Search(room) => room,
            Self::Audit(room) => room,
        }
    }

    /// The same, to act on.
    pub fn room_mut(&mut self) -> &mut dyn Room {
        match self {
            Self::Start(room) => room,
            Self::Setup(room) => room,
            Self::Tokens(room) => room,
            Self::NewToken(room) => room,
            Self::Authorities(room) => room,
            Self::Authority(room) => room.as_mut(),
            Self::NewCa(room) => room,
            Self::CaTarget(room) => room,
            Self::CaConfirmation(room) => room,
            Self::Install(room) => room,
            Self::Rooms(room) => room,
            Self::Requests(room) => room,
            Self::Choice(room) => room,
            Self::Document(room) => room,
            Self::Triage(room) => room.as_mut(),
            Self::Difference(room) => room,
            Self::Plan(room) => room,
            Self::Approval(room) => room,
            Self::Signing(room) => room,
            Self::Delivery(room) => room,
            Self::Closing(room) => room,
            Self::Proving(room) => room,
            Self::Register(room) => room,
            Self::Search(room) => room,
            Self::Audit(room) => room,
        }
    }
}
