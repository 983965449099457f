//! `pkcs11:` URIs (RFC 7512): how the configuration names a token and a key in it.
//!
//! Path attributes only, each at most once, and of them only those that name a token or a private key. Query
//! attributes are refused whole: a PIN stands in no configuration (`pin-value`, `pin-source`), and the module is named
//! apart (`module-path`).

use std::fmt;
use std::fmt::Write as _;

use crate::pki::fingerprint::hex;
use crate::pki::text::Printable;

use super::error::Error;
use super::slot::TokenState;

/// Longest URI that is read, in octets: every attribute at its longest and percent-encoded stays under it.
pub const URI_OCTETS_MAX: usize = 2048;

/// Longest `CKA_ID` that is taken, in octets: tokens give 1 to 64.
pub const KEY_ID_OCTETS_MAX: usize = 64;

/// A `CKA_ID`: which key in a token. Shown as lower-case hexadecimal digits.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct KeyId(Vec<u8>);

impl KeyId {
    /// From 1 to [`KEY_ID_OCTETS_MAX`] octets.
    ///
    /// # Errors
    /// [`Error::Uri`] for any other length.
    pub fn new(octets: Vec<u8>) -> Result<Self, Error> {
        if octets.is_empty() || octets.len() > KEY_ID_OCTETS_MAX {
            return Err(wrong(format!(
                "an id has 1 to {KEY_ID_OCTETS_MAX} octets, this one {}",
                octets.len()
            )));
        }
        Ok(Self(octets))
    }

    /// The octets.
    #[must_use]
    pub fn as_octets(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

/// Which token, and which key in it. What is not named matches anything.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct TokenUri {
    id: Option<KeyId>,
    manufacturer: Option<String>,
    model: Option<String>,
    object: Option<String>,
    serial: Option<String>,
    slot: Option<u64>,
    token: Option<String>,
    kind: Option<ObjectKind>,
}

/// The only object type that a key URI may name.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
enum ObjectKind {
    Private,
}

impl TokenUri {
    /// Names a token by its label.
    #[must_use]
    pub fn token(label: &str) -> Self {
        Self { token: Some(label.to_owned()), ..Self::default() }
    }

    /// The same, by its serial number too: for labels that several tokens have.
    #[must_use]
    pub fn with_serial(self, serial: &str) -> Self {
        Self { serial: Some(serial.to_owned()), ..self }
    }

    /// Reads a URI.
    ///
    /// # Errors
    /// [`Error::Uri`] with what is wrong: not the scheme `pkcs11`, an attribute that is unknown, empty, given twice or
    /// badly encoded, or any query.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.len() > URI_OCTETS_MAX {
            return Err(wrong(format!("longer than {URI_OCTETS_MAX} octets")));
        }
        let path = text.strip_prefix("pkcs11:").ok_or_else(|| wrong("it does not begin with pkcs11:"))?;
        if path.contains('?') {
            return Err(wrong(
                "query attributes such as pin-value, pin-source and module-path are not taken",
            ));
        }
        if path.is_empty() {
            return Err(wrong("it names nothing"));
        }
        let mut uri = Self::default();
        for attribute in path.split(';') {
            uri.take(attribute)?;
        }
        Ok(uri)
    }

    /// The same token, with a key named.
    #[must_use]
    pub fn with_key(mut self, id: &KeyId) -> Self {
        self.id = Some(id.clone());
        self
    }

    /// The same token, with its serial number named too, so that another token with the same label is not taken for
    /// it.
    #[must_use]
    pub fn with_serial_of(mut self, state: &TokenState) -> Self {
        self.serial = Some(state.names().serial.clone()).filter(|serial| !serial.is_empty());
        self
    }

    /// The key, where one is named.
    #[must_use]
    pub fn id(&self) -> Option<KeyId> {
        self.id.clone()
    }

    /// The label of the key object (`object`), where one is named.
    #[must_use]
    pub fn object(&self) -> Option<&str> {
        self.object.as_deref()
    }

    /// The token's label (`token`), where one is named, harmless.
    #[must_use]
    pub fn label(&self) -> Option<Printable> {
        self.token.as_deref().map(Printable::new)
    }

    /// The token's serial number (`serial`), where one is named, harmless.
    #[must_use]
    pub fn serial(&self) -> Option<Printable> {
        self.serial.as_deref().map(Printable::new)
    }

    /// Whether a token is one that the URI names. An uninitialised token is none.
    #[must_use]
    pub fn matches(&self, state: &TokenState) -> bool {
        let names = state.names();
        let same =
            |wanted: &Option<String>, found: &str| wanted.as_deref().is_none_or(|wanted| wanted == found);
        same(&self.token, &names.label)
            && same(&self.serial, &names.serial)
            && same(&self.manufacturer, &names.manufacturer)
            && same(&self.model, &names.model)
            && self.slot.is_none_or(|slot| slot == state.slot)
    }

    fn take(&mut self, attribute: &str) -> Result<(), Error> {
        let (name, value) = attribute
            .split_once('=')
            .ok_or_else(|| wrong(format!("`{}` has no =", Printable::new(attribute))))?;
        let octets = decoded(value)?;
        if octets.is_empty() {
            return Err(wrong(format!("{} is empty", Printable::new(name))));
        }
        match name {
            "id" => once(&mut self.id, name, KeyId::new(octets)?),
            "manufacturer" => once(&mut self.manufacturer, name, text(name, octets)?),
            "model" => once(&mut self.model, name, text(name, octets)?),
            "object" => once(&mut self.object, name, text(name, octets)?),
            "serial" => once(&mut self.serial, name, text(name, octets)?),
            "slot-id" => once(&mut self.slot, name, decimal(&text(name, octets)?)?),
            "token" => once(&mut self.token, name, text(name, octets)?),
            "type" if octets == b"private" => once(&mut self.kind, name, ObjectKind::Private),
            "type" => Err(wrong("type must be private: only a private key signs")),
            other => Err(wrong(format!("attribute {} is not known", Printable::new(other)))),
        }
    }
}

