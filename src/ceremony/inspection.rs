//! Inspection: requests are read and judged; nothing is changed, nothing is asked for.

use std::{
    collections::{HashMap, hash_map::Entry},
    path::PathBuf,
};

use rayon::prelude::*;

use crate::pki::{
    fingerprint::Digest,
    issuer::IssuingCa,
    key::KeyAlgorithm,
    plan::{self, Facts},
    policy::{self, Control, Finding, Refusal, Severity},
    profile::{DuplicateKeys, Profile},
    request::VerifiedRequest,
    serial::SerialNumber,
    text::Printable,
    time::Time,
};

use super::{
    error::Error,
    intake::{Content, Naming, Submission, Submissions},
    opening::now,
    progress::{Phase, Watch},
};

/// Submissions judged together, on all cores.
pub(super) const CHUNK: usize = 512;

/// What became of a submission.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// It can be issued.
    Accepted,
    /// It is refused.
    Refused,
    /// It is not a request at all.
    Skipped,
}

impl Verdict {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Skipped => "skipped",
        }
    }
}

/// A judged submission.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// Where it came from.
    pub source: Printable,
    /// SHA-256 of the request's DER, where there is one.
    pub sha256: Option<Digest>,
    /// What became of it.
    pub verdict: Verdict,
    /// The subject as far as it could be read.
    pub subject: Option<Printable>,
    /// The key as far as it could be read.
    pub key: Option<KeyAlgorithm>,
    /// All findings, those that refuse first.
    pub findings: Vec<Finding>,
}

/// How many submissions had which verdict.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Counts {
    /// Accepted.
    pub accepted: u64,
    /// Refused.
    pub refused: u64,
    /// Skipped.
    pub skipped: u64,
}

impl Counts {
    /// Counts one more.
    pub fn add(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Accepted => self.accepted += 1,
            Verdict::Refused => self.refused += 1,
            Verdict::Skipped => self.skipped += 1,
        }
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> u64 {
        self.accepted + self.refused + self.skipped
    }
}

/// What requests are judged against beyond their own soundness.
#[derive(Clone, Copy, Debug)]
pub enum Yardstick<'a> {
    /// The request's own soundness alone.
    Soundness,
    /// A profile, without a CA: what the profile takes and drops.
    Profile(&'a Profile),
    /// A profile under a CA: all that planning would find.
    Issuer(&'a Profile, &'a IssuingCa),
}

/// Reads and judges all requests under the paths, in order.
///
/// # Errors
/// [`Error::Medium`]; [`Error::MediumFailed`]; [`Error::Stopped`].
pub fn inspect(
    paths: &[PathBuf],
    yardstick: Yardstick<'_>,
    watch: &mut Watch<'_>,
    each: &mut dyn FnMut(&Judgement),
) -> Result<Counts, Error> {
    let mut submissions = Submissions::open(paths, Naming::AsGiven)?;
    let at = now()?;
    let mut counts = Counts::default();
    let mut seen = SeenKeys::new(yardstick);
    loop {
        let chunk = next_chunk(&mut submissions).map_err(|error| error.amid("nothing was changed"))?;
        if chunk.is_empty() {
            return Ok(counts);
        }
        let judged: Vec<(Judgement, Option<Digest>)> =
            chunk.into_par_iter().map(|submission| judge(submission, yardstick, at)).collect();
        for (mut judgement, key) in judged {
            seen.compare(&mut judgement, key, counts.all() + 1);
            counts.add(judgement.verdict);
            each(&judgement);
        }
        watch.tell(Phase::Planning, counts.all(), None);
        watch.check_stop("nothing was changed", "run inspect again")?;
    }
}

/// Keys seen in this inspection: the first half of each key's digest and the number of the request it stood in, 24
/// octets a request.
struct SeenKeys {
    keys: HashMap<[u8; 16], u64>,
    duplicates: DuplicateKeys,
}

impl SeenKeys {
    fn new(yardstick: Yardstick<'_>) -> Self {
        let duplicates = match yardstick {
            Yardstick::Soundness => DuplicateKeys::Refuse,
            Yardstick::Profile(profile) | Yardstick::Issuer(profile, _) => profile.duplicate_keys,
        };
        Self { keys: HashMap::new(), duplicates }
    }

