//! The screens, each with its data inside: an approval without a plan cannot be written.

pub mod adoption;
pub mod approval;
pub mod audit;
pub mod authorities;
pub mod authority;
pub mod block_lists;
pub mod ca_confirmation;
pub mod ca_cross;
pub mod ca_export;
pub mod ca_link;
pub mod ca_renewal;
pub mod ca_target;
pub mod ca_use;
pub mod choice;
pub mod closing;
pub mod crl_import;
pub mod crls;
pub mod delivery;
pub mod difference;
pub mod document;
pub mod head_export;
pub mod install;
pub mod new_ca;
pub mod new_token;
pub mod next_crl;
pub mod plan;
pub mod proving;
pub mod published_crl;
pub mod register;
pub mod requests;
pub mod revocations;
pub mod revoke;
pub mod revoked;
pub mod rooms;
pub mod setup;
pub mod signing;
pub mod start;
pub mod token;
pub mod triage;
pub mod withdrawal;

use super::room::Room;

/// The enum of all screens, and each as a [`Room`]: one line a screen.
macro_rules! screens {
    ($(#[$about:meta])* pub enum Screen { $($(#[$what:meta])* $name:ident($room:ty),)* }) => {
        $(#[$about])*
        pub enum Screen {
            $($(#[$what])* $name($room),)*
        }

        impl Screen {
            /// What it is able to do.
            #[must_use]
            pub fn room(&self) -> &dyn Room {
                match self {
                    $(Self::$name(room) => room,)*
                }
            }

            /// The same, to act on.
            pub fn room_mut(&mut self) -> &mut dyn Room {
                match self {
                    $(Self::$name(room) => room,)*
                }
            }
        }
    };
}

screens! {
/// A screen.
#[derive(Debug)]
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
    Authority(authority::AuthorityPage),
    /// What a new CA is to be.
    NewCa(new_ca::NewCa),
    /// Where a new CA's request is written.
    CaTarget(ca_target::CaTarget),
    /// A new CA before it is made.
    CaConfirmation(ca_confirmation::CaConfirmation),
    /// Where a CA's certificate is written.
    CaExport(ca_export::CaExport),
    /// A CA is renewed.
    CaRenewal(ca_renewal::CaRenewal),
    /// The keys of a root are linked.
    CaLink(ca_link::CaLink),
    /// Under which certificate a CA issues.
    CaUse(ca_use::CaUse),
    /// A certificate for another root.
    CaCross(ca_cross::CaCross),
    /// A CA moves in with its key.
    Adoption(adoption::Adoption),
    /// A certificate is installed.
    Install(install::Install),
    /// What can be done.
    Rooms(rooms::Rooms),
    /// Which requests are read.
    Requests(requests::Requests),
    /// Keys that no certificate is made for.
    BlockLists(block_lists::BlockListPage),
    /// Under which CA and profile.
    Choice(choice::Choice),
    /// A certificate or a request, to read.
    Document(document::Document),
    /// What became of every request.
    Triage(triage::TriageScreen),
    /// What is asked for against what will be issued.
    Difference(difference::Difference),
    /// A stored plan.
    Plan(plan::Plan),
    /// The words of a plan are typed.
    Approval(approval::Approval),
    /// A plan is put away.
    Withdrawal(withdrawal::Withdrawal),
    /// An approved plan is signed.
    Signing(signing::Signing),
    /// A signed plan is written onto a medium.
    Delivery(delivery::Delivery),
    /// The end of a day.
    Closing(closing::ClosingScreen),
    /// The register's head is written onto a medium.
    HeadExport(head_export::HeadExport),
    /// A CA is proved to a platform.
    Proving(proving::Proving),
    /// What was issued and planned.
    Register(register::Register),
    /// Looking for issued certificates.
    Search(register::search::Search),
    /// The register is audited.
    Audit(audit::Audit),
    /// The CAs and their CRLs.
    Revocations(revocations::Revocations),
    /// The CRLs of a CA.
    Crls(crls::Crls),
    /// What a CA did before it moved in is taken.
    CrlImport(crl_import::CrlImport),
    /// What is revoked and on hold.
    Revoked(revoked::Revoked),
    /// Certificates are revoked, held or released.
    Revoke(revoke::Revoke),
    /// The next CRL of a CA.
    NextCrl(next_crl::NextCrl),
    /// What was published before an older register was accepted.
    PublishedCrl(published_crl::PublishedCrl),
}
}
