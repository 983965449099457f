//! The lint's rules of standards beyond RFC 5280.

use super::{
    super::{
        der::{DerError, Element, Reader, tag},
        profile::{Criticality, Standard},
        time::Time,
    },
    Expected, Faults, Fields, HARDWARE_MODULE, IDEVID, Kind, MATTER, MATTER_SIZE, OPC_UA, TIME_STAMPING,
    extensions::{self, Extension},
    moment,
};

const TIME_STAMPING_PURPOSE: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 8];
// 1.3.6.1.4.1.37244.2.1 and .2.2 (Matter 6.2.2.2).
const VENDOR: &[u8] = &[0x2b, 6, 1, 4, 1, 0x82, 0xa2, 0x7c, 2, 1];
const PRODUCT: &[u8] = &[0x2b, 6, 1, 4, 1, 0x82, 0xa2, 0x7c, 2, 2];
// id-on-hardwareModuleName, 1.3.6.1.5.5.7.8.4 (RFC 4108 §5).
const HARDWARE_MODULE_NAME: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 8, 4];
const COMMON_NAME: &[u8] = &[0x55, 4, 3];
const ORGANIZATION: &[u8] = &[0x55, 4, 10];
const ECDSA_WITH_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];

/// Octets that a certificate has beyond its TBS under P-256, at most: the outer header, the algorithm, a signature of 72
/// octets in its BIT STRING.
const OUTER_OCTETS_MAX: usize = 4 + 12 + 3 + 72;

/// Largest Matter attestation certificate, in octets of DER (Matter 6.1.3).
const MATTER_OCTETS_MAX: usize = 600;

/// Judges by the standard that the profile promises, and by RFC 3161 wherever the purpose is time stamping, whatever the
/// standard.
pub(super) fn lint(
    tbs: &[u8],
    fields: &Fields<'_>,
    all: &[Extension<'_>],
    expected: &Expected<'_>,
    faults: &mut Faults,
) {
    let subject = attributes(&fields.subject);
    let facts = Facts { fields, all, subject, kind: expected.kind };
    if let Err(message) = facts.time_stamping() {
        faults.add(TIME_STAMPING, message);
    }
    let (rule, result) = match expected.standard {
        Standard::Rfc5280 => return,
        Standard::HardwareModule => (HARDWARE_MODULE, facts.hardware_module()),
        Standard::Idevid => (IDEVID, facts.idevid()),
        Standard::MatterDac | Standard::MatterPai => (MATTER, facts.matter(expected.standard)),
        Standard::OpcUa => (OPC_UA, facts.opc_ua()),
    };
    if let Err(message) = result {
        faults.add(rule, message);
    }
    if expected.standard.is_matter() && tbs.len() + OUTER_OCTETS_MAX > MATTER_OCTETS_MAX {
        faults.add(MATTER_SIZE, "it may become larger than 600 octets");
    }
}

struct Facts<'a, 'b> {
    fields: &'b Fields<'a>,
    all: &'b [Extension<'a>],
    subject: Vec<(&'a [u8], Element<'a>)>,
    kind: Kind,
}

fn demand(met: bool, what: &str) -> Result<(), String> {
    if met { Ok(()) } else { Err(what.to_owned()) }
}

