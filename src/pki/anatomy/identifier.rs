//! Object identifiers with their names.

use const_oid::{ObjectIdentifier, db::DB};

use crate::pki::{fingerprint::hex, oid};

/// The name of an OID in its registry, `None` where there is none that is known here.
pub(super) fn name(content: &[u8]) -> Option<&'static str> {
    let own = OWN.iter().find(|(oid, _)| *oid == content).map(|(_, name)| *name);
    own.or_else(|| {
        let oid = ObjectIdentifier::from_bytes(content).ok()?;
        // An OID with a short and a long name is shown with the long one.
        DB.find_names_for_oid(oid).max_by_key(|name| name.len()).map(without_prefix)
    })
}

/// A name without what the registries write before it.
fn without_prefix(name: &'static str) -> &'static str {
    PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name)
}

const PREFIXES: &[&str] = &["pkcs-9-at-", "id-at-", "id-ce-", "id-kp-", "id-pe-", "id-pda-", "id-"];

/// `commonName (2.5.4.3)`, the number alone where no name is known, the octets where they are no OID.
pub(super) fn shown(content: &[u8]) -> String {
    if !is_sound(content) {
        return format!("#{}", hex(&content[..content.len().min(OCTETS_SHOWN_MAX)]));
    }
    let dotted = oid::dotted(content);
    name(content).map_or_else(|| dotted.clone(), |name| format!("{name} ({dotted})"))
}

/// Whether content octets are an OID (X.690 §8.19): every number in its shortest form, and the last one ended.
pub(super) fn is_sound(content: &[u8]) -> bool {
    let starts = std::iter::once(&0).chain(content);
    let padded = starts.zip(content).any(|(before, octet)| before & 0x80 == 0 && *octet == 0x80);
    !padded && content.last().is_some_and(|last| last & 0x80 == 0)
}

/// Octets of a malformed OID that are shown.
const OCTETS_SHOWN_MAX: usize = 32;

/// Names that the registry of the library does not have.
const OWN: &[(&[u8], &str)] = &[
    (crate::pki::name::attribute::MATTER_VENDOR, "Matter vendor ID"),
    (crate::pki::name::attribute::MATTER_PRODUCT, "Matter product ID"),
    (&[0x2b, 6, 1, 5, 5, 7, 8, 4], "hardware module name"),
    (&[0x2b, 6, 1, 4, 1, 0x82, 0xe4, 0x25, 1], "Wi-SUN FAN device"),
    (&[0x2b, 6, 1, 4, 1, 0x82, 0xbe, 0x1c, 1, 1], "IEEE 2030.5 device"),
    (&[0x2b, 6, 1, 5, 5, 7, 1, 24], "TLS feature"),
    (oid::EXTENSION_REQUEST_MICROSOFT, "Microsoft extension request"),
    (&[0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x14, 0x02, 0x02], "Microsoft smart card logon"),
    (&[0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x14, 0x02, 0x03], "Microsoft user principal name"),
    (&[0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x0d, 0x02, 0x03], "Microsoft operating system version"),
    (&[0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x0d, 0x02, 0x02], "Microsoft enrolment provider"),
    (&[0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x15, 0x14], "Microsoft request client information"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_is_known_and_numbers_the_rest() {
        assert_eq!(shown(&[0x55, 0x04, 0x03]), "commonName (2.5.4.3)");
        assert_eq!(shown(oid::SUBJECT_ALT_NAME), "subjectAltName (2.5.29.17)");
        assert_eq!(shown(&[0x2b, 0x06, 0x01, 0x04, 0x01, 0x83, 0xff, 0x7f]), "1.3.6.1.4.1.65535");
        assert_eq!(shown(&[0x55, 0x80, 0x01]), "#558001");
        assert_eq!(shown(&[]), "#");
        assert!(!is_sound(&[0x80, 0x01]) && !is_sound(&[0x55, 0x84]) && is_sound(&[0x88, 0x37]));
    }
}
