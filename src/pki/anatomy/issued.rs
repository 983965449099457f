//! In plain words the extensions that a CA writes and hardly a request asks for: where to look, what a CA below may do,
//! and under which policies (RFC 5280 §4.2.1.4, §4.2.1.10 to §4.2.1.14, §4.2.2.1; RFC 7633; RFC 6960 §4.2.2.2.1).

use crate::pki::{
    constraint::Subtree,
    der::{DerError, Element, Reader, element, tag},
    oid::ANY_POLICY,
};

use super::{
    description::Field,
    extension::{general_name, with_rest},
    identifier, value,
};

/// Most entries described of one extension; the rest is counted, and stands in the tree.
const ENTRIES_MAX: usize = 64;

const ID_OCSP: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 48, 1];
const ID_CA_ISSUERS: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 48, 2];
const CPS: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 2, 1];

/// Reads a list, each element by `one`, which gives its fields.
fn each(
    list: &mut Reader<'_>,
    noun: &'static str,
    one: impl Fn(&Element<'_>) -> Result<Vec<Field>, DerError>,
) -> Result<Vec<Field>, DerError> {
    let (mut found, mut entries, mut more) = (Vec::new(), 0, 0);
    while !list.is_empty() {
        let entry = list.any()?;
        entries += 1;
        if entries > ENTRIES_MAX {
            more += 1;
        } else {
            found.extend(one(&entry)?);
        }
    }
    Ok(with_rest(found, more, noun))
}

fn place(called: &str, name: &Element<'_>) -> Field {
    let field = general_name(name);
    let remark = (field.name != "URI").then(|| field.name.clone());
    let field = Field { name: called.to_owned(), ..field };
    match remark {
        Some(remark) => field.remarked(&remark),
        None => field,
    }
}

pub(super) fn information_access(reader: &mut Reader<'_>) -> Result<Vec<Field>, DerError> {
    let mut list = reader.sequence("authorityInfoAccess")?;
    reader.clone().finish("authorityInfoAccess")?;
    each(&mut list, "place", |entry| {
        let mut parts = entry.reader();
        let method = parts.oid("an access method")?;
        let location = parts.any()?;
        let called = match method {
            ID_OCSP => "OCSP responder".to_owned(),
            ID_CA_ISSUERS => "the issuer's certificate".to_owned(),
            other => identifier::shown(other),
        };
        Ok(vec![place(&called, &location)])
    })
}

pub(super) fn distribution_points(reader: &mut Reader<'_>) -> Result<Vec<Field>, DerError> {
    let mut list = reader.sequence("cRLDistributionPoints")?;
    reader.clone().finish("cRLDistributionPoints")?;
    each(&mut list, "CRL", |entry| {
        let mut parts = entry.reader();
        let mut found = Vec::new();
        if let Some(point) = parts.optional(tag::context_constructed(0))? {
            let mut choice = point.reader();
            match choice.optional(tag::context_constructed(0))? {
                Some(names) => {
                    let mut names = names.reader();
                    while !names.is_empty() && found.len() < ENTRIES_MAX {
                        found.push(place("CRL", &names.any()?));
                    }
                }
                None => found.push(Field::new("CRL", "named relative to its issuer")),
            }
        }
        if parts.optional(tag::context(1))?.is_some() {
            found.push(Field::new("CRL", "of some reasons only"));
        }
        if parts.optional(tag::context_constructed(2))?.is_some() {
            found.push(Field::new("CRL", "of another issuer"));
        }
        if found.is_empty() {
            found.push(Field::new("CRL", "none").remarked("the distribution point is empty"));
        }
        Ok(found)
    })
}

pub(super) fn policies(reader: &mut Reader<'_>) -> Result<Vec<Field>, DerError> {
    let mut list = reader.sequence("certificatePolicies")?;
    reader.clone().finish("certificatePolicies")?;
    each(&mut list, "policy", |entry| {
        let mut parts = entry.reader();
        let policy = parts.oid("a policy")?;
        let shown = if policy == ANY_POLICY { "any policy".to_owned() } else { identifier::shown(policy) };
        let mut found = vec![Field::new("policy", &shown)];
        let Some(qualifiers) = parts.optional(tag::SEQUENCE)? else { return Ok(found) };
        let mut qualifiers = qualifiers.reader();
        while !qualifiers.is_empty() && found.len() < ENTRIES_MAX {
            let mut qualifier = qualifiers.sequence("a policy qualifier")?;
            let kind = qualifier.oid("a policy qualifier")?;
            let said = qualifier.any()?;
            found.push(match kind {
                CPS => place("its practice statement", &uri(&element(tag::context(6), said.content))?),
                other => Field::new("it is qualified by", &identifier::shown(other)),
            });
        }
        Ok(found)
    })
}

fn uri(octets: &[u8]) -> Result<Element<'_>, DerError> {
    Reader::new(octets).any()
}

pub(super) fn name_constraints(reader: &mut Reader<'_>) -> Result<Vec<Field>, DerError> {
    let mut lists = reader.sequence("nameConstraints")?;
    reader.clone().finish("nameConstraints")?;
    let mut found = Vec::new();
    for (number, called) in [(0, "names below it must be in"), (1, "names below it must not be in")] {
        let Some(list) = lists.optional(tag::context_constructed(number))? else { continue };
        let fields = each(&mut list.reader(), "subtrees", |entry| {
            let base = entry.reader().any()?;
            let subtree = Subtree::of(&base);
            Ok(vec![Field::outside(called, &subtree.to_string())])
        })?;
        found.extend(fields);
    }
    lists.finish("nameConstraints")?;
    Ok(with_rest(found, 0, "subtree"))
}

