//! What authority.toml takes and what it refuses, with the place where.

use super::*;
use crate::pki::{
    key::{Curve, KeyAlgorithm},
    profile::{
        Approval, BeyondIssuer, CRL_SIGN, DIGITAL_SIGNATURE, DuplicateKeys, End, KEY_CERT_SIGN, SubjectKind,
    },
    time::Time,
};

fn text() -> String {
    initial("/usr/lib/softhsm/libsofthsm2.so", "pkcs11:token=lab%201", Rehearsal::Rehearsal)
}

/// The initial text with one piece exchanged must fail with this message and a hint that holds these words.
fn check(piece: &str, instead: &str, message: &str, hint: &str) {
    let changed = text().replacen(piece, instead, 1);
    assert_ne!(changed, text(), "`{piece}` does not stand there");
    let error = Authority::parse(&changed).expect_err(instead);
    assert_eq!(error.to_string(), message);
    assert!(error.hint().contains(hint), "{}", error.hint());
}

#[test]
fn reads_what_it_writes() {
    let authority = Authority::parse(&text()).expect("initial");
    assert_eq!(authority.token_module(), "/usr/lib/softhsm/libsofthsm2.so");
    assert_eq!(authority.token_uri(), "pkcs11:token=lab%201");
    assert_eq!(authority.signing_sessions(), 2);
    assert_eq!(authority.rehearsal(), Rehearsal::Rehearsal);
    assert_eq!(authority.audit_key_uri(), None);
    let names: Vec<_> = authority.profiles().map(|profile| profile.name.as_str()).collect();
    assert_eq!(names, ["device", "server", "subordinate-ca", "verification"]);
    assert!(authority.profiles().all(|profile| profile.approval == Approval::Typed));
    let real = initial("/m", "pkcs11:serial=1", Rehearsal::Real);
    assert_eq!(Authority::parse(&real).expect("real").rehearsal(), Rehearsal::Real);
}

#[test]
fn has_built_in_profiles_without_a_file() {
    let authority = built_in("subordinate-ca").expect("subordinate-ca");
    assert_eq!(authority.kind, SubjectKind::SubordinateCa { path_length: 0 });
    assert_eq!(authority.key_usage, DIGITAL_SIGNATURE | KEY_CERT_SIGN | CRL_SIGN);
    let device = built_in("device").expect("device");
    assert_eq!(device.end, End::Days(1825));
    assert_eq!(device.backdate_seconds, 300);
    assert_eq!(device.extended_key_usage, [[0x2b, 6, 1, 5, 5, 7, 3, 2]]);
    assert_eq!(device.allowed_extensions, [[0x55, 0x1d, 17]]);
    assert!(device.keys.contains(&KeyAlgorithm::Ec(Curve::P521)));
    let verification = built_in("verification").expect("verification");
    assert_eq!(verification.duplicate_keys, DuplicateKeys::Note);
    assert_eq!(verification.beyond_issuer, BeyondIssuer::Shorten);
    assert!(built_in("nobody").is_none());
}

#[test]
fn names_line_and_key_of_what_does_not_exist() {
    check(
        "validity-days = 1825",
        "validty-days = 1825",
        "authority.toml line 18, column 1: unknown key `validty-days`",
        "validity-days",
    );
    check(
        "version = 1",
        "version = 1\nforce = true",
        "authority.toml line 3, column 1: unknown key `force`",
        "token",
    );
    check(
        "uri =",
        "slot = 1\nuri =",
        "authority.toml line 7, column 1: unknown key `slot`",
        "signing-sessions",
    );
    check("keys = ", "#", "authority.toml line 15: the key `keys` is missing", "CONFIGURATION");
    check("path-length = 0", "#", "authority.toml line 47: the key `path-length` is missing", "add it");
}

