//! Mechanisms: which PKCS#11 algorithm makes which signature, what it is given and what it returns.
//!
//! Hashes are computed here, not in the token, wherever the token has the bare mechanism: every token has it (`SoftHSM`
//! 2.6 has no `CKM_ECDSA_SHA256`), and only 32 to 64 octets travel. The bare mechanisms sign whatever they are given,
//! so what they are given is a digest that this module made, never octets of a caller.

use cryptoki::context::Pkcs11;
use cryptoki::mechanism::dsa::{HedgeType, SignAdditionalContext};
use cryptoki::mechanism::eddsa::{EddsaParams, EddsaSignatureScheme};
use cryptoki::mechanism::rsa::{PkcsMgfType, PkcsPssParams};
use cryptoki::mechanism::{Mechanism, MechanismInfo, MechanismType};
use cryptoki::slot::Slot;

use crate::pki::key::{Curve, HashAlgorithm, KeyAlgorithm, MlDsa, SignatureAlgorithm, WholeMessage};

use super::error::Error;

/// Every kind of key that can be asked for, in the order in which they are shown.
pub const KEY_ALGORITHMS: [KeyAlgorithm; 10] = [
    KeyAlgorithm::Ec(Curve::P256),
    KeyAlgorithm::Ec(Curve::P384),
    KeyAlgorithm::Ec(Curve::P521),
    KeyAlgorithm::Rsa { bits: 2048 },
    KeyAlgorithm::Rsa { bits: 3072 },
    KeyAlgorithm::Rsa { bits: 4096 },
    KeyAlgorithm::Ed25519,
    KeyAlgorithm::MlDsa(MlDsa::Set44),
    KeyAlgorithm::MlDsa(MlDsa::Set65),
    KeyAlgorithm::MlDsa(MlDsa::Set87),
];

/// What a token can do with one kind of key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Capability {
    /// The kind of key.
    pub algorithm: KeyAlgorithm,
    /// Whether it makes such keys.
    pub generation: Support,
    /// The signatures it makes with them.
    pub signatures: Vec<SignatureAlgorithm>,
}

/// Whether a token does something.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Support {
    /// It does not.
    Absent,
    /// It says that it does.
    Present,
}

/// The mechanisms of one token. Each is asked for by its number: the whole list has dozens that concern nobody here.
#[derive(Clone, Debug)]
pub struct Mechanisms {
    context: Pkcs11,
    slot: Slot,
}

/// How a signature is made by a token: what travels to it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Means {
    /// `CKM_ECDSA` over a digest.
    EcdsaDigest(HashAlgorithm),
    /// `CKM_ECDSA_SHA…` over the message.
    EcdsaMessage(HashAlgorithm),
    /// `CKM_EDDSA` over the message.
    Eddsa,
    /// `CKM_ML_DSA` over the message.
    MlDsa(MlDsa),
    /// `CKM_RSA_PKCS` over a `DigestInfo`.
    Pkcs1Digest(HashAlgorithm),
    /// `CKM_SHA…_RSA_PKCS` over the message.
    Pkcs1Message(HashAlgorithm),
    /// `CKM_RSA_PKCS_PSS` over a digest.
    PssDigest(HashAlgorithm),
    /// `CKM_SHA…_RSA_PKCS_PSS` over the message.
    PssMessage(HashAlgorithm),
}

impl Mechanisms {
    pub(super) fn of(context: Pkcs11, slot: Slot) -> Self {
        Self { context, slot }
    }

    /// What the token says it can do with each kind of key.
    #[must_use]
    pub fn capabilities(&self) -> Vec<Capability> {
        KEY_ALGORITHMS.iter().map(|&algorithm| self.capability(algorithm)).collect()
    }

    /// What the token says it can do with one kind of key.
    #[must_use]
    pub fn capability(&self, algorithm: KeyAlgorithm) -> Capability {
        let generates = self.has(generation_type(algorithm), algorithm, MechanismInfo::generate_key_pair);
        let signatures = signatures_of(algorithm)
            .into_iter()
            .filter(|&made| self.means(algorithm, made).is_ok())
            .collect();
        Capability {
            algorithm,
            generation: if generates { Support::Present } else { Support::Absent },
            signatures,
        }
    }

