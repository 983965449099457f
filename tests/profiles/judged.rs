//! What judges say of certificates of every profile and algorithm, of their paths and of the CRLs of their CAs.
//!
//! An ordinary run has them judge what stands below the P-256 CA; with `COLDSIGN_LONG=1` everything, and then it is seen
//! that a judge who is not heeded says the same of what OpenSSL made.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::Duration,
};

use super::{
    Issued,
    latest::{Case, latest},
    support::{Sandbox, long_form, material, openssl, openssl_req, said, succeed},
};

/// Judges who do not ask what a certificate is for: those for certificates of no TLS client and no TLS server.
const WITHOUT_PURPOSE: &str = "openssl-roundtrip,dumpasn1,java-sun,java-bouncycastle,keytool,pyca-parse,\
    pyhanko-certvalidator,asn1crypto-der,pyasn1-fasder,badkeys,x509-parser,rustcrypto-x509-cert,mbedtls-2.28,\
    wolfssl-5.5,botan2,strongswan,heimdal,node-x509,erlang-pkix,pkilint";

/// What all judges have against the certificates of a kind of CA, their paths and CRLs: the P-256 CA and those below it,
/// and with `COLDSIGN_LONG=1` every kind.
pub fn judge(sandbox: &Sandbox, kind: &str, issued: &[Issued]) -> Vec<String> {
    let Some(judges) = Judges::find().filter(|_| long_form() || kind == "p256") else { return Vec::new() };
    // The CAs that issued something, the root first.
    let mut authorities: Vec<&Issued> = issued.iter().collect();
    authorities.dedup_by_key(|one| one.authority);
    let crls: BTreeMap<&str, PathBuf> =
        authorities.iter().map(|one| (one.authority, crl(sandbox, one.authority, 1))).collect();
    let mut complaints = Vec::new();
    for one in issued {
        complaints.extend(heeded(one, "", judges.path(one)));
        complaints.extend(heeded(one, "with its CRL", with_crls(one, &crls)));
    }
    // One certificate of each CA is revoked, and everybody is to say so.
    for one in authorities {
        let before = judges.crl(&crls[one.authority], one, Standing::Good);
        complaints.extend(heeded(one, "good", before));
        sandbox.ok(["revoke", "--ca", one.authority, &one.serial(), "--reason", "keyCompromise"]);
        // Java takes a certificate for good in the second in which it is revoked.
        thread::sleep(Duration::from_millis(1_100));
        let after = judges.crl(&crl(sandbox, one.authority, 2), one, Standing::Revoked);
        complaints.extend(heeded(one, "revoked", after));
    }
    if long_form() {
        complaints.extend(judges.otherwise_of_what_openssl_made(sandbox, kind));
    }
    complaints
}

/// The complaints that are about us, each with what it was about. All are told at once, for in the long form the end is
/// far, and those that are not heeded as well.
fn heeded(one: &Issued, how: &str, complaints: Vec<String>) -> Vec<String> {
    let told = |complaint: &String| format!("{} {} {how}: {complaint}", one.authority, one.profile);
    let (alarms, ours): (Vec<String>, Vec<String>) =
        complaints.into_iter().partition(|complaint| is_false_alarm(one, complaint));
    for alarm in &alarms {
        println!("not heeded: {}", told(alarm));
    }
    ours.iter().map(told).inspect(|line| println!("{line}")).collect()
}

/// The CRL of a CA, which has this number.
fn crl(sandbox: &Sandbox, authority: &str, number: u32) -> PathBuf {
    let (out, pin) = (sandbox.folder("crls"), sandbox.text("pin"));
    sandbox.ok(["crl", "--ca", authority, "--to", &out, "--pin-file", &pin]);
    Path::new(&out).join(format!("crl-{authority}-{number}/crl.der"))
}

/// What the judges of the newest algorithms have against a path with the CRLs of all its CAs.
fn with_crls(one: &Issued, crls: &BTreeMap<&str, PathBuf>) -> Vec<String> {
    let (between, root) = one.above();
    let mut lists = vec![crls[one.authority].clone()];
    if between.is_some() {
        lists.push(crls["p256"].clone());
    }
    let purpose = if one.purpose == "sslserver" { "server" } else { "client" };
    let case = Case {
        certificate: &one.certificate(),
        above: between.into_iter().chain([root]).collect(),
        crls: lists,
        purpose: Some(purpose).filter(|_| !NOT_FOR_TLS.contains(&one.profile)),
    };
    let verdicts = latest(&case).into_iter();
    let complaints = verdicts.filter(|(_, verdict)| verdict != "valid");
    complaints.map(|(judge, verdict)| format!("{judge}\t{verdict}")).collect()
}

