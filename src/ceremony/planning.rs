//! Planning: requests become a stored plan, every certificate byte for byte, before anything is signed.

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::{
    config, host,
    pki::{
        fingerprint::Digest,
        issuer::IssuingCa,
        name::Name,
        plan::{Facts, PlannedCertificate, plan as decide},
        policy::{Control, Finding, Refusal, Severity},
        profile::{DuplicateKeys, DuplicateSubjects, Profile},
        serial::SerialNumber,
        text::Printable,
        time::Time,
    },
    register::{Issuer, NewPlan, PlanKind, PlanWriter, StoredPlan},
    token::{
        random::{Seed, SerialEntropy},
        session::Token,
    },
};

use super::{
    error::Error,
    evidence::Evidence,
    inspection::{Counts, Judgement, Verdict, judged_subject, next_chunk, verify},
    intake::{Content, Naming, Submission, Submissions},
    listing::Listing,
    opening::{Appliance, now},
    progress::{Phase, Watch},
    reasons::Reasons,
    seen::{Agreement, Seen},
    shared_primes::Batch,
    table::{Devices, RowsMet, beside, row_number},
};

/// What is to be planned.
#[derive(Clone, Copy, Debug)]
pub struct PlanWanted<'a> {
    /// The CA's name.
    pub ca: &'a str,
    /// The profile's name.
    pub profile: &'a str,
    /// Files and folders with requests.
    pub paths: &'a [PathBuf],
    /// The table that the profile takes; `None`: the one beside the requests.
    pub csv: Option<&'a Path>,
    /// What was seen where the requests were read before: it is said whether that is what was planned.
    pub before: Option<&'a Seen>,
}

/// A plan that was made.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The plan, stored and not approved.
    pub plan: StoredPlan,
    /// What became of the requests.
    pub counts: Counts,
    /// Whether they are those that were seen before.
    pub agreement: Agreement,
}

/// What became of a submission in planning, with all that the register keeps of it.
enum Decided {
    Planned { source: Printable, der: Vec<u8>, planned: Box<PlannedCertificate>, row: Option<u32> },
    Refused { source: Printable, sha256: Option<Digest>, refusal: Refusal },
    Skipped { source: Printable, finding: Finding },
}

/// Draws serial numbers: the token's random numbers mixed with the system's.
pub(super) struct Serials {
    token: Token,
    entropy: SerialEntropy,
}

impl Serials {
    /// Seeds from the token, without a PIN, and from the system.
    pub(super) fn of(appliance: &Appliance) -> Result<Self, Error> {
        let token = appliance.token()?;
        let entropy = SerialEntropy::new(&token.random()?, &system_octets()?);
        Ok(Self { token, entropy })
    }

    /// The next serial number.
    pub(super) fn draw(&mut self) -> Result<SerialNumber, Error> {
        if self.entropy.seed() == Seed::Spent {
            self.entropy.reseed(&self.token.random()?, &system_octets()?);
        }
        Ok(SerialNumber::from_random(self.entropy.next20(&system_octets()?)))
    }
}

fn system_octets<const N: usize>() -> Result<[u8; N], Error> {
    let mut octets = [0; N];
    host::entropy::fill(&mut octets).map_err(|error| {
        Error::usage(format!("the system gives no random numbers: {error}"), error.hint())
    })?;
    Ok(octets)
}

impl Appliance {
    /// The CA of this name as an issuer, its path verified.
    ///
    /// # Errors
    /// [`Error::Authority`].
    pub fn issuer(&self, name: &str) -> Result<IssuingCa, Error> {
        let record = self.register.authority(name)?.ok_or_else(|| {
            Error::authority(
                format!("there is no CA named {}", Printable::new(name)),
                "see Authorities, or coldsign ca list; make one there, or with ca create or ca request",
            )
        })?;
        let (certificate, chain) = record.certificate.ok_or_else(|| {
            Error::authority(
                format!("CA {name} has no certificate yet"),
                format!(
                    "install the one its superior CA made: under Authorities, or with coldsign ca install {name} CERT"
                ),
            )
        })?;
        IssuingCa::new(certificate, chain).map_err(|what| {
            Error::authority(what, "have its superior CA issue one that is fit, and install that: under Authorities, or with coldsign ca install")
        })
    }