    /// How this token makes a signature; the bare mechanism where it has it.
    pub(super) fn means(&self, key: KeyAlgorithm, made: SignatureAlgorithm) -> Result<Means, Error> {
        let candidates = match made {
            SignatureAlgorithm::Ecdsa(hash) => vec![Means::EcdsaDigest(hash), Means::EcdsaMessage(hash)],
            SignatureAlgorithm::Ed25519 => vec![Means::Eddsa],
            SignatureAlgorithm::MlDsa(set) => vec![Means::MlDsa(set)],
            SignatureAlgorithm::RsaPkcs1(hash) => vec![Means::Pkcs1Digest(hash), Means::Pkcs1Message(hash)],
            SignatureAlgorithm::RsaPss(hash) => vec![Means::PssDigest(hash), Means::PssMessage(hash)],
        };
        candidates
            .into_iter()
            .filter(|_| signatures_of(key).contains(&made))
            .find(|means| self.has(means.mechanism_type(), key, MechanismInfo::sign))
            .ok_or_else(|| Error::MechanismMissing { purpose: format!("sign with {key} keys in this way") })
    }

    fn has(&self, kind: MechanismType, key: KeyAlgorithm, does: impl Fn(&MechanismInfo) -> bool) -> bool {
        let Ok(info) = self.context.get_mechanism_info(self.slot, kind) else { return false };
        does(&info) && size_fits(&info, key)
    }
}

impl Means {
    fn mechanism_type(self) -> MechanismType {
        use HashAlgorithm::{Sha256, Sha384, Sha512};
        match self {
            Self::EcdsaDigest(_) => MechanismType::ECDSA,
            Self::EcdsaMessage(Sha256) => MechanismType::ECDSA_SHA256,
            Self::EcdsaMessage(Sha384) => MechanismType::ECDSA_SHA384,
            Self::EcdsaMessage(Sha512) => MechanismType::ECDSA_SHA512,
            Self::Eddsa => MechanismType::EDDSA,
            Self::MlDsa(_) => MechanismType::ML_DSA,
            Self::Pkcs1Digest(_) => MechanismType::RSA_PKCS,
            Self::Pkcs1Message(Sha256) => MechanismType::SHA256_RSA_PKCS,
            Self::Pkcs1Message(Sha384) => MechanismType::SHA384_RSA_PKCS,
            Self::Pkcs1Message(Sha512) => MechanismType::SHA512_RSA_PKCS,
            Self::PssDigest(_) => MechanismType::RSA_PKCS_PSS,
            Self::PssMessage(Sha256) => MechanismType::SHA256_RSA_PKCS_PSS,
            Self::PssMessage(Sha384) => MechanismType::SHA384_RSA_PKCS_PSS,
            Self::PssMessage(Sha512) => MechanismType::SHA512_RSA_PKCS_PSS,
        }
    }

