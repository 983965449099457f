//! Revocation: certificates are revoked, held and released; CRLs are prepared, shown, signed and handed over.
//!
//! A CRL is approved by its words, typed, or by the command that names it, after words and changes were shown. Its octets are durable
//! before the token sees their digest; after a crash the same octets are signed again, under the same number.

use crate::{
    export::format::Format,
    pki::{
        crl::{CrlNumber, CrlSerial, SignedCrl},
        issuer::IssuingCa,
        key::{RsaScheme, SignatureAlgorithm},
        text::Printable,
        time::{DAY_SECONDS, Time},
    },
    register::{
        self, CrlOrigin, CrlPlan, CrlScope, IssuedCertificate, IssuedCrl, LaterCrls, NewCrl, Register,
        RevocationOrder, Revoked, StoredCrl, Storing,
    },
    token::{key::TokenKey, session::Session},
};

use super::{
    delivery::again,
    error::Error,
    opening::{Appliance, now},
    progress::{Phase, Watch},
};

mod acts;
mod approval;
mod delivery;
mod due;
mod file;
mod held;
mod import;
mod in_force;
mod judged;
mod published;
mod serials;
mod since;
mod standing;
mod typed;

pub use acts::{acts_on, acts_on_any};
pub use approval::{ApprovedCrl, CrlApproval};
pub use file::{CrlFile, read_crl_file};
pub(super) use held::{PathCrl, holding};
pub use import::{CrlImport, Past};
pub use in_force::RevokedRow;
pub use judged::{JudgedCertificate, JudgedRevocation};
pub use published::PublishedCrls;
pub use serials::read_serials;
pub use since::{RevokedCa, RevokedSince};
pub use standing::{
    CrlChanges, CrlFreshness, CrlRow, CrlShown, CrlStanding, CrlsOfCa, ListedCertificate, new_crl_row,
};
pub use typed::{REASONS, typed_moment, typed_serial};

pub(super) use due::{crls_ahead, crls_due};

/// A CRL that waits for the PIN.
#[derive(Clone, Debug)]
pub struct PreparedCrl {
    issuer: IssuingCa,
    stored: StoredCrl,
    /// What changed; `None` for one that was stored before and was not signed.
    change: Option<CrlPlan>,
    /// What was said of those that were published since an older register was accepted.
    later: LaterCrls,
}

impl PreparedCrl {
    /// The CRL.
    #[must_use]
    pub fn stored(&self) -> &StoredCrl {
        &self.stored
    }

    /// What stayed, came and left; `None` for one that was stored before and is to be signed now.
    #[must_use]
    pub fn change(&self) -> Option<&CrlPlan> {
        self.change.as_ref()
    }

    /// Its name, which the folder on the medium will have.
    #[must_use]
    pub fn id(&self) -> String {
        crl_id(&self.stored)
    }
}

/// The name of a CRL: its CA, the partition that it is for, and its number. No name of a CA has a full stop.
#[must_use]
pub fn crl_id(stored: &StoredCrl) -> String {
    /// Longest number that stands in a name, in digits: with the longest name of a CA it stays below what a medium takes.
    const DIGITS_MAX: usize = 20;
    let number = stored.number.as_ref().map(CrlNumber::to_string).filter(|digits| digits.len() <= DIGITS_MAX);
    let number = number.unwrap_or_else(|| stored.tbs_sha256.to_string()[..DIGITS_MAX].to_owned());
    match stored.scope {
        CrlScope::Full => format!("crl-{}-{number}", stored.authority),
        CrlScope::Partition(index) => format!("crl-{}.{index}-{number}", stored.authority),
    }
}

/// A CRL in words: `CRL number 2 of CA root`. Its name would be read as that of a CA.
fn crl_words(stored: &StoredCrl) -> String {
    let number = stored
        .number
        .as_ref()
        .map_or_else(|| "without a number".to_owned(), |number| format!("number {number}"));
    let ca = Printable::new(&stored.authority);
    match stored.scope {
        CrlScope::Full => format!("CRL {number} of CA {ca}"),
        CrlScope::Partition(index) => format!("CRL {number} of CA {ca}, partition {index}"),
    }
}

impl Appliance {
    /// Records what became of certificates: of all of them, or of none. How many of the CA's revocations its full CRL does
    /// not take in yet, these among them.
    ///
    /// # Errors
    /// [`Error::Register`] naming the certificate that cannot be revoked, held or released.
    pub fn revoke(&mut self, order: &RevocationOrder<'_>) -> Result<u64, Error> {
        let ca = order.authority;
        let issuer = self.issuer(ca)?;
        check_signs_crls(&issuer, ca)?;
        self.register.revoke(order, now()?)?;
        let latest = self.register.latest_crl(ca, CrlScope::Full)?;
        let seen = latest.map_or(0, |latest| latest.stored().revocations);
        Ok(self.register.revocations_after(ca, CrlScope::Full, seen)?)
    }

