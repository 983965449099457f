//! The succession of CRLs: from the octets of the one before and of the new one it is proved that nothing was lost.
//!
//! An entry leaves only when its certificate has expired and it stood on one CRL that was made after that (RFC 5280
//! §3.3), or when it was a hold that was released. What stays keeps its date; a hold may become a revocation, whose
//! invalidity date is no later than the hold's; a key that turns out to be compromised makes the reason worse, likewise;
//! nothing else changes. [`prove`] is fed with the entries of both, each in the order of serial numbers.

use std::cmp::Ordering;

use thiserror::Error;

use crate::pki::{fingerprint::hex, time::Time};

use super::{CrlEnd, CrlHead, CrlSerial, Reason, RevokedEntry};

/// Why a CRL does not follow the one before.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum SuccessionError {
    /// An entry says something else than before.
    #[error("the entry of {serial} changed: {what}")]
    Changed {
        /// Which.
        serial: CrlSerial,
        /// In what.
        what: &'static str,
    },
    /// The CRLs were made by others, or in another order.
    #[error("the CRL does not follow the one before: {0}")]
    Head(String),
    /// An entry is missing, and nothing allows that.
    #[error("the entry of {serial} is missing: its certificate is neither expired nor released from a hold")]
    Lost {
        /// Which.
        serial: CrlSerial,
    },
    /// The entries do not stand in the order of their serial numbers, or one stands twice.
    #[error("the entry of {serial} does not stand in the order of serial numbers")]
    Order {
        /// Which.
        serial: CrlSerial,
    },
}

/// What is known of a certificate whose entry is not on the new CRL.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct LeavingFacts {
    /// The end of its validity, where it is known.
    pub not_after: Option<Time>,
    /// Whether its hold was released.
    pub released: Option<Released>,
}

/// A release from hold that is recorded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Released;

/// Why an entry may leave.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Leaving {
    /// Its certificate has expired, and it stood on a CRL that was made after that.
    Expired,
    /// It was released from hold.
    Released,
}

impl Leaving {
    /// The word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Released => "released",
        }
    }
}

/// Whether an entry of the CRL before may be missing on the new one, and why.
#[must_use]
pub fn may_leave(entry: &RevokedEntry, facts: LeavingFacts, previous_update: Time) -> Option<Leaving> {
    if entry.reason == Reason::CertificateHold && facts.released.is_some() {
        return Some(Leaving::Released);
    }
    // RFC 5280 §3.3: not before it appears on one CRL issued beyond the validity of its certificate.
    match facts.not_after {
        Some(end) if previous_update > end => Some(Leaving::Expired),
        _ => None,
    }
}

/// Whether a CRL follows another by what stands around the entries.
///
/// # Errors
/// [`SuccessionError::Head`].
pub fn check_heads(previous: (&CrlHead, &CrlEnd), new: (&CrlHead, &CrlEnd)) -> Result<(), SuccessionError> {
    let wrong = |what: String| Err(SuccessionError::Head(what));
    if previous.0.issuer != new.0.issuer {
        return wrong("it has another issuer".to_owned());
    }
    if new.0.this_update < previous.0.this_update {
        return wrong(format!(
            "it is of {}, the one before of {}",
            new.0.this_update, previous.0.this_update
        ));
    }
    if previous.1.point != new.1.point {
        return wrong("it has another issuing distribution point".to_owned());
    }
    match (&previous.1.number, &new.1.number) {
        (_, None) => return wrong("it has no number".to_owned()),
        (Some(before), Some(number)) if number <= before => {
            return wrong(format!("its number is {number}, that of the one before {before}"));
        }
        _ => {}
    }
    match (&previous.1.key_identifier, &new.1.key_identifier) {
        (_, None) => wrong("it has no key identifier".to_owned()),
        (Some(before), Some(key)) if before != key => {
            wrong(format!("its key identifier is {}, that of the one before {}", hex(key), hex(before)))
        }
        _ => Ok(()),
    }
}

/// How many entries stayed, came and left.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Counts {
    /// On both.
    pub stayed: u64,
    /// On the new one only.
    pub came: u64,
    /// On the one before only, as is allowed.
    pub left: u64,
}

