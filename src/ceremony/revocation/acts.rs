//! What can become of certificates: what is certain to be refused is not offered. The register has the last word.

use crate::{
    pki::{
        crl::{Reason, succession::becomes_worse},
        time::Time,
    },
    register::{RevocationAct, Revoked},
};

use super::typed::REASONS;

/// What can become of certificates of which nothing is known.
#[must_use]
pub fn acts_on_any() -> Vec<RevocationAct> {
    reasons(|_| true).chain([RevocationAct::Release]).collect()
}

/// What can become of a certificate of which this holds, none: it was never revoked nor held. One on hold is released
/// first of all; of one that is revoked only worse can be said. What a clock that ran ahead recorded, seen from `now`, can be
/// recorded again as it is, and nothing else: that corrects it.
#[must_use]
pub fn acts_on(standing: Option<&Revoked>, now: Option<Time>) -> Vec<RevocationAct> {
    match standing {
        Some(Revoked::Revoked(entry)) if now.is_some_and(|now| entry.date > now) => {
            vec![RevocationAct::Revoke(entry.reason)]
        }
        None | Some(Revoked::Released(_)) => reasons(|_| true).collect(),
        Some(Revoked::Held(_)) => {
            let others = reasons(|reason| reason != Reason::CertificateHold);
            std::iter::once(RevocationAct::Release).chain(others).collect()
        }
        Some(Revoked::Revoked(entry)) => reasons(|reason| becomes_worse(entry.reason, reason)).collect(),
    }
}

fn reasons(fits: impl Fn(Reason) -> bool) -> impl Iterator<Item = RevocationAct> {
    REASONS.into_iter().filter(move |reason| fits(*reason)).map(RevocationAct::Revoke)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::{
        crl::{CrlSerial, RevokedEntry},
        time::Time,
    };

    fn entry(reason: Reason) -> RevokedEntry {
        let date = Time::from_rfc3339("2026-11-21T10:00:00Z").unwrap();
        RevokedEntry { serial: CrlSerial::from_hex("01").unwrap(), date, reason, invalidity_date: None }
    }

    #[test]
    fn of_a_revoked_certificate_only_worse_can_be_said() {
        let later = Time::from_rfc3339("2026-11-22T10:00:00Z");
        let revoked = |reason| acts_on(Some(&Revoked::Revoked(entry(reason))), later);
        let worse = [Reason::KeyCompromise, Reason::CaCompromise].map(RevocationAct::Revoke);
        assert_eq!(revoked(Reason::Superseded), worse);
        assert_eq!(revoked(Reason::KeyCompromise), []);
    }

    #[test]
    fn what_a_clock_that_ran_ahead_recorded_can_be_corrected() {
        let before = Time::from_rfc3339("2026-11-20T10:00:00Z");
        let ahead = Revoked::Revoked(entry(Reason::Superseded));
        assert_eq!(acts_on(Some(&ahead), before), [RevocationAct::Revoke(Reason::Superseded)]);
    }

    #[test]
    fn a_hold_is_released_where_there_is_one() {
        let held = acts_on(Some(&Revoked::Held(entry(Reason::CertificateHold))), None);
        assert_eq!(held[0], RevocationAct::Release);
        assert!(!held.contains(&RevocationAct::Revoke(Reason::CertificateHold)), "it is on hold already");
        for none in [None, Some(Revoked::Released(entry(Reason::CertificateHold).date))] {
            assert!(!acts_on(none.as_ref(), None).contains(&RevocationAct::Release), "there is no hold");
        }
        assert!(acts_on_any().contains(&RevocationAct::Release));
    }
}
