//! `prove`: codes are opaque, and the certificate can prove possession and nothing else.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    bench::{failed, names},
    support::{
        Sandbox,
        request::{self, Algorithm, COMMON_NAME, Key, Request},
        succeed, tool,
    },
};

const UTF8: u8 = 0x0c;

/// The subject's CN octets, as OpenSSL's parser finds them: the last string of the certificate's subject.
fn common_name(certificate: &Path) -> Vec<u8> {
    let text =
        succeed(
            tool("openssl", "apt-get install openssl")
                .args(["x509", "-noout", "-subject", "-nameopt"])
                .args(["RFC2253,-esc_msb,utf8,dump_all,dump_der", "-in", certificate.to_str().unwrap()]),
        );
    // subject=CN=#0C0A… : the DER of the value in hexadecimal.
    let hex = text.trim().rsplit_once('#').unwrap_or_else(|| panic!("{text}")).1;
    let der: Vec<u8> =
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
    assert_eq!(usize::from(der[1]), der.len() - 2);
    der[2..].to_vec()
}

/// The one bundle in a folder.
fn bundle(to: &str) -> PathBuf {
    Path::new(to).join(&names(to)[0])
}

fn shown(certificate: &Path) -> String {
    let mut openssl = tool("openssl", "apt-get install openssl");
    succeed(openssl.args(["x509", "-noout", "-text", "-in", certificate.to_str().unwrap()]))
}

#[test]
fn codes_are_opaque_and_the_certificate_proves_nothing_else() {
    let sandbox = Sandbox::with_root("cli-prove", "p256");
    let pin = sandbox.text("pin");
    let digits = "0123456789abcdef".repeat(4);
    let upper = digits.to_uppercase();
    let full = "x".repeat(64);
    let mut number = 0;
    let mut prove = |platform: &str, option: &str, value: &str| {
        number += 1;
        let to = sandbox.folder(&format!("proof-{number}"));
        let arguments = [
            "prove",
            "--ca",
            "root",
            "--for",
            platform,
            &format!("{option}={value}"),
            "--to",
            &to,
            "--pin-file",
            &pin,
        ];
        (sandbox.run(arguments), to)
    };
    let mut kinds = 0;
    let typed = [
        ("aws", digits.as_str()),
        ("aws", &upper),
        ("azure", " leading"),
        ("azure", "trailing "),
        ("azure", "MiXeD-Case_0123"),
        ("azure", "-begins-like-an-option"),
        ("azure", &full),
        ("azure", "Zürich-漢字"),
    ];
    for (platform, code) in typed {
        let (output, to) = prove(platform, "--code", code);
        assert_eq!(output.status.code(), Some(0), "{code:?}: {}", crate::support::said(&output));
        let certificate = Path::new(&to).join(&names(&to)[0]).join("certificates.pem");
        assert_eq!(common_name(&certificate), code.as_bytes(), "{code:?}");
        let text = shown(&certificate);
        assert!(text.contains("CA:FALSE") && !text.contains("Client Authentication"), "{text}");
        let mut openssl = tool("openssl", "apt-get install openssl");
        // Short-lived: it ends within 31 days.
        let ends = openssl
            .args(["x509", "-noout", "-checkend", "2678400", "-in"])
            .arg(&certificate)
            .output()
            .unwrap();
        assert_eq!(ends.status.code(), Some(1), "it lives longer than 31 days");
        let key = Key::generate(Algorithm::P256);
        let request = Request::new(request::name(&[(COMMON_NAME, UTF8, code.as_bytes())])).der(&key);
        let file = sandbox.path(&format!("{kinds}.csr"));
        fs::write(&file, request::pem("CERTIFICATE REQUEST", &request)).unwrap();
        let (output, to) = prove(platform, "--csr", file.to_str().unwrap());
        assert_eq!(output.status.code(), Some(0), "{code:?}: {}", crate::support::said(&output));
        let certificate = Path::new(&to).join(&names(&to)[0]).join("certificates.pem");
        assert_eq!(common_name(&certificate), code.as_bytes(), "{code:?} from a CSR");
        assert!(!shown(&certificate).contains("Client Authentication"));
        kinds += 1;
    }
    let plans = sandbox.json(["register", "list"]);
    let profiles = plans.iter().filter(|plan| plan["profile"] == "verification").count();
    assert_eq!(profiles, 2 * kinds);
    let refused = [
        ("aws", format!("{digits} ")),
        ("aws", digits[1..].to_owned()),
        ("aws", format!("{digits}0")),
        ("aws", "g".repeat(64)),
        ("azure", "x".repeat(65)),
        ("azure", String::new()),
        ("alibaba", digits.clone()),
    ];
    for (platform, code) in refused {
        let (output, to) = prove(platform, "--code", &code);
        failed(&output, 2, "").unwrap_or_else(|problem| {
            // The rehearsal's own line goes before the pair.
            panic!("{platform} {code:?}: {problem}")
        });
        assert!(names(&to).is_empty());
    }
    assert_eq!(sandbox.json(["register", "list"]).len(), plans.len(), "a refused code leaves no plan");
}

