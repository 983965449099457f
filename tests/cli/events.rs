//! Events of AWS IoT Core's certificate provider, from a file on the medium to the answers in the bundle.

use std::{fs, path::Path};

use serde_json::{Value, json};

use crate::{
    bench::{audited, failed},
    support::{
        Sandbox, lines, openssl,
        request::{self, Algorithm, Key, Request},
        succeed,
    },
};

/// An event as AWS hands it to the provider's function.
fn event(client: &str, csr: &str) -> String {
    json!({ "certificateSigningRequest": csr, "principalId": "0a1b2c", "clientId": client }).to_string()
}

fn csr(request: &Request, algorithm: Algorithm) -> String {
    request::pem("CERTIFICATE REQUEST", &request.der(&Key::generate(algorithm)))
}

/// Subjects whose octets a careless copy would change: types of text, order, blanks.
fn subjects() -> [Request; 3] {
    let (organization, common_name) = (&[0x55, 4, 10], &[0x55, 4, 3]);
    [
        Request::new(request::name(&[(common_name, 19, b"sensor 1"), (organization, 12, b"A  B")])),
        Request::new(request::name(&[
            (organization, 30, b"\0W\0o\0r\0k\0s"),
            (common_name, 22, b"sensor-2"),
        ])),
        Request::named("sensor-3"),
    ]
}

/// What other software says of a public key, and of a subject with the types of its text.
fn identity(what: &str, file: &Path) -> (String, String) {
    let asked = |arguments: &[&str]| succeed(openssl(&[what, "-noout", "-in"]).arg(file).args(arguments));
    (asked(&["-pubkey"]), asked(&["-subject", "-nameopt", "RFC2253,show_type,dump_all,dump_der"]))
}

#[test]
fn every_event_is_answered_or_refused_by_its_line() {
    let sandbox = Sandbox::with_root("cli-events", "p256");
    let (stick, out) = (sandbox.folder("stick"), sandbox.folder("out"));
    let [one, two, three] = subjects();
    let wishes = [csr(&one, Algorithm::P256), csr(&two, Algorithm::Rsa(2048)), csr(&three, Algorithm::P384)];
    let weak = csr(&Request::named("sensor-4"), Algorithm::Ed25519);
    let written = [
        event("sensor-1", &wishes[0]),
        String::new(),
        event("sensor-2", &wishes[1]),
        event("again", &wishes[0]),
        event("twice", &(wishes[1].clone() + &wishes[2])),
        event("\u{1b}[2J", "\u{1b}]0;title\u{7}"),
        event("unknown", &wishes[0]).replacen('{', "{\"nosuch\\u001b[2J\":1,", 1),
        event("wrong", &wishes[0]).replacen("\"0a1b2c\"", &"[".repeat(30_000), 1),
        format!("{}{}", " ".repeat(70_000), event("long", &wishes[2])),
        event("sensor-4", &weak),
        event("sensor-3", &wishes[2]),
    ];
    fs::write(format!("{stick}/events.jsonl"), written.join("\r\n")).unwrap();

    let judged = sandbox.json(["inspect", "--profile", "aws-certificate-provider", &stick]);
    let verdicts: Vec<(String, &str, &str)> = judged
        .iter()
        .filter(|line| line.get("source").is_some())
        .map(|line| {
            let first = line["findings"][0]["control"].as_str().unwrap_or_default();
            let source = line["source"].as_str().unwrap().replace(&format!("{stick}/"), "");
            (source, line["verdict"].as_str().unwrap(), first)
        })
        .collect();
    let expected = [
        ("accepted", ""),
        ("refused", "csr-event"),
        // Its commonName is of a type that nobody should use, and stays what it is.
        ("accepted", "quirk"),
        ("refused", "duplicate-in-batch"),
        ("refused", "csr-event"),
        ("refused", "csr-form"),
        ("refused", "csr-event"),
        ("refused", "csr-event"),
        ("refused", "csr-event"),
        ("refused", "key-algorithm"),
        ("accepted", ""),
    ];
    assert_eq!(verdicts.len(), expected.len(), "{verdicts:?}");
    for (number, ((source, verdict, control), expected)) in (1..).zip(verdicts.iter().zip(expected)) {
        assert_eq!(*source, format!("events.jsonl#{number}"));
        assert_eq!((*verdict, *control), expected, "{source}");
    }

    let bundle =
        sandbox.issue("root", "aws-certificate-provider", &[&stick], &out, &["aws-certificate-provider"]);
    assert_eq!((bundle.planned.accepted, bundle.planned.refused), (3, 8));
    let read = |name: &str| fs::read(bundle.folder.join("aws-certificate-provider").join(name)).unwrap();
    let answers = lines(&read("answers.jsonl"));
    let index = String::from_utf8(read("index.csv")).unwrap();
    let rows: Vec<Vec<&str>> = index.lines().skip(1).map(|row| row.split(',').collect()).collect();
    assert_eq!((answers.len(), rows.len()), (3, 3));
    for (((answer, row), number), wish) in answers.iter().zip(rows).zip(["1", "3", "11"]).zip(wishes) {
        let Value::Object(keys) = answer else { panic!("{answer}") };
        assert_eq!(keys.len(), 1, "{answer}");
        assert_eq!(row[..2], ["events.jsonl", number], "{row:?}");
        let (asked, given) = (sandbox.path("asked.pem"), sandbox.path("given.pem"));
        fs::write(&asked, wish).unwrap();
        fs::write(&given, keys["certificatePem"].as_str().unwrap()).unwrap();
        // AWS refuses an answer whose subject or public key is not the request's.
        assert_eq!(identity("x509", &given), identity("req", &asked), "line {number}");
    }
    let refused = fs::read_to_string(bundle.folder.join("refused.csv")).unwrap();
    assert!(refused.contains("events.jsonl#8,csr-event,") && !refused.contains('\u{1b}'), "{refused}");
    let folder = bundle.folder.to_str().unwrap();
    sandbox.exits(0, ["verify", folder, "--trust", &format!("{folder}/root.pem")]);
    audited(&sandbox, 4);
}