impl fmt::Display for TokenUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        for (name, value) in [
            ("token", &self.token),
            ("serial", &self.serial),
            ("manufacturer", &self.manufacturer),
            ("model", &self.model),
        ] {
            parts.extend(value.as_ref().map(|value| format!("{name}={}", encoded(value.as_bytes()))));
        }
        parts.extend(self.slot.map(|slot| format!("slot-id={slot}")));
        parts.extend(self.object.as_ref().map(|object| format!("object={}", encoded(object.as_bytes()))));
        // RFC 7512 §2.3: the whole value of the id attribute SHOULD be percent-encoded.
        parts.extend(self.id.as_ref().map(|id| format!("id={}", percent(id.as_octets()))));
        parts.extend(self.kind.map(|_| "type=private".to_owned()));
        write!(f, "pkcs11:{}", parts.join(";"))
    }
}

fn wrong(why: impl Into<String>) -> Error {
    Error::Uri { why: why.into() }
}

fn once<T>(place: &mut Option<T>, name: &str, value: T) -> Result<(), Error> {
    // RFC 7512 §2.3: an attribute must not stand twice.
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(wrong(format!("{name} is given twice"))),
    }
}

fn text(name: &str, octets: Vec<u8>) -> Result<String, Error> {
    String::from_utf8(octets).map_err(|_| wrong(format!("{name} is not text in UTF-8")))
}

fn decimal(text: &str) -> Result<u64, Error> {
    // One spelling a number: digits alone, no sign, no zero in front.
    let plain = text.bytes().all(|octet| octet.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|_| plain).ok_or_else(|| wrong("slot-id is not a decimal number"))
}

/// The octets that stand unencoded in a path attribute (RFC 7512 §2.3: unreserved, `pk11-res-avail` and `&`).
fn stands_plain(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || b"-._~:[]@!$'()*+,=&".contains(&octet)
}

fn decoded(value: &str) -> Result<Vec<u8>, Error> {
    let mut octets = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        if first == b'%' {
            let digits =
                tail.get(..2).ok_or_else(|| wrong("a % is not followed by two hexadecimal digits"))?;
            let digit = |octet: u8| char::from(octet).to_digit(16).and_then(|value| u8::try_from(value).ok());
            match (digit(digits[0]), digit(digits[1])) {
                (Some(high), Some(low)) => octets.push(high << 4 | low),
                _ => return Err(wrong("a % is not followed by two hexadecimal digits")),
            }
            rest = &tail[2..];
        } else if stands_plain(first) {
            octets.push(first);
            rest = tail;
        } else {
            return Err(wrong("a blank or another character that must be percent-encoded stands plain"));
        }
    }
    Ok(octets)
}

fn encoded(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut text, &octet| {
        if stands_plain(octet) {
            text.push(char::from(octet));
        } else {
            text.push_str(&percent(&[octet]));
        }
        text
    })
}

