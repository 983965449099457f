//! Expiry: what of a CA ends soon. Told where people can still do something about it: when requests are planned, in the
//! list of CAs, at the start and at the closing. Nothing is refused here; a plan judges each certificate for itself.

use std::collections::BTreeMap;

use crate::{
    pki::{
        issuer::IssuingCa,
        profile::{BeyondIssuer, End, Profile, SubjectKind},
        text::{Printable, counted},
        time::{DAY_SECONDS, Time},
    },
    register::AuthorityRecord,
};

use super::{
    error::Error,
    opening::{Appliance, now},
};

/// What a warning is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CaWarningKind {
    /// The CA's certificate, or one above it, has ended.
    Ended,
    /// The CA's certificate, or one above it, ends within the span.
    Ends,
    /// The last moment to issue a certificate of a profile's full validity is within the span, or has passed.
    FullLength,
    /// Another CA has taken its place.
    Succeeded,
}

impl CaWarningKind {
    /// Its word in JSON.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::Ends => "ends",
            Self::FullLength => "full-length",
            Self::Succeeded => "succeeded",
        }
    }
}

/// Something that should be known of a CA before it is too late.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CaWarning {
    /// The CA's name here.
    pub ca: String,
    /// What it is about.
    pub kind: CaWarningKind,
    /// When it happens, or happened: the last second before it.
    pub at: Time,
    /// It in words.
    pub message: Printable,
    /// What to do.
    pub hint: String,
}

impl Appliance {
    /// What ends soon of all CAs, in the order they were made: within `ca-warning-days` of authority.toml.
    ///
    /// # Errors
    /// [`Error::Register`]; [`Error::Usage`] where the clock stands outside the years that certificates know.
    pub fn warnings(&self) -> Result<Vec<CaWarning>, Error> {
        let at = now()?;
        Ok(self.register.authorities()?.iter().flat_map(|record| self.ending(record, at)).collect())
    }

    /// What should be known of a CA before it issues by a profile: what ends soon, whether the profile's full validity
    /// is still to be had, and whether another CA has taken its place.
    ///
    /// # Errors
    /// As [`Appliance::warnings`].
    pub fn warnings_for(&self, ca: &str, profile: &str) -> Result<Vec<CaWarning>, Error> {
        let at = now()?;
        // What is wrong with the name is for the plan to say.
        let Some(record) = self.register.authority(ca)? else { return Ok(Vec::new()) };
        let mut warnings = self.ending(&record, at);
        // Of the others nobody asks now.
        warnings.retain(|warning| warning.kind != CaWarningKind::FullLength);
        if let (Some((own, above)), Ok(profile)) = (&record.certificate, self.profile(profile))
            && let Ok(issuer) = IssuingCa::new(own.clone(), above.clone())
            && let Some((days, last)) = full_length(&issuer, profile)
            && last <= self.horizon(at)
        {
            warnings.push(of_full_length(&record.name, days, last, at, &[profile]));
        }
        if let Some(successor) = self.successor(ca)? {
            warnings.push(CaWarning {
                ca: record.name.clone(),
                kind: CaWarningKind::Succeeded,
                at: self.authority(&successor)?.created,
                message: Printable::new(&format!("CA {successor} has taken the place of CA {}", record.name)),
                hint: format!("issue under {successor}, unless the old key is meant"),
            });
        }
        Ok(warnings)
    }

    /// The last moment that is soon.
    pub(super) fn horizon(&self, at: Time) -> Time {
        at.plus_seconds(i64::from(self.configuration.ca_warning_days()) * DAY_SECONDS)
    }

    /// Whether the last moment for a profile's full validity is told: from the span before it to the span after it where
    /// the profile refuses from then on, so that what was near does not vanish when it comes true.
    pub(super) fn is_told(&self, profile: &Profile, last: Time, at: Time) -> bool {
        let told_until = match profile.beyond_issuer {
            BeyondIssuer::Refuse => self.horizon(last),
            BeyondIssuer::Keep | BeyondIssuer::Shorten => last,
        };
        last <= self.horizon(at) && at <= told_until
    }

