//! Issuance: what is planned and approved is signed, checked and recorded; after a stop it goes on where it was.

use std::{
    convert::Infallible,
    sync::{
        atomic::{AtomicU64, AtomicUsize, Ordering},
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::{Duration, Instant},
};

use crate::{
    pki::{
        certificate::{SignedCertificate, signature_algorithm},
        issuer::IssuingCa,
        key::SignatureAlgorithm,
        text::{Printable, counted},
    },
    register::{self, ApprovedPlan, Approver, PlannedRow, StoredPlan},
    token::{session::Session, signer::Signer, uri::TokenUri},
};

use super::{
    error::Error,
    opening::{Appliance, now},
    progress::{Phase, Reins, Watch},
};

/// Certificates signed, checked and recorded together: a crash loses at most so many signatures, and the disk is
/// waited for once a group.
const GROUP: u32 = 1_000;

/// How long signers work on one group: of a slow token, too, a crash loses no more than this and a signature, while one
/// wait for the disk remains little beside it.
const GROUP_TIME: Duration = Duration::from_secs(2);

/// How often progress is told while signers run: a person sees it move.
const TELL_EVERY: Duration = Duration::from_millis(100);

/// How an issuance went.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Issued {
    /// Certificates issued now.
    pub now: u64,
    /// Certificates of the plan that are issued, these and earlier ones.
    pub all: u64,
    /// Seconds it took.
    pub seconds: f64,
}

/// What approval of a plan rests on.
#[derive(Clone, Copy, Debug)]
pub enum ApprovalGiven<'a> {
    /// The words that an officer typed.
    Words(&'a str),
    /// The profile lets scripts issue.
    Unattended,
}

impl Appliance {
    /// The stored plan of this id or unique prefix of an id.
    ///
    /// # Errors
    /// [`Error::Register`].
    pub fn stored_plan(&self, id: &str) -> Result<StoredPlan, Error> {
        Ok(self.register.plan(id)?)
    }

