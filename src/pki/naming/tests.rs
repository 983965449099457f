//! Templates filled for requests, and what becomes of them in a plan.

use proptest::prelude::*;

use super::*;
use crate::pki::{
    der::{element, sequence, tag},
    name::attribute::by_name,
    naming::{
        alternative::{HardwareModule, NameKind, SerialForm},
        table::Table,
    },
    plan::{
        self, PlannedCertificate,
        difference::{Change, compare},
        tests::{NAME_VALUE, facts, issuer, profile, request, wish},
    },
    policy::{Refusal, Severity},
    profile::{EmptySubject, Profile},
};

const TABLE: &str = "device,serial,host,note\n\
                     dev-1,SN-0001,gw1.example.com,\n\
                     dev-2,\"\",gw2.example.com,x\n\
                     dev-3,a_b,no host,x\n";

fn part(line: &str) -> Part {
    let (name, value) = line.split_once('=').expect(line);
    Part { kind: by_name(name).expect(name), value: Template::parse(value).expect(value) }
}

/// A device's profile whose subject is rebuilt from these lines, with a table.
fn rebuilding(lines: &[&str]) -> Profile {
    let mut profile = profile("device");
    profile.naming.subject = SubjectNaming::Rebuilt(lines.iter().map(|line| part(line)).collect());
    profile.naming.table = Some(TableUse { file: None, column: "device".into(), join: Join::File });
    profile
}

/// A request of this subject from a file of this name, joined to its row.
fn asking(file: &str, subject: &str, wishes: &[Vec<u8>]) -> VerifiedRequest {
    let table = Table::parse(TABLE.as_bytes().to_vec(), "device", Join::File).expect("a table");
    let row = table.find(file).map_or(RowFound::Missing(file.to_owned()), RowFound::Found);
    let beside = Beside { file_stem: Some(file.to_owned()), row };
    request(7, Name::from_text(subject).expect(subject).der(), wishes).with_beside(beside)
}

fn planned(profile: &Profile, request: VerifiedRequest) -> Result<PlannedCertificate, Refusal> {
    plan::plan(request, profile, issuer(), facts(2))
}

/// The subject that the template gives, or the messages of the controls that refuse.
fn check(lines: &[&str], file: &str, subject: &str, expected: Result<&str, &[&str]>) {
    let found = planned(&rebuilding(lines), asking(file, subject, &[]));
    let found = found.map(|planned| planned.subject().to_printable().to_string()).map_err(|refusal| {
        let refusing = refusal.findings.iter().filter(|finding| finding.severity == Severity::Refuse);
        refusing.map(|finding| format!("{} {}", finding.control.id(), finding.message)).collect::<Vec<_>>()
    });
    let expected =
        expected.map(str::to_owned).map_err(|all| all.iter().map(|one| (*one).to_owned()).collect());
    assert_eq!(found, expected, "{lines:?} {file} {subject}");
}

#[test]
fn rebuilds_the_subject_from_the_request_the_table_and_fixed_values() {
    let lines = ["C=DE", "O=Factory, North + South", "CN={request.cn}", "serialNumber={csv.serial}"];
    check(
        &lines,
        "dev-1",
        "CN=gateway,O=Somebody else,OU=x",
        Ok("serialNumber=SN-0001,CN=gateway,O=Factory\\, North \\+ South,C=DE"),
    );
    check(&["CN={request.file}-{csv.serial}"], "dev-1", "O=a", Ok("CN=dev-1-SN-0001"));
    check(
        &["OU={request.ou}", "CN={{{request.serialNumber}}}"],
        "dev-1",
        "OU=a,serialNumber=7",
        Ok("CN={7},OU=a"),
    );
    let key = digest_of_key();
    check(&["CN={request.key.sha256}"], "dev-1", "O=a", Ok(&format!("CN={key}")));
    check(&["CN={request.key.short}"], "dev-1", "O=a", Ok(&format!("CN={}", &key[..16])));
}

fn digest_of_key() -> String {
    asking("dev-1", "CN=a", &[]).public_key().spki_sha256().to_string()
}

