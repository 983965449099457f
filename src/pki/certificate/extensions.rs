//! A certificate's extensions (RFC 5280 §4.2): those that a path needs, and which critical ones nobody here knows.

use std::collections::BTreeSet;

use crate::pki::{
    constraint::NameConstraints,
    der::{Element, Reader, element as element_of, tag},
    oid,
};

use super::{CertificateError, reading::malformed};

/// Most extensions read in one certificate: real ones have under twenty.
const EXTENSIONS_MAX: usize = 64;

/// Most certificate policies read in one certificate: real ones have a few.
const POLICIES_MAX: usize = 256;

/// DER content octets of `id-ce` (2.5.29); the extension's number follows.
const ID_CE: [u8; 2] = [0x55, 0x1d];

/// What the extensions say.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(in crate::pki) struct Extensions {
    pub is_ca: bool,
    pub path_length: Option<u32>,
    pub key_usage: Option<u16>,
    pub extended_key_usage: Vec<Vec<u8>>,
    pub subject_key_identifier: Option<Vec<u8>>,
    pub authority_key_identifier: Option<Vec<u8>>,
    pub subject_alt_name: Option<Vec<u8>>,
    /// Of the subjectAltName.
    pub subject_alt_name_critical: bool,
    pub name_constraints: NameConstraints,
    pub policies: Option<Vec<Vec<u8>>>,
    /// The issuer's side of its policyMappings.
    pub mapped_policies: Vec<Vec<u8>>,
    pub require_explicit_policy: Option<u32>,
    pub inhibit_any_policy: Option<u32>,
    pub unknown_critical: Vec<Vec<u8>>,
}

/// Reads `[3] EXPLICIT Extensions` if it stands next.
pub(in crate::pki) fn read(fields: &mut Reader<'_>) -> Result<Extensions, CertificateError> {
    let mut found = Extensions::default();
    let Some(explicit) = fields.optional(tag::context_constructed(3))? else {
        return Ok(found);
    };
    let mut inner = explicit.reader();
    let mut list = inner.sequence("extensions")?;
    inner.finish("extensions")?;
    if list.is_empty() {
        return Err(malformed("its list of extensions is empty"));
    }
    let mut seen = BTreeSet::new();
    while !list.is_empty() {
        if seen.len() == EXTENSIONS_MAX {
            return Err(malformed(&format!("it has more than {EXTENSIONS_MAX} extensions")));
        }
        let mut extension = list.sequence("extension")?;
        let oid = extension.oid("extnID")?;
        let critical = critical(&mut extension)?;
        let value = extension.expect(tag::OCTET_STRING, "extnValue")?;
        extension.finish("extnValue")?;
        // RFC 5280 §4.2: not more than one instance of an extension.
        if !seen.insert(oid) {
            return Err(malformed("it has an extension twice"));
        }
        one(&mut found, oid, critical, &value)?;
    }
    Ok(found)
}

/// DEFAULT FALSE is not written in DER (X.690 §11.5).
fn critical(extension: &mut Reader<'_>) -> Result<bool, CertificateError> {
    if extension.peek() != Some(tag::BOOLEAN) {
        return Ok(false);
    }
    if extension.boolean("critical")? {
        Ok(true)
    } else {
        Err(malformed("an extension's critical flag is written although it is FALSE"))
    }
}

fn one(
    found: &mut Extensions,
    oid: &[u8],
    critical: bool,
    value: &Element<'_>,
) -> Result<(), CertificateError> {
    let number = oid.strip_prefix(&ID_CE).and_then(|rest| <[u8; 1]>::try_from(rest).ok());
    let mut reader = value.reader();
    match number {
        Some([14]) => {
            let identifier = reader.expect(tag::OCTET_STRING, "subjectKeyIdentifier")?;
            found.subject_key_identifier = Some(not_empty(identifier.content, "subjectKeyIdentifier")?);
        }
        Some([15]) => found.key_usage = Some(key_usage(&mut reader)?),
        Some([19]) => (found.is_ca, found.path_length) = basic_constraints(&mut reader)?,
        Some([35]) => found.authority_key_identifier = authority_key_identifier(&mut reader)?,
        Some([37]) => found.extended_key_usage = extended_key_usage(&mut reader)?,
        Some([17]) => {
            alternative_names(&mut reader)?;
            found.subject_alt_name = Some(value.content.to_vec());
            found.subject_alt_name_critical = critical;
        }
        Some([30]) => found.name_constraints = NameConstraints::read(&mut reader)?,
        Some([32]) => found.policies = Some(policies(&mut reader)?),
        Some([33]) => {
            found.mapped_policies = policy_mappings(&mut reader)?;
            // What is mapped to is never valid here, so that a mapping is not understood in full.
            if critical {
                found.unknown_critical.push(oid.to_vec());
            }
        }
        Some([36]) => found.require_explicit_policy = policy_constraints(&mut reader)?,
        Some([54]) => found.inhibit_any_policy = Some(small(reader.integer("inhibitAnyPolicy")?)?),
        _ => {
            if critical {
                found.unknown_critical.push(oid.to_vec());
            }
            return Ok(());
        }
    }
    Ok(reader.finish("an extension's value")?)
}

