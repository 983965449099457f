//! What authority.toml takes and what it refuses, with the place where.

use super::*;
use crate::pki::{
    key::{Curve, HashAlgorithm, KeyAlgorithm},
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
    let expected = [
        "device",
        "server",
        "subordinate-ca",
        "subordinate-ca-renewal",
        "verification",
        "root",
        "idevid",
        "matter-pai",
        "matter-dac",
        "wisun",
        "ieee2030-5",
        "opcua-application",
        "code-signing",
        "time-stamping",
        "ocsp-signing",
        "aws-certificate-provider",
    ];
    assert_eq!(names, expected);
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
        "\"end-entity\" or \"root\" or \"subordinate-ca\" or \"verification\"",
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
        "authority.toml line 25, column 1: `keys`: RSA-1024 is not between RSA-2048 and RSA-8192",
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
        "authority.toml line 91, column 1: `extended-key-usage`: a verification certificate cannot have \
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
fn refuses_a_profile_that_no_plan_could_record_whole() {
    for header in ["[profiles.\"device\"]", "[ profiles . device ]"] {
        let changed = text().replacen("[profiles.device]", header, 1);
        let error = Authority::parse(&changed).expect_err(header);
        assert!(error.to_string().contains("`profiles.device`: its lines cannot be told"), "{error}");
        assert!(error.hint().contains("[profiles.device]"), "{}", error.hint());
    }
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

/// A profile with these lines after those of an ordinary device must fail at this key with this message.
fn contradicts(lines: &str, key: &str, message: &str) {
    let profile = format!(
        "[profiles.x]\nkind = \"end-entity\"\nvalidity-days = 1\nkey-usage = [\"digitalSignature\"]\n\
         keys = [\"P-256\"]\n{lines}\n"
    );
    // A line given again takes the place of the ordinary one.
    let mut kept: Vec<&str> = Vec::new();
    for line in profile.lines() {
        let name = |line: &str| line.split(" =").next().unwrap_or_default().to_owned();
        kept.retain(|earlier| !line.contains('=') || name(earlier) != name(line));
        kept.push(line);
    }
    let text = format!("{}\n{}\n", text(), kept.join("\n"));
    let error = Authority::parse(&text).expect_err(lines);
    let line = text.lines().count() - kept.len() + 1;
    let at = kept.iter().position(|line| line.starts_with(&format!("{key} ="))).expect(key);
    let told = error.to_string();
    assert!(told.contains(message), "{lines}: {told}");
    assert!(told.contains(&format!("line {}, column ", line + at)), "{lines}: {told}");
    assert!(told.contains(&format!("`{key}`")), "{lines}: {told}");
    assert!(!error.hint().is_empty());
}

#[test]
fn refuses_a_profile_that_contradicts_itself_and_names_line_and_key() {
    let authority = "kind = \"subordinate-ca\"\npath-length = 0\nkey-usage = [\"keyCertSign\"]\n";
    let root = "kind = \"root\"\nkey-usage = [\"keyCertSign\"]\n";
    let of_ca = |lines: &str| format!("{authority}{lines}");
    contradicts("permitted-names = [\"dns:a.example\"]", "permitted-names", "only a subordinate CA");
    contradicts("excluded-names = [\"dns:a.example\"]", "excluded-names", "only a subordinate CA");
    contradicts("require-explicit-policy = 0", "require-explicit-policy", "only a subordinate CA");
    contradicts("inhibit-policy-mapping = 0", "inhibit-policy-mapping", "only a subordinate CA");
    contradicts("inhibit-any-policy = 0", "inhibit-any-policy", "only a subordinate CA");
    contradicts(&of_ca("unattended = true"), "unattended", "typed approval");
    contradicts(&format!("{root}unattended = true"), "unattended", "typed approval");
    contradicts(&of_ca("inhibit-any-policy = 99"), "inhibit-any-policy", "in no path");
    contradicts(&of_ca("permitted-names = [\"a.example\"]"), "permitted-names", "no form in front");
    contradicts(&of_ca("extended-key-usage = [\"OCSPSigning\"]"), "extended-key-usage", "for its issuer");
    contradicts(&of_ca("empty-subject = \"with-alternative-name\""), "empty-subject", "empty subject");
    contradicts(
        &of_ca("custom-extensions = [{ oid = \"1.2.3\", critical = true, der = \"0500\" }]"),
        "custom-extensions",
        "could not issue",
    );
    contradicts(
        &format!("{root}extended-key-usage = [\"clientAuth\"]"),
        "extended-key-usage",
        "limits nothing",
    );
    contradicts(
        &format!("{root}allow-extensions = [\"subjectAltName\"]"),
        "allow-extensions",
        "without a request",
    );
    contradicts(
        &format!("{root}permitted-names = [\"dns:a.example\"]"),
        "permitted-names",
        "only a subordinate",
    );
    contradicts(
        &of_ca("allow-extensions = [\"policyMappings\"]"),
        "allow-extensions",
        "policyMappings is decided by the profile",
    );
    contradicts("key-usage = [\"keyCertSign\"]", "key-usage", "only a CA");
    contradicts("extended-key-usage = [\"2.5.29.37.0\"]", "extended-key-usage", "everything");
    contradicts("extended-key-usage = [\"anyExtendedKeyUsage\"]", "extended-key-usage", "everything");
    for name in ["emailAddress", "cn", "ecdsa-with-SHA256", ""] {
        contradicts(&format!("extended-key-usage = [\"{name}\"]"), "extended-key-usage", "is not known");
    }
    contradicts("extended-key-usage-critical = true", "extended-key-usage-critical", "nothing that could");
    contradicts(
        "certificate-policies-critical = true",
        "certificate-policies-critical",
        "nothing that could",
    );
    contradicts("extended-key-usage = [\"timeStamping\", \"clientAuth\"]", "extended-key-usage", "the only");
}

#[test]
fn refuses_an_extension_of_fixed_content_that_cannot_be() {
    let policies = |list: &str, message: &str| {
        contradicts(&format!("certificate-policies = [{list}]"), "certificate-policies", message);
    };
    let custom = |oid: &str, der: &str, message: &str| {
        let line = format!("custom-extensions = [{{ oid = \"{oid}\", der = \"{der}\" }}]");
        contradicts(&line, "custom-extensions", message);
    };
    contradicts("must-staple = true", "must-staple", "OCSP responder");
    contradicts("ocsp-no-check = true", "ocsp-no-check", "OCSPSigning");
    contradicts("ocsp = [\"ftp://a.example/\"]", "ocsp", "with a host");
    contradicts("crl = [\"http://\"]", "crl", "with a host");
    contradicts("ca-issuers = [\"http://a.example/\", \"http://a.example/\"]", "ca-issuers", "twice");
    policies("{ oid = \"1.2.3\" }, { oid = \"1.2.3\" }", "twice");
    policies("{ oid = \"9.9\" }", "not an object identifier");
    let both = "crl = [\"http://a.example/ca.crl\"]\nallow-extensions = [\"2.5.29.31\"]";
    contradicts(both, "allow-extensions", "`crl` fixes");
    let divided = |crl: &str, partitions: &str, message: &str| {
        contradicts(&format!("crl = [{crl}]\ncrl-partitions = {partitions}"), "crl-partitions", message);
    };
    divided("\"http://a.example/{partition}\"", "0", "1 to 256");
    divided("\"http://a.example/{partition}\"", "257", "1 to 256");
    divided("", "2", "names no place");
    divided("\"http://a.example/{partition}\", \"http://b.example/\"", "2", "the same for all");
    contradicts("crl = [\"http://a.example/{partition}\"]", "crl", "with a host");
    contradicts("crl = [\"http://a.example/{other}{partition}\"]\ncrl-partitions = 2", "crl", "with a host");
    custom("2.5.29.19", "3000", "basicConstraints");
    custom("2.5.29.17", "3000", "subjectAltName");
    custom("1.2.3", "3080", "strict DER");
    custom("1.2.3", "05", "strict DER");
    custom("1.2.3", "0x0500", "hexadecimal");
}

#[test]
fn refuses_weak_hashes_and_what_a_standard_does_not_let_be() {
    contradicts("signature-hash = \"sha1\"", "signature-hash", "not a choice");
    contradicts("signature-hash = \"md5\"", "signature-hash", "not a choice");
    contradicts("standard = \"matter-dac\"\nkeys = [\"RSA-2048\"]", "keys", "P-256 and nothing else");
    contradicts("standard = \"matter-dac\"\nsignature-hash = \"sha384\"", "signature-hash", "SHA-256");
    contradicts("standard = \"matter-pai\"", "kind", "a subordinate CA of path length 0");
    contradicts(
        "standard = \"ieee802.1ar\"\nnot-after = \"2040-01-01T00:00:00Z\"\nvalidity-days = 1",
        "not-after",
        "contradicts",
    );
    contradicts(
        "standard = \"hardware-module-name\"\nallow-extensions = []",
        "allow-extensions",
        "subjectAltName",
    );
    contradicts(
        "standard = \"opc-ua\"\nallow-extensions = [\"subjectAltName\"]",
        "key-usage",
        "nonRepudiation",
    );
    contradicts("duplicate-keys = \"keep\"", "duplicate-keys", "not a choice");
}

#[test]
fn reads_every_extension_that_a_profile_can_fix() {
    let profile = "[profiles.x]\nkind = \"subordinate-ca\"\npath-length = 1\nvalidity-days = 1\n\
        key-usage = [\"keyCertSign\"]\nkeys = [\"P-256\"]\nsignature-hash = \"sha512\"\n\
        ocsp = [\"http://ocsp.example/\"]\nca-issuers = [\"http://pki.example/ca.cer\"]\n\
        crl = [\"http://pki.example/ca.crl\"]\ninhibit-any-policy = 0\nrequire-explicit-policy = 1\n\
        certificate-policies = [{ oid = \"1.2.3\", cps = \"https://pki.example/cps\" }]\n\
        permitted-names = [\"dns:example.com\", \"dn:O=Example,C=DE\"]\nexcluded-names = [\"ip:0.0.0.0/0\"]\n\
        custom-extensions = [{ oid = \"1.2.3.4\", der = \"0c0141\" }]\n";
    let authority = Authority::parse(&format!("{}\n{profile}", text())).expect("sound");
    let profile = authority.profile("x").expect("x");
    assert_eq!(profile.signature_hash, Some(HashAlgorithm::Sha512));
    let keys: Vec<_> = profile.fixed.types().iter().map(|(_, key)| *key).collect();
    let expected = [
        "ocsp",
        "ca-issuers",
        "crl",
        "certificate-policies",
        "permitted-names",
        "excluded-names",
        "require-explicit-policy",
        "inhibit-any-policy",
        "custom-extensions",
    ];
    assert_eq!(keys, expected);
    assert_eq!(profile.fixed.custom[0].value, [0x0c, 1, 0x41]);
    assert_eq!(profile.fixed.policies[0].cps.as_deref(), Some("https://pki.example/cps"));
    assert_eq!(profile.fixed.names.permitted.len(), 2);
}
