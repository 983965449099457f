//! The close of a ceremony: what people note down before the machine is locked away, and what comes next.

use std::cmp::Reverse;

use crate::{
    pki::{
        fingerprint::Digest,
        issuer::IssuingCa,
        text::{Printable, counted},
        time::Time,
    },
    register::{AuthorityRecord, PlanKind, StoredPlan},
};

use super::{
    done::HeadSignature,
    error::Error,
    expiry::{ending_noun, full_length},
    opening::{Appliance, now},
    revocation::crls_ahead,
};

/// The state in which a ceremony ends.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Closing {
    /// The register's newest entry, from 1.
    pub entry: u64,
    /// Its hash, which stands for the whole history. Noted on paper, it shows later whether the file was rolled back.
    pub head: Digest,
    /// The hash as people read it to each other.
    pub words: String,
    /// The newest head that the audit key signed, where there is one.
    pub checkpoint: Option<SignedHead>,
    /// Whether the audit key signed all that was done.
    pub signature: HeadSignature,
    /// Entry and hash for a QR code: `COLDSIGN/`, the entry, `/`, the hash in upper-case hexadecimal digits. Digits,
    /// capitals and `/` only, so that a code of version 5 holds it in alphanumeric mode at level M.
    pub qr_text: String,
    /// Plans that are not finished, oldest first.
    pub plans: Vec<Unfinished>,
    /// What ends when, soonest first.
    pub due: Vec<Due>,
}

/// A head that the audit key signed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignedHead {
    /// The entry that was signed.
    pub entry: u64,
    /// Its hash.
    pub head: Digest,
    /// SHA-256 of the audit key's `SubjectPublicKeyInfo`.
    pub key_sha256: Digest,
    /// When the checkpoint was recorded.
    pub at: Time,
}

/// A plan with work left.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Unfinished {
    /// The plan's id.
    pub id: String,
    /// The CA that it is for.
    pub authority: String,
    /// Certificates planned.
    pub planned: u64,
    /// Of them, certificates issued.
    pub issued: u64,
    /// What is to be done first.
    pub remaining: Remaining,
}

/// What is to be done with a plan first.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Remaining {
    /// It is stored, but not approved. Nothing need be done: a plan that is never approved is never signed.
    Approval,
    /// It is signed, but its certificates were delivered to nobody.
    Delivery,
    /// It is approved, but not signed whole.
    Signing,
}

/// Something that ends.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Due {
    /// What ends.
    pub what: Printable,
    /// Its last second.
    pub at: Time,
    /// Whether it is time to do something about it.
    pub nearness: Nearness,
}

/// Whether something ends soon.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Nearness {
    /// There is time.
    Later,
    /// It ends, or ended, within `ca-warning-days` of authority.toml.
    Soon,
}

impl Appliance {
    /// The state in which a ceremony ends. It counts what was issued under each plan, which takes a while at millions.
    ///
    /// # Errors
    /// [`Error::Register`], also where a checkpoint or an approval is not bound by the journal; [`Error::Usage`] where
    /// the clock stands outside the years that certificates know.
    pub fn closing(&self) -> Result<Closing, Error> {
        let head = self.register.head()?;
        let (stored, mut plans) = (self.register.plans()?, Vec::new());
        for plan in &stored {
            plans.extend(self.unfinished(plan)?);
        }
        let at = now()?;
        let authorities = self.register.authorities()?;
        let mut due: Vec<Due> = authorities.iter().flat_map(|record| self.due(record, &stored, at)).collect();
        let horizon = self.horizon(at);
        for soon in due.iter_mut().filter(|due| due.at <= horizon) {
            soon.nearness = Nearness::Soon;
        }
        for record in &authorities {
            let ahead = crls_ahead(&self.register, record, at)?;
            due.extend(ahead.map(|ahead| due_at(&ahead.words, ahead.at)));
        }
        // The order that is left between equal moments is that of the CAs.
        due.sort_by_key(|due| due.at);
        Ok(Closing {
            entry: head.entry,
            head: head.hash,
            words: head.hash.words(),
            checkpoint: self.signed_head()?,
            signature: self.head_signature()?,
            qr_text: qr_text(head.entry, head.hash),
            plans,
            due,
        })
    }

    /// The newest head that the audit key signed.
    pub(super) fn signed_head(&self) -> Result<Option<SignedHead>, Error> {
        Ok(self.register.last_checkpoint()?.map(|(checkpoint, at)| SignedHead {
            entry: checkpoint.head.entry,
            head: checkpoint.head.hash,
            key_sha256: checkpoint.public_key.spki_sha256(),
            at,
        }))
    }

