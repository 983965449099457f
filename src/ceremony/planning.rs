//! Planning: requests become a stored plan, every certificate byte for byte, before anything is signed.

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::{
    host,
    pki::{
        fingerprint::Digest,
        issuer::IssuingCa,
        plan::{Facts, PlannedCertificate, plan as decide},
        policy::{Control, Finding, Refusal},
        profile::{DuplicateKeys, Profile},
        serial::SerialNumber,
        text::Printable,
    },
    register::{Issuer, NewPlan, PlanKind, PlanWriter, StoredPlan},
    token::{
        random::{Seed, SerialEntropy},
        session::Token,
    },
};

use super::{
    error::Error,
    inspection::{Counts, Judgement, Verdict, next_chunk, verify},
    intake::{Content, Naming, Submission, Submissions},
    opening::{Appliance, now},
    progress::{Phase, Watch},
    table::{Devices, RowsMet, beside, row_number},
};

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
                "see coldsign ca list; make one with ca create or ca request",
            )
        })?;
        let (certificate, chain) = record.certificate.ok_or_else(|| {
            Error::authority(
                format!("CA {name} has no certificate yet"),
                format!(
                    "install the one its superior CA made with coldsign ca install {name} CERT --chain FILE"
                ),
            )
        })?;
        IssuingCa::new(certificate, chain).map_err(|what| {
            Error::authority(what, "install a certificate that is fit to issue with coldsign ca install")
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

    /// Reads, judges and plans all requests under the paths, and stores the plan whole. The table that the profile takes
    /// is the one that is named, else the one beside the requests.
    ///
    /// # Errors
    /// Every class but [`Error::NotApproved`]; nothing is stored then.
    pub fn plan(
        &mut self,
        ca: &str,
        profile: &str,
        paths: &[PathBuf],
        csv: Option<&Path>,
        watch: &mut Watch<'_>,
        each: &mut dyn FnMut(&Judgement),
    ) -> Result<(StoredPlan, Counts), Error> {
        let issuer = self.issuer(ca)?;
        let profile = self.profile(profile)?.clone();
        let devices = Devices::open(&profile, csv, paths)?;
        let mut submissions =
            Submissions::open(paths, Naming::InVolume)?.without(devices.as_ref().map(Devices::path));
        let mut serials = Serials::of(self)?;
        let at = now()?;
        let mut counts = Counts::default();
        let record = devices.as_ref().map(Devices::record).unwrap_or_default();
        let text = config_text(&self.text, &profile.name) + &record;
        let met = devices.as_ref().map(Devices::none_met).unwrap_or_default();
        let mut rows = Rows { devices: devices.as_ref(), met, number: 0 };
        let new = NewPlan {
            authority: ca,
            kind: PlanKind::Batch,
            profile: &profile.name,
            profile_text: &text,
            approval: profile.approval,
            duplicate_keys: profile.duplicate_keys,
        };
        let mut writer = self.register.begin_plan(&new, at)?;
        loop {
            let chunk = next_chunk(&mut submissions).map_err(|error| error.amid("no plan was stored"))?;
            if chunk.is_empty() {
                break;
            }
            let drawn = chunk
                .into_iter()
                .map(|submission| Ok((submission, serials.draw()?)))
                .collect::<Result<Vec<_>, Error>>()?;
            let decided: Vec<Decided> = drawn
                .into_par_iter()
                .map(|(submission, serial)| {
                    decided(submission, devices.as_ref(), &profile, &issuer, Facts { now: at, serial })
                })
                .collect();
            for item in decided {
                rows.number = counts.all() + 1;
                let judgement = write(&mut writer, item, profile.duplicate_keys, &mut rows)?;
                counts.add(judgement.verdict);
                each(&judgement);
            }
            watch.tell(Phase::Planning, counts.all(), None);
            watch.check_stop("no plan was stored", "run plan again")?;
        }
        match counts.all() {
            0 => return Err(Error::NoRequests),
            _ if counts.accepted == 0 => return Err(Error::NoneAccepted(counts)),
            _ => {}
        }
        for judgement in devices.as_ref().map(|devices| devices.left_over(&rows.met)).unwrap_or_default() {
            for finding in &judgement.findings {
                writer.skip(judgement.source.as_str(), None, finding)?;
            }
            counts.add(judgement.verdict);
            each(&judgement);
        }
        let plan = writer.store(Issuer::Certificate(&issuer), now()?)?;
        Ok((plan, counts))
    }
}

/// The table, and the requests that its rows belong to so far.
struct Rows<'a> {
    devices: Option<&'a Devices>,
    met: RowsMet,
    /// The number of the request in hand, from 1.
    number: u64,
}

impl Rows<'_> {
    /// Joins a row to the request in hand; a finding where it belongs to an earlier one.
    fn meet(&mut self, row: Option<u32>) -> Option<Finding> {
        let (row, devices) = (row?, self.devices?);
        self.met.meet(row, self.number).map(|first| devices.refuse_second(row, first))
    }
}

fn decided(
    submission: Submission,
    devices: Option<&Devices>,
    profile: &Profile,
    issuer: &IssuingCa,
    facts: Facts,
) -> Decided {
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
    let judged = verify(&der, notes).and_then(|request| {
        let beside = beside(devices, file_stem, &request);
        let request = request.with_beside(beside);
        let row = row_number(&request);
        decide(request, profile, issuer, facts).map(|planned| (planned, row))
    });
    match judged {
        Ok((planned, row)) => Decided::Planned { source, der, planned: Box::new(planned), row },
        Err(refusal) => Decided::Refused { source, sha256, refusal },
    }
}

/// Writes what was decided into the plan; a key that was seen before is found here, in the plan's order.
fn write(
    writer: &mut PlanWriter<'_>,
    item: Decided,
    duplicates: DuplicateKeys,
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
            let sha256 = Some(Digest::of(&der));
            let subject = Some(planned.subject().to_printable());
            let duplicate = duplicate(writer, planned.spki_sha256(), duplicates)?;
            let refused = match (&duplicate, duplicates) {
                (Some(finding), DuplicateKeys::Refuse) => Some(finding.clone()),
                _ => rows.meet(row),
            };
            if let Some(finding) = refused {
                let mut findings = vec![finding];
                findings.extend_from_slice(planned.notes());
                let refusal = Refusal { findings, subject, key: None };
                writer.refuse(source.as_str(), sha256, &refusal)?;
                let Refusal { findings, subject, key } = refusal;
                return Ok(Judgement { source, sha256, verdict: Verdict::Refused, subject, key, findings });
            }
            let planned = planned.with_notes(duplicate);
            writer.add(source.as_str(), Some(&der), &planned)?;
            let findings = planned.notes().to_vec();
            Ok(Judgement { source, sha256, verdict: Verdict::Accepted, subject, key: None, findings })
        }
    }
}

fn duplicate(
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

/// The profile's section of authority.toml with those below it, for the record.
pub(super) fn config_text(text: &str, profile: &str) -> String {
    let (header, below) = (format!("[profiles.{profile}]"), format!("[profiles.{profile}."));
    let mut section = String::new();
    let mut inside = false;
    for line in text.lines() {
        if line.trim_start().starts_with('[') {
            let line = line.trim_start();
            inside = line.starts_with(&header) || line.starts_with(&below);
        }
        if inside {
            section.push_str(line);
            section.push('\n');
        }
    }
    section
}