/// How far below it something holds, from a number of certificates.
fn from(content: &[u8]) -> String {
    match content {
        [0] => "at once".to_owned(),
        [1] => "after 1 more certificate".to_owned(),
        number => format!("after {} more certificates", value::integer(number)),
    }
}

pub(super) fn policy_constraints(reader: &mut Reader<'_>) -> Result<Vec<Field>, DerError> {
    let mut fields = reader.sequence("policyConstraints")?;
    reader.clone().finish("policyConstraints")?;
    let mut found = Vec::new();
    if let Some(number) = fields.optional(tag::context(0))? {
        found.push(Field::new("a policy is demanded below it", &from(number.content)));
    }
    if let Some(number) = fields.optional(tag::context(1))? {
        found.push(Field::new("policies are no longer mapped below it", &from(number.content)));
    }
    fields.finish("policyConstraints")?;
    Ok(with_rest(found, 0, "policy constraint"))
}

pub(super) fn inhibit_any_policy(reader: &mut Reader<'_>) -> Result<Vec<Field>, DerError> {
    let number = reader.integer("inhibitAnyPolicy")?;
    Ok(vec![Field::new("any policy no longer counts below it", &from(number))])
}

pub(super) fn tls_feature(reader: &mut Reader<'_>) -> Result<Vec<Field>, DerError> {
    let mut list = reader.sequence("the TLS features")?;
    reader.clone().finish("the TLS features")?;
    each(&mut list, "TLS features", |entry| {
        let shown = match (entry.tag, entry.content) {
            (tag::INTEGER, [5]) => "its revocation status with it (must staple)".to_owned(),
            (tag::INTEGER, [17]) => "the status of its whole path with it".to_owned(),
            (_, content) => value::integer(content),
        };
        Ok(vec![Field::new("a TLS server must send", &shown)])
    })
}

pub(super) fn no_check(reader: &mut Reader<'_>) -> Result<Vec<Field>, DerError> {
    reader.expect(tag::NULL, "ocsp-nocheck")?;
    Ok(vec![Field::new("its own revocation", "need not be asked for")])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::der::sequence;

    type Read = fn(&mut Reader<'_>) -> Result<Vec<Field>, DerError>;

    fn check(read: Read, value: &[u8], expected: &[&str]) {
        let fields = read(&mut Reader::new(value)).expect("read");
        let told = |field: &Field| {
            let remark = field.remark.as_ref().map_or(String::new(), |remark| format!(" ({remark})"));
            format!("{}: {}{remark}", field.name, field.value)
        };
        assert_eq!(fields.iter().map(told).collect::<Vec<_>>(), expected);
    }

    fn uri(text: &str) -> Vec<u8> {
        element(tag::context(6), text.as_bytes())
    }

    fn oid(content: &[u8]) -> Vec<u8> {
        element(tag::OID, content)
    }

    #[test]
    fn says_where_to_ask() {
        let access = |method: &[u8], place: &[u8]| sequence(&[&oid(method), place]);
        check(
            information_access,
            &sequence(&[
                &access(ID_OCSP, &uri("http://ocsp.example/")),
                &access(ID_CA_ISSUERS, &element(tag::context(2), b"pki.example")),
            ]),
            &["OCSP responder: http://ocsp.example/", "the issuer's certificate: pki.example (DNS name)"],
        );
        let name = element(0xa0, &element(0xa0, &[uri("http://a.example/"), uri("\u{1b}[2J")].concat()));
        check(
            distribution_points,
            &sequence(&[&sequence(&[&name]), &sequence(&[&element(0x81, &[0, 1])]), &[0x30, 0]]),
            &[
                "CRL: http://a.example/",
                "CRL: \\u{1b}[2J (contains 1 character that is not shown as it is: ESC)",
                "CRL: of some reasons only",
                "CRL: none (the distribution point is empty)",
            ],
        );
        check(no_check, &[5, 0], &["its own revocation: need not be asked for"]);
        check(
            tls_feature,
            &[0x30, 6, 2, 1, 5, 2, 1, 9],
            &[
                "a TLS server must send: its revocation status with it (must staple)",
                "a TLS server must send: 9",
            ],
        );
        check(information_access, &[0x30, 0], &["places: none (the list is empty)"]);
    }

    #[test]
    fn says_what_a_ca_below_may_do() {
        let subtree = |form, content: &[u8]| sequence(&[&element(form, content)]);
        let permitted = element(
            0xa0,
            &[subtree(0x82, b"example.com"), subtree(0x87, &[10, 0, 0, 0, 255, 0, 0, 0])].concat(),
        );
        let excluded = element(0xa1, &subtree(0xa0, &[6, 1, 42, 0xa0, 2, 5, 0]));
        check(
            name_constraints,
            &sequence(&[&permitted, &excluded]),
            &[
                "names below it must be in: dns:example.com",
                "names below it must be in: ip:10.0.0.0 mask 255.0.0.0",
                "names below it must not be in: a name of another form",
            ],
        );
        check(
            policy_constraints,
            &[0x30, 6, 0x80, 1, 0, 0x81, 1, 2],
            &[
                "a policy is demanded below it: at once",
                "policies are no longer mapped below it: after 2 more certificates",
            ],
        );
        check(
            inhibit_any_policy,
            &[2, 1, 1],
            &["any policy no longer counts below it: after 1 more certificate"],
        );
        let statement = sequence(&[&oid(CPS), &element(tag::IA5_STRING, b"https://pki.example/cps")]);
        check(
            policies,
            &sequence(&[
                &sequence(&[&oid(&[0x2a, 3]), &sequence(&[&statement])]),
                &sequence(&[&oid(ANY_POLICY)]),
            ]),
            &["policy: 1.2.3", "its practice statement: https://pki.example/cps", "policy: any policy"],
        );
    }
}
