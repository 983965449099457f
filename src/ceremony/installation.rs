//! Installation: the certificate that a superior CA issued is read, held against key, subject and path, and entered.
//! A CA may have several: under one of them it issues, and each change of that is an entry of its own.
//!
//! The certificates above it come from the files that are given, and where those have them not, from the register: a
//! CA that stands there needs no file.

use std::path::Path;

use crate::{
    host,
    pki::{
        certificate::{Certificate, CertificateError},
        issuer::IssuingCa,
        key::PublicKey,
        pem,
        text::Printable,
        time::Time,
    },
    register::{AuthorityRecord, InstalledCertificate, Role},
};

use super::{
    error::Error,
    opening::{Appliance, now, printable_path},
    provisioning::requested_subject,
    succession::{RootCompared, check_identifier},
};

/// Largest certificate file taken, in octets: a chain of ten certificates with long names fits ten times.
const CERTIFICATES_OCTETS_MAX: u64 = 256 * 1024;

/// A certificate that was found to fit a CA that waits for it. Only [`Appliance::examine`] makes one.
#[derive(Clone, Debug)]
pub struct FittingCertificate {
    name: String,
    role: Role,
    issuer: IssuingCa,
    recorded: Vec<Printable>,
}

impl FittingCertificate {
    /// The CA's name here.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is to be to the CA.
    #[must_use]
    pub fn role(&self) -> Role {
        self.role
    }

    /// The CA as it would issue.
    #[must_use]
    pub fn issuer(&self) -> &IssuingCa {
        &self.issuer
    }

    /// The subjects of the certificates above it that no file gave and that were found in the register.
    #[must_use]
    pub fn recorded(&self) -> &[Printable] {
        &self.recorded
    }
}

impl Appliance {
    /// Installs a certificate that was found to fit; its time is looked at once more.
    ///
    /// # Errors
    /// As [`Appliance::examine`]; [`Error::NotApproved`] where it leads to another root than before and the words typed
    /// are not that root's.
    pub fn install(
        &mut self,
        fitting: FittingCertificate,
        compared: RootCompared<'_>,
    ) -> Result<IssuingCa, Error> {
        let FittingCertificate { name, role, issuer, recorded: _ } = fitting;
        self.check_compared(&self.authority(&name)?, &issuer, role, compared)?;
        let at = now()?;
        check_times(issuer.certificate(), at)?;
        self.register.install_as(role, &name, (issuer.certificate(), issuer.chain()), at)?;
        Ok(issuer)
    }

    /// Has a CA issue from now on under a certificate that it was given before, found by the beginning of its SHA-256 in
    /// hexadecimal digits. The certificates above it are sought anew among those in use here, so that a CA moves to the
    /// renewed certificate of its superior. What is asked of a certificate that is installed to issue under is asked of it.
    ///
    /// # Errors
    /// [`Error::Authority`] where none or several are found, or the one found is not fit to issue; [`Error::NotApproved`]
    /// as [`Appliance::install`]; [`Error::Register`].
    pub fn use_certificate(
        &mut self,
        name: &str,
        sha256: &str,
        compared: RootCompared<'_>,
    ) -> Result<IssuingCa, Error> {
        let record = self.authority(name)?;
        let wanted = sha256.to_lowercase();
        let mut found = self.register.certificates_of(name)?;
        found.retain(|one| !wanted.is_empty() && one.certificate.sha256().to_string().starts_with(&wanted));
        let (Some(one), true) = (found.first(), found.len() == 1) else {
            return Err(Error::authority(
                format!("{} certificates of CA {} have a SHA-256 that begins so", found.len(), record.name),
                format!("give more of the digits that coldsign ca show {} lists", record.name),
            ));
        };
        let at = now()?;
        check_times(&one.certificate, at)?;
        let in_use = self.recorded_certificates()?;
        let chain = match ordered_chain(&one.certificate, Vec::new(), in_use) {
            Ok(above) => above.chain,
            Err(_) => one.chain.clone(),
        };
        let issuer = IssuingCa::new(one.certificate.clone(), chain)
            .map_err(|what| Error::authority(what, "choose another certificate"))?;
        check_identifier(&record, issuer.certificate())?;
        self.check_succession(&record, issuer.certificate())?;
        self.check_compared(&record, &issuer, Role::Issues, compared)?;
        self.register.install_certificate(&record.name, issuer.certificate(), issuer.chain(), at)?;
        Ok(issuer)
    }