/// That it is a list of names. What they say is for the relying party, and looked into where a CA constrains it.
fn alternative_names(reader: &mut Reader<'_>) -> Result<(), CertificateError> {
    let mut list = reader.sequence("subjectAltName")?;
    if list.is_empty() {
        return Err(malformed("its subjectAltName is empty"));
    }
    while !list.is_empty() {
        // RFC 5280 §4.2.1.6: GeneralName is a choice of nine.
        if !matches!(list.any()?.tag, 0x81 | 0x82 | 0x86..=0x88 | 0xa0 | 0xa3..=0xa5) {
            return Err(malformed("its subjectAltName has a name of no known form"));
        }
    }
    Ok(())
}

fn not_empty(octets: &[u8], noun: &str) -> Result<Vec<u8>, CertificateError> {
    if octets.is_empty() { Err(malformed(&format!("its {noun} is empty"))) } else { Ok(octets.to_vec()) }
}

pub(in crate::pki) fn key_usage(reader: &mut Reader<'_>) -> Result<u16, CertificateError> {
    let element = reader.expect(tag::BIT_STRING, "keyUsage")?;
    let wrong = || malformed("its keyUsage is not a list of named bits in DER");
    let (unused, octets) = element.content.split_first().ok_or_else(wrong)?;
    let last = *octets.last().ok_or_else(wrong)?;
    // X.690 §11.2.2: trailing zero bits are left out, so that the last bit written is a one. An empty list is not
    // allowed (RFC 5280 §4.2.1.3), and beyond bit 8 there is none.
    if last == 0 || u32::from(*unused) != last.trailing_zeros() || octets.len() > 2 {
        return Err(wrong());
    }
    let bits = octets
        .iter()
        .enumerate()
        .fold(0_u16, |bits, (at, octet)| bits | u16::from(octet.reverse_bits()) << (8 * at));
    if bits >> 9 == 0 { Ok(bits) } else { Err(wrong()) }
}

pub(in crate::pki) fn basic_constraints(
    reader: &mut Reader<'_>,
) -> Result<(bool, Option<u32>), CertificateError> {
    let mut fields = reader.sequence("basicConstraints")?;
    let is_ca = fields.peek() == Some(tag::BOOLEAN);
    if is_ca && !fields.boolean("cA")? {
        return Err(malformed("its basicConstraints write cA although it is FALSE"));
    }
    let path_length =
        if fields.is_empty() { None } else { Some(small(fields.integer("pathLenConstraint")?)?) };
    fields.finish("pathLenConstraint")?;
    if path_length.is_some() && !is_ca {
        return Err(malformed("it has a path length but is not a CA"));
    }
    Ok((is_ca, path_length))
}

fn small(content: &[u8]) -> Result<u32, CertificateError> {
    match content {
        [first, ..] if first & 0x80 != 0 => Err(malformed("a number of certificates is negative")),
        // Whoever writes more than 2^31 means no limit at all; nothing is that long.
        octets if octets.len() > 4 => Err(malformed("a number of certificates is out of range")),
        octets => Ok(octets.iter().fold(0, |value, octet| value << 8 | u32::from(*octet))),
    }
}

/// The policies' OIDs (RFC 5280 §4.2.1.4); qualifiers are for people.
fn policies(reader: &mut Reader<'_>) -> Result<Vec<Vec<u8>>, CertificateError> {
    let mut list = reader.sequence("certificatePolicies")?;
    let mut found: Vec<Vec<u8>> = Vec::new();
    while !list.is_empty() {
        let mut information = list.sequence("policyInformation")?;
        let policy = information.oid("policyIdentifier")?;
        information.optional(tag::SEQUENCE)?;
        information.finish("policyQualifiers")?;
        if found.len() == POLICIES_MAX {
            return Err(malformed(&format!("it has more than {POLICIES_MAX} certificate policies")));
        }
        if found.iter().any(|earlier| earlier == policy) {
            return Err(malformed("it has a certificate policy twice"));
        }
        found.push(policy.to_vec());
    }
    if found.is_empty() { Err(malformed("its certificatePolicies is empty")) } else { Ok(found) }
}

