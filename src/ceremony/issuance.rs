//! Issuance: what is planned and approved is signed, checked and recorded; after a stop it goes on where it was.

use std::{
    any::Any,
    convert::Infallible,
    panic,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
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
        lint::waiver::Waiver,
        text::{Printable, counted},
    },
    register::{self, ApprovedPlan, Approver, PlanKind, PlannedRow, StoredPlan},
    token::{session::Session, signer::Signer, uri::TokenUri},
};

use super::{
    closing::Remaining,
    done::HeadAfter,
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

/// How an issuance went, or how far it came.
#[derive(Clone, Debug)]
pub struct Issued {
    /// Certificates issued now.
    pub now: u64,
    /// Certificates of the plan that are issued, these and earlier ones.
    pub all: u64,
    /// Certificates of the plan that are signed and in hand, because the register did not take them. While the
    /// appliance is open, the next signing of the plan records them; the token does not sign them anew.
    pub unrecorded: u64,
    /// Seconds it took.
    pub seconds: f64,
    /// What became of the register's head.
    pub head: HeadAfter,
    /// What can be done with the plan next: a root that is made is not delivered.
    pub next: Option<Remaining>,
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

    /// Records the approval of exactly this plan. One approval stands for good: a second is not recorded.
    ///
    /// # Errors
    /// [`Error::Usage`] where block lists were added or are gone since it was made;
    /// [`Error::NotApproved`] where the words are not the plan's, or the profile does not let scripts issue;
    /// [`Error::Usage`] where the plan is approved already.
    pub fn approve(&mut self, plan: &StoredPlan, given: ApprovalGiven<'_>) -> Result<(), Error> {
        if self.is_approved(plan)? {
            return Err(Error::usage(
                format!("plan {} is approved already; nothing was recorded now", plan.id),
                format!("go on with signing it (coldsign sign {})", plan.id),
            ));
        }
        self.check_lists(plan)?;
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

    /// Checks that a plan is approved and its block lists are those of the machine, before a PIN is asked for.
    ///
    /// # Errors
    /// [`Error::NotApproved`], [`Error::Usage`].
    pub fn check_approved(&self, plan: &StoredPlan) -> Result<(), Error> {
        self.approval_of(plan).map(|_| ())
    }

    /// Signs what is planned and approved and not yet issued; a root whose making was interrupted is finished so. Then
    /// the audit key signs the register's head; where it cannot, the certificates are issued all the same.
    ///
    /// # Errors
    /// [`Error::NotApproved`], [`Error::Authority`], [`Error::Token`], [`Error::Register`] before anything is signed;
    /// from then on [`Error::SigningEnded`], with what is recorded, what is in hand and why.
    pub fn sign(
        &mut self,
        plan: &StoredPlan,
        session: &Session,
        watch: &mut Watch<'_>,
    ) -> Result<Issued, Error> {
        let approved = self.approved(plan)?;
        let (began, before) = (Instant::now(), self.register.issued_count(plan)?);
        // What is in hand comes first, whatever is in the way of signing more: nobody else has it.
        let held = self.in_hand(&plan.id);
        let ready = self.record_held(&approved).and_then(|()| self.ready_to_sign(plan, session));
        let ready = match (held, ready) {
            (0, ready) => Ok(ready?),
            (_, ready) => ready,
        };
        let mut all = self.register.issued_count(plan)?;
        let outcome = match ready {
            Err(error) => Err(error),
            Ok((uri, None)) => self.finish_root(&approved, &uri, session, &mut all),
            Ok((uri, Some(issuer))) => self.sign_with(&approved, &issuer, &uri, session, watch, &mut all),
        };
        let now = all - before;
        self.conclude(plan, session, (now, all, began.elapsed()), outcome)
    }

    /// What a signing needs besides the approval: a register that the token knows, the audit key, where the CA's key is,
    /// and the CA, but for a root that is not finished.
    fn ready_to_sign(
        &self,
        plan: &StoredPlan,
        session: &Session,
    ) -> Result<(TokenUri, Option<IssuingCa>), Error> {
        self.check_mark(session)?;
        // The audit key is looked at before, not after, a million certificates.
        self.check_audit_key(session)?;
        let uri = self.authority_key_uri(&plan.authority)?;
        let issuer = if self.is_unfinished_root(plan)? { None } else { Some(self.issuer_of(plan)?) };
        Ok((uri, issuer))
    }

    /// Records what an earlier signing of a plan left in hand, for which no token is needed. Nothing is done where nothing
    /// is in hand.
    ///
    /// # Errors
    /// [`Error::NotApproved`], [`Error::Register`].
    pub fn record_signed(&mut self, plan: &StoredPlan) -> Result<(), Error> {
        match self.in_hand(&plan.id) {
            0 => Ok(()),
            _ => self.record_held(&self.approved(plan)?),
        }
    }

    /// Closes a signing: what was signed is told in numbers, whatever the outcome.
    pub(super) fn conclude(
        &mut self,
        plan: &StoredPlan,
        session: &Session,
        (now, all, took): (u64, u64, Duration),
        outcome: Result<(), Error>,
    ) -> Result<Issued, Error> {
        let head = match &outcome {
            // Work that was stopped is closed as work that was finished is: the audit key signs what was recorded.
            Ok(()) | Err(Error::Stopped { .. }) => self.close_head(session),
            Err(_) => HeadAfter::Left,
        };
        let next = match outcome {
            Ok(()) if matches!(plan.kind, PlanKind::Link | PlanKind::Root) => None,
            Ok(()) => Some(Remaining::Delivery),
            Err(_) => Some(Remaining::Signing),
        };
        let unrecorded = self.in_hand(&plan.id);
        let issued = Issued { now, all, unrecorded, seconds: took.as_secs_f64(), head, next };
        match outcome {
            Ok(()) => Ok(issued),
            Err(failure) => Err(Error::SigningEnded {
                failure: Box::new(failure),
                plan: plan.id.clone(),
                of: plan.accepted,
                issued: Box::new(issued),
            }),
        }
    }

    /// The approval of a plan, whose stored octets are checked against its digest once more.
    pub(super) fn approved(&self, plan: &StoredPlan) -> Result<ApprovedPlan, Error> {
        let approved = self.approval_of(plan)?;
        self.register.check_signable(&approved)?;
        Ok(approved)
    }

    fn approval_of(&self, plan: &StoredPlan) -> Result<ApprovedPlan, Error> {
        if self.register.withdrawn(plan)?.is_some() {
            return Err(register::Error::PlanWithdrawn(plan.id.clone()).into());
        }
        self.check_lists(plan)?;
        if let Some(approved) = self.register.approved(plan)? {
            return Ok(approved);
        }
        let approve = format!("under Register, or with coldsign approve {} --words \"…\"", plan.id);
        Err(match self.register.older_behind_plan(plan)? {
            None => Error::NotApproved {
                what: format!("plan {} is not approved", plan.id),
                hint: format!("read its words to each other and approve it: {approve}"),
            },
            Some(accepted) => Error::NotApproved {
                what: format!("plan {} is not approved since {}", plan.id, before_older(accepted)),
                hint: format!(
                    "look for its certificates among the bundles that went out: if any is there, leave or withdraw it and \
                     plan the requests anew; if none is, approve it again: {approve}"
                ),
            },
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

    /// Signs group after group; `all` counts what is recorded.
    fn sign_with(
        &mut self,
        approved: &ApprovedPlan,
        issuer: &IssuingCa,
        uri: &TokenUri,
        session: &Session,
        watch: &mut Watch<'_>,
        all: &mut u64,
    ) -> Result<(), Error> {
        let of = approved.plan().accepted;
        let mut at = now()?;
        let mut reserve = Some(self.set_room_aside(u64::from(GROUP).min(of))?);
        let mut rows = self.register.unissued(approved, None, GROUP)?;
        if rows.is_empty() {
            return Ok(());
        }
        let key = self.ca_key(&approved.plan().authority, uri, session)?;
        key.matches(issuer.certificate().public_key())?;
        let algorithm = algorithm_of(&rows[0].tbs)?;
        let mut signers = (0..self.configuration.signing_sessions())
            .map(|_| session.signer(&key, algorithm))
            .collect::<Result<Vec<_>, _>>()?;
        watch.tell_recorded(Phase::Signing, *all, *all, of);
        let waivers = &approved.plan().waivers;
        let sign = |signer: &mut Signer, row: &PlannedRow| sign_row(row, signer, issuer, waivers);
        while let Some(last) = rows.last().map(|row| row.index) {
            let Group { signed, failure, panic } = sign_group(&rows, &mut signers, sign, watch, (*all, of));
            rows.retain(|row| signed.binary_search_by_key(&row.index, |(index, _)| *index).is_err());
            // Whatever was signed is recorded before any failure is told.
            let count = signed.len() as u64;
            let recorded = self.record(approved, signed, at, &mut reserve);
            if let Some(panic) = panic {
                panic::resume_unwind(panic);
            }
            recorded?;
            *all += count;
            watch.tell_recorded(Phase::Signing, *all, *all, of);
            if let Some(error) = failure {
                return Err(error);
            }
            if rows.is_empty() {
                rows = self.register.unissued(approved, Some(last), GROUP)?;
            }
            if !rows.is_empty() {
                watch.check_stop(
                    &so_far(&approved.plan().id, *all, of),
                    &format!("go on with signing it (coldsign sign {})", approved.plan().id),
                )?;
                // Before the token signs again: the time, and the room that the last group may have taken.
                at = now()?;
                if reserve.is_none() {
                    reserve = Some(self.set_room_aside(u64::from(GROUP).min(of - *all))?);
                }
            }
        }
        Ok(())
    }
}

/// What an approval must know of a plan that was stored before an older register was accepted.
pub(super) fn before_older(accepted: u64) -> String {
    format!("an older register was accepted (entry {accepted}): what it names may be out already")
}

/// How far the signing of a plan has come.
pub(super) fn so_far(plan: &str, all: u64, of: u64) -> String {
    format!("plan {plan}: {all} of {} issued and recorded", counted(of, "certificate"))
}

/// The algorithm that planned octets name; one plan has one.
pub(super) fn algorithm_of(tbs: &[u8]) -> Result<SignatureAlgorithm, Error> {
    signature_algorithm(tbs).ok_or_else(|| Error::TokenOutput {
        what: "the planned octets name no signature algorithm that is known".to_owned(),
        hint: "audit the register (coldsign register audit)".to_owned(),
    })
}

/// What came of a group.
struct Group<T> {
    /// What was signed and checked, in order.
    signed: Vec<(u64, T)>,
    /// The first failure.
    failure: Option<Error>,
    /// The first panic of a signer, to be gone on with once what was signed is recorded.
    panic: Option<Box<dyn Any + Send>>,
}

/// A group of rows while it is signed: every signer takes the next row as soon as it has none.
struct Rows<'a, T> {
    planned: &'a [PlannedRow],
    reins: &'a Reins,
    /// When the group is recorded at the latest, whether it is whole or not.
    until: Instant,
    next: AtomicUsize,
    /// Not with the signers: what one of them signed outlives it, however it ends.
    signed: Mutex<Vec<(u64, T)>>,
}

/// Signs rows over all signers, telling how far they are beyond what is recorded, until the group is whole, its time is
/// over or the operator holds back.
fn sign_group<S: Send, T: Send>(
    rows: &[PlannedRow],
    signers: &mut [S],
    sign: impl Fn(&mut S, &PlannedRow) -> Result<T, Error> + Sync,
    watch: &mut Watch<'_>,
    (recorded, of): (u64, u64),
) -> Group<T> {
    let group = Rows {
        planned: rows,
        reins: watch.reins(),
        until: Instant::now() + GROUP_TIME,
        next: AtomicUsize::new(0),
        signed: Mutex::new(Vec::with_capacity(rows.len())),
    };
    let ends: Vec<thread::Result<Result<(), Error>>> = thread::scope(|scope| {
        // Nothing is ever sent: the channel hangs up when the last signer has ended, however it ended.
        let (working, ended) = mpsc::channel::<Infallible>();
        let workers: Vec<_> = signers
            .iter_mut()
            .map(|signer| {
                let (group, sign, working) = (&group, &sign, working.clone());
                scope.spawn(move || {
                    let _working = working;
                    group.sign(|row| sign(signer, row))
                })
            })
            .collect();
        drop(working);
        while let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(TELL_EVERY) {
            let signed = group.signed.lock().unwrap_or_else(PoisonError::into_inner).len() as u64;
            watch.tell_recorded(Phase::Signing, recorded + signed, recorded, of);
        }
        workers.into_iter().map(thread::ScopedJoinHandle::join).collect()
    });
    let mut signed = group.signed.into_inner().unwrap_or_else(PoisonError::into_inner);
    signed.sort_unstable_by_key(|(index, _)| *index);
    let (mut failure, mut panic) = (None, None);
    for end in ends {
        match end {
            Ok(Ok(())) => {}
            Ok(Err(error)) => failure = failure.or(Some(error)),
            Err(payload) => panic = panic.or(Some(payload)),
        }
    }
    Group { signed, failure, panic }
}

impl<T> Rows<'_, T> {
    /// Signs row after row. No certificate is left in the middle: the reins and the time are looked at between two.
    fn sign(&self, mut sign: impl FnMut(&PlannedRow) -> Result<T, Error>) -> Result<(), Error> {
        while !self.reins.hold_back() && Instant::now() < self.until {
            let Some(row) = self.planned.get(self.next.fetch_add(1, Ordering::Relaxed)) else { break };
            match sign(row) {
                Ok(certificate) => {
                    let mut signed = self.signed.lock().unwrap_or_else(PoisonError::into_inner);
                    signed.push((row.index, certificate));
                }
                Err(error) => {
                    // The other signers end what they have in hand and take no more.
                    self.next.store(self.planned.len(), Ordering::Relaxed);
                    return Err(error);
                }
            }
        }
        Ok(())
    }
}

fn sign_row(
    row: &PlannedRow,
    signer: &mut Signer,
    issuer: &IssuingCa,
    waivers: &[Waiver],
) -> Result<SignedCertificate, Error> {
    // Before the signature, so that none is made that could not be taken.
    SignedCertificate::check_planned(&row.tbs, issuer).map_err(|error| Error::TokenOutput {
        what: format!("certificate {} is not one for this CA: {error}", row.index),
        hint: "nothing of it was signed; audit the register (coldsign register audit)".to_owned(),
    })?;
    let signature = signer.sign(&row.tbs)?;
    // The signed octets passed the lint before they were approved; here the whole certificate does.
    let judged = SignedCertificate::assemble(&row.tbs, &signature, issuer).and_then(|certificate| {
        certificate.check_finished(Some(issuer.certificate()), waivers)?;
        Ok(certificate)
    });
    judged.map_err(|error| Error::TokenOutput {
        what: format!("the token's output for certificate {} was not taken: {error}", row.index),
        hint: "nothing of it left the appliance; check the token, then go on with sign".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Signs rows 1 to 40 with two signers, of which one meets `fate` at row 15.
    fn signed_until(fate: impl Fn() -> Result<u64, Error> + Sync) -> Group<u64> {
        let rows: Vec<PlannedRow> = (1..=40).map(|index| PlannedRow { index, tbs: Vec::new() }).collect();
        let (reins, mut listener) = (Reins::new(), |_: super::super::progress::Progress| {});
        let mut watch = Watch::new(&mut listener, &reins);
        let sign = |(): &mut (), row: &PlannedRow| if row.index == 15 { fate() } else { Ok(row.index) };
        sign_group(&rows, &mut [(), ()], sign, &mut watch, (0, 40))
    }

    #[test]
    fn what_was_signed_outlives_a_signer_that_panics() {
        let group = signed_until(|| panic!("a signer is gone"));
        // The other signer signs all that is left.
        let expected: Vec<(u64, u64)> = (1..=40).filter(|row| *row != 15).map(|row| (row, row)).collect();
        assert_eq!(group.signed, expected);
        assert!(group.failure.is_none() && group.panic.is_some());
    }

    #[test]
    fn what_was_signed_before_a_failure_is_kept_and_little_is_signed_after_it() {
        let group = signed_until(|| Err(Error::NoRequests));
        assert!(group.signed.iter().filter(|(row, _)| *row < 15).count() == 14);
        assert!(group.signed.iter().all(|(row, _)| *row != 15));
        assert!(matches!(group.failure, Some(Error::NoRequests)) && group.panic.is_none());
    }
}