    /// All certificates that a CA has, the last recorded one first.
    ///
    /// # Errors
    /// [`Error::Authority`] where there is no such CA, [`Error::Register`].
    pub fn certificates_of(&self, name: &str) -> Result<Vec<InstalledCertificate>, Error> {
        self.authority(name)?;
        Ok(self.register.certificates_of(name)?)
    }

    /// Reads the certificate that a superior CA issued and checks it against key, subject and path; nothing is
    /// installed yet, so that people can compare the root's words first. In a file with several certificates the one
    /// with the CA's key is meant; the others may stand above it.
    ///
    /// # Errors
    /// [`Error::Authority`] with what does not fit; [`Error::Register`].
    pub fn examine(
        &self,
        name: &str,
        certificate: &Path,
        chain: Option<&Path>,
        role: Role,
    ) -> Result<FittingCertificate, Error> {
        let record = self.register.authority(name)?.ok_or_else(|| {
            Error::authority(
                format!("there is no CA named {}", Printable::new(name)),
                "request it first: under Authorities, or with coldsign ca request",
            )
        })?;
        let mut given = read_certificates(certificate)?;
        let own = take_own(&mut given, &record.public_key)
            .map_err(|fault| fault.told(&printable_path(certificate), name))?;
        if let Some(path) = chain {
            given.extend(read_certificates(path)?);
        }
        let subject = match &record.certificate {
            // What was issued names the subject of the certificate in use.
            Some((in_use, _)) => Some(in_use.subject().clone()),
            None => record.request.as_deref().map(requested_subject).transpose()?,
        };
        if let Some(subject) = subject.filter(|subject| subject != own.subject()) {
            let noun = if record.certificate.is_some() { "the CA's is" } else { "requested was" };
            return Err(Error::authority(
                format!(
                    "the certificate's subject is {}, {noun} {}",
                    own.subject().to_printable(),
                    subject.to_printable()
                ),
                "have the superior CA issue it with the requested subject, octet for octet",
            ));
        }
        check_identifier(&record, &own)?;
        match role {
            Role::Beside => check_beside(&record, &own)?,
            Role::Issues => self.check_succession(&record, &own)?,
        }
        let Above { chain, recorded } = ordered_chain(&own, given, self.recorded_certificates()?)?;
        check_times(&own, now()?)?;
        let issuer = IssuingCa::new(own, chain).map_err(|what| {
            Error::authority(what, "give the CA's own certificate, and those above it in a second file")
        })?;
        Ok(FittingCertificate { name: name.to_owned(), role, issuer, recorded })
    }

    /// The certificates of all CAs in the register, and those above them.
    fn recorded_certificates(&self) -> Result<Vec<Certificate>, Error> {
        let records = self.register.authorities()?.into_iter();
        let certified = records.filter_map(|record| record.certificate);
        Ok(certified.flat_map(|(own, above)| std::iter::once(own).chain(above)).collect())
    }
}

/// Of certificates that were given, the one with this key, and those above it in order.
pub(super) fn own_and_above(
    appliance: &Appliance,
    mut given: Vec<Certificate>,
    key: &PublicKey,
    file: &Printable,
    name: &str,
) -> Result<(Certificate, Vec<Certificate>), Error> {
    let own = take_own(&mut given, key).map_err(|fault| fault.told(file, name))?;
    let above = ordered_chain(&own, given, appliance.recorded_certificates()?)?;
    Ok((own, above.chain))
}

/// Why none of a file's certificates is taken as the CA's own.
#[derive(Clone, Debug, Eq, PartialEq)]
enum NotOwn {
    /// All are for other keys; the first one's subject.
    OtherKey(Printable),
    /// Several are for the CA's key.
    Several,
}

impl NotOwn {
    fn told(self, file: &Printable, name: &str) -> Error {
        match self {
            Self::OtherKey(subject) => Error::authority(
                format!("{file}: this is the certificate of {subject}, for another key than that of {name}"),
                format!(
                    "give the certificate that was issued for the request of {name}: in a delivery it stands in \
                     certs, or in certificates.pem; ca.pem is the superior CA's"
                ),
            ),
            Self::Several => Error::authority(
                format!("{file}: more than one certificate in it is for the key of {name}"),
                "give a file with the one that is to be used",
            ),
        }
    }
}

