//! The built-in lint: finished TBS octets are read again, by other code than wrote them.
//!
//! What is planned is encoded by library code; here the octets are taken apart by [`super::der::Reader`] and judged
//! field by field against RFC 5280 and the facts the plan was made from. Shares no constant with the encoder: object
//! identifiers and algorithm encodings stand here once more, written out. Start at [`lint`] and [`RULES`].

mod extensions;
mod finished;
mod fixed;
mod planned;
mod standard;
mod subject;
pub mod waiver;

use super::{
    der::{DerError, Element, Reader, tag},
    profile::{Criticality, FixedExtensions, KeyIdentifier, Standard},
    serial::SerialNumber,
    time::Time,
};
use crate::pki::text::counted;
pub use finished::lint_finished;

/// One fault the lint found: a rule's id with its source, and what is wrong.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fault {
    /// The rule's stable id, e.g. `rfc5280-4.1.2.2-serial`.
    pub rule: &'static str,
    /// What is wrong.
    pub message: String,
}

/// What the octets must agree with: the facts the plan was made from.
#[derive(Clone, Debug)]
pub struct Expected<'a> {
    /// The issuer's subject DER.
    pub issuer: &'a [u8],
    /// The issuer's subjectKeyIdentifier; for a root its own.
    pub issuer_key_identifier: &'a [u8],
    /// The subject's `SubjectPublicKeyInfo`.
    pub spki: &'a [u8],
    /// The subjectKeyIdentifier that the key has in certificates made elsewhere, which what it issued refers to; `None`:
    /// that of RFC 7093.
    pub known_as: Option<&'a [u8]>,
    /// Whether it is to be a CA.
    pub kind: Kind,
    /// The standard it is to keep beyond RFC 5280.
    pub standard: Standard,
    /// All else that was planned; `None` where octets are judged without a plan.
    pub granted: Option<Granted<'a>>,
}

/// What was planned, field by field.
#[derive(Clone, Debug)]
pub struct Granted<'a> {
    /// The serial number's content octets.
    pub serial: &'a [u8],
    /// The subject, DER.
    pub subject: &'a [u8],
    /// notBefore.
    pub not_before: Time,
    /// notAfter.
    pub not_after: Time,
    /// keyUsage.
    pub key_usage: u16,
    /// pathLenConstraint of a CA.
    pub path_length: Option<u32>,
    /// extKeyUsage, OIDs as DER content octets; empty: absent.
    pub extended_key_usage: &'a [Vec<u8>],
    /// Whether extKeyUsage is critical.
    pub extended_key_usage_criticality: Criticality,
    /// subjectKeyIdentifier.
    pub key_identifier: KeyIdentifier,
    /// Extensions of fixed content.
    pub fixed: &'a FixedExtensions,
    /// Extensions copied from the request: OIDs as DER content octets, and values.
    pub copied: Vec<(&'a [u8], &'a [u8])>,
}

/// What kind of certificate the octets are to be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// CA:FALSE.
    EndEntity,
    /// CA:TRUE, issued by another CA.
    SubordinateCa,
    /// CA:TRUE, self-issued.
    Root,
}

