//! Trust stores: the CAs as PKCS #12 and as a Java key store, for programs that read no PEM.
//!
//! Certificates only, no key: nothing is encrypted, and the password, which both forms want, is no secret. The sum that it
//! goes into finds accidents. Whoever needs to know that the store is the right one compares it with the manifest.

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Deserializer, Serialize};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use super::{
    bundle::{Part, file},
    form::{Form, FormSettings, Item, settings_file, text_setting},
};
use crate::pki::{
    certificate::Certificate,
    der::{element, sequence, tag},
};

/// What Java's own stores have, and what every guide to keytool has.
pub(super) const PASSWORD: &str = "changeit";

/// A store's password: what keytool takes.
fn password<'de, D: Deserializer<'de>>(setting: D) -> Result<String, D::Error> {
    text_setting(
        setting,
        |text| (6..=64).contains(&text.len()) && text.bytes().all(|octet| octet.is_ascii_graphic()),
        "the password of a trust store has 6 to 64 ASCII characters, no blank; it is no secret",
    )
}

/// The two forms.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Store {
    /// Java's own.
    Jks,
    /// RFC 7292.
    Pkcs12,
}

impl Store {
    /// Where its settings stand.
    pub(super) const fn settings(self) -> &'static str {
        match self {
            Self::Jks => "jks/settings.json",
            Self::Pkcs12 => "pkcs12/settings.json",
        }
    }
}

/// `[deliver.pkcs12]`, `[deliver.jks]`.
#[derive(Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct StoreSettings {
    #[serde(deserialize_with = "password")]
    password: String,
}

impl Default for StoreSettings {
    fn default() -> Self {
        Self { password: PASSWORD.to_owned() }
    }
}

impl FormSettings for StoreSettings {}

/// Makes a trust store of all CAs.
#[derive(Debug)]
pub(super) struct TrustStore {
    pub(super) store: Store,
    pub(super) settings: StoreSettings,
}

impl Form for TrustStore {
    fn opening(&mut self, authorities: &[Certificate]) -> Vec<Part> {
        let password = &self.settings.password;
        let store = match self.store {
            Store::Jks => file("jks/truststore.jks", jks(authorities, password)),
            Store::Pkcs12 => file("pkcs12/truststore.p12", pkcs12(authorities, password)),
        };
        vec![settings_file(self.store.settings(), &self.settings), store]
    }

    fn certificate(&mut self, _item: &Item<'_>) -> Vec<Part> {
        Vec::new()
    }
}

/// The name of a CA in a store: `ca-1` is the issuing one, the highest number the root.
fn alias(index: usize) -> String {
    format!("ca-{}", index + 1)
}

/// A Java key store, version 2, of trusted certificates (`sun.security.provider.JavaKeyStore`; numbers are big endian). The
/// moment of an entry is the certificate's notBefore, so that the same CAs give the same octets.
pub(super) fn jks<'a>(authorities: impl IntoIterator<Item = &'a Certificate>, password: &str) -> Vec<u8> {
    let mut entries = Vec::new();
    let mut count = 0_u32;
    for (index, authority) in authorities.into_iter().enumerate() {
        let milliseconds = authority.not_before().unix() * 1_000;
        entries.extend(TRUSTED_ENTRY.to_be_bytes());
        entries.extend(java_text(&alias(index)));
        entries.extend(milliseconds.to_be_bytes());
        entries.extend(java_text("X.509"));
        entries.extend(java_length(authority.der().len()));
        entries.extend_from_slice(authority.der());
        count += 1;
    }
    let mut store = [JKS_MAGIC, JKS_VERSION, count].map(u32::to_be_bytes).concat();
    store.extend(entries);
    let sum = Sha1::new()
        .chain_update(big_endian_text(password))
        .chain_update(b"Mighty Aphrodite")
        .chain_update(&store)
        .finalize();
    store.extend_from_slice(&sum);
    store
}

/// What begins a Java key store.
const JKS_MAGIC: u32 = 0xfeed_feed;
const JKS_VERSION: u32 = 2;
/// An entry that is a trusted certificate.
const TRUSTED_ENTRY: u32 = 2;

/// `DataOutput.writeUTF` of ASCII.
fn java_text(text: &str) -> Vec<u8> {
    [&java_length(text.len())[2..], text.as_bytes()].concat()
}

/// A length: certificates have at most 64 KiB.
fn java_length(length: usize) -> [u8; 4] {
    u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes()
}

/// ASCII as UTF-16, high octet first.
fn big_endian_text(text: &str) -> Vec<u8> {
    text.bytes().flat_map(|octet| [0, octet]).collect()
}

