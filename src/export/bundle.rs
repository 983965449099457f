//! A bundle: which octets go under which path.
//!
//! [`BundleBuilder`] is told of one certificate after the other, in plan order, and answers with [`Part`]s: files that
//! are whole, and pieces to append to the few files that grow. Only an [`IssuedCertificate`] can get in. The ceremony
//! writes the parts, then the manifest ([`super::manifest`]), its signature and SHA256SUMS.

use zeroize::Zeroizing;

use super::{
    devices::{DEVICE_COLUMNS, Device, REFUSED_COLUMNS, cell, line},
    form::Item,
    forms::Forms,
    names::{SafeNames, folder, is_safe},
    pem, pkcs7,
};
use crate::{
    pki::{certificate::Certificate, device_key::DeviceKey, issuer::IssuingCa, key::PublicKey},
    register::IssuedCertificate,
};

/// The audit key's public half.
pub const AUDIT_KEY: &str = "audit.pem";
/// The issuing CA's certificate.
pub const CA: &str = "ca.pem";
/// The issuing CA first, root last.
pub const CA_CHAIN: &str = "ca-chain.pem";
/// The same as PKCS #7.
pub const CA_CHAIN_PKCS7: &str = "ca-chain.p7b";
/// A CRL, DER.
pub const CRL_DER: &str = "crl.der";
/// Entries that a CRL has no more.
pub const CRL_LEFT: &str = "left.csv";
/// A CRL, PEM.
pub const CRL_PEM: &str = "crl.pem";
/// The root's certificate.
pub const ROOT: &str = "root.pem";

/// All certificates in plan order.
pub const CERTIFICATES_PEM: &str = "certificates.pem";
/// A line a certificate.
pub const DEVICES_CSV: &str = "devices.csv";
/// A line a finding.
pub const REFUSED_CSV: &str = "refused.csv";

/// Something to write. Not shown and not copied: a private key may be in it.
pub enum Part {
    /// A piece to append to a file that grows while certificates come.
    Append {
        /// Its path in the bundle.
        path: &'static str,
        /// The piece.
        octets: Vec<u8>,
    },
    /// A whole file.
    File {
        /// Its path in the bundle: `/` between folders, ASCII, no folder above.
        path: String,
        /// Its octets.
        octets: Vec<u8>,
    },
    /// A whole file with a device's private key in it.
    Secret {
        /// Its path in the bundle.
        path: String,
        /// Its octets, wiped when they were written.
        octets: Zeroizing<Vec<u8>>,
    },
    /// A piece to append with a signature in it that the audit key makes while it is written: ES256 as a JWS has it.
    Signed {
        /// Its path in the bundle.
        path: &'static str,
        /// What stands before the signature.
        before: Vec<u8>,
        /// What is signed.
        message: Vec<u8>,
        /// What stands behind the signature.
        after: &'static [u8],
    },
}

impl Part {
    /// The file that it is, or belongs to.
    pub(super) fn path(&self) -> &str {
        match self {
            Self::File { path, .. } | Self::Secret { path, .. } => path,
            Self::Append { path, .. } | Self::Signed { path, .. } => path,
        }
    }
}

/// Makes a bundle's parts.
#[derive(Debug)]
pub struct BundleBuilder {
    authorities: Vec<Certificate>,
    sent: Vec<u8>,
    audit_key: PublicKey,
    forms: Forms,
    names: SafeNames,
}

impl BundleBuilder {
    /// A bundle of certificates that this CA issued; `audit_key` checks the manifest's signature.
    #[must_use]
    pub fn new(issuer: &IssuingCa, audit_key: &PublicKey, forms: Forms) -> Self {
        let authorities: Vec<Certificate> = pem::authorities(issuer).cloned().collect();
        let sent = pem::sent_with_device(&authorities);
        Self { authorities, sent, audit_key: audit_key.clone(), forms, names: SafeNames::new() }
    }

    /// The parts that stand before the first certificate. The growing files are there even if nothing follows.
    #[must_use]
    pub fn opening(&mut self) -> Vec<Part> {
        let mut parts = authority_files(&self.authorities, &self.audit_key);
        parts.extend([
            append(CERTIFICATES_PEM, Vec::new()),
            append(DEVICES_CSV, line(&DEVICE_COLUMNS)),
            append(REFUSED_CSV, line(&REFUSED_COLUMNS)),
        ]);
        parts.extend(self.forms.opening(&self.authorities, Some(&self.audit_key)));
        parts
    }

