//! Every built-in profile under every kind of CA: one certificate of each is issued on `SoftHSM` and goes before software
//! by others with its path; and any profile makes of any request that it takes octets that read back to themselves.

#[path = "profiles/altered.rs"]
mod altered;
#[path = "profiles/any.rs"]
mod any;
#[path = "profiles/judged.rs"]
mod judged;
#[path = "judges/latest.rs"]
mod latest;
mod support;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Output,
};

use coldsign::pki::{certificate::Certificate, fingerprint::hex, pem};
use support::{
    Sandbox,
    request::{self, Algorithm, Critical, Key, Request},
    said, tool,
};

#[derive(Clone, Copy, Eq, PartialEq)]
enum Scheme {
    /// As the profiles have it.
    Own,
    /// RSASSA-PSS.
    Pss,
}

/// A profile of the test: its name, the purpose that OpenSSL is asked for, and whether only a P-256 CA may issue by it.
const PROFILES: [(&str, &str, Issuer); 17] = [
    ("device", "sslclient", Issuer::Any),
    ("server", "sslserver", Issuer::Any),
    ("subordinate-ca", "any", Issuer::Any),
    ("subordinate-ca-renewal", "any", Issuer::Any),
    ("verification", "any", Issuer::Any),
    ("idevid", "any", Issuer::Any),
    ("matter-pai", "any", Issuer::Matter),
    ("wisun", "sslclient", Issuer::Any),
    ("ieee2030-5", "any", Issuer::Any),
    ("opcua-application", "sslserver", Issuer::Any),
    ("code-signing", "any", Issuer::Any),
    ("time-stamping", "timestampsign", Issuer::Any),
    ("ocsp-signing", "ocsphelper", Issuer::Any),
    ("aws-certificate-provider", "sslclient", Issuer::Any),
    ("everything", "sslserver", Issuer::Any),
    ("limited-ca", "any", Issuer::Any),
    ("policy-ca", "any", Issuer::Any),
];

/// A CA's profile, the profile of what is issued below it, its purpose, and the CA's subject.
const INTERMEDIATES: [(&str, &str, &str, &str); 3] = [
    ("matter-pai", "matter-dac", "any", "CN=PAI,MatterVID=FFF1"),
    ("limited-ca", "everything", "sslserver", "CN=Limited,O=Works"),
    ("policy-ca", "everything", "sslserver", "CN=Policy,O=Works"),
];

#[derive(Clone, Copy, Eq, PartialEq)]
enum Issuer {
    Any,
    Matter,
}

/// Profiles that are not built in, with every extension that a profile can fix.
const MORE: &str = r#"
[profiles.everything]
kind = "end-entity"
validity-days = 30
key-usage = ["digitalSignature"]
extended-key-usage = ["serverAuth"]
allow-extensions = ["subjectAltName"]
keys = ["P-256"]
rsa-scheme = "pkcs1"
signature-hash = "sha384"
ocsp = ["http://ocsp.example.com/"]
ca-issuers = ["http://pki.example.com/ca.cer"]
crl = ["http://pki.example.com/ca.crl", "http://mirror.example.com/ca.crl"]
certificate-policies = [{ oid = "1.3.6.1.4.1.99999.1", cps = "https://pki.example.com/cps" }, { oid = "1.3.6.1.4.1.99999.3" }]
must-staple = true
custom-extensions = [{ oid = "1.3.6.1.4.1.99999.2", der = "30090c0466697273020101" }]

[profiles.limited-ca]
kind = "subordinate-ca"
path-length = 0
validity-days = 3000
key-usage = ["keyCertSign", "cRLSign"]
extended-key-usage = ["serverAuth"]
keys = ["P-256"]
rsa-scheme = "pkcs1"
crl = ["http://pki.example.com/root.crl"]
certificate-policies = [{ oid = "1.3.6.1.4.1.99999.1" }, { oid = "1.3.6.1.4.1.99999.3" }]
permitted-names = ["dns:example.com", "ip:192.0.2.0/24", "ip:2001:db8::/32"]
excluded-names = ["dns:secret.example.com"]

[profiles.policy-ca]
kind = "subordinate-ca"
path-length = 0
validity-days = 3000
key-usage = ["keyCertSign", "cRLSign"]
keys = ["P-256"]
rsa-scheme = "pkcs1"
signature-hash = "sha512"
certificate-policies = [{ oid = "1.3.6.1.4.1.99999.1" }]
permitted-names = ["email:example.com", "uri:.example.com", "dn:O=Works"]
require-explicit-policy = 0
inhibit-policy-mapping = 0
inhibit-any-policy = 0
"#;

