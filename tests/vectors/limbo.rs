//! x509-limbo's certification paths before the function that judges the paths of a bundle.
//!
//! Every case is run; where the verdict differs, the case stands in [`DIFFERENT`] with the reason.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    process::{Command, Stdio},
};

use coldsign::pki::{
    certificate::Certificate,
    crl::{CrlReader, CrlSerial, Shape},
    path, pem,
    profile::CRL_SIGN,
    time::Time,
};
use serde_json::Value;

use super::support::material;

/// The moment of cases that name none: their certificates are valid for centuries around it.
const NOW: &str = "2026-01-01T00:00:00Z";

/// Paths that are put together from what a case has, before the search is given up: sound cases have under ten.
const PATHS_MAX: usize = 500;

/// Cases that are judged otherwise here, all of them to be refused and accepted: by the words of docs/CONTROLS.md. A name
/// that ends in `*` stands for all that begin so.
const DIFFERENT: &[(&str, &[&str])] = &[
    (
        "the name of a peer is compared by the relying party",
        &[
            "rfc5280::ca-as-leaf-wrong-san",
            "webpki::cn::*",
            "webpki::san::mismatch-*",
            "webpki::san::no-san",
            "webpki::san::wildcard-*",
        ],
    ),
    (
        "the purpose of a certificate is compared by the relying party",
        &["rfc5280::eku::ee-wrong-eku", "webpki::eku::ee-anyeku", "webpki::eku::ee-without-eku"],
    ),
    (
        "a limit on the depth of a path is the relying party's to set",
        &["pathlen::max-chain-depth-0-exhausted", "pathlen::max-chain-depth-1-exhausted"],
    ),
    (
        "a rule for the public web alone",
        &[
            "webpki::aki::root-with-aki-a*",
            "webpki::aki::root-with-aki-missing-keyidentifier",
            "webpki::ca-as-leaf",
            "webpki::ee-basicconstraints-ca",
            "webpki::eku::ee-critical-eku",
            "webpki::eku::root-has-eku",
            "webpki::forbidden-rsa-*",
            "webpki::malformed-aia",
            "webpki::san::public-suffix-*",
            "webpki::san::san-*",
            "webpki::san::unicode-emoji-san",
        ],
    ),
    (
        "a rule for who issues",
        &[
            "rfc5280::aki::*-missing-aki",
            "rfc5280::aki::critical-aki",
            "rfc5280::nc::permitted-dns-match-noncritical",
            "rfc5280::pc::ica-noncritical-pc",
            "rfc5280::root-non-critical-basic-constraints",
            "rfc5280::san::ip-in-dns",
            "rfc5280::san::underscore-dns",
            "rfc5280::serial::zero",
            "rfc5280::ski::*-missing-ski",
        ],
    ),
    ("what others read in one way, against the letter", &["rfc5280::nc::invalid-dnsname-leading-period"]),
];

/// Why a case is judged otherwise.
fn reason(id: &str) -> Option<&'static str> {
    let named = |pattern: &str| match pattern.split_once('*') {
        Some((front, end)) => id.strip_prefix(front).is_some_and(|rest| rest.ends_with(end)),
        None => id == pattern,
    };
    DIFFERENT.iter().find(|(_, cases)| cases.iter().any(|case| named(case))).map(|(reason, _)| *reason)
}

struct Case<'a> {
    leaf: Option<Certificate>,
    between: Vec<Certificate>,
    anchors: Vec<Certificate>,
    at: Time,
    written: &'a Value,
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// The certificates that can be read; the others lead nowhere.
fn read(text: &str) -> Option<Certificate> {
    let octets = pem::certificates(text.as_bytes()).ok()?;
    Certificate::parse(octets.first()?).ok()
}

fn certificates(value: &Value) -> Vec<Certificate> {
    texts(value).filter_map(read).collect()
}

impl<'a> Case<'a> {
    fn of(case: &'a Value) -> Self {
        // Whole seconds: what is valid in a second is valid to its end.
        let at = case["validation_time"].as_str().map_or(NOW.to_owned(), |text| format!("{}Z", &text[..19]));
        Self {
            leaf: case["peer_certificate"].as_str().and_then(read),
            between: certificates(&case["untrusted_intermediates"]),
            anchors: certificates(&case["trusted_certs"]),
            at: Time::from_rfc3339(&at).expect("a moment"),
            written: case,
        }
    }