    /// The CA that a plan is for, under the certificate that it was planned under.
    pub(super) fn issuer_of(&self, plan: &StoredPlan) -> Result<IssuingCa, Error> {
        let (certificate, chain) = self.register.certificate_of(plan)?.ok_or_else(|| {
            Error::authority(
                format!(
                    "plan {} was made under a certificate that CA {} does not have",
                    plan.id, plan.authority
                ),
                "audit the register (coldsign register audit)",
            )
        })?;
        IssuingCa::new(certificate, chain)
            .map_err(|what| Error::authority(what, "audit the register (coldsign register audit)"))
    }

    /// The profile of this name.
    ///
    /// # Errors
    /// [`Error::Usage`].
    pub fn profile(&self, name: &str) -> Result<&Profile, Error> {
        self.configuration.profile(name).ok_or_else(|| {
            let names: Vec<&str> =
                self.configuration.profiles().map(|profile| profile.name.as_str()).collect();
            Error::usage(
                format!("authority.toml has no profile {}", Printable::new(name)),
                format!("use one of: {}", names.join(", ")),
            )
        })
    }

    /// Reads, judges and plans all requests, and stores the plan whole.
    ///
    /// # Errors
    /// Every class but [`Error::NotApproved`]; nothing is stored then.
    pub fn plan(
        &mut self,
        wanted: &PlanWanted<'_>,
        watch: &mut Watch<'_>,
        each: &mut dyn FnMut(&Judgement),
    ) -> Result<Planned, Error> {
        let &PlanWanted { ca, profile, paths, csv, before } = wanted;
        let issuer = self.issuer(ca)?;
        let profile = self.profile(profile)?.clone();
        let devices = Devices::open(&profile, csv, paths)?;
        let batch = Batch { paths, naming: Naming::InVolume, unharmed: "no plan was stored" };
        let evidence = self.evidence(&batch, watch)?;
        let asked = evidence.lists.asked();
        let mut submissions =
            Submissions::open(paths, Naming::InVolume)?.without(devices.as_ref().map(Devices::path));
        let mut serials = Serials::of(self)?;
        let at = now()?;
        let (mut seen, mut reasons) = (Seen::default(), Reasons::default());
        let record = devices.as_ref().map(Devices::record).unwrap_or_default();
        let text = config::profile_text(&self.text, &profile.name) + &record;
        let met = devices.as_ref().map(Devices::none_met).unwrap_or_default();
        let mut rows = Rows { devices: devices.as_ref(), met, listing: Listing::default() };
        let points = profile.crl_points();
        let new = NewPlan {
            authority: ca,
            kind: PlanKind::Batch,
            profile: &profile.name,
            profile_text: &text,
            waivers: &profile.waivers,
            approval: profile.approval,
            duplicate_keys: profile.duplicate_keys,
            crl_points: &points,
            block_lists: Some(&asked),
        };
        let judge =
            Judge { devices: devices.as_ref(), profile: &profile, issuer: &issuer, evidence, now: at };
        let mut writer = self.register.begin_plan(&new, at)?;
        loop {
            let chunk = next_chunk(&mut submissions).map_err(|error| error.amid("no plan was stored"))?;
            if chunk.is_empty() {
                break;
            }
            for item in judge.chunk(chunk, &mut serials)? {
                let judgement = write(&mut writer, item, &profile, &mut rows)?;
                rows.pass(judgement.source.as_str());
                seen.add(&judgement);
                reasons.note(&judgement);
                each(&judgement);
            }
            watch.tell(Phase::Planning, seen.counts().all(), None);
            watch.check_stop("no plan was stored", "run plan again")?;
        }
        some_accepted(seen.counts(), reasons)?;
        for judgement in rows.left_over() {
            for finding in &judgement.findings {
                writer.skip(judgement.source.as_str(), None, finding)?;
            }
            seen.add(&judgement);
            each(&judgement);
        }
        let plan = writer.store(Issuer::Certificate(&issuer), now()?)?;
        Ok(Planned { plan, counts: seen.counts(), agreement: seen.against(before) })
    }
}

