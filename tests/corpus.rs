//! A corpus of requests that nobody here tuned for: every file's verdict is the one of its index.
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
    policy,
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

/// Keys that are weak in a way of their own, and the control that says so. Two of them are copies of published keys
/// without their private halves: with no block list, what refuses them is that possession is not proved.
const WEAK: &[(&str, &str)] = &[
    ("ec_private_key_2.der", "key-published"),
    ("ec_private_key_n_minus_1.der", "key-published"),
    ("ed25519_rfc8032_published_key.der", "key-published"),
    ("rsa_badkeys_debianweak.der", "possession"),
    ("rsa_badkeys_sharedprimes.der", "possession"),
    ("rsa_badkeys_small-d.der", "key-exponent"),
    ("rsa_fermat_close_primes.der", "key-close-primes"),
    ("rsa_n_prime.der", "key-modulus"),
    ("rsa_n_small_factor_2003.der", "key-small-factor"),
    ("rsa_n_square.der", "key-close-primes"),
    ("rsa_pattern_primes.der", "key-algorithm"),
    ("rsa_roca_structured_valid_pop.der", "key-weak"),
    ("rsa_roca_vector_5.der", "key-small-factor"),
    ("rsa_roca_vector_7.der", "key-weak"),
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

/// Whether a file holds at least one request and nothing in it is refused; and what was found, in short.
fn judge(octets: &[u8]) -> (bool, String) {
    let mut pieces = Vec::new();
    let mut splitter = Splitter::new();
    for part in octets.chunks(4096) {
        splitter.push(part, &mut pieces);
    }
    splitter.finish(&mut pieces);
    let (mut accepted, mut said) = (true, Vec::new());
    for piece in pieces {
        match piece {
            Piece::Request { der, .. } => match policy::judge(&der) {
                Ok(request) => said.extend(request.notes().iter().map(|note| note.message.to_string())),
                Err(refusal) => {
                    accepted = false;
                    let findings = refusal.findings.iter();
                    said.extend(
                        findings.map(|finding| format!("{}: {}", finding.control.id(), finding.message)),
                    );
                }
            },
            Piece::Delivered(finding) | Piece::Refused(finding) | Piece::NotARequest(finding) => {
                accepted = false;
                said.push(format!("{}: {}", finding.control.id(), finding.message));
            }
        }
    }
    (accepted, said.join("; "))
}

#[test]
fn every_verdict_is_that_of_the_index() {
    let Some(folder) = corpus() else { return };
    let index = fs::read_to_string(folder.join("index.tsv")).expect("the index can be read");
    let mut lines = index.lines();
    let header: Vec<&str> = lines.next().expect("a header").split('\t').collect();
    let column = |name: &str| header.iter().position(|title| *title == name).expect("a column");
    let (path, kind, class) = (column("path"), column("kind"), column("class"));
    let (key, verdict) = (column("key_alg"), column("verdict"));
    let (mut judged, mut weak, mut lattice, mut wrong) = (0, 0, 0, Vec::new());
    for line in lines {
        let fields: Vec<&str> = line.split('\t').collect();
        let is_sample = fields[kind] == "vector" && fields[verdict] == "reject";
        if !(fields[kind] == "good" || fields[kind] == "bad" || is_sample) {
            continue;
        }
        let octets = fs::read(folder.join(fields[path])).expect("a file of the index");
        let started = Instant::now();
        let (accepted, said) = judge(&octets);
        let took = started.elapsed();
        judged += 1;
        if std::env::var_os("COLDSIGN_CORPUS_SAYS").is_some() {
            println!("{} {accepted} {took:?} {}: {said}", fields[verdict], fields[path]);
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
        if fields[class] == "key-advanced" && fields[verdict] == "reject" {
            let name = fields[path].rsplit('/').next().unwrap_or_default();
            let reason = WEAK.iter().find(|(weak, _)| *weak == name).map(|(_, control)| *control);
            weak += 1;
            if !reason.is_some_and(|control| said.contains(&format!("{control}: "))) {
                wrong.push(format!("{name} is not refused by {reason:?}: {said}"));
            }
        }
        let argued = ARGUED.iter().any(|(argued, _)| *argued == fields[path]);
        if agrees == argued || took > TIME_MAX {
            wrong.push(format!("{} {} {took:?} accepted={accepted}: {said}", fields[verdict], fields[path]));
        }
    }
    assert!(wrong.is_empty(), "{} of {judged} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(lattice, 5, "requests with ML-DSA keys were judged");
    assert_eq!(weak, WEAK.len(), "weak keys were judged");
    assert!(judged > 700, "only {judged} files were judged");
}
