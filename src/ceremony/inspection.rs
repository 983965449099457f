//! Inspection: requests are read and judged; nothing is changed, nothing is asked for.

use std::{
    collections::{HashMap, hash_map::Entry},
    path::{Path, PathBuf},
    sync::Arc,
};

use rayon::prelude::*;

use crate::pki::{
    fingerprint::Digest,
    issuer::IssuingCa,
    key::KeyAlgorithm,
    plan::{
        self, Facts,
        difference::{self, Difference},
    },
    policy::{self, Control, Finding, Refusal, Severity},
    profile::{DuplicateKeys, DuplicateSubjects, Profile},
    request::VerifiedRequest,
    serial::SerialNumber,
    text::Printable,
    time::Time,
};

use super::{
    block_lists::BlockLists,
    error::Error,
    evidence::Evidence,
    intake::{Content, Naming, Place, Submission, Submissions},
    listing::Listing,
    opening::now,
    progress::{Phase, Watch},
    shared_primes::{Batch, SharedPrimes},
    table::{Devices, RowsMet, beside, row_number},
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
    /// A profile under a CA: all that planning would find, but for keys that were certified before: the register is
    /// asked for them while a plan is made.
    Issuer(&'a Profile, &'a IssuingCa),
}

impl Yardstick<'_> {
    /// The table that its profile takes, named or beside the requests.
    pub(super) fn devices(self, csv: Option<&Path>, paths: &[PathBuf]) -> Result<Option<Devices>, Error> {
        match self {
            Self::Profile(profile) | Self::Issuer(profile, _) => Devices::open(profile, csv, paths),
            Self::Soundness if csv.is_some() => Err(Error::usage(
                "a table means nothing without a profile",
                "name the profile with --profile P",
            )),
            Self::Soundness => Ok(None),
        }
    }
}

/// Reads and judges all requests under the paths, in order; with the table that the profile takes, at the end the rows
/// that no accepted request has. The requests are read twice: what RSA keys have in common with each other is known
/// before the first of them is judged.
///
/// # Errors
/// [`Error::Medium`]; [`Error::MediumFailed`]; [`Error::Stopped`]; [`Error::Table`]; [`Error::Usage`].
pub fn inspect(
    paths: &[PathBuf],
    csv: Option<&Path>,
    yardstick: Yardstick<'_>,
    lists: &Arc<BlockLists>,
    watch: &mut Watch<'_>,
    each: &mut dyn FnMut(&Judgement),
) -> Result<Counts, Error> {
    let devices = yardstick.devices(csv, paths)?;
    let evidence = gather(paths, lists, watch)?;
    inspect_each(paths, devices.as_ref(), yardstick, &evidence, Depth::Verdict, watch, &mut |inspected| {
        each(&inspected.judgement);
        Ok(())
    })
}

/// What is known of the keys under the paths beyond each request.
pub(super) fn gather(
    paths: &[PathBuf],
    lists: &Arc<BlockLists>,
    watch: &mut Watch<'_>,
) -> Result<Evidence, Error> {
    let batch = Batch { paths, naming: Naming::AsGiven, unharmed: "nothing was changed" };
    let shared = SharedPrimes::survey(&batch, None, watch)?;
    Ok(Evidence { lists: Arc::clone(lists), shared: Arc::new(shared) })
}

/// A judged submission, with what is needed to find it again.
pub(super) struct Inspected {
    pub judgement: Judgement,
    /// Where it can be read again; `None` for a row of the table.
    pub place: Option<Place>,
    /// The number of the earlier request that its key stood in.
    pub twin: Option<u64>,
    /// The number of the earlier request that has its subject.
    pub namesake: Option<u64>,
    /// The row of the table that belongs to an earlier request, with that request's number.
    pub row_taken: Option<(u32, u64)>,
    /// What it asked for against what it would be issued, where it is accepted, a CA is the yardstick, and it was
    /// asked for.
    pub difference: Option<Difference>,
    /// The certificate as it would be signed, where it is accepted and a CA is the yardstick; its serial number is of no
    /// meaning.
    pub tbs: Option<Vec<u8>>,
}