/// Whether a certificate is on the CRL.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Standing {
    Good,
    Revoked,
}

/// The judges by others, and where they are built.
struct Judges {
    scripts: PathBuf,
    home: PathBuf,
}

impl Judges {
    fn find() -> Option<Self> {
        let scripts = material("COLDSIGN_JUDGES", "../shared/judges");
        let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/judges");
        if let Some(scripts) = scripts.filter(|_| home.join("venv/bin/python").is_file()) {
            return Some(Self { scripts, home });
        }
        let wanted = long_form() || std::env::var("CI").as_deref() == Ok("true");
        assert!(!wanted, "the judges are not there, or not built: run tests/run");
        println!("not run: the judges are not there, or not built; run tests/run");
        None
    }

    fn run(&self, script: &str, arguments: &[&Path], prepare: impl FnOnce(&mut Command)) -> String {
        let mut judge = Command::new(self.scripts.join(script));
        judge.env("JUDGE_HOME", &self.home);
        prepare(&mut judge);
        said(&judge.args(arguments).output().unwrap())
    }

    /// What they have against a certificate and its path; each begins with the judge's name and a tab.
    fn path(&self, one: &Issued) -> Vec<String> {
        let (between, root) = one.above();
        let certificate = one.certificate();
        let files: Vec<&Path> =
            [Some(certificate.as_path()), between.as_deref(), Some(&root)].into_iter().flatten().collect();
        let purpose = if one.purpose == "sslserver" { "server" } else { "client" };
        let report = self.run("judge.sh", &files, |judge| {
            judge.args(["-p", purpose]);
            if NOT_FOR_TLS.contains(&one.profile) {
                judge.args(["-j", WITHOUT_PURPOSE]);
            }
        });
        complaints(&report, &format!("{} {}", one.authority, one.profile), 10)
    }

    /// What they have against the CRL of the CA that issued a certificate, which is on it or not.
    fn crl(&self, crl: &Path, one: &Issued, standing: Standing) -> Vec<String> {
        let (between, root) = one.above();
        let issuer = between.as_ref().unwrap_or(&root);
        let report = self.run("judge_crl.sh", &[crl, issuer, &one.certificate(), &root], |judge| {
            if standing == Standing::Revoked {
                judge.arg("-r");
            }
        });
        let what = format!("{} {} with {}", one.authority, one.profile, crl.display());
        let complaints = complaints(&report, &what, 15).into_iter();
        let asks_for_a_client = |complaint: &str| OF_CLIENTS.iter().any(|judge| complaint.starts_with(judge));
        complaints.filter(|complaint| one.purpose != "sslserver" || !asks_for_a_client(complaint)).collect()
    }
}

/// Judges of a certificate and a CRL who ask for a TLS client, whatever the certificate is for.
const OF_CLIENTS: [&str; 2] = ["nss-path\t", "rustls-webpki\t"];

/// The lines of a report that say `FAIL`; and a complaint of its own where fewer judges than these are content.
fn complaints(report: &str, what: &str, least: usize) -> Vec<String> {
    let passed = report.lines().filter(|line| line.starts_with("PASS\t")).count();
    println!("{what}: {passed} judges are content");
    let too_few = (passed < least).then(|| format!("only {passed} judges were content\n{report}"));
    let failed = report.lines().filter_map(|line| line.strip_prefix("FAIL\t")).map(str::to_owned);
    failed.chain(too_few).collect()
}

const NOT_FOR_TLS: [&str; 8] = [
    "subordinate-ca-renewal",
    "subordinate-ca",
    "matter-pai",
    "limited-ca",
    "policy-ca",
    "code-signing",
    "time-stamping",
    "ocsp-signing",
];

/// Judges who say of a kind of certificate or CRL what they say of anybody's, with the words they have for it: it is
/// asked of them, in the long form, about what OpenSSL made. docs/CONTROLS.md argues each.
const OF_KIND: [(&str, &str, &str); 10] = [
    // Its default back end, ring, has no P-521; on AWS-LC it takes the same certificates.
    (
        "p521",
        "rustls-webpki",
        "UnsupportedSignatureAlgorithmContext { signature_algorithm_id: [6, 8, 42, 134, 72, 206, 61, 4, 3, 4]",
    ),
    // It verifies CRLs with ring.
    ("p521", "x509-parser", "signature unsupported algorithm"),
    // Ring again, of a profile with a hash of its own: it has SHA-384 with P-256 and P-384 alone.
    (
        "p521-sha384",
        "rustls-webpki",
        "UnsupportedSignatureAlgorithmForPublicKeyContext { signature_algorithm_id: [6, 8, 42, 134, 72, 206, 61, 4, 3, 3]",
    ),
    // Its policies for the public web know no Ed25519; its parser and its signatures do.
    ("ed25519", "pyca-", "Forbidden public key algorithm"),
    // They do not know the algorithm: NSS takes no such root for a trust anchor.
    ("ed25519", "nss", "issuer is not recognized"),
    ("ed25519", "mbedtls-2.28", "X509 - Signature algorithm (oid) is unsupported"),
    // OTP 25 verifies no PSS; pkilint verifies all RSA as PKCS #1 v1.5, for its chain check hands no algorithm on.
    ("pss", "erlang-pkix", "{bad_cert,invalid_signature}"),
    (
        "pss",
        "pkilint-chain",
        "1 findings: certificate.signature,SubjectSignatureVerificationValidator,ERROR,pkix.signature_verification_failed,",
    ),
    // It reads certificates signed with PSS, and no CRL.
    ("pss", "wolfssl-5.5", "crl: ASN parsing error, invalid input"),
    // It takes the first certificate of a path for an end entity, CA or not.
    ("limited", "heimdal", "Not a CA and have NameConstraints"),
];