/// A request as its profile wants it.
fn wanted(profile: &str, number: usize) -> Request {
    let organization: &[u8] = &[0x55, 4, 10];
    let common_name: &[u8] = &[0x55, 4, 3];
    let names = |list: &[(u8, &[u8])]| {
        let list: Vec<Vec<u8>> =
            list.iter().map(|(form, content)| coldsign::pki::der::element(*form, content)).collect();
        request::extension(
            &[0x55, 0x1d, 17],
            Critical::No,
            &coldsign::pki::der::element(0x30, &list.concat()),
        )
    };
    // A hardware module of type 1.3.6.1.4.1.99999.4 and a serial number of two octets.
    let module: &[u8] = b"\x06\x08\x2b\x06\x01\x05\x05\x07\x08\x04\xa0\x12\x30\x10\x06\x0a\x2b\x06\x01\x04\x01\x86\x8d\x1f\x04\x01\x04\x02\x00\x07";
    let text = format!("{profile}-{number}");
    let plain = Request::named(&text);
    let works = |name: &str| {
        Request::new(request::name(&[(organization, 12, b"Works"), (common_name, 12, name.as_bytes())]))
    };
    match profile {
        "server" => plain.with(request::alternative_names(&["host.example.com"])),
        "everything" => works(&text).with(names(&[
            (0x82, b"host.example.com"),
            (0x87, &[192, 0, 2, 7]),
            (0x86, b"https://host.example.com/"),
            (0x81, b"a@example.com"),
        ])),
        "subordinate-ca" | "subordinate-ca-renewal" | "limited-ca" | "policy-ca" => {
            works(&text).with(request::authority())
        }
        "idevid" => {
            Request::new(request::name(&[(organization, 12, b"Works"), (&[0x55, 4, 5], 19, text.as_bytes())]))
                .with(names(&[(0xa0, module)]))
        }
        "matter-pai" => Request::new(request::name(&[
            (common_name, 12, text.as_bytes()),
            (&[0x2b, 6, 1, 4, 1, 0x82, 0xa2, 0x7c, 2, 1], 12, b"FFF1"),
        ])),
        "matter-dac" => Request::new(request::name(&[
            (common_name, 12, text.as_bytes()),
            (&[0x2b, 6, 1, 4, 1, 0x82, 0xa2, 0x7c, 2, 1], 12, b"FFF1"),
            (&[0x2b, 6, 1, 4, 1, 0x82, 0xa2, 0x7c, 2, 2], 12, b"8000"),
        ])),
        "wisun" | "ieee2030-5" => Request::new(vec![0x30, 0]).with(names(&[(0xa0, module)])),
        "opcua-application" => {
            works(&text).with(names(&[(0x86, b"urn:host:works:app"), (0x82, b"host.example.com")]))
        }
        _ => plain,
    }
}

/// Every certificate that was issued: CA, profile, purpose, and the folder of its bundle.
struct Issued {
    authority: &'static str,
    profile: &'static str,
    purpose: &'static str,
    folder: PathBuf,
}

impl Issued {
    fn certificate(&self) -> PathBuf {
        let certificates = support::files(&self.folder.join("certs"));
        assert_eq!(certificates.len(), 1, "{} {}", self.authority, self.profile);
        certificates.into_iter().next().unwrap()
    }

    /// Its serial number, hexadecimal digits.
    fn serial(&self) -> String {
        let der = pem::certificates(&fs::read(self.certificate()).unwrap()).unwrap().remove(0);
        hex(Certificate::parse(&der).unwrap().serial())
    }

    /// The CA certificates above it, those between and the root.
    fn above(&self) -> (Option<PathBuf>, PathBuf) {
        let (issuer, root) = (self.folder.join("ca.pem"), self.folder.join("root.pem"));
        let between = fs::read(&issuer).unwrap() != fs::read(&root).unwrap();
        (between.then_some(issuer), root)
    }
}

// A test a kind of CA: each ends by itself, with all that anybody has against it.

#[test]
fn software_by_others_takes_every_profile_under_a_p256_ca() {
    every_profile_under("p256", "p256", Scheme::Own);
}

#[test]
fn software_by_others_takes_every_profile_under_a_p384_ca() {
    every_profile_under("p384", "p384", Scheme::Own);
}

#[test]
fn software_by_others_takes_every_profile_under_a_p521_ca() {
    every_profile_under("p521", "p521", Scheme::Own);
}

#[test]
fn software_by_others_takes_every_profile_under_an_ed25519_ca() {
    every_profile_under("ed25519", "ed25519", Scheme::Own);
}

#[test]
fn software_by_others_takes_every_profile_under_an_rsa_ca() {
    every_profile_under("rsa", "rsa2048", Scheme::Own);
}

#[test]
fn software_by_others_takes_every_profile_under_a_pss_ca() {
    every_profile_under("pss", "rsa2048", Scheme::Pss);
}

/// A root CA of this name, key and way to sign, a certificate of every profile below it, and those who judge them.
fn every_profile_under(authority: &'static str, key: &str, scheme: Scheme) {
    let sandbox = Sandbox::new(&format!("profiles-{authority}"));
    profiles(&sandbox, scheme);
    sandbox.root(authority, key);
    let mut issued = Vec::new();
    for (number, (profile, purpose, issuer)) in PROFILES.into_iter().enumerate() {
        let stick = requested(&sandbox, authority, profile, number);
        if issuer == Issuer::Matter && key != "p256" {
            let refused = sandbox.run(["inspect", "--ca", authority, "--profile", profile, &stick]);
            assert!(said(&refused).contains("the CA's key must be of P-256"), "{}", said(&refused));
            continue;
        }
        issued.push(issue(&sandbox, authority, profile, purpose, &stick));
    }
    if key == "p256" {
        for (above, profile, purpose, subject) in INTERMEDIATES {
            issued.push(below_an_intermediate(&sandbox, above, profile, purpose, subject));
        }
    }
    println!("{authority}: {} certificates", issued.len());
    let mut complaints: Vec<String> =
        issued.iter().flat_map(|one| [openssl(one), gnutls(one)]).flatten().collect();
    complaints.extend(judged::judge(&sandbox, authority, &issued));
    assert!(complaints.is_empty(), "{} complaints\n{}", complaints.len(), complaints.join("\n"));
}

