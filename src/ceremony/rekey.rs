//! Re-key: a CA's place is taken by a new key under the same subject. The register holds which CA the new one succeeds;
//! both can issue, and what the old key issued keeps its path. Between the keys of a root, links can be made (RFC 4210
//! §4.4), so that whoever trusts either has a path to what the other issued.

use std::path::Path;

use crate::{
    pki::{
        certificate::Certificate,
        issuer::IssuingCa,
        plan::{Facts, plan_link},
        profile::{Approval, DuplicateKeys},
        text::Printable,
    },
    register::{Approver, Issuer, NewPlan, PlanKind, Role, StoredPlan},
    token::session::Session,
};

use super::{
    confirmed_ca::{ConfirmedRekey, Rekey},
    done::HeadAfter,
    error::Error,
    opening::{Appliance, Custodian, now},
    planning::Serials,
    progress::Watch,
    provisioning::{Decided, Requested},
};

/// What the plans of links have in the place of a profile's name.
const LINK_PROFILE: &str = "link";

/// The two certificates that link two keys of one CA.
#[derive(Clone, Debug)]
pub struct Links {
    /// The old CA.
    pub before: String,
    /// The new key, certified by the old one: a path for those who trust the old root.
    pub new_with_old: Certificate,
    /// The old key, certified by the new one: a path for those who trust the new root.
    pub old_with_new: Certificate,
    /// What became of the register's head.
    pub head: HeadAfter,
}

impl Appliance {
    /// Checks that a root can be re-keyed so, before anything is made; the subject that both have.
    ///
    /// # Errors
    /// [`Error::Authority`], [`Error::Usage`], [`Error::Register`].
    pub fn check_rekeyed_root(&self, rekey: Rekey<'_>, days: u32) -> Result<Printable, Error> {
        let (decided, path_length) = self.succeeding_root(rekey)?;
        self.check_root(&decided, days, path_length)?;
        Ok(decided.subject.to_printable())
    }

    /// Checks that a subordinate CA can be re-keyed so, before anything is made; the subject that both have.
    ///
    /// # Errors
    /// [`Error::Authority`], [`Error::Usage`], [`Error::Register`].
    pub fn check_rekeyed_subordinate(&self, rekey: Rekey<'_>) -> Result<Printable, Error> {
        self.check_requested(&self.succeeding_subordinate(rekey)?)
    }

    /// Makes a new key and a self-signed certificate that takes the place of a root, with its subject and path length.
    ///
    /// # Errors
    /// As [`Appliance::create_root`].
    pub fn rekey_root(
        &mut self,
        confirmed: ConfirmedRekey<'_>,
        days: u32,
        custodian: &mut Custodian<'_>,
    ) -> Result<(IssuingCa, HeadAfter), Error> {
        let (decided, path_length) = self.succeeding_root(confirmed.rekey())?;
        self.make_new_root(&decided, days, path_length, custodian)
    }

    /// Makes a new key that takes the place of a subordinate CA, and writes its request with the same subject.
    ///
    /// # Errors
    /// As [`Appliance::request_subordinate`].
    pub fn rekey_by_request(
        &mut self,
        confirmed: ConfirmedRekey<'_>,
        to: &Path,
        custodian: &mut Custodian<'_>,
    ) -> Result<Requested, Error> {
        self.request_new(&self.succeeding_subordinate(confirmed.rekey())?, to, custodian)
    }

