//! The attribute types of names that are known by name, with their string types and upper bounds (RFC 5280 appendix
//! A.1, RFC 4519, RFC 2985).

/// commonName, 2.5.4.3.
pub const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
/// serialNumber, 2.5.4.5.
pub const SERIAL_NUMBER: &[u8] = &[0x55, 0x04, 0x05];
/// userId, 0.9.2342.19200300.100.1.1.
pub const USER_ID: &[u8] = &[0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01, 0x01];

/// The vendor ID of Matter, 1.3.6.1.4.1.37244.2.1 (Matter Core Specification 6.2.2.2).
pub const MATTER_VENDOR: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0xa2, 0x7c, 0x02, 0x01];
/// The product ID of Matter, 1.3.6.1.4.1.37244.2.2.
pub const MATTER_PRODUCT: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0xa2, 0x7c, 0x02, 0x02];

/// Which string type an attribute's value has.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Charset {
    /// `DirectoryString`; written as `UTF8String`.
    Directory,
    /// `IA5String`.
    Ia5,
    /// `PrintableString`.
    Printable,
}

/// One known attribute type.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Kind {
    /// The name it is shown with.
    pub short: &'static str,
    /// The long name, also read.
    pub long: &'static str,
    /// Its OID, DER content octets.
    pub oid: &'static [u8],
    /// The string type of its value.
    pub charset: Charset,
    /// Fewest characters of a value.
    pub chars_min: usize,
    /// Most characters of a value.
    pub chars_max: usize,
}

/// The kind with this OID.
#[must_use]
pub fn by_oid(oid: &[u8]) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.oid == oid)
}

/// The kind with this short or long name, in any case, or this dotted OID.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| {
        kind.short.eq_ignore_ascii_case(name)
            || kind.long.eq_ignore_ascii_case(name)
            || crate::pki::oid::dotted(kind.oid) == name
    })
}

const fn directory(short: &'static str, long: &'static str, oid: &'static [u8], chars_max: usize) -> Kind {
    Kind { short, long, oid, charset: Charset::Directory, chars_min: 1, chars_max }
}

const fn printable(short: &'static str, long: &'static str, oid: &'static [u8], chars_max: usize) -> Kind {
    Kind { short, long, oid, charset: Charset::Printable, chars_min: 1, chars_max }
}

const fn ia5(short: &'static str, long: &'static str, oid: &'static [u8], chars_max: usize) -> Kind {
    Kind { short, long, oid, charset: Charset::Ia5, chars_min: 1, chars_max }
}

/// Every known kind.
pub const KINDS: &[Kind] = &[
    directory("CN", "commonName", COMMON_NAME, 64),
    Kind { chars_min: 2, ..printable("C", "countryName", &[0x55, 0x04, 0x06], 2) },
    directory("ST", "stateOrProvinceName", &[0x55, 0x04, 0x08], 128),
    directory("L", "localityName", &[0x55, 0x04, 0x07], 128),
    directory("street", "streetAddress", &[0x55, 0x04, 0x09], 128),
    directory("O", "organizationName", &[0x55, 0x04, 0x0a], 64),
    directory("OU", "organizationalUnitName", &[0x55, 0x04, 0x0b], 64),
    directory("title", "title", &[0x55, 0x04, 0x0c], 64),
    directory("description", "description", &[0x55, 0x04, 0x0d], 1024),
    directory("businessCategory", "businessCategory", &[0x55, 0x04, 0x0f], 128),
    directory("postalCode", "postalCode", &[0x55, 0x04, 0x11], 40),
    directory("SN", "surname", &[0x55, 0x04, 0x04], 32_768),
    directory("name", "name", &[0x55, 0x04, 0x29], 32_768),
    directory("GN", "givenName", &[0x55, 0x04, 0x2a], 32_768),
    directory("initials", "initials", &[0x55, 0x04, 0x2b], 32_768),
    directory("generationQualifier", "generationQualifier", &[0x55, 0x04, 0x2c], 32_768),
    directory("pseudonym", "pseudonym", &[0x55, 0x04, 0x41], 128),
    directory("organizationIdentifier", "organizationIdentifier", &[0x55, 0x04, 0x61], 256),
    printable("serialNumber", "serialNumber", SERIAL_NUMBER, 64),
    printable("dnQualifier", "dnQualifier", &[0x55, 0x04, 0x2e], 64),
    directory("UID", "userId", USER_ID, 256),
    Kind { chars_min: 4, ..directory("MatterVID", "matterVendorId", MATTER_VENDOR, 4) },
    Kind { chars_min: 4, ..directory("MatterPID", "matterProductId", MATTER_PRODUCT, 4) },
    ia5("DC", "domainComponent", &[0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01, 0x19], 63),
    ia5("emailAddress", "email", crate::pki::oid::EMAIL_ADDRESS, 255),
];
