//! Provisioning: CAs are made in the token, certified by themselves or by a superior CA, and entered.

use std::{path::Path, time::Instant};

use crate::{
    config,
    media::Outbox,
    pki::{
        certificate::{self, Certificate, SignedCertificate},
        fingerprint::Digest,
        issuer::IssuingCa,
        key::{KeyAlgorithm, PublicKey, RsaScheme},
        name::Name,
        pem,
        plan::{self, Facts, RootFields, RootTerms},
        policy,
        profile::{Approval, DuplicateKeys, End, Profile, SubjectKind},
        text::Printable,
        time::DAY_SECONDS,
    },
    register::{self, ApprovedPlan, Approver, Issuer, NewAuthority, NewPlan, PlanKind, StoredPlan},
    token::{key::TokenKey, session::Session, uri::TokenUri},
};

use super::{
    confirmed_ca::ConfirmedCa,
    done::HeadAfter,
    error::Error,
    opening::{Appliance, Custodian, now},
    planning::{Serials, config_text},
};

/// The profile that roots are made by.
const ROOT_PROFILE: &str = "root";

/// What a new CA is to be.
#[derive(Clone, Debug)]
pub struct NewCa<'a> {
    /// Its name here.
    pub name: &'a str,
    /// Its key.
    pub key: KeyAlgorithm,
    /// Its subject, as typed.
    pub subject: &'a str,
}

/// A CA's request, written for its superior.
#[derive(Clone, Debug)]
pub struct Requested {
    /// The folder it was written into, in the target.
    pub folder: String,
    /// The file in it.
    pub file: String,
    /// SHA-256 of the request's DER.
    pub sha256: Digest,
    /// SHA-256 of the subject's public key.
    pub spki_sha256: Digest,
    /// What became of the register's head, once the request was recorded.
    pub head: HeadAfter,
}

impl Appliance {
    /// Makes a key pair in the token and a self-signed root certificate; then the audit key signs the register's head.
    ///
    /// # Errors
    /// Every class; [`Error::SigningEnded`] once the token may have signed. Once the plan of its certificate is stored, [`Appliance::sign`] finishes what was interrupted; a
    /// key that was made before stays unused in the token.
    pub fn create_root(
        &mut self,
        confirmed: &ConfirmedCa<'_>,
        days: u32,
        path_length: Option<u32>,
        custodian: &mut Custodian<'_>,
    ) -> Result<(IssuingCa, HeadAfter), Error> {
        let new = confirmed.new_ca();
        let name = self.checked_root(new, days, path_length)?;
        let profile = self.root_profile()?;
        let profile_text = config_text(&self.text, ROOT_PROFILE);
        let mut serials = Serials::of(self)?;
        let session = self.login_to_make_keys(custodian)?;
        self.provision_audit_key(&session)?;
        let key = self.provision_key(new, &session)?;
        let fields = RootFields {
            name,
            public_key: key.public_key().clone(),
            rsa_scheme: profile.rsa_scheme,
            days,
            path_length,
        };
        let at = now()?;
        let facts = Facts { now: at, serial: serials.draw()? };
        let planned = plan::plan_root_by(&fields, &RootTerms::of(&profile), facts).map_err(|what| {
            Error::authority(
                what,
                "choose other values and another name; the key made stays unused in the token",
            )
        })?;
        self.register.add_authority(
            &new_authority(new.name, &self.key_uri(&key, &session)?, key.public_key(), None),
            at,
        )?;
        let new_plan = NewPlan {
            authority: new.name,
            kind: PlanKind::Root,
            profile: ROOT_PROFILE,
            profile_text: &profile_text,
            approval: Approval::Typed,
            duplicate_keys: DuplicateKeys::Refuse,
        };
        let mut writer = self.register.begin_plan(&new_plan, at)?;
        writer.add("ca create", None, &planned)?;
        // A root has no issuer's certificate yet: its plan is bound to its key instead.
        let stored = writer.store(Issuer::OwnKey, at)?;
        self.register.approve(&stored, Approver::Command, at)?;
        let approved = self.approved(&stored)?;
        let (began, mut all) = (Instant::now(), 0);
        let (made, outcome) = match self.certify_root(&approved, &key, &session, &mut all) {
            Ok(issuer) => (Some(issuer), Ok(())),
            Err(error) => (None, Err(error)),
        };
        let issued = self.conclude(&stored, &session, (all, all, began.elapsed()), outcome)?;
        let root = made.ok_or_else(|| unfit(new.name, "it was not made"))?;
        Ok((root, issued.head))
    }

    /// Checks what a new root is to be, before anything is made; returns its subject as its certificate will have it.
    ///
    /// # Errors
    /// [`Error::Authority`], [`Error::Configuration`], [`Error::Register`], [`Error::Usage`].
    pub fn check_new_root(
        &self,
        new: &NewCa<'_>,
        days: u32,
        path_length: Option<u32>,
    ) -> Result<Printable, Error> {
        Ok(self.checked_root(new, days, path_length)?.to_printable())
    }

