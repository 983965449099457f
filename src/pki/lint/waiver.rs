//! Rules of the lint that a profile sets aside, each with a reason that goes into what is approved.

use thiserror::Error;

use super::{MATTER_SIZE, PURPOSE, RULES};
use crate::pki::text::is_harmless;

/// Rules that may be waived. A certificate that breaks one of them still says one and the same thing to everybody, of the
/// right subject and key and under the right issuer, and grants nothing that was not planned; what it may miss is
/// software that does not take it. All other rules hold always.
pub const WAIVABLE: &[&str] = &[MATTER_SIZE, PURPOSE];

/// Longest reason, in characters: a sentence or two, which stand on a screen beside the rule.
pub const REASON_CHARS_MAX: usize = 200;

/// A rule that is set aside, and why.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Waiver {
    rule: &'static str,
    reason: String,
}

/// Why a rule is not waived.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum WaiverError {
    /// Without the rule the certificate would be unsound.
    #[error("the rule holds always")]
    Holds,
    /// No reason, or one that is too long or has characters that cannot be shown.
    #[error("the reason is no text of 1 to {REASON_CHARS_MAX} characters that can be shown")]
    Reason,
    /// No such rule.
    #[error("there is no such rule")]
    Unknown,
}

impl WaiverError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Holds | Self::Unknown => "docs/LINT.md lists the rules, and which of them can be waived",
            Self::Reason => "write in a sentence why the rule is set aside",
        }
    }
}

impl Waiver {
    /// Of a rule, by its id.
    ///
    /// # Errors
    /// [`WaiverError`].
    pub fn new(rule: &str, reason: &str) -> Result<Self, WaiverError> {
        let Some(rule) = WAIVABLE.iter().find(|waivable| **waivable == rule) else {
            let known = RULES.iter().any(|(id, _)| *id == rule);
            return Err(if known { WaiverError::Holds } else { WaiverError::Unknown });
        };
        let shown = reason.trim() == reason && reason.chars().all(is_harmless);
        if !shown || !(1..=REASON_CHARS_MAX).contains(&reason.chars().count()) {
            return Err(WaiverError::Reason);
        }
        Ok(Self { rule, reason: reason.to_owned() })
    }

    /// The rule's id.
    #[must_use]
    pub fn rule(&self) -> &'static str {
        self.rule
    }

    /// Why.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// As it stands in manifests and in the register: the rule's id, a blank, the reason.
    #[must_use]
    pub fn line(&self) -> String {
        format!("{} {}", self.rule, self.reason)
    }

    /// Reads [`Waiver::line`].
    #[must_use]
    pub fn from_line(line: &str) -> Option<Self> {
        let (rule, reason) = line.split_once(' ')?;
        Self::new(rule, reason).ok()
    }
}

/// Waivers in the one form that is digested and stored: a line each, in the order of rules; no text where there is none.
#[must_use]
pub fn written(waivers: &[Waiver]) -> String {
    waivers.iter().map(|waiver| waiver.line() + "\n").collect()
}

/// Reads [`written`]; `None` where it is not that.
#[must_use]
pub fn read(text: &str) -> Option<Vec<Waiver>> {
    let waivers: Vec<Waiver> = text.lines().map(Waiver::from_line).collect::<Option<_>>()?;
    let in_order = waivers.windows(2).all(|pair| pair[0].rule < pair[1].rule);
    (in_order && written(&waivers) == text).then_some(waivers)
}

/// The waiver of the rule that a key usage serves every purpose: what a plan would refuse before the lint does.
#[must_use]
pub fn of_purposes(waivers: &[Waiver]) -> Option<&Waiver> {
    of_rule(waivers, PURPOSE)
}

/// The waiver of a rule.
#[must_use]
pub fn of_rule<'a>(waivers: &'a [Waiver], rule: &str) -> Option<&'a Waiver> {
    waivers.iter().find(|waiver| waiver.rule == rule)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rules_that_leave_a_certificate_sound_can_be_waived_and_only_for_a_reason() {
        for (rule, _) in RULES {
            let waived = Waiver::new(rule, "an old device");
            assert_eq!(waived.is_ok(), WAIVABLE.contains(rule), "{rule}");
            assert_eq!(waived.err(), (!WAIVABLE.contains(rule)).then_some(WaiverError::Holds), "{rule}");
        }
        assert_eq!(Waiver::new("lint", "an old device"), Err(WaiverError::Unknown));
        let long = "x".repeat(REASON_CHARS_MAX + 1);
        for reason in ["", " ", "a ", "a\nb", "a\u{202e}b", long.as_str()] {
            assert_eq!(Waiver::new(PURPOSE, reason), Err(WaiverError::Reason), "{reason:?}");
        }
    }

    #[test]
    fn reads_what_it_writes_and_nothing_else() {
        let both: Vec<_> = WAIVABLE.iter().map(|rule| Waiver::new(rule, "why not").expect(rule)).collect();
        for waivers in [&both[..], &both[1..], &[]] {
            assert_eq!(read(&written(waivers)).as_deref(), Some(waivers));
        }
        let [first, second] = [both[0].line(), both[1].line()];
        for wrong in [
            format!("{second}\n{first}\n"),
            format!("{first}\n{first}\n"),
            first.clone(),
            format!("{first}\n\n"),
            format!("{VERSION} why not\n", VERSION = super::super::VERSION),
        ] {
            assert_eq!(read(&wrong), None, "{wrong:?}");
        }
    }
}
