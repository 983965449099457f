//! The digest of a whole plan: what people read to each other as words.

use sha2::{Digest as _, Sha256};

use crate::pki::{
    fingerprint::Digest,
    lint::waiver::{Waiver, written},
};

/// The digest of a whole plan: SHA-256 over `coldsign plan 1` LF, the issuing certificate's SHA-256, the number of
/// certificates (8 octets, big-endian) and each TBS' SHA-256 in order. Where rules of the lint are waived the first line
/// is `coldsign plan 2`, and the SHA-256 of the waivers as they are [`written`] stands behind the number. People read the
/// digest to each other as words.
#[derive(Clone, Debug)]
pub struct PlanDigest {
    hash: Sha256,
}

impl PlanDigest {
    /// Begins with the certificate of the CA that will sign, the number of certificates and the rules that are waived.
    #[must_use]
    pub fn new(issuer_sha256: Digest, count: u64, waivers: &[Waiver]) -> Self {
        let mut hash = Sha256::new();
        hash.update(if waivers.is_empty() { b"coldsign plan 1\n" } else { b"coldsign plan 2\n" });
        hash.update(issuer_sha256.as_octets());
        hash.update(count.to_be_bytes());
        if !waivers.is_empty() {
            hash.update(Digest::of(written(waivers).as_bytes()).as_octets());
        }
        Self { hash }
    }
    /// Adds the next TBS' digest.
    pub fn add(&mut self, tbs_sha256: Digest) {
        self.hash.update(tbs_sha256.as_octets());
    }
    /// The plan digest.
    #[must_use]
    pub fn finish(self) -> Digest {
        Digest::from_octets(self.hash.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_the_issuer_the_count_and_each_certificate_in_order() {
        let [issuer, first, second] = [b"issuer", b"first ", b"second"].map(|octets| Digest::of(octets));
        let mut octets = b"coldsign plan 1\n".to_vec();
        octets.extend(issuer.as_octets());
        octets.extend([0, 0, 0, 0, 0, 0, 0, 2]);
        octets.extend(first.as_octets());
        octets.extend(second.as_octets());
        let digest = |order: [Digest; 2]| {
            let mut digest = PlanDigest::new(issuer, 2, &[]);
            for next in order {
                digest.add(next);
            }
            digest.finish()
        };
        assert_eq!(digest([first, second]), Digest::of(&octets));
        assert_ne!(digest([second, first]), Digest::of(&octets));
    }

    #[test]
    fn digests_what_is_waived_and_why() {
        let issuer = Digest::of(b"issuer");
        let digest = |waivers: &[Waiver]| PlanDigest::new(issuer, 1, waivers).finish();
        let waiver = |reason| Waiver::new("matter-6.1.3-size", reason).expect("waivable");
        let found = digest(&[waiver("an old stack")]);
        let mut octets = b"coldsign plan 2\n".to_vec();
        octets.extend(issuer.as_octets());
        octets.extend([0, 0, 0, 0, 0, 0, 0, 1]);
        octets.extend(Digest::of(b"matter-6.1.3-size an old stack\n").as_octets());
        assert_eq!(found, Digest::of(&octets));
        assert_ne!(found, digest(&[waiver("another")]));
        assert_ne!(found, digest(&[]));
    }
}
