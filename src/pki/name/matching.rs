//! Whether two names are the same to relying parties (RFC 5280 §7.1), whatever their octets.

use std::collections::BTreeSet;

use super::{Attribute, Name, read_string};
use crate::pki::{
    der::{element, tag},
    fingerprint::Digest,
};

impl Name {
    /// Whether relying parties take both for one name: without regard to letter case, string type, the number of blanks
    /// and the order within a relative distinguished name.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        self.rdns().len() == other.rdns().len() && self.begins_with(other)
    }

    /// Whether its first relative distinguished names are those of the other, so that it is in the subtree of that.
    #[must_use]
    pub fn begins_with(&self, base: &Self) -> bool {
        self.folded().starts_with(&base.folded())
    }

    /// A digest that names have in common which relying parties take for one name ([`Name::matches`]), and no others: that
    /// of the name with its values folded.
    #[must_use]
    pub fn matching_sha256(&self) -> Digest {
        let sets: Vec<Vec<u8>> = self.folded().iter().map(Folded::octets).collect();
        Digest::of(&element(tag::SEQUENCE, &sets.concat()))
    }

    fn folded(&self) -> Vec<Folded> {
        self.rdns().iter().map(|rdn| Folded::of(rdn)).collect()
    }
}

/// A relative distinguished name without what relying parties do not look at: its attributes as DER, their text folded, in
/// one order.
#[derive(Eq, PartialEq)]
struct Folded {
    /// How many there are, where one stands twice, too.
    count: u64,
    attributes: BTreeSet<Vec<u8>>,
}

impl Folded {
    fn of(rdn: &[Attribute<'_>]) -> Self {
        Self { count: rdn.len() as u64, attributes: rdn.iter().map(folded).collect() }
    }

    fn octets(&self) -> Vec<u8> {
        let attributes: Vec<u8> = self.attributes.iter().flatten().copied().collect();
        let count = element(tag::INTEGER, &self.count.to_be_bytes());
        element(tag::SET, &[count, attributes].concat())
    }
}

/// Type and value. Text of any string type is UTF-8 in lower case, with one blank between words and none around them; what
/// is no text is itself, and no folded text: that would read as text.
fn folded(attribute: &Attribute<'_>) -> Vec<u8> {
    let value = match read_string(attribute.tag, attribute.value) {
        Some(text) => {
            let text = text.to_lowercase();
            let words: Vec<&str> = text.split_whitespace().collect();
            element(tag::UTF8_STRING, words.join(" ").as_bytes())
        }
        None => element(attribute.tag, attribute.value),
    };
    element(tag::SEQUENCE, &[element(tag::OID, attribute.oid), value].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::der::{element, sequence, tag};

    /// One relative distinguished name of these attributes, types under id-at, in the order given.
    fn rdn(attributes: &[(u8, u8, &[u8])]) -> Vec<u8> {
        let pairs: Vec<Vec<u8>> = (attributes.iter())
            .map(|(number, string, value)| sequence(&[&[6, 3, 0x55, 4, *number], &element(*string, value)]))
            .collect();
        element(tag::SET, &pairs.concat())
    }

    fn check(one: &[Vec<u8>], other: &[Vec<u8>], expected: bool) {
        let read = |rdns: &[Vec<u8>]| Name::parse(&element(tag::SEQUENCE, &rdns.concat())).expect("a name");
        let (one, other) = (read(one), read(other));
        assert_eq!(one.matches(&other), expected, "{} {}", one.to_printable(), other.to_printable());
        assert_eq!(other.matches(&one), expected, "the other way round");
        assert_eq!(one.matching_sha256() == other.matching_sha256(), expected, "their digests");
    }

    #[test]
    fn compares_as_relying_parties_do() {
        let (utf8, printable) = (tag::UTF8_STRING, tag::PRINTABLE_STRING);
        let plain = [rdn(&[(10, utf8, b"Works")]), rdn(&[(3, utf8, b"Issuing CA")])];
        check(&plain, &plain, true);
        check(&plain, &[rdn(&[(10, printable, b"WORKS ")]), rdn(&[(3, printable, b"issuing  ca")])], true);
        check(&plain, &plain[..1], false);
        check(&plain, &[plain[1].clone(), plain[0].clone()], false);
        check(&plain, &[plain[0].clone(), rdn(&[(3, utf8, b"Issuing-CA")])], false);
        // Several attributes in one relative name are a set, whatever order they are written in.
        let (ours, theirs) =
            ([(11, utf8, &b"a"[..]), (3, utf8, b"b")], [(3, utf8, &b"b"[..]), (11, utf8, b"a")]);
        check(&[rdn(&ours)], &[rdn(&theirs)], true);
        check(&[rdn(&ours)], &[rdn(&ours[..1])], false);
        // A type that has no name here, in two string types.
        check(&[rdn(&[(99, utf8, b"a")])], &[rdn(&[(99, printable, b"A")])], true);
        check(&[rdn(&[(99, utf8, b"a")])], &[rdn(&[(98, utf8, b"a")])], false);
        // What is no text is itself alone.
        check(&[rdn(&[(45, tag::BIT_STRING, &[0, 1])])], &[rdn(&[(45, tag::BIT_STRING, &[0, 1])])], true);
        check(&[rdn(&[(45, tag::BIT_STRING, &[0, 1])])], &[rdn(&[(45, tag::BIT_STRING, &[0, 2])])], false);
    }
}
