//! What was read and judged, small enough to hand on: whether the same is read and judged again.

use crate::pki::fingerprint::Digest;

use super::inspection::{Counts, Judgement};

/// Requests that were judged, in their order: their verdicts counted, and one digest over the digests of all.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Seen {
    counts: Counts,
    requests: Digest,
}

/// How what is read now stands to what was seen before.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Agreement {
    /// Nothing was seen before.
    NotCompared,
    /// Other requests stand there now, or in another order.
    OtherRequests,
    /// The same requests stand there; some were judged otherwise, as where a key was certified before.
    OtherVerdicts,
    /// The same requests, as many of them accepted, refused and skipped.
    Same,
}

impl Default for Seen {
    fn default() -> Self {
        Self { counts: Counts::default(), requests: Digest::of(b"coldsign requests seen 1\n") }
    }
}

impl Seen {
    /// Takes one more judgement.
    pub(super) fn add(&mut self, judgement: &Judgement) {
        self.counts.add(judgement.verdict);
        // What is no request has no digest; that it stands there is counted.
        if let Some(sha256) = judgement.sha256 {
            self.requests = Digest::of(&[*self.requests.as_octets(), *sha256.as_octets()].concat());
        }
    }

    /// How many had which verdict.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Compares this, read now, with what was seen before.
    pub(super) fn against(&self, before: Option<&Self>) -> Agreement {
        match before {
            None => Agreement::NotCompared,
            Some(before) if before == self => Agreement::Same,
            Some(before) if before.requests == self.requests && before.counts.all() == self.counts.all() => {
                Agreement::OtherVerdicts
            }
            Some(_) => Agreement::OtherRequests,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::inspection::Verdict, *};
    use crate::pki::text::Printable;

    fn seen(requests: &[(&str, Verdict)]) -> Seen {
        let mut seen = Seen::default();
        for (octets, verdict) in requests {
            seen.add(&Judgement {
                source: Printable::new("a.csr"),
                sha256: (*verdict != Verdict::Skipped).then(|| Digest::of(octets.as_bytes())),
                verdict: *verdict,
                subject: None,
                key: None,
                findings: Vec::new(),
            });
        }
        seen
    }

    #[test]
    fn a_request_that_is_replaced_or_judged_otherwise_is_told_apart() {
        use Verdict::{Accepted, Refused, Skipped};
        let before = seen(&[("one", Accepted), ("two", Accepted), ("note", Skipped)]);
        let now = |requests| seen(requests).against(Some(&before));
        assert_eq!(now(&[("one", Accepted), ("two", Accepted), ("note", Skipped)]), Agreement::Same);
        assert_eq!(now(&[("one", Accepted), ("2", Accepted), ("note", Skipped)]), Agreement::OtherRequests);
        assert_eq!(now(&[("two", Accepted), ("one", Accepted), ("note", Skipped)]), Agreement::OtherRequests);
        assert_eq!(now(&[("one", Accepted), ("two", Accepted)]), Agreement::OtherRequests);
        assert_eq!(now(&[("one", Accepted), ("two", Refused), ("note", Skipped)]), Agreement::OtherVerdicts);
        assert_eq!(before.against(None), Agreement::NotCompared);
    }
}
