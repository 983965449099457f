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
    ("bad/roca-testdata/csr03.pem", "the modulus is no ROCA modulus: modulo 11 it is no power of 65537"),
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
            Piece::Refused(finding) | Piece::NotARequest(finding) => {
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
    let (mut judged, mut wrong) = (0, Vec::new());
    for line in lines {
        let fields: Vec<&str> = line.split('\t').collect();
        let is_sample = fields[kind] == "vector" && fields[verdict] == "reject";
        let is_later = fields[class] == "key-advanced" || fields[key].starts_with("MLDSA");
        if !(fields[kind] == "good" || fields[kind] == "bad" || is_sample) || is_later {
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
        let agrees = match fields[verdict] {
            "accept" | "accept-note" => accepted,
            "reject" => !accepted,
            "either" | "strip-or-reject" => true,
            other => panic!("the verdict `{other}` is not known"),
        };
        let argued = ARGUED.iter().any(|(argued, _)| *argued == fields[path]);
        if agrees == argued || took > TIME_MAX {
            wrong.push(format!("{} {} {took:?} accepted={accepted}: {said}", fields[verdict], fields[path]));
        }
    }
    assert!(wrong.is_empty(), "{} of {judged} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(judged > 700, "only {judged} files were judged");
}
