//! The CA that issues: its certificate, its path to the root, what it may issue and how it signs.

use super::{
    certificate::Certificate,
    key::{KeyAlgorithm, PublicKey, SignatureAlgorithm},
    name::Name,
    path::{
        self,
        policy::{Policies, Position, Said},
    },
    profile::{CRL_SIGN, KEY_CERT_SIGN, RSA_BITS_MAX, RSA_BITS_MIN},
    time::Time,
};

/// anyExtendedKeyUsage, 2.5.29.37.0.
const ANY_PURPOSE: &[u8] = &[0x55, 0x1d, 0x25, 0x00];

/// Most certificates above an issuing CA: paths in use have one or two.
const CHAIN_MAX: usize = 8;

/// A CA certificate that was found fit to issue: CA:TRUE, keyCertSign, a path to a self-signed root that verifies.
#[derive(Clone, Debug)]
pub struct IssuingCa {
    certificate: Certificate,
    chain: Vec<Certificate>,
    key_identifier: Vec<u8>,
    path_length_left: Option<u32>,
    begins: Time,
    ends: Time,
    policies: Policies,
}

impl IssuingCa {
    /// Checks a CA certificate with the certificates above it, in order, root last (empty for a root itself).
    /// Times are not looked at: plans keep within them.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn new(certificate: Certificate, chain: Vec<Certificate>) -> Result<Self, String> {
        if chain.len() > CHAIN_MAX {
            return Err(format!("{} certificates above the CA are more than {CHAIN_MAX}", chain.len()));
        }
        check_authority(&certificate, "the CA certificate")?;
        let key_identifier = certificate
            .subject_key_identifier()
            .ok_or("the CA certificate has no subject key identifier, which its certificates must refer to")?
            .to_vec();
        check_root(chain.last().unwrap_or(&certificate))?;
        if let Some((root, between)) = chain.split_last() {
            path::verify(&certificate, between, root, None)?;
        }
        let path_length_left = path_length_left(&certificate, &chain)?;
        let all = || chain.iter().chain([&certificate]);
        let begins = all().map(Certificate::not_before).max().unwrap_or(certificate.not_before());
        let ends = all().map(Certificate::not_after).min().unwrap_or(certificate.not_after());
        let mut policies = Policies::start();
        if let Some((_, between)) = chain.split_last() {
            for authority in between.iter().rev().chain([&certificate]) {
                policies.step(&Said::by(authority), Position::Above)?;
            }
        }
        Ok(Self { certificate, chain, key_identifier, path_length_left, begins, ends, policies })
    }

    /// Its certificate.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The certificates above it, root last; empty where it is the root.
    #[must_use]
    pub fn chain(&self) -> &[Certificate] {
        &self.chain
    }

    /// The root of its path: itself where it is self-signed.
    #[must_use]
    pub fn root(&self) -> &Certificate {
        self.chain.last().unwrap_or(&self.certificate)
    }

    /// Whether the TBS octets' signature algorithm is one that this CA's key makes.
    #[must_use]
    pub fn can_sign_with(&self, algorithm: SignatureAlgorithm) -> bool {
        self.certificate.public_key().makes(algorithm)
    }

    /// Whether its key can have made a signature with this algorithm; others choose another hash than we do.
    #[must_use]
    pub fn can_verify(&self, algorithm: SignatureAlgorithm) -> bool {
        self.certificate.public_key().makes(algorithm)
    }

    /// Whether its key may sign CRLs: keyUsage has cRLSign (RFC 5280 §4.2.1.3).
    #[must_use]
    pub fn signs_crls(&self) -> bool {
        self.certificate.key_usage().is_some_and(|bits| bits & CRL_SIGN != 0)
    }

    /// Its subjectKeyIdentifier: the authorityKeyIdentifier of what it issues (RFC 5280 §4.2.1.1).
    #[must_use]
    pub fn key_identifier(&self) -> &[u8] {
        &self.key_identifier
    }

    /// How many CAs may still stand below it, by its own pathLenConstraint and those above; `None`: no limit.
    #[must_use]
    pub fn path_length_left(&self) -> Option<u32> {
        self.path_length_left
    }

    /// Checks a subject and the value of a subjectAltName against the name constraints of its path.
    ///
    /// # Errors
    /// A sentence that says which name is outside.
    pub fn check_names(&self, subject: &Name, alternative_names: Option<&[u8]>) -> Result<(), String> {
        self.path().try_for_each(|authority| authority.name_constraints().check(subject, alternative_names))
    }

    /// Checks the policies (OIDs as DER content octets) that a certificate below it is to have.
    ///
    /// # Errors
    /// A sentence, where its path demands a policy and none of these is valid on it.
    pub fn check_policies(&self, policies: &[Vec<u8>]) -> Result<(), String> {
        let named = Some(policies).filter(|policies| !policies.is_empty());
        let said = Said {
            policies: named,
            mapped: &[],
            require_explicit: None,
            inhibit_any: None,
            self_issued: false,
        };
        self.policies.clone().step(&said, Position::Last)
    }

    /// Whether relying parties that take a CA's extKeyUsage as a limit let a purpose (DER content octets) through.
    #[must_use]
    pub fn lets_through(&self, purpose: &[u8]) -> bool {
        self.path().all(|authority| {
            let usages = authority.extended_key_usage();
            usages.is_empty() || usages.iter().any(|usage| usage == purpose || usage == ANY_PURPOSE)
        })
    }

    fn path(&self) -> impl Iterator<Item = &Certificate> {
        self.chain.iter().chain([&self.certificate])
    }

    /// The first moment at which its whole path is valid.
    #[must_use]
    pub fn begins(&self) -> Time {
        self.begins
    }

    /// The last moment at which its whole path is valid.
    #[must_use]
    pub fn ends(&self) -> Time {
        self.ends
    }

    /// Whether a key is its own or that of a CA above it.
    #[must_use]
    pub fn holds_key(&self, key: &PublicKey) -> bool {
        self.chain.iter().chain([&self.certificate]).any(|authority| authority.public_key() == key)
    }

    /// Whether a name is its own or that of a CA above it, as relying parties compare names ([`Name::matches`]).
    #[must_use]
    pub fn holds_name(&self, name: &Name) -> bool {
        self.path().any(|authority| authority.subject().matches(name))
    }
}

