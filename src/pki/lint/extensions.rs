//! The lint's rules on extensions (RFC 5280 §4.2).

use std::collections::BTreeSet;

use super::{
    super::{
        der::{DerError, Element, Reader, tag},
        fingerprint::Digest,
        profile::Criticality,
    },
    AKI, BASIC_CONSTRAINTS, BOOLEAN, DEFAULT, EKU, EXTENSION_CRITICAL, EXTENSION_DUPLICATE, EXTENSIONS,
    Expected, Faults, Fields, KEY_USAGE, KEY_USAGE_OF_KEY, Kind, PURPOSE, SAN, SKI, fixed, name, planned,
    standard,
};
use crate::pki::text::counted;

// id-ce is 2.5.29 (RFC 5280 appendix A.2).
pub(super) const ID_SKI: &[u8] = &[0x55, 0x1d, 14];
pub(super) const ID_KEY_USAGE: &[u8] = &[0x55, 0x1d, 15];
pub(super) const ID_SAN: &[u8] = &[0x55, 0x1d, 17];
pub(super) const ID_BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 19];
pub(super) const ID_NAME_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 30];
pub(super) const ID_POLICIES: &[u8] = &[0x55, 0x1d, 32];
const ID_AKI: &[u8] = &[0x55, 0x1d, 35];
pub(super) const ID_POLICY_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 36];
pub(super) const ID_EKU: &[u8] = &[0x55, 0x1d, 37];
pub(super) const ID_INHIBIT_ANY_POLICY: &[u8] = &[0x55, 0x1d, 54];
const ANY_EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 37, 0];

/// Extensions that may be critical: a relying party of RFC 5280 §6.1 understands them.
const MAY_BE_CRITICAL: &[&[u8]] = &[
    ID_KEY_USAGE,
    ID_SAN,
    ID_BASIC_CONSTRAINTS,
    ID_NAME_CONSTRAINTS,
    ID_POLICIES,
    ID_POLICY_CONSTRAINTS,
    ID_EKU,
    ID_INHIBIT_ANY_POLICY,
    // Judged by their own rules, which say more than "unknown".
    ID_AKI,
    ID_SKI,
    fixed::ID_AIA,
    fixed::ID_CRL_POINTS,
    fixed::ID_NO_CHECK,
    fixed::ID_TLS_FEATURE,
];

/// Extensions that a plan decides in every certificate; each has its rule.
pub(super) const OF_EVERY_PROFILE: &[&[u8]] = &[ID_SKI, ID_KEY_USAGE, ID_BASIC_CONSTRAINTS, ID_AKI, ID_EKU];

/// One extension, taken apart.
pub(super) struct Extension<'a> {
    pub oid: &'a [u8],
    pub criticality: Criticality,
    pub value: &'a [u8],
}

/// Judges the `[3]` element of a `TBSCertificate`.
pub(super) fn lint(
    tbs: &[u8],
    element: &Element<'_>,
    fields: &Fields<'_>,
    expected: &Expected<'_>,
    faults: &mut Faults,
) {
    let extensions = match read(element, faults) {
        Ok(extensions) => extensions,
        Err(error) => return faults.add(EXTENSIONS, error.to_string()),
    };
    if extensions.is_empty() {
        return faults.add(EXTENSIONS, "the list of extensions is empty");
    }
    let mut seen = BTreeSet::new();
    for extension in &extensions {
        if !seen.insert(extension.oid) {
            faults.add(EXTENSION_DUPLICATE, "an extension stands twice");
        }
        let known = MAY_BE_CRITICAL.contains(&extension.oid)
            || planned::is_critical(extension, expected.granted.as_ref());
        if extension.criticality == Criticality::Critical && !known {
            faults.add(EXTENSION_CRITICAL, "a critical extension of unknown meaning");
        }
        let mut value = Reader::new(extension.value);
        if let Err(error) = value.any().and_then(|_| value.finish("extension value")) {
            faults.add(EXTENSIONS, format!("an extension's value is not one DER element: {error}"));
        }
    }
    let find = |oid: &[u8]| extensions.iter().find(|extension| extension.oid == oid);
    let mut judge = |rule, result: Result<(), String>| {
        if let Err(message) = result {
            faults.add(rule, message);
        }
    };
    judge(AKI, authority_key_identifier(find(ID_AKI), expected));
    judge(SKI, subject_key_identifier(find(ID_SKI), fields, expected));
    judge(BASIC_CONSTRAINTS, basic_constraints(find(ID_BASIC_CONSTRAINTS), expected.kind));
    let usage = key_usage(find(ID_KEY_USAGE), expected.kind);
    let usage_is_sound = usage.is_ok();
    judge(KEY_USAGE, usage);
    judge(KEY_USAGE_OF_KEY, key_usage_of_key(find(ID_KEY_USAGE), fields));
    judge(SAN, subject_alt_name(find(ID_SAN), fields));
    judge(EKU, find(ID_EKU).map_or(Ok(()), extended_key_usage));
    if expected.kind == Kind::EndEntity && usage_is_sound {
        judge(PURPOSE, purposes_are_served(find(ID_EKU), find(ID_KEY_USAGE)));
    }
    fixed::lint(&extensions, expected, faults);
    standard::lint(tbs, fields, &extensions, expected, faults);
    if let Some(granted) = &expected.granted {
        planned::extensions(&extensions, expected, granted, faults);
    }
}