/// A plan of no certificate is none.
fn some_accepted(counts: Counts, reasons: Reasons) -> Result<(), Error> {
    match counts.all() {
        0 => Err(Error::NoRequests),
        _ if counts.accepted == 0 => Err(Error::NoneAccepted { counts, reasons }),
        _ => Ok(()),
    }
}

/// The table, the requests so far, and which of them its rows belong to.
struct Rows<'a> {
    devices: Option<&'a Devices>,
    met: RowsMet,
    /// Stays empty where there is no table.
    listing: Listing,
}

impl Rows<'_> {
    /// The rows that no request of the batch belongs to, each with what is said of it.
    fn left_over(&self) -> Vec<Judgement> {
        self.devices.map(|devices| devices.left_over(&self.met)).unwrap_or_default()
    }

    /// Joins a row to the request in hand; a finding where it belongs to an earlier one.
    fn meet(&mut self, row: Option<u32>) -> Option<Finding> {
        let (row, devices) = (row?, self.devices?);
        let first = self.met.meet(row, self.listing.len() + 1)?;
        Some(devices.refuse_second(row, &self.listing.named(first)))
    }

    /// Ends with the request in hand.
    fn pass(&mut self, source: &str) {
        if self.devices.is_some() {
            self.listing.push(source);
        }
    }
}

/// By what each request of a batch is judged and planned.
struct Judge<'a> {
    devices: Option<&'a Devices>,
    profile: &'a Profile,
    issuer: &'a IssuingCa,
    evidence: Evidence,
    now: Time,
}

impl Judge<'_> {
    /// Decides what becomes of submissions on all cores, each with a serial number of its own.
    fn chunk(&self, chunk: Vec<Submission>, serials: &mut Serials) -> Result<Vec<Decided>, Error> {
        let drawn = chunk
            .into_iter()
            .map(|submission| Ok((submission, serials.draw()?)))
            .collect::<Result<Vec<_>, Error>>()?;
        let facts = |serial| Facts { now: self.now, serial };
        Ok(drawn
            .into_par_iter()
            .map(|(submission, serial)| self.decided(submission, facts(serial)))
            .collect())
    }

    fn decided(&self, submission: Submission, facts: Facts) -> Decided {
        let sha256 = submission.content.sha256();
        let file_stem = submission.place.file_stem();
        let source = submission.source;
        let (der, notes) = match submission.content {
            Content::Skipped(finding) => return Decided::Skipped { source, finding },
            Content::Refused(finding) => {
                let refusal = Refusal { findings: vec![finding], subject: None, key: None };
                return Decided::Refused { source, sha256, refusal };
            }
            Content::Request { der, notes } => (der, notes),
        };
        let judged = verify(&der, notes, &self.evidence).and_then(|request| {
            let beside = beside(self.devices, file_stem, &request);
            let request = request.with_beside(beside);
            let row = row_number(&request);
            decide(request, self.profile, self.issuer, facts).map(|planned| (planned, row))
        });
        match judged {
            Ok((planned, row)) => Decided::Planned { source, der, planned: Box::new(planned), row },
            Err(refusal) => Decided::Refused { source, sha256, refusal },
        }
    }
}

/// Writes what was decided into the plan; a key that was seen before is found here, in the plan's order.
fn write(
    writer: &mut PlanWriter<'_>,
    item: Decided,
    profile: &Profile,
    rows: &mut Rows<'_>,
) -> Result<Judgement, Error> {
    match item {
        Decided::Skipped { source, finding } => {
            writer.skip(source.as_str(), None, &finding)?;
            Ok(Judgement {
                source,
                sha256: None,
                verdict: Verdict::Skipped,
                subject: None,
                key: None,
                findings: vec![finding],
            })
        }
        Decided::Refused { source, sha256, refusal } => {
            writer.refuse(source.as_str(), sha256, &refusal)?;
            Ok(Judgement {
                source,
                sha256,
                verdict: Verdict::Refused,
                subject: refusal.subject,
                key: refusal.key,
                findings: refusal.findings,
            })
        }
        Decided::Planned { source, der, planned, row } => {
            write_planned(writer, (source, &der), *planned, row, profile, rows)
        }
    }
}