    /// What the CRLs of a CA are for: the full one first, then every partition that its certificates are divided among.
    ///
    /// # Errors
    /// [`Error::Authority`] where there is no such CA; [`Error::Register`].
    pub fn crl_scopes(&self, ca: &str) -> Result<Vec<CrlScope>, Error> {
        self.authority(ca)?;
        Ok(self.register.crl_scopes(ca)?)
    }

    /// A partition of a CA by its number.
    ///
    /// # Errors
    /// [`Error::Usage`] where there is none.
    pub fn crl_partition(&self, ca: &str, number: u32) -> Result<CrlScope, Error> {
        let scopes = self.crl_scopes(ca)?;
        let wanted = CrlScope::Partition(number);
        scopes.contains(&wanted).then_some(wanted).ok_or_else(|| {
            Error::usage(
                format!("CA {} has no partition {number}", Printable::new(ca)),
                match (scopes.get(1), scopes.last()) {
                    (Some(CrlScope::Partition(first)), Some(CrlScope::Partition(last))) => {
                        format!("give --partition from {first} to {last}")
                    }
                    _ => "leave --partition out: its certificates are not divided among CRLs".to_owned(),
                },
            )
        })
    }

    /// Prepares a CRL of all that is revoked of a scope, to be shown: nothing is stored yet. One that was stored and not
    /// signed is given again instead, as it is.
    ///
    /// # Errors
    /// [`Error::Authority`] where the CA may not sign CRLs or ends too soon; [`Error::Register`] where the CRL does not
    /// follow from the one before, or where an older register was accepted and nothing is said of what was published;
    /// [`Error::Stopped`].
    pub fn prepare_crl(
        &mut self,
        ca: &str,
        scope: CrlScope,
        days: Option<u32>,
        published: &PublishedCrls,
        watch: &mut Watch<'_>,
    ) -> Result<PreparedCrl, Error> {
        let issuer = self.issuer(ca)?;
        check_signs_crls(&issuer, ca)?;
        if let Some(stored) = self.register.unsigned_crl(ca, scope)? {
            return Ok(PreparedCrl { issuer, stored, change: None, later: LaterCrls::Unsaid });
        }
        let later = published.later(scope);
        let this_update = now()?;
        let next_update = next_update(&issuer, this_update, days.unwrap_or(self.configuration.crl_days()))?;
        let approval = (CrlOrigin::Command, later);
        let new = self.new_crl((ca, scope), &issuer, (this_update, next_update), approval)?;
        let plan = planned(&mut self.register, &new, Storing::Trial, watch)?;
        Ok(PreparedCrl { issuer, stored: plan.stored.clone(), change: Some(plan), later })
    }

    /// Stores an approved CRL, has its digest signed, checks and records it. One that the token cannot sign is not stored.
    ///
    /// # Errors
    /// [`Error::Register`] where it is not the one that was shown any more; [`Error::Token`]; [`Error::TokenOutput`];
    /// [`Error::Stopped`], before anything was stored.
    pub fn issue_crl(
        &mut self,
        approved: &ApprovedCrl,
        session: &Session,
        watch: &mut Watch<'_>,
    ) -> Result<IssuedCrl, Error> {
        let PreparedCrl { issuer, stored, change, later } = &approved.prepared;
        // First of all, whatever is in the way of signing more: nobody else has it.
        if let Some(issued) = self.record_crl_in_hand(approved)? {
            self.close_head_of_crl(session);
            return Ok(issued);
        }
        let ca = stored.authority.as_str();
        let key = self.ca_key(ca, &self.authority_key_uri(ca)?, session)?;
        key.matches(issuer.certificate().public_key())?;
        self.check_mark(session)?;
        // The audit key, which signs the manifest, is looked at before, not after, the signature.
        self.audit_key(session)?;
        let stored = match (change, stored.next_update) {
            (Some(_), Some(next_update)) => {
                let new = self.new_crl(
                    (ca, stored.scope),
                    issuer,
                    (stored.this_update, next_update),
                    (approved.origin, *later),
                )?;
                // What is durable is signed before any other: what this token could not sign would end the CA's CRLs.
                session.signer(&key, new.algorithm)?.check_takes(stored.octets())?;
                planned(&mut self.register, &new, Storing::Durable(stored.tbs_sha256), watch)?.stored
            }
            _ => stored.clone(),
        };
        // All that can fail besides the recording itself comes before the signature.
        let (at, reserve) = (now()?, self.set_room_aside(1)?);
        let signed = self.signed_crl(&stored, issuer, &key, session)?;
        let issued = self.record_crl(&stored, signed, at, reserve)?;
        self.close_head_of_crl(session);
        Ok(issued)
    }

