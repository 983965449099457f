//! Certificates planned here and signed by other software are accepted by `openssl verify -x509_strict`.
//!
//! OpenSSL stands for the token: it makes the keys, signs the planned octets, writes the requests, and judges.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use coldsign::{
    config,
    pki::{
        certificate::{Certificate, SignedCertificate},
        issuer::IssuingCa,
        key::{PublicKey, RsaScheme},
        name::Name,
        plan::{
            Facts, PlannedCertificate, RootFields, assemble_request, plan, plan_for_code, plan_root,
            request_info,
        },
        profile::Profile,
        request::{ParsedRequest, VerifiedRequest},
        serial::SerialNumber,
        time::{DAY_SECONDS, Time},
    },
};

/// A folder for one test, and OpenSSL in it.
struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, octets: &[u8]) {
        std::fs::write(self.path(name), octets).expect(name);
    }

    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).expect(name)
    }

    /// Runs OpenSSL and returns what it printed, both streams.
    fn openssl(&self, arguments: &str) -> (bool, String) {
        let output = Command::new("openssl")
            .args(arguments.split_whitespace())
            .current_dir(self.folder.path())
            .output()
            .expect("OpenSSL's command is needed: apt-get install openssl");
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&text).into_owned())
    }

    fn must(&self, arguments: &str) -> String {
        let (done, text) = self.openssl(arguments);
        assert!(done, "openssl {arguments}: {text}");
        text
    }

    fn certificate(&self, name: &str, der: &[u8]) {
        self.write("it.der", der);
        self.must(&format!("x509 -inform DER -in it.der -out {name}"));
    }
}

/// A software key that OpenSSL made and signs with.
struct Key<'a> {
    bench: &'a Bench,
    file: &'static str,
    kind: &'static str,
    scheme: RsaScheme,
}

impl<'a> Key<'a> {
    fn new(bench: &'a Bench, file: &'static str, kind: &'static str, scheme: RsaScheme) -> Self {
        let how = match kind {
            "rsa" => "-algorithm RSA -pkeyopt rsa_keygen_bits:2048".into(),
            "ed25519" => "-algorithm ED25519".into(),
            curve => format!("-algorithm EC -pkeyopt ec_paramgen_curve:{curve}"),
        };
        bench.must(&format!("genpkey {how} -out {file}"));
        Self { bench, file, kind, scheme }
    }

    fn public(&self) -> PublicKey {
        self.bench.must(&format!("pkey -in {} -pubout -outform DER -out public.der", self.file));
        PublicKey::from_spki(&self.bench.read("public.der")).expect("a sound key")
    }

    fn sign(&self, octets: &[u8]) -> Vec<u8> {
        self.bench.write("octets", octets);
        let how = match (self.kind, self.scheme) {
            ("ed25519", _) => "-rawin",
            ("P-384", _) => "-rawin -digest sha384",
            ("P-521", _) => "-rawin -digest sha512",
            ("rsa", RsaScheme::Pss) => {
                "-rawin -digest sha256 -pkeyopt rsa_padding_mode:pss -pkeyopt rsa_pss_saltlen:32"
            }
            _ => "-rawin -digest sha256",
        };
        self.bench.must(&format!("pkeyutl -sign -inkey {} -in octets -out signature {how}", self.file));
        self.bench.read("signature")
    }
}

fn facts(serial: u8) -> Facts {
    // OpenSSL judges by the machine's clock, so this test plans by it too.
    let now =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs();
    let now = Time::from_unix(i64::try_from(now).expect("in range")).expect("a moment");
    Facts { now: now.plus_seconds(-DAY_SECONDS), serial: SerialNumber::from_random([serial; 20]) }
}

fn root(bench: &Bench, key: &Key<'_>) -> IssuingCa {
    let fields = RootFields {
        name: Name::from_text("CN=Test Root,O=Tests,C=DE").expect("a name"),
        public_key: key.public(),
        rsa_scheme: key.scheme,
        days: 9000,
        path_length: Some(1),
    };
    let planned = plan_root(&fields, facts(1)).expect("a root");
    let signature = key.sign(planned.tbs());
    let signed =
        SignedCertificate::assemble_root(planned.tbs(), &signature, &fields.public_key).expect("signed");
    bench.certificate("root.pem", signed.der());
    IssuingCa::new(Certificate::parse(signed.der()).expect("strict"), Vec::new()).expect("fit to issue")
}

fn profile(name: &str, scheme: RsaScheme) -> Profile {
    let mut profile = config::built_in(name).expect(name);
    profile.rsa_scheme = scheme;
    profile
}

/// A request written by OpenSSL for a fresh P-256 key.
fn request(bench: &Bench, arguments: &str) -> VerifiedRequest {
    bench.must("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out device.key");
    bench.must(&format!("req -new -key device.key -outform DER -out device.csr {arguments}"));
    let parsed = ParsedRequest::parse(&bench.read("device.csr")).expect("well-formed");
    parsed.verify_possession().expect("possession")
}

