//! Extensions in plain words (RFC 5280 §4.2), those of a certificate and those that a request asks for.

use std::fmt::Write as _;

use crate::pki::{
    der::{DerError, Element, Reader, element, tag},
    fingerprint::hex,
    name::Name,
    naming::alternative::{HardwareModuleName, read_hardware_module},
    oid,
    text::{counted, noun},
};

use super::{
    Fault,
    description::{Description, Field, finish},
    identifier, issued, value,
};

/// RFC 5280 §4.2: an extension that is critical and not known makes the certificate unusable.
const CRITICAL: &str = "marked critical: whoever does not know it may not use the certificate";

/// Most extensions described: real ones are under twenty. The rest is counted.
const EXTENSIONS_MAX: usize = 64;

/// Most names or purposes described of one extension; the rest is counted, and stands in the tree.
const ENTRIES_MAX: usize = 256;

/// Extensions by what they are about.
#[derive(Debug, Default)]
pub(super) struct Extensions {
    /// basicConstraints, keyUsage, extKeyUsage, policies, and the limits of a CA.
    pub(super) uses: Vec<Field>,
    /// subjectAltName.
    pub(super) names: Vec<Field>,
    /// subjectKeyIdentifier, authorityKeyIdentifier.
    pub(super) identifiers: Vec<Field>,
    /// authorityInfoAccess, cRLDistributionPoints, ocsp-nocheck.
    pub(super) status: Vec<Field>,
    /// All others: what they are called, whether they are critical, how large they are.
    pub(super) others: Vec<Field>,
    seen: Vec<Vec<u8>>,
    count: usize,
    /// Where in `others` it is told how many are not shown.
    more: Option<usize>,
}

impl Extensions {
    /// Whether an extension of this type was among them.
    pub(super) fn has(&self, oid: &[u8]) -> bool {
        self.seen.iter().any(|seen| seen == oid)
    }

    /// Whether there were no more than are read.
    pub(super) fn are_all_read(&self) -> bool {
        self.count <= EXTENSIONS_MAX
    }

    /// Reads `Extensions`, the SEQUENCE, and adds what is in it; what cannot be read is a fault of the description.
    pub(super) fn read(&mut self, list: &Element<'_>, description: &mut Description) {
        let mut reader = list.reader();
        while !reader.is_empty() {
            let at = reader.offset();
            let extension = match reader.expect(tag::SEQUENCE, "an extension") {
                Ok(extension) => extension,
                Err(error) => return description.fault(Fault::of(error, at)),
            };
            self.count += 1;
            if self.count <= EXTENSIONS_MAX {
                description.note(self.one(&extension));
            }
        }
        let more = self.count.saturating_sub(EXTENSIONS_MAX);
        if more > 0 {
            let field = Field::new("and more", &format!("{}, not shown", counted(more, "extension")));
            // A request can have many lists; it is told once.
            if let Some(place) = self.more {
                self.others[place] = field;
            } else {
                self.more = Some(self.others.len());
                self.others.push(field);
            }
        }
    }

    fn one(&mut self, extension: &Element<'_>) -> Result<(), Fault> {
        let strict = |error| Fault::of(error, extension.at);
        let mut parts = extension.reader();
        let oid = parts.oid("an extension's type").map_err(strict)?;
        let critical = parts.optional(tag::BOOLEAN).map_err(strict)?.is_some_and(|flag| flag.content != [0]);
        let value = parts.expect(tag::OCTET_STRING, "an extension's value").map_err(strict)?;
        let result = finish(parts, "an extension's value");
        let repeated = self.has(oid);
        self.seen.push(oid.to_vec());
        let marked = |field: Field| {
            if repeated { field.remarked("the extension stands there twice") } else { field }
        };
        let note = critical.then_some(CRITICAL);
        let known: Option<Reading> =
            READINGS.iter().find(|(known, _)| *known == oid).map(|(_, known)| *known);
        let Some(Reading { about, name, read }) = known else {
            let word = if critical { "critical" } else { "not critical" };
            let field = Field::new(
                identifier::shown(oid),
                &format!("{word}, {}", counted(value.content.len(), "octet")),
            );
            self.others.push(if repeated {
                field.remarked("the extension stands there twice")
            } else {
                field
            });
            return result;
        };
        let fields = match about {
            About::Use => &mut self.uses,
            About::Names => &mut self.names,
            About::Identifiers => &mut self.identifiers,
            About::Status => &mut self.status,
        };
        match read(&mut value.reader()) {
            Ok(mut found) => {
                // Once for all that the extension says.
                if let Some(last) = found.last_mut() {
                    last.note = note;
                }
                fields.extend(found.into_iter().map(marked));
            }
            Err(error) => {
                fields.push(Field { note, ..marked(Field::unreadable(name, &error.to_string())) });
                let end = value.at + value.whole.len();
                return Err(Fault::of(error, end));
            }
        }
        result
    }
}

