//! Proving: a verification certificate shows a cloud platform that the CA's key is held.

use std::path::Path;

use crate::{
    config,
    export::{
        format::Format,
        pem,
        proof::{self, Given},
    },
    pki::{
        block_list::asked::AskedList,
        issuer::IssuingCa,
        plan::{self, Facts, PlannedCertificate},
        platform::Platform,
        policy::Refusal,
        profile::{Profile, SubjectKind},
        request::VerifiedRequest,
        text::Printable,
    },
    register::{Approver, Issuer, NewPlan, PlanKind, StoredPlan},
};

use super::{
    closing::Remaining,
    delivery::DeliveryWanted,
    error::Error,
    evidence::Evidence,
    handover::Delivered,
    inspection::verify,
    intake::{Content, Naming, Submissions},
    issuance::algorithm_of,
    opening::{Appliance, Custodian, now, printable_path},
    planning::Serials,
    progress::Watch,
    repeated_code::RepeatedCode,
    shared_primes::Batch,
};

/// The profile that verification certificates are made by.
const PROFILE: &str = "verification";

/// The platform of this name.
///
/// # Errors
/// [`Error::Usage`] listing the names.
pub fn platform_by_name(name: &str) -> Result<Platform, Error> {
    Platform::from_name(name).ok_or_else(|| {
        let names: Vec<&str> = Platform::ALL.iter().map(|platform| platform.name()).collect();
        Error::usage(
            format!("there is no platform named {}", Printable::new(name)),
            format!("use one of: {}", names.join(", ")),
        )
    })
}

/// A file of a proof.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProofFile {
    /// Where it stands in the bundle.
    pub path: String,
    /// What is in it.
    pub pem: String,
}