    /// Compares an accepted request's key with those before it.
    fn compare(&mut self, judgement: &mut Judgement, key: Option<Digest>, number: u64) {
        let Some(key) = key.filter(|_| judgement.verdict == Verdict::Accepted) else { return };
        let mut half = [0; 16];
        half.copy_from_slice(&key.as_octets()[..16]);
        let first = match self.keys.entry(half) {
            Entry::Vacant(place) => {
                place.insert(number);
                return;
            }
            Entry::Occupied(place) => *place.get(),
        };
        let message =
            format!("the public key stands in this batch already, in request {first} of the listing");
        match self.duplicates {
            DuplicateKeys::Refuse => {
                let hint = "have the device make a key of its own";
                judgement.findings.insert(0, Finding::refuse(Control::DuplicateInBatch, &message, hint));
                judgement.verdict = Verdict::Refused;
            }
            DuplicateKeys::Note => {
                let hint = "see that both devices are meant to share a key";
                judgement.findings.push(Finding::note(Control::DuplicateInBatch, &message, hint));
            }
        }
    }
}

/// The next submissions, at most [`CHUNK`].
pub(super) fn next_chunk(submissions: &mut Submissions) -> Result<Vec<Submission>, Error> {
    let mut chunk = Vec::with_capacity(CHUNK);
    while chunk.len() < CHUNK {
        match submissions.next()? {
            Some(submission) => chunk.push(submission),
            None => break,
        }
    }
    Ok(chunk)
}

/// Verifies a request's own soundness; notes on its armour go first.
pub(super) fn verify(der: &[u8], mut notes: Vec<Finding>) -> Result<VerifiedRequest, Refusal> {
    match policy::judge(der) {
        Ok(request) => Ok(request.with_notes(notes)),
        Err(mut refusal) => {
            refusal.findings.append(&mut notes);
            Err(refusal)
        }
    }
}

/// Judges a submission; the key's digest stands beside, where there is a sound one.
fn judge(submission: Submission, yardstick: Yardstick<'_>, now: Time) -> (Judgement, Option<Digest>) {
    let sha256 = submission.sha256();
    let source = submission.source;
    let plain = |verdict, finding| Judgement {
        source: source.clone(),
        sha256,
        verdict,
        subject: None,
        key: None,
        findings: vec![finding],
    };
    let (der, notes) = match submission.content {
        Content::Refused(finding) => return (plain(Verdict::Refused, finding), None),
        Content::Skipped(finding) => return (plain(Verdict::Skipped, finding), None),
        Content::Request { der, notes } => (der, notes),
    };
    let refused = |refusal: Refusal| Judgement {
        source: source.clone(),
        sha256,
        verdict: Verdict::Refused,
        subject: refusal.subject,
        key: refusal.key,
        findings: refusal.findings,
    };
    let request = match verify(&der, notes) {
        Ok(request) => request,
        Err(refusal) => return (refused(refusal), None),
    };
    let spki_sha256 = Some(request.public_key().spki_sha256());
    let subject = Some(request.subject().to_printable());
    let key = Some(request.public_key().algorithm());
    // No certificate comes of an inspection, so the serial number may be any.
    let facts = Facts { now, serial: SerialNumber::from_random([0; 20]) };
    let findings = match yardstick {
        Yardstick::Soundness => Ok(request.notes().to_vec()),
        Yardstick::Profile(profile) => plan::check(&request, profile),
        Yardstick::Issuer(profile, issuer) => {
            plan::plan(request, profile, issuer, facts).map(|planned| planned.notes().to_vec())
        }
    };
    let judgement = match findings {
        Ok(findings) => {
            debug_assert!(findings.iter().all(|finding| finding.severity == Severity::Note));
            Judgement { source, sha256, verdict: Verdict::Accepted, subject, key, findings }
        }
        Err(refusal) => refused(refusal),
    };
    (judgement, spki_sha256)
}
