//! A corpus of requests that nobody here tuned for: every file's verdict is the one of its index, and what is refused
//! is refused for the reason that the index states.
//!
//! The corpus is not part of this repository. `COLDSIGN_CORPUS` names its folder; without it `../shared/corpus` is
//! looked for, and its absence is announced, or a failure where `CI=true`.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use coldsign::pki::{
    pem::{Piece, Splitter},
    policy::{self, Control, Finding, Severity},
};

/// Verdicts that differ from the index by this project's contract, and why (docs/CONTROLS.md says more).
const ARGUED: &[(&str, &str)] = &[
    (
        "bad/roca-testdata/csr03.pem",
        "the modulus is no ROCA modulus: modulo ten of the primes it is no power of 65537",
    ),
    (
        "good/cfssl-testdata/localhost.csr",
        "its countryName has 13 characters; RFC 5280 appendix A.1 allows 2",
    ),
    (
        "bad/gen-container/two_csrs.pem",
        "several requests in one file are several requests, each judged by itself",
    ),
    (
        "bad/gen-container/two_same_csr.pem",
        "the second of two equal requests is found by `duplicate-in-batch`",
    ),
    (
        "bad/gen-names/subject_is_issuer_like.der",
        "`name-is-issuer` compares with the issuing CA, not with a pattern",
    ),
];

/// What one kind of refused rows may be refused for.
struct Reason {
    class: &'static str,
    /// The row is of this kind if its line has one of these in it; an empty text is in every line.
    says: &'static [&'static str],
    /// One of these is told, for it is what the index says of the file.
    told: &'static [Control],
    /// What else may be wrong with the file; alone it is not enough.
    beside: &'static [Control],
}