    /// Checks what a new subordinate CA is to be, before anything is made; returns its subject as its request has it.
    /// One that was requested before and waits for its certificate is written again.
    ///
    /// # Errors
    /// As [`Appliance::check_new_root`].
    pub fn check_new_subordinate(&self, new: &NewCa<'_>) -> Result<Printable, Error> {
        if self.standing_request(new)?.is_some() {
            return Ok(subject_of(new)?.to_printable());
        }
        Ok(self.fresh_name(new)?.to_printable())
    }

    fn checked_root(&self, new: &NewCa<'_>, days: u32, path_length: Option<u32>) -> Result<Name, Error> {
        let name = self.fresh_name(new)?;
        plan::check_root(&name, days, path_length)
            .map_err(|what| Error::usage(what, "choose other values; no key was made"))?;
        let profile = self.root_profile()?;
        if !profile.takes(new.key) {
            return Err(Error::usage(
                format!("the profile `{ROOT_PROFILE}` takes no key of kind {}", new.key),
                "choose a kind that it lists under `keys`; no key was made",
            ));
        }
        let last = now()?.plus_seconds(i64::from(days) * DAY_SECONDS - 1);
        let beyond = match profile.end {
            End::Days(most) => days > most,
            End::At(end) => last > end,
        };
        if beyond {
            return Err(Error::usage(
                format!("{days} days are more than the profile `{ROOT_PROFILE}` lets a root have"),
                "give fewer days, or let the profile have more; no key was made",
            ));
        }
        Ok(name)
    }

