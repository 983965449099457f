//! Certificates-only PKCS #7 files: `SignedData` with nobody signing (RFC 5652 §5.1; RFC 8551 §3.8).
//!
//! The certificates' octets stand as they are, issuing CA first: BER lets a SET OF keep its order, and programs that
//! show the list show it in this one.

use crate::pki::{
    certificate::Certificate,
    der::{element, sequence, tag},
    pem,
};

use super::{
    bundle::{Part, file},
    form::{Form, Item},
};

/// id-signedData, 1.2.840.113549.1.7.2.
const ID_SIGNED_DATA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
/// id-data, 1.2.840.113549.1.7.1.
const ID_DATA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";

/// PKCS #7 files: each certificate first, then the issuing CA, the root last.
#[derive(Debug, Default)]
pub(super) struct Pkcs7Files {
    authorities: Vec<Vec<u8>>,
}

impl Form for Pkcs7Files {
    fn opening(&mut self, authorities: &[Certificate]) -> Vec<Part> {
        self.authorities = authorities.iter().map(|one| one.der().to_vec()).collect();
        Vec::new()
    }

    fn certificate(&mut self, item: &Item<'_>) -> Vec<Part> {
        let all = std::iter::once(item.der).chain(self.authorities.iter().map(Vec::as_slice));
        vec![file(&item.place.below("pkcs7", "p7b"), certificates_only(all))]
    }
}

/// `ContentInfo` with these certificates (DER each), as PEM with the label PKCS7 (RFC 7468 §8).
#[must_use]
pub fn certificates_only<'a>(certificates: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let certificates: Vec<&[u8]> = certificates.into_iter().collect();
    let signed_data = sequence(&[
        // RFC 5652 §5.1: version 1 where there are only X.509 certificates and the content is id-data.
        &element(tag::INTEGER, &[1]),
        &element(tag::SET, &[]),
        &sequence(&[&element(tag::OID, ID_DATA)]),
        &element(tag::context_constructed(0), &certificates.concat()),
        &element(tag::SET, &[]),
    ]);
    let content =
        sequence(&[&element(tag::OID, ID_SIGNED_DATA), &element(tag::context_constructed(0), &signed_data)]);
    pem::encode("PKCS7", &content).into_bytes()
}