#[test]
fn refuses_a_request_whose_value_is_missing_and_never_leaves_an_attribute_empty() {
    check(
        &["CN={request.cn}"],
        "dev-1",
        "O=a",
        Err(&["name-template subject CN: the request's subject has no CN"]),
    );
    check(
        &["CN={request.cn}"],
        "dev-1",
        "CN=a,CN=b",
        Err(&["name-template subject CN: the request's subject has CN several times"]),
    );
    check(
        &["CN=x", "serialNumber={csv.serial}", "OU={csv.note}"],
        "dev-2",
        "O=a",
        Err(&["name-template subject serialNumber: column `serial` of the table is empty"]),
    );
    check(
        &["CN={request.san.dns}"],
        "dev-1",
        "O=a",
        Err(&["name-template subject CN: the request asks for no alternative name of kind dns"]),
    );
    check(&["CN={csv.serial}"], "dev-9", "CN=a", Err(&["csv-row the table has no row for `dev-9`"]));
}

#[test]
fn values_keep_the_bounds_and_alphabets_of_their_attributes() {
    check(
        &["serialNumber={csv.serial}"],
        "dev-3",
        "CN=a",
        Err(&[
            "name-template subject serialNumber: serialNumber takes letters, digits, blank and '()+,-./:=? only",
        ]),
    );
    check(
        &["C={csv.serial}"],
        "dev-1",
        "CN=a",
        Err(&["name-template subject C: C has 7 characters; 2 to 2 are allowed"]),
    );
    check(
        &["CN={request.cn}{request.cn}"],
        "dev-1",
        &format!("CN={}", "x".repeat(33)),
        Err(&["name-template subject CN: CN has 66 characters; 1 to 64 are allowed"]),
    );
    check(
        &["CN={request.cn}"],
        "dev-1",
        "CN=\\ a",
        Err(&["name-template subject CN: the value begins or ends with a blank"]),
    );
}

#[test]
fn a_profile_without_a_template_keeps_the_subject_octet_for_octet() {
    // PrintableString, which no template would write for a commonName.
    let pair = sequence(&[&[0x06, 0x03, 0x55, 0x04, 0x03], &element(tag::PRINTABLE_STRING, b"device 1")]);
    let subject = sequence(&[&element(tag::SET, &pair)]);
    let kept = planned(&profile("device"), request(7, &subject, &[])).expect("planned");
    assert_eq!(kept.subject().der(), subject);
    let mut rebuilding = rebuilding(&["CN={request.cn}"]);
    rebuilding.naming.table = None;
    let rebuilt = planned(&rebuilding, request(7, &subject, &[])).expect("planned");
    assert_eq!(rebuilt.subject(), &Name::from_text("CN=device 1").expect("a name"));
    assert_ne!(rebuilt.subject().der(), subject);
}

#[test]
fn rules_judge_the_names_that_the_certificate_would_carry() {
    let mut profile = rebuilding(&["CN={csv.serial}"]);
    let kind = by_name("O").expect("O");
    profile.naming.attributes.rules = vec![rules::AttributeRule {
        kind,
        presence: rules::Presence::Forbidden,
        pattern: None,
        alphabet: rules::Alphabet::Any,
        chars_min: 1,
        chars_max: 64,
        count_max: 1,
    }];
    // The request's own subject would break the rule; it is not the one that is issued.
    assert!(planned(&profile, asking("dev-1", "CN=a,O=b", &[])).is_ok());
    profile.naming.subject = SubjectNaming::Kept;
    let refusal = planned(&profile, asking("dev-1", "CN=a,O=b", &[])).expect_err("refused");
    assert_eq!(refusal.findings[0].control, Control::NameRule);
    assert_eq!(refusal.findings[0].message.as_str(), "O is forbidden");
    // A name that is asked for and not granted is judged by no rule; one that must be there is missing.
    let rule = |presence| alternative::AlternativeRule {
        kind: NameKind::Dns,
        presence,
        pattern: None,
        count_max: 1,
        demand: alternative::Demand::None,
    };
    profile.naming.attributes.rules.clear();
    profile.allowed_extensions.clear();
    profile.naming.alternative_rules.rules = vec![rule(rules::Presence::Forbidden)];
    assert!(planned(&profile, asking("dev-1", "CN=a", &[wish(17, "", NAME_VALUE)])).is_ok());
    profile.naming.alternative_rules.rules = vec![rule(rules::Presence::Required)];
    let refusal =
        planned(&profile, asking("dev-1", "CN=a", &[wish(17, "", NAME_VALUE)])).expect_err("refused");
    assert_eq!(refusal.findings[0].control, Control::AlternativeNameRule);
}