/// Where the code comes from.
#[derive(Clone, Copy, Debug)]
pub enum Code<'a> {
    /// The argument of a command, exactly as the platform shows it.
    Given(&'a str),
    /// Typed by hand, twice the same.
    Typed(&'a RepeatedCode),
    /// The subject CN of a verification CSR.
    Request(&'a Path),
    /// The same, refused where it is not the code that [`requested_code`] gave and people compared.
    Shown {
        /// The CSR's file.
        path: &'a Path,
        /// The code that was shown.
        code: &'a Printable,
    },
}

impl Appliance {
    /// The profile that verification certificates are made by.
    ///
    /// # Errors
    /// [`Error::Usage`] where there is none, or where it is for something else.
    pub fn verification_profile(&self) -> Result<&Profile, Error> {
        let profile = self.profile(PROFILE)?;
        // No words are typed for a proof, so nothing but a certificate that can stand for nobody may come of it.
        if profile.kind != SubjectKind::Verification {
            return Err(Error::usage(
                format!("the profile {PROFILE} in authority.toml is not of the kind \"verification\""),
                "correct it: see coldsign profile show verification where there is no home",
            ));
        }
        Ok(profile)
    }

    /// Issues and delivers a verification certificate. The command itself is the approval: it names one certificate,
    /// short-lived and without clientAuth.
    ///
    /// # Errors
    /// Every class; nothing is signed where the request, the code or the platform's rules refuse.
    /// [`Error::ProofUnfinished`] once its plan is stored and approved: that plan is gone on with, not this.
    pub fn prove(
        &mut self,
        ca: &str,
        platform: Platform,
        code: Code<'_>,
        to: &Path,
        custodian: &mut Custodian<'_>,
        watch: &mut Watch<'_>,
    ) -> Result<(StoredPlan, Delivered), Error> {
        let issuer = self.issuer(ca)?;
        let profile = self.verification_profile()?.clone();
        let mut serials = Serials::of(self)?;
        self.check_taken(platform, &issuer)?;
        let at = now()?;
        let facts = Facts { now: at, serial: serials.draw()? };
        let Proof { planned, request } =
            self.planned_proof(code, platform, (&profile, &issuer), facts, watch)?;
        let signature = algorithm_of(planned.tbs())?;
        platform.check_proof(signature, planned.not_after().unix() - at.unix())?;
        self.check_target(to)?;
        // The PIN before the plan is stored: a wrong one leaves no trace in the register.
        let session = self.login(custodian)?;
        let text = config::profile_text(&self.text, PROFILE);
        let new = NewPlan {
            authority: ca,
            kind: PlanKind::Verification,
            profile: PROFILE,
            profile_text: &text,
            waivers: &profile.waivers,
            approval: profile.approval,
            duplicate_keys: profile.duplicate_keys,
            crl_points: &[],
            block_lists: request.as_ref().map(|(_, asked)| asked.as_slice()),
        };
        let mut writer = self.register.begin_plan(&new, at)?;
        writer.add("verification", request.as_ref().map(|(der, _)| der.as_slice()), &planned)?;
        let stored = writer.store(Issuer::Certificate(&issuer), at)?;
        self.register.approve(&stored, Approver::Command, at)?;
        let unfinished = |remaining: Remaining| {
            let plan = Box::new(stored.clone());
            move |failure: Error| Error::ProofUnfinished {
                failure: Box::new(failure),
                plan,
                platform,
                remaining,
            }
        };
        self.sign(&stored, &session, watch).map_err(unfinished(Remaining::Signing))?;
        let wanted = DeliveryWanted { to, formats: &[Format::Proof(platform)], keys: None };
        let delivered =
            self.deliver(&stored, &wanted, &session, watch).map_err(unfinished(Remaining::Delivery))?;
        Ok((stored, delivered))
    }

    /// Plans the certificate for a code, or for the code that a request has.
    fn planned_proof(
        &self,
        code: Code<'_>,
        platform: Platform,
        (profile, issuer): (&Profile, &IssuingCa),
        facts: Facts,
        watch: &mut Watch<'_>,
    ) -> Result<Proof, Error> {
        let path = match code {
            Code::Given(code) => return Proof::of(code, platform, (profile, issuer), facts),
            Code::Typed(code) => return Proof::of(code.as_str(), platform, (profile, issuer), facts),
            Code::Request(path) | Code::Shown { path, .. } => path,
        };
        let paths = [path.to_owned()];
        let batch = Batch { paths: &paths, naming: Naming::AsGiven, unharmed: "nothing was signed" };
        let evidence = self.evidence(&batch, watch)?;
        let (request, der) = request_of(path, &evidence)?;
        let asked = code_of(&request)?;
        if let Code::Shown { code, .. } = code {
            same_code(path, &asked, code)?;
        }
        platform.check_code(&asked)?;
        let planned = plan::plan(request, profile, issuer, facts).map_err(|refusal| refused(&refusal))?;
        Ok(Proof { planned, request: Some((der, evidence.lists.asked())) })
    }

    /// The files that a platform is given as a proof, for whoever carries them without a medium: the verification
    /// certificate first, then the CA's.
    ///
    /// # Errors
    /// [`Error::Register`], also where the plan is not issued.
    pub fn proof_files(&self, plan: &StoredPlan, platform: Platform) -> Result<[ProofFile; 2], Error> {
        let issuer = self.issuer_of(plan)?;
        let only = self.issued(plan, None, 1)?;
        let file = |given, pem: Vec<u8>| ProofFile {
            path: proof::path(platform, given),
            pem: String::from_utf8(pem).unwrap_or_default(),
        };
        let verification = only.iter().flat_map(|one| pem::certificate(one.der())).collect();
        Ok([
            file(Given::Verification, verification),
            file(Given::Authority, pem::certificates([issuer.certificate()])),
        ])
    }

    /// Checks that a platform takes a CA, before anything is planned.
    fn check_taken(&self, platform: Platform, issuer: &IssuingCa) -> Result<(), Error> {
        platform.check_authority(issuer.certificate())?;
        self.check_subjects(issuer, &[platform])
    }
}

/// A verification certificate as it is planned, and the request that it was planned from, with the block lists that its key
/// was looked up in.
struct Proof {
    planned: PlannedCertificate,
    request: Option<(Vec<u8>, Vec<AskedList>)>,
}

impl Proof {
    /// For a code alone, whose key is the CA's own.
    fn of(
        code: &str,
        platform: Platform,
        (profile, issuer): (&Profile, &IssuingCa),
        facts: Facts,
    ) -> Result<Self, Error> {
        let name = platform.check_code(code)?;
        let planned =
            plan::plan_for_code(&name, profile, issuer, facts).map_err(|refusal| refused(&refusal))?;
        Ok(Self { planned, request: None })
    }
}

/// A file is read again when it is used: what was shown is what is signed, or nothing is.
fn same_code(path: &Path, asked: &str, shown: &Printable) -> Result<(), Error> {
    if Printable::new(asked) == *shown {
        return Ok(());
    }
    Err(Error::RequestChanged {
        path: printable_path(path),
        what: "its code is not the one that was shown".to_owned(),
    })
}

/// The code that a verification CSR asks for, where the platform can have given it. Nothing is changed.
///
/// # Errors
/// [`Error::Medium`] where the file cannot be read; [`Error::Usage`] where it holds no sound request with a code.
pub fn requested_code(path: &Path, platform: Platform) -> Result<Printable, Error> {
    let (request, _) = request_of(path, &Evidence::default())?;
    let code = code_of(&request)?;
    platform.check_code(&code)?;
    Ok(Printable::new(&code))
}

/// The only request of a file, and its octets.
fn request_of(path: &Path, evidence: &Evidence) -> Result<(VerifiedRequest, Vec<u8>), Error> {
    let mut submissions = Submissions::open(&[path.to_owned()], Naming::AsGiven)?;
    let first = submissions.next()?.map(|submission| submission.content);
    if submissions.next()?.is_some() {
        return Err(Error::usage(
            "more than one request stands in the file",
            "give one verification CSR in a file of its own",
        ));
    }
    let (der, notes) = match first {
        Some(Content::Request { der, notes }) => (der, notes),
        Some(Content::Refused(finding) | Content::Skipped(finding)) => {
            return Err(Error::usage(finding.message.to_string(), finding.hint));
        }
        None => return Err(Error::usage("there is no request in the file", "give a verification CSR")),
    };
    let request = verify(&der, notes, evidence).map_err(|refusal| refused(&refusal))?;
    Ok((request, der))
}

fn code_of(request: &VerifiedRequest) -> Result<String, Error> {
    let names = request.subject().common_names();
    <[String; 1]>::try_from(names).map(|[code]| code).map_err(|names| {
        Error::usage(
            format!("the subject has {} common names; the code must be the only one", names.len()),
            "make the CSR anew with the code as its CN",
        )
    })
}

/// A single request that was refused is an error: there is no batch that goes on without it.
pub(super) fn refused(refusal: &Refusal) -> Error {
    let reasons: Vec<String> = refusal
        .findings
        .iter()
        .filter(|finding| finding.severity == crate::pki::policy::Severity::Refuse)
        .map(|finding| format!("{} ({})", finding.message, finding.control.id()))
        .collect();
    let hint = refusal.findings.first().map_or("", |finding| finding.hint);
    Error::usage(format!("the request is refused: {}", reasons.join("; ")), hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_a_code_that_is_not_the_one_that_was_shown() {
        let path = Path::new("/stick/verification.csr");
        let shown = Printable::new("9c1d8f");
        assert!(same_code(path, "9c1d8f", &shown).is_ok());
        let error = same_code(path, "9c1d8e", &shown).unwrap_err();
        assert_eq!(error.to_string(), "/stick/verification.csr: its code is not the one that was shown");
    }
}
