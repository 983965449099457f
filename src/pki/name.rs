//! Distinguished names, kept octet for octet as they came (RFC 5280 §4.1.2.4).

pub mod attribute;
mod matching;
mod text;
mod value;

use thiserror::Error;

use super::{
    der::{DerError, Element, Reader, element, tag},
    fingerprint::hex,
    oid,
    text::Printable,
};

pub use value::{is_printable_string, read_string};

/// Why a name was not taken.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum NameError {
    /// The octets are not a `Name`.
    #[error("the name is malformed: {0}")]
    Der(#[from] DerError),
    /// Text that is not a distinguished name, or not a sound one.
    #[error("{0}")]
    Text(String),
}

impl NameError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Der(_) => "make the object again with a current tool",
            Self::Text(_) => {
                "write it as \"CN=Example Root,O=Example,C=DE\" or \"/C=DE/O=Example/CN=Example Root\""
            }
        }
    }
}

/// A `Name` whose DER was read strictly and is kept as it came; equality is of octets.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Name {
    der: Vec<u8>,
}

/// One attribute of a name, borrowed from it; its value is hostile text.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Attribute<'a> {
    /// Its type's OID, DER content octets.
    pub oid: &'a [u8],
    /// The value's identifier octet.
    pub tag: u8,
    /// The value's content octets.
    pub value: &'a [u8],
}

impl Name {
    /// Reads a DER `Name` (an `RDNSequence`); its structure is checked, its attribute values are hostile text still.
    /// The order within a multi-valued RDN is not judged here: [`Name::is_unsorted`] tells of it.
    ///
    /// # Errors
    /// [`NameError::Der`].
    pub fn parse(octets: &[u8]) -> Result<Self, NameError> {
        let mut outer = Reader::new(octets);
        let mut name = outer.sequence("the name")?;
        outer.finish("the name")?;
        while !name.is_empty() {
            let rdn = name.expect(tag::SET, "a relative distinguished name")?;
            let mut attributes = rdn.reader();
            if attributes.is_empty() {
                return Err(DerError::Truncated { at: rdn.at }.into());
            }
            while !attributes.is_empty() {
                attribute(&attributes.expect(tag::SEQUENCE, "an attribute of the name")?)?;
            }
        }
        Ok(Self { der: octets.to_vec() })
    }

    /// Makes a name from RFC 4514 text (`CN=x,O=y`) or the slash form (`/O=y/CN=x`), with character sets and upper
    /// bounds of RFC 5280 appendix A checked.
    ///
    /// # Errors
    /// [`NameError::Text`].
    pub fn from_text(text: &str) -> Result<Self, NameError> {
        let der = text::encode(text).map_err(NameError::Text)?;
        Ok(Self { der })
    }

    /// A name of one commonName, exactly this text: nothing trimmed, padded or changed; 1 to 64 characters, printable.
    ///
    /// # Errors
    /// [`NameError::Text`].
    pub fn from_common_name(text: &str) -> Result<Self, NameError> {
        let attribute = text::attribute("CN", text).map_err(NameError::Text)?;
        Ok(Self { der: element(tag::SEQUENCE, &element(tag::SET, &attribute)) })
    }

    /// A name of these attributes, each a relative distinguished name of its own, in the order of the DER; the values
    /// exactly as given, within the character sets and bounds of RFC 5280 appendix A.
    ///
    /// # Errors
    /// [`NameError::Text`].
    pub fn from_attributes(attributes: &[(&attribute::Kind, &str)]) -> Result<Self, NameError> {
        let rdn = |(kind, value): &(&attribute::Kind, &str)| {
            text::attribute(kind.short, value).map(|attribute| element(tag::SET, &attribute))
        };
        let rdns = attributes.iter().map(rdn).collect::<Result<Vec<_>, _>>().map_err(NameError::Text)?;
        Ok(Self { der: element(tag::SEQUENCE, &rdns.concat()) })
    }

    /// The DER, as it came.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Whether it has no relative distinguished name.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.der == [0x30, 0]
    }

    /// RFC 4514 text, harmless on a screen.
    #[must_use]
    pub fn to_printable(&self) -> Printable {
        let mut text = String::new();
        for rdn in self.rdns().iter().rev() {
            if !text.is_empty() {
                text.push(',');
            }
            for (index, attribute) in rdn.iter().enumerate() {
                if index > 0 {
                    text.push('+');
                }
                text.push_str(&attribute.to_text());
            }
        }
        Printable::new(&text)
    }

    /// The values of all commonName attributes, as text where they can be read as text.
    #[must_use]
    pub fn common_names(&self) -> Vec<String> {
        self.values(attribute::COMMON_NAME)
    }

    /// The values of all attributes of the type with this OID, as text where they can be read as text.
    #[must_use]
    pub fn values(&self, oid: &[u8]) -> Vec<String> {
        let rdns = self.rdns();
        let values = rdns.iter().flatten().filter(|attribute| attribute.oid == oid);
        values.filter_map(|attribute| read_string(attribute.tag, attribute.value)).collect()
    }

    /// The relative distinguished names in DER order, each with its attributes in the order they came.
    #[must_use]
    pub fn rdns(&self) -> Vec<Vec<Attribute<'_>>> {
        self.sets()
            .iter()
            .map(|set| {
                let mut reader = set.reader();
                let elements = std::iter::from_fn(|| reader.any().ok());
                elements.filter_map(|element| attribute(&element).ok()).collect()
            })
            .collect()
    }

    /// Whether a multi-valued RDN is not in the order of DER (X.690 §11.6).
    #[must_use]
    pub fn is_unsorted(&self) -> bool {
        self.sets().iter().any(|set| {
            let mut reader = set.reader();
            let members: Vec<&[u8]> =
                std::iter::from_fn(|| reader.any().ok()).map(|member| member.whole).collect();
            !members.is_sorted()
        })
    }

    fn sets(&self) -> Vec<Element<'_>> {
        let mut outer = Reader::new(&self.der);
        // Every constructor made or checked this structure, so that no error is dropped here.
        let Ok(mut name) = outer.sequence("the name") else { return Vec::new() };
        std::iter::from_fn(|| name.any().ok()).collect()
    }
}

