//! Installation: the certificate that a superior CA issued is read, held against key, subject and path, and entered.

use std::path::Path;

use crate::{
    host,
    pki::{certificate::Certificate, issuer::IssuingCa, pem, text::Printable, time::Time},
};

use super::{
    error::Error,
    opening::{Appliance, now, printable_path},
    provisioning::requested_subject,
};

/// Largest certificate file taken, in octets: a chain of ten certificates with long names fits ten times.
const CERTIFICATES_OCTETS_MAX: u64 = 256 * 1024;

/// A certificate that was found to fit a CA that waits for it. Only [`Appliance::examine`] makes one.
#[derive(Clone, Debug)]
pub struct FittingCertificate {
    name: String,
    issuer: IssuingCa,
}

impl FittingCertificate {
    /// The CA's name here.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The CA as it would issue.
    #[must_use]
    pub fn issuer(&self) -> &IssuingCa {
        &self.issuer
    }
}

impl Appliance {
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
        let fitting = self.examine(name, certificate, chain)?;
        self.install_fitting(fitting)
    }

    /// Installs a certificate that was found to fit; its time is looked at once more.
    ///
    /// # Errors
    /// As [`Appliance::install`].
    pub fn install_fitting(&mut self, fitting: FittingCertificate) -> Result<IssuingCa, Error> {
        let FittingCertificate { name, issuer } = fitting;
        let at = now()?;
        check_times(issuer.certificate(), at)?;
        self.register.install_certificate(&name, issuer.certificate(), issuer.chain(), at)?;
        Ok(issuer)
    }

    /// Reads the certificate that a superior CA issued and checks it against key, subject and path; nothing is
    /// installed yet, so that people can compare the root's words first.
    ///
    /// # Errors
    /// As [`Appliance::install`].
    pub fn examine(
        &self,
        name: &str,
        certificate: &Path,
        chain: Option<&Path>,
    ) -> Result<FittingCertificate, Error> {
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
        check_times(&own, now()?)?;
        let issuer = IssuingCa::new(own, chain).map_err(|what| {
            Error::authority(what, "give the CA's certificate, and with --chain those above it")
        })?;
        Ok(FittingCertificate { name: name.to_owned(), issuer })
    }
}

/// Checks that a certificate has begun and has not ended.
fn check_times(own: &Certificate, at: Time) -> Result<(), Error> {
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
        .map(|der| Certificate::parse(der).map_err(|error| fault(error.to_string())))
        .collect::<Result<Vec<_>, _>>()?;
    if certificates.is_empty() {
        return Err(fault("there is no certificate in it".to_owned()));
    }
    Ok(certificates)
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