    /// Whether one of the paths that can be put together is sound; and what was wrong with the last of them.
    fn judge(&self) -> Result<(), String> {
        let leaf = self.leaf.as_ref().ok_or("the certificate is not read")?;
        let mut found = Err("no path leads to an anchor".to_owned());
        let mut begun: Vec<Vec<&Certificate>> = vec![Vec::new()];
        let mut looked = 0;
        while let Some(above) = begun.pop() {
            looked += 1;
            if looked > PATHS_MAX {
                break;
            }
            let last = above.last().copied().unwrap_or(leaf);
            let path: Vec<Certificate> = above.iter().map(|&certificate| certificate.clone()).collect();
            for anchor in self.anchors.iter().filter(|anchor| anchor.subject() == last.issuer()) {
                match path::verify(leaf, &path, anchor, Some(self.at)) {
                    Ok(()) => return self.crls(leaf, path.first().unwrap_or(anchor)),
                    Err(reason) => found = Err(reason),
                }
            }
            for next in self.between.iter().filter(|next| next.subject() == last.issuer()) {
                if !above.contains(&next) {
                    begun.push([above.as_slice(), &[next]].concat());
                }
            }
        }
        found
    }

    /// Judges the CRLs of the issuer as those of a bundle are.
    fn crls(&self, leaf: &Certificate, issuer: &Certificate) -> Result<(), String> {
        for text in texts(&self.written["crls"]) {
            let (_, der) = der::pem::decode_vec(text.as_bytes()).expect("PEM");
            let mut pieces = Some(der);
            let pieces = || Ok::<_, Infallible>(pieces.take());
            let mut reader = CrlReader::begin(pieces, Shape::List).map_err(|error| format!("{error:?}"))?;
            if reader.head().issuer != *issuer.subject() {
                continue;
            }
            let mut listed = false;
            while let Some(entry) = reader.next_entry().map_err(|error| format!("{error:?}"))? {
                listed |= CrlSerial::from_octets(leaf.serial()) == Some(entry.serial);
            }
            let end = reader.finish().map_err(|error| format!("{error:?}"))?;
            let signature = end.signature.as_deref().unwrap_or_default();
            issuer.public_key().verify_message(&end.message, signature).map_err(|error| error.to_string())?;
            end.number.ok_or("the CRL has no number")?;
            if issuer.key_usage().is_some_and(|bits| bits & CRL_SIGN == 0) {
                return Err("the CA may not sign CRLs".to_owned());
            }
            if listed {
                return Err("the certificate is revoked".to_owned());
            }
        }
        Ok(())
    }
}

#[test]
fn paths_are_judged_as_x509_limbo_judges_them() {
    let Some(corpus) = material("COLDSIGN_CORPUS", "../shared/corpus") else { return };
    let file = corpus.join("vectors/x509-limbo/limbo-194.json.xz");
    let output = Command::new("xz").arg("-dc").arg(&file).stderr(Stdio::inherit()).output().expect("xz");
    assert!(output.status.success(), "{} cannot be unpacked", file.display());
    let limbo: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let mut counts: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for case in limbo["testcases"].as_array().expect("cases") {
        let id = case["id"].as_str().expect("an id");
        let found = Case::of(case).judge();
        let agrees = found.is_ok() == (case["expected_result"] == "SUCCESS");
        let category = id.rsplit_once("::").map_or(id, |(category, _)| category);
        let counts = counts.entry(category).or_default();
        counts[usize::from(!agrees)] += 1;
        // A case that is to be accepted always is.
        let argued = reason(id).filter(|_| case["expected_result"] == "FAILURE");
        match argued {
            Some(reason) if !agrees => *reasons.entry(reason).or_default() += 1,
            None if agrees => {}
            _ => wrong.push(format!("{id} {}: {found:?}", case["expected_result"])),
        }
        if std::env::var_os("COLDSIGN_CORPUS_SAYS").is_some() {
            println!("{id} {}: {found:?}", case["expected_result"]);
        }
    }
    for (category, [agreeing, differing]) in &counts {
        println!("{category}: {agreeing} agree, {differing} differ");
    }
    for (reason, differing) in &reasons {
        println!("{reason}: {differing}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