impl Reason {
    const fn of(class: &'static str, says: &'static [&'static str], told: &'static [Control]) -> Self {
        Self { class, says, told, beside: &[] }
    }

    const fn beside(self, beside: &'static [Control]) -> Self {
        Self { beside, ..self }
    }

    fn fits(&self, class: &str, line: &str) -> bool {
        self.class == class && self.says.iter().any(|says| line.contains(says))
    }

    /// Whether what was found is the reason that the index states.
    fn holds(&self, found: &[Control]) -> bool {
        let is_known = |control| self.told.contains(control) || self.beside.contains(control);
        found.iter().any(|control| self.told.contains(control)) && found.iter().all(is_known)
    }
}

/// The reasons by class; the first that fits a row holds for it, and a class without an empty text refuses nothing else.
const REASONS: &[Reason] = &[
    Reason::of("algorithm", &["e=3"], &[Control::KeyExponent]),
    Reason::of("algorithm", &["signature hash", "ecdsa-with-SHA224"], &[Control::SignatureAlgorithm]),
    Reason::of("algorithm", &[""], &[Control::KeyAlgorithm]).beside(&[Control::SignatureAlgorithm]),
    Reason::of("container", &["trailing NULs", "CRMF", "ContentInfo"], &[Control::CsrDer]),
    Reason::of("container", &["/b64_", "lower case label", "labels differ"], &[Control::CsrPem]),
    Reason::of("container", &["four dashes", "mail-quoted", "polyglot"], &[Control::CsrPem]),
    Reason::of("container", &[""], &[Control::CsrForm]),
    // What is signed with a key or an algorithm that is not taken is not verified: that is the reason then.
    Reason::of("crypto", &["\tRSA-1024\t"], &[Control::KeyAlgorithm])
        .beside(&[Control::ExtensionDuplicate, Control::ExtensionMalformed]),
    Reason::of("crypto", &["\tsha1WithRSA"], &[Control::SignatureAlgorithm])
        .beside(&[Control::ExtensionDuplicate]),
    Reason::of(
        "crypto",
        &["/alg_hmac.", "/alg_rsa_", "/alg_unknown", "/pss_"],
        &[Control::SignatureAlgorithm],
    ),
    Reason::of("crypto", &["e=3"], &[Control::KeyExponent]),
    Reason::of("crypto", &["identity point", "key of order 8"], &[Control::KeySmallOrder]),
    Reason::of("crypto", &["valid CSR version"], &[Control::Possession]).beside(&[Control::CsrVersion]),
    Reason::of("crypto", &["long-form-attribute"], &[Control::Possession]).beside(&[Control::CsrAttributes]),
    Reason::of("crypto", &[""], &[Control::Possession]),
    Reason::of("escalation", &["ca_true_second_"], &[Control::CsrAttributes]),
    Reason::of("escalation", &["ca_true_ber_01"], &[Control::ExtensionMalformed]),
    // Its subjectAltName has no name in it; the power that it asks for would only have been left out.
    Reason::of("escalation", &["rsa2048_ca.pem"], &[Control::AlternativeName]),
    Reason::of("fuzz", &["(del)", "(dup)", "(ins)", "(len)"], &[Control::CsrDer, Control::CsrForm]),
    Reason::of(
        "fuzz",
        &["random mutation"],
        &[
            Control::CsrDer,
            Control::KeyAlgorithm,
            Control::KeyMalformed,
            Control::KeySmallFactor,
            Control::Possession,
            Control::SignatureAlgorithm,
        ],
    )
    .beside(&[
        Control::AlternativeName,
        Control::CsrAttributes,
        Control::ExtensionMalformed,
        Control::NameCharacters,
        Control::NameMalformed,
    ]),
    Reason::of("fuzz", &["fuzz-openssl-pem"], &[Control::CsrPem, Control::CsrForm]),
    Reason::of("fuzz", &[""], &[Control::CsrDer, Control::CsrForm]),
    Reason::of("injection", &[""], &[Control::NameCharacters]),
    Reason::of("interop", &["version field"], &[Control::CsrVersion]),
    Reason::of("interop", &["brainpool"], &[Control::KeyAlgorithm]),
    // Without a modulus it has fewer than 128 octets, which no acceptable request has: it is not read as one.
    Reason::of("key", &["rsa_n_zero"], &[Control::CsrForm]),
    // There is a point of P-256 with x = 5: the key is sound, and not the one that signed.
    Reason::of("key", &["ec_compressed_not_on_curve"], &[Control::Possession]),
    Reason::of("key", &["ROCA"], &[Control::KeyWeak]),
    Reason::of("key", &["exponent"], &[Control::KeyExponent]),
    Reason::of("key", &["RSA 1024", "RSA 2047", "RSA 512", "16384 bit"], &[Control::KeyAlgorithm])
        .beside(&[Control::SignatureAlgorithm]),
    Reason::of("key", &["curve too weak", "unknown curve", "explicit"], &[Control::KeyAlgorithm]),
    Reason::of("key", &["DSA key", "Ed448", "ML-KEM"], &[Control::KeyAlgorithm])
        .beside(&[Control::SignatureAlgorithm]),
    Reason::of("key", &[""], &[Control::KeyMalformed]),
    Reason::of("key-advanced", &["published_key", "ec_private_key_"], &[Control::KeyPublished]),
    // Copies of published keys without their private halves: with no block list, possession is what they do not prove.
    Reason::of("key-advanced", &["badkeys_debianweak", "badkeys_sharedprimes"], &[Control::Possession]),
    Reason::of("key-advanced", &["badkeys_small-d"], &[Control::KeyExponent]),
    Reason::of("key-advanced", &["rsa_fermat_close_primes", "rsa_n_square"], &[Control::KeyClosePrimes]),
    Reason::of("key-advanced", &["rsa_n_prime"], &[Control::KeyModulus]),
    // This one of the published ROCA moduli also has a small factor, which is looked for first.
    Reason::of("key-advanced", &["rsa_n_small_factor", "rsa_roca_vector_5"], &[Control::KeySmallFactor]),
    // 2,044 bits: the size is told, the pattern of its primes cannot be seen in their product.
    Reason::of("key-advanced", &["rsa_pattern_primes"], &[Control::KeyAlgorithm]),
    Reason::of("key-advanced", &["rsa_roca_"], &[Control::KeyWeak]).beside(&[Control::KeyAlgorithm]),
    Reason::of("limits", &["san_5000", "cn_100k", "ski_64k"], &[Control::CsrSize]),
    Reason::of("limits", &["eku_500"], &[Control::ExtensionLimit]),
    Reason::of("limits", &[""], &[Control::NameLength]),
    Reason::of("malformed", &["/san_ip_len", "/san_tag9", "/san_uri"], &[Control::AlternativeName]),
    Reason::of("malformed", &["keyUsage twice", "SAN twice"], &[Control::ExtensionDuplicate]),
    Reason::of("malformed", &["BOOLEAN TRUE", "/ku_empty", "/san_not_der"], &[Control::ExtensionMalformed]),
    Reason::of("malformed", &["/san_othername_bad"], &[Control::ExtensionMalformed]),
    Reason::of("malformed", &["malformed_attributes_"], &[Control::CsrAttributes])
        .beside(&[Control::KeyAlgorithm]),
    Reason::of("malformed", &["in SPKI", "after RSAPublicKey", "SPKI BIT STRING"], &[Control::KeyMalformed]),
    Reason::of("malformed", &["countryName of 3"], &[Control::NameLength]),
    Reason::of("malformed", &["8 bit octet", "NumericString", "ISO 2022"], &[Control::NameCharacters]),
    Reason::of("malformed", &["/utf8_"], &[Control::NameCharacters]),
    Reason::of("malformed", &["gen-names/", "/oid_", "UTF8String CN"], &[Control::NameMalformed]),
    Reason::of("malformed", &["AlgorithmIdentifier with NULL"], &[Control::SignatureAlgorithm]),
    Reason::of("malformed", &["no PKCS#10", "4096 x FF", "random octets"], &[Control::CsrForm]),
    Reason::of("malformed", &["long-form tag"], &[Control::CsrForm]),
    // What trails after the request begins within its base64.
    Reason::of("malformed", &["broken_csr"], &[Control::CsrPem]),
    Reason::of("malformed", &[""], &[Control::CsrDer]),
    Reason::of("name-policy", &["ANSI", "newline", "non-ASCII"], &[Control::NameCharacters]),
    Reason::of("name-policy", &[""], &[Control::AlternativeName]),
    Reason::of("policy", &[""], &[Control::SignatureAlgorithm]),
];

/// Longest time for one file: twenty milliseconds in a release build, far more in a debug build on a busy machine.
const TIME_MAX: Duration =
    if cfg!(debug_assertions) { Duration::from_secs(10) } else { Duration::from_millis(500) };

fn corpus() -> Option<PathBuf> {
    let named = std::env::var_os("COLDSIGN_CORPUS").map(PathBuf::from);
    let folder = named.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus"));
    if folder.join("index.tsv").is_file() {
        return Some(folder);
    }
    assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "there is no corpus at {}", folder.display());
    println!("there is no corpus at {}: this test had nothing to read", folder.display());
    None
}