fn says_of_kind(kind: &str, complaint: &str) -> bool {
    OF_KIND
        .iter()
        .any(|(own, judge, words)| *own == kind && complaint.starts_with(judge) && complaint.contains(words))
}

impl Judges {
    /// Where a judge who is not heeded about a kind of CA takes it from others: a root, a certificate and a CRL of that
    /// kind, by OpenSSL alone.
    fn otherwise_of_what_openssl_made(&self, sandbox: &Sandbox, authority: &str) -> Vec<String> {
        let mut kinds: Vec<&str> = OF_KIND.iter().map(|(kind, ..)| *kind).collect();
        kinds.retain(|kind| {
            *kind == authority || matches!((authority, *kind), ("p521", "p521-sha384") | ("rsa", "limited"))
        });
        kinds.sort_unstable();
        kinds.dedup();
        let mut otherwise = Vec::new();
        for kind in kinds {
            let Elsewhere { certificate, root, crl } = Elsewhere::of_kind(sandbox, kind);
            let report = self.run("judge.sh", &[&certificate, &root], |_| {})
                + &self.run("judge_crl.sh", &[&crl, &root, &certificate, &root], |_| {});
            for (_, judge, words) in OF_KIND.iter().filter(|(own, ..)| *own == kind) {
                let said = |line: &str| line.starts_with(&format!("FAIL\t{judge}")) && line.contains(words);
                if !report.lines().any(said) {
                    otherwise.push(format!("{judge} takes {kind} from others now\n{report}"));
                }
            }
        }
        otherwise
    }
}

/// A certificate, its root and the root's CRL, made without a line of ours.
struct Elsewhere {
    certificate: PathBuf,
    root: PathBuf,
    crl: PathBuf,
}

impl Elsewhere {
    fn of_kind(sandbox: &Sandbox, kind: &str) -> Self {
        let folder = sandbox.folder(&format!("elsewhere-{kind}"));
        let path = |name: &str| format!("{folder}/{name}");
        let [key, root, request, certificate, crl] =
            ["root.key", "root.pem", "request.pem", "certificate.pem", "crl.pem"].map(path);
        let padding = padding(kind);
        let how: Vec<String> = hash(kind)
            .map(|hash| format!("-{hash}"))
            .into_iter()
            .chain(padding.iter().map(ToString::to_string))
            .collect();
        succeed(openssl(&["genpkey", "-out", &key]).args(key_how(kind)));
        let mut own = openssl(&["req", "-x509", "-new", "-key", &key, "-out", &root, "-days", "30"]);
        let usage = ["-addext", "keyUsage=critical,keyCertSign,cRLSign"];
        succeed(own.args(&how).args(["-subj", "/CN=Elsewhere"]).args(usage));
        succeed(openssl_req("-new", &path("key"), &request).args(["-subj", "/CN=host"]));
        fs::write(path("extensions"), extensions(kind)).unwrap();
        let mut sign =
            openssl(&["x509", "-req", "-in", &request, "-CA", &root, "-CAkey", &key, "-out", &certificate]);
        let terms = ["-days", "7", "-set_serial", "0x1234567890abcdef", "-extfile", &path("extensions")];
        succeed(sign.args(&how).args(terms));
        let [database, number, configuration] = ["index.txt", "crlnumber", "ca.cnf"].map(path);
        fs::write(&database, "").unwrap();
        fs::write(&number, "01\n").unwrap();
        let text = format!(
            "[ca]\ndefault_ca=own\n[own]\ndatabase={database}\ncrlnumber={number}\ndefault_crl_days=7\n\
             default_md={hash}\ncrl_extensions=all\n[all]\nauthorityKeyIdentifier=keyid\n",
            hash = hash(kind).unwrap_or("default")
        );
        fs::write(&configuration, text).unwrap();
        let mut list =
            openssl(&["ca", "-config", &configuration, "-gencrl", "-cert", &root, "-keyfile", &key]);
        succeed(list.args(padding).args(["-out", &crl]));
        Self { certificate: certificate.into(), root: root.into(), crl: crl.into() }
    }
}

