//! Provisioning: CAs are made in the token, certified by themselves or by a superior CA, and entered.

use std::path::Path;

use crate::{
    config,
    media::Outbox,
    pki::{
        fingerprint::Digest,
        issuer::IssuingCa,
        key::{KeyAlgorithm, PublicKey, RsaScheme},
        name::Name,
        pem,
        plan::{self, Facts, RootFields, RootTerms},
        policy,
        profile::DuplicateKeys,
        text::Printable,
        time::Time,
    },
    register::{self, NewAuthority},
    token::{key::TokenKey, session::Session, uri::TokenUri},
};

use super::{
    confirmed_ca::ConfirmedCa,
    done::HeadAfter,
    error::Error,
    opening::{Appliance, Custodian, now},
    planning::Serials,
    root::{OwnCertificate, ROOT_PROFILE, check_root_days},
};

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

/// A new CA whose subject is decided, octet for octet.
pub(super) struct Decided<'a> {
    /// Its name here.
    pub name: &'a str,
    /// Its key.
    pub key: KeyAlgorithm,
    /// Its subject.
    pub subject: Name,
    /// The CA whose place it takes, under the same subject.
    pub succeeds: Option<&'a str>,
}

impl<'a> Decided<'a> {
    fn of(new: &NewCa<'a>) -> Result<Self, Error> {
        Ok(Self { name: new.name, key: new.key, subject: subject_of(new)?, succeeds: None })
    }
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
        self.make_new_root(&Decided::of(confirmed.new_ca())?, days, path_length, custodian)
    }

    pub(super) fn make_new_root(
        &mut self,
        new: &Decided<'_>,
        days: u32,
        path_length: Option<u32>,
        custodian: &mut Custodian<'_>,
    ) -> Result<(IssuingCa, HeadAfter), Error> {
        self.check_root(new, days, path_length)?;
        let profile = self.root_profile()?;
        let mut serials = Serials::of(self)?;
        let session = self.login_to_make_keys(custodian)?;
        self.provision_audit_key(&session)?;
        let key = self.provision_key(new, &session)?;
        let fields = RootFields {
            name: new.subject.clone(),
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
        self.enter(new, &key, &session, None, at)?;
        let own = OwnCertificate {
            name: new.name,
            source: if new.succeeds.is_some() { "ca rekey" } else { "ca create" },
            duplicate_keys: DuplicateKeys::Refuse,
            planned: &planned,
        };
        self.make_root(&own, &key, &session, at)
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
        let decided = Decided::of(new)?;
        self.check_root(&decided, days, path_length)?;
        Ok(decided.subject.to_printable())
    }

    /// Checks what a new subordinate CA is to be, before anything is made; returns its subject as its request has it.
    /// One that was requested before and waits for its certificate is written again.
    ///
    /// # Errors
    /// As [`Appliance::check_new_root`].
    pub fn check_new_subordinate(&self, new: &NewCa<'_>) -> Result<Printable, Error> {
        self.check_requested(&Decided::of(new)?)
    }

    pub(super) fn check_requested(&self, new: &Decided<'_>) -> Result<Printable, Error> {
        if self.standing_request(new)?.is_none() {
            self.check_free(new.name)?;
        }
        Ok(new.subject.to_printable())
    }

    pub(super) fn check_root(
        &self,
        new: &Decided<'_>,
        days: u32,
        path_length: Option<u32>,
    ) -> Result<(), Error> {
        self.check_free(new.name)?;
        self.check_clock(now()?)?;
        plan::check_root(&new.subject, days, path_length)
            .map_err(|what| Error::usage(what, "choose other values; no key was made"))?;
        let profile = self.root_profile()?;
        if !profile.takes(new.key) {
            return Err(Error::usage(
                format!("the profile `{ROOT_PROFILE}` takes no key of kind {}", new.key),
                "choose a kind that it lists under `keys`; no key was made",
            ));
        }
        check_root_days(&profile, days, "no key was made")
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
        self.request_new(&Decided::of(confirmed.new_ca())?, to, custodian)
    }

    pub(super) fn request_new(
        &mut self,
        new: &Decided<'_>,
        to: &Path,
        custodian: &mut Custodian<'_>,
    ) -> Result<Requested, Error> {
        let at = now()?;
        let folder = format!("{}-request-{}", new.name, stamp(at));
        if let Some((der, public_key)) = self.standing_request(new)? {
            let outbox = self.outbox(to, &folder)?;
            return written_request(outbox, folder, new.name, &der, &public_key)
                .map_err(|error| error.amid(REQUEST_KEPT));
        }
        self.check_free(new.name)?;
        // The medium first: a key whose request cannot be written would be of no use.
        let outbox = self.outbox(to, &folder)?;
        let reserve = self.set_room_aside(1)?;
        let session = self.login_to_make_keys(custodian)?;
        self.provision_audit_key(&session)?;
        let key = self.provision_key(new, &session)?;
        let public_key = key.public_key();
        let der = signed_request(&new.subject, &key, &session, "the key made stays unused in it")?;
        // The room is for this moment: what the key signed is recorded, or the key stays without a use.
        drop(reserve);
        self.enter(new, &key, &session, Some(&der), at)?;
        let head = self.close_head(&session);
        let requested = written_request(outbox, folder, new.name, &der, public_key)
            .map_err(|error| error.amid(REQUEST_KEPT))?;
        Ok(Requested { head, ..requested })
    }

    /// The request that was made before under this name, for the same kind of key and the same subject, and waits for
    /// its certificate: it is written again, not made again.
    fn standing_request(&self, new: &Decided<'_>) -> Result<Option<(Vec<u8>, PublicKey)>, Error> {
        let Some(record) = self.register.authority(new.name)? else { return Ok(None) };
        let Some(der) = record.request.filter(|_| record.certificate.is_none()) else { return Ok(None) };
        let same = record.public_key.algorithm() == new.key && requested_subject(&der)? == new.subject;
        Ok(same.then_some((der, record.public_key)))
    }

    /// Enters a CA whose key was made.
    fn enter(
        &mut self,
        new: &Decided<'_>,
        key: &TokenKey,
        session: &Session,
        request: Option<&[u8]>,
        at: Time,
    ) -> Result<(), Error> {
        let key_uri = self.key_uri(key, session)?;
        let authority =
            NewAuthority { name: new.name, key_uri: &key_uri, public_key: key.public_key(), request };
        match new.succeeds {
            None => self.register.add_authority(&authority, at)?,
            Some(before) => self.register.add_successor(&authority, before, at)?,
        }
        Ok(())
    }

    /// Checks that a name is free, before the token is touched.
    pub(super) fn check_free(&self, name: &str) -> Result<(), Error> {
        let record = self.register.authority(name)?;
        if record.as_ref().is_some_and(|record| record.certificate.is_none())
            && let Some(plan) = self.unfinished_root(name)?
        {
            return Err(Error::authority(
                format!("CA {} has its key and its plan, but no certificate yet", plan.authority),
                format!("finish it under Authorities, or with coldsign sign {}", plan.id),
            ));
        }
        if name.is_empty() {
            return Err(Error::usage("the CA has no name yet", "give it a short one, such as factory"));
        }
        if record.is_some() || self.configuration.key_uri(name).is_some() {
            return Err(Error::authority(
                format!("there is a CA named {} already", Printable::new(name)),
                "choose another name",
            ));
        }
        // The name is checked as configuration before the token is touched.
        config::with_authority(&self.text, name, "pkcs11:token=x;id=%00")?;
        Ok(())
    }

    fn provision_key(&mut self, new: &Decided<'_>, session: &Session) -> Result<TokenKey, Error> {
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

/// A CA's request, signed by its own key; `unharmed` says what becomes of the key where it cannot be.
pub(super) fn signed_request(
    name: &Name,
    key: &TokenKey,
    session: &Session,
    unharmed: &str,
) -> Result<Vec<u8>, Error> {
    let public_key = key.public_key();
    let info = plan::request_info(name, public_key);
    let algorithm = public_key.signing_algorithm(RsaScheme::Pkcs1);
    let signature = session.signer(key, algorithm)?.sign(&info)?;
    plan::assemble_request(&info, public_key, RsaScheme::Pkcs1, &signature).map_err(|error| {
        Error::TokenOutput {
            what: format!("the token's signature over the request was not taken: {error}"),
            hint: format!("check the token; {unharmed}"),
        }
    })
}

/// What is safe when a CA's request cannot be written: asked for again, the same one is.
pub(super) const REQUEST_KEPT: &str =
    "the request was not written; it is kept in the register, and its key in the token";

/// Writes a CA's request as the one file of a new folder, and reads it back.
pub(super) fn written_request(
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
    Name::from_text(new.subject)
        .map_err(|error| Error::usage(format!("the subject was not taken: {error}"), error.hint()))
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
