//! What a profile may say about names, and where it is wrong.

use super::*;
use crate::config::{Authority, Rehearsal, initial};

/// The initial text with these lines as another profile's sections; the profile's own keys stand before them.
fn text(sections: &str) -> String {
    initial("/m.so", "pkcs11:token=t", Rehearsal::Real)
        + "[profiles.x]\nkind = \"end-entity\"\nvalidity-days = 1\nkey-usage = [\"digitalSignature\"]\nkeys = [\"P-256\"]\n"
        + sections
}

fn naming(sections: &str) -> Naming {
    let authority = Authority::parse(&text(sections)).unwrap_or_else(|error| panic!("{sections}: {error}"));
    authority.profile("x").expect("the profile").naming.clone()
}

/// The line and the message of the error in these sections; the first of their lines is line 1.
fn check(sections: &str, line: usize, message: &str) {
    let error = Authority::parse(&text(sections)).expect_err(sections);
    let before = text("").lines().count();
    let told = error.to_string();
    let expected = format!("authority.toml line {}, column ", before + line);
    assert!(told.starts_with(&expected) && told.ends_with(message), "{told}, not {expected}…{message}");
    assert!(!error.hint().is_empty());
}

#[test]
fn names_are_those_asked_for_where_nothing_is_written() {
    assert_eq!(naming(""), Naming::default());
    let authority = Authority::parse(&text("")).expect("text");
    assert!(authority.profiles().all(|profile| profile.naming == Naming::default()));
}

#[test]
fn an_empty_template_is_an_empty_subject() {
    assert_eq!(naming("[profiles.x.subject]\ntemplate = []\n").subject, SubjectNaming::Rebuilt(Vec::new()));
}

#[test]
fn a_template_is_read_as_it_is_written() {
    let naming = naming("[profiles.x.subject]\ntemplate = [\"commonName= a = {request.cn} \"]\n");
    let SubjectNaming::Rebuilt(parts) = naming.subject else { panic!("kept") };
    assert_eq!((parts.len(), parts[0].kind.short), (1, "CN"));
    assert_eq!(parts[0].value, Template::parse("a = {request.cn}").expect("a template"));
}

#[test]
fn says_in_which_line_a_template_is_wrong() {
    let subject = |line: &str| format!("[profiles.x.subject]\ntemplate = [\n  \"O = a\",\n  \"{line}\"\n]\n");
    check(&subject("CN"), 4, "`template`: \"CN\" has no `=`");
    check(&subject("XX = a"), 4, "`template`: \"XX\" is not an attribute that is known");
    check(&subject("CN ="), 4, "`template`: a template has 1 to 512 octets");
    check(&subject("CN = {cn}"), 4, "`template`: `{cn}` is no placeholder that is known");
    check(&subject("CN = {request.cn"), 4, "`template`: a brace is not closed");
    check(&subject("C = Germany"), 4, "`template`: C has 7 characters; 2 to 2 are allowed");
    let message = "`csv`: a template takes `{csv.a}`, and the profile has no table";
    check(&subject("CN = {csv.a}"), 1, message);
    let many = vec!["\"OU = a\""; 17].join(", ");
    check(&format!("[profiles.x.subject]\ntemplate = [{many}]\n"), 2, "there are more than 16 attributes");
    check("[profiles.x.subject]\nunlisted = \"no\"\n", 2, "`unlisted`: \"no\" is not a choice");
    check("[profiles.x.subject]\ntemplates = []\n", 2, "unknown key `templates`");
}

#[test]
fn says_in_which_line_a_rule_is_wrong() {
    let rule = |rule: &str| format!("[profiles.x.attributes]\nO = {{}}\nCN = {{ {rule} }}\n");
    check(
        &rule("pattern = \"[A-Z\""),
        3,
        "`pattern`: it is no regular expression: found unclosed character class",
    );
    check(&rule("presence = \"maybe\""), 3, "`presence`: \"maybe\" is not a choice");
    check(&rule("characters = \"emoji\""), 3, "`characters`: \"emoji\" is not a choice");
    check(&rule("chars-max = 65"), 3, "`chars-max`: CN has 1 to 64 characters (RFC 5280 appendix A.1)");
    check(&rule("chars-min = 9, chars-max = 8"), 3, "`chars-max`: 8 is less than the 9 of `chars-min`");
    check(&rule("count-max = 0"), 3, "`count-max`: none at all would be allowed");
    check(&rule("required = true"), 3, "unknown key `required`");
    check("[profiles.x.attributes]\nXX = {}\n", 2, "`attributes`: \"XX\" is not an attribute that is known");
    check(
        "[profiles.x.attributes]\nCN = {}\ncommonName = {}\n",
        3,
        "`attributes`: CN stands there under two names",
    );
}

