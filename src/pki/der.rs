//! A strict DER reader (X.690 §10) that borrows what it reads, and the few lines that write DER.
//!
//! One place knows tags and lengths. It accepts definite lengths in their shortest form, single-octet tags, and
//! nothing after the value that was asked for; it never recurses. Foreign objects are never re-encoded from here:
//! whoever needs the octets of an element takes them as they came ([`Element::whole`]).

use thiserror::Error;

use super::text::counted;

/// Universal and context tags used by PKCS #10 and X.509, as identifier octets.
pub mod tag {
    /// BOOLEAN.
    pub const BOOLEAN: u8 = 0x01;
    /// INTEGER.
    pub const INTEGER: u8 = 0x02;
    /// BIT STRING, primitive.
    pub const BIT_STRING: u8 = 0x03;
    /// OCTET STRING, primitive.
    pub const OCTET_STRING: u8 = 0x04;
    /// ENUMERATED.
    pub const ENUMERATED: u8 = 0x0a;
    /// NULL.
    pub const NULL: u8 = 0x05;
    /// OBJECT IDENTIFIER.
    pub const OID: u8 = 0x06;
    /// `UTF8String`.
    pub const UTF8_STRING: u8 = 0x0c;
    /// SEQUENCE, constructed.
    pub const SEQUENCE: u8 = 0x30;
    /// SET, constructed.
    pub const SET: u8 = 0x31;
    /// `NumericString`.
    pub const NUMERIC_STRING: u8 = 0x12;
    /// `PrintableString`.
    pub const PRINTABLE_STRING: u8 = 0x13;
    /// `TeletexString` (T61).
    pub const TELETEX_STRING: u8 = 0x14;
    /// `IA5String`.
    pub const IA5_STRING: u8 = 0x16;
    /// `UTCTime`.
    pub const UTC_TIME: u8 = 0x17;
    /// `GeneralizedTime`.
    pub const GENERALIZED_TIME: u8 = 0x18;
    /// `VisibleString`.
    pub const VISIBLE_STRING: u8 = 0x1a;
    /// `UniversalString`.
    pub const UNIVERSAL_STRING: u8 = 0x1c;
    /// `BMPString`.
    pub const BMP_STRING: u8 = 0x1e;

    /// Context-specific, primitive: `[number] IMPLICIT` of a primitive type.
    #[must_use]
    pub const fn context(number: u8) -> u8 {
        0x80 | number
    }

    /// Context-specific, constructed: `[number] EXPLICIT`, or IMPLICIT of a constructed type.
    #[must_use]
    pub const fn context_constructed(number: u8) -> u8 {
        0xa0 | number
    }
}

/// What is wrong with octets that claim to be DER, and where (offset in octets from the start of what was read).
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum DerError {
    /// A BOOLEAN that is not one octet 00 or FF (X.690 §11.1).
    #[error("BOOLEAN at octet {at} is not 00 or FF")]
    Boolean {
        /// Offset of the element.
        at: usize,
    },
    /// An INTEGER that is empty or not in its shortest form (X.690 §8.3.2).
    #[error("INTEGER at octet {at} is not in its shortest form")]
    Integer {
        /// Offset of the element.
        at: usize,
    },
    /// An indefinite, reserved or longer than necessary length (X.690 §10.1).
    #[error("length at octet {at} is not a definite length in its shortest form")]
    Length {
        /// Offset of the element.
        at: usize,
    },
    /// An OBJECT IDENTIFIER that is empty, unfinished, padded or longer than [`OID_OCTETS_MAX`].
    #[error("OBJECT IDENTIFIER at octet {at} is malformed")]
    Oid {
        /// Offset of the element.
        at: usize,
    },
    /// A tag in the long form, or the end-of-contents tag.
    #[error("tag at octet {at} is not a single-octet tag")]
    Tag {
        /// Offset of the element.
        at: usize,
    },
    /// Octets after the last element.
    #[error("{} too many after {after}", counted(*.count, "octet"))]
    Trailing {
        /// The noun that should have been last.
        after: &'static str,
        /// How many octets.
        count: usize,
    },
    /// The element says that it is longer than what is there.
    #[error("element at octet {at} is cut short")]
    Truncated {
        /// Offset of the element.
        at: usize,
    },
    /// Another element than the one that must stand here.
    #[error("expected {expected} at octet {at}, found tag {found:02x}")]
    Unexpected {
        /// The noun that should stand here.
        expected: &'static str,
        /// The identifier octet found; 00 at the end of the octets.
        found: u8,
        /// Offset of the element.
        at: usize,
    },
}