/// The same of a certificate that can be signed, unless it has what stood before.
fn write_planned(
    writer: &mut PlanWriter<'_>,
    (source, der): (Printable, &[u8]),
    planned: PlannedCertificate,
    row: Option<u32>,
    profile: &Profile,
    rows: &mut Rows<'_>,
) -> Result<Judgement, Error> {
    let sha256 = Some(Digest::of(der));
    let subject = Some(planned.subject().to_printable());
    let of_key = duplicate(writer, planned.spki_sha256(), profile.duplicate_keys)?;
    let of_subject = subject_twice(writer, planned.subject(), profile.duplicate_subjects)?;
    let mut duplicates: Vec<Finding> = of_key.into_iter().chain(of_subject).collect();
    let refuses = |finding: &Finding| finding.severity == Severity::Refuse;
    // A row belongs to an accepted request only.
    if !duplicates.iter().any(refuses) {
        duplicates.extend(rows.meet(row));
    }
    if duplicates.iter().any(refuses) {
        let mut findings = duplicates;
        findings.extend_from_slice(planned.notes());
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        let refusal = Refusal { findings, subject, key: None };
        writer.refuse(source.as_str(), sha256, &refusal)?;
        let Refusal { findings, subject, key } = refusal;
        return Ok(Judgement { source, sha256, verdict: Verdict::Refused, subject, key, findings });
    }
    let planned = planned.with_notes(duplicates);
    writer.add(source.as_str(), Some(der), &planned)?;
    let findings = planned.notes().to_vec();
    Ok(Judgement { source, sha256, verdict: Verdict::Accepted, subject, key: None, findings })
}

pub(super) fn duplicate(
    writer: &PlanWriter<'_>,
    spki_sha256: Digest,
    duplicates: DuplicateKeys,
) -> Result<Option<Finding>, Error> {
    let finding = |control, message: &str| match duplicates {
        DuplicateKeys::Refuse => Finding::refuse(
            control,
            message,
            "have the device make a key of its own; or set duplicate-keys = \"note\" in the profile",
        ),
        DuplicateKeys::Note => {
            Finding::note(control, message, "see that both devices are meant to share a key")
        }
    };
    if let Some(earlier) = writer.holds_key(&spki_sha256)? {
        let message = format!("the public key stands in this batch already, in {}", earlier.source);
        return Ok(Some(finding(Control::DuplicateInBatch, &message)));
    }
    if let Some(earlier) = writer.issued_key(&spki_sha256)? {
        let message = format!(
            "the public key was certified before, under plan {} from {}",
            earlier.plan.as_deref().unwrap_or("this one"),
            earlier.source
        );
        return Ok(Some(finding(Control::DuplicateInRegister, &message)));
    }
    Ok(None)
}

pub(super) fn subject_twice(
    writer: &PlanWriter<'_>,
    subject: &Name,
    duplicates: DuplicateSubjects,
) -> Result<Option<Finding>, Error> {
    // A subject without a name is told apart by what stands instead of one.
    if duplicates == DuplicateSubjects::Accept || subject.is_empty() {
        return Ok(None);
    }
    let (control, message) = if let Some(earlier) = writer.holds_subject(subject)? {
        let message = format!("the subject stands in this batch already, in {}", earlier.source);
        (Control::SubjectInBatch, message)
    } else if let Some(earlier) = writer.issued_subject(subject)? {
        let plan = earlier.plan.as_deref().unwrap_or("this one");
        let message = format!(
            "a certificate was issued for the subject before, under plan {plan} from {}",
            earlier.source
        );
        (Control::SubjectInRegister, message)
    } else {
        return Ok(None);
    };
    Ok(Some(judged_subject(control, &message, duplicates)))
}