    /// The parts of the next certificate; to be called in plan order. A private key is the one of this certificate.
    pub fn certificate(&mut self, issued: &IssuedCertificate, key: Option<&DeviceKey>) -> Vec<Part> {
        let place = Place::new(issued.index(), &self.names.name(issued.source()));
        let (certificate, device) = (pem::certificate(issued.der()), place.certificate());
        let row = Device {
            source: issued.source(),
            file: &device,
            serial: issued.serial(),
            subject: issued.subject(),
            not_before: issued.not_before(),
            not_after: issued.not_after(),
            spki_sha256: issued.spki_sha256(),
            certificate_sha256: issued.certificate_sha256(),
        };
        let mut parts = vec![
            append(CERTIFICATES_PEM, certificate.clone()),
            append(DEVICES_CSV, line(&row.cells())),
            file(&place.chain(), [certificate.as_slice(), &self.sent].concat()),
            file(&device, certificate),
        ];
        let source = cell(issued.source());
        let item = Item { place: &place, der: issued.der(), source: &source, device: row, key };
        parts.extend(self.forms.certificate(&item));
        parts
    }

    /// The parts that stand after the last certificate.
    #[must_use]
    pub fn closing(&mut self) -> Vec<Part> {
        self.forms.closing()
    }

    /// A line of refused.csv: one finding on a request that got no certificate.
    #[must_use]
    pub fn refused(&self, source: &str, control: &str, reason: &str, hint: &str) -> Part {
        append(REFUSED_CSV, line(&[source, control, reason, hint].map(cell)))
    }
}

/// The certificates of the CAs, issuing CA first and root last, and the audit key: in every bundle.
fn authority_files(authorities: &[Certificate], audit_key: &PublicKey) -> Vec<Part> {
    vec![
        file(ROOT, pem::certificates(authorities.last())),
        file(CA, pem::certificates(authorities.first())),
        file(CA_CHAIN, pem::certificates(authorities)),
        file(CA_CHAIN_PKCS7, pkcs7::certificates_only(authorities.iter().map(Certificate::der))),
        file(AUDIT_KEY, pem::public_key(audit_key)),
    ]
}

/// The files of a CRL's bundle that do not depend on the CRL.
#[must_use]
pub fn crl_opening(issuer: &IssuingCa, audit_key: &PublicKey) -> Vec<Part> {
    let authorities: Vec<Certificate> = pem::authorities(issuer).cloned().collect();
    authority_files(&authorities, audit_key)
}

pub(super) fn file(path: &str, octets: Vec<u8>) -> Part {
    Part::File { path: path.to_owned(), octets }
}

pub(super) fn append(path: &'static str, octets: Vec<u8>) -> Part {
    Part::Append { path, octets }
}

/// Where one certificate's files stand: the same folder and name under `certs`, `chains` and each form's.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Place(String);

impl Place {
    /// At a place in the plan (from 1), under a safe name.
    #[must_use]
    pub fn new(index: u64, name: &str) -> Self {
        Self(format!("{}/{name}", folder(index)))
    }

    /// From the path of a certificate at this place in the plan; `None` where it does not stand there, or its name is none
    /// that a bundle has: all that is made of a place may rely on its length and characters.
    #[must_use]
    pub fn from_certificate(path: &str, index: u64) -> Option<Self> {
        let place = path.strip_prefix("certs/")?.strip_suffix(".pem")?;
        let name = place.strip_prefix(&folder(index))?.strip_prefix('/')?;
        is_safe(name).then(|| Self(place.to_owned()))
    }

    /// The certificate alone.
    #[must_use]
    pub fn certificate(&self) -> String {
        format!("certs/{}.pem", self.0)
    }

    /// The certificate and what is sent with it.
    #[must_use]
    pub fn chain(&self) -> String {
        format!("chains/{}.pem", self.0)
    }

    /// A file of a form.
    #[must_use]
    pub fn below(&self, folder: &str, extension: &str) -> String {
        format!("{folder}/{}.{extension}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_back_from_its_path_only() {
        let place = Place::new(1_001, "dev-7");
        assert_eq!(place.certificate(), "certs/001/dev-7.pem");
        assert_eq!(Place::from_certificate("certs/001/dev-7.pem", 1_001), Some(place));
        let long = format!("certs/001/{}.pem", "a".repeat(49));
        for path in [
            "certs/000/dev-7.pem",
            "certs/001/.pem",
            "certs/001/a/b.pem",
            "certs/001/a b.pem",
            "chains/001/dev-7.pem",
            &long,
        ] {
            assert_eq!(Place::from_certificate(path, 1_001), None, "{path}");
        }
    }
}