impl Attribute<'_> {
    fn to_text(self) -> String {
        let short = attribute::by_oid(self.oid).map(|kind| kind.short);
        let value = match (short, read_string(self.tag, self.value)) {
            (Some(_), Some(value)) => text::escape(&value),
            // RFC 4514 §2.4: a value of an unnamed type, or that is no text, is shown as its octets.
            _ => format!("#{}", hex(&element(self.tag, self.value))),
        };
        format!("{}={value}", short.map_or_else(|| oid::dotted(self.oid), str::to_owned))
    }
}

fn attribute<'a>(whole: &Element<'a>) -> Result<Attribute<'a>, DerError> {
    let mut reader = whole.reader();
    let oid = reader.oid("an attribute's type")?;
    let value = reader.any()?;
    reader.finish("an attribute's value")?;
    Ok(Attribute { oid, tag: value.tag, value: value.content })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, shown: &str) {
        let name = Name::from_text(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(name.to_printable().as_str(), shown, "{text}");
        assert_eq!(Name::parse(name.der()), Ok(name.clone()), "{text}");
        assert!(!name.is_unsorted(), "{text}");
    }

    fn refuse(text: &str, part: &str) {
        let error = Name::from_text(text).expect_err(text).to_string();
        assert!(error.contains(part), "{text}: {error}");
    }

    #[test]
    fn makes_names_in_both_spellings_and_shows_them_as_rfc_4514() {
        check("CN=device 1,O=Example,C=DE", "CN=device 1,O=Example,C=DE");
        check("/C=DE/O=Example/CN=device 1", "CN=device 1,O=Example,C=DE");
        check("CN=a\\, b,O=x\\+y", "CN=a\\, b,O=x\\+y");
        check("CN=a, O=b", "CN=a,O=b");
        check("commonName=x,2.5.4.10=y", "CN=x,O=y");
        check("/CN=a\\/b", "CN=a/b");
        check("CN=J\\C3\\BCrgen", "CN=Jürgen");
        check("CN=漢字,DC=example,DC=com", "CN=漢字,DC=example,DC=com");
        check("CN=b+OU=a", "CN=b+OU=a");
        check("CN=\\ x\\ ", "CN=\\ x\\ ");
        check("CN=\\#1", "CN=\\#1");
        check("emailAddress=a@example.com,serialNumber=AB-1", "emailAddress=a@example.com,serialNumber=AB-1");
    }

    #[test]
    fn refuses_text_that_is_no_sound_name() {
        refuse("", "empty");
        refuse("device", "=");
        refuse("CN=", "empty");
        refuse("XX=1", "XX");
        refuse("C=DEU", "2");
        refuse("C=Ü1", "C");
        refuse("serialNumber=a_b", "serialNumber");
        refuse("emailAddress=ü@x", "emailAddress");
        refuse(&format!("CN={}", "x".repeat(65)), "64");
        refuse("CN=a\u{1b}[2J", "control");
        refuse("CN=a\\00b", "control");
        refuse("CN=a\u{202e}b", "control");
        refuse("CN=a ,O=b", "blank");
        refuse("CN=#0c0141", "#");
        refuse("CN=a;b", ";");
        refuse("CN=a,", "=");
        refuse("CN=a+CN=b", "twice");
        refuse("CN=\\", "backslash");
    }

    #[test]
    fn keeps_a_common_name_exactly_as_given() {
        for text in ["x", " x ", "AbC0", "a,b=c+d", "/", "#1", "\\41"] {
            let name = Name::from_common_name(text).expect(text);
            assert_eq!(name.common_names(), [text], "{text}");
        }
        for text in ["", "a\nb", "\0", &"x".repeat(65)] {
            assert!(Name::from_common_name(text).is_err(), "{text:?}");
        }
        assert!(Name::from_common_name(&"ü".repeat(64)).is_ok());
    }

    #[test]
    fn reads_structure_strictly_and_values_as_they_are() {
        let attribute = |value: &[u8]| {
            let pair = [&[0x06, 0x03, 0x55, 0x04, 0x03], value].concat();
            element(tag::SEQUENCE, &element(tag::SET, &element(tag::SEQUENCE, &pair)))
        };
        let hostile = Name::parse(&attribute(&[0x0c, 0x03, 0x1b, b'[', b'm'])).expect("structure");
        assert_eq!(hostile.to_printable().as_str(), "CN=\\u{1b}[m");
        let number = Name::parse(&attribute(&[0x02, 0x01, 0x05])).expect("structure");
        assert_eq!(number.to_printable().as_str(), "CN=#020105");
        assert!(Name::parse(&attribute(&[])).is_err());
        assert!(Name::parse(&attribute(&[0x0c, 0x00, 0x0c, 0x00])).is_err());
        assert!(Name::parse(&[0x30, 0x02, 0x31, 0x00]).is_err());
        assert!(Name::parse(&[0x31, 0x00]).is_err());
        assert!(Name::parse(&[0x30, 0x00, 0x00]).is_err());
        assert!(Name::parse(&[0x30, 0x00]).is_ok_and(|name| name.is_empty()));
    }
}
