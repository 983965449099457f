//! Provisioning: CAs are made in the token, certified by themselves or by a superior CA, and entered.

use std::path::Path;

use crate::{
    config, host,
    media::Outbox,
    pki::{
        certificate::{Certificate, SignedCertificate},
        fingerprint::Digest,
        issuer::IssuingCa,
        key::{KeyAlgorithm, PublicKey, RsaScheme},
        name::Name,
        pem,
        plan::{self, Facts, RootFields},
        policy,
        profile::{Approval, DuplicateKeys},
        text::Printable,
    },
    register::{self, Approver, Issuer, NewAuthority, NewPlan, PlanKind},
    token::{key::TokenKey, session::Session, uri::TokenUri},
};

use super::{
    error::Error,
    opening::{Appliance, Custodian, now, printable_path},
    planning::Serials,
};

/// Largest certificate file taken, in octets: a chain of ten certificates with long names fits ten times.
const CERTIFICATES_OCTETS_MAX: u64 = 256 * 1024;

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
}

impl Appliance {
    /// Makes a key pair in the token and a self-signed root certificate.
    ///
    /// # Errors
    /// Every class; a key that was made before a later step failed stays in the token and is named in the error.
    pub fn create_root(
        &mut self,
        new: &NewCa<'_>,
        days: u32,
        path_length: Option<u32>,
        custodian: &mut Custodian<'_>,
    ) -> Result<IssuingCa, Error> {
        let name = self.fresh_name(new)?;
        // Before the token makes a key that nothing could be done with.
        plan::check_root_terms(&name, days, path_length)
            .map_err(|what| Error::authority(what, "choose other values"))?;
        let mut serials = Serials::of(self)?;
        let session = self.login(custodian)?;
        self.provision_audit_key(&session)?;
        let key = self.provision_key(new, &session)?;
        let fields = RootFields {
            name,
            public_key: key.public_key().clone(),
            rsa_scheme: RsaScheme::Pkcs1,
            days,
            path_length,
        };
        let at = now()?;
        let planned =
            plan::plan_root(&fields, Facts { now: at, serial: serials.draw()? }).map_err(|what| {
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
            profile: "root",
            profile_text: "",
            approval: Approval::Typed,
            duplicate_keys: DuplicateKeys::Refuse,
        };
        let mut writer = self.register.begin_plan(&new_plan, at)?;
        writer.add("ca create", None, &planned)?;
        // A root has no issuer's certificate yet: its plan is bound to its key instead.
        let stored = writer.store(Issuer::OwnKey, at)?;
        let approved = self.register.approve(&stored, Approver::Command, at)?;
        let algorithm = key.public_key().signing_algorithm(RsaScheme::Pkcs1);
        let signature = session.signer(&key, algorithm)?.sign(planned.tbs())?;
        let signed = SignedCertificate::assemble_root(planned.tbs(), &signature, key.public_key()).map_err(
            |error| Error::TokenOutput {
                what: format!("the token's signature over the root certificate was not taken: {error}"),
                hint: "check the token; the key made stays unused in it".to_owned(),
            },
        )?;
        let certificate =
            Certificate::parse(signed.der()).map_err(|error| unfit(new.name, &error.to_string()))?;
        let issuer = IssuingCa::new(certificate, Vec::new()).map_err(|what| unfit(new.name, &what))?;
        self.register.record_issued(&approved, &[(1, signed)], at)?;
        self.register.install_certificate(new.name, issuer.certificate(), &[], at)?;
        self.checkpoint(&session)?;
        Ok(issuer)
    }

    /// Makes a key pair in the token and writes its CSR into a new folder.
    ///
    /// # Errors
    /// Every class.
    pub fn request_subordinate(
        &mut self,
        new: &NewCa<'_>,
        to: &Path,
        custodian: &mut Custodian<'_>,
    ) -> Result<Requested, Error> {
        let name = self.fresh_name(new)?;
        let at = now()?;
        let folder = format!("{}-request-{}", new.name, stamp(at));
        // The medium first: a key whose request cannot be written would be of no use.
        let mut outbox = Outbox::create(to, &folder)?;
        let session = self.login(custodian)?;
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
        self.register.add_authority(&new_authority(new.name, &uri, public_key, Some(&der)), at)?;
        let file = format!("{}.csr", new.name);
        let text = pem::encode("CERTIFICATE REQUEST", &der);
        let mut out = outbox.create_file(&file)?;
        out.append(text.as_bytes())?;
        let written = out.finish()?;
        let published = outbox.publish()?;
        if published.read_back(&file)? != (written.sha256, written.octets) {
            return Err(Error::altered(&file));
        }
        self.checkpoint(&session)?;
        Ok(Requested { folder, file, sha256: Digest::of(&der), spki_sha256: public_key.spki_sha256() })
    }

    /// Takes the certificate that a superior CA issued: checked against key, subject and path.
    ///
    /// # Errors
    /// [`Error::Authority`] with what does not fit; [`Error::Register`].
    pub fn install(
        &mut self,
        name: &str,
        certificate: &Path,
        chain: Option<&Path>,
    ) -> Result<IssuingCa, Error> {
        let record = self.register.authority(name)?.ok_or_else(|| {
            Error::authority(
                format!("there is no CA named {}", Printable::new(name)),
                "make its key and request with coldsign ca request",
            )
        })?;
        let mut certificates = read_certificates(certificate)?;
        if let Some(path) = chain {
            certificates.extend(read_certificates(path)?);
        }
        let own = certificates.remove(0);
        if *own.public_key() != record.public_key {
            return Err(Error::authority(
                format!("{}: the certificate is for another key", printable_path(certificate)),
                format!("give the certificate that was issued for the request of {name}, first in its file"),
            ));
        }
        if let Some(requested) = record.request.as_deref().map(requested_subject).transpose()?
            && requested != *own.subject()
        {
            return Err(Error::authority(
                format!(
                    "the certificate's subject is {}, requested was {}",
                    own.subject().to_printable(),
                    requested.to_printable()
                ),
                "have the superior CA issue it with the requested subject, octet for octet",
            ));
        }
        let chain = ordered_chain(&own, certificates)?;
        let at = now()?;
        if own.not_after() < at {
            return Err(Error::authority(
                format!("the certificate ended at {}", own.not_after()),
                "have the superior CA issue a new one; or set the machine's clock",
            ));
        }
        let issuer = IssuingCa::new(own, chain).map_err(|what| {
            Error::authority(what, "give the CA's certificate, and with --chain those above it")
        })?;
        self.register.install_certificate(name, issuer.certificate(), issuer.chain(), at)?;
        Ok(issuer)
    }

    /// Checks that a name is free and the subject sound, before the token is touched.
    fn fresh_name(&self, new: &NewCa<'_>) -> Result<Name, Error> {
        // The name is checked as configuration before the token is touched.
        config::with_authority(&self.text, new.name, "pkcs11:token=x;id=%00")?;
        if self.register.authority(new.name)?.is_some() || self.configuration.key_uri(new.name).is_some() {
            return Err(Error::authority(
                format!("there is a CA named {} already", Printable::new(new.name)),
                "choose another name",
            ));
        }
        Name::from_text(new.subject).map_err(|error| {
            Error::usage(
                format!("the subject was not taken: {error}"),
                "write it as \"CN=Example Root,O=Example,C=DE\" or \"/C=DE/O=Example/CN=Example Root\"",
            )
        })
    }

    fn provision_key(&mut self, new: &NewCa<'_>, session: &Session) -> Result<TokenKey, Error> {
        let key = session.generate(new.key, &format!("coldsign {}", new.name))?;
        let text = config::with_authority(&self.text, new.name, &self.key_uri(&key, session)?)?;
        self.write_configuration(text)?;
        Ok(key)
    }

    /// The audit key signs manifests and checkpoints, never certificates; it is made with the first CA.
    fn provision_audit_key(&mut self, session: &Session) -> Result<(), Error> {
        if self.configuration.audit_key_uri().is_some() {
            return Ok(());
        }
        let algorithm = KeyAlgorithm::Ec(crate::pki::key::Curve::P256);
        let key = session.generate(algorithm, "coldsign audit")?;
        let text = config::with_audit_key(&self.text, &self.key_uri(&key, session)?)?;
        self.write_configuration(text)
    }

    /// The key's URI, with the token's serial number: another token with the same label is not taken for this one.
    fn key_uri(&self, key: &TokenKey, session: &Session) -> Result<String, Error> {
        let token = TokenUri::parse(self.configuration.token_uri())?;
        Ok(token.with_serial_of(session.state()).with_key(key.id()).to_string())
    }

    pub(super) fn checkpoint(&mut self, session: &Session) -> Result<(), Error> {
        if self.configuration.audit_key_uri().is_some() {
            self.sign_head(session)?;
        }
        Ok(())
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

/// Reads a certificate file of this machine.
///
/// # Errors
/// [`Error::Usage`] naming the file.
pub fn read_certificates(path: &Path) -> Result<Vec<Certificate>, Error> {
    let shown = printable_path(path);
    let fault = |what: String| Error::usage(format!("{shown}: {what}"), "give a certificate in PEM or DER");
    let octets =
        host::file::read_limited(path, CERTIFICATES_OCTETS_MAX).map_err(|error| fault(error.to_string()))?;
    let ders = pem::certificates(&octets).map_err(fault)?;
    let certificates = ders
        .iter()
        .map(|der| Certificate::parse(der).map_err(|error| fault(error.to_string())))
        .collect::<Result<Vec<_>, _>>()?;
    if certificates.is_empty() {
        return Err(fault("there is no certificate in it".to_owned()));
    }
    Ok(certificates)
}

/// The subject of a CA's own request, as the register keeps it.
fn requested_subject(request: &[u8]) -> Result<Name, Error> {
    match policy::judge(request) {
        Ok(request) => Ok(request.subject().clone()),
        Err(_) => Err(Error::Register(register::Error::Damaged(
            "the CA's recorded request is not sound".to_owned(),
        ))),
    }
}

/// Puts the certificates above a CA in order, issuer by issuer, up to the self-signed root.
fn ordered_chain(own: &Certificate, mut pool: Vec<Certificate>) -> Result<Vec<Certificate>, Error> {
    let mut chain: Vec<Certificate> = Vec::new();
    loop {
        let last = chain.last().unwrap_or(own);
        if last.issuer() == last.subject() {
            return Ok(chain);
        }
        let Some(at) = pool.iter().position(|candidate| candidate.subject() == last.issuer()) else {
            return Err(Error::authority(
                format!("the certificate of {} is missing", last.issuer().to_printable()),
                "give the certificates above the CA, root last, with --chain FILE",
            ));
        };
        chain.push(pool.remove(at));
    }
}

/// A moment as it stands in names: 20260131T235959Z.
fn stamp(at: crate::pki::time::Time) -> String {
    at.to_string().replace(['-', ':'], "")
}

fn unfit(name: &str, what: &str) -> Error {
    Error::authority(
        format!("the new root {name} is not fit to issue: {what}"),
        "choose other values and another name",
    )
}