    /// The same, `None` where there is no such plan.
    ///
    /// # Errors
    /// [`Error::Register`], also where several plans begin so.
    pub fn stored_plan_if_any(&self, id: &str) -> Result<Option<StoredPlan>, Error> {
        match self.register.plan(id) {
            Ok(plan) => Ok(Some(plan)),
            Err(register::Error::PlanUnknown(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Records the approval of exactly this plan.
    ///
    /// # Errors
    /// [`Error::NotApproved`] where the words are not the plan's, or the profile does not let scripts issue.
    pub fn approve(&mut self, plan: &StoredPlan, given: ApprovalGiven<'_>) -> Result<(), Error> {
        let approver = match given {
            ApprovalGiven::Words(words) => Approver::Words(words),
            ApprovalGiven::Unattended => Approver::Unattended,
        };
        match self.register.approve(plan, approver, now()?) {
            Ok(_) => Ok(()),
            Err(error @ (register::Error::Words(_) | register::Error::UnattendedNotAllowed(_))) => {
                let hint = format!(
                    "{}, under Register or with coldsign approve {} --words \"…\"",
                    error.hint(),
                    plan.id
                );
                Err(Error::NotApproved { what: error.to_string(), hint })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Whether a plan is approved.
    ///
    /// # Errors
    /// [`Error::Register`].
    pub fn is_approved(&self, plan: &StoredPlan) -> Result<bool, Error> {
        Ok(self.register.approved(plan)?.is_some())
    }

    /// Checks that a plan is approved, before a PIN is asked for.
    ///
    /// # Errors
    /// [`Error::NotApproved`].
    pub fn check_approved(&self, plan: &StoredPlan) -> Result<(), Error> {
        self.approval_of(plan).map(|_| ())
    }

    /// Signs what is planned and approved and not yet issued; a root whose making was interrupted is finished so.
    ///
    /// # Errors
    /// [`Error::NotApproved`] before anything is signed; [`Error::Token`], [`Error::Register`] and
    /// [`Error::Stopped`] with everything recorded that was signed until then.
    pub fn sign(
        &mut self,
        plan: &StoredPlan,
        session: &Session,
        watch: &mut Watch<'_>,
    ) -> Result<Issued, Error> {
        if self.unfinished_root(&plan.authority)?.is_some_and(|unfinished| unfinished.id == plan.id) {
            let (began, before) = (Instant::now(), self.register.issued_count(plan)?);
            self.finish_root(plan, session)?;
            let all = self.register.issued_count(plan)?;
            return Ok(Issued { now: all - before, all, seconds: began.elapsed().as_secs_f64() });
        }
        let issuer = self.issuer_of(plan)?;
        let approved = self.approved(plan)?;
        // The audit key is looked at before, not after, a million certificates.
        if self.configuration.audit_key_uri().is_some() {
            self.audit_key(session)?;
        }
        let uri = self.authority_key_uri(&plan.authority)?;
        let outcome = self.sign_with(&approved, &issuer, &uri, session, watch);
        // Work that was stopped is closed as work that was finished is: the audit key signs what was recorded.
        let to_close = match &outcome {
            Ok(done) => done.now > 0,
            Err(error) => matches!(error, Error::Stopped { .. }),
        };
        if to_close && self.configuration.audit_key_uri().is_some() {
            self.sign_head(session)?;
        }
        outcome
    }

    /// The approval of a plan, whose stored octets are checked against its digest once more.
    pub(super) fn approved(&self, plan: &StoredPlan) -> Result<ApprovedPlan, Error> {
        let approved = self.approval_of(plan)?;
        self.register.check_signable(&approved)?;
        Ok(approved)
    }

    fn approval_of(&self, plan: &StoredPlan) -> Result<ApprovedPlan, Error> {
        self.register.approved(plan)?.ok_or_else(|| Error::NotApproved {
            what: format!("plan {} is not approved", plan.id),
            hint: format!(
                "read its words to each other and approve it: under Register, or with coldsign approve {} --words \"…\"",
                plan.id
            ),
        })
    }

    /// Where an authority's key is: authority.toml's word first, then the register's.
    pub(super) fn authority_key_uri(&self, name: &str) -> Result<TokenUri, Error> {
        let recorded = self.register.authority(name)?.map(|record| record.key_uri);
        let uri = self.configuration.key_uri(name).map(str::to_owned).or(recorded).ok_or_else(|| {
            Error::authority(
                format!("there is no CA named {}", Printable::new(name)),
                "see Authorities, or coldsign ca list; make one there, or with ca create or ca request",
            )
        })?;
        Ok(TokenUri::parse(&uri)?)
    }

    fn sign_with(
        &mut self,
        approved: &ApprovedPlan,
        issuer: &IssuingCa,
        uri: &TokenUri,
        session: &Session,
        watch: &mut Watch<'_>,
    ) -> Result<Issued, Error> {
        let began = Instant::now();
        let plan = approved.plan().clone();
        let mut done = Issued { now: 0, all: self.register.issued_count(&plan)?, seconds: 0.0 };
        let of = plan.accepted;
        let mut rows = self.register.unissued(approved, None, GROUP)?;
        if rows.is_empty() {
            return Ok(done);
        }
        let key = session.find(uri)?;
        key.matches(issuer.certificate().public_key())?;
        let algorithm = algorithm_of(&rows[0])?;
        let mut signers = (0..self.configuration.signing_sessions())
            .map(|_| session.signer(&key, algorithm))
            .collect::<Result<Vec<_>, _>>()?;
        watch.tell_recorded(Phase::Signing, done.all, done.all, of);
        while let Some(last) = rows.last().map(|row| row.index) {
            let (signed, failure) = sign_group(&rows, &mut signers, issuer, watch, (done.all, of));
            rows.retain(|row| signed.binary_search_by_key(&row.index, |(index, _)| *index).is_err());
            // Whatever was signed is recorded before any failure is told.
            if !signed.is_empty() {
                done.now += signed.len() as u64;
                done.all += signed.len() as u64;
                self.register.record_issued(approved, &signed, now()?)?;
            }
            watch.tell_recorded(Phase::Signing, done.all, done.all, of);
            if let Some(error) = failure {
                return Err(error);
            }
            if rows.is_empty() {
                rows = self.register.unissued(approved, Some(last), GROUP)?;
            }
            if !rows.is_empty() {
                watch.check_stop(
                    &format!(
                        "plan {}: {} of {} issued and recorded",
                        plan.id,
                        done.all,
                        counted(of, "certificate")
                    ),
                    &format!("go on with signing it (coldsign sign {})", plan.id),
                )?;
            }
        }
        done.seconds = began.elapsed().as_secs_f64();
        Ok(done)
    }
}

type Signed = (u64, SignedCertificate);

/// The algorithm that planned octets name; one plan has one.
fn algorithm_of(row: &PlannedRow) -> Result<SignatureAlgorithm, Error> {
    signature_algorithm(&row.tbs).ok_or_else(|| Error::TokenOutput {
        what: "the planned octets name no signature algorithm that is known".to_owned(),
        hint: "audit the register (coldsign register audit)".to_owned(),
    })
}

/// A group of rows while it is signed: every signer takes the next row as soon as it has none.
struct Group<'a> {
    rows: &'a [PlannedRow],
    issuer: &'a IssuingCa,
    reins: &'a Reins,
    /// When the group is recorded at the latest, whether it is whole or not.
    until: Instant,
    next: AtomicUsize,
    signed: AtomicU64,
}

/// Signs rows over all signers, telling how far they are beyond what is recorded, until the group is whole, its time is
/// over or the operator holds back. Returns what was signed and checked, in order, and the first failure.
fn sign_group(
    rows: &[PlannedRow],
    signers: &mut [Signer],
    issuer: &IssuingCa,
    watch: &mut Watch<'_>,
    (recorded, of): (u64, u64),
) -> (Vec<Signed>, Option<Error>) {
    let group = Group {
        rows,
        issuer,
        reins: watch.reins(),
        until: Instant::now() + GROUP_TIME,
        next: AtomicUsize::new(0),
        signed: AtomicU64::new(0),
    };
    let results: Vec<(Vec<Signed>, Option<Error>)> = thread::scope(|scope| {
        // Nothing is ever sent: the channel hangs up when the last signer has ended, however it ended.
        let (working, ended) = mpsc::channel::<Infallible>();
        let workers: Vec<_> = signers
            .iter_mut()
            .map(|signer| {
                let (group, working) = (&group, working.clone());
                scope.spawn(move || {
                    let _working = working;
                    group.sign(signer)
                })
            })
            .collect();
        drop(working);
        while let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(TELL_EVERY) {
            let signed = group.signed.load(Ordering::Relaxed);
            watch.tell_recorded(Phase::Signing, recorded + signed, recorded, of);
        }
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    let mut signed = Vec::with_capacity(rows.len());
    let mut failure = None;
    for (share, error) in results {
        signed.extend(share);
        failure = failure.or(error);
    }
    signed.sort_unstable_by_key(|(index, _)| *index);
    (signed, failure)
}

impl Group<'_> {
    /// Signs row after row. No certificate is left in the middle: the reins and the time are looked at between two.
    fn sign(&self, signer: &mut Signer) -> (Vec<Signed>, Option<Error>) {
        let mut done = Vec::new();
        while !self.reins.hold_back() && Instant::now() < self.until {
            let Some(row) = self.rows.get(self.next.fetch_add(1, Ordering::Relaxed)) else { break };
            match sign_row(row, signer, self.issuer) {
                Ok(certificate) => {
                    done.push((row.index, certificate));
                    self.signed.fetch_add(1, Ordering::Relaxed);
                }
                Err(error) => {
                    // The other signers end what they have in hand and take no more.
                    self.next.store(self.rows.len(), Ordering::Relaxed);
                    return (done, Some(error));
                }
            }
        }
        (done, None)
    }
}

fn sign_row(row: &PlannedRow, signer: &mut Signer, issuer: &IssuingCa) -> Result<SignedCertificate, Error> {
    // Before the signature, so that none is made that could not be taken.
    SignedCertificate::check_planned(&row.tbs, issuer).map_err(|error| Error::TokenOutput {
        what: format!("certificate {} is not one for this CA: {error}", row.index),
        hint: "nothing of it was signed; audit the register (coldsign register audit)".to_owned(),
    })?;
    let signature = signer.sign(&row.tbs)?;
    SignedCertificate::assemble(&row.tbs, &signature, issuer).map_err(|error| Error::TokenOutput {
        what: format!("the token's output for certificate {} was not taken: {error}", row.index),
        hint: "nothing of it left the appliance; check the token, then go on with sign".to_owned(),
    })
}