/// Longest content of an OBJECT IDENTIFIER, in octets: the longest in use has under 30; hostile ones have thousands.
pub const OID_OCTETS_MAX: usize = 64;

/// One element: identifier, length and content, borrowed from the octets it was read from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Element<'a> {
    /// The identifier octet (class, constructed bit and number).
    pub tag: u8,
    /// The content octets.
    pub content: &'a [u8],
    /// Identifier, length and content octets as they came.
    pub whole: &'a [u8],
    /// Offset of the identifier octet from the start of the outermost octets read.
    pub at: usize,
}

impl<'a> Element<'a> {
    /// A reader over the content; offsets go on counting from the outermost octets.
    #[must_use]
    pub fn reader(&self) -> Reader<'a> {
        Reader { octets: self.content, position: 0, base: self.at + (self.whole.len() - self.content.len()) }
    }
}

/// Reads elements one after the other.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    octets: &'a [u8],
    position: usize,
    base: usize,
}

impl<'a> Reader<'a> {
    /// A reader over octets, offset 0 at their start.
    #[must_use]
    pub fn new(octets: &'a [u8]) -> Self {
        Self { octets, position: 0, base: 0 }
    }

    /// Whether everything was read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.position == self.octets.len()
    }

    /// Offset of the next octet.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.base + self.position
    }

    /// The identifier octet of the next element, `None` at the end.
    #[must_use]
    pub fn peek(&self) -> Option<u8> {
        self.octets.get(self.position).copied()
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// [`DerError::Trailing`] if octets are left.
    pub fn finish(self, after: &'static str) -> Result<(), DerError> {
        match self.octets.len() - self.position {
            0 => Ok(()),
            count => Err(DerError::Trailing { after, count }),
        }
    }

    /// Reads the next element, whatever its tag.
    ///
    /// # Errors
    /// [`DerError::Tag`], [`DerError::Length`], [`DerError::Truncated`].
    pub fn any(&mut self) -> Result<Element<'a>, DerError> {
        let at = self.offset();
        let rest = &self.octets[self.position..];
        let (&tag, after_tag) = rest.split_first().ok_or(DerError::Truncated { at })?;
        if tag & 0x1f == 0x1f || tag == 0 {
            return Err(DerError::Tag { at });
        }
        let (&first, after_first) = after_tag.split_first().ok_or(DerError::Truncated { at })?;
        let (length, header) = match first {
            0..=0x7f => (usize::from(first), 2),
            // Four length octets reach 4 GiB, more than any limit here lets in.
            0x81..=0x84 => {
                let count = usize::from(first & 0x7f);
                let octets = after_first.get(..count).ok_or(DerError::Truncated { at })?;
                let length = octets.iter().fold(0_usize, |length, &octet| length << 8 | usize::from(octet));
                if octets[0] == 0 || length < 0x80 {
                    return Err(DerError::Length { at });
                }
                (length, 2 + count)
            }
            _ => return Err(DerError::Length { at }),
        };
        let end = header.checked_add(length).ok_or(DerError::Truncated { at })?;
        let whole = rest.get(..end).ok_or(DerError::Truncated { at })?;
        self.position += end;
        Ok(Element { tag, content: &whole[header..], whole, at })
    }

    /// Reads the next element, which must have this tag; `noun` says what it is.
    ///
    /// # Errors
    /// As [`Reader::any`], and [`DerError::Unexpected`].
    pub fn expect(&mut self, tag: u8, noun: &'static str) -> Result<Element<'a>, DerError> {
        if self.peek() != Some(tag) {
            let found = self.peek().unwrap_or(0);
            return Err(DerError::Unexpected { expected: noun, found, at: self.offset() });
        }
        self.any()
    }

    /// Reads the next element if it has this tag.
    ///
    /// # Errors
    /// As [`Reader::any`].
    pub fn optional(&mut self, tag: u8) -> Result<Option<Element<'a>>, DerError> {
        if self.peek() == Some(tag) { self.any().map(Some) } else { Ok(None) }
    }

    /// Reads a SEQUENCE and returns a reader over its content.
    ///
    /// # Errors
    /// As [`Reader::expect`].
    pub fn sequence(&mut self, noun: &'static str) -> Result<Reader<'a>, DerError> {
        Ok(self.expect(tag::SEQUENCE, noun)?.reader())
    }

    /// Reads a BOOLEAN.
    ///
    /// # Errors
    /// As [`Reader::expect`], and [`DerError::Boolean`].
    pub fn boolean(&mut self, noun: &'static str) -> Result<bool, DerError> {
        let element = self.expect(tag::BOOLEAN, noun)?;
        match element.content {
            [0x00] => Ok(false),
            [0xff] => Ok(true),
            _ => Err(DerError::Boolean { at: element.at }),
        }
    }

    /// Reads an INTEGER and returns its content octets, two's complement, shortest form.
    ///
    /// # Errors
    /// As [`Reader::expect`], and [`DerError::Integer`].
    pub fn integer(&mut self, noun: &'static str) -> Result<&'a [u8], DerError> {
        let element = self.expect(tag::INTEGER, noun)?;
        match element.content {
            [] => Err(DerError::Integer { at: element.at }),
            [0x00, second, ..] if second & 0x80 == 0 => Err(DerError::Integer { at: element.at }),
            [0xff, second, ..] if second & 0x80 != 0 => Err(DerError::Integer { at: element.at }),
            content => Ok(content),
        }
    }

    /// Reads an OBJECT IDENTIFIER and returns its content octets.
    ///
    /// # Errors
    /// As [`Reader::expect`], and [`DerError::Oid`].
    pub fn oid(&mut self, noun: &'static str) -> Result<&'a [u8], DerError> {
        let element = self.expect(tag::OID, noun)?;
        let content = element.content;
        let mut starts_arc = true;
        for &octet in content {
            if starts_arc && octet == 0x80 {
                return Err(DerError::Oid { at: element.at });
            }
            starts_arc = octet & 0x80 == 0;
        }
        if content.is_empty() || !starts_arc || content.len() > OID_OCTETS_MAX {
            return Err(DerError::Oid { at: element.at });
        }
        Ok(content)
    }

    /// Reads a BIT STRING that holds whole octets (no unused bits) and returns them.
    ///
    /// # Errors
    /// As [`Reader::expect`]; [`DerError::Unexpected`] where bits are unused.
    pub fn bit_string_octets(&mut self, noun: &'static str) -> Result<&'a [u8], DerError> {
        let element = self.expect(tag::BIT_STRING, noun)?;
        match element.content {
            [0, octets @ ..] => Ok(octets),
            _ => Err(DerError::Unexpected { expected: noun, found: element.tag, at: element.at }),
        }
    }
}

/// Writes one element: identifier, shortest definite length, content.
///
/// # Panics
/// Where the content has 4 GiB or more; nothing that long is let in.
#[must_use]
pub fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len() + 6);
    out.extend(header(tag, u32::try_from(content.len()).expect("contents are far below 4 GiB")));
    out.extend_from_slice(content);
    out
}

/// Writes identifier and shortest definite length of an element whose content follows from elsewhere.
#[must_use]
pub fn header(tag: u8, length: u32) -> Vec<u8> {
    let octets = length.to_be_bytes();
    match length {
        0..=0x7f => vec![tag, octets[3]],
        0x80..=0xff => vec![tag, 0x81, octets[3]],
        0x100..=0xffff => vec![tag, 0x82, octets[2], octets[3]],
        0x1_0000..=0xff_ffff => vec![tag, 0x83, octets[1], octets[2], octets[3]],
        _ => vec![tag, 0x84, octets[0], octets[1], octets[2], octets[3]],
    }
}

/// Writes a SEQUENCE of elements that are already encoded.
#[must_use]
pub fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    element(tag::SEQUENCE, &parts.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(octets: &[u8], expected: Result<(u8, &[u8]), DerError>) {
        let found = Reader::new(octets).any().map(|element| (element.tag, element.content));
        assert_eq!(found, expected, "{octets:02x?}");
    }

    #[test]
    fn accepts_the_shortest_definite_length_only() {
        check(&[0x04, 0x01, 0xaa], Ok((0x04, &[0xaa])));
        check(&[0x04, 0x81, 0x01, 0xaa], Err(DerError::Length { at: 0 }));
        check(&[0x30, 0x80, 0x00, 0x00], Err(DerError::Length { at: 0 }));
        check(&[0x30, 0xff], Err(DerError::Length { at: 0 }));
        check(&[0x30, 0x85, 1, 0, 0, 0, 0], Err(DerError::Length { at: 0 }));
        check(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff], Err(DerError::Truncated { at: 0 }));
        check(&[0x30, 0x82, 0x00, 0x80], Err(DerError::Length { at: 0 }));
        check(&[0x30], Err(DerError::Truncated { at: 0 }));
        check(&[], Err(DerError::Truncated { at: 0 }));
        check(&[0x1f, 0x00], Err(DerError::Tag { at: 0 }));
    }

    #[test]
    fn says_what_stands_after_the_end() {
        let mut reader = Reader::new(&[0x05, 0x00, 0x00]);
        reader.any().expect("NULL");
        assert_eq!(reader.finish("the request"), Err(DerError::Trailing { after: "the request", count: 1 }));
    }

    #[test]
    fn counts_offsets_from_the_outermost_octet() {
        let octets = [0x30, 0x04, 0x05, 0x00, 0x01, 0x02];
        let mut inner = Reader::new(&octets).sequence("outer").expect("outer");
        inner.any().expect("NULL");
        assert_eq!(inner.any().map(|element| element.at), Err(DerError::Truncated { at: 4 }));
    }

    #[test]
    fn refuses_integers_booleans_and_oids_in_other_spellings() {
        assert!(Reader::new(&[0x02, 0x02, 0x00, 0x7f]).integer("n").is_err());
        assert!(Reader::new(&[0x02, 0x00]).integer("n").is_err());
        assert_eq!(Reader::new(&[0x02, 0x02, 0x00, 0x80]).integer("n"), Ok(&[0x00, 0x80][..]));
        assert!(Reader::new(&[0x01, 0x01, 0x01]).boolean("b").is_err());
        assert!(Reader::new(&[0x06, 0x02, 0x80, 0x01]).oid("o").is_err());
        assert!(Reader::new(&[0x06, 0x01, 0x88]).oid("o").is_err());
        assert!(Reader::new(&[0x06, 0x00]).oid("o").is_err());
    }

    #[test]
    fn writes_what_it_reads() {
        for length in [0, 1, 127, 128, 255, 256, 65_535, 65_536] {
            let octets = element(tag::OCTET_STRING, &vec![7; length]);
            let mut reader = Reader::new(&octets);
            assert_eq!(reader.any().map(|element| element.content.len()), Ok(length));
            assert_eq!(reader.finish("it"), Ok(()));
        }
    }
}