fn issue(
    bench: &Bench,
    planned: &PlannedCertificate,
    issuer: &IssuingCa,
    key: &Key<'_>,
    name: &str,
) -> Certificate {
    let signature = key.sign(planned.tbs());
    let signed = SignedCertificate::assemble(planned.tbs(), &signature, issuer).expect("signed");
    bench.certificate(name, signed.der());
    Certificate::parse(signed.der()).expect("strict")
}

/// A root and a CA below it with keys of this kind: devices, servers and verification certificates of both verify.
fn check(kind: &'static str, scheme: RsaScheme) {
    let bench = Bench::new();
    let root_key = Key::new(&bench, "root.key", kind, scheme);
    let root = root(&bench, &root_key);
    let verify = "verify -x509_strict -check_ss_sig -policy_check -CAfile root.pem";
    bench.must(&format!("{verify} root.pem"));

    let subject = "-subj /O=Tests/serialNumber=1/CN=device-1";
    let planned =
        plan(request(&bench, subject), &profile("device", scheme), &root, facts(2)).expect("planned");
    issue(&bench, &planned, &root, &root_key, "device.pem");
    bench.must(&format!("{verify} -purpose sslclient device.pem"));
    let (accepted, _) = bench.openssl(&format!("{verify} -purpose sslserver device.pem"));
    assert!(!accepted, "a device stands for a server");

    let subordinate_key = Key::new(&bench, "subordinate.key", kind, scheme);
    let public = subordinate_key.public();
    let info = request_info(&Name::from_text("CN=Issuing CA,O=Tests").expect("a name"), &public);
    let csr = assemble_request(&info, &public, scheme, &subordinate_key.sign(&info)).expect("signed");
    bench.write("subordinate.csr", &csr);
    bench.must("req -inform DER -in subordinate.csr -verify -noout");
    let parsed = ParsedRequest::parse(&csr).expect("well-formed").verify_possession().expect("possession");
    let planned = plan(parsed, &profile("subordinate-ca", scheme), &root, facts(3)).expect("planned");
    let subordinate = issue(&bench, &planned, &root, &root_key, "subordinate.pem");
    bench.must(&format!("{verify} subordinate.pem"));
    let subordinate = IssuingCa::new(subordinate, vec![root.certificate().clone()]).expect("fit to issue");

    let verify = format!("{verify} -untrusted subordinate.pem");
    let names = "-subj / -addext subjectAltName=DNS:a.example,IP:192.0.2.1";
    let planned =
        plan(request(&bench, names), &profile("server", scheme), &subordinate, facts(4)).expect("planned");
    issue(&bench, &planned, &subordinate, &subordinate_key, "server.pem");
    bench.must(&format!("{verify} -purpose sslserver -verify_hostname a.example server.pem"));
    assert!(
        bench.must("x509 -in server.pem -noout -text").contains("X509v3 Subject Alternative Name: critical")
    );

    let code = Name::from_common_name("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")
        .expect("a code");
    let planned =
        plan_for_code(&code, &profile("verification", scheme), &subordinate, facts(5)).expect("planned");
    issue(&bench, &planned, &subordinate, &subordinate_key, "verification.pem");
    bench.must(&format!("{verify} verification.pem"));
    only_signature_differs(&bench.path("verification.pem"), &subordinate);
}

/// Another signature over the same octets is told apart.
fn only_signature_differs(pem: &Path, issuer: &IssuingCa) {
    let text = std::fs::read(pem).expect("PEM");
    let der = coldsign::pki::pem::certificates(&text).expect("PEM").remove(0);
    let certificate = Certificate::parse(&der).expect("strict");
    let mut signature = certificate.signature().to_vec();
    SignedCertificate::assemble(certificate.tbs(), &signature, issuer).expect("as it was");
    let last = signature.len() - 1;
    signature[last] ^= 1;
    assert!(SignedCertificate::assemble(certificate.tbs(), &signature, issuer).is_err());
}

#[test]
fn openssl_accepts_what_a_p256_ca_issues() {
    check("P-256", RsaScheme::Pkcs1);
}

#[test]
fn openssl_accepts_what_a_p384_ca_issues() {
    check("P-384", RsaScheme::Pkcs1);
}

#[test]
fn openssl_accepts_what_a_p521_ca_issues() {
    check("P-521", RsaScheme::Pkcs1);
}

#[test]
fn openssl_accepts_what_an_ed25519_ca_issues() {
    check("ed25519", RsaScheme::Pkcs1);
}

#[test]
fn openssl_accepts_what_an_rsa_ca_issues_by_pkcs1() {
    check("rsa", RsaScheme::Pkcs1);
}

#[test]
fn openssl_accepts_what_an_rsa_ca_issues_by_pss() {
    check("rsa", RsaScheme::Pss);
}