impl<'a> Facts<'a, '_> {
    fn find(&self, oid: &[u8]) -> Option<&Extension<'a>> {
        self.all.iter().find(|extension| extension.oid == oid)
    }

    fn values(&self, oid: &[u8]) -> Vec<Element<'a>> {
        self.subject.iter().filter(|(kind, _)| *kind == oid).map(|(_, value)| *value).collect()
    }

    fn usage(&self) -> Vec<u8> {
        let content = self.find(extensions::ID_KEY_USAGE).map(|extension| extension.value);
        let content = content.and_then(|value| Reader::new(value).expect(tag::BIT_STRING, "KeyUsage").ok());
        content.map(|element| element.content.get(1..).unwrap_or_default().to_vec()).unwrap_or_default()
    }

    /// The names of the subjectAltName.
    fn names(&self) -> Vec<Element<'a>> {
        let value = self.find(extensions::ID_SAN).map_or(&b"\x30\x00"[..], |extension| extension.value);
        let Ok(mut list) = Reader::new(value).sequence("SubjectAltName") else { return Vec::new() };
        let mut found = Vec::new();
        while let Ok(name) = list.any() {
            found.push(name);
        }
        found
    }

    /// RFC 3161 §2.3, for end entities.
    fn time_stamping(&self) -> Result<(), String> {
        let Some(extension) = self.find(extensions::ID_EKU).filter(|_| self.kind == Kind::EndEntity) else {
            return Ok(());
        };
        let Ok(mut list) = Reader::new(extension.value).sequence("ExtKeyUsageSyntax") else { return Ok(()) };
        let (mut count, mut stamps) = (0, false);
        while let Ok(purpose) = list.oid("KeyPurposeId") {
            count += 1;
            stamps |= purpose == TIME_STAMPING_PURPOSE;
        }
        let alone = count == 1 && extension.criticality == Criticality::Critical;
        demand(!stamps || alone, "timeStamping is not alone, or its extension is not critical")
    }

    /// RFC 4108 §5: no subject, and one name that is the module's type and serial number.
    fn hardware_module(&self) -> Result<(), String> {
        demand(self.subject.is_empty(), "there is a subject beside the hardware module name")?;
        match self.names().as_slice() {
            [name] if hardware_module_name(name).is_ok() => Ok(()),
            _ => Err("the alternative name is not one hardware module name".to_owned()),
        }
    }

    fn idevid(&self) -> Result<(), String> {
        demand(!self.subject.is_empty(), "the subject is empty")?;
        demand(self.find(extensions::ID_SKI).is_none(), "there is a subjectKeyIdentifier")?;
        demand(self.find(extensions::ID_EKU).is_none(), "there is an extKeyUsage")?;
        demand(
            matches!(self.usage().as_slice(), [0x80 | 0xa0]),
            "the key usage is not digitalSignature, with or without keyEncipherment",
        )?;
        let mut validity = self.fields.validity.reader();
        let end = moment(&mut validity, "notBefore").and_then(|_| moment(&mut validity, "notAfter"));
        demand(end == Ok(Time::NO_EXPIRY), "it does not end at 99991231235959Z")
    }

    /// Matter 6.2.2.3 and 6.2.2.4; the common rules see to basicConstraints, and that both key identifiers are as planned.
    fn matter(&self, standard: Standard) -> Result<(), String> {
        let algorithm = self.fields.signature.reader().oid("algorithm");
        demand(algorithm == Ok(ECDSA_WITH_SHA256), "it is not to be signed with ECDSA and SHA-256")?;
        demand(curve(&self.fields.spki) == Ok(P256), "the key is not of P-256")?;
        demand(self.find(extensions::ID_SKI).is_some(), "there is no subjectKeyIdentifier")?;
        let (usages, products): (&[u8], _) = match standard {
            Standard::MatterDac => (&[0x80], 1..=1),
            _ => (&[0x06, 0x86], 0..=1),
        };
        let usage = self.usage();
        demand(usage.len() == 1 && usages.contains(&usage[0]), "the key usage is not Matter's")?;
        let (vendors, found) = (self.values(VENDOR), self.values(PRODUCT));
        demand(vendors.len() == 1, "the subject has not one vendor ID")?;
        demand(products.contains(&found.len()), "the subject has not as many product IDs as it must")?;
        let digits = |value: &Element<'_>| {
            let hexadecimal = |octet: &u8| matches!(octet, b'0'..=b'9' | b'A'..=b'F');
            value.tag == tag::UTF8_STRING && value.content.len() == 4 && value.content.iter().all(hexadecimal)
        };
        demand(
            vendors.iter().chain(&found).all(digits),
            "a vendor or product ID is not a UTF8String of four capital hexadecimal digits",
        )
    }

    /// OPC 10000-6 §6.2.2.
    fn opc_ua(&self) -> Result<(), String> {
        demand(self.values(COMMON_NAME).len() == 1, "the subject has not one commonName")?;
        demand(!self.values(ORGANIZATION).is_empty(), "the subject has no organizationName")?;
        let uris = self.names().iter().filter(|name| name.tag == tag::context(6)).count();
        demand(uris == 1, "the alternative names have not one URI, the application's")
    }
}

/// `OtherName` of type id-on-hardwareModuleName: a type and a serial number of octets.
fn hardware_module_name(name: &Element<'_>) -> Result<(), DerError> {
    let wrong = DerError::Unexpected { expected: "a hardware module name", found: name.tag, at: name.at };
    if name.tag != tag::context_constructed(0) {
        return Err(wrong);
    }
    let mut parts = name.reader();
    if parts.oid("type-id")? != HARDWARE_MODULE_NAME {
        return Err(wrong);
    }
    let mut explicit = parts.expect(tag::context_constructed(0), "value")?.reader();
    parts.finish("value")?;
    let mut module = explicit.sequence("HardwareModuleName")?;
    explicit.finish("HardwareModuleName")?;
    module.oid("hwType")?;
    let serial = module.expect(tag::OCTET_STRING, "hwSerialNum")?;
    module.finish("hwSerialNum")?;
    if serial.content.is_empty() { Err(wrong) } else { Ok(()) }
}

fn curve<'a>(spki: &Element<'a>) -> Result<&'a [u8], DerError> {
    let mut algorithm = spki.reader().sequence("algorithm")?;
    algorithm.oid("algorithm")?;
    algorithm.oid("namedCurve")
}

pub(super) fn attributes<'a>(name: &Element<'a>) -> Vec<(&'a [u8], Element<'a>)> {
    let mut found = Vec::new();
    let mut rdns = name.reader();
    while let Ok(rdn) = rdns.expect(tag::SET, "RelativeDistinguishedName") {
        let mut set = rdn.reader();
        while let Ok(mut attribute) = set.sequence("AttributeTypeAndValue") {
            if let (Ok(kind), Ok(value)) = (attribute.oid("type"), attribute.any()) {
                found.push((kind, value));
            }
        }
    }
    found
}
