//! The keyUsage bits (RFC 5280 §4.2.1.3) and their names.

/// keyUsage digitalSignature, bit 0 of RFC 5280 §4.2.1.3.
pub const DIGITAL_SIGNATURE: u16 = 1 << 0;
/// keyUsage nonRepudiation (contentCommitment), bit 1.
pub const NON_REPUDIATION: u16 = 1 << 1;
/// keyUsage keyEncipherment, bit 2.
pub const KEY_ENCIPHERMENT: u16 = 1 << 2;
/// keyUsage dataEncipherment, bit 3.
pub const DATA_ENCIPHERMENT: u16 = 1 << 3;
/// keyUsage keyAgreement, bit 4.
pub const KEY_AGREEMENT: u16 = 1 << 4;
/// keyUsage keyCertSign, bit 5.
pub const KEY_CERT_SIGN: u16 = 1 << 5;
/// keyUsage cRLSign, bit 6.
pub const CRL_SIGN: u16 = 1 << 6;
/// keyUsage encipherOnly, bit 7.
pub const ENCIPHER_ONLY: u16 = 1 << 7;
/// keyUsage decipherOnly, bit 8.
pub const DECIPHER_ONLY: u16 = 1 << 8;

/// The names of the keyUsage bits (RFC 5280 §4.2.1.3), bit 0 first.
pub const KEY_USAGE_NAMES: [&str; 9] = [
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
];

/// The names of the keyUsage bits that are set, for people.
#[must_use]
pub fn key_usage_names(bits: u16) -> String {
    let names = KEY_USAGE_NAMES.iter().enumerate().filter(|(bit, _)| bits & 1 << bit != 0);
    names.map(|(_, name)| *name).collect::<Vec<_>>().join(", ")
}