    fn succeeding_subordinate<'a>(&self, rekey: Rekey<'a>) -> Result<Decided<'a>, Error> {
        let (own, above) = self.succeeded(rekey)?;
        if above.is_empty() {
            return Err(Error::usage(
                format!("CA {} is a root: a new root takes its place", Printable::new(rekey.before)),
                "give --days instead of --to",
            ));
        }
        Ok(decided(rekey, &own))
    }

    fn succeeding_root<'a>(&self, rekey: Rekey<'a>) -> Result<(Decided<'a>, Option<u32>), Error> {
        let (own, above) = self.succeeded(rekey)?;
        if !above.is_empty() {
            return Err(Error::usage(
                format!(
                    "CA {} is no root: its superior CA certifies its new key",
                    Printable::new(rekey.before)
                ),
                "give --to DIR instead of --days, for the request",
            ));
        }
        Ok((decided(rekey, &own), own.path_length()))
    }

    /// The certificate in use of the CA whose place is taken, which no other has taken yet.
    fn succeeded(&self, rekey: Rekey<'_>) -> Result<(Certificate, Vec<Certificate>), Error> {
        // Before a key is made that would stay without a use.
        self.check_clock(now()?)?;
        let certified = self.certified(rekey.before)?;
        match self.successor(rekey.before)? {
            Some(other) if other != rekey.name => Err(Error::authority(
                format!("CA {other} has taken the place of {} already", Printable::new(rekey.before)),
                format!("re-key {other} where its key is to be replaced"),
            )),
            _ => Ok(certified),
        }
    }

    /// The CA that takes the place of another, where there is one.
    ///
    /// # Errors
    /// [`Error::Register`].
    pub fn successor(&self, name: &str) -> Result<Option<String>, Error> {
        let records = self.register.authorities()?.into_iter();
        let mut after = records.filter(|record| record.succeeds.as_deref() == Some(name));
        Ok(after.next().map(|record| record.name))
    }

    /// Makes the two certificates that link a re-keyed root to the one it succeeds, and keeps each beside the certificate of
    /// the CA whose key it certifies. What was made before is not made again.
    ///
    /// # Errors
    /// [`Error::Authority`] where there is nothing to link; every class of [`Appliance::sign`].
    pub fn link_keys(
        &mut self,
        name: &str,
        custodian: &mut Custodian<'_>,
        watch: &mut Watch<'_>,
    ) -> Result<Links, Error> {
        let before = self.authority(name)?.succeeds.ok_or_else(|| {
            Error::authority(
                format!("CA {} succeeds none: there are no two keys to link", Printable::new(name)),
                "name the CA that coldsign ca rekey made",
            )
        })?;
        for ca in [name, &before] {
            let (own, _) = self.certified(ca)?;
            if !own.is_self_signed() {
                return Err(Error::authority(
                    format!("CA {} is no root", Printable::new(ca)),
                    "a subordinate CA needs no link: its superior certifies both keys",
                ));
            }
        }
        let session = self.login(custodian)?;
        let new_with_old = self.link(name, &before, &before, &session, watch)?;
        let old_with_new = self.link(&before, name, &before, &session, watch)?;
        let head = self.close_head(&session);
        Ok(Links { before, new_with_old, old_with_new, head })
    }

    /// The certificate that one CA gives the other's key: the one that stands, or a new one.
    fn link(
        &mut self,
        certified: &str,
        by: &str,
        old: &str,
        session: &Session,
        watch: &mut Watch<'_>,
    ) -> Result<Certificate, Error> {
        let issuer = self.issuer(by)?;
        let signed_by = |one: &Certificate| {
            let (algorithm, key) = (one.signature_algorithm(), issuer.certificate().public_key());
            key.verify(algorithm, one.tbs(), one.signature()).is_ok()
        };
        let standing = self.register.certificates_of(certified)?;
        if let Some(one) = standing.into_iter().find(|one| signed_by(&one.certificate)) {
            return Ok(one.certificate);
        }
        let source = format!("ca link {certified}");
        let stored = match self.interrupted_link(by, &source, &issuer)? {
            Some(stored) => stored,
            None => self.plan_link(certified, (by, &issuer), old, &source)?,
        };
        if !self.is_approved(&stored)? {
            self.register.approve(&stored, Approver::Command, now()?)?;
        }
        self.sign(&stored, session, watch)?;
        let made = self.register.issued(&stored, None, 1)?;
        let der = made.first().map(|made| made.der().to_vec()).unwrap_or_default();
        let link = Certificate::parse(&der).map_err(|error| {
            Error::authority(error.to_string(), "audit the register (coldsign register audit)")
        })?;
        let above = [issuer.certificate().clone()];
        self.register.install_as(Role::Beside, certified, (&link, &above), now()?)?;
        Ok(link)
    }

    /// The plan of this link that was stored under the same certificate and whose certificate is not kept yet; not one of
    /// before an older register was accepted, which may be signed and out.
    fn interrupted_link(
        &self,
        by: &str,
        source: &str,
        issuer: &IssuingCa,
    ) -> Result<Option<StoredPlan>, Error> {
        for plan in self.register.plans()?.into_iter().rev() {
            let same = plan.kind == PlanKind::Link
                && plan.authority == by
                && plan.issuer_sha256 == issuer.certificate().sha256()
                && self.register.older_behind_plan(&plan)?.is_none();
            if same && self.planned_page(&plan, 1, 1)?.iter().any(|row| row.source.as_str() == source) {
                return Ok(Some(plan));
            }
        }
        Ok(None)
    }

    fn plan_link(
        &mut self,
        certified: &str,
        (by, issuer): (&str, &IssuingCa),
        old: &str,
        source: &str,
    ) -> Result<StoredPlan, Error> {
        let (certificate, _) = self.certified(certified)?;
        let (old, _) = self.certified(old)?;
        let profile = self.root_profile()?;
        let at = now()?;
        self.check_clock(at)?;
        let facts = Facts { now: at, serial: Serials::of(self)?.draw()? };
        let signature = (profile.rsa_scheme, profile.signature_hash);
        let planned = plan_link(&certificate, issuer, signature, old.not_after(), facts)
            .map_err(|what| Error::authority(what, "nothing was signed"))?;
        let new = NewPlan {
            authority: by,
            kind: PlanKind::Link,
            profile: LINK_PROFILE,
            profile_text: "",
            waivers: &[],
            approval: Approval::Typed,
            // The key that is linked was certified before, by itself.
            duplicate_keys: DuplicateKeys::Note,
            crl_points: &[],
            block_lists: None,
        };
        let mut writer = self.register.begin_plan(&new, at)?;
        writer.add(source, None, &planned)?;
        Ok(writer.store(Issuer::Certificate(issuer), at)?)
    }
}

fn decided<'a>(rekey: Rekey<'a>, own: &Certificate) -> Decided<'a> {
    Decided { name: rekey.name, key: rekey.key, subject: own.subject().clone(), succeeds: Some(rekey.before) }
}