/// The same of a whole extnValue's content.
pub(in crate::pki) fn policies_of(value: &[u8]) -> Result<Vec<Vec<u8>>, CertificateError> {
    let mut reader = Reader::new(value);
    let found = policies(&mut reader)?;
    reader.finish("certificatePolicies")?;
    Ok(found)
}

/// The policies that a CA maps to others (RFC 5280 §4.2.1.5), each once.
fn policy_mappings(reader: &mut Reader<'_>) -> Result<Vec<Vec<u8>>, CertificateError> {
    let mut list = reader.sequence("policyMappings")?;
    let mut found: Vec<Vec<u8>> = Vec::new();
    let mut count = 0;
    while !list.is_empty() {
        let mut mapping = list.sequence("a policy mapping")?;
        let issuers = mapping.oid("issuerDomainPolicy")?;
        let subjects = mapping.oid("subjectDomainPolicy")?;
        mapping.finish("subjectDomainPolicy")?;
        if count == POLICIES_MAX {
            return Err(malformed(&format!("it maps more than {POLICIES_MAX} certificate policies")));
        }
        count += 1;
        if [issuers, subjects].contains(&oid::ANY_POLICY) {
            return Err(malformed("it maps anyPolicy"));
        }
        if !found.iter().any(|earlier| earlier == issuers) {
            found.push(issuers.to_vec());
        }
    }
    if found.is_empty() { Err(malformed("its policyMappings is empty")) } else { Ok(found) }
}

/// requireExplicitPolicy (RFC 5280 §4.2.1.11); mappings are inhibited in any case.
fn policy_constraints(reader: &mut Reader<'_>) -> Result<Option<u32>, CertificateError> {
    let mut fields = reader.sequence("policyConstraints")?;
    if fields.is_empty() {
        return Err(malformed("its policyConstraints is empty"));
    }
    let number = |element: Element<'_>| -> Result<u32, CertificateError> {
        // [n] IMPLICIT INTEGER: its content is that of an INTEGER.
        let whole = element_of(tag::INTEGER, element.content);
        small(Reader::new(&whole).integer("a number of certificates")?)
    };
    let explicit = fields.optional(tag::context(0))?.map(number).transpose()?;
    fields.optional(tag::context(1))?.map(number).transpose()?;
    fields.finish("policyConstraints")?;
    Ok(explicit)
}

fn authority_key_identifier(reader: &mut Reader<'_>) -> Result<Option<Vec<u8>>, CertificateError> {
    let mut fields = reader.sequence("authorityKeyIdentifier")?;
    let identifier = fields.optional(tag::context(0))?;
    fields.optional(tag::context_constructed(1))?;
    fields.optional(tag::context(2))?;
    fields.finish("authorityKeyIdentifier")?;
    identifier.map(|element| not_empty(element.content, "authorityKeyIdentifier")).transpose()
}