    /// Records the signature of an approved CRL that an earlier signing left in hand, for which no token is needed; `None`
    /// where none is in hand.
    ///
    /// # Errors
    /// [`Error::Register`], and as for clock and disk.
    pub fn record_crl_in_hand(&mut self, approved: &ApprovedCrl) -> Result<Option<IssuedCrl>, Error> {
        let stored = &approved.prepared.stored;
        let Some(signed) = self.crl_in_hand(stored) else { return Ok(None) };
        let (at, reserve) = (now()?, self.set_room_aside(1)?);
        self.record_crl(stored, signed, at, reserve).map(Some)
    }

    /// A head that cannot be signed now undoes no CRL: the delivery that follows signs it, and tells where it cannot, where
    /// the token had lost its mark, and where it has seen what this register lacks.
    fn close_head_of_crl(&mut self, session: &Session) {
        let is_latest =
            self.check_mark(session).is_ok() && self.has_lost_mark(session).is_ok_and(|lost| !lost);
        if is_latest {
            let _ = self.close_head(session);
        }
    }

    fn new_crl<'a>(
        &self,
        (authority, scope): (&'a str, CrlScope),
        issuer: &'a IssuingCa,
        (this_update, next_update): (Time, Time),
        (origin, later): (CrlOrigin, LaterCrls),
    ) -> Result<NewCrl<'a>, Error> {
        let algorithm = issuer.certificate().public_key().signing_algorithm(self.crl_scheme(issuer)?);
        Ok(NewCrl { authority, scope, issuer, algorithm, this_update, next_update, origin, later })
    }

    /// How an RSA key signs CRLs: as it signed its own certificate, which is how it is proved to sign. What is above
    /// a subordinate CA says nothing of its key; there it is as for a root that would be made now.
    fn crl_scheme(&self, issuer: &IssuingCa) -> Result<RsaScheme, Error> {
        match (issuer.certificate().is_self_issued(), issuer.certificate().signature_algorithm()) {
            (true, SignatureAlgorithm::RsaPss(_)) => Ok(RsaScheme::Pss),
            (true, _) => Ok(RsaScheme::Pkcs1),
            (false, _) => Ok(self.root_profile()?.rsa_scheme),
        }
    }

    /// Has a stored CRL signed, and checks the signature.
    fn signed_crl(
        &self,
        stored: &StoredCrl,
        issuer: &IssuingCa,
        key: &TokenKey,
        session: &Session,
    ) -> Result<SignedCrl, Error> {
        let message = self.register.crl_message(stored)?;
        let signature = session.signer(key, message.algorithm())?.sign_message(&message)?;
        SignedCrl::assemble(&message, stored.tbs_sha256, &signature, issuer).map_err(|error| {
            Error::TokenOutput {
                what: format!("the token's output for the CRL was not taken: {error}"),
                hint: format!(
                    "nothing of it left the appliance; check the token, then go on with it: \
                     coldsign crl --ca {} --to DIR",
                    stored.authority
                ),
            }
        })
    }

    /// Whether a CRL that was stored and not signed for a while is of no use to anybody any more: it is signed, because
    /// its number is taken, and the next one is handed over instead. So it is where that cannot be told: the CRL is signed
    /// and recorded whatever fails after it, and what prepares the next one says why it cannot.
    #[must_use]
    pub fn is_outdated(&self, issued: &IssuedCrl) -> bool {
        let stored = issued.stored();
        let since = self.register.revocations_after(&stored.authority, stored.scope, stored.revocations);
        let later = self.register.check_none_later(&stored.authority, stored.scope);
        match (since, now(), later) {
            (Ok(since), Ok(now), Ok(())) => outdated(stored.next_update, since, now),
            _ => true,
        }
    }

    /// The CRLs of a CA, oldest first.
    ///
    /// # Errors
    /// [`Error::Authority`] where there is no such CA, [`Error::Register`].
    pub fn crls(&self, ca: &str) -> Result<Vec<IssuedCrl>, Error> {
        self.authority(ca)?;
        Ok(self.register.issued_crls(ca)?)
    }

    /// The latest CRL of a scope of a CA, to be handed over again; one that was imported is others' work, and they have it.
    ///
    /// # Errors
    /// [`Error::Usage`] where there is none that was made here; [`Error::Register`].
    pub fn latest_crl(&self, ca: &str, scope: CrlScope) -> Result<IssuedCrl, Error> {
        self.authority(ca)?;
        self.register.check_none_later(ca, scope)?;
        let latest = self
            .register
            .latest_crl(ca, scope)?
            .filter(|latest| latest.stored().origin != CrlOrigin::Elsewhere);
        latest.ok_or_else(|| {
            Error::usage(
                format!(
                    "CA {} has no CRL{} that was made here yet",
                    Printable::new(ca),
                    scope.of_partition()
                ),
                format!("make one: coldsign crl --ca {} --to DIR", Printable::new(ca)),
            )
        })
    }

    /// The name of the CA that issued a certificate.
    ///
    /// # Errors
    /// [`Error::Register`].
    pub fn issuer_name(&self, certificate: &IssuedCertificate) -> Result<String, Error> {
        Ok(self.register.plan(certificate.plan())?.authority)
    }

    /// What holds for a certificate that was revoked, held or released since it was issued.
    ///
    /// # Errors
    /// [`Error::Register`].
    pub fn revoked_certificate(&self, certificate: &IssuedCertificate) -> Result<Option<Revoked>, Error> {
        let authority = self.issuer_name(certificate)?;
        let Some(serial) = CrlSerial::from_octets(certificate.serial()) else { return Ok(None) };
        Ok(self.register.revoked(&authority, &serial)?)
    }
}