fn read<'a>(element: &Element<'a>, faults: &mut Faults) -> Result<Vec<Extension<'a>>, DerError> {
    let mut outer = element.reader();
    let mut list = outer.sequence("Extensions")?;
    outer.finish("Extensions")?;
    let mut extensions = Vec::new();
    while !list.is_empty() {
        let mut reader = list.sequence("Extension")?;
        let oid = reader.oid("extnID")?;
        let criticality = match reader.optional(tag::BOOLEAN)?.map(|critical| critical.content) {
            None => Criticality::NonCritical,
            Some([0xff]) => Criticality::Critical,
            Some([0x00]) => {
                faults.add(DEFAULT, "critical FALSE is encoded, but it is the default");
                Criticality::NonCritical
            }
            Some(_) => {
                faults.add(BOOLEAN, "critical is neither 00 nor FF");
                Criticality::Critical
            }
        };
        let value = reader.expect(tag::OCTET_STRING, "extnValue")?.content;
        reader.finish("extnValue")?;
        extensions.push(Extension { oid, criticality, value });
    }
    Ok(extensions)
}

pub(super) fn sentence(error: impl std::fmt::Display) -> String {
    error.to_string()
}

pub(super) fn one_element<'a>(
    extension: &Extension<'a>,
    tag: u8,
    noun: &'static str,
) -> Result<Element<'a>, String> {
    let mut reader = Reader::new(extension.value);
    let element = reader.expect(tag, noun).map_err(sentence)?;
    reader.finish(noun).map_err(sentence)?;
    Ok(element)
}

fn authority_key_identifier(
    extension: Option<&Extension<'_>>,
    expected: &Expected<'_>,
) -> Result<(), String> {
    let Some(extension) = extension else {
        // §4.2.1.1: only a self-signed certificate may leave it out.
        return match expected.kind {
            Kind::Root => Ok(()),
            Kind::EndEntity | Kind::SubordinateCa => Err("authorityKeyIdentifier is absent".to_owned()),
        };
    };
    if extension.criticality == Criticality::Critical {
        return Err("authorityKeyIdentifier is critical".to_owned());
    }
    let mut reader = one_element(extension, tag::SEQUENCE, "AuthorityKeyIdentifier")?.reader();
    let identifier = reader.expect(tag::context(0), "keyIdentifier").map_err(sentence)?;
    // Issuer and serial number could contradict the identifier after the CA was renewed: left out.
    reader.finish("keyIdentifier").map_err(sentence)?;
    if identifier.content != expected.issuer_key_identifier {
        return Err("authorityKeyIdentifier is not the issuer's subjectKeyIdentifier".to_owned());
    }
    Ok(())
}

