//! Renewal: a CA gets a further certificate for the key and the name that it has.
//!
//! A root certifies itself anew; a subordinate CA asks its superior. The certificate before stays in the register: what
//! was issued under it keeps its path, and because key, name and key identifier are the same, one CRL serves both.

use std::path::Path;

use crate::{
    pki::{
        certificate::Certificate,
        issuer::IssuingCa,
        plan::{self, Facts, RootFields, RootTerms},
        profile::DuplicateKeys,
        text::Printable,
        time::{DAY_SECONDS, Time},
    },
    register::AuthorityRecord,
};

use super::{
    confirmed_ca::ConfirmedRenewal,
    done::HeadAfter,
    error::Error,
    opening::{Appliance, Custodian, now},
    planning::Serials,
    provisioning::{REQUEST_KEPT, Requested, signed_request, stamp, written_request},
    root::{OwnCertificate, check_root_days},
};

/// What a root's renewed certificate would be.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RootRenewal {
    /// Its subject, octet for octet that of the certificate in use.
    pub subject: Printable,
    /// Its path length: that of the certificate in use.
    pub path_length: Option<u32>,
    /// When the certificate in use ends.
    pub ends: Time,
    /// When the new one would end, were it made now.
    pub would_end: Time,
}

impl Appliance {
    /// Checks that a root can be renewed for so many days, before anything is made.
    ///
    /// # Errors
    /// [`Error::Authority`], [`Error::Usage`], [`Error::Register`].
    pub fn check_root_renewal(&self, name: &str, days: u32) -> Result<RootRenewal, Error> {
        self.renewable_root(name, days).map(|(_, renewal)| renewal)
    }

    /// Certifies a root anew with the key and the name that it has; it issues under the new certificate from then on.
    ///
    /// # Errors
    /// Every class; [`Error::SigningEnded`] once the token may have signed: [`Appliance::sign`] finishes it then.
    pub fn renew_root(
        &mut self,
        confirmed: ConfirmedRenewal<'_>,
        days: u32,
        custodian: &mut Custodian<'_>,
    ) -> Result<(IssuingCa, HeadAfter), Error> {
        let name = confirmed.name();
        let (own, renewal) = self.renewable_root(name, days)?;
        let profile = self.root_profile()?;
        let mut serials = Serials::of(self)?;
        let at = now()?;
        let facts = Facts { now: at, serial: serials.draw()? };
        let fields = RootFields {
            name: own.subject().clone(),
            public_key: own.public_key().clone(),
            rsa_scheme: profile.rsa_scheme,
            days,
            path_length: renewal.path_length,
        };
        let planned = plan::plan_root_by(&fields, &RootTerms::of(&profile).known_as_in(&own), facts)
            .map_err(|what| Error::authority(what, "correct the profile; nothing was signed"))?;
        let session = self.login(custodian)?;
        let key = self.ca_key(name, &self.authority_key_uri(name)?, &session)?;
        key.matches(own.public_key())?;
        let own = OwnCertificate {
            name,
            source: "ca renew",
            // The key of a renewed certificate was certified before: that is what renewal means.
            duplicate_keys: DuplicateKeys::Note,
            planned: &planned,
        };
        self.make_root(&own, &key, &session, at)
    }

    fn renewable_root(&self, name: &str, days: u32) -> Result<(Certificate, RootRenewal), Error> {
        self.check_clock(now()?)?;
        let (own, above) = self.certified(name)?;
        if !above.is_empty() {
            return Err(Error::usage(
                format!("CA {} is no root: its superior CA renews it", Printable::new(name)),
                format!("make a request for it: coldsign ca renew {} --to DIR", Printable::new(name)),
            ));
        }
        // One that was planned and not approved binds nobody; it stays among the plans.
        if let Some(plan) = self.unfinished_root(name)?
            && self.is_approved(&plan)?
        {
            return Err(Error::authority(
                format!("a certificate of CA {} is planned and not installed yet", plan.authority),
                format!("finish it with coldsign sign {}", plan.id),
            ));
        }
        plan::check_root(own.subject(), days, own.path_length())
            .map_err(|what| Error::usage(what, "choose other values; nothing was signed"))?;
        let profile = self.root_profile()?;
        check_root_days(&profile, days, "nothing was signed")?;
        let would_end = now()?.plus_seconds(i64::from(days) * DAY_SECONDS - 1);
        if would_end <= own.not_after() {
            return Err(Error::usage(
                format!(
                    "in {days} days the new certificate would end at {would_end}, no later than the one in use, at {}",
                    own.not_after()
                ),
                "give more days; nothing was signed",
            ));
        }
        let renewal = RootRenewal {
            subject: own.subject().to_printable(),
            path_length: own.path_length(),
            ends: own.not_after(),
            would_end,
        };
        Ok((own, renewal))
    }

    /// Makes a request for a further certificate of a subordinate CA, with the key and the subject that it has, records
    /// it and writes it into a new folder.
    ///
    /// # Errors
    /// Every class.
    pub fn request_renewal(
        &mut self,
        confirmed: ConfirmedRenewal<'_>,
        to: &Path,
        custodian: &mut Custodian<'_>,
    ) -> Result<Requested, Error> {
        let name = confirmed.name();
        let (own, above) = self.certified(name)?;
        if above.is_empty() {
            return Err(Error::usage(
                format!("CA {} is a root: it certifies itself", Printable::new(name)),
                format!("give --days instead of --to: coldsign ca renew {} --days N", Printable::new(name)),
            ));
        }
        let at = now()?;
        self.check_clock(at)?;
        let folder = format!("{name}-request-{}", stamp(at));
        // The medium first: what cannot be written need not be signed.
        let outbox = self.outbox(to, &folder)?;
        let reserve = self.set_room_aside(1)?;
        let session = self.login(custodian)?;
        self.check_audit_key(&session)?;
        let key = self.ca_key(name, &self.authority_key_uri(name)?, &session)?;
        key.matches(own.public_key())?;
        let der = signed_request(own.subject(), &key, &session, "nothing has changed")?;
        drop(reserve);
        self.register.add_request(name, &der, at)?;
        let head = self.close_head(&session);
        let requested = written_request(outbox, folder, name, &der, own.public_key())
            .map_err(|error| error.amid(REQUEST_KEPT))?;
        Ok(Requested { head, ..requested })
    }

    /// The certificate that a CA issues under, and those above it.
    pub(super) fn certified(&self, name: &str) -> Result<(Certificate, Vec<Certificate>), Error> {
        let AuthorityRecord { certificate, .. } = self.authority(name)?;
        certificate.ok_or_else(|| {
            Error::authority(
                format!("CA {} has no certificate yet", Printable::new(name)),
                "what has none cannot be renewed: see Authorities, or coldsign ca list",
            )
        })
    }
}
