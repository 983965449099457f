//! Rules on alternative names, kind by kind.

use super::*;

const MODULE: &[u8] =
    b"\x06\x08\x2b\x06\x01\x05\x05\x07\x08\x04\xa0\x0b\x30\x09\x06\x03\x2a\x03\x04\x04\x02\x0a\x0b";

fn rule(kind: NameKind, demand: Demand) -> AlternativeRule {
    AlternativeRule { kind, presence: Presence::Allowed, pattern: None, count_max: usize::MAX, demand }
}

/// What the rules say against these names; no text for a name: it is all octets.
fn check(rules: Vec<AlternativeRule>, unlisted: Unlisted, names: &[(u8, &[u8])], expected: &[&str]) {
    let names: Vec<Vec<u8>> = names.iter().map(|(tag, content)| element(*tag, content)).collect();
    let parts: Vec<&[u8]> = names.iter().map(Vec::as_slice).collect();
    let value = sequence(&parts);
    let mut findings = Vec::new();
    let value = if names.is_empty() { None } else { Some(value.as_slice()) };
    AlternativeRules { rules, unlisted }.judge(value, &mut findings);
    assert!(findings.iter().all(|finding| finding.control == Control::AlternativeNameRule));
    let found: Vec<&str> = findings.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(found, expected);
}

fn dns(suffixes: &[&str], wildcards: Wildcards) -> AlternativeRule {
    let suffixes = suffixes.iter().map(|suffix| (*suffix).to_owned()).collect();
    rule(NameKind::Dns, Demand::Dns { suffixes, wildcards })
}

#[test]
fn a_host_name_is_below_a_domain_and_no_wildcard_by_itself() {
    let host = |host: &'static str, expected: &[&str]| {
        check(
            vec![dns(&["example.com"], Wildcards::Refuse)],
            Unlisted::Take,
            &[(DNS, host.as_bytes())],
            expected,
        );
    };
    host("a.example.com", &[]);
    host("A.B.Example.COM", &[]);
    host("example.com", &[]);
    host("badexample.com", &["dns: `badexample.com` is not below a domain that the profile takes"]);
    host("example.com.evil", &["dns: `example.com.evil` is not below a domain that the profile takes"]);
    host("*.example.com", &["dns: `*.example.com` is a wildcard"]);
    let wild = [(DNS, b"*.example.com".as_slice()), (DNS, b"*.example.org")];
    let outside = "dns: `*.example.org` is not below a domain that the profile takes";
    check(vec![dns(&["example.com"], Wildcards::Take)], Unlisted::Take, &wild, &[outside]);
}

#[test]
fn each_kind_has_demands_of_its_own() {
    let networks = vec![Network::parse("10.0.0.0/8").expect("a network")];
    let address = rule(NameKind::Ip, Demand::Ip(networks));
    let outside = "ip: `192.168.0.1` lies in no network that the profile takes";
    let addresses = [(IP, [10, 1, 2, 3].as_slice()), (IP, &[192, 168, 0, 1])];
    check(vec![address], Unlisted::Take, &addresses, &[outside]);
    let uri = rule(NameKind::Uri, Demand::Uri(vec!["urn".into()]));
    let other = "uri: `http://a` has a scheme that the profile does not take";
    check(vec![uri], Unlisted::Take, &[(URI, b"URN:dev:1"), (URI, b"http://a")], &[other]);
    let mail = rule(NameKind::Email, Demand::Email { suffixes: vec!["example.com".into()] });
    let foreign = "email: `a@example.org` is not below a domain that the profile takes";
    let mails = [(EMAIL, b"a@example.com".as_slice()), (EMAIL, b"a@example.org")];
    check(vec![mail], Unlisted::Take, &mails, &[foreign]);
    let module = |types: &[&[u8]]| {
        rule(NameKind::Other, Demand::Other(types.iter().map(|found| found.to_vec()).collect()))
    };
    check(vec![module(&[oid::HARDWARE_MODULE_NAME])], Unlisted::Take, &[(OTHER, MODULE)], &[]);
    let wrong = "other: `hardware module 1.2.3.4 serial 0a0b` is of a type that the profile does not take";
    check(vec![module(&[&[0x2a, 3]])], Unlisted::Take, &[(OTHER, MODULE)], &[wrong]);
}

#[test]
fn counts_and_presence_are_held() {
    let required =
        AlternativeRule { presence: Presence::Required, count_max: 1, ..dns(&[], Wildcards::Refuse) };
    let missing = "dns: an alternative name of this kind is missing";
    check(vec![required.clone()], Unlisted::Take, &[], &[missing]);
    check(vec![required.clone()], Unlisted::Take, &[(IP, &[1, 1, 1, 1])], &[missing]);
    let twice = "dns: there are 2 names; at most 1 are allowed";
    check(vec![required.clone()], Unlisted::Take, &[(DNS, b"a.b"), (DNS, b"b.b")], &[twice]);
    let unlisted = "ip: `1.1.1.1` is of a kind that the profile does not take";
    check(vec![required], Unlisted::Refuse, &[(DNS, b"a.b"), (IP, &[1, 1, 1, 1])], &[unlisted]);
    let forbidden = AlternativeRule { presence: Presence::Forbidden, ..rule(NameKind::Uri, Demand::None) };
    check(vec![forbidden], Unlisted::Take, &[(URI, b"urn:a")], &["uri: `urn:a` is forbidden"]);
    let pattern = Pattern::parse("[a-z]+\\.b").ok();
    let shaped = AlternativeRule { pattern, ..dns(&[], Wildcards::Refuse) };
    let unshaped = "dns: `a1.b` does not match the pattern `[a-z]+\\.b`";
    check(vec![shaped], Unlisted::Take, &[(DNS, b"a.b"), (DNS, b"a1.b")], &[unshaped]);
}

#[test]
fn reads_a_hardware_module_name_strictly() {
    assert_eq!(hardware_module(MODULE).as_deref(), Some("hardware module 1.2.3.4 serial 0a0b"));
    // Another type is none of its business; its own type with another content is an error.
    assert_eq!(read_hardware_module(b"\x06\x03\x2a\x03\x04\xa0\x02\x05\x00"), Ok(None));
    assert!(read_hardware_module(&MODULE[..MODULE.len() - 1]).is_err());
    assert!(read_hardware_module(&[MODULE, &[5, 0]].concat()).is_err());
    let mut integer = MODULE.to_vec();
    integer[MODULE.len() - 4] = tag::INTEGER;
    assert!(read_hardware_module(&integer).is_err());
}
