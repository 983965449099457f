//! The CAs' certificates in a bundle: they agree with each other, with the manifest and with the trusted root.

use super::{
    super::{
        bundle::{CA, CA_CHAIN, CA_CHAIN_PKCS7, ROOT},
        manifest::{Authority, Header},
        pem, pkcs7,
    },
    FlawId, Report, Source,
    certificates::blocks,
    small,
};
use crate::pki::{certificate::Certificate, fingerprint::hex, path, time::Time};

/// Longest file of CA certificates, in octets: four certificates of 64 KiB in base64.
const CHAIN_OCTETS_MAX: u64 = 512 * 1024;

/// The path that every certificate of the bundle takes.
pub(super) struct Authorities {
    /// Issuing CA first, root last, as the bundle has them.
    pub(super) chain: Vec<Certificate>,
    /// The same, with the receiver's root in the place of the bundle's where both have one name and one key.
    pub(super) path: Vec<Certificate>,
    /// The receiver's root.
    pub(super) trust: Certificate,
}

impl Authorities {
    pub(super) fn issuer(&self) -> &Certificate {
        self.chain.first().unwrap_or(&self.trust)
    }
}

/// The CAs that a manifest names.
#[derive(Clone, Copy)]
pub(super) struct Named<'a> {
    pub(super) issuer: &'a Authority,
    pub(super) root: &'a Authority,
}

impl<'a> Named<'a> {
    pub(super) fn of(header: &'a Header) -> Self {
        Self { issuer: &header.issuer, root: &header.root }
    }
}

/// Reads ca-chain.pem and compares the other files with it; `None` where there is no chain to judge by.
pub(super) fn read<S: Source>(
    source: &S,
    named: Named<'_>,
    trust: &Certificate,
    at: Option<Time>,
    report: &mut Report,
) -> Option<Authorities> {
    let text = small(source, CA_CHAIN, CHAIN_OCTETS_MAX, report)?;
    let chain = match chain(&text) {
        Ok(chain) => chain,
        Err(reason) => {
            report.add(FlawId::Authorities, &format!("{CA_CHAIN}: {reason}"));
            return None;
        }
    };
    let (issuer, root) = (chain.first()?, chain.last()?);
    let mut path = chain.clone();
    // RFC 5280 §6.1.1 (d): what is trusted is a name and a key. A root that was renewed, before or after, is the same.
    if (root.subject(), root.public_key()) == (trust.subject(), trust.public_key()) {
        path.pop();
        path.push(trust.clone());
    } else {
        report.add(FlawId::RootNotTrusted, "the bundle's root is not the trusted one");
    }
    if let Err(reason) = path::verify(&path[0], &path[1..], trust, at) {
        report.add(FlawId::Path, &format!("{CA_CHAIN}: {reason}"));
    }
    let expected = [
        (CA, pem::certificate(issuer.der())),
        (ROOT, pem::certificate(root.der())),
        (CA_CHAIN_PKCS7, pkcs7::certificates_only(chain.iter().map(Certificate::der))),
    ];
    for (path, octets) in expected {
        if small(source, path, CHAIN_OCTETS_MAX, report).is_some_and(|found| found != octets) {
            report.add(FlawId::Authorities, &format!("{path} does not agree with {CA_CHAIN}"));
        }
    }
    for (noun, named, certificate) in [("issuer", named.issuer, issuer), ("root", named.root, root)] {
        if *named != authority(certificate) {
            report.add(FlawId::Authorities, &format!("the manifest names another {noun} than {CA_CHAIN}"));
        }
    }
    Some(Authorities { chain, path, trust: trust.clone() })
}

/// How a manifest names a certificate.
pub(super) fn authority(certificate: &Certificate) -> Authority {
    Authority::of(certificate)
}

impl Authority {
    /// How a manifest names this certificate.
    #[must_use]
    pub fn of(certificate: &Certificate) -> Self {
        Self {
            subject: certificate.subject().to_printable().to_string(),
            serial: hex(certificate.serial()),
            certificate_sha256: certificate.sha256().to_string(),
        }
    }
}

fn chain(text: &[u8]) -> Result<Vec<Certificate>, String> {
    let mut chain = Vec::new();
    for block in blocks(text) {
        chain.push(Certificate::parse(&block?).map_err(|error| error.to_string())?);
    }
    if chain.is_empty() { Err("there is no certificate in it".to_owned()) } else { Ok(chain) }
}