/// Every rule's id, with what it demands. The id names the clause.
pub const RULES: &[(&str, &str)] = &[
    (STRUCTURE, "the fields of a TBSCertificate in their order, strict DER, nothing trailing"),
    (VERSION, "version 3"),
    (SERIAL, "positive, exactly 20 octets in shortest form (RFC 5280 allows up to 20)"),
    (SIGNATURE, "a known algorithm in its canonical encoding"),
    (ISSUER, "well-formed, not empty, octet for octet the issuer's subject"),
    (VALIDITY, "UTCTime through 2049, GeneralizedTime after, seconds, Z, no fractions, begin not after end"),
    (SUBJECT, "well-formed; a CA's not empty; a root's the same as its issuer"),
    (ATTRIBUTES, "no attribute of the subject shorter or longer than it may be, or of another string type"),
    (SPKI, "octet for octet the requested key"),
    (UNIQUE_ID, "no unique identifiers"),
    (EXTENSIONS, "extensions present, each an OID, an optional TRUE and one DER value"),
    (EXTENSION_DUPLICATE, "no extension twice"),
    (EXTENSION_CRITICAL, "no critical extension of unknown meaning"),
    (DEFAULT, "a default value (critical FALSE) is not encoded"),
    (BOOLEAN, "TRUE is FF"),
    (AKI, "present but for a root, not critical, the issuer's key identifier alone"),
    (
        SKI,
        "present for a CA, not critical, 20 octets: the key's identifier by RFC 7093 method 1, or the one it has already",
    ),
    (
        KEY_USAGE,
        "critical, not zero, shortest form; keyCertSign in a CA, and it and cRLSign only there; encipherOnly and decipherOnly beside keyAgreement",
    ),
    (KEY_USAGE_OF_KEY, "no use in keyUsage that the key's algorithm cannot serve"),
    (SAN, "not empty, sound names; critical where and only where the subject is empty"),
    (BASIC_CONSTRAINTS, "present, critical, CA as planned; an empty SEQUENCE where it is no CA"),
    (EKU, "not empty, no purpose twice, not anyExtendedKeyUsage"),
    (PURPOSE, "an end entity's keyUsage serves each of its purposes"),
    (AIA, "not critical, not empty, URIs of OCSP responders and the issuer's certificate, as planned"),
    (CRL_POINTS, "not critical, one point by its full name, URIs, as planned"),
    (POLICIES, "not empty, no policy twice, practice statements by URI alone, as planned"),
    (NAME_CONSTRAINTS, "in a CA only, critical, not empty, no bounds on depth, as planned"),
    (POLICY_CONSTRAINTS, "in a CA only, critical, not empty, as planned"),
    (INHIBIT_ANY_POLICY, "in a CA only, critical, as planned"),
    (TLS_FEATURE, "not critical, not empty, as planned"),
    (NO_CHECK, "not critical, NULL, as planned"),
    (TIME_STAMPING, "timeStamping alone, its extension critical"),
    (HARDWARE_MODULE, "no subject, one alternative name: a hardware module's type and serial number"),
    (IDEVID, "a subject, no end, no subjectKeyIdentifier, no extKeyUsage, digitalSignature"),
    (MATTER, "P-256 and SHA-256, Matter's key usage, vendor and product IDs"),
    (MATTER_SIZE, "a Matter certificate cannot become larger than 600 octets"),
    (OPC_UA, "one commonName, an organizationName, one URI among the alternative names"),
    (PLAN, "serial number, subject, validity, usages and extensions as planned, and no other extension"),
];

const STRUCTURE: &str = "rfc5280-4.1-structure";
const VERSION: &str = "rfc5280-4.1.2.1-version";
const SERIAL: &str = "rfc5280-4.1.2.2-serial";
const SIGNATURE: &str = "rfc5280-4.1.2.3-signature";
const ISSUER: &str = "rfc5280-4.1.2.4-issuer";
const VALIDITY: &str = "rfc5280-4.1.2.5-validity";
const SUBJECT: &str = "rfc5280-4.1.2.6-subject";
const ATTRIBUTES: &str = "rfc5280-a.1-attributes";
const SPKI: &str = "rfc5280-4.1.2.7-spki";
const UNIQUE_ID: &str = "rfc5280-4.1.2.8-unique-id";
const EXTENSIONS: &str = "rfc5280-4.2-extensions";
const EXTENSION_DUPLICATE: &str = "rfc5280-4.2-duplicate";
const EXTENSION_CRITICAL: &str = "rfc5280-4.2-critical";
const DEFAULT: &str = "x690-11.5-default";
const BOOLEAN: &str = "x690-11.1-boolean";
const AKI: &str = "rfc5280-4.2.1.1-authority-key-identifier";
const SKI: &str = "rfc5280-4.2.1.2-subject-key-identifier";
const KEY_USAGE: &str = "rfc5280-4.2.1.3-key-usage";
const KEY_USAGE_OF_KEY: &str = "rfc3279-2.3-key-usage-of-key";
const SAN: &str = "rfc5280-4.2.1.6-subject-alt-name";
const BASIC_CONSTRAINTS: &str = "rfc5280-4.2.1.9-basic-constraints";
const EKU: &str = "rfc5280-4.2.1.12-extended-key-usage";
const PURPOSE: &str = "rfc5280-4.2.1.12-purpose-usage";
const AIA: &str = "rfc5280-4.2.2.1-authority-info-access";
const CRL_POINTS: &str = "rfc5280-4.2.1.13-crl-distribution-points";
const POLICIES: &str = "rfc5280-4.2.1.4-certificate-policies";
const NAME_CONSTRAINTS: &str = "rfc5280-4.2.1.10-name-constraints";
const POLICY_CONSTRAINTS: &str = "rfc5280-4.2.1.11-policy-constraints";
const INHIBIT_ANY_POLICY: &str = "rfc5280-4.2.1.14-inhibit-any-policy";
const TLS_FEATURE: &str = "rfc7633-4-tls-feature";
const NO_CHECK: &str = "rfc6960-4.2.2.2.1-ocsp-nocheck";
const TIME_STAMPING: &str = "rfc3161-2.3-time-stamping";
const HARDWARE_MODULE: &str = "rfc4108-5-hardware-module-name";
const IDEVID: &str = "ieee802.1ar-8-idevid";
const MATTER: &str = "matter-6.2.2-attestation";
const MATTER_SIZE: &str = "matter-6.1.3-size";
const OPC_UA: &str = "opc10000-6-6.2.2-application";
const PLAN: &str = "plan-content";

