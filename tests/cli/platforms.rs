//! Forms for platforms: what they cannot be made of is said before anything is signed.

use std::fs;

use crate::{
    bench::{audited, failed, names, requests},
    support::{
        Sandbox,
        request::{self, Algorithm, Key, Request},
    },
};

#[test]
fn what_a_platform_would_refuse_is_said_before_anything_is_signed() {
    let sandbox = Sandbox::with_root("cli-platforms", "p256");
    let authority = sandbox.path("home/authority.toml");
    let unattended =
        fs::read_to_string(&authority).unwrap().replacen("unattended = false", "unattended = true", 1);
    let settings = |text: &str| fs::write(&authority, format!("{unattended}\n{text}")).unwrap();
    let (stick, out, pin) = (sandbox.folder("stick"), sandbox.folder("out"), sandbox.text("pin"));
    requests(&stick, "sensor", 2);
    // No thing has such a name.
    let dotted = Request::named("sensor.3").der(&Key::generate(Algorithm::P256));
    fs::write(format!("{stick}/sensor.3.csr"), request::pem("CERTIFICATE REQUEST", &dotted)).unwrap();
    let issue = |form: &str| {
        let named = ["issue", "--ca", "root", "--profile", "device", "--yes", "--pin-file", &pin];
        sandbox.run(named.into_iter().chain(["--from", &stick, "--to", &out, "--for", form]))
    };
    let refused = |form: &str, words: &str| {
        failed(&issue(form), 2, words).unwrap_or_else(|problem| panic!("{form}: {problem}"));
        assert!(names(&out).is_empty());
        // Whoever looks at the register needs a sound authority.toml.
        settings("");
        audited(&sandbox, 1);
    };
    settings("[deliver.aws]\nnosuch = 1\n");
    refused("aws", "unknown key `nosuch`");
    settings("[deliver.aws]\nprovisioning = \"jitp\"\n");
    refused("aws", "provisioning = \"jitp\" needs role-arn");
    settings("");
    refused("aws", "sensor.3 cannot be a thing's name");
    refused("alibaba", "Alibaba Cloud IoT takes RSA only; this CA is P-256");
    settings("[deliver.aws]\nattributes = { maker = \"Organization\" }\nthing-name = \"Id\"\n");
    refused("aws", "the parameter Organization needs one organizationName in the subject, which has 0");
    settings("[deliver.aws]\nthing-name = \"Id\"\n");
    refused("huawei", "Huawei Cloud IoTDA has no device named sensor.3");
    refused("tencent", "Tencent IoT Hub has no device named sensor.3");
    settings("[deliver.aws]\nthing-name = \"Id\"\n");
    let output = issue("aws,azure,apsaramq");
    assert_eq!(output.status.code(), Some(0), "{}", crate::support::said(&output));
    audited(&sandbox, 4);
    let folder = format!("{out}/{}", names(&out)[0]);
    sandbox.exits(0, ["verify", &folder, "--trust", &format!("{folder}/root.pem")]);
    let written = names(&folder);
    // What was delivered lies beside the requests of the next visit: each file is passed over, and none of its lines is refused.
    let again = sandbox.json(["inspect", "--profile", "device", &format!("{folder}/aws")]);
    let found: Vec<_> =
        again.iter().filter_map(|line| line["source"].as_str().zip(line["verdict"].as_str())).collect();
    let bulk: Vec<_> = found.iter().filter(|(source, _)| source.contains("bulk.jsonl")).collect();
    assert!(matches!(bulk.as_slice(), [(_, "skipped")]), "{found:?}");
    assert!(
        ["apsaramq", "aws", "azure"].iter().all(|name| written.contains(&(*name).to_owned())),
        "{written:?}"
    );
}

#[test]
fn aws_takes_ten_cas_of_one_subject_when_devices_are_delivered_too() {
    let sandbox = Sandbox::new("cli-same-subject");
    let pin = sandbox.text("pin");
    let stick = sandbox.folder("stick");
    let out = sandbox.folder("out");
    requests(&stick, "sensor", 1);
    let made = |count: std::ops::Range<u8>| {
        for number in count {
            let name = format!("ca-{number}");
            let subject = ["--subject", "/CN=Same", "--key", "p256", "--days", "7300"];
            sandbox.ok(["ca", "create", &name, "--pin-file", &pin].into_iter().chain(subject));
        }
    };
    made(0..10);
    let (ten, eleven) = (sandbox.approved("ca-0", "device", &[&stick]), {
        requests(&sandbox.folder("more"), "other", 1);
        sandbox.approved("ca-1", "device", &[&sandbox.text("more")])
    });
    for plan in [&ten, &eleven] {
        sandbox.ok(["sign", &plan.id, "--pin-file", &pin]);
    }
    let deliver = |plan: &str, form: &str| {
        sandbox.run(["deliver", plan, "--to", &out, "--pin-file", &pin, "--for", form])
    };
    assert_eq!(deliver(&ten.id, "aws").status.code(), Some(0));
    made(10..11);
    let words =
        "AWS IoT Core takes at most 10 CAs of one account with the same subject; 11 of this home have it";
    failed(&deliver(&eleven.id, "aws"), 2, words).unwrap();
    assert_eq!(deliver(&eleven.id, "azure").status.code(), Some(0));
}
