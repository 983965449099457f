//! The digest of a whole plan: what people read to each other as words.

use sha2::{Digest as _, Sha256};

use crate::pki::{
    fingerprint::Digest,
    lint::waiver::{Waiver, written},
    text::Printable,
};

/// Longest source that is told apart, in characters: what a cell of devices.csv shows of it.
pub const SOURCE_CHARS_MAX: usize = 4_096;

/// What a plan is besides its certificates.
#[derive(Clone, Copy, Debug)]
pub struct PlanStatement<'a> {
    /// `production` or `rehearsal`.
    pub standing: &'a str,
    /// The profile's name.
    pub profile: &'a str,
    /// SHA-256 of the certificate of the CA that will sign; of its `SubjectPublicKeyInfo` where it has none yet.
    pub issuer_sha256: Digest,
    /// Certificates.
    pub count: u64,
    /// Rules of the lint that are set aside.
    pub waivers: &'a [Waiver],
}

/// The digest of a whole plan: SHA-256 over `coldsign plan 3` LF, the SHA-256 of the standing and of the profile's name, the
/// issuing certificate's SHA-256, the number of certificates (8 octets, big-endian), the SHA-256 of the waivers as they are
/// [`written`], and for each certificate in order the SHA-256 of its TBS, in which key and serial number stand, and of the
/// source of its request, as devices.csv shows it without its guard against formulas. People read the digest to each other
/// as words.
#[derive(Clone, Debug)]
pub struct PlanDigest {
    hash: Sha256,
    /// Whether sources are part of it.
    form: Form,
}

/// What a plan digest binds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Form {
    /// `coldsign plan 1` and `coldsign plan 2`: issuer, number, waivers and TBS.
    Certificates,
    /// `coldsign plan 3`: all that a plan is.
    Whole,
}

impl PlanDigest {
    /// Begins with what the plan is besides its certificates.
    #[must_use]
    pub fn new(plan: &PlanStatement<'_>) -> Self {
        let mut hash = Sha256::new_with_prefix(b"coldsign plan 3\n");
        for text in [plan.standing, plan.profile] {
            hash.update(Digest::of(text.as_bytes()).as_octets());
        }
        hash.update(plan.issuer_sha256.as_octets());
        hash.update(plan.count.to_be_bytes());
        hash.update(Digest::of(written(plan.waivers).as_bytes()).as_octets());
        Self { hash, form: Form::Whole }
    }

    /// Begins the digest that bundles made before have: it binds neither standing, profile nor sources. Its first line is
    /// `coldsign plan 1` LF, or `coldsign plan 2` LF where rules are waived; issuer and number follow, the SHA-256 of the
    /// waivers where there are any, and the SHA-256 of each TBS.
    #[must_use]
    pub fn of_certificates(plan: &PlanStatement<'_>) -> Self {
        let waived = !plan.waivers.is_empty();
        let mut hash =
            Sha256::new_with_prefix(if waived { b"coldsign plan 2\n" } else { b"coldsign plan 1\n" });
        hash.update(plan.issuer_sha256.as_octets());
        hash.update(plan.count.to_be_bytes());
        if waived {
            hash.update(Digest::of(written(plan.waivers).as_bytes()).as_octets());
        }
        Self { hash, form: Form::Certificates }
    }

    /// Adds the next certificate: its TBS' digest, and where its request came from.
    pub fn add(&mut self, tbs_sha256: Digest, source: &str) {
        self.hash.update(tbs_sha256.as_octets());
        if self.form == Form::Whole {
            self.hash.update(Digest::of(told(source).as_bytes()).as_octets());
        }
    }

    /// The plan digest.
    #[must_use]
    pub fn finish(self) -> Digest {
        Digest::from_octets(self.hash.finalize().into())
    }
}

/// A source as devices.csv shows it, without the apostrophe that keeps a spreadsheet from running it.
fn told(source: &str) -> String {
    let shown = Printable::with_limit(without_guard(source), SOURCE_CHARS_MAX);
    // What was cut is told behind, and that anew each time.
    shown.as_str().chars().take(SOURCE_CHARS_MAX).collect()
}