/// Reads TBS octets and returns every fault found; empty means clean. Octets that cannot be taken apart into fields
/// give the one fault that says so.
#[must_use]
pub fn lint(tbs: &[u8], expected: &Expected<'_>) -> Vec<Fault> {
    let mut faults = Faults(Vec::new());
    let fields = match Fields::read(tbs) {
        Ok(fields) => fields,
        Err(error) => {
            faults.add(STRUCTURE, error.to_string());
            return faults.0;
        }
    };
    version(&fields, &mut faults);
    serial(&fields, &mut faults);
    if !ALGORITHMS.contains(&fields.signature.whole) {
        faults.add(SIGNATURE, "not a known signature algorithm in its canonical encoding");
    }
    names(&fields, expected, &mut faults);
    if let Err(message) = validity(&fields.validity) {
        faults.add(VALIDITY, message);
    }
    if fields.spki.whole != expected.spki {
        faults.add(SPKI, "the public key is not the one that was requested");
    }
    if fields.unique_ids {
        faults.add(UNIQUE_ID, "a unique identifier is present");
    }
    if let Some(granted) = &expected.granted {
        planned::fields(&fields, granted, &mut faults);
    }
    match fields.extensions {
        Some(element) => extensions::lint(tbs, &element, &fields, expected, &mut faults),
        None => faults.add(EXTENSIONS, "there are no extensions"),
    }
    faults.0
}

struct Faults(Vec<Fault>);

impl Faults {
    fn add(&mut self, rule: &'static str, message: impl Into<String>) {
        self.0.push(Fault { rule, message: message.into() });
    }
}

/// The fields of a `TBSCertificate`, told apart and not yet judged.
struct Fields<'a> {
    version: Option<Element<'a>>,
    serial: Element<'a>,
    signature: Element<'a>,
    issuer: Element<'a>,
    validity: Element<'a>,
    subject: Element<'a>,
    spki: Element<'a>,
    unique_ids: bool,
    extensions: Option<Element<'a>>,
}

impl<'a> Fields<'a> {
    fn read(tbs: &'a [u8]) -> Result<Self, DerError> {
        let mut outer = Reader::new(tbs);
        let mut reader = outer.sequence("TBSCertificate")?;
        outer.finish("TBSCertificate")?;
        let version = reader.optional(tag::context_constructed(0))?;
        let serial = reader.expect(tag::INTEGER, "serialNumber")?;
        let signature = reader.expect(tag::SEQUENCE, "signature")?;
        let issuer = reader.expect(tag::SEQUENCE, "issuer")?;
        let validity = reader.expect(tag::SEQUENCE, "validity")?;
        let subject = reader.expect(tag::SEQUENCE, "subject")?;
        let spki = reader.expect(tag::SEQUENCE, "subjectPublicKeyInfo")?;
        let issuer_id = reader.optional(tag::context(1))?;
        let subject_id = reader.optional(tag::context(2))?;
        let extensions = reader.optional(tag::context_constructed(3))?;
        reader.finish("TBSCertificate's last field")?;
        let unique_ids = issuer_id.is_some() || subject_id.is_some();
        Ok(Self { version, serial, signature, issuer, validity, subject, spki, unique_ids, extensions })
    }

    fn subject_is_empty(&self) -> bool {
        self.subject.content.is_empty()
    }
}

fn version(fields: &Fields<'_>, faults: &mut Faults) {
    // v3(2); v1 is the DEFAULT and would be absent.
    if fields.version.is_none_or(|version| version.content != [tag::INTEGER, 1, 2]) {
        faults.add(VERSION, "the version is not v3(2)");
    }
}

fn serial(fields: &Fields<'_>, faults: &mut Faults) {
    let octets = fields.serial.content;
    // The first octet of ours is 40 to 7f: positive, not zero, and no padding octet can stand in front.
    let ours = <[u8; 20]>::try_from(octets)
        .is_ok_and(|octets| SerialNumber::from_random(octets).as_octets() == &octets);
    if !ours {
        faults.add(
            SERIAL,
            format!(
                "the serial number ({}) is not a positive one of 20 octets",
                counted(octets.len(), "octet")
            ),
        );
    }
}

fn names(fields: &Fields<'_>, expected: &Expected<'_>, faults: &mut Faults) {
    if fields.issuer.content.is_empty() {
        faults.add(ISSUER, "the issuer is empty");
    } else if let Err(error) = name(&fields.issuer) {
        faults.add(ISSUER, format!("the issuer is malformed: {error}"));
    } else if fields.issuer.whole != expected.issuer {
        faults.add(ISSUER, "the issuer is not the issuing CA's subject, octet for octet");
    }
    if let Err(error) = name(&fields.subject) {
        faults.add(SUBJECT, format!("the subject is malformed: {error}"));
    } else if expected.kind != Kind::EndEntity && fields.subject_is_empty() {
        faults.add(SUBJECT, "a CA's subject is empty");
    } else if expected.kind == Kind::Root && fields.subject.whole != expected.issuer {
        faults.add(SUBJECT, "a root's subject is not its issuer");
    } else if let Err(message) = subject::attributes(&standard::attributes(&fields.subject)) {
        faults.add(ATTRIBUTES, message);
    }
}