    pub(super) fn ending(&self, record: &AuthorityRecord, at: Time) -> Vec<CaWarning> {
        let Some((own, above)) = &record.certificate else { return Vec::new() };
        let horizon = self.horizon(at);
        let Ok(issuer) = IssuingCa::new(own.clone(), above.clone()) else { return Vec::new() };
        let ends = issuer.ends();
        let mut warnings = Vec::new();
        let what = ending_noun(&issuer);
        let name = record.name.as_str();
        let hint = if above.is_empty() {
            format!("renew it (coldsign ca renew {name} --days N), and give the new root to all who trust it")
        } else if ends < own.not_after() {
            format!(
                "have the CA above renewed, then move {name} to its new certificate (coldsign ca use, or ca install)"
            )
        } else {
            format!("have its superior renew it: coldsign ca renew {name} --to DIR")
        };
        let mut warn = |kind, message: String| {
            let (ca, message, hint) = (name.to_owned(), Printable::new(&message), hint.clone());
            warnings.push(CaWarning { ca, kind, at: ends, message, hint });
        };
        if ends < at {
            warn(CaWarningKind::Ended, format!("CA {name}: {what} ended at {ends}"));
            return warnings;
        }
        if ends <= horizon {
            let left = (ends.unix() - at.unix()) / DAY_SECONDS;
            warn(
                CaWarningKind::Ends,
                format!("CA {name}: {what} ends in {}, at {ends}", counted(left, "day")),
            );
        }
        // Profiles of one length end together; the first by name speaks for all of them.
        let mut soon: BTreeMap<(Time, u32), Vec<&Profile>> = BTreeMap::new();
        for profile in self.configuration.profiles() {
            if let Some((days, last)) = full_length(&issuer, profile)
                && self.is_told(profile, last, at)
            {
                soon.entry((last, days)).or_default().push(profile);
            }
        }
        for ((last, days), profiles) in &mut soon {
            profiles.sort_by(|one, other| one.name.cmp(&other.name));
            warnings.push(of_full_length(name, *days, *last, at, profiles));
        }
        warnings
    }
}

fn of_full_length(ca: &str, days: u32, last: Time, at: Time, profiles: &[&Profile]) -> CaWarning {
    let names = match profiles {
        [one] => format!("profile {}", one.name),
        [one, more @ ..] => format!("profile {} and {} more", one.name, more.len()),
        [] => "no profile".to_owned(),
    };
    let refuses = profiles.iter().any(|profile| profile.beyond_issuer == BeyondIssuer::Refuse);
    let then = if refuses { "refused" } else { "shortened" };
    let validity = counted(days, "day");
    let message = if last < at {
        format!("CA {ca}: since {last} certificates of {validity} ({names}) would outlive it, and are {then}")
    } else {
        format!(
            "CA {ca}: {last} is the last moment for certificates of {validity} ({names}); from then on they are {then}"
        )
    };
    CaWarning {
        ca: ca.to_owned(),
        kind: CaWarningKind::FullLength,
        at: last,
        message: Printable::new(&message),
        hint: format!(
            "renew {ca}{}, or give the profile fewer days",
            if last < at { "" } else { " before that" }
        ),
    }
}

/// What of a CA's path ends first.
pub(super) fn ending_noun(issuer: &IssuingCa) -> &'static str {
    if issuer.ends() < issuer.certificate().not_after() {
        "a certificate above it"
    } else {
        "its certificate"
    }
}

/// The full validity of a profile, in days, and the last second in which the CA can issue it whole. Nothing where the
/// profile gives no number of days, lets certificates outlive their CA, or is none that the CA issues by; and nothing for
/// a validity that the CA could never give.
pub(super) fn full_length(issuer: &IssuingCa, profile: &Profile) -> Option<(u32, Time)> {
    let End::Days(days) = profile.end else { return None };
    if !may_issue(issuer, profile.kind) || profile.beyond_issuer == BeyondIssuer::Keep {
        return None;
    }
    let last = last_second(issuer.ends(), days);
    (last >= issuer.begins()).then_some((days, last))
}

/// Whether the CA may issue to such a subject at all. A path length that is too long is shortened, so only a CA that no
/// other may stand below is out. Verification certificates are left out: they live for days.
fn may_issue(issuer: &IssuingCa, kind: SubjectKind) -> bool {
    match kind {
        SubjectKind::EndEntity => true,
        SubjectKind::SubordinateCa { .. } => issuer.path_length_left() != Some(0),
        SubjectKind::Root | SubjectKind::Verification => false,
    }
}

/// The last second in which a certificate of so many days still ends by `ends`; both ends belong to its validity.
fn last_second(ends: Time, days: u32) -> Time {
    ends.plus_seconds(1 - i64::from(days) * DAY_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_last_second_for_a_whole_validity() {
        let ends = Time::from_rfc3339("2030-01-11T00:00:00Z").unwrap();
        // Of ten days: the first and the last second belong to them.
        let last = last_second(ends, 10);
        assert_eq!(last.to_string(), "2030-01-01T00:00:01Z");
        assert_eq!(last.plus_seconds(10 * DAY_SECONDS - 1), ends);
    }
}