    /// The mechanism with its parameters. Made anew for each signature: it holds pointers and stays in its thread.
    pub(super) fn mechanism(self) -> Mechanism<'static> {
        use HashAlgorithm::{Sha256, Sha384, Sha512};
        match self {
            Self::EcdsaDigest(_) => Mechanism::Ecdsa,
            Self::EcdsaMessage(Sha256) => Mechanism::EcdsaSha256,
            Self::EcdsaMessage(Sha384) => Mechanism::EcdsaSha384,
            Self::EcdsaMessage(Sha512) => Mechanism::EcdsaSha512,
            Self::Eddsa => Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Pure)),
            // The pure form with an empty context (RFC 9881 §3), hedged with the token's randomness where it can.
            Self::MlDsa(_) => Mechanism::MlDsa(SignAdditionalContext::new(HedgeType::Preferred, None)),
            Self::Pkcs1Digest(_) => Mechanism::RsaPkcs,
            Self::Pkcs1Message(Sha256) => Mechanism::Sha256RsaPkcs,
            Self::Pkcs1Message(Sha384) => Mechanism::Sha384RsaPkcs,
            Self::Pkcs1Message(Sha512) => Mechanism::Sha512RsaPkcs,
            Self::PssDigest(hash) => Mechanism::RsaPkcsPss(pss(hash)),
            Self::PssMessage(Sha256) => Mechanism::Sha256RsaPkcsPss(pss(Sha256)),
            Self::PssMessage(Sha384) => Mechanism::Sha384RsaPkcsPss(pss(Sha384)),
            Self::PssMessage(Sha512) => Mechanism::Sha512RsaPkcsPss(pss(Sha512)),
        }
    }

    /// What the token is given for a message that was hashed while it came; `None` where the token needs the whole of
    /// it, which is too long, or where it was hashed for another algorithm.
    pub(super) fn input_of(self, key: KeyAlgorithm, message: &WholeMessage) -> Option<Vec<u8>> {
        if self.algorithm() != message.algorithm() {
            return None;
        }
        match self {
            Self::EcdsaDigest(_) => Some(leftmost(key, message.digest().to_vec())),
            Self::PssDigest(_) => Some(message.digest().to_vec()),
            Self::Pkcs1Digest(hash) => Some([digest_info(hash), message.digest()].concat()),
            Self::EcdsaMessage(_)
            | Self::Eddsa
            | Self::MlDsa(_)
            | Self::Pkcs1Message(_)
            | Self::PssMessage(_) => message.whole().map(<[u8]>::to_vec),
        }
    }

    /// Whether a message of so many octets can be signed, where at most `whole_octets_max` of one can be given whole.
    pub(super) fn takes(self, octets: u64, whole_octets_max: u64) -> bool {
        match self {
            Self::EcdsaDigest(_) | Self::PssDigest(_) | Self::Pkcs1Digest(_) => true,
            Self::EcdsaMessage(_)
            | Self::Eddsa
            | Self::MlDsa(_)
            | Self::Pkcs1Message(_)
            | Self::PssMessage(_) => octets <= whole_octets_max,
        }
    }

    /// The signature that is made.
    fn algorithm(self) -> SignatureAlgorithm {
        match self {
            Self::EcdsaDigest(hash) | Self::EcdsaMessage(hash) => SignatureAlgorithm::Ecdsa(hash),
            Self::Eddsa => SignatureAlgorithm::Ed25519,
            Self::MlDsa(set) => SignatureAlgorithm::MlDsa(set),
            Self::Pkcs1Digest(hash) | Self::Pkcs1Message(hash) => SignatureAlgorithm::RsaPkcs1(hash),
            Self::PssDigest(hash) | Self::PssMessage(hash) => SignatureAlgorithm::RsaPss(hash),
        }
    }

    /// What the token is given for a message.
    pub(super) fn input(self, key: KeyAlgorithm, message: &[u8]) -> Vec<u8> {
        match self {
            Self::EcdsaDigest(hash) => leftmost(key, hash.digest(message)),
            Self::PssDigest(hash) => hash.digest(message),
            Self::Pkcs1Digest(hash) => [digest_info(hash), &hash.digest(message)].concat(),
            Self::EcdsaMessage(_)
            | Self::Eddsa
            | Self::MlDsa(_)
            | Self::Pkcs1Message(_)
            | Self::PssMessage(_) => message.to_vec(),
        }
    }
}

/// The mechanism that makes key pairs.
pub(super) fn generation(algorithm: KeyAlgorithm) -> Mechanism<'static> {
    match algorithm {
        KeyAlgorithm::Ec(_) => Mechanism::EccKeyPairGen,
        KeyAlgorithm::Ed25519 => Mechanism::EccEdwardsKeyPairGen,
        KeyAlgorithm::MlDsa(_) => Mechanism::MlDsaKeyPairGen,
        KeyAlgorithm::Rsa { .. } => Mechanism::RsaPkcsKeyPairGen,
    }
}

