//! What Azure Device Registry takes where a CA of one's own stands above the cloud's ("bring your own CA"): the chain of each
//! intermediate CA that was asked for by the cloud's CSR, by the rules that its service refuses by.

use const_oid::db::rfc5280::ID_KP_CLIENT_AUTH;

use super::{
    bundle::{Part, file},
    form::{Form, Item, Judges},
    format::FormatError,
    pem,
};
use crate::pki::{
    certificate::Certificate,
    key::{KeyAlgorithm, SignatureAlgorithm},
    profile::{CRL_SIGN, DIGITAL_SIGNATURE, KEY_CERT_SIGN},
};

/// Its name, and its folder's.
const NAME: &str = "azure-adr";

/// Least life of an intermediate CA, in seconds: 365 days remain when it is activated.
const LIFE_SECONDS_MIN: i64 = 365 * 86_400;

/// What an intermediate CA must be allowed to do.
const KEY_USAGE: u16 = DIGITAL_SIGNATURE | KEY_CERT_SIGN | CRL_SIGN;

/// A folder of chains.
#[derive(Debug, Default)]
pub(super) struct Chains {
    authorities: Vec<u8>,
}

/// What is in the way of one certificate.
fn obstacle(certificate: &Certificate) -> Result<(), &'static str> {
    let usage = certificate.key_usage().unwrap_or_default();
    let purposes = certificate.extended_key_usage();
    if !matches!(certificate.public_key().algorithm(), KeyAlgorithm::Ec(_)) {
        return Err("its key is not P-256, P-384 or P-521");
    }
    if !certificate.is_ca() {
        return Err("it is no CA's: the cloud asks for an intermediate CA");
    }
    if usage & KEY_USAGE != KEY_USAGE {
        return Err("its keyUsage lacks one of digitalSignature, keyCertSign, cRLSign");
    }
    if !purposes.is_empty() && !purposes.iter().any(|purpose| purpose == ID_KP_CLIENT_AUTH.as_bytes()) {
        return Err("its extKeyUsage has no clientAuth");
    }
    if certificate.subject_key_identifier().is_none() {
        return Err("it has no subjectKeyIdentifier");
    }
    if certificate.not_after().unix() - certificate.not_before().unix() < LIFE_SECONDS_MIN {
        return Err("it lives less than 365 days");
    }
    Ok(())
}

/// What is in the way of a CA that shall stand above the cloud's.
fn obstacle_above(authorities: &[Certificate]) -> Result<(), &'static str> {
    let (Some(issuer), Some(root)) = (authorities.first(), authorities.last()) else { return Ok(()) };
    if !matches!(issuer.public_key().algorithm(), KeyAlgorithm::Ec(_)) {
        return Err("the CA's key is not P-256, P-384 or P-521");
    }
    if !matches!(issuer.signature_algorithm(), SignatureAlgorithm::Ecdsa(_)) {
        return Err("the CA's certificate is not signed by ECDSA");
    }
    if root.path_length() != Some(1) {
        return Err("the root's path length is not 1");
    }
    Ok(())
}

impl Form for Chains {
    fn check_authorities(&self, authorities: &[Certificate]) -> Result<(), FormatError> {
        let hint = "make a root for it: ca create NAME --key p384 --path-length 1";
        obstacle_above(authorities).map_err(|what| FormatError::impossible(NAME, &what, hint))
    }

    fn judges(&self) -> Judges {
        Judges::EachCertificate
    }

    fn check_certificate(&self, certificate: &Certificate) -> Result<(), FormatError> {
        let hint = "plan the cloud's CSR by the profile subordinate-ca";
        obstacle(certificate).map_err(|what| FormatError::impossible(NAME, &what, hint))
    }

    fn opening(&mut self, authorities: &[Certificate]) -> Vec<Part> {
        self.authorities = pem::certificates(authorities);
        Vec::new()
    }

    fn certificate(&mut self, item: &Item<'_>) -> Vec<Part> {
        let chain = [pem::certificate(item.der), self.authorities.clone()].concat();
        vec![file(&item.place.below(NAME, "pem"), chain)]
    }
}