/// How OpenSSL makes the key of a kind of CA.
fn key_how(kind: &str) -> &'static [&'static str] {
    match kind {
        "p521" | "p521-sha384" => &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"],
        "ed25519" => &["-algorithm", "ED25519"],
        _ => &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    }
}

/// The hash that it signs over, where there is a choice.
fn hash(kind: &str) -> Option<&'static str> {
    match kind {
        "p521" => Some("sha512"),
        "p521-sha384" => Some("sha384"),
        "ed25519" => None,
        _ => Some("sha256"),
    }
}

/// How it pads a signature, where that is not the usual way.
fn padding(kind: &str) -> &'static [&'static str] {
    match kind {
        "pss" => &["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"],
        _ => &[],
    }
}

/// What it puts into a certificate.
fn extensions(kind: &str) -> String {
    let own = match kind {
        "limited" => {
            "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n\
             nameConstraints=critical,permitted;DNS:example.com\n"
        }
        _ => {
            "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n"
        }
    };
    format!(
        "{own}subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\nsubjectAltName=DNS:host.example.com\n"
    )
}

/// Complaints that are not about us; docs/CONTROLS.md argues each of them. A profile, a judge, and its words.
fn is_false_alarm(one: &Issued, complaint: &str) -> bool {
    const WITHOUT_END: [&str; 4] = ["idevid", "matter-dac", "wisun", "ieee2030-5"];
    const POLICIES: [&str; 2] = ["ieee2030-5", "policy-ca"];
    let says = |judge: &str, words: &str| complaint.starts_with(judge) && complaint.contains(words);
    let unknown_critical = [
        ("go-x509", "unhandled critical extension"),
        ("erlang-pkix", "unknown_critical_extension"),
        ("rustls-webpki", "UnsupportedCriticalExtension"),
        ("webpki-aws-lc", "UnsupportedCriticalExtension"),
        ("pyca-", "unaccounted-for critical extensions"),
        ("nss", "unknown critical extension"),
        ("gnutls", "unknown critical extension"),
        ("botan2", "Unknown critical extension"),
        ("mbedtls-2.28", "X509 - Unavailable feature"),
        ("strongswan", "parsing certificate failed"),
    ];
    // Names are limited there: those who know no such limit, or not that of addresses or of all forms that are used.
    let name_limits = [
        ("mbedtls-2.28", "X509 - The extension tag or value is invalid"),
        ("botan2", "Unknown critical extension"),
        ("strongswan", "parsing certificate failed"),
        // It does not read such a CA, so nobody vouches for what is below it.
        ("strongswan", "certificate untrusted"),
        ("wolfssl-5.5", "Name Constraint error"),
        ("pyhanko-certvalidator", "No containment checker"),
        // Its own code falls over, which is no judgement.
        ("erlang-pkix", "function_clause"),
        // It asks for a client, and the CA lets only servers through.
        ("pyca-private", "Neither EKU nor anyEKU"),
    ];
    let of_names =
        [one.profile, one.authority].iter().any(|name| matches!(*name, "limited-ca" | "policy-ca"));
    let of_policies = POLICIES.contains(&one.profile) || POLICIES.contains(&one.authority);
    let of_key = says_of_kind(one.authority, complaint);
    // Its profile says so.
    let of_hash =
        one.authority == "p521" && one.profile == "everything" && says_of_kind("p521-sha384", complaint);
    let of_position = of_names && one.authority == "rsa" && says_of_kind("limited", complaint);
    let without_end = WITHOUT_END.contains(&one.profile)
        && (says("dumpasn1", "Time value is either more than")
            || says("botan2", "99991231235959Z")
            || says("heimdal", "after it became invalid"));
    says("pyca-client", "2.5.29.17: Certificate is missing required extension")
        || without_end
        || of_key
        || of_hash
        || of_position
        || of_policies && unknown_critical.iter().any(|(judge, words)| says(judge, words))
        || of_names && name_limits.iter().any(|(judge, words)| says(judge, words))
        || one.profile == "wisun"
            && (says("go-x509", "unhandled critical extension")
                || says("erlang-pkix", "unknown_critical_extension"))
        || one.profile == "time-stamping" && says("erlang-pkix", "unknown_critical_extension")
        || one.profile == "opcua-application" && says("pkilint", "Invalid URI syntax: \"\"urn:")
}