/// Text of a cell without the apostrophe that stands before what a spreadsheet would run as a formula.
#[must_use]
pub fn without_guard(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|formula| formula.starts_with(['=', '+', '-', '@'])).unwrap_or(cell)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &[u8] = b"issuer";

    fn statement(waivers: &[Waiver]) -> PlanStatement<'_> {
        let issuer_sha256 = Digest::of(ISSUER);
        PlanStatement { standing: "rehearsal", profile: "device", issuer_sha256, count: 2, waivers }
    }

    fn waiver(reason: &str) -> Waiver {
        Waiver::new("matter-6.1.3-size", reason).expect("waivable")
    }

    fn of(plan: &PlanStatement<'_>, rows: [(&[u8], &str); 2]) -> Digest {
        let mut digest = PlanDigest::new(plan);
        for (tbs, source) in rows {
            digest.add(Digest::of(tbs), source);
        }
        digest.finish()
    }

    #[test]
    fn digests_all_that_a_plan_is() {
        let waivers = [waiver("an old stack")];
        let rows: [(&[u8], &str); 2] = [(b"first", "a.csr"), (b"second", "=b.csr")];
        let plan = statement(&waivers);
        let mut octets = b"coldsign plan 3\n".to_vec();
        for text in ["rehearsal", "device", "issuer"] {
            octets.extend(Digest::of(text.as_bytes()).as_octets());
        }
        octets.extend([0, 0, 0, 0, 0, 0, 0, 2]);
        for text in ["matter-6.1.3-size an old stack\n", "first", "a.csr", "second", "=b.csr"] {
            octets.extend(Digest::of(text.as_bytes()).as_octets());
        }
        let digest = of(&plan, rows);
        assert_eq!(digest, Digest::of(&octets));
        let none: [Waiver; 0] = [];
        for other in [
            PlanStatement { standing: "production", ..plan },
            PlanStatement { profile: "server", ..plan },
            PlanStatement { issuer_sha256: Digest::of(b"other"), ..plan },
            PlanStatement { count: 3, ..plan },
            PlanStatement { waivers: &none, ..plan },
            PlanStatement { waivers: &[waiver("another")], ..plan },
        ] {
            assert_ne!(of(&other, rows), digest, "{other:?}");
        }
        let [first, second] = rows;
        assert_ne!(of(&plan, [second, first]), digest);
        assert_ne!(of(&plan, [(first.0, second.1), (second.0, first.1)]), digest);
    }

    #[test]
    fn a_source_counts_as_devices_csv_shows_it() {
        let long = "x".repeat(SOURCE_CHARS_MAX + 9);
        let hidden = "\u{202e}".repeat(SOURCE_CHARS_MAX);
        for source in
            ["a.csr", "=b.csr", "-", "two\nlines", "\u{202e}c.csr", "'quoted", "'", "", &long, &hidden]
        {
            let shown = Printable::with_limit(source, SOURCE_CHARS_MAX).to_string();
            let guarded = format!("'{shown}");
            let cell = if shown.starts_with(['=', '+', '-', '@']) { &guarded } else { &shown };
            assert!(told(cell) == told(source), "{}", &source[..source.len().min(20)]);
        }
        assert_ne!(told("a.csr"), told("'a.csr"));
    }

    #[test]
    fn the_digests_of_earlier_bundles_are_what_they_were() {
        let digest = |waivers: &[Waiver]| {
            let mut digest = PlanDigest::of_certificates(&statement(waivers));
            digest.add(Digest::of(b"first"), "a.csr");
            digest.finish()
        };
        let mut octets = b"coldsign plan 1\n".to_vec();
        octets.extend(Digest::of(ISSUER).as_octets());
        octets.extend([0, 0, 0, 0, 0, 0, 0, 2]);
        let mut waived = octets.clone();
        waived[14] = b'2';
        waived.extend(Digest::of(b"matter-6.1.3-size an old stack\n").as_octets());
        for octets in [&mut octets, &mut waived] {
            octets.extend(Digest::of(b"first").as_octets());
        }
        assert_eq!(digest(&[]), Digest::of(&octets));
        assert_eq!(digest(&[waiver("an old stack")]), Digest::of(&waived));
    }
}
