//! Names inside and outside, a line each.

use super::*;
use crate::pki::der::{element, sequence};

fn names(list: &[(u8, &[u8])]) -> Vec<u8> {
    let list: Vec<Vec<u8>> = list.iter().map(|(form, content)| element(*form, content)).collect();
    element(tag::SEQUENCE, &list.concat())
}

fn check(permitted: &[&str], excluded: &[&str], form: u8, content: &[u8], expected: bool) {
    let read = |list: &[&str]| list.iter().map(|text| Subtree::from_text(text).expect(text)).collect();
    let constraints = NameConstraints { permitted: read(permitted), excluded: read(excluded) };
    let empty = Name::parse(&[0x30, 0]).expect("empty");
    let found = constraints.check(&empty, Some(&names(&[(form, content)])));
    assert_eq!(found.is_ok(), expected, "{permitted:?} {excluded:?} {content:?}: {found:?}");
}

#[test]
fn tells_names_inside_from_names_outside() {
    let (email, dns, uri, address) = (0x81, 0x82, 0x86, 0x87);
    check(&["dns:example.com"], &[], dns, b"example.com", true);
    check(&["dns:example.com"], &[], dns, b"A.EXAMPLE.com", true);
    check(&["dns:example.com"], &[], dns, b"badexample.com", false);
    check(&["dns:example.com"], &[], dns, b"example.com.evil.org", false);
    check(&["dns:example.com"], &["dns:b.example.com"], dns, b"a.b.example.com", false);
    check(&["dns:example.com"], &["dns:b.example.com"], dns, b"c.example.com", true);
    check(&["dns:example.com"], &[], dns, b".example.com", false);
    check(&["dns:example.com"], &[], dns, b"a..example.com", false);
    check(&["dns:example.com"], &[], dns, b"*.example.com", true);
    check(&["dns:example.com"], &[], dns, b"*.a.example.com", true);
    check(&["dns:b.example.com"], &[], dns, b"*.example.com", false);
    check(&[], &["dns:b.example.com"], dns, b"*.example.com", false);
    check(&[], &["dns:b.example.com"], dns, b"*.b.example.com", false);
    check(&[], &["dns:b.example.com"], dns, b"*.EXAMPLE.com", false);
    check(&[], &["dns:a.b.example.com"], dns, b"*.example.com", true);
    check(&[], &["dns:b.example.com"], dns, b"*.example.org", true);
    check(&[], &["dns:b.example.org"], dns, b"c*.example.com", false);
    check(&["dns:example.com"], &[], uri, b"urn:x:1", true);
    check(&["uri:.example.com"], &[], uri, b"https://a.example.com:8443/x", true);
    check(&["uri:.example.com"], &[], uri, b"https://example.com/", false);
    check(&["uri:example.com"], &[], uri, b"https://user@example.com", true);
    check(&["uri:example.com"], &[], uri, b"https://example.com@evil.org/", false);
    check(&["uri:example.com"], &[], uri, b"urn:x:1", false);
    check(&[], &["uri:example.com"], uri, b"urn:x:1", false);
    check(&["uri:.example.com"], &[], uri, b"urn:x://a.example.com/", false);
    check(&["uri:.example.com"], &[], uri, b"urn:dev:1?u=://a.example.com/", false);
    check(&["uri:.example.com"], &[], uri, b"https:/evil.org/://a.example.com/", false);
    check(&["uri:.example.com"], &[], uri, b"https://evil.org\\@a.example.com/", false);
    check(&["uri:.example.com"], &[], uri, b"https://evil.org%2f.example.com/", false);
    check(&[], &["uri:example.com"], uri, b"https://example.com./", false);
    check(&[], &["uri:example.com"], uri, b"https://ex%61mple.com/", false);
    check(&[], &["uri:example.com"], uri, b"https://example.org/", true);
    check(&["email:example.com"], &[], email, b"a@example.com", true);
    check(&["email:example.com"], &[], email, b"a@b.example.com", false);
    check(&["email:.example.com"], &[], email, b"a@b.example.com", true);
    check(&["email:example.com"], &[], email, b"a@b.org@example.com", false);
    check(&[], &["email:example.com"], email, b"a@example.com@b.org", false);
    check(&["email:a@example.com"], &[], email, b"A@example.com", false);
    check(&["ip:192.0.2.0/24"], &[], address, &[192, 0, 2, 9], true);
    check(&["ip:192.0.2.0/24"], &[], address, &[192, 0, 3, 9], false);
    check(&["ip:192.0.2.0/24"], &[], address, &[0; 16], false);
    check(
        &["ip:2001:db8::/33"],
        &[],
        address,
        &[0x20, 1, 0xd, 0xb8, 0x7f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
        true,
    );
    check(
        &["ip:2001:db8::/33"],
        &[],
        address,
        &[0x20, 1, 0xd, 0xb8, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
        false,
    );
}

#[test]
fn refuses_an_internationalised_mailbox_where_mailboxes_are_constrained() {
    let other = |oid: &[u8]| {
        let value = element(0xa0, &element(tag::UTF8_STRING, "é@evil.org".as_bytes()));
        [element(tag::OID, oid), value].concat()
    };
    let (form, mailbox) = (0xa0, other(oid::SMTP_UTF8_MAILBOX));
    check(&["email:example.com"], &[], form, &mailbox, false);
    check(&[], &["email:example.com"], form, &mailbox, false);
    check(&["dns:example.com"], &[], form, &mailbox, true);
    check(&["email:example.com"], &["email:example.org"], form, &other(oid::HARDWARE_MODULE_NAME), true);
    check(&["email:example.com"], &[], form, &[5, 0], false);
}

#[test]
fn a_subtree_that_is_no_domain_permits_nothing_and_excludes_everything() {
    let check = |form: u8, base: &[u8], name: &[u8]| {
        let subtree = Subtree::of(&Reader::new(&element(form, base)).any().expect("an element"));
        let empty = Name::parse(&[0x30, 0]).expect("empty");
        let within = |constraints: NameConstraints| constraints.check(&empty, Some(&names(&[(form, name)])));
        let list = vec![subtree];
        let permitted = within(NameConstraints { permitted: list.clone(), ..NameConstraints::default() });
        let excluded = within(NameConstraints { excluded: list, ..NameConstraints::default() });
        (permitted.is_ok(), excluded.is_ok())
    };
    let (email, dns, uri) = (0x81, 0x82, 0x86);
    assert_eq!(check(dns, b"example.com", b"a.example.com"), (true, false));
    assert_eq!(check(dns, b".example.com", b"a.example.com"), (true, false));
    assert_eq!(check(dns, b"", b"a.example.com"), (true, false));
    assert_eq!(check(dns, b"example.com", b"a.example.org"), (false, true));
    for base in [&b"*.example.com"[..], b"example.com.", b"a..example.com", b".", b"https://example.com"] {
        assert_eq!(check(dns, base, b"a.example.com"), (false, false), "{base:?}");
        assert_eq!(check(uri, base, b"https://a.example.com/"), (false, false), "{base:?}");
        assert_eq!(check(email, base, b"a@a.example.com"), (false, false), "{base:?}");
    }
    for (form, name) in [(email, &b"a@example.com"[..]), (uri, b"https://example.com/")] {
        assert_eq!(check(form, b"", name), (false, false));
    }
    assert_eq!(check(email, b"a@example.com", b"a@example.com"), (true, false));
}

#[test]
fn judges_the_subject_and_the_address_in_it() {
    let constraints = NameConstraints {
        permitted: vec![
            Subtree::from_text("dn:O=Example Works,C=DE").expect("dn"),
            Subtree::from_text("email:example.com").expect("email"),
        ],
        excluded: Vec::new(),
    };
    let check = |text: &str, expected: bool| {
        let name = Name::from_text(text).expect(text);
        assert_eq!(constraints.check(&name, None).is_ok(), expected, "{text}");
    };
    check("CN=dev-1,O=example  works,C=DE", true);
    check("O=Example Works,C=DE", true);
    check("CN=dev-1,O=Other,C=DE", false);
    check("C=DE", false);
    check("emailAddress=a@example.com,O=Example Works,C=DE", true);
    check("emailAddress=a@example.org,O=Example Works,C=DE", false);
}

#[test]
fn reads_the_extension_and_refuses_what_it_does_not_understand() {
    let subtree = |form, content: &[u8]| sequence(&[&element(form, content)]);
    let value = |list: &[u8]| sequence(&[&element(0xa0, list)]);
    let read = |value: &[u8]| NameConstraints::read(&mut Reader::new(value));
    let found = read(&value(&subtree(0x82, b"example.com"))).expect("read");
    assert_eq!(found.permitted, [Subtree::Dns("example.com".into())]);
    let strange = read(&value(&subtree(0xa0, &[6, 1, 0x2a, 0xa0, 2, 5, 0]))).expect("read");
    let empty = Name::parse(&[0x30, 0]).expect("empty");
    assert!(strange.check(&empty, Some(&names(&[(0xa0, &[6, 1, 0x2a, 0xa0, 2, 5, 0])]))).is_err());
    assert!(strange.check(&empty, Some(&names(&[(0x82, b"example.com")]))).is_ok());
    assert!(read(&[0x30, 0]).is_err());
    assert!(read(&[0x30, 2, 0xa0, 0]).is_err());
    let bounded = sequence(&[&element(0x82, b"a"), &element(0x81, &[1])]);
    assert!(read(&value(&bounded)).is_err());
}

#[test]
fn takes_one_spelling_of_a_subtree() {
    for wrong in [
        "example.com",
        "dns:",
        "dns:.example.com",
        "dns:a b",
        "ip:192.0.2.1/24",
        "ip:192.0.2.0",
        "ip:192.0.2.0/33",
        "ip:192.0.2.0/024",
        "email:@example.com",
        "uri:https://example.com",
        "dn:nonsense",
        "rid:1.2.3",
    ] {
        assert!(Subtree::from_text(wrong).is_err(), "{wrong}");
    }
    for right in ["dns:localhost", "ip:0.0.0.0/0", "ip:::/0", "email:.example.com", "uri:host.example"] {
        assert!(Subtree::from_text(right).is_ok(), "{right}");
    }
}