#[test]
fn says_in_which_line_alternative_names_are_wrong() {
    let names = |line: &str| format!("[profiles.x.alternative-names]\n{line}\n");
    let rule = |line: &str| format!("[profiles.x.alternative-names.rules]\n{line}\n");
    check(&names("template = []"), 2, "`template`: it has no name");
    check(&names("template = [\"DNS = a\"]"), 2, "`template`: \"DNS\" is not a kind of name that is built");
    let module = "hardware-module = { type = \"1.2.x\", serial = \"a\" }";
    check(&names(module), 2, "`type`: \"1.2.x\" is not an object identifier");
    check(&rule("host = {}"), 2, "`rules`: \"host\" is not a kind of name");
    check(&rule("dns = { networks = [\"10.0.0.0/8\"] }"), 2, "`networks`: names of kind dns do not have it");
    check(&rule("ip = { networks = [] }"), 2, "`networks`: it is empty");
    let bits = "`networks`: \"10.0.0.1/8\": its address has bits behind the prefix";
    check(&rule("ip = { networks = [\"10.0.0.1/8\"] }"), 2, bits);
    let dot = "`suffixes`: \".a.b\": it is no domain; a suffix is written without a dot before it";
    check(&rule("dns = { suffixes = [\".a.b\"] }"), 2, dot);
    check(
        &rule("uri = { schemes = [\"urn:\"] }"),
        2,
        "`schemes`: \"urn:\": it is no scheme; write it without the colon",
    );
    check(&rule("other = { types = [\"a\"] }"), 2, "`types`: \"a\": it is no object identifier");
}

#[test]
fn says_in_which_line_a_table_is_wrong() {
    let csv = |lines: &str| format!("[profiles.x.csv]\n{lines}\n");
    check(&csv("column = \"a\"\njoin = \"name\""), 3, "`join`: \"name\" is not a choice");
    check(&csv("file = \"../a\"\ncolumn = \"a\"\njoin = \"cn\""), 2, "`file`: it is not the name of a file");
    check(&csv("column = \"\"\njoin = \"cn\""), 2, "`column`: a column has a name of 1 to 64 characters");
}

#[test]
fn sections_that_no_certificate_of_the_kind_heeds_are_refused() {
    let check = |kind: &str, section: &str, key: &str| {
        let (was, is) = ("[profiles.x]\nkind = \"end-entity\"", format!("[profiles.x]\nkind = \"{kind}\""));
        let mut changed = text(section).replacen(was, &is, 1);
        if kind == "root" {
            changed = changed
                .replace("key-usage = [\"digitalSignature\"]\nkeys", "key-usage = [\"keyCertSign\"]\nkeys");
        }
        let error = Authority::parse(&changed).expect_err(section).to_string();
        assert!(
            error.ends_with(&format!("`{key}`: nothing of it holds for a profile of kind `{kind}`")),
            "{error}"
        );
    };
    let csv = "[profiles.x.csv]\ncolumn = \"a\"\njoin = \"cn\"\n";
    check("root", "[profiles.x.subject]\nunlisted = \"refuse\"\n", "subject");
    check("root", "[profiles.x.attributes]\nCN = {}\n", "attributes");
    check("root", "[profiles.x.alternative-names]\nunlisted = \"refuse\"\n", "alternative-names");
    check("root", csv, "csv");
    check("verification", csv, "csv");
}

#[test]
fn a_verification_certificate_takes_no_name_from_a_template() {
    let changed = text("[profiles.x.subject]\ntemplate = [\"CN = a\"]\n").replacen(
        "[profiles.x]\nkind = \"end-entity\"",
        "[profiles.x]\nkind = \"verification\"",
        1,
    );
    let error = Authority::parse(&changed).expect_err("a verification profile").to_string();
    assert!(error.ends_with("`kind`: its names cannot come of a template"), "{error}");
}