fn names(lines: &[(NameKind, &str)]) -> AlternativeTemplate {
    let template = |text: &str| Template::parse(text).expect(text);
    let names = lines.iter().map(|(kind, text)| (*kind, template(text))).collect();
    AlternativeTemplate { names, hardware: None }
}

#[test]
fn builds_alternative_names_in_the_place_of_those_asked_for() {
    let mut profile = rebuilding(&["CN={csv.serial}"]);
    profile.allowed_extensions.clear();
    profile.naming.alternative = Some(names(&[
        (NameKind::Dns, "{csv.host}"),
        (NameKind::Ip, "10.0.0.1"),
        (NameKind::Uri, "urn:dev:{csv.serial}"),
    ]));
    let expected = b"\x30\x28\x82\x0fgw1.example.com\x87\x04\x0a\x00\x00\x01\x86\x0furn:dev:SN-0001";
    for wishes in [vec![], vec![wish(17, "", NAME_VALUE)]] {
        let found = planned(&profile, asking("dev-1", "CN=a", &wishes)).expect("planned");
        assert!(found.tbs().windows(expected.len()).any(|octets| octets == expected));
        assert!(!found.tbs().windows(NAME_VALUE.len()).any(|octets| octets == NAME_VALUE));
        let notes: Vec<_> = found.notes().iter().map(|note| note.control).collect();
        assert_eq!(notes, vec![Control::ExtensionDropped; wishes.len()]);
    }
    let refusal = planned(&profile, asking("dev-3", "CN=a", &[])).expect_err("no host name");
    let told: Vec<_> = refusal.findings.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(told[0], "alternative names: a dNSName has a character that host names do not have");
}

/// What a template of one alternative name is filled to for a request of this commonName.
fn check_name(kind: NameKind, template: &str, common_name: &str, expected: Result<&str, &str>) {
    let subject = sequence(&[&element(
        tag::SET,
        &sequence(&[&[0x06, 0x03, 0x55, 0x04, 0x03], &element(tag::UTF8_STRING, common_name.as_bytes())]),
    )]);
    let asked = request(7, &subject, &[]);
    let found = names(&[(kind, template)]).build(Values { request: &asked });
    let found = found.map(|(value, _)| String::from_utf8_lossy(&value[4..]).into_owned());
    let found = found.map_err(|findings| {
        assert!(findings.iter().all(|finding| finding.control == Control::NameTemplate));
        findings[0].message.as_str().to_owned()
    });
    let expected = expected.map(str::to_owned).map_err(str::to_owned);
    assert_eq!(found, expected, "{template} {common_name}");
}

#[test]
fn a_value_never_changes_what_the_text_beside_it_means() {
    let host = "{request.cn}.gw.example.com";
    let place = "https://{request.cn}.gw.example.com/";
    let dns = |value, expected| check_name(NameKind::Dns, host, value, expected);
    let uri = |value, expected| check_name(NameKind::Uri, place, value, expected);
    let refused = "alternative name dns: CN of the request's subject has a character that is not taken as part of \
                   such a name";
    let refused_uri = refused.replace("name dns", "name uri");
    dns("dev-1", Ok("dev-1.gw.example.com"));
    dns("a.dev-1", Ok("a.dev-1.gw.example.com"));
    for wrong in ["*", "*.a", "a_b", "a b"] {
        dns(wrong, Err(refused));
    }
    uri("dev-1", Ok("https://dev-1.gw.example.com/"));
    for wrong in ["evil.org/", "evil.org?", "evil.org#", "evil.org:1", "a@evil.org", "%2f", "evil.org\\", "é"]
    {
        uri(wrong, Err(&refused_uri));
    }
    // Beside another placeholder as beside text; alone, the value is the whole name and judged as that.
    check_name(NameKind::Dns, "{request.cn}{request.cn}", "*", Err(refused));
    check_name(NameKind::Dns, "*.{request.cn}", "gw.example.com", Ok("*.gw.example.com"));
    check_name(NameKind::Dns, "{request.cn}", "*.gw.example.com", Ok("*.gw.example.com"));
    check_name(NameKind::Uri, "{request.cn}", "https://a.example/", Ok("https://a.example/"));
}

