//! Certificates and keys as PEM files (RFC 7468).

use crate::pki::{certificate::Certificate, issuer::IssuingCa, key::PublicKey, pem};

/// One certificate.
#[must_use]
pub fn certificate(der: &[u8]) -> Vec<u8> {
    pem::encode("CERTIFICATE", der).into_bytes()
}

/// Octets of the PEM file of so many octets of DER: 64 characters and a line end for 48 of them (RFC 7468 §2), and the two
/// lines around them.
#[must_use]
pub fn octets(der: u64) -> u64 {
    der.div_ceil(48) * 65 + 54
}

/// Several certificates, in this order.
#[must_use]
pub fn certificates<'a>(list: impl IntoIterator<Item = &'a Certificate>) -> Vec<u8> {
    list.into_iter().flat_map(|one| certificate(one.der())).collect()
}

/// A public key, `PUBLIC KEY` (RFC 7468 §13).
#[must_use]
pub fn public_key(key: &PublicKey) -> Vec<u8> {
    pem::encode("PUBLIC KEY", key.spki()).into_bytes()
}

/// The issuing CA first, root last.
pub fn authorities(issuer: &IssuingCa) -> impl Iterator<Item = &Certificate> {
    std::iter::once(issuer.certificate()).chain(issuer.chain())
}

/// The CAs of [`sent_with_device`].
#[must_use]
pub fn sent(authorities: &[Certificate]) -> &[Certificate] {
    let count = authorities.len().saturating_sub(1).max(1);
    &authorities[..count.min(authorities.len())]
}

/// What a TLS peer sends after its own certificate (RFC 8446 §4.4.2): the issuing CA and the CAs above it, without
/// the root, which the other side has. An issuing CA that is a root itself is sent: platforms that register devices
/// at their first connection find the CA by it.
#[must_use]
pub fn sent_with_device(authorities: &[Certificate]) -> Vec<u8> {
    certificates(sent(authorities))
}