fn subject_key_identifier(
    extension: Option<&Extension<'_>>,
    fields: &Fields<'_>,
    expected: &Expected<'_>,
) -> Result<(), String> {
    let Some(extension) = extension else {
        // §4.2.1.2: every CA certificate has one.
        return match expected.kind {
            Kind::EndEntity => Ok(()),
            Kind::Root | Kind::SubordinateCa => Err("a CA has no subjectKeyIdentifier".to_owned()),
        };
    };
    if extension.criticality == Criticality::Critical {
        return Err("subjectKeyIdentifier is critical".to_owned());
    }
    let identifier = one_element(extension, tag::OCTET_STRING, "SubjectKeyIdentifier")?.content;
    if let Some(known) = expected.known_as {
        let other = "subjectKeyIdentifier is not the one that the key has elsewhere";
        return if identifier == known { Ok(()) } else { Err(other.to_owned()) };
    }
    if identifier.len() != 20 {
        return Err(format!("subjectKeyIdentifier has {}, not 20", counted(identifier.len(), "octet")));
    }
    // Where the key cannot be read, the rule on the key has said so.
    let mut spki = fields.spki.reader();
    let key = spki.sequence("algorithm").and_then(|_| spki.bit_string_octets("subjectPublicKey"));
    if key.is_ok_and(|key| identifier != &Digest::of(key).as_octets()[..20]) {
        return Err("subjectKeyIdentifier is not that of the key (RFC 7093, method 1)".to_owned());
    }
    Ok(())
}

fn basic_constraints(extension: Option<&Extension<'_>>, kind: Kind) -> Result<(), String> {
    let extension = extension.ok_or("basicConstraints is absent")?;
    if extension.criticality == Criticality::NonCritical {
        return Err("basicConstraints is not critical".to_owned());
    }
    let mut reader = one_element(extension, tag::SEQUENCE, "BasicConstraints")?.reader();
    if kind == Kind::EndEntity {
        // FALSE is the default and so not encoded; a path length without CA has no meaning.
        return reader.finish("BasicConstraints of an end entity").map_err(sentence);
    }
    if !reader.boolean("cA").map_err(sentence)? {
        return Err("cA is FALSE and encoded".to_owned());
    }
    if !reader.is_empty() && reader.integer("pathLenConstraint").map_err(sentence)?[0] & 0x80 != 0 {
        return Err("pathLenConstraint is negative".to_owned());
    }
    reader.finish("pathLenConstraint").map_err(sentence)
}

fn key_usage(extension: Option<&Extension<'_>>, kind: Kind) -> Result<(), String> {
    let Some(extension) = extension else {
        return match kind {
            Kind::EndEntity => Ok(()),
            Kind::Root | Kind::SubordinateCa => Err("a CA has no keyUsage".to_owned()),
        };
    };
    if extension.criticality == Criticality::NonCritical {
        return Err("keyUsage is not critical".to_owned());
    }
    let content = one_element(extension, tag::BIT_STRING, "KeyUsage")?.content;
    let (&unused, bits) = content.split_first().ok_or("keyUsage has no octets")?;
    let last = *bits.last().ok_or("keyUsage has no bit set")?;
    // X.690 §11.2.2: trailing zero bits of a named bit list are removed, so the last bit encoded is a one.
    if last == 0 || u32::from(unused) != last.trailing_zeros() {
        return Err("keyUsage is not in its shortest form".to_owned());
    }
    // Nine bits are defined; the ninth stands alone in the second octet.
    if bits.len() > 2 || (bits.len() == 2 && last != 0x80) {
        return Err("keyUsage has undefined bits".to_owned());
    }
    let one_way = bits[0] & 0x01 != 0 || bits.len() == 2;
    if one_way && bits[0] & 0x08 == 0 {
        return Err("encipherOnly or decipherOnly stands in keyUsage without keyAgreement".to_owned());
    }
    let signs_certificates = bits[0] & 0x04 != 0;
    match kind {
        // keyCertSign is bit 5, cRLSign bit 6: both are a CA's (§4.2.1.3).
        Kind::EndEntity if bits[0] & 0x06 != 0 => {
            Err("keyCertSign or cRLSign stands in an end entity's keyUsage".to_owned())
        }
        Kind::Root | Kind::SubordinateCa if !signs_certificates => {
            Err("a CA's keyUsage lacks keyCertSign".to_owned())
        }
        _ => Ok(()),
    }
}

/// What a key of an algorithm cannot serve: its OID, the bits of keyUsage, and who says so.
struct Unfit {
    algorithm: &'static [u8],
    first: u8,
    second: u8,
    source: &'static str,
}

/// keyEncipherment and dataEncipherment.
const ENCIPHERMENT: u8 = 0x30;
/// keyAgreement and encipherOnly, of the first octet.
const AGREEMENT: u8 = 0x09;
/// decipherOnly, of the second octet.
const DECIPHER_ONLY: u8 = 0x80;