fn generation_type(algorithm: KeyAlgorithm) -> MechanismType {
    match algorithm {
        KeyAlgorithm::Ec(_) => MechanismType::ECC_KEY_PAIR_GEN,
        KeyAlgorithm::Ed25519 => MechanismType::ECC_EDWARDS_KEY_PAIR_GEN,
        KeyAlgorithm::MlDsa(_) => MechanismType::ML_DSA_KEY_PAIR_GEN,
        KeyAlgorithm::Rsa { .. } => MechanismType::RSA_PKCS_KEY_PAIR_GEN,
    }
}

/// Octets of the token's signature: r ‖ s for ECDSA and Ed25519 (PKCS#11 v2.40 §2.3.1), the modulus' length for RSA,
/// what FIPS 204 says for ML-DSA.
pub(super) fn signature_octets(key: KeyAlgorithm) -> usize {
    match key {
        KeyAlgorithm::Ec(curve) => 2 * curve.coordinate_octets(),
        KeyAlgorithm::Ed25519 => 64,
        KeyAlgorithm::MlDsa(set) => set.signature_octets(),
        KeyAlgorithm::Rsa { bits } => bits.div_ceil(8) as usize,
    }
}

fn signatures_of(key: KeyAlgorithm) -> Vec<SignatureAlgorithm> {
    const HASHES: [HashAlgorithm; 3] = [HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512];
    match key {
        KeyAlgorithm::Ec(_) => HASHES.map(SignatureAlgorithm::Ecdsa).to_vec(),
        KeyAlgorithm::Ed25519 => vec![SignatureAlgorithm::Ed25519],
        KeyAlgorithm::MlDsa(set) => vec![SignatureAlgorithm::MlDsa(set)],
        KeyAlgorithm::Rsa { .. } => {
            [HASHES.map(SignatureAlgorithm::RsaPkcs1), HASHES.map(SignatureAlgorithm::RsaPss)].concat()
        }
    }
}

/// Whether a mechanism's range of key sizes holds a key. Tokens count it in bits, some in octets, some not at all
/// (zero), and Edwards curves as 255 or 256 bits: a doubt counts as support, the call itself will tell.
fn size_fits(info: &MechanismInfo, key: KeyAlgorithm) -> bool {
    let bits = match key {
        KeyAlgorithm::Ec(Curve::P256) => 256,
        KeyAlgorithm::Ec(Curve::P384) => 384,
        KeyAlgorithm::Ec(Curve::P521) => 521,
        // A parameter set of ML-DSA has no size in bits; tokens count octets of one half or the other.
        KeyAlgorithm::Ed25519 | KeyAlgorithm::MlDsa(_) => return true,
        KeyAlgorithm::Rsa { bits } => bits as usize,
    };
    let in_bits = (info.min_key_size()..=info.max_key_size()).contains(&bits);
    let in_octets = (info.min_key_size()..=info.max_key_size()).contains(&bits.div_ceil(8));
    info.max_key_size() == 0 || in_bits || in_octets
}

fn pss(hash: HashAlgorithm) -> PkcsPssParams {
    let (hash_alg, mgf) = match hash {
        HashAlgorithm::Sha256 => (MechanismType::SHA256, PkcsMgfType::MGF1_SHA256),
        HashAlgorithm::Sha384 => (MechanismType::SHA384, PkcsMgfType::MGF1_SHA384),
        HashAlgorithm::Sha512 => (MechanismType::SHA512, PkcsMgfType::MGF1_SHA512),
    };
    PkcsPssParams { hash_alg, mgf, s_len: u64::from(hash.octets()).into() }
}

/// The octets in front of the digest in a `DigestInfo` (RFC 8017 §9.2, note 1).
fn digest_info(hash: HashAlgorithm) -> &'static [u8] {
    match hash {
        HashAlgorithm::Sha256 => {
            b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"
        }
        HashAlgorithm::Sha384 => {
            b"\x30\x41\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x30"
        }
        HashAlgorithm::Sha512 => {
            b"\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40"
        }
    }
}

/// Of a digest that is longer than the curve's order only the leftmost octets count (FIPS 186-5 §6.4.1); some tokens
/// refuse more, so no more is given.
fn leftmost(key: KeyAlgorithm, mut digest: Vec<u8>) -> Vec<u8> {
    if let KeyAlgorithm::Ec(curve) = key {
        digest.truncate(curve.coordinate_octets());
    }
    digest
}