/// A PKCS #12 file (RFC 7292) of trusted certificates: one unencrypted bag of each, with Java's mark of trust.
fn pkcs12(authorities: &[Certificate], password: &str) -> Vec<u8> {
    let bags: Vec<u8> = authorities
        .iter()
        .enumerate()
        .flat_map(|(index, one)| certificate_bag(one.der(), &alias(index)))
        .collect();
    let contents = content_info(&element(tag::SEQUENCE, &bags));
    let safe = element(tag::SEQUENCE, &contents);
    sequence(&[&element(tag::INTEGER, &[3]), &content_info(&safe), &mac_data(&safe, password)])
}

/// `ContentInfo` of id-data.
fn content_info(data: &[u8]) -> Vec<u8> {
    sequence(&[
        &element(tag::OID, ID_DATA),
        &element(tag::context_constructed(0), &element(tag::OCTET_STRING, data)),
    ])
}

/// RFC 7292 §4.2.3: a `SafeBag` with a `CertBag` in it.
fn certificate_bag(der: &[u8], alias: &str) -> Vec<u8> {
    let certificate = sequence(&[
        &element(tag::OID, ID_X509_CERTIFICATE),
        &element(tag::context_constructed(0), &element(tag::OCTET_STRING, der)),
    ]);
    let attribute = |id: &[u8], value: &[u8]| sequence(&[&element(tag::OID, id), &element(tag::SET, value)]);
    let mut attributes = [
        attribute(ID_FRIENDLY_NAME, &element(tag::BMP_STRING, &big_endian_text(alias))),
        attribute(ID_TRUSTED_KEY_USAGE, &element(tag::OID, ID_ANY_KEY_USAGE)),
    ];
    // X.690 §11.6: in the order of their octets.
    attributes.sort();
    sequence(&[
        &element(tag::OID, ID_CERTIFICATE_BAG),
        &element(tag::context_constructed(0), &certificate),
        &element(tag::SET, &attributes.concat()),
    ])
}

/// RFC 7292 §4: `MacData` with SHA-256. The salt is a digest of what is summed: chance would make each store another.
fn mac_data(safe: &[u8], password: &str) -> Vec<u8> {
    let salt = &Sha256::digest(safe)[..SALT_OCTETS];
    // Any length is a key of HMAC.
    let mac = Hmac::<Sha256>::new_from_slice(&mac_key(password, salt));
    let digest = mac.map(|mac| mac.chain_update(safe).finalize().into_bytes()).unwrap_or_default();
    let algorithm = sequence(&[&element(tag::OID, ID_SHA_256), &element(tag::NULL, &[])]);
    sequence(&[
        &sequence(&[&algorithm, &element(tag::OCTET_STRING, &digest)]),
        &element(tag::OCTET_STRING, salt),
        &element(tag::INTEGER, &ITERATIONS.to_be_bytes()),
    ])
}

/// RFC 7292 appendix B.2: one block of SHA-256 is the whole key.
fn mac_key(password: &str, salt: &[u8]) -> [u8; 32] {
    let filled = |octets: &[u8]| -> Vec<u8> {
        let length = octets.len().next_multiple_of(BLOCK_OCTETS);
        octets.iter().copied().cycle().take(length).collect()
    };
    let password = [big_endian_text(password), vec![0, 0]].concat();
    let mut key: [u8; 32] =
        Sha256::digest([vec![MAC_KEY_ID; BLOCK_OCTETS], filled(salt), filled(&password)].concat()).into();
    for _ in 1..ITERATIONS {
        key = Sha256::digest(key).into();
    }
    key
}

/// Octets of the salt.
const SALT_OCTETS: usize = 16;
/// Octets of a block of SHA-256.
const BLOCK_OCTETS: usize = 64;
/// RFC 7292 appendix B.3: a key for a sum.
const MAC_KEY_ID: u8 = 3;
/// As many as Java's.
const ITERATIONS: u16 = 10_000;

/// 1.2.840.113549.1.7.1
const ID_DATA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
/// pkcs-12-certBag, 1.2.840.113549.1.12.10.1.3
const ID_CERTIFICATE_BAG: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x03";
/// x509Certificate, 1.2.840.113549.1.9.22.1
const ID_X509_CERTIFICATE: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x16\x01";
/// friendlyName, 1.2.840.113549.1.9.20
const ID_FRIENDLY_NAME: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x14";
/// Oracle's trustedKeyUsage, 2.16.840.1.113894.746875.1.1: without it Java sees no trusted certificate.
const ID_TRUSTED_KEY_USAGE: &[u8] = b"\x60\x86\x48\x01\x86\xf9\x66\xad\xca\x7b\x01\x01";
/// anyExtendedKeyUsage, 2.5.29.37.0
const ID_ANY_KEY_USAGE: &[u8] = b"\x55\x1d\x25\x00";
/// SHA-256, 2.16.840.1.101.3.4.2.1
const ID_SHA_256: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x02\x01";