const UNFIT: [Unfit; 6] = [
    // rsaEncryption.
    Unfit {
        algorithm: b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01",
        first: AGREEMENT,
        second: DECIPHER_ONLY,
        source: "RFC 3279 §2.3.1",
    },
    // id-ecPublicKey.
    Unfit {
        algorithm: b"\x2a\x86\x48\xce\x3d\x02\x01",
        first: ENCIPHERMENT,
        second: 0,
        source: "RFC 8813 §3",
    },
    // id-Ed25519.
    Unfit {
        algorithm: b"\x2b\x65\x70",
        first: ENCIPHERMENT | AGREEMENT,
        second: DECIPHER_ONLY,
        source: "RFC 9295 §3",
    },
    lattice(b"\x60\x86\x48\x01\x65\x03\x04\x03\x11"),
    lattice(b"\x60\x86\x48\x01\x65\x03\x04\x03\x12"),
    lattice(b"\x60\x86\x48\x01\x65\x03\x04\x03\x13"),
];

/// id-ml-dsa-44, -65, -87.
const fn lattice(algorithm: &'static [u8]) -> Unfit {
    Unfit { algorithm, first: ENCIPHERMENT | AGREEMENT, second: DECIPHER_ONLY, source: "RFC 9881 §5" }
}

fn key_usage_of_key(extension: Option<&Extension<'_>>, fields: &Fields<'_>) -> Result<(), String> {
    let Some(extension) = extension else { return Ok(()) };
    let bits = one_element(extension, tag::BIT_STRING, "KeyUsage")?.content;
    let mut algorithm = fields.spki.reader().sequence("the key's algorithm").map_err(sentence)?;
    let algorithm = algorithm.oid("the key's algorithm").map_err(sentence)?;
    let Some(unfit) = UNFIT.iter().find(|unfit| unfit.algorithm == algorithm) else { return Ok(()) };
    // The first content octet counts unused bits.
    let octet = |at: usize| bits.get(at).copied().unwrap_or(0);
    if octet(1) & unfit.first != 0 || octet(2) & unfit.second != 0 {
        return Err(format!("keyUsage has a use that the key cannot serve ({})", unfit.source));
    }
    Ok(())
}

fn extended_key_usage(extension: &Extension<'_>) -> Result<(), String> {
    let mut reader = one_element(extension, tag::SEQUENCE, "ExtKeyUsageSyntax")?.reader();
    let mut seen = BTreeSet::new();
    while !reader.is_empty() {
        let purpose = reader.oid("KeyPurposeId").map_err(sentence)?;
        if purpose == ANY_EXTENDED_KEY_USAGE {
            return Err("anyExtendedKeyUsage stands in extKeyUsage".to_owned());
        }
        if !seen.insert(purpose) {
            return Err("extKeyUsage has a purpose twice".to_owned());
        }
    }
    if seen.is_empty() { Err("extKeyUsage is empty".to_owned()) } else { Ok(()) }
}

/// The last arc of id-kp (1.3.6.1.5.5.7.3), and the bits of keyUsage's first octet that are consistent with the purpose
/// (§4.2.1.12): serverAuth, clientAuth, codeSigning, emailProtection, timeStamping, `OCSPSigning`.
const SERVED_BY: &[(u8, u8)] = &[(1, 0xa8), (2, 0x88), (3, 0x80), (4, 0xe8), (8, 0xc0), (9, 0xc0)];

fn purposes_are_served(
    purposes: Option<&Extension<'_>>,
    usage: Option<&Extension<'_>>,
) -> Result<(), String> {
    // Where there is no keyUsage, everything is allowed; where one of the two is malformed, its own rule says so.
    let (Some(purposes), Some(usage)) = (purposes, usage) else { return Ok(()) };
    let Ok(usage) = one_element(usage, tag::BIT_STRING, "KeyUsage") else { return Ok(()) };
    let Ok(purposes) = one_element(purposes, tag::SEQUENCE, "ExtKeyUsageSyntax") else { return Ok(()) };
    let bits = usage.content.get(1).copied().unwrap_or(0);
    let mut rest = purposes.reader();
    while let Ok(purpose) = rest.oid("KeyPurposeId") {
        let Some([number]) = purpose.strip_prefix(&[0x2b, 6, 1, 5, 5, 7, 3]) else { continue };
        let served = SERVED_BY.iter().find(|(known, _)| known == number).map(|(_, by)| by);
        if served.is_some_and(|by| bits & by == 0) {
            return Err(format!("keyUsage serves no part of the purpose 1.3.6.1.5.5.7.3.{number}"));
        }
    }
    Ok(())
}