/// Plans a CRL under a watch.
fn planned(
    register: &mut Register,
    new: &NewCrl<'_>,
    storing: Storing,
    watch: &mut Watch<'_>,
) -> Result<CrlPlan, Error> {
    let plan = register.plan_crl(new, storing, &mut |done| watch.step(Phase::Planning, done, None));
    match plan {
        Err(register::Error::Stopped) => Err(Error::Stopped {
            what: "the CRL was not planned to its end; nothing of it was stored".to_owned(),
            hint: format!("make it again: coldsign crl --ca {} --to DIR", Printable::new(new.authority)),
        }),
        plan => Ok(plan?),
    }
}

/// The command that hands the latest CRL of a scope over again, with the forms that were asked for.
#[must_use]
pub fn crl_again(stored: &StoredCrl, formats: &[Format]) -> String {
    let partition = match stored.scope {
        CrlScope::Full => String::new(),
        CrlScope::Partition(number) => format!(" --partition {number}"),
    };
    again(format!("coldsign crl --ca {} --to DIR --latest{partition}", stored.authority), formats)
}

fn outdated(next_update: Option<Time>, recorded_since: u64, now: Time) -> bool {
    recorded_since > 0 || next_update.is_some_and(|next| next <= now)
}

/// RFC 5280 §4.2.1.3: whoever verifies a CRL looks for cRLSign.
fn check_signs_crls(issuer: &IssuingCa, ca: &str) -> Result<(), Error> {
    if issuer.signs_crls() {
        return Ok(());
    }
    Err(Error::authority(
        format!("the certificate of CA {} does not let its key sign CRLs (key usage)", Printable::new(ca)),
        "have its superior CA issue one with cRLSign, and install it with coldsign ca install",
    ))
}

/// nextUpdate so many days on, within the validity of the CA and of those above it.
fn next_update(issuer: &IssuingCa, this_update: Time, days: u32) -> Result<Time, Error> {
    if this_update < issuer.begins() || this_update > issuer.ends() {
        return Err(Error::authority(
            format!("the CA is valid from {} to {}", issuer.begins(), issuer.ends()),
            "set the machine's clock; or renew the CA",
        ));
    }
    let next = this_update.plus_seconds(i64::from(days) * DAY_SECONDS);
    if days == 0 || next > issuer.ends() {
        let left = (issuer.ends().unix() - this_update.unix()) / DAY_SECONDS;
        let why = match days {
            0 => "it would be due at once".to_owned(),
            _ => format!("the CA ends at {}", issuer.ends()),
        };
        return Err(Error::authority(
            format!("the next CRL cannot be due in {days} days: {why}"),
            if left == 0 {
                "renew the CA: it ends within a day".to_owned()
            } else {
                format!("give --days from 1 to {left}")
            },
        ));
    }
    Ok(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crl_is_outdated_when_the_next_is_due_or_more_was_recorded() {
        let now = Time::from_unix(1_800_000_000).unwrap();
        let check = |next_update: Option<i64>, since, expected| {
            let next_update = next_update.map(|seconds| now.plus_seconds(seconds));
            assert_eq!(outdated(next_update, since, now), expected, "{next_update:?} {since}");
        };
        check(Some(1), 0, false);
        check(Some(0), 0, true);
        check(Some(-DAY_SECONDS), 0, true);
        check(Some(1), 1, true);
        check(None, 0, false);
    }
}