#[test]
fn builds_a_hardware_module_name_under_an_empty_subject_critical() {
    let mut profile = rebuilding(&[]);
    profile.empty_subject = EmptySubject::WithAlternativeName;
    let serial = Template::parse("{csv.serial}").expect("a template");
    let module = HardwareModule { kind: vec![0x2a, 3, 4], serial, form: SerialForm::Text };
    profile.naming.alternative = Some(AlternativeTemplate { names: Vec::new(), hardware: Some(module) });
    let found = planned(&profile, asking("dev-1", "CN=a", &[])).expect("planned");
    assert!(found.subject().is_empty());
    // RFC 4108 §5 in an otherName, the extension critical (RFC 5280 §4.1.2.6).
    let expected =
        b"\x06\x03\x55\x1d\x11\x01\x01\xff\x04\x20\x30\x1e\xa0\x1c\x06\x08\x2b\x06\x01\x05\x05\x07\x08\x04\
                     \xa0\x10\x30\x0e\x06\x03\x2a\x03\x04\x04\x07SN-0001";
    assert!(found.tbs().windows(expected.len()).any(|octets| octets == expected), "{:02x?}", found.tbs());
    let lines = compare(&asking("dev-1", "CN=a", &[]), &found).expect("compared").lines;
    let line = lines.iter().find(|line| line.what.as_str() == "alternative name other name").expect("a line");
    let shown = line.issued.as_ref().map(crate::pki::text::Printable::as_str);
    assert_eq!(shown, Some("hardware module 1.2.3.4 serial 534e2d30303031"));
    // The same octets asked for by a request are accepted, and copied.
    let value = &expected[10..];
    let mut copying = crate::pki::plan::tests::profile("device");
    copying.empty_subject = EmptySubject::WithAlternativeName;
    let copied = planned(&copying, request(7, &[0x30, 0], &[wish(17, "critical", value)])).expect("planned");
    assert!(copied.tbs().windows(expected.len()).any(|octets| octets == expected));
    profile.naming.alternative = None;
    let refusal = planned(&profile, asking("dev-1", "CN=a", &[])).expect_err("no name at all");
    assert_eq!(refusal.findings[0].control, Control::NameEmpty);
}

#[test]
fn hexadecimal_serial_numbers_become_their_octets() {
    let build = |text: &str, form| {
        let serial = Template::parse(text).expect("a template");
        let module = HardwareModule { kind: vec![0x2a, 3, 4], serial, form };
        let template = AlternativeTemplate { names: Vec::new(), hardware: Some(module) };
        template.build(Values { request: &asking("dev-1", "CN=a", &[]) }).map(|(value, _)| value)
    };
    let value = build("00fF", SerialForm::Hex).expect("built");
    assert!(value.ends_with(&[4, 2, 0x00, 0xff]));
    for (text, form) in [("0ff", SerialForm::Hex), ("xy", SerialForm::Hex), ("a b", SerialForm::Text)] {
        let findings = build(text, form).expect_err(text);
        assert!(findings.iter().all(|finding| finding.control == Control::NameTemplate), "{text}");
    }
    assert!(build(&"ab".repeat(65), SerialForm::Hex).is_err());
}