/// The home's profiles and those of the test, signing as the test wants.
fn profiles(sandbox: &Sandbox, scheme: Scheme) {
    let path = sandbox.path("home/authority.toml");
    let mut text = fs::read_to_string(&path).unwrap() + MORE;
    if scheme == Scheme::Pss {
        text = text.replace("rsa-scheme = \"pkcs1\"", "rsa-scheme = \"pss\"");
    }
    fs::write(&path, text).unwrap();
}

/// A folder with one request, named as its profile; the key stands nowhere.
fn requested(sandbox: &Sandbox, authority: &str, profile: &str, number: usize) -> String {
    let stick = sandbox.folder(&format!("sticks/{authority}-{profile}"));
    let algorithm = match (authority, profile) {
        ("rsa", "opcua-application") => Algorithm::Rsa(2048),
        _ => Algorithm::P256,
    };
    let der = wanted(profile, number).der(&Key::generate(algorithm));
    fs::write(Path::new(&stick).join(format!("{profile}.csr")), request::pem("CERTIFICATE REQUEST", &der))
        .unwrap();
    stick
}

fn issue(
    sandbox: &Sandbox,
    authority: &'static str,
    profile: &'static str,
    purpose: &'static str,
    stick: &str,
) -> Issued {
    let delivery = sandbox.issue(authority, profile, &[stick], &sandbox.folder("out"), &[]);
    assert_eq!(delivery.planned.accepted, 1, "{authority} {profile}");
    Issued { authority, profile, purpose, folder: delivery.folder }
}

/// A CA made by one profile under the P-256 root, and one certificate made by another below it.
fn below_an_intermediate(
    sandbox: &Sandbox,
    above: &'static str,
    profile: &'static str,
    purpose: &'static str,
    subject: &str,
) -> Issued {
    let (pin, requests) = (sandbox.text("pin"), sandbox.folder("requests"));
    let request = sandbox.json([
        "ca",
        "request",
        above,
        "--key",
        "p256",
        "--subject",
        subject,
        "--to",
        &requests,
        "--pin-file",
        &pin,
    ]);
    let path = request[0]["request"].as_str().expect("the request's path").to_owned();
    let bundle = sandbox.issue("p256", above, &[&path], &sandbox.folder("out"), &[]).folder;
    let text = |name: &str| bundle.join(name).to_str().unwrap().to_owned();
    sandbox.ok(["ca", "install", above, &text("certificates.pem"), "--chain", &text("root.pem")]);
    let stick = requested(sandbox, above, profile, 0);
    issue(sandbox, above, profile, purpose, &stick)
}

/// What OpenSSL has against a certificate and its path.
fn openssl(one: &Issued) -> Option<String> {
    let (between, root) = one.above();
    let mut command = tool("openssl", "apt-get install openssl");
    command.args(["verify", "-x509_strict", "-check_ss_sig", "-no-CApath", "-no-CAstore"]);
    command.args(["-purpose", one.purpose, "-CAfile"]).arg(root);
    if let Some(between) = between {
        command.arg("-untrusted").arg(between);
    }
    let output = command.arg(one.certificate()).output().unwrap();
    complaint(one, &output, output.status.success() && said(&output).contains(": OK"))
}

/// What `GnuTLS` has against it.
fn gnutls(one: &Issued) -> Option<String> {
    let (between, root) = one.above();
    let chain = one.folder.join("path.pem");
    let files = [Some(one.certificate()), between, Some(root.clone())];
    let octets: Vec<Vec<u8>> = files.into_iter().flatten().map(|file| fs::read(file).unwrap()).collect();
    fs::write(&chain, octets.concat()).unwrap();
    let mut command = tool("certtool", "apt-get install gnutls-bin");
    command.args(["--verify", "--load-ca-certificate"]).arg(root).arg("--infile").arg(chain);
    let output = command.output().unwrap();
    let is_content = if one.authority == "policy-ca" || one.profile == "policy-ca" {
        // GnuTLS knows neither policyConstraints nor inhibitAnyPolicy, and RFC 5280 has both critical.
        !output.status.success() && said(&output).contains("unknown critical extension")
    } else {
        output.status.success() && said(&output).contains("Chain verification output: Verified")
    };
    complaint(one, &output, is_content)
}

/// A finished judge's words, where they are not those that were wanted.
fn complaint(one: &Issued, output: &Output, is_content: bool) -> Option<String> {
    (!is_content).then(|| format!("{} {}: {}", one.authority, one.profile, said(output)))
}
