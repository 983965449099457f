//! A root's own certificate, the first one and each renewal: planned, approved by the command that names it, signed by
//! the key that it is for, and installed. What was interrupted is finished, not begun anew.

use std::time::Instant;

use crate::{
    config,
    pki::{
        certificate::{self, Certificate, SignedCertificate},
        issuer::IssuingCa,
        plan::{self, PlannedCertificate},
        profile::{Approval, DuplicateKeys, End, Profile, SubjectKind},
        time::Time,
    },
    register::{ApprovedPlan, Approver, Issuer, NewPlan, PlanKind, StoredPlan},
    token::{key::TokenKey, session::Session, uri::TokenUri},
};

use super::{
    done::HeadAfter,
    error::Error,
    opening::{Appliance, now},
};

/// The profile that roots are made by.
pub(super) const ROOT_PROFILE: &str = "root";

/// A root's own certificate that is planned.
pub(super) struct OwnCertificate<'a> {
    /// The CA's name.
    pub name: &'a str,
    /// The command that it comes from.
    pub source: &'a str,
    /// Whether its key may have been certified before.
    pub duplicate_keys: DuplicateKeys,
    /// Its octets.
    pub planned: &'a PlannedCertificate,
}

impl Appliance {
    /// Stores the plan of a root's own certificate, approves it by the command, signs, records and installs.
    pub(super) fn make_root(
        &mut self,
        own: &OwnCertificate<'_>,
        key: &TokenKey,
        session: &Session,
        at: Time,
    ) -> Result<(IssuingCa, HeadAfter), Error> {
        self.check_audit_key(session)?;
        let profile_text = config::profile_text(&self.text, ROOT_PROFILE);
        let new_plan = NewPlan {
            authority: own.name,
            kind: PlanKind::Root,
            profile: ROOT_PROFILE,
            profile_text: &profile_text,
            waivers: &[],
            approval: Approval::Typed,
            duplicate_keys: own.duplicate_keys,
            crl_points: &[],
            block_lists: None,
        };
        let mut writer = self.register.begin_plan(&new_plan, at)?;
        writer.add(own.source, None, own.planned)?;
        // A root has no issuer's certificate: its plan is bound to its key instead.
        let stored = writer.store(Issuer::OwnKey, at)?;
        self.register.approve(&stored, Approver::Command, at)?;
        let approved = self.approved(&stored)?;
        let (began, mut all) = (Instant::now(), 0);
        let (made, outcome) = match self.certify_root(&approved, key, session, &mut all) {
            Ok(issuer) => (Some(issuer), Ok(())),
            Err(error) => (None, Err(error)),
        };
        let issued = self.conclude(&stored, session, (all, all, began.elapsed()), outcome)?;
        let root = made.ok_or_else(|| unfit(own.name, "it was not made"))?;
        Ok((root, issued.head))
    }

    /// The profile that roots are made by: the home's own, or where its authority.toml has none the built-in one.
    pub(super) fn root_profile(&self) -> Result<Profile, Error> {
        let profile =
            self.configuration.profile(ROOT_PROFILE).cloned().or_else(|| config::built_in(ROOT_PROFILE));
        profile.filter(|profile| profile.kind == SubjectKind::Root).ok_or_else(|| {
            Error::usage(
                format!("the profile `{ROOT_PROFILE}` is not of `kind = \"root\"`"),
                "give it that kind, or another name",
            )
        })
    }

    /// Finishes a root whose making was interrupted after its plan was stored and approved; `all` counts what is
    /// recorded.
    pub(super) fn finish_root(
        &mut self,
        approved: &ApprovedPlan,
        uri: &TokenUri,
        session: &Session,
        all: &mut u64,
    ) -> Result<(), Error> {
        let key = self.ca_key(&approved.plan().authority, uri, session)?;
        if let Some(record) = self.register.authority(&approved.plan().authority)? {
            key.matches(&record.public_key)?;
        }
        self.certify_root(approved, &key, session, all).map(|_| ())
    }

    /// Signs, records and installs the one certificate of a root's own plan; what is done already is not done again.
    fn certify_root(
        &mut self,
        approved: &ApprovedPlan,
        key: &TokenKey,
        session: &Session,
        all: &mut u64,
    ) -> Result<IssuingCa, Error> {
        let plan = approved.plan();
        let name = plan.authority.as_str();
        let at = now()?;
        let mut reserve = Some(self.set_room_aside(1)?);
        if let Some(row) = self.register.unissued(approved, None, 1)?.pop() {
            let algorithm = certificate::signature_algorithm(&row.tbs)
                .ok_or_else(|| unfit(name, "its planned octets name no known signature algorithm"))?;
            let signature = session.signer(key, algorithm)?.sign(&row.tbs)?;
            let signed = SignedCertificate::assemble_root(&row.tbs, &signature, key.public_key());
            let judged = signed.and_then(|signed| {
                signed.check_finished(None, &plan.waivers)?;
                Ok(signed)
            });
            let signed = judged.map_err(|error| Error::TokenOutput {
                what: format!("the token's signature over the root certificate was not taken: {error}"),
                hint: format!("check the token, then finish with coldsign sign {}", plan.id),
            })?;
            self.record(approved, vec![(row.index, signed)], at, &mut reserve)?;
        }
        *all = plan.accepted;
        let recorded = self.register.issued(plan, None, 1)?;
        let recorded =
            recorded.first().ok_or_else(|| unfit(name, "its certificate is not in the register"))?;
        let issuer = root_of(name, recorded.der())?;
        self.register.install_certificate(name, issuer.certificate(), &[], at)?;
        Ok(issuer)
    }

    /// The plan of a root's own certificate, the first or a renewed one, whose making was interrupted.
    pub(super) fn unfinished_root(&self, name: &str) -> Result<Option<StoredPlan>, Error> {
        for plan in self.register.plans()? {
            if plan.authority == name && self.is_unfinished_root(&plan)? {
                return Ok(Some(plan));
            }
        }
        Ok(None)
    }

    /// Whether a plan is that of a root's own certificate, and that certificate is not installed.
    pub(super) fn is_unfinished_root(&self, plan: &StoredPlan) -> Result<bool, Error> {
        Ok(plan.kind == PlanKind::Root && self.register.certificate_of(plan)?.is_none())
    }
}

/// Checks that a root of so many days from now keeps within its profile; `unharmed` says what was not done.
pub(super) fn check_root_days(profile: &Profile, days: u32, unharmed: &str) -> Result<(), Error> {
    let last = plan::end_of_days(now()?, days)
        .map_err(|what| Error::usage(what, format!("give fewer days; {unharmed}")))?;
    let beyond = match profile.end {
        End::Days(most) => days > most,
        End::At(end) => last > end,
    };
    if beyond {
        return Err(Error::usage(
            format!("{days} days are more than the profile `{ROOT_PROFILE}` lets a root have"),
            format!("give fewer days, or let the profile have more; {unharmed}"),
        ));
    }
    Ok(())
}

fn root_of(name: &str, der: &[u8]) -> Result<IssuingCa, Error> {
    let certificate = Certificate::parse(der).map_err(|error| unfit(name, &error.to_string()))?;
    IssuingCa::new(certificate, Vec::new()).map_err(|what| unfit(name, &what))
}

fn unfit(name: &str, what: &str) -> Error {
    Error::authority(
        format!("the new root {name} is not fit to issue: {what}"),
        "choose other values and another name",
    )
}
