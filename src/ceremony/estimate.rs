//! The estimate: how long the signing of a plan will take, and what that rests on.

use crate::{
    pki::text::Printable,
    register::{Run, StoredPlan},
};

use super::{error::Error, opening::Appliance};

/// How long the signing of what is left of a plan will take.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    /// Certificates to sign still.
    pub certificates: u64,
    /// Certificates a second that it counts with.
    pub per_second: f64,
    /// Seconds it will take, rounded up.
    pub seconds: u64,
    /// What it rests on, for people; harmless on a screen.
    pub basis: String,
}

impl Appliance {
    /// Estimates how long the signing of what is left of a plan will take: from the last signing with a key of the CA's
    /// algorithm, else from the audit key's rate, where it was measured ([`super::check_token`], in signatures a second).
    /// `None` where there is nothing to rest on.
    ///
    /// # Errors
    /// [`Error::Register`].
    pub fn estimate(
        &self,
        plan: &StoredPlan,
        audit_signatures_per_second: Option<f64>,
    ) -> Result<Option<Estimate>, Error> {
        let certificates = plan.accepted.saturating_sub(self.register.issued_count(plan)?);
        let run = self.register.last_run(&plan.authority)?;
        Ok(estimate(certificates, &plan.authority, run.as_ref(), audit_signatures_per_second))
    }
}

fn estimate(certificates: u64, authority: &str, run: Option<&Run>, audit: Option<f64>) -> Option<Estimate> {
    let (per_second, basis) = match (run, audit) {
        (Some(run), _) => {
            #[expect(clippy::cast_precision_loss, reason = "a rate for people to read")]
            let per_second = run.certificates as f64 / run.seconds as f64;
            let whose = if run.authority == authority {
                "this CA".to_owned()
            } else {
                format!("CA {}", Printable::new(&run.authority))
            };
            let day: String = run.ended.to_string().chars().take(10).collect();
            let basis = format!("{whose} signed {} in {} s, {day}", run.certificates, run.seconds);
            (per_second, basis)
        }
        (None, Some(audit)) => {
            // The CA's key may be slower or faster; its own rate is known once it has signed for a while.
            let basis = format!("a guess from the audit key's {audit:.0} a second");
            (audit, basis)
        }
        (None, None) => return None,
    };
    if !per_second.is_normal() || per_second < 0.0 {
        return None;
    }
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an estimate for people to read; a cast from a float never leaves the range"
    )]
    let seconds = (certificates as f64 / per_second).ceil() as u64;
    Some(Estimate { certificates, per_second, seconds, basis })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::time::Time;

    fn run() -> Run {
        Run {
            authority: "factory".to_owned(),
            plan: "p-1".to_owned(),
            certificates: 1_000,
            seconds: 4,
            ended: Time::from_rfc3339("2026-11-21T10:00:00Z").unwrap(),
        }
    }

    #[test]
    fn rests_on_the_last_run_before_the_audit_key() {
        let made = estimate(10_001, "factory", Some(&run()), Some(9.0)).unwrap();
        assert_eq!((made.seconds, made.certificates), (41, 10_001));
        assert_eq!(made.basis, "this CA signed 1000 in 4 s, 2026-11-21");
        let made = estimate(10, "other", Some(&run()), None).unwrap();
        assert_eq!(made.basis, "CA factory signed 1000 in 4 s, 2026-11-21");
    }

    #[test]
    fn says_that_the_audit_key_is_another_key_and_nothing_without_it() {
        let made = estimate(100, "factory", None, Some(12.5)).unwrap();
        assert_eq!(made.seconds, 8);
        assert_eq!(made.basis, "a guess from the audit key's 12 a second");
        assert_eq!(estimate(100, "factory", None, None), None);
        for senseless in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(estimate(100, "factory", None, Some(senseless)), None);
        }
    }
}