/// Compares two CRLs entry by entry. `previous` and `new` give the next entry each, in the order of serial numbers;
/// `facts` is asked of each that left, and `left` told why it could.
///
/// # Errors
/// [`SuccessionError`] as `E`, or whatever the sources say.
pub fn prove<E: From<SuccessionError>>(
    previous_update: Time,
    previous: &mut dyn FnMut() -> Result<Option<RevokedEntry>, E>,
    new: &mut dyn FnMut() -> Result<Option<RevokedEntry>, E>,
    facts: &mut dyn FnMut(&CrlSerial) -> Result<LeavingFacts, E>,
    left: &mut dyn FnMut(&RevokedEntry, Leaving) -> Result<(), E>,
) -> Result<Counts, E> {
    let mut counts = Counts::default();
    let mut before = Ordered::next(None, previous)?;
    let mut after = Ordered::next(None, new)?;
    loop {
        let order = match (&before, &after) {
            (None, None) => return Ok(counts),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(before), Some(after)) => before.serial.cmp(&after.serial),
        };
        match (order, before, after) {
            (Ordering::Less, Some(entry), _) => {
                let reason = may_leave(&entry, facts(&entry.serial)?, previous_update)
                    .ok_or(SuccessionError::Lost { serial: entry.serial })?;
                left(&entry, reason)?;
                counts.left += 1;
                before = Ordered::next(Some(entry.serial), previous)?;
            }
            (Ordering::Greater, _, Some(entry)) => {
                counts.came += 1;
                after = Ordered::next(Some(entry.serial), new)?;
            }
            (_, Some(old), Some(entry)) => {
                check_same(&old, &entry, facts)?;
                counts.stayed += 1;
                before = Ordered::next(Some(old.serial), previous)?;
                after = Ordered::next(Some(entry.serial), new)?;
            }
            // The order was made of what is there.
            (_, _, _) => return Ok(counts),
        }
    }
}

/// Whether all that was in doubt stays so: what a key signed between two invalidity dates must not become good again.
#[must_use]
pub fn keeps_invalidity(before: Option<Time>, after: Option<Time>) -> bool {
    match (before, after) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(before), Some(after)) => after <= before,
    }
}

/// Whether a revocation may be said to have another reason: a key that was retired and turns out to be in other hands
/// makes what it signed doubtful (RFC 5280 §5.3.2); nothing makes it good again.
#[must_use]
pub fn becomes_worse(before: Reason, after: Reason) -> bool {
    let compromised = |reason| matches!(reason, Reason::KeyCompromise | Reason::CaCompromise);
    before != Reason::CertificateHold && !compromised(before) && compromised(after)
}

/// Entries that come in the order of their serial numbers.
struct Ordered;

impl Ordered {
    fn next<E: From<SuccessionError>>(
        last: Option<CrlSerial>,
        source: &mut dyn FnMut() -> Result<Option<RevokedEntry>, E>,
    ) -> Result<Option<RevokedEntry>, E> {
        let entry = source()?;
        match (last, &entry) {
            (Some(last), Some(entry)) if entry.serial <= last => {
                Err(SuccessionError::Order { serial: entry.serial }.into())
            }
            _ => Ok(entry),
        }
    }
}

/// An entry that stays keeps all it said; only a hold may become a revocation, of the day of the hold (X.509 §9.5.2.2),
/// or be another one, where it was released in between; and a reason may become worse.
fn check_same<E: From<SuccessionError>>(
    old: &RevokedEntry,
    new: &RevokedEntry,
    facts: &mut dyn FnMut(&CrlSerial) -> Result<LeavingFacts, E>,
) -> Result<(), E> {
    let held = old.reason == Reason::CertificateHold;
    let what = if new.date != old.date {
        if held && new.date > old.date && facts(&old.serial)?.released.is_some() {
            return Ok(());
        }
        "it has another revocation date"
    } else if (held && new.reason != Reason::CertificateHold) || becomes_worse(old.reason, new.reason) {
        if keeps_invalidity(old.invalidity_date, new.invalidity_date) {
            return Ok(());
        }
        "it lost its invalidity date, or has a later one"
    } else if new.reason != old.reason {
        "it has another reason"
    } else if new.invalidity_date != old.invalidity_date {
        "it has another invalidity date"
    } else {
        return Ok(());
    };
    Err(SuccessionError::Changed { serial: old.serial, what }.into())
}