fn check_authority(certificate: &Certificate, which: &str) -> Result<(), String> {
    if !certificate.is_ca() {
        return Err(format!("{which} is not a CA (basicConstraints CA:TRUE)"));
    }
    if certificate.key_usage().is_none_or(|bits| bits & KEY_CERT_SIGN == 0) {
        return Err(format!("{which} has no key usage keyCertSign"));
    }
    if let KeyAlgorithm::Rsa { bits } = certificate.public_key().algorithm()
        && !(RSA_BITS_MIN..=RSA_BITS_MAX).contains(&bits)
    {
        return Err(format!(
            "{which} has an RSA key of {bits} bits, not of {RSA_BITS_MIN} to {RSA_BITS_MAX}"
        ));
    }
    if !certificate.unknown_critical_extensions().is_empty() {
        return Err(format!("{which} has a critical extension that is not understood here"));
    }
    Ok(())
}

fn check_root(root: &Certificate) -> Result<(), String> {
    check_authority(root, "the root certificate")?;
    if !root.is_self_issued() {
        return Err("the path does not end in a root: its last certificate was issued by another CA".into());
    }
    root.public_key()
        .verify(root.signature_algorithm(), root.tbs(), root.signature())
        .map_err(|error| format!("the root certificate is not self-signed: {error}"))
}

/// RFC 5280 §6.1.4 (l) and (m): every pathLenConstraint counts the CAs below it that are not self-issued.
fn path_length_left(certificate: &Certificate, chain: &[Certificate]) -> Result<Option<u32>, String> {
    let mut left: Option<u32> = None;
    for authority in chain.iter().rev().chain([certificate]) {
        if !authority.is_self_issued() {
            left = match left {
                Some(0) => {
                    return Err(
                        "a CA above lets no CA stand below it (path length), so nothing it issued verifies"
                            .into(),
                    );
                }
                Some(count) => Some(count - 1),
                None => None,
            };
        }
        left = match (left, authority.path_length()) {
            (Some(left), Some(own)) => Some(left.min(own)),
            (left, own) => left.or(own),
        };
    }
    Ok(left)
}