fn subject_alt_name(extension: Option<&Extension<'_>>, fields: &Fields<'_>) -> Result<(), String> {
    let Some(extension) = extension else {
        return if fields.subject_is_empty() {
            Err("the subject is empty and there is no subjectAltName".to_owned())
        } else {
            Ok(())
        };
    };
    match (extension.criticality, fields.subject_is_empty()) {
        (Criticality::NonCritical, true) => {
            return Err("subjectAltName is not critical, but the subject is empty".to_owned());
        }
        (Criticality::Critical, false) => {
            return Err("subjectAltName is critical, but there is a subject".to_owned());
        }
        _ => {}
    }
    let mut reader = one_element(extension, tag::SEQUENCE, "SubjectAltName")?.reader();
    if reader.is_empty() {
        return Err("subjectAltName is empty".to_owned());
    }
    while !reader.is_empty() {
        general_name(&reader.any().map_err(sentence)?)?;
    }
    Ok(())
}

/// `GeneralName` of RFC 5280 §4.2.1.6: its form, and text that can be what it says.
fn general_name(element: &Element<'_>) -> Result<(), String> {
    let number = element.tag & 0x1f;
    let content = element.content;
    let (form, sound) = match (element.tag & 0xe0, number) {
        (0xa0, 0) => ("otherName", other_name(element).is_ok()),
        (0x80, 1) => ("rfc822Name", is_visible(content) && mailbox(content)),
        (0x80, 2) => ("dNSName", is_visible(content) && domain(content)),
        (0xa0, 3 | 5) => ("x400Address or ediPartyName", !content.is_empty()),
        (0xa0, 4) => ("directoryName", directory_name(element).is_ok_and(|()| content.len() > 2)),
        (0x80, 6) => ("uniformResourceIdentifier", is_visible(content) && scheme(content)),
        (0x80, 7) => ("iPAddress", matches!(content.len(), 4 | 16)),
        (0x80, 8) => ("registeredID", registered_id(content)),
        _ => ("general name", false),
    };
    if sound { Ok(()) } else { Err(format!("a {form} in subjectAltName is unsound")) }
}

fn other_name(element: &Element<'_>) -> Result<(), DerError> {
    let mut reader = element.reader();
    reader.oid("type-id")?;
    let mut value = reader.expect(tag::context_constructed(0), "value")?.reader();
    reader.finish("value")?;
    value.any()?;
    value.finish("value")
}

fn directory_name(element: &Element<'_>) -> Result<(), DerError> {
    let mut reader = element.reader();
    name(&reader.expect(tag::SEQUENCE, "Name")?)?;
    reader.finish("Name")
}

pub(super) fn is_visible(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_graphic)
}

fn mailbox(text: &[u8]) -> bool {
    let mut halves = text.rsplitn(2, |&octet| octet == b'@');
    let domain_half = halves.next().unwrap_or_default();
    halves.next().is_some_and(|local| !local.is_empty()) && domain(domain_half)
}

/// RFC 1034 §3.1: labels of 1 to 63 octets, 253 in all. Letters are not judged: underscores are in use.
fn domain(text: &[u8]) -> bool {
    text.len() <= 253 && text.split(|&octet| octet == b'.').all(|label| (1..=63).contains(&label.len()))
}

pub(super) fn scheme(text: &[u8]) -> bool {
    let mut halves = text.splitn(2, |&octet| octet == b':');
    let scheme = halves.next().unwrap_or_default();
    // RFC 3986 §3.1.
    scheme.first().is_some_and(u8::is_ascii_alphabetic)
        && scheme.iter().all(|octet| octet.is_ascii_alphanumeric() || b"+-.".contains(octet))
        && halves.next().is_some_and(|rest| !rest.is_empty())
}

fn registered_id(content: &[u8]) -> bool {
    let whole = super::super::der::element(tag::OID, content);
    Reader::new(&whole).oid("registeredID").is_ok()
}