pub(in crate::pki) fn extended_key_usage(reader: &mut Reader<'_>) -> Result<Vec<Vec<u8>>, CertificateError> {
    let mut fields = reader.sequence("extKeyUsage")?;
    let mut usages = Vec::new();
    while !fields.is_empty() {
        usages.push(fields.oid("keyPurposeId")?.to_vec());
    }
    if usages.is_empty() { Err(malformed("its extKeyUsage is empty")) } else { Ok(usages) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::der;

    fn extension(number: u8, flag: &[u8], value: &[u8]) -> Vec<u8> {
        let oid = der::element(tag::OID, &[0x55, 0x1d, number]);
        der::sequence(&[&oid, flag, &der::element(tag::OCTET_STRING, value)])
    }

    fn list(extensions: &[Vec<u8>]) -> Result<Extensions, String> {
        let octets = der::element(0xa3, &der::element(tag::SEQUENCE, &extensions.concat()));
        read(&mut Reader::new(&octets)).map_err(|error| error.to_string())
    }

    fn check(number: u8, value: &[u8], expected: Option<&Extensions>) {
        assert_eq!(list(&[extension(number, &[], value)]).ok().as_ref(), expected, "{number} {value:02x?}");
    }

    #[test]
    fn reads_basic_constraints_in_one_spelling() {
        let ca = |path_length| Extensions { is_ca: true, path_length, ..Extensions::default() };
        check(19, &[0x30, 0], Some(&Extensions::default()));
        check(19, &[0x30, 3, 1, 1, 0xff], Some(&ca(None)));
        check(19, &[0x30, 6, 1, 1, 0xff, 2, 1, 0], Some(&ca(Some(0))));
        check(19, &[0x30, 7, 1, 1, 0xff, 2, 2, 0, 200], Some(&ca(Some(200))));
        check(19, &[0x30, 3, 1, 1, 0], None);
        check(19, &[0x30, 3, 1, 1, 1], None);
        check(19, &[0x30, 3, 2, 1, 0], None);
        check(19, &[0x30, 6, 1, 1, 0xff, 2, 1, 0xff], None);
        check(19, &[0x30, 0, 0], None);
    }

    #[test]
    fn reads_key_usage_in_one_spelling() {
        let usage = |bits| Extensions { key_usage: Some(bits), ..Extensions::default() };
        check(15, &[3, 2, 7, 0x80], Some(&usage(1)));
        check(15, &[3, 2, 1, 0x06], Some(&usage(0x60)));
        check(15, &[3, 3, 7, 0, 0x80], Some(&usage(0x100)));
        check(15, &[3, 2, 0, 0x80], None);
        check(15, &[3, 2, 7, 0x81], None);
        check(15, &[3, 1, 0], None);
        check(15, &[3, 2, 0, 0], None);
        check(15, &[3, 3, 6, 0, 0x40], None);
        check(15, &[3, 4, 7, 0, 0, 0x80], None);
    }

    #[test]
    fn reads_which_policies_are_mapped_and_never_takes_a_mapping_for_understood() {
        let oid = |last: u8| der::element(tag::OID, &[0x2a, last]);
        let value = |pairs: &[(u8, u8)]| {
            let pairs: Vec<_> =
                pairs.iter().map(|(one, to)| der::sequence(&[&oid(*one), &oid(*to)])).collect();
            der::element(tag::SEQUENCE, &pairs.concat())
        };
        let mapped_policies = vec![vec![0x2a, 3], vec![0x2a, 4]];
        let mapping = Extensions { mapped_policies, ..Extensions::default() };
        check(33, &value(&[(3, 5), (3, 6), (4, 5)]), Some(&mapping));
        let critical = list(&[extension(33, &[1, 1, 0xff], &value(&[(3, 5)]))]).expect("read");
        assert_eq!(critical.unknown_critical, [[0x55, 0x1d, 33]]);
        check(33, &value(&[]), None);
        check(33, &der::sequence(&[&der::sequence(&[&oid(3)])]), None);
        check(33, &der::sequence(&[&der::sequence(&[&oid(3), &oid(4), &oid(5)])]), None);
        let any = der::element(tag::OID, oid::ANY_POLICY);
        check(33, &der::sequence(&[&der::sequence(&[&oid(3), &any])]), None);
        check(33, &der::sequence(&[&der::sequence(&[&any, &oid(3)])]), None);
        check(33, &value(&vec![(3, 5); POLICIES_MAX + 1]), None);
    }

    #[test]
    fn refuses_an_extension_twice_and_a_flag_that_says_false() {
        let usage = [3, 2, 7, 0x80];
        assert!(
            list(&[extension(15, &[], &usage), extension(15, &[], &usage)]).unwrap_err().contains("twice")
        );
        assert!(list(&[extension(15, &[1, 1, 0], &usage)]).unwrap_err().contains("critical flag"));
        assert!(list(&[]).unwrap_err().contains("empty"));
        let many: Vec<_> = (64..64 + 65).map(|number| extension(number % 128, &[], &[])).collect();
        assert!(list(&many).unwrap_err().contains("64"));
    }

    #[test]
    fn collects_critical_extensions_that_it_does_not_know() {
        let flag = [1, 1, 0xff];
        let found =
            list(&[extension(99, &flag, &[0x30, 0]), extension(98, &[], &[]), extension(17, &flag, NAMES)]);
        assert_eq!(found.map(|found| found.unknown_critical), Ok(vec![vec![0x55, 0x1d, 99]]));
    }

    /// One DNS name, `a`.
    const NAMES: &[u8] = &[0x30, 3, 0x82, 1, b'a'];

    #[test]
    fn takes_a_list_of_names_for_alternative_names_and_nothing_else() {
        let names = Extensions { subject_alt_name: Some(NAMES.to_vec()), ..Extensions::default() };
        check(17, NAMES, Some(&names));
        check(17, &[0x30, 0], None);
        check(17, b"a.example", None);
        check(17, &[0x30, 3, 0x0c, 1, b'a'], None);
        check(17, &[0x30, 3, 0x89, 1, b'a'], None);
        check(17, &[0x30, 3, 0x82, 1, b'a', 5, 0], None);
    }
}