/// `Name` is a SEQUENCE of SETs, each with one SEQUENCE of type and value at least. The values' text is the policy's
/// matter; here each is one element with something in it.
fn name(element: &Element<'_>) -> Result<(), DerError> {
    let mut rdns = element.reader();
    while !rdns.is_empty() {
        let mut attributes = rdns.expect(tag::SET, "RelativeDistinguishedName")?.reader();
        loop {
            let mut attribute = attributes.sequence("AttributeTypeAndValue")?;
            attribute.oid("attribute type")?;
            let value = attribute.any()?;
            attribute.finish("attribute value")?;
            if value.content.is_empty() {
                return Err(DerError::Unexpected { expected: "a value", found: value.tag, at: value.at });
            }
            if attributes.is_empty() {
                break;
            }
        }
    }
    Ok(())
}

fn validity(element: &Element<'_>) -> Result<(), String> {
    let mut reader = element.reader();
    let not_before = moment(&mut reader, "notBefore")?;
    let not_after = moment(&mut reader, "notAfter")?;
    reader.finish("notAfter").map_err(|error| error.to_string())?;
    if not_before > not_after {
        return Err("notBefore is later than notAfter".to_owned());
    }
    Ok(())
}

fn moment(reader: &mut Reader<'_>, noun: &str) -> Result<Time, String> {
    let element = reader.any().map_err(|error| error.to_string())?;
    let digits = element.content.strip_suffix(b"Z").ok_or(format!("{noun} does not end in Z"))?;
    if !digits.iter().all(u8::is_ascii_digit) {
        return Err(format!("{noun} has other characters than digits"));
    }
    let number =
        |digits: &[u8]| digits.iter().fold(0_u32, |value, digit| value * 10 + u32::from(digit - b'0'));
    let (year, rest) = match (element.tag, digits.len()) {
        // RFC 5280 §4.1.2.5.1: 50 to 99 are of the twentieth century.
        (tag::UTC_TIME, 12) => {
            let year = number(&digits[..2]);
            (if year >= 50 { 1900 + year } else { 2000 + year }, &digits[2..])
        }
        (tag::GENERALIZED_TIME, 14) => (number(&digits[..4]), &digits[4..]),
        _ => return Err(format!("{noun} is neither YYMMDDhhmmssZ nor YYYYMMDDhhmmssZ")),
    };
    if element.tag == tag::GENERALIZED_TIME && year < 2050 {
        return Err(format!("{noun} is GeneralizedTime before 2050"));
    }
    let field = |at: usize| number(&rest[at..at + 2]);
    Time::from_civil(i64::from(year), field(0), field(2), field(4), field(6), field(8))
        .ok_or(format!("{noun} is no moment of the calendar"))
}

/// Every signature algorithm known, as its `AlgorithmIdentifier` must be encoded.
const ALGORITHMS: &[&[u8]] = &[
    // RFC 5758 §3.2: ecdsa-with-SHA256, -SHA384, -SHA512, parameters absent.
    b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02",
    b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03",
    b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x04",
    // RFC 8410 §3: id-Ed25519, parameters absent.
    b"\x30\x05\x06\x03\x2b\x65\x70",
    // RFC 9881 §2: id-ml-dsa-44, -65, -87, parameters absent.
    b"\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x03\x11",
    b"\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x03\x12",
    b"\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x03\x13",
    // RFC 4055 §5: sha256-, sha384-, sha512WithRSAEncryption, parameters NULL.
    b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00",
    b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c\x05\x00",
    b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d\x05\x00",
    // RFC 4055 §3.1: id-RSASSA-PSS; hash, MGF1 over the same hash, salt as long as the hash, trailerField omitted.
    b"\x30\x41\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a\x30\x34\
      \xa0\x0f\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\
      \xa1\x1c\x30\x1a\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08\
      \x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\xa2\x03\x02\x01\x20",
    b"\x30\x41\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a\x30\x34\
      \xa0\x0f\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\
      \xa1\x1c\x30\x1a\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08\
      \x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\xa2\x03\x02\x01\x30",
    b"\x30\x41\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a\x30\x34\
      \xa0\x0f\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\
      \xa1\x1c\x30\x1a\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08\
      \x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\xa2\x03\x02\x01\x40",
];

#[cfg(test)]
mod tests;