#[test]
fn the_difference_shows_what_a_template_changed() {
    let profile = rebuilding(&["O=Factory", "CN={csv.serial}", "L={request.l}"]);
    let asked = asking("dev-1", "CN=gateway,OU=x,L=Kiel", &[]);
    let found = planned(&profile, asked.clone()).expect("planned");
    let lines = compare(&asked, &found).expect("compared").lines;
    let change = |what: &str| lines.iter().find(|line| line.what.as_str() == what).map(|line| line.change);
    assert_eq!(change("subject CN"), Some(Change::Overridden));
    assert_eq!(change("subject O"), Some(Change::Added));
    assert_eq!(change("subject OU"), Some(Change::Dropped));
    assert_eq!(change("subject L"), Some(Change::Kept));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn a_template_gives_exactly_the_value_that_was_meant_or_refuses(
        value in "[ -~äß漢\u{202e}\u{0}\u{1b},+=\"\\\\<>;#]{0,70}",
        before in "[a-z,=+]{0,3}",
    ) {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(["device", "v"]).expect("written");
        writer.write_record(["d", &value]).expect("written");
        let table = Table::parse(writer.into_inner().expect("written"), "device", Join::File);
        let meant = format!("{before}{value}");
        let harmless = value.chars().all(crate::pki::text::is_harmless);
        prop_assert_eq!(table.is_ok(), harmless);
        let Ok(table) = table else { return Ok(()) };
        let row = RowFound::Found(table.find("d").expect("a row"));
        let subject = Name::from_text("CN=x").expect("a name");
        let asked = request(7, subject.der(), &[]).with_beside(Beside { file_stem: None, row });
        let profile = rebuilding(&["O=Factory", &format!("CN={before}{{csv.v}}")]);
        let fits = !value.is_empty() && meant.trim() == meant && meant.chars().count() <= 64;
        match planned(&profile, asked) {
            Ok(planned) => {
                prop_assert!(fits);
                prop_assert_eq!(planned.subject().common_names(), [meant]);
                let rdns = planned.subject().rdns();
                prop_assert_eq!(rdns.len(), 2);
                prop_assert!(rdns.iter().all(|rdn| rdn.len() == 1));
                prop_assert_eq!(&Name::parse(planned.subject().der()).expect("a name"), planned.subject());
            }
            Err(refusal) => {
                prop_assert!(!fits, "{:?}", refusal.findings);
                prop_assert_eq!(refusal.findings[0].control, Control::NameTemplate);
            }
        }
    }

    #[test]
    fn a_template_of_an_alternative_name_gives_a_name_of_its_own_domain_or_refuses(
        value in "[ -~]{1,20}|[a-z0-9.-]{1,20}|\\*(\\.[a-z]{1,9})?|[a-z]{1,9}\\.org[/?#:@\\\\][a-z]{0,9}",
    ) {
        let subject = sequence(&[&element(
            tag::SET,
            &sequence(&[&[0x06, 0x03, 0x55, 0x04, 0x03], &element(tag::UTF8_STRING, value.as_bytes())]),
        )]);
        // A subject of this value may be no name at all; then there is no request to fill from.
        let Ok(name) = Name::parse(&subject) else { return Ok(()) };
        let asked = request(7, name.der(), &[]);
        let built = |kind, template| names(&[(kind, template)]).build(Values { request: &asked });
        let plain = |more: &[u8]| value.bytes().all(|octet| octet.is_ascii_alphanumeric() || more.contains(&octet));
        if built(NameKind::Dns, "{request.cn}.gw.example.com").is_ok() {
            prop_assert!(plain(b"-."), "{}", value);
        }
        let uri = built(NameKind::Uri, "https://{request.cn}.gw.example.com/");
        prop_assert_eq!(uri.is_ok(), plain(b"-._~"), "{}", value);
    }

    #[test]
    fn any_text_is_a_template_or_an_error(text in "\\PC{0,40}|[{}a-z.]{0,20}") {
        let Ok(template) = Template::parse(&text) else { return Ok(()) };
        if let Ok(filled) = template.fill(Values { request: &asking("dev-1", "CN=a", &[]) }) {
            prop_assert!(!filled.is_empty() && filled.trim() == filled);
        }
    }
}