    /// The profile that roots are made by: the home's own, or where its authority.toml has none the built-in one.
    fn root_profile(&self) -> Result<Profile, Error> {
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
        let key = session.find(uri)?;
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
        self.record_in_hand(approved, at, &mut reserve)?;
        if let Some(row) = self.register.unissued(approved, None, 1)?.pop() {
            let algorithm = certificate::signature_algorithm(&row.tbs)
                .ok_or_else(|| unfit(name, "its planned octets name no known signature algorithm"))?;
            let signature = session.signer(key, algorithm)?.sign(&row.tbs)?;
            let signed = SignedCertificate::assemble_root(&row.tbs, &signature, key.public_key());
            let signed = signed.map_err(|error| Error::TokenOutput {
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

    /// The plan of a root whose making was interrupted: it has a key and a plan, and no certificate.
    pub(super) fn unfinished_root(&self, name: &str) -> Result<Option<StoredPlan>, Error> {
        let unfinished = self.register.authority(name)?.is_some_and(|record| record.certificate.is_none());
        let plans = if unfinished { self.register.plans()? } else { Vec::new() };
        Ok(plans.into_iter().find(|plan| plan.kind == PlanKind::Root && plan.authority == name))
    }

    /// Makes a key pair in the token and writes its CSR into a new folder.
    ///
    /// # Errors
    /// Every class.
    pub fn request_subordinate(
        &mut self,
        confirmed: &ConfirmedCa<'_>,
        to: &Path,
        custodian: &mut Custodian<'_>,
    ) -> Result<Requested, Error> {
        let new = confirmed.new_ca();
        let at = now()?;
        let folder = format!("{}-request-{}", new.name, stamp(at));
        if let Some((der, public_key)) = self.standing_request(new)? {
            let outbox = Outbox::create(to, &folder)?;
            return written_request(outbox, folder, new.name, &der, &public_key)
                .map_err(|error| error.amid(REQUEST_KEPT));
        }
        let name = self.fresh_name(new)?;
        // The medium first: a key whose request cannot be written would be of no use.
        let outbox = Outbox::create(to, &folder)?;
        let reserve = self.set_room_aside(1)?;
        let session = self.login_to_make_keys(custodian)?;
        self.provision_audit_key(&session)?;
        let key = self.provision_key(new, &session)?;
        let public_key = key.public_key();
        let info = plan::request_info(&name, public_key);
        let algorithm = public_key.signing_algorithm(RsaScheme::Pkcs1);
        let signature = session.signer(&key, algorithm)?.sign(&info)?;
        let der =
            plan::assemble_request(&info, public_key, RsaScheme::Pkcs1, &signature).map_err(|error| {
                Error::TokenOutput {
                    what: format!("the token's signature over the request was not taken: {error}"),
                    hint: "check the token; the key made stays unused in it".to_owned(),
                }
            })?;
        let uri = self.key_uri(&key, &session)?;
        // The room is for this moment: what the key signed is recorded, or the key stays without a use.
        drop(reserve);
        self.register.add_authority(&new_authority(new.name, &uri, public_key, Some(&der)), at)?;
        let head = self.close_head(&session);
        let requested = written_request(outbox, folder, new.name, &der, public_key)
            .map_err(|error| error.amid(REQUEST_KEPT))?;
        Ok(Requested { head, ..requested })
    }

    /// The request that was made before under this name, for the same kind of key and the same subject, and waits for
    /// its certificate: it is written again, not made again.
    fn standing_request(&self, new: &NewCa<'_>) -> Result<Option<(Vec<u8>, PublicKey)>, Error> {
        let Some(record) = self.register.authority(new.name)? else { return Ok(None) };
        let Some(der) = record.request.filter(|_| record.certificate.is_none()) else { return Ok(None) };
        let same = record.public_key.algorithm() == new.key && requested_subject(&der)? == subject_of(new)?;
        Ok(same.then_some((der, record.public_key)))
    }

    /// Checks that a name is free and the subject sound, before the token is touched.
    fn fresh_name(&self, new: &NewCa<'_>) -> Result<Name, Error> {
        if let Some(plan) = self.unfinished_root(new.name)? {
            return Err(Error::authority(
                format!("CA {} has its key and its plan, but no certificate yet", plan.authority),
                format!("finish it under Authorities, or with coldsign sign {}", plan.id),
            ));
        }
        self.check_free(new.name)?;
        subject_of(new)
    }

    /// Checks that a CA can have this name.
    pub(super) fn check_free(&self, name: &str) -> Result<(), Error> {
        if name.is_empty() {
            return Err(Error::usage("the CA has no name yet", "give it a short one, such as factory"));
        }
        if self.register.authority(name)?.is_some() || self.configuration.key_uri(name).is_some() {
            return Err(Error::authority(
                format!("there is a CA named {} already", Printable::new(name)),
                "choose another name",
            ));
        }
        // The name is checked as configuration before the token is touched.
        config::with_authority(&self.text, name, "pkcs11:token=x;id=%00")?;
        Ok(())
    }

    fn provision_key(&mut self, new: &NewCa<'_>, session: &Session) -> Result<TokenKey, Error> {
        let key = session.generate(new.key, &format!("coldsign {}", new.name))?;
        let text = config::with_authority(&self.text, new.name, &self.key_uri(&key, session)?)?;
        self.write_configuration(text)?;
        Ok(key)
    }

    /// The audit key signs manifests and checkpoints, never certificates; it is made with the first CA.
    pub(super) fn provision_audit_key(&mut self, session: &Session) -> Result<(), Error> {
        if self.configuration.audit_key_uri().is_some() {
            return Ok(());
        }
        let algorithm = KeyAlgorithm::Ec(crate::pki::key::Curve::P256);
        let key = session.generate(algorithm, "coldsign audit")?;
        let text = config::with_audit_key(&self.text, &self.key_uri(&key, session)?)?;
        self.write_configuration(text)
    }

    /// The key's URI, with the token's serial number: another token with the same label is not taken for this one.
    pub(super) fn key_uri(&self, key: &TokenKey, session: &Session) -> Result<String, Error> {
        let token = TokenUri::parse(self.configuration.token_uri())?;
        Ok(token.with_serial_of(session.state()).with_key(key.id()).to_string())
    }
}

fn new_authority<'a>(
    name: &'a str,
    key_uri: &'a str,
    public_key: &'a PublicKey,
    request: Option<&'a [u8]>,
) -> NewAuthority<'a> {
    NewAuthority { name, key_uri, public_key, request }
}

/// What is safe when a CA's request cannot be written: asked for again, the same one is.
const REQUEST_KEPT: &str =
    "the request was not written; it is kept in the register, and its key in the token";

/// Writes a CA's request as the one file of a new folder, and reads it back.
fn written_request(
    mut outbox: Outbox,
    folder: String,
    name: &str,
    der: &[u8],
    public_key: &PublicKey,
) -> Result<Requested, Error> {
    let file = format!("{name}.csr");
    let mut out = outbox.create_file(&file)?;
    out.append(pem::encode("CERTIFICATE REQUEST", der).as_bytes())?;
    let written = out.finish()?;
    let published = outbox.publish()?;
    if published.read_back(&file)? != (written.sha256, written.octets) {
        return Err(Error::altered(&file));
    }
    Ok(Requested {
        folder,
        file,
        sha256: Digest::of(der),
        spki_sha256: public_key.spki_sha256(),
        head: HeadAfter::Left,
    })
}

fn subject_of(new: &NewCa<'_>) -> Result<Name, Error> {
    Name::from_text(new.subject).map_err(|error| {
        Error::usage(
            format!("the subject was not taken: {error}"),
            "write it as \"CN=Example Root,O=Example,C=DE\" or \"/C=DE/O=Example/CN=Example Root\"",
        )
    })
}

/// The subject of a CA's own request, as the register keeps it.
pub(super) fn requested_subject(request: &[u8]) -> Result<Name, Error> {
    match policy::judge(request) {
        Ok(request) => Ok(request.subject().clone()),
        Err(_) => Err(Error::Register(register::Error::Damaged(
            "the CA's recorded request is not sound".to_owned(),
        ))),
    }
}

/// A moment as it stands in names: 20260131T235959Z.
pub(super) fn stamp(at: crate::pki::time::Time) -> String {
    at.to_string().replace(['-', ':'], "")
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
