//! Whether two names are the same to relying parties (RFC 5280 §7.1), whatever their octets.

use super::{Attribute, Name, read_string};

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
        let (name, base) = (self.rdns(), base.rdns());
        name.len() >= base.len() && name.iter().zip(&base).all(|(one, other)| same_set(one, other))
    }
}

fn same_set(one: &[Attribute<'_>], other: &[Attribute<'_>]) -> bool {
    let within = |attribute: &Attribute<'_>, set: &[Attribute<'_>]| {
        set.iter().any(|candidate| same_attribute(attribute, candidate))
    };
    one.len() == other.len()
        && one.iter().all(|attribute| within(attribute, other))
        && other.iter().all(|attribute| within(attribute, one))
}

fn same_attribute(one: &Attribute<'_>, other: &Attribute<'_>) -> bool {
    let folded = |attribute: &Attribute<'_>| {
        let text = read_string(attribute.tag, attribute.value)?.to_lowercase();
        Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    one.oid == other.oid
        && match (folded(one), folded(other)) {
            (Some(one), Some(other)) => one == other,
            _ => one.tag == other.tag && one.value == other.value,
        }
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