/// How much is found out of a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Depth {
    /// What becomes of it.
    Verdict,
    /// Also in what its certificate would differ from what it asks for.
    Difference,
}

/// [`inspect`], for whoever keeps more than judgements; an error of `each` ends it.
pub(super) fn inspect_each(
    paths: &[PathBuf],
    devices: Option<&Devices>,
    yardstick: Yardstick<'_>,
    evidence: &Evidence,
    depth: Depth,
    watch: &mut Watch<'_>,
    each: &mut dyn FnMut(Inspected) -> Result<(), Error>,
) -> Result<Counts, Error> {
    let mut submissions = Submissions::open(paths, Naming::AsGiven)?.without(devices.map(Devices::path));
    let at = now()?;
    let mut counts = Counts::default();
    let mut before = Before {
        listing: Listing::default(),
        keys: Seen::default(),
        subjects: Seen::default(),
        met: devices.map(Devices::none_met).unwrap_or_default(),
        devices,
        yardstick,
    };
    loop {
        let chunk = next_chunk(&mut submissions).map_err(|error| error.amid("nothing was changed"))?;
        if chunk.is_empty() {
            break;
        }
        let judged: Vec<(Judged, Place)> = chunk
            .into_par_iter()
            .map(|Submission { source, content, place }| {
                let side = Side { devices, file_stem: place.file_stem() };
                (judge(&source, content, side, yardstick, evidence, depth, at), place)
            })
            .collect();
        for (judged, place) in judged {
            let inspected = before.compare(judged, place, counts.all() + 1);
            counts.add(inspected.judgement.verdict);
            each(inspected)?;
        }
        watch.tell(Phase::Planning, counts.all(), None);
        watch.check_stop("nothing was changed", "read the requests again")?;
    }
    for judgement in devices.map(|devices| devices.left_over(&before.met)).unwrap_or_default() {
        counts.add(judgement.verdict);
        each(Inspected {
            judgement,
            place: None,
            twin: None,
            namesake: None,
            row_taken: None,
            difference: None,
            tbs: None,
        })?;
    }
    Ok(counts)
}

/// The requests before the one in hand: whose key, subject or row it has.
struct Before<'a> {
    listing: Listing,
    keys: Seen,
    subjects: Seen,
    met: RowsMet,
    devices: Option<&'a Devices>,
    yardstick: Yardstick<'a>,
}

impl Before<'_> {
    /// Compares the request of this number with those before it, and judges what it has of them.
    fn compare(&mut self, judged: Judged, place: Place, number: u64) -> Inspected {
        let Judged { mut judgement, key, subject, row, difference, tbs } = judged;
        self.listing.push(judgement.source.as_str());
        let twin = self.keys.compare(&judgement, key, number);
        if let Some(twin) = twin {
            judge_twin(&mut judgement, &self.listing.named(twin), self.yardstick);
        }
        let namesake = self.subjects.compare(&judgement, subject, number);
        if let Some(namesake) = namesake {
            judge_namesake(&mut judgement, &self.listing.named(namesake), self.yardstick);
        }
        let row = row.filter(|_| judgement.verdict == Verdict::Accepted);
        let row_taken = row.and_then(|row| self.met.meet(row, number).map(|first| (row, first)));
        if let (Some((row, first)), Some(devices)) = (row_taken, self.devices) {
            judge_row_taken(&mut judgement, devices.refuse_second(row, &self.listing.named(first)));
        }
        let (difference, tbs) = match judgement.verdict {
            Verdict::Accepted => (difference, tbs),
            Verdict::Refused | Verdict::Skipped => (None, None),
        };
        Inspected { judgement, place: Some(place), twin, namesake, row_taken, difference, tbs }
    }
}

/// Judges an accepted request whose row of the table belongs to an earlier one.
pub(super) fn judge_row_taken(judgement: &mut Judgement, finding: Finding) {
    judgement.findings.insert(0, finding);
    judgement.verdict = Verdict::Refused;
}