#[test]
fn refuses_values_that_a_key_does_not_take() {
    check(
        "version = 1",
        "version = 2",
        "authority.toml line 2, column 11: `version`: 2 is not a version that is known",
        "write 1",
    );
    check(
        "kind = \"end-entity\"",
        "kind = \"ca\"",
        "authority.toml line 16, column 8: `kind`: \"ca\" is not a choice",
        "\"end-entity\" or \"subordinate-ca\" or \"verification\"",
    );
    check(
        "\"/usr/lib/softhsm/libsofthsm2.so\"",
        "\"libsofthsm2.so\"",
        "authority.toml line 6, column 10: `module`: it is not the absolute path of a file",
        "/usr/lib",
    );
    check(
        "\"pkcs11:token=lab%201\"",
        "\"pkcs11:token=lab?pin-value=1234\"",
        "authority.toml line 7, column 7: `uri`: it is not a pkcs11: URI that can be kept",
        "without pin-value",
    );
    check(
        "\"pkcs11:token=lab%201\"",
        "\"pkcs11:object=x\"",
        "authority.toml line 7, column 7: `uri`: it names no token",
        "pkcs11:token=LABEL",
    );
    check(
        "signing-sessions = 2",
        "signing-sessions = 17",
        "authority.toml line 8, column 20: `signing-sessions`: 17 is not between 1 and 16",
        "write 2",
    );
    check(
        "lock-after-minutes = 10",
        "lock-after-minutes = 0",
        "authority.toml line 9, column 22: `lock-after-minutes`: 0 is not between 1 and 480",
        "write 10",
    );
    check(
        "version = 1\n",
        "version = 1\ncrl-days = 0\n",
        "authority.toml line 3, column 12: `crl-days`: 0 is not between 1 and 3650",
        "write 30",
    );
    check(
        "[\"clientAuth\"]",
        "[\"client\"]",
        "authority.toml line 22, column 23: `extended-key-usage`: \"client\" is not known",
        "numbers with dots",
    );
    check(
        "\"RSA-2048\"]",
        "\"RSA-1024\"]",
        "authority.toml line 15, column 1: `profiles.device`: RSA-1024 is not between RSA-2048 and RSA-8192",
        "RSA-2048",
    );
    check(
        "\"P-384\"",
        "\"P-256\"",
        "authority.toml line 25, column 18: `keys`: \"P-256\" stands there twice",
        "once",
    );
    check(
        "extended-key-usage = []                 # never",
        "extended-key-usage = [\"clientAuth\"] #",
        "authority.toml line 64, column 1: `profiles.verification`: a verification certificate cannot have \
         clientAuth, or it could stand for a device",
        "empty",
    );
    check(
        "validity-days = 1825",
        "validity-days = 1825\nnot-after = \"no-expiry\"",
        "authority.toml line 19, column 13: `not-after`: it contradicts `validity-days`",
        "either",
    );
    check(
        "kind = \"end-entity\"",
        "kind = \"end-entity\"\npath-length = 1",
        "authority.toml line 17, column 15: `path-length`: only a CA has a path length",
        "take it out",
    );
    check(
        "[profiles.device]",
        "[profiles.\"De vice\"]",
        "authority.toml line 15, column 1: `name`: \"De vice\" cannot be a name",
        "a-z",
    );
}

#[test]
fn says_where_the_text_is_not_toml() {
    let error = Authority::parse("version = 1\nrehearsal = maybe\n").expect_err("not TOML");
    assert!(matches!(error, Error::Syntax { line: 2, column: 13, .. }), "{error:?}");
    let twice = text() + "\n[token]\n";
    assert!(matches!(Authority::parse(&twice), Err(Error::Syntax { .. })));
    let long = "#".repeat(AUTHORITY_OCTETS_MAX + 1);
    assert_eq!(Authority::parse(&long), Err(Error::Size { octets: AUTHORITY_OCTETS_MAX + 1 }));
}

#[test]
fn takes_moments_and_numbers_with_dots() {
    let changed = text().replacen("validity-days = 1825", "not-after = \"no-expiry\"", 1).replacen(
        "[\"clientAuth\"]",
        "[\"1.3.6.1.4.1.45605.1\", \"clientAuth\"]",
        1,
    );
    let authority = Authority::parse(&changed).expect("changed");
    let device = authority.profile("device").expect("device");
    assert_eq!(device.end, End::At(Time::NO_EXPIRY));
    assert_eq!(device.extended_key_usage.len(), 2);
}

#[test]
fn adds_a_section_and_leaves_the_rest() {
    let key = "pkcs11:token=lab%201;id=%01%02;type=private";
    let with_root = with_authority(&text(), "root-1", key).expect("root-1");
    assert!(with_root.starts_with(&text()));
    let complete = with_audit_key(&with_root, key).expect("audit");
    let authority = Authority::parse(&complete).expect("complete");
    assert_eq!(authority.key_uri("root-1"), Some(key));
    assert_eq!(authority.audit_key_uri(), Some(key));
    assert_eq!(authority.authorities().collect::<Vec<_>>(), [("root-1", key)]);
    assert!(matches!(with_authority(&complete, "root-1", key), Err(Error::AuthorityExists { .. })));
    assert_eq!(with_audit_key(&complete, key), Err(Error::AuditKeyExists));
    for name in ["", "-a", "Root", "a.b", "a]\n[token", &"a".repeat(33)] {
        assert!(matches!(with_authority(&text(), name, key), Err(Error::Name { .. })), "{name}");
    }
    for uri in ["", "pkcs11:a\"b", "file:x", "pkcs11:object=x?PIN-VALUE=1", "pkcs11:a\nb"] {
        assert!(matches!(with_authority(&text(), "a", uri), Err(Error::Uri { .. })), "{uri}");
    }
}