#[derive(Clone, Copy)]
enum About {
    Use,
    Names,
    Identifiers,
    Status,
}

/// How an extension is read whose type is known.
#[derive(Clone, Copy)]
struct Reading {
    about: About,
    name: &'static str,
    read: fn(&mut Reader<'_>) -> Result<Vec<Field>, DerError>,
}

const READINGS: &[(&[u8], Reading)] = &[
    (oid::BASIC_CONSTRAINTS, Reading { about: About::Use, name: "is a CA", read: basic_constraints }),
    (oid::KEY_USAGE, Reading { about: About::Use, name: "key usage", read: key_usage }),
    (oid::EXTENDED_KEY_USAGE, Reading { about: About::Use, name: "purpose", read: extended_key_usage }),
    (
        oid::SUBJECT_ALT_NAME,
        Reading { about: About::Names, name: "alternative names", read: alternative_names },
    ),
    (SUBJECT_KEY_IDENTIFIER, Reading { about: About::Identifiers, name: "of this key", read: subject_key }),
    (
        AUTHORITY_KEY_IDENTIFIER,
        Reading { about: About::Identifiers, name: "of the issuer's key", read: authority_key },
    ),
    // id-ce is 2.5.29, id-pe 1.3.6.1.5.5.7.1, id-pkix-ocsp 1.3.6.1.5.5.7.48.1.
    (
        &[0x55, 0x1d, 30],
        Reading { about: About::Use, name: "names below it", read: issued::name_constraints },
    ),
    (
        &[0x55, 0x1d, 36],
        Reading { about: About::Use, name: "policies below it", read: issued::policy_constraints },
    ),
    (&[0x55, 0x1d, 54], Reading { about: About::Use, name: "any policy", read: issued::inhibit_any_policy }),
    (&[0x55, 0x1d, 32], Reading { about: About::Use, name: "policy", read: issued::policies }),
    (
        &[0x2b, 6, 1, 5, 5, 7, 1, 24],
        Reading { about: About::Use, name: "a TLS server must send", read: issued::tls_feature },
    ),
    (
        &[0x2b, 6, 1, 5, 5, 7, 48, 1, 5],
        Reading { about: About::Status, name: "its own revocation", read: issued::no_check },
    ),
    (
        &[0x2b, 6, 1, 5, 5, 7, 1, 1],
        Reading { about: About::Status, name: "places", read: issued::information_access },
    ),
    (&[0x55, 0x1d, 31], Reading { about: About::Status, name: "CRL", read: issued::distribution_points }),
];

/// id-ce-subjectKeyIdentifier, 2.5.29.14.
const SUBJECT_KEY_IDENTIFIER: &[u8] = &[0x55, 0x1d, 14];
/// id-ce-authorityKeyIdentifier, 2.5.29.35.
const AUTHORITY_KEY_IDENTIFIER: &[u8] = &[0x55, 0x1d, 35];

/// RFC 5280 §4.2.1.9.
fn basic_constraints(reader: &mut Reader<'_>) -> Result<Vec<Field>, DerError> {
    let mut fields = reader.sequence("basicConstraints")?;
    reader.clone().finish("basicConstraints")?;
    let ca = fields.peek() == Some(tag::BOOLEAN) && fields.boolean("cA")?;
    let length = if fields.is_empty() { None } else { Some(fields.integer("pathLenConstraint")?) };
    fields.finish("pathLenConstraint")?;
    let mut found = vec![Field::new("is a CA", if ca { "yes" } else { "no" })];
    match (ca, length) {
        (true, None) => found.push(Field::new("CAs below it", "any number")),
        (true, Some([0])) => found.push(Field::new("CAs below it", "none, end entities only")),
        (true, Some(length)) => {
            found.push(Field::new("CAs below it", &format!("at most {} in a row", value::integer(length))));
        }
        (false, None) => {}
        (false, Some(length)) => {
            let field = Field::new("path length", &value::integer(length));
            found.push(field.remarked("has no meaning, for it is no CA"));
        }
    }
    Ok(found)
}

/// RFC 5280 §4.2.1.3, in the order of the bits.
const USAGES: [&str; 9] = [
    "digital signatures",
    "commitment to content",
    "encipherment of keys",
    "encipherment of data",
    "key agreement",
    "signing of certificates",
    "signing of CRLs",
    "enciphering only, in key agreement",
    "deciphering only, in key agreement",
];

fn key_usage(reader: &mut Reader<'_>) -> Result<Vec<Field>, DerError> {
    let element = reader.expect(tag::BIT_STRING, "keyUsage")?;
    reader.clone().finish("keyUsage")?;
    let octets = element.content.get(1..).unwrap_or_default();
    let bits = octets.iter().flat_map(|octet| (0..8).map(move |bit| octet << bit & 0x80 != 0));
    let set: Vec<usize> = bits.enumerate().filter(|(_, set)| *set).map(|(bit, _)| bit).collect();
    let known = set.iter().filter_map(|bit| USAGES.get(*bit).copied());
    let words: Vec<&str> = known.collect();
    let said = if words.is_empty() { "nothing".to_owned() } else { words.join(", ") };
    let field = Field::new("key usage", &said);
    let unknown = set.len() - words.len();
    let field = match unknown {
        0 => field,
        unknown => field.remarked(&format!("{} set that mean nothing", counted(unknown, "bit"))),
    };
    Ok(vec![field])
}

/// Key purposes people have words for (RFC 5280 §4.2.1.12 and those of platforms), by content octets of the OID.
const PURPOSES: &[(&[u8], &str)] = &[
    (&[0x55, 0x1d, 37, 0], "any purpose"),
    (&[0x2b, 6, 1, 5, 5, 7, 3, 1], "TLS server"),
    (&[0x2b, 6, 1, 5, 5, 7, 3, 2], "TLS client"),
    (&[0x2b, 6, 1, 5, 5, 7, 3, 3], "signing of code"),
    (&[0x2b, 6, 1, 5, 5, 7, 3, 4], "email protection"),
    (&[0x2b, 6, 1, 5, 5, 7, 3, 8], "time stamping"),
    (&[0x2b, 6, 1, 5, 5, 7, 3, 9], "signing of OCSP responses"),
];

fn extended_key_usage(reader: &mut Reader<'_>) -> Result<Vec<Field>, DerError> {
    let mut purposes = reader.sequence("extKeyUsage")?;
    reader.clone().finish("extKeyUsage")?;
    let (mut found, mut more) = (Vec::new(), 0);
    while !purposes.is_empty() {
        let purpose = purposes.oid("a key purpose")?;
        if found.len() == ENTRIES_MAX {
            more += 1;
            continue;
        }
        let known = PURPOSES.iter().find(|(known, _)| *known == purpose).map(|(_, words)| *words);
        let shown = known.map_or_else(|| identifier::shown(purpose), str::to_owned);
        found.push(Field::new("purpose", &shown));
    }
    Ok(with_rest(found, more, "purpose"))
}

pub(super) fn with_rest(mut fields: Vec<Field>, more: usize, one: &str) -> Vec<Field> {
    match (fields.is_empty(), more) {
        (true, _) => fields.push(Field::new(noun(0, one), "none").remarked("the list is empty")),
        (false, 0) => {}
        (false, more) => fields.push(Field::new("and more", &format!("{}, not shown", counted(more, one)))),
    }
    fields
}

fn alternative_names(reader: &mut Reader<'_>) -> Result<Vec<Field>, DerError> {
    let mut names = reader.sequence("subjectAltName")?;
    reader.clone().finish("subjectAltName")?;
    let (mut found, mut more) = (Vec::new(), 0);
    while !names.is_empty() {
        let name = names.any()?;
        if found.len() == ENTRIES_MAX {
            more += 1;
        } else {
            found.push(general_name(&name));
        }
    }
    Ok(with_rest(found, more, "alternative name"))
}

/// RFC 5280 §4.2.1.6.
pub(super) fn general_name(name: &Element<'_>) -> Field {
    const OTHER: u8 = tag::context_constructed(0);
    const MAILBOX: u8 = tag::context(1);
    const DNS: u8 = tag::context(2);
    const DIRECTORY: u8 = tag::context_constructed(4);
    const URI: u8 = tag::context(6);
    const ADDRESS: u8 = tag::context(7);
    const REGISTERED: u8 = tag::context(8);
    let text = |kind: &str| {
        let field = Field { name: kind.to_owned(), ..octets_as_text(name.content) };
        if name.content.is_empty() { field.remarked("is empty") } else { field }
    };
    match name.tag {
        MAILBOX => text("email address"),
        DNS => text("DNS name"),
        URI => text("URI"),
        ADDRESS => match address(name.content) {
            Some(address) => Field::new("IP address", &address),
            None => Field::new("IP address", value::octets(name.content).as_str())
                .remarked("is neither IPv4 nor IPv6"),
        },
        DIRECTORY => match Name::parse(name.content) {
            Ok(directory) => {
                let changed = directory.rdns().iter().flatten().find_map(|attribute| {
                    let text = crate::pki::name::read_string(attribute.tag, attribute.value)?;
                    Field::outside("", &text).remark
                });
                let field = Field::new("directory name", directory.to_printable().as_str());
                match changed {
                    Some(changed) => field.remarked(&changed),
                    None => field,
                }
            }
            Err(error) => Field::unreadable("directory name", &error.to_string()),
        },
        REGISTERED => Field::new("registered ID", &identifier::shown(name.content)),
        OTHER => match read_hardware_module(name.content) {
            Ok(Some(HardwareModuleName { kind, serial })) => Field::new(
                "hardware module",
                &format!("{}, serial number {}", identifier::shown(kind), hex_cut(serial)),
            ),
            Ok(None) | Err(_) => other_name(name),
        },
        tag => Field::new("name of unknown kind", value::octets(&element(tag, name.content)).as_str()),
    }
}

/// An otherName that nothing more is known of: its type, and its size.
fn other_name(name: &Element<'_>) -> Field {
    let kind = name.reader().oid("an otherName's type").map(identifier::shown);
    let kind = kind.unwrap_or_else(|_| "of unknown type".to_owned());
    Field::new("other name", &format!("{kind}, {}", counted(name.content.len(), "octet")))
}

fn octets_as_text(octets: &[u8]) -> Field {
    let (value, remark) = crate::pki::text::Printable::from_octets_with_remark(octets);
    Field { name: String::new(), value, remark, note: None }
}

/// IPv4 with dots; IPv6 in eight groups, none left out, so that it can be compared digit by digit.
fn address(octets: &[u8]) -> Option<String> {
    match octets {
        [a, b, c, d] => Some(format!("{a}.{b}.{c}.{d}")),
        octets if octets.len() == 16 => {
            let mut text = String::new();
            for (index, pair) in octets.chunks_exact(2).enumerate() {
                let mark = if index == 0 { "" } else { ":" };
                let _ = write!(text, "{mark}{:x}", u16::from(pair[0]) << 8 | u16::from(pair[1]));
            }
            Some(text)
        }
        _ => None,
    }
}

fn subject_key(reader: &mut Reader<'_>) -> Result<Vec<Field>, DerError> {
    let identifier = reader.expect(tag::OCTET_STRING, "subjectKeyIdentifier")?;
    reader.clone().finish("subjectKeyIdentifier")?;
    Ok(vec![key_identifier("of this key", identifier.content)])
}

/// RFC 5280 §4.2.1.1.
fn authority_key(reader: &mut Reader<'_>) -> Result<Vec<Field>, DerError> {
    let mut fields = reader.sequence("authorityKeyIdentifier")?;
    reader.clone().finish("authorityKeyIdentifier")?;
    let identifier = fields.optional(tag::context(0))?;
    let issuer = fields.optional(tag::context_constructed(1))?;
    let serial = fields.optional(tag::context(2))?;
    fields.finish("authorityKeyIdentifier")?;
    let mut found = Vec::new();
    if let Some(identifier) = identifier {
        found.push(key_identifier("of the issuer's key", identifier.content));
    }
    if issuer.is_some() {
        found.push(Field::new("of the issuer's certificate", "its issuer's name is given"));
    }
    if let Some(serial) = serial {
        found.push(Field::new("serial number of the issuer's certificate", &hex_cut(serial.content)));
    }
    if found.is_empty() {
        found.push(Field::new("of the issuer's key", "none").remarked("the extension is empty"));
    }
    Ok(found)
}

/// Octets of a key identifier shown: those of a SHA-512 digest; in use are 20.
const IDENTIFIER_OCTETS_MAX: usize = 64;

fn key_identifier(name: &str, octets: &[u8]) -> Field {
    let field = Field::new(name, &hex_cut(octets));
    if octets.is_empty() { field.remarked("is empty") } else { field }
}

pub(super) fn hex_cut(octets: &[u8]) -> String {
    let shown = hex(&octets[..octets.len().min(IDENTIFIER_OCTETS_MAX)]);
    match octets.len().saturating_sub(IDENTIFIER_OCTETS_MAX) {
        0 => shown,
        more => format!("{shown}…(+{} more)", counted(more, "octet")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::der::{Reader, element, sequence};

    #[test]
    fn tells_once_how_many_extensions_are_not_shown() {
        let private = sequence(&[&element(tag::OID, &[0x55, 0x1d, 0x63]), &element(tag::OCTET_STRING, &[])]);
        let list = sequence(&vec![private.as_slice(); EXTENSIONS_MAX + 1]);
        let (mut extensions, mut description) = (Extensions::default(), Description::default());
        for octets in [&list, &sequence(&[]), &list] {
            let list = Reader::new(octets).expect(tag::SEQUENCE, "the extensions").unwrap();
            extensions.read(&list, &mut description);
        }
        let told = extensions.others.iter().filter(|field| format!("{field:?}").contains("not shown"));
        assert_eq!(told.count(), 1);
        assert!(!extensions.are_all_read());
    }

    fn check(name: &[u8], field: &str, value: &str) {
        let shown = general_name(&Reader::new(name).any().expect("an element"));
        assert_eq!((shown.name.as_str(), shown.value.as_str()), (field, value));
    }

    #[test]
    fn says_what_a_hardware_module_name_names() {
        let module = b"\xa0\x17\x06\x08\x2b\x06\x01\x05\x05\x07\x08\x04\xa0\x0b\x30\x09\x06\x03\x2a\x03\x04\x04\x02\x0a\x0b";
        check(module, "hardware module", "1.2.3.4, serial number 0a0b");
        // A number where the octets of the serial number should stand.
        let mut other = module.to_vec();
        other[module.len() - 4] = tag::INTEGER;
        check(&other, "other name", &format!("{}, 23 octets", identifier::shown(oid::HARDWARE_MODULE_NAME)));
    }
}