#[test]
fn a_file_of_one_event_and_one_that_is_empty_are_told_by_their_line() {
    let sandbox = Sandbox::empty("cli-events-few");
    let stick = sandbox.folder("stick");
    let asked = csr(&Request::named("sensor"), Algorithm::P256);
    fs::write(format!("{stick}/ONE.JSONL"), event("sensor", &asked) + "\n").unwrap();
    fs::write(format!("{stick}/none.jsonl"), "").unwrap();
    let judged = sandbox.json(["inspect", &stick]);
    let told: Vec<(&str, &str)> = judged
        .iter()
        .filter_map(|line| Some((line.get("source")?.as_str()?, line["verdict"].as_str()?)))
        .collect();
    let (one, none) = (format!("{stick}/ONE.JSONL#1"), format!("{stick}/none.jsonl#1"));
    assert_eq!(told, [(one.as_str(), "accepted"), (none.as_str(), "refused")]);
}

#[test]
fn answers_are_not_made_below_a_ca_that_aws_does_not_take() {
    let sandbox = Sandbox::with_root("cli-events-ca", "ed25519");
    let (stick, out) = (sandbox.folder("stick"), sandbox.folder("out"));
    let asked = csr(&Request::named("sensor"), Algorithm::P256);
    fs::write(format!("{stick}/events.jsonl"), event("sensor", &asked)).unwrap();
    let planned = sandbox.approved("root", "aws-certificate-provider", &[&stick]);
    let pin = sandbox.text("pin");
    sandbox.ok(["sign", &planned.id, "--pin-file", &pin]);
    let named =
        ["deliver", &planned.id, "--to", &out, "--for", "aws-certificate-provider", "--pin-file", &pin];
    failed(&sandbox.run(named), 2, "aws-certificate-provider: ").unwrap();
}