/// Takes the certificate with this key out of those that a file gave.
fn take_own(given: &mut Vec<Certificate>, key: &PublicKey) -> Result<Certificate, NotOwn> {
    given.dedup_by(|one, other| one.der() == other.der());
    let mut own = given.iter().enumerate().filter(|(_, one)| one.public_key() == key);
    match (own.next(), own.next()) {
        (Some((at, _)), None) => Ok(given.remove(at)),
        (Some(_), Some(_)) => Err(NotOwn::Several),
        (None, _) => {
            let first = given.first().map(|first| first.subject().to_printable());
            Err(NotOwn::OtherKey(first.unwrap_or_default()))
        }
    }
}

/// Checks that what is to stand beside has something to stand beside of.
fn check_beside(record: &AuthorityRecord, own: &Certificate) -> Result<(), Error> {
    match &record.certificate {
        None => {
            let what = format!("CA {} has no certificate that it issues under", record.name);
            Err(Error::authority(what, "install it without --beside"))
        }
        Some((in_use, _)) if in_use == own => {
            let what = format!("CA {} issues under this certificate", record.name);
            Err(Error::authority(what, "have it issue under another one first: coldsign ca use"))
        }
        Some(_) => Ok(()),
    }
}

/// Checks that a certificate has begun and has not ended.
pub(super) fn check_times(own: &Certificate, at: Time) -> Result<(), Error> {
    if own.not_after() < at {
        return Err(Error::authority(
            format!("the certificate ended at {}", own.not_after()),
            "have the superior CA issue a new one; or set the machine's clock",
        ));
    }
    if own.not_before() > at {
        return Err(Error::authority(
            format!("the certificate begins at {}", own.not_before()),
            "install it when it has begun; or set the machine's clock",
        ));
    }
    Ok(())
}

/// Reads a certificate file of this machine.
///
/// # Errors
/// [`Error::Usage`] naming the file.
pub fn read_certificates(path: &Path) -> Result<Vec<Certificate>, Error> {
    let shown = printable_path(path);
    let fault = |what: String| Error::usage(format!("{shown}: {what}"), "give a certificate in PEM or DER");
    let octets = host::file::read_limited(path, CERTIFICATES_OCTETS_MAX).map_err(|error| {
        Error::usage(format!("{shown}: it cannot be read: {error}"), "check the path and its permissions")
    })?;
    let ders = pem::certificates(&octets).map_err(fault)?;
    let certificates = ders
        .iter()
        .map(|der| {
            let told = |error: CertificateError| Error::usage(format!("{shown}: {error}"), error.hint());
            Certificate::parse(der).map_err(told)
        })
        .collect::<Result<Vec<_>, _>>()?;
    if certificates.is_empty() {
        return Err(fault("there is no certificate in it".to_owned()));
    }
    Ok(certificates)
}

/// The certificates above a CA.
#[derive(Debug)]
struct Above {
    /// In order, root last.
    chain: Vec<Certificate>,
    /// The subjects of those that no file gave.
    recorded: Vec<Printable>,
}

/// Puts the certificates above a CA in order, issuer by issuer, up to the self-signed root. Where two have the
/// issuer's name, the one whose key made the signature is meant; what was given goes before what is recorded.
fn ordered_chain(
    own: &Certificate,
    mut given: Vec<Certificate>,
    mut recorded: Vec<Certificate>,
) -> Result<Above, Error> {
    let mut above = Above { chain: Vec::new(), recorded: Vec::new() };
    loop {
        let last = above.chain.last().unwrap_or(own);
        if last.is_self_signed() {
            return Ok(above);
        }
        let signed = |candidate: &Certificate| {
            candidate.subject() == last.issuer()
                && candidate
                    .public_key()
                    .verify(last.signature_algorithm(), last.tbs(), last.signature())
                    .is_ok()
        };
        let next = if let Some(at) = given.iter().position(signed) {
            given.remove(at)
        } else if let Some(at) = recorded.iter().position(signed) {
            let issuer = recorded.remove(at);
            above.recorded.push(issuer.subject().to_printable());
            issuer
        } else if given.iter().any(|candidate| candidate.subject() == last.issuer()) {
            return Err(Error::authority(
                format!(
                    "the certificate given for {} is not the one that signed {}",
                    last.issuer().to_printable(),
                    last.subject().to_printable()
                ),
                "have the superior CA give the certificate of the key that it signed with",
            ));
        } else {
            return Err(Error::authority(
                format!(
                    "the certificate of {} is missing: no file given has it, and no CA of this home",
                    last.issuer().to_printable()
                ),
                "give a second file with the certificates above the CA: ca-chain.pem of a delivery",
            ));
        };
        above.chain.push(next);
    }
}