fn percent(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut text, octet| {
        let _ = write!(text, "%{octet:02X}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &str, expected: &str) {
        let shown = match TokenUri::parse(input) {
            Ok(uri) => {
                assert_eq!(TokenUri::parse(&uri.to_string()).unwrap(), uri, "{input}");
                uri.to_string()
            }
            Err(Error::Uri { why }) => why,
            Err(other) => panic!("{other}"),
        };
        assert_eq!(shown, expected, "{input}");
    }

    #[test]
    fn reads_the_attributes_that_name_a_token_or_a_private_key() {
        check("pkcs11:token=lab1", "pkcs11:token=lab1");
        check("pkcs11:token=My%20CA;id=%01%ff", "pkcs11:token=My%20CA;id=%01%FF");
        check("pkcs11:id=abc;token=x", "pkcs11:token=x;id=%61%62%63");
        check("pkcs11:slot-id=7;model=SoftHSM%20v2", "pkcs11:model=SoftHSM%20v2;slot-id=7");
        check(
            "pkcs11:manufacturer=a;serial=b&c;object=d;type=private",
            "pkcs11:serial=b&c;manufacturer=a;object=d;type=private",
        );
        check("pkcs11:token=%c3%a4", "pkcs11:token=%C3%A4");
        check("pkcs11:token=a%3bb%3Fc", "pkcs11:token=a%3Bb%3Fc");
    }

    #[test]
    fn refuses_a_pin_and_every_other_query() {
        let why = "query attributes such as pin-value, pin-source and module-path are not taken";
        check("pkcs11:token=x?pin-value=1234", why);
        check("pkcs11:token=x?pin-source=file:/x", why);
        check("pkcs11:?module-name=x", why);
        check("pkcs11:token=x;pin-value=1234", "attribute pin-value is not known");
    }

    #[test]
    fn refuses_what_is_not_exactly_a_uri() {
        let percent = "a % is not followed by two hexadecimal digits";
        check("PKCS11:token=x", "it does not begin with pkcs11:");
        check("pkcs11:", "it names nothing");
        check("pkcs11:token", "`token` has no =");
        check("pkcs11:token=x;", "`` has no =");
        check("pkcs11:token=", "token is empty");
        check("pkcs11:token=x;token=x", "token is given twice");
        check("pkcs11:token=%4", percent);
        check("pkcs11:token=%", percent);
        check("pkcs11:token=%+1", percent);
        check("pkcs11:token=a b", "a blank or another character that must be percent-encoded stands plain");
        check("pkcs11:token=%ff", "token is not text in UTF-8");
        check("pkcs11:slot-id=+7", "slot-id is not a decimal number");
        check("pkcs11:slot-id=007", "slot-id is not a decimal number");
        check("pkcs11:slot-id=99999999999999999999", "slot-id is not a decimal number");
        check("pkcs11:type=public", "type must be private: only a private key signs");
        check("pkcs11:\u{1b}[2J=x", "attribute \\u{1b}[2J is not known");
        check(&format!("pkcs11:id={}", "%00".repeat(65)), "an id has 1 to 64 octets, this one 65");
        check(&format!("pkcs11:token={}", "x".repeat(2048)), "longer than 2048 octets");
    }

    #[test]
    fn shows_label_and_serial_number_harmless() {
        let uri = TokenUri::parse("pkcs11:token=%1B[2Jlab;serial=0123").unwrap();
        assert_eq!(uri.label(), Some(Printable::new("\u{1b}[2Jlab")));
        assert_eq!(uri.label().unwrap().as_str(), "\\u{1b}[2Jlab");
        assert_eq!(uri.serial().unwrap().as_str(), "0123");
        let other = TokenUri::parse("pkcs11:slot-id=7").unwrap();
        assert_eq!((other.label(), other.serial()), (None, None));
    }

    #[test]
    fn matches_by_every_attribute_it_names() {
        let token = TokenState::named(7, "lab ä", "0123");
        for (uri, expected) in [
            ("pkcs11:token=lab%20%c3%a4", true),
            ("pkcs11:token=lab", false),
            ("pkcs11:serial=0123", true),
            ("pkcs11:serial=123", false),
            ("pkcs11:slot-id=7;model=model;manufacturer=maker", true),
            ("pkcs11:slot-id=8", false),
            ("pkcs11:id=%01", true),
        ] {
            assert_eq!(TokenUri::parse(uri).unwrap().matches(&token), expected, "{uri}");
        }
    }

    #[test]
    fn names_a_token_and_key_for_the_configuration() {
        let id = KeyId::new(vec![1, 0xab]).unwrap();
        let uri = TokenUri::token("lab 1").with_serial_of(&TokenState::named(7, "lab 1", "77")).with_key(&id);
        assert_eq!(uri.to_string(), "pkcs11:token=lab%201;serial=77;id=%01%AB");
        assert_eq!(uri.id(), Some(id));
    }
}
