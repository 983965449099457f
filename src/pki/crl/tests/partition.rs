//! CRLs of partitions: what they say that they are for, and which certificates that are.

use super::*;

pub(super) fn point(name: &str) -> CrlPoint {
    CrlPoint::from_uris(&[format!("http://pki.example/{name}.crl")])
}

/// An empty CRL with an issuingDistributionPoint of these fields.
pub(super) fn with_issuing_point(critical: &[u8], fields: &[&[u8]]) -> Vec<u8> {
    let own = own_extensions(&[]);
    with_extensions(&[own[0].clone(), own[1].clone(), extension(28, critical, &sequence(fields))])
}

#[test]
fn a_crl_of_a_partition_names_its_point_and_no_other() {
    let (number, next) = (CrlNumber::first(), time("2026-12-21T10:00:00Z"));
    let (own, other) = (point("own"), point("other"));
    let octets = tbs_for(Some(&own), &[revoked(&[1], Reason::Superseded)], next, &number);
    let (.., end) = read(&octets, Shape::Tbs, 11).unwrap();
    assert_eq!(end.point.as_ref(), Some(&own));
    assert_eq!(own.uris()[0].as_str(), "http://pki.example/own.crl");
    let parsed = x509_cert::crl::TbsCertList::<x509_cert::certificate::Rfc5280>::from_der(&octets).unwrap();
    assert_eq!(parsed.to_der().unwrap(), octets);
    assert_eq!(lint_for(Some(&own), &octets, 1, &number), Some(vec![]));
    let rule = Some(vec!["rfc5280-5.2.5-issuing-distribution-point"]);
    assert_eq!(lint_for(Some(&other), &octets, 1, &number), rule);
    assert_eq!(lint_for(None, &octets, 1, &number), rule);
    assert_eq!(lint_for(Some(&own), &plain(&[]), 0, &number), rule);
}

#[test]
fn refuses_a_crl_of_a_part_that_it_does_not_know() {
    let refused = |octets: &[u8], words: &str| {
        let error = read(octets, Shape::Tbs, 1000).unwrap_err();
        assert!(error.to_string().contains(words), "{error} / {words}");
    };
    let own = point("own");
    assert!(read(&with_issuing_point(CRITICAL, &[own.der()]), Shape::Tbs, 1000).is_ok());
    refused(&with_issuing_point(&[], &[own.der()]), "not critical");
    refused(&with_issuing_point(CRITICAL, &[]), "is empty");
    refused(&with_issuing_point(CRITICAL, &[own.der(), own.der()]), "too many");
    let parts: [(&[u8], &str); 5] = [
        (&[0x81, 1, 0xff], "onlyContainsUserCerts"),
        (&[0x82, 1, 0xff], "onlyContainsCACerts"),
        (&[0x83, 2, 6, 0x40], "onlySomeReasons"),
        (&[0x84, 1, 0xff], "indirectCRL"),
        (&[0x85, 1, 0xff], "onlyContainsAttributeCerts"),
    ];
    for (field, name) in parts {
        refused(&with_issuing_point(CRITICAL, &[own.der(), field]), &format!("({name}) is not supported"));
        refused(&with_issuing_point(CRITICAL, &[field]), name);
    }
    let named = |names: &[u8]| {
        let full_name = element(tag::context_constructed(0), names);
        with_issuing_point(CRITICAL, &[&element(tag::context_constructed(0), &full_name)])
    };
    refused(&named(&[]), "no URI");
    refused(&named(&element(tag::context(2), b"pki.example")), "no URI");
    refused(&named(&element(tag::context(6), b"http://pki.example/\x1b[2J")), "no URI");
    let relative = element(tag::context_constructed(1), &[]);
    let relative = element(tag::context_constructed(0), &relative);
    refused(&with_issuing_point(CRITICAL, &[&relative]), "malformed");
}

#[test]
fn a_certificate_is_in_a_partition_by_any_name_that_both_have() {
    let certificate = |points: &[&[u8]]| {
        let value = element(tag::OCTET_STRING, &sequence(points));
        let extension = sequence(&[&[6, 3, 0x55, 0x1d, 31], &value]);
        let other =
            sequence(&[&[6, 3, 0x55, 0x1d, 15], CRITICAL, &element(tag::OCTET_STRING, &[3, 2, 7, 0x80])]);
        sequence(&[&[2, 1, 1], &element(tag::context_constructed(3), &sequence(&[&other, &extension]))])
    };
    let uris = |names: &[&str]| {
        CrlPoint::from_uris(
            &names.iter().map(|name| format!("http://pki.example/{name}")).collect::<Vec<_>>(),
        )
    };
    let check = |own: &[&str], names: &[&[&str]], expected: bool| {
        let points: Vec<Vec<u8>> = names.iter().map(|names| sequence(&[uris(names).der()])).collect();
        let octets = certificate(&points.iter().map(Vec::as_slice).collect::<Vec<_>>());
        assert_eq!(uris(own).covers(&octets), Ok(expected), "{own:?} {names:?}");
    };
    check(&["a"], &[&["a"]], true);
    check(&["a"], &[&["b"]], false);
    check(&["a"], &[&["ab"]], false);
    check(&["a", "b"], &[&["b", "c"]], true);
    check(&["a"], &[&["b"], &["c", "a"]], true);
    check(&["a"], &[], false);
    let without = sequence(&[&[2, 1, 1]]);
    assert_eq!(uris(&["a"]).covers(&without), Ok(false));
    assert!(uris(&["a"]).covers(&certificate(&[&[4, 0]])).is_err());
}
