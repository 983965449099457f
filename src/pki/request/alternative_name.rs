//! The general names of a requested subjectAltName, judged one by one (RFC 5280 §4.2.1.6).

use crate::pki::{
    der::{DerError, Element, Reader, tag},
    name::Name,
    naming::alternative::{HardwareModuleName, read_hardware_module},
    policy::{Control, Finding},
    text::counted,
};

use super::{punycode, subject};

/// Most general names in one request: large ones have a hundred.
const NAMES_MAX: usize = 256;

const HINT: &str = "ask for a request with correct alternative names";

/// Reads and judges the names; returns how many there are.
pub(in crate::pki) fn read(value: &[u8], findings: &mut Vec<Finding>) -> Result<usize, DerError> {
    let mut outer = Reader::new(value);
    let mut reader = outer.sequence("subjectAltName")?;
    outer.finish("subjectAltName")?;
    let mut names = 0;
    while !reader.is_empty() {
        if names == NAMES_MAX {
            let message = format!("more than {NAMES_MAX} alternative names are requested");
            findings.push(Finding::refuse(Control::ExtensionLimit, &message, HINT));
            break;
        }
        let name = reader.any()?;
        names += 1;
        if let Err(why) = judge(&name, findings)? {
            findings.push(Finding::refuse(Control::AlternativeName, &why, HINT));
        }
    }
    if names == 0 {
        findings.push(Finding::refuse(Control::AlternativeName, "subjectAltName has no name", HINT));
    }
    Ok(names)
}

const OTHER_NAME: u8 = tag::context_constructed(0);
const RFC822_NAME: u8 = tag::context(1);
const DNS_NAME: u8 = tag::context(2);
const DIRECTORY_NAME: u8 = tag::context_constructed(4);
const URI: u8 = tag::context(6);
const IP_ADDRESS: u8 = tag::context(7);
const REGISTERED_ID: u8 = tag::context(8);

fn judge(name: &Element<'_>, findings: &mut Vec<Finding>) -> Result<Result<(), String>, DerError> {
    match name.tag {
        OTHER_NAME => {
            let mut parts = name.reader();
            parts.oid("an otherName's type")?;
            let mut value = parts.expect(tag::context_constructed(0), "an otherName's value")?.reader();
            parts.finish("an otherName's value")?;
            value.any()?;
            value.finish("an otherName's value")?;
            Ok(match read_hardware_module(name.content) {
                Err(error) => Err(format!("a hardware module name: {error}")),
                Ok(Some(HardwareModuleName { serial: [], .. })) => {
                    Err("a hardware module name has no serial number".to_owned())
                }
                Ok(_) => Ok(()),
            })
        }
        RFC822_NAME => Ok(text(name, "an rfc822Name", findings).map_or(Ok(()), mailbox)),
        DNS_NAME => Ok(text(name, "a dNSName", findings).map_or(Ok(()), dns_name)),
        DIRECTORY_NAME => {
            match Name::parse(name.content) {
                Ok(directory) => subject::judge(&directory, findings),
                Err(error) => return Ok(Err(format!("a directoryName: {error}"))),
            }
            Ok(Ok(()))
        }
        URI => Ok(text(name, "a URI", findings).map_or(Ok(()), uri)),
        IP_ADDRESS => Ok(address(name.content)),
        REGISTERED_ID => {
            // [8] IMPLICIT: the content is that of an OBJECT IDENTIFIER.
            Reader::new(&crate::pki::der::element(tag::OID, name.content))
                .oid("a registeredID")
                .map(|_| Ok(()))
        }
        other => Ok(Err(format!("a general name of tag {other:02x} is not taken"))),
    }
}

/// The text of an `IA5String`; `None` after a finding.
fn text<'a>(name: &Element<'a>, what: &str, findings: &mut Vec<Finding>) -> Option<&'a str> {
    let printable = |octet: &u8| (0x20..0x7f).contains(octet);
    match std::str::from_utf8(name.content) {
        Ok(text) if name.content.iter().all(printable) => Some(text),
        _ => {
            let message = format!("{what} carries a control character or one outside ASCII");
            findings.push(Finding::refuse(Control::NameCharacters, &message, HINT));
            None
        }
    }
}

/// Preferred name syntax (RFC 1034 §3.5 as changed by RFC 1123 §2.1), `*` allowed as the whole first of three labels.
fn dns_name(text: &str) -> Result<(), String> {
    let wrong = |why: &str| Err(format!("a dNSName {why}"));
    if text.is_empty() || text.len() > 253 {
        return wrong("has not 1 to 253 characters");
    }
    let host = match text.strip_prefix("*.") {
        Some(rest) if !rest.contains('.') => return wrong("is a wildcard for a whole top-level domain"),
        Some(rest) => rest,
        None => text,
    };
    for label in host.split('.') {
        let allowed = label.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-');
        if label.is_empty() || label.len() > 63 {
            return wrong("has a label that has not 1 to 63 characters");
        }
        if !allowed || label.starts_with('-') || label.ends_with('-') {
            return wrong("has a character that host names do not have");
        }
        let prefix = label.get(..4).filter(|prefix| prefix.eq_ignore_ascii_case("xn--"));
        if prefix.is_some() && !punycode::is_decodable(&label[4..]) {
            return wrong("has an internationalised label that cannot be decoded");
        }
    }
    // RFC 1123 §2.1: the last label of a host name is never a number, so that an address can be told from a name.
    // Software that compares what it was told with dNSName would take an address that was never granted as one.
    if host.rsplit('.').next().is_some_and(|last| last.bytes().all(|octet| octet.is_ascii_digit())) {
        return wrong("ends with a number, as an address does and no host name");
    }
    Ok(())
}

fn mailbox(text: &str) -> Result<(), String> {
    match text.rsplit_once('@') {
        // A wildcard is for hosts (RFC 9525 §6.3), and would be every mailbox of a domain's hosts here.
        Some((local, domain))
            if is_local_part(local) && !domain.starts_with('*') && dns_name(domain).is_ok() =>
        {
            Ok(())
        }
        _ => Err("an rfc822Name is not of the form local@domain".to_owned()),
    }
}

/// Dot-atom only (RFC 5321 §4.1.2): quoted local parts are not taken.
fn is_local_part(text: &str) -> bool {
    let atom = |octet: u8| octet.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&octet);
    text.len() <= 64 && text.split('.').all(|part| !part.is_empty() && part.bytes().all(atom))
}

/// RFC 5280 §4.2.1.6: absolute, with a scheme and something after it.
fn uri(text: &str) -> Result<(), String> {
    let (scheme, rest) = text.split_once(':').ok_or("a URI has no scheme")?;
    let mut letters = scheme.bytes();
    let starts = letters.next().is_some_and(|first| first.is_ascii_alphabetic());
    let scheme_is_sound =
        starts && letters.all(|octet| octet.is_ascii_alphanumeric() || b"+-.".contains(&octet));
    if !scheme_is_sound
        || rest.is_empty()
        || rest.contains([' ', '"', '<', '>', '\\', '^', '`', '{', '|', '}'])
    {
        return Err("a URI is not absolute or holds characters that URIs do not have".to_owned());
    }
    Ok(())
}

fn address(octets: &[u8]) -> Result<(), String> {
    let unusable = match octets.len() {
        4 => octets == [0; 4] || octets[0] >= 224,
        16 => octets == [0; 16] || octets[0] == 0xff,
        length => {
            return Err(format!("an iPAddress of {} is neither IPv4 nor IPv6", counted(length, "octet")));
        }
    };
    if unusable { Err("an iPAddress is unspecified, multicast or reserved".to_owned()) } else { Ok(()) }
}