    fn unfinished(&self, plan: &StoredPlan) -> Result<Option<Unfinished>, Error> {
        let issued = self.register.issued_count(plan)?;
        Ok(self.remaining(plan, issued)?.map(|remaining| Unfinished {
            id: plan.id.clone(),
            authority: plan.authority.clone(),
            planned: plan.accepted,
            issued,
            remaining,
        }))
    }

    /// What is to be done first with a plan of which so many certificates are issued; `None` where nothing is left.
    pub(super) fn remaining(&self, plan: &StoredPlan, issued: u64) -> Result<Option<Remaining>, Error> {
        if self.register.withdrawn(plan)?.is_some() {
            return Ok(None);
        }
        Ok(Some(if issued < plan.accepted {
            match self.register.approved(plan)? {
                None => Remaining::Approval,
                Some(_) => Remaining::Signing,
            }
        } else if plan.kind == PlanKind::Root {
            // A root is not delivered: it is in force once its certificate is installed, which ends the signing.
            match self.register.certificate_of(plan)? {
                Some(_) => return Ok(None),
                None => Remaining::Signing,
            }
        } else if plan.kind == PlanKind::Link {
            // A link is kept beside the certificate of the CA whose key it certifies, and goes out with that.
            return Ok(None);
        } else if self.register.deliveries(plan)?.is_empty() {
            // Only a plan that was signed whole can be delivered, so one delivery has all of it.
            Remaining::Delivery
        } else {
            return Ok(None);
        }))
    }

    /// The end of a CA, and the last second in which it can still issue certificates of the longest validity that it
    /// can issue whole now: of the profiles that it issued by, or of all where there is none of these. Nothing for a CA
    /// that has no certificate yet.
    fn due(&self, record: &AuthorityRecord, plans: &[StoredPlan], now: Time) -> Vec<Due> {
        let Some((own, above)) = &record.certificate else { return Vec::new() };
        let name = Printable::new(&record.name);
        let Ok(issuer) = IssuingCa::new(own.clone(), above.clone()) else {
            return vec![due_at(
                &format!("CA {name}: end of its certificate, which is not fit to issue"),
                own.not_after(),
            )];
        };
        let ends = issuer.ends();
        let is_used =
            |name: &str| plans.iter().any(|plan| plan.authority == record.name && plan.profile == name);
        let longest = self
            .configuration
            .profiles()
            .filter_map(|profile| {
                full_length(&issuer, profile).map(|(days, last)| (days, last, &profile.name))
            })
            .filter(|(_, last, _)| *last >= now)
            .map(|(days, last, profile)| (is_used(profile), days, last, profile))
            // Of several the one of the shortest name, and of those the first, so that the same file gives the same words: names
            // of special profiles are long.
            .max_by_key(|(used, days, _, profile)| (*used, *days, Reverse((profile.len(), *profile))));
        let longest = longest.map(|(_, days, last, profile)| {
            due_at(
                &format!("CA {name}: last day to issue for {} (profile {profile})", counted(days, "day")),
                last,
            )
        });
        // What came true is told for as long as it was told before.
        let passed = self
            .configuration
            .profiles()
            .filter_map(|profile| full_length(&issuer, profile).map(|(days, last)| (last, days, profile)))
            .filter(|(last, _, profile)| *last < now && self.is_told(profile, *last, now))
            .max_by_key(|(last, _, profile)| (*last, Reverse((profile.name.len(), &profile.name))));
        let passed = passed.map(|(last, days, profile)| {
            due_at(
                &format!("CA {name}: past; no more for {} (profile {})", counted(days, "day"), profile.name),
                last,
            )
        });
        passed
            .into_iter()
            .chain(longest)
            .chain([due_at(&format!("CA {name}: end of {}", ending_noun(&issuer)), ends)])
            .collect()
    }
}

fn due_at(what: &str, at: Time) -> Due {
    Due { what: Printable::new(what), at, nearness: Nearness::Later }
}

pub(super) fn qr_text(entry: u64, head: Digest) -> String {
    format!("COLDSIGN/{entry}/{}", head.to_string().to_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fits_the_head_into_a_small_qr_code() {
        /// What version 5 holds at level M in alphanumeric mode, in characters (ISO/IEC 18004, table 7).
        const VERSION_5_M_CHARS: usize = 122;
        let digits = "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD";
        assert_eq!(qr_text(42, Digest::of(b"abc")), format!("COLDSIGN/42/{digits}"));
        let longest = qr_text(u64::MAX, Digest::of(b"abc"));
        assert!(longest.len() <= VERSION_5_M_CHARS);
        assert!(longest.bytes().all(|c| c.is_ascii_digit() || c.is_ascii_uppercase() || c == b'/'));
    }
}