/// Keys or subjects seen in this inspection: the first half of each one's digest and the number of the request it stood
/// in, 24 octets a request.
#[derive(Default)]
struct Seen {
    halves: HashMap<[u8; 16], u64>,
}

impl Seen {
    /// The number of the request before an accepted one that has the same.
    fn compare(&mut self, judgement: &Judgement, digest: Option<Digest>, number: u64) -> Option<u64> {
        let digest = digest.filter(|_| judgement.verdict == Verdict::Accepted)?;
        let mut half = [0; 16];
        half.copy_from_slice(&digest.as_octets()[..16]);
        match self.halves.entry(half) {
            Entry::Vacant(place) => {
                place.insert(number);
                None
            }
            Entry::Occupied(place) => Some(*place.get()),
        }
    }
}

/// Judges an accepted request whose key stood in an earlier one, which is named in words.
pub(super) fn judge_twin(judgement: &mut Judgement, first: &str, yardstick: Yardstick<'_>) {
    let duplicates = match yardstick {
        Yardstick::Soundness => DuplicateKeys::Refuse,
        Yardstick::Profile(profile) | Yardstick::Issuer(profile, _) => profile.duplicate_keys,
    };
    let message = format!("the public key stands in this batch already, in {first}");
    match duplicates {
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

/// Judges an accepted request whose subject stood in an earlier one, which is named in words.
pub(super) fn judge_namesake(judgement: &mut Judgement, first: &str, yardstick: Yardstick<'_>) {
    let message = format!("the subject stands in this batch already, in {first}");
    let finding = judged_subject(Control::SubjectInBatch, &message, duplicate_subjects(yardstick));
    match finding.severity {
        Severity::Refuse => {
            judgement.findings.insert(0, finding);
            judgement.verdict = Verdict::Refused;
        }
        Severity::Note => judgement.findings.push(finding),
    }
}

/// A request's own soundness knows nothing of names that are to be unique.
fn duplicate_subjects(yardstick: Yardstick<'_>) -> DuplicateSubjects {
    match yardstick {
        Yardstick::Soundness => DuplicateSubjects::Accept,
        Yardstick::Profile(profile) | Yardstick::Issuer(profile, _) => profile.duplicate_subjects,
    }
}

/// What is said of a subject that stands twice.
pub(super) fn judged_subject(control: Control, message: &str, duplicates: DuplicateSubjects) -> Finding {
    match duplicates {
        DuplicateSubjects::Refuse => Finding::refuse(
            control,
            message,
            "give it a subject of its own; or set duplicate-subjects = \"note\" in the profile",
        ),
        DuplicateSubjects::Note | DuplicateSubjects::Accept => {
            Finding::note(control, message, "see that both certificates are meant for the same subject")
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
pub(super) fn verify(
    der: &[u8],
    mut notes: Vec<Finding>,
    evidence: &Evidence,
) -> Result<VerifiedRequest, Refusal> {
    match policy::judge_against(der, evidence) {
        Ok(request) => Ok(request.with_notes(notes)),
        Err(mut refusal) => {
            refusal.findings.append(&mut notes);
            Err(refusal)
        }
    }
}

/// A judgement, and what stays beside it of a sound request.
pub(super) struct Judged {
    pub judgement: Judgement,
    /// The digest of the key.
    pub key: Option<Digest>,
    /// The digest of the subject as relying parties compare names, where it is to be compared with others.
    pub subject: Option<Digest>,
    /// The row of the table.
    pub row: Option<u32>,
    pub difference: Option<Difference>,
    /// The certificate as it would be signed.
    pub tbs: Option<Vec<u8>>,
}

/// What stands beside a submission.
pub(super) struct Side<'a> {
    pub devices: Option<&'a Devices>,
    pub file_stem: Option<String>,
}

/// Judges a submission.
pub(super) fn judge(
    source: &Printable,
    content: Content,
    side: Side<'_>,
    yardstick: Yardstick<'_>,
    evidence: &Evidence,
    depth: Depth,
    now: Time,
) -> Judged {
    let sha256 = content.sha256();
    let bare = |verdict, subject, key, findings| Judged {
        judgement: Judgement { source: source.clone(), sha256, verdict, subject, key, findings },
        key: None,
        subject: None,
        row: None,
        difference: None,
        tbs: None,
    };
    let refused = |Refusal { findings, subject, key }| bare(Verdict::Refused, subject, key, findings);
    let (der, notes) = match content {
        Content::Refused(finding) => return bare(Verdict::Refused, None, None, vec![finding]),
        Content::Skipped(finding) => return bare(Verdict::Skipped, None, None, vec![finding]),
        Content::Request { der, notes } => (der, notes),
    };
    let request = match verify(&der, notes, evidence) {
        Ok(request) => request,
        Err(refusal) => return refused(refusal),
    };
    let beside = beside(side.devices, side.file_stem, &request);
    let request = request.with_beside(beside);
    let row = row_number(&request);
    let spki_sha256 = request.public_key().spki_sha256();
    let named = match yardstick {
        Yardstick::Soundness => request.subject().clone(),
        Yardstick::Profile(profile) | Yardstick::Issuer(profile, _) => plan::subject(&request, profile),
    };
    // A subject without a name says nothing that could stand twice.
    let is_compared = duplicate_subjects(yardstick) != DuplicateSubjects::Accept && !named.is_empty();
    let subject_sha256 = is_compared.then(|| named.matching_sha256());
    let subject = named.to_printable();
    let key = request.public_key().algorithm();
    let judged = match yardstick {
        Yardstick::Soundness => Ok(Accepted::with(request.notes().to_vec())),
        Yardstick::Profile(profile) => plan::check(&request, profile).map(Accepted::with),
        Yardstick::Issuer(profile, issuer) => planned(request, profile, issuer, depth, now),
    };
    match judged {
        Ok(Accepted { findings, difference, tbs }) => {
            debug_assert!(findings.iter().all(|finding| finding.severity == Severity::Note));
            let judged = bare(Verdict::Accepted, Some(subject), Some(key), findings);
            Judged { key: Some(spki_sha256), subject: subject_sha256, row, difference, tbs, ..judged }
        }
        Err(refusal) => refused(refusal),
    }
}

/// What is known of a request that is accepted.
struct Accepted {
    findings: Vec<Finding>,
    difference: Option<Difference>,
    tbs: Option<Vec<u8>>,
}

impl Accepted {
    /// Without a CA, which a certificate needs.
    fn with(findings: Vec<Finding>) -> Self {
        Self { findings, difference: None, tbs: None }
    }
}

/// What planning finds, in what the certificate would differ from what is asked for, and the certificate.
fn planned(
    request: VerifiedRequest,
    profile: &Profile,
    issuer: &IssuingCa,
    depth: Depth,
    now: Time,
) -> Result<Accepted, Refusal> {
    // No certificate comes of an inspection, so the serial number may be any.
    let facts = Facts { now, serial: SerialNumber::from_random([0; 20]) };
    if depth == Depth::Verdict {
        let planned = plan::plan(request, profile, issuer, facts)?;
        let (findings, tbs) = (planned.notes().to_vec(), Some(planned.tbs().to_vec()));
        return Ok(Accepted { findings, difference: None, tbs });
    }
    let planned = plan::plan(request.clone(), profile, issuer, facts)?;
    match difference::compare(&request, &planned) {
        Ok(difference) => Ok(Accepted {
            findings: planned.notes().to_vec(),
            difference: Some(difference),
            tbs: Some(planned.tbs().to_vec()),
        }),
        Err(error) => Err(Refusal {
            findings: vec![Finding::refuse(
                Control::Lint,
                &format!("the planned certificate cannot be read again: {error}"),
                "report this as a defect; nothing was planned",
            )],
            subject: Some(request.subject().to_printable()),
            key: Some(request.public_key().algorithm()),
        }),
    }
}