/// A proof by `coldsign prove` for a CA of the sandbox: what it says, and the folder it may write to.
fn prove(sandbox: &Sandbox, ca: &str, platform: &str, code: &str) -> (std::process::Output, String) {
    let (to, pin) = (sandbox.folder(&format!("{ca}-{platform}")), sandbox.text("pin"));
    let code = format!("--code={code}");
    let arguments = ["prove", "--ca", ca, "--for", platform, &code, "--to", &to, "--pin-file", &pin];
    (sandbox.run(arguments), to)
}

#[test]
fn every_platform_has_its_files_in_a_folder_of_its_name() {
    let sandbox = Sandbox::with_root("cli-prove-all", "rsa2048");
    let digits = "0123456789abcdef".repeat(4);
    let uuid = "13274673-8f90-4630-bea1-9cccb25756ad2089123456";
    let platforms = [
        ("alibaba", uuid, &["ca.crt", "verification.crt", "verification.png"][..]),
        ("apsaramq", uuid, &["ca.crt", "verification.crt", "verification.png"]),
        ("aws", &digits, &["ca.pem", "register.sh", "verification.pem", "verification.png"]),
        ("azure", uuid, &["ca.pem", "verification.pem", "verification.png"]),
        ("huawei", uuid, &["ca.pem", "verification.pem", "verification.png"]),
        ("tencent", uuid, &["ca.crt", "verification.crt", "verification.png"]),
    ];
    for (platform, code, files) in platforms {
        let (output, to) = prove(&sandbox, "root", platform, code);
        assert_eq!(output.status.code(), Some(0), "{platform}: {}", crate::support::said(&output));
        let folder = bundle(&to).join(platform);
        assert_eq!(names(folder.to_str().unwrap()), files);
        let [ca, verification] = ["ca", "verification"].map(|name| {
            folder.join(files.iter().find(|file| file.starts_with(name)).expect("the platform's file"))
        });
        assert_eq!(common_name(&verification), code.as_bytes());
        let mut openssl = tool("openssl", "apt-get install openssl");
        succeed(openssl.args(["verify", "-x509_strict", "-CAfile"]).arg(&ca).arg(&verification));
        let trust = bundle(&to).join("root.pem");
        sandbox.exits(0, ["verify", bundle(&to).to_str().unwrap(), "--trust", trust.to_str().unwrap()]);
        // Delivered once more, a proof has the same files: the plan is what makes it one.
        let (again, pin) = (sandbox.folder(&format!("again-{platform}")), sandbox.text("pin"));
        sandbox.ok(["deliver", &names(&to)[0], "--to", &again, "--for", platform, "--pin-file", &pin]);
        assert_eq!(names(bundle(&again).join(platform).to_str().unwrap()), files);
        // Whoever alters a file of the folder is found out, beside the digests.
        fs::write(&ca, fs::read(&verification).unwrap()).unwrap();
        let said =
            sandbox.exits(1, ["verify", bundle(&to).to_str().unwrap(), "--trust", trust.to_str().unwrap()]);
        assert!(said.contains("is not what the certificates make"), "{said}");
    }
}

#[test]
fn a_platforms_rules_are_said_before_anything_is_signed() {
    let sandbox = Sandbox::with_root("cli-prove-rules", "p256");
    let authority = sandbox.path("home/authority.toml");
    let text = fs::read_to_string(&authority).unwrap();
    let plans = sandbox.json(["register", "list"]).len();
    let refused = |ca: &str, platform: &str, code: &str, words: &str| {
        let (output, to) = prove(&sandbox, ca, platform, code);
        failed(&output, 2, words).unwrap_or_else(|problem| panic!("{platform} {code:?}: {problem}"));
        fs::remove_dir(to).expect("nothing was written");
    };
    refused("root", "alibaba", "a1b2", "Alibaba Cloud IoT takes RSA only; this CA is P-256");
    refused("root", "aws", "a1b2", "64 hexadecimal digits; this one has 4 characters");
    refused("root", "gcp", "a1b2", "there is no platform named gcp");
    fs::write(&authority, text.replace("validity-days = 7\n", "validity-days = 40\n")).unwrap();
    refused(
        "root",
        "azure",
        "a1b2",
        "a proof lives 31 days at most; by the profile this one would live 40 days",
    );
    fs::write(&authority, &text).unwrap();
    assert_eq!(sandbox.json(["register", "list"]).len(), plans);
    sandbox.root("edwards", "ed25519");
    refused(
        "edwards",
        "huawei",
        "a1b2",
        "Huawei Cloud IoTDA takes RSA from 2048 bits, P-256, P-384 and P-521 only",
    );
}