#[cfg(test)]
mod tests {
    use super::*;

    const RSA: KeyAlgorithm = KeyAlgorithm::Rsa { bits: 2048 };

    fn check(means: Means, key: KeyAlgorithm, octets: usize) {
        assert_eq!(means.input(key, b"message").len(), octets, "{means:?} {key}");
    }

    #[test]
    fn gives_the_token_a_digest_of_exact_length() {
        use HashAlgorithm::{Sha256, Sha384, Sha512};
        let curve = KeyAlgorithm::Ec;
        check(Means::EcdsaDigest(Sha256), curve(Curve::P256), 32);
        check(Means::EcdsaDigest(Sha256), curve(Curve::P521), 32);
        check(Means::EcdsaDigest(Sha512), curve(Curve::P256), 32);
        check(Means::EcdsaDigest(Sha384), curve(Curve::P384), 48);
        check(Means::EcdsaDigest(Sha512), curve(Curve::P384), 48);
        check(Means::EcdsaDigest(Sha512), curve(Curve::P521), 64);
        check(Means::PssDigest(Sha384), RSA, 48);
        // The outer length octet of each DigestInfo covers the rest of it.
        for hash in [Sha256, Sha384, Sha512] {
            let input = Means::Pkcs1Digest(hash).input(RSA, b"message");
            assert_eq!(usize::from(input[1]), input.len() - 2);
        }
        check(Means::Eddsa, KeyAlgorithm::Ed25519, 7);
    }

    #[test]
    fn gives_the_token_the_same_for_a_message_that_came_in_pieces() {
        use HashAlgorithm::{Sha256, Sha384};
        for (means, key) in [
            (Means::EcdsaDigest(Sha384), KeyAlgorithm::Ec(Curve::P384)),
            (Means::EcdsaDigest(Sha384), KeyAlgorithm::Ec(Curve::P256)),
            (Means::EcdsaMessage(Sha256), KeyAlgorithm::Ec(Curve::P256)),
            (Means::Eddsa, KeyAlgorithm::Ed25519),
            (Means::Pkcs1Digest(Sha256), RSA),
            (Means::PssDigest(Sha256), RSA),
        ] {
            let message = WholeMessage::of(means.algorithm(), b"message");
            assert_eq!(means.input_of(key, &message), Some(means.input(key, b"message")), "{means:?}");
            let other = WholeMessage::of(SignatureAlgorithm::RsaPkcs1(Sha384), b"message");
            assert_eq!(means.input_of(key, &other), None, "{means:?}");
        }
    }

    #[test]
    fn tells_beforehand_which_message_it_takes() {
        for means in [
            Means::EcdsaDigest(HashAlgorithm::Sha256),
            Means::Eddsa,
            Means::Pkcs1Message(HashAlgorithm::Sha256),
            Means::PssDigest(HashAlgorithm::Sha256),
        ] {
            // What is said beforehand is what happens with a message of that length.
            let limit = crate::pki::key::WHOLE_OCTETS_MAX;
            for octets in [limit, limit + 1] {
                let message = WholeMessage::of(means.algorithm(), &vec![0; octets]);
                let taken = means.input_of(RSA, &message).is_some();
                assert_eq!(means.takes(octets as u64, limit as u64), taken, "{means:?} {octets}");
            }
        }
        assert!(!Means::Eddsa.takes(10, 9) && Means::EcdsaDigest(HashAlgorithm::Sha256).takes(10, 9));
    }

    #[test]
    fn offers_each_kind_of_key_only_its_own_signatures() {
        assert_eq!(signatures_of(KeyAlgorithm::Ed25519), [SignatureAlgorithm::Ed25519]);
        assert!(!signatures_of(KeyAlgorithm::Ec(Curve::P256)).contains(&SignatureAlgorithm::Ed25519));
        assert_eq!(signatures_of(KeyAlgorithm::Rsa { bits: 2048 }).len(), 6);
    }
}