/// What was found in a file.
#[derive(Default)]
struct Judged {
    /// What refuses it, or a part of it; nothing where all of it is accepted.
    refusing: Vec<Control>,
    /// All findings, in short.
    said: Vec<String>,
}

impl Judged {
    fn add(&mut self, findings: &[Finding]) {
        for finding in findings {
            if finding.severity == Severity::Refuse {
                self.refusing.push(finding.control);
            }
            self.said.push(format!("{}: {}", finding.control.id(), finding.message));
        }
    }
}

fn judge(octets: &[u8]) -> Judged {
    let mut pieces = Vec::new();
    let mut splitter = Splitter::new();
    for part in octets.chunks(4096) {
        splitter.push(part, &mut pieces);
    }
    splitter.finish(&mut pieces);
    let mut judged = Judged::default();
    for piece in pieces {
        match piece {
            Piece::Request { der, .. } => match policy::judge(&der) {
                Ok(request) => judged.add(request.notes()),
                Err(refusal) => judged.add(&refusal.findings),
            },
            Piece::Delivered(finding) | Piece::Refused(finding) | Piece::NotARequest(finding) => {
                // What is no request is not accepted, however mildly that is said.
                judged.add(&[Finding { severity: Severity::Refuse, ..finding }]);
            }
        }
    }
    judged
}

#[test]
fn every_verdict_and_every_reason_is_that_of_the_index() {
    let Some(folder) = corpus() else { return };
    let index = fs::read_to_string(folder.join("index.tsv")).expect("the index can be read");
    let mut lines = index.lines();
    let header: Vec<&str> = lines.next().expect("a header").split('\t').collect();
    let column = |name: &str| header.iter().position(|title| *title == name).expect("a column");
    let (path, kind, class) = (column("path"), column("kind"), column("class"));
    let (key, verdict) = (column("key_alg"), column("verdict"));
    let (mut judged, mut lattice, mut wrong) = (0, 0, Vec::new());
    let mut rows_of_reason = vec![0; REASONS.len()];
    for line in lines {
        let fields: Vec<&str> = line.split('\t').collect();
        let is_sample = fields[kind] == "vector" && fields[verdict] == "reject";
        if !(fields[kind] == "good" || fields[kind] == "bad" || is_sample) {
            continue;
        }
        let octets = fs::read(folder.join(fields[path])).expect("a file of the index");
        let started = Instant::now();
        let Judged { refusing, said } = judge(&octets);
        let took = started.elapsed();
        let accepted = refusing.is_empty();
        judged += 1;
        let said = said.join("; ");
        let shown =
            format!("{} {} {accepted} {took:?} {}: {said}", fields[verdict], fields[class], fields[path]);
        if std::env::var_os("COLDSIGN_CORPUS_SAYS").is_some() {
            println!("{shown}");
        }
        // The index leaves ML-DSA to whoever judges; these are sound, two others found, and this program knows it.
        let is_lattice = fields[key].starts_with("MLDSA");
        lattice += u32::from(is_lattice);
        let agrees = match fields[verdict] {
            "accept" | "accept-note" => accepted,
            "either" if is_lattice => accepted,
            "reject" => !accepted,
            "either" | "strip-or-reject" => true,
            other => panic!("the verdict `{other}` is not known"),
        };
        let argued = ARGUED.iter().any(|(argued, _)| *argued == fields[path]);
        if agrees == argued || took > TIME_MAX {
            wrong.push(shown);
        } else if !accepted && !argued {
            let fits = |reason: &Reason| reason.fits(fields[class], line);
            let reason = REASONS.iter().position(fits);
            if let Some(reason) = reason {
                rows_of_reason[reason] += 1;
            }
            if !reason.is_some_and(|reason| REASONS[reason].holds(&refusing)) {
                wrong.push(format!("another reason than the index states: {shown}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {judged} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(lattice, 5, "requests with ML-DSA keys were judged");
    assert!(judged > 700, "only {judged} files were judged");
    let unused = REASONS.iter().zip(rows_of_reason).filter(|(_, rows)| *rows == 0);
    let unused: Vec<_> = unused.map(|(reason, _)| (reason.class, reason.says)).collect();
    assert!(unused.is_empty(), "no row of the index is of these kinds: {unused:?}");
}
