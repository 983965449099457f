//! Why requests were refused, of all of them together: for a plan that none of them came into.

use std::{cmp::Reverse, collections::BTreeMap, fmt};

use crate::pki::policy::{Finding, Severity};

use super::inspection::{Judgement, Verdict};

/// Most controls told of; the requests' own findings name all.
const TOLD_MAX: usize = 3;

/// Why requests were refused: of each control, how many it refused before others did, and what it said first.
#[derive(Clone, Debug, Default)]
pub struct Reasons(BTreeMap<&'static str, (u64, Finding)>);

impl Reasons {
    /// Takes what was found in a request.
    pub(super) fn note(&mut self, judgement: &Judgement) {
        let refusing = judgement.findings.iter().find(|finding| finding.severity == Severity::Refuse);
        if let (Verdict::Refused, Some(finding)) = (judgement.verdict, refusing) {
            self.0.entry(finding.control.id()).or_insert_with(|| (0, finding.clone())).0 += 1;
        }
    }

    /// What to do about the reason of most refusals.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        self.by_count().first().map_or("hand in other requests", |(_, finding)| finding.hint)
    }

    /// The reason of most refusals first.
    fn by_count(&self) -> Vec<&(u64, Finding)> {
        let mut reasons: Vec<&(u64, Finding)> = self.0.values().collect();
        reasons.sort_by_key(|(count, _)| Reverse(*count));
        reasons
    }
}

/// Behind other words: `; 7 by possession: the signature does not hold`.
impl fmt::Display for Reasons {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.by_count().iter().take(TOLD_MAX).try_for_each(|(count, finding)| {
            write!(f, "; {count} by {}: {}", finding.control.id(), finding.message)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::{policy::Control, text::Printable};

    fn refused(control: Control) -> Judgement {
        Judgement {
            source: Printable::new("a.csr"),
            sha256: None,
            verdict: Verdict::Refused,
            subject: None,
            key: None,
            findings: vec![
                Finding::note(Control::Quirk, "odd", "nothing"),
                Finding::refuse(control, "it is wrong", "make it right"),
            ],
        }
    }

    #[test]
    fn the_reason_of_most_refusals_is_told_first() {
        let mut reasons = Reasons::default();
        assert_eq!((reasons.to_string().as_str(), reasons.hint()), ("", "hand in other requests"));
        reasons.note(&refused(Control::CsrForm));
        reasons.note(&refused(Control::Possession));
        reasons.note(&refused(Control::Possession));
        reasons.note(&Judgement { verdict: Verdict::Skipped, ..refused(Control::CsrForm) });
        assert_eq!(reasons.to_string(), "; 2 by possession: it is wrong; 1 by csr-form: it is wrong");
        assert_eq!(reasons.hint(), "make it right");
    }
}
