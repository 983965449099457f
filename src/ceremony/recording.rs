//! Recording: what the token signed goes into the register, and no error on the way there drops a signature.
//!
//! Room is set aside on the home's disk before the token signs, so that a disk that fills meanwhile still takes what was
//! signed. What the register does not take stays in hand with the [`Appliance`]: the next signing of the plan, or of the
//! CRL, records it before the token signs anything.

use std::{thread, time::Duration};

use crate::{
    host::reserve::Reserve,
    pki::{certificate::SignedCertificate, crl::SignedCrl, time::Time},
    register::{self, ApprovedPlan, IssuedCrl, StoredCrl},
};

use super::{
    error::Error,
    opening::{Appliance, now, printable_path},
};

/// A signed certificate and its place in the plan.
pub(super) type Signed = (u64, SignedCertificate);

/// What recording one certificate may take on the disk, in octets: the longest signature there is (RSA-4096) twice,
/// the row around it and its share of the indexes.
const CERTIFICATE_OCTETS: u64 = 1_536;

/// What recording takes besides, in octets: the pages around the rows, the journal and the log's index.
const GROUP_OCTETS: u64 = 512 * 1024;

/// How often recording is tried before it is given up for now.
const TRIES: u32 = 3;

/// Between two tries: a reader ends, a cable is pushed in again.
const TRY_AGAIN_AFTER: Duration = Duration::from_millis(500);

/// Signatures of a plan that the register did not take yet.
pub(super) struct InHand {
    plan: String,
    signed: Vec<Signed>,
}

impl Appliance {
    /// Sets aside the room that so many certificates may take when they are recorded.
    pub(super) fn set_room_aside(&self, certificates: u64) -> Result<Reserve, Error> {
        let folder = self.home().folder();
        Reserve::set_aside(folder, GROUP_OCTETS + certificates * CERTIFICATE_OCTETS).map_err(|source| {
            Error::Register(match source.kind() {
                std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
                    register::Error::DiskFull
                }
                _ => register::Error::Io {
                    what: format!("cannot set room aside in {}", printable_path(folder)),
                    source,
                },
            })
        })
    }

    /// How many certificates of a plan are signed and in hand, not recorded.
    pub(super) fn in_hand(&self, plan: &str) -> u64 {
        self.in_hand.iter().filter(|group| group.plan == plan).map(|group| group.signed.len() as u64).sum()
    }

    /// Records signed certificates. What cannot be recorded stays in hand.
    ///
    /// `reserve` is given up where the disk is full, and is set aside anew where there is room again.
    pub(super) fn record(
        &mut self,
        approved: &ApprovedPlan,
        signed: Vec<Signed>,
        at: Time,
        reserve: &mut Option<Reserve>,
    ) -> Result<(), Error> {
        if !signed.is_empty() {
            self.in_hand.push(InHand { plan: approved.plan().id.clone(), signed });
        }
        self.record_in_hand(approved, at, reserve)
    }

    /// Records what an earlier signing of a plan left in hand.
    pub(super) fn record_held(&mut self, approved: &ApprovedPlan) -> Result<(), Error> {
        match self.in_hand(&approved.plan().id) {
            0 => Ok(()),
            held => {
                let mut reserve = Some(self.set_room_aside(held)?);
                self.record_in_hand(approved, now()?, &mut reserve)
            }
        }
    }

    fn record_in_hand(
        &mut self,
        approved: &ApprovedPlan,
        at: Time,
        reserve: &mut Option<Reserve>,
    ) -> Result<(), Error> {
        while let Some(place) = self.in_hand.iter().position(|group| group.plan == approved.plan().id) {
            insist(reserve, || self.register.record_issued(approved, &self.in_hand[place].signed, at))?;
            self.in_hand.remove(place);
        }
        Ok(())
    }

    /// The signature of a stored CRL that is in hand, where it is.
    pub(super) fn crl_in_hand(&self, stored: &StoredCrl) -> Option<SignedCrl> {
        self.crls_in_hand.iter().find(|signed| signed.tbs_sha256() == stored.tbs_sha256).cloned()
    }

    /// Records a signed CRL. Where it cannot be recorded it stays in hand; `reserve` is given up where the disk is full.
    pub(super) fn record_crl(
        &mut self,
        stored: &StoredCrl,
        signed: SignedCrl,
        at: Time,
        reserve: Reserve,
    ) -> Result<IssuedCrl, Error> {
        let recorded = insist(&mut Some(reserve), || self.register.record_crl(stored, &signed, at));
        self.crls_in_hand.retain(|held| held.tbs_sha256() != stored.tbs_sha256);
        if recorded.is_err() {
            self.crls_in_hand.push(signed);
        }
        recorded
    }
}

/// Tries a recording until it succeeds or cannot.
fn insist<T>(
    reserve: &mut Option<Reserve>,
    mut record: impl FnMut() -> Result<T, register::Error>,
) -> Result<T, Error> {
    let mut left = TRIES;
    loop {
        let error = match record() {
            Ok(recorded) => return Ok(recorded),
            Err(error) => error,
        };
        left -= 1;
        if left == 0 || !may_pass(&error) {
            return Err(error.into());
        }
        // The room that was set aside is for this moment; without any, somebody may make some.
        if !matches!(error, register::Error::DiskFull) || reserve.take().is_none() {
            thread::sleep(TRY_AGAIN_AFTER);
        }
    }
}

/// Whether the same recording can succeed a moment later.
fn may_pass(error: &register::Error) -> bool {
    matches!(
        error,
        register::Error::Database(_)
            | register::Error::DiskFull
            | register::Error::InUse
            | register::Error::Io { .. }
    )
}
