//! What can go wrong with revocations and CRLs.

use thiserror::Error;

use super::super::crl::CrlScope;
use crate::pki::{
    crl::{
        CrlError, CrlNumber, CrlSerial, issued_list::ListError, succession::SuccessionError,
        writer::WriteError,
    },
    time::Time,
};

/// A revocation that cannot be recorded, or a CRL that cannot be made or taken.
#[derive(Debug, Error)]
pub enum RevocationError {
    /// It is on hold already.
    #[error("certificate {0} is on hold already")]
    AlreadyHeld(CrlSerial),
    /// It is revoked, which is for ever.
    #[error("certificate {serial} is revoked already ({reason})")]
    AlreadyRevoked {
        /// Which.
        serial: CrlSerial,
        /// The reason recorded.
        reason: &'static str,
    },
    /// The clock stands before the CRL that was made last.
    #[error("the clock says {now}, and the last CRL is of {last}")]
    ClockBehind {
        /// thisUpdate of the last CRL.
        last: Time,
        /// Now.
        now: Time,
    },
    /// The list and the CRL that came with an authority do not agree.
    #[error("certificate {serial}: {what}")]
    Contradiction {
        /// Which.
        serial: CrlSerial,
        /// In what.
        what: &'static str,
    },
    /// The CRL that came cannot be read.
    #[error(transparent)]
    Crl(#[from] CrlError),
    /// The CRL is not one of the authority.
    #[error("the CRL is not one of this CA: {0}")]
    CrlForeign(String),
    /// The CRL that is to be stored is not the one that was shown.
    #[error("the CRL is not the one whose words were shown: something was recorded meanwhile")]
    CrlOther,
    /// A CRL is stored and not signed yet.
    #[error("CRL {0} is stored and not signed yet")]
    CrlUnsigned(CrlNumber),
    /// It expired; nobody looks for it on a CRL.
    #[error("certificate {serial} expired at {not_after}")]
    Expired {
        /// Which.
        serial: CrlSerial,
        /// Its end.
        not_after: Time,
    },
    /// invalidityDate lies in the future.
    #[error("the invalidity date {0} lies in the future")]
    InvalidityAhead(Time),
    /// A revocation would set the invalidity date of a hold later.
    #[error(
        "certificate {serial} is on hold with the invalidity date {date}, which would become a later one"
    )]
    InvalidityLater {
        /// Which.
        serial: CrlSerial,
        /// The hold's.
        date: Time,
    },
    /// An older register was accepted, and nobody said what was published since the copy was made.
    #[error(
        "an older register was accepted at entry {accepted}: CRLs{} of CA {authority} may be out that it does not know",
        scope.of_partition()
    )]
    LaterUnknown {
        /// The authority's name.
        authority: String,
        /// Of which CRLs.
        scope: CrlScope,
        /// The entry.
        accepted: u64,
    },
    /// The finished octets were not taken by the lint.
    #[error("the CRL does not pass its lint: {0}")]
    Lint(String),
    /// The list of certificates that came names none.
    #[error("the list names no certificate")]
    ListEmpty,
    /// The list of certificates that came cannot be read.
    #[error(transparent)]
    List(#[from] ListError),
    /// The authority has taken over, issued a CRL or revoked before.
    #[error("CA {0} has a CRL or a revocation in the register already")]
    NotEmpty(String),
    /// It is not on hold.
    #[error("certificate {0} is not on hold")]
    NotHeld(CrlSerial),
    /// A published CRL is not newer than what the register has.
    #[error("CRL {number} is not newer than CRL {known}, which the register has, and is another one")]
    NotNewer {
        /// Its number.
        number: CrlNumber,
        /// The number of the last one that the register has.
        known: CrlNumber,
    },
    /// A published CRL of a partition lists a certificate that the register does not know to be in it.
    #[error("certificate {0} is on the CRL of a partition, and the register does not know it")]
    NotOfPartition(CrlSerial),
    /// A CRL number of more than 20 octets.
    #[error("there is no number after {0} that a CRL can have")]
    NumbersOut(CrlNumber),
    /// A root cannot revoke itself.
    #[error("certificate {0} is the CA's own root certificate")]
    OwnRoot(CrlSerial),
    /// Nothing is known of what an authority revoked before it moved in.
    #[error("what CA {0} revoked before it moved in is not known here")]
    PastUnknown(String),
    /// It is recorded as revoked at a moment that is still to come: the clock ran ahead then, or is behind now.
    #[error("certificate {serial} is recorded as revoked at {date}, and the clock says {now}")]
    RevokedAhead {
        /// Which.
        serial: CrlSerial,
        /// The revocation date.
        date: Time,
        /// Now.
        now: Time,
    },
    /// A serial number that another certificate of this register has.
    #[error("certificate {0} has a serial number that this register gave to another certificate")]
    SerialTaken(CrlSerial),
    /// A list names it twice.
    #[error("certificate {0} is named twice")]
    SerialTwice(CrlSerial),
    /// No certificate of this authority has this serial number.
    #[error("CA {authority} issued no certificate {serial}")]
    SerialUnknown {
        /// The authority's name.
        authority: String,
        /// Which.
        serial: CrlSerial,
    },
    /// The new CRL loses something of the one before.
    #[error(transparent)]
    Succession(#[from] SuccessionError),
    /// More entries than one CRL holds.
    #[error(transparent)]
    TooLarge(#[from] WriteError),
    /// More entries than can be taken over.
    #[error("the CRL has more than {} entries", super::super::TAKEOVER_ENTRIES_MAX)]
    TooManyTaken,
}

impl RevocationError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::AlreadyHeld(_) => "release it with --release, or revoke it with another reason",
            Self::AlreadyRevoked { .. } => "nothing is to be done: a revocation is for ever",
            Self::ClockBehind { .. } => "set the machine's clock",
            Self::Contradiction { .. } => {
                "bring the list and the CRL up to date together, and import both again"
            }
            Self::Crl(_) => "give the CA's latest full CRL, in DER or PEM, signed with SHA-2",
            Self::CrlForeign(_) => "give the latest CRL of this CA, signed by its key",
            Self::CrlOther => "run the command again and compare the new words",
            Self::CrlUnsigned(_) => "sign it first: coldsign crl goes on with it",
            Self::Expired { .. } => "nothing is to be done: relying parties refuse it as expired",
            Self::InvalidityAhead(_) => "give a moment that has passed",
            Self::InvalidityLater { .. } => "give that date or an earlier one; without one it stays",
            Self::LaterUnknown { .. } => {
                "bring the newest one that was published (crl --previous FILE); only where none was published since the copy \
                 was made, say so with the CA's name (crl --no-previous NAME): that is recorded"
            }
            Self::Lint(_) | Self::Succession(_) => {
                "nothing was signed; keep the register as it is and audit it (`register audit`)"
            }
            Self::List(_) => "give the index.txt of openssl ca as it is",
            Self::NotEmpty(_) => "an import is the first thing done with a CA that moves in",
            Self::ListEmpty => {
                "give the whole index.txt of openssl ca; it can be given again when there is more in it"
            }
            Self::PastUnknown(_) => {
                "take its latest CRL with crl import, or record with crl import --none that it never made one; on screens: p on the CA's page"
            }
            Self::NotNewer { .. } => "give the newest CRL that was published; an older one is not needed",
            Self::NotOfPartition(_) => {
                "bring the full CRL of that time; or put a newer backup of the register back"
            }
            Self::NotHeld(_) => "only a hold can be released; a revocation is for ever",
            Self::NumbersOut(_) => "renew the CA with another key and name",
            Self::OwnRoot(_) => "take the root out of the relying parties' trust stores",
            Self::RevokedAhead { .. } => {
                "set the machine's clock; if it ran ahead when that was recorded, record the same again with `revoke`"
            }
            Self::SerialTaken(_) => "check that the list belongs to this CA",
            Self::SerialTwice(_) => "name each certificate once",
            Self::SerialUnknown { .. } => {
                "check the CA and the serial number, all digits of it; the register finds a certificate by its beginning or by name \
                 (screen Register), or see `register list`"
            }
            Self::TooLarge(_) | Self::TooManyTaken => {
                "renew the CA with another key and name, and begin a new CRL"
            }
        }
    }

    /// Whether it is what was asked that is wrong, not the register or what it holds.
    #[must_use]
    pub fn is_a_slip(&self) -> bool {
        !matches!(self, Self::Lint(_) | Self::Succession(_))
    }
}
