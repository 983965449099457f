//! Certification paths (RFC 5280 §6.1), as far as this appliance issues them.

pub(super) mod policy;

use super::{certificate::Certificate, key::KeyAlgorithm, profile::RSA_BITS_MIN, time::Time};
use crate::pki::text::counted;
use policy::{Policies, Position, Said};

/// Longest path looked at, in certificates without leaf and anchor: ours have one or two; a hostile bundle may list
/// thousands, each a signature to check.
pub const PATH_CERTIFICATES_MAX: usize = 16;

/// keyCertSign's bit in [`Certificate::key_usage`].
const KEY_CERT_SIGN: u16 = 1 << 5;

/// Checks a path: `leaf` first issued by `above[0]`, and so on to `anchor`. Signatures, names, key identifiers,
/// basic constraints, path lengths, key usage, name constraints, policies and validity at `at` (`None`: not checked) are
/// verified; an unknown critical extension and an RSA key under 2048 bits refuse. The anchor may stand at the end of `above` once more; a leaf that is the anchor itself
/// is a path of one certificate.
///
/// # Errors
/// A sentence that says which certificate fails and why.
pub fn verify(
    leaf: &Certificate,
    above: &[Certificate],
    anchor: &Certificate,
    at: Option<Time>,
) -> Result<(), String> {
    let above = match above.split_last() {
        Some((last, rest)) if last == anchor => rest,
        _ => above,
    };
    if above.len() > PATH_CERTIFICATES_MAX {
        return Err(format!("the path has {} certificates, more than {PATH_CERTIFICATES_MAX}", above.len()));
    }
    let mut path: Vec<&Certificate> = Vec::with_capacity(above.len() + 2);
    if !(above.is_empty() && leaf == anchor) {
        path.push(leaf);
    }
    path.extend(above);
    path.push(anchor);
    for certificate in &path {
        alone(certificate, at).map_err(|reason| about(certificate, &reason))?;
    }
    // RFC 5280 §6.1.4 (m): certificates between this one and the leaf, self-issued ones not counted.
    let mut between = 0_u32;
    for (depth, pair) in path.windows(2).enumerate() {
        let (subject, issuer) = (pair[0], pair[1]);
        if depth > 0 && subject.subject() != subject.issuer() {
            between += 1;
        }
        issued(subject, issuer).map_err(|reason| about(subject, &reason))?;
        may_issue(issuer, between).map_err(|reason| about(issuer, &reason))?;
    }
    names(&path)?;
    let mut policies = Policies::start();
    for (depth, certificate) in path.iter().enumerate().rev().skip(1) {
        let position = if depth == 0 { Position::Last } else { Position::Above };
        policies.step(&Said::by(certificate), position).map_err(|reason| about(certificate, &reason))?;
    }
    // §6.1 takes the anchor on trust; one that calls itself self-signed must still be what it says.
    if claims_own_signature(anchor) {
        issued(anchor, anchor).map_err(|reason| about(anchor, &reason))?;
    }
    Ok(())
}

/// RFC 5280 §6.1.3 (b) and (c): each CA's constraints hold for all below it, self-issued CAs in between left out. Those
/// of the anchor are kept too.
fn names(path: &[&Certificate]) -> Result<(), String> {
    for (height, issuer) in path.iter().enumerate().skip(1) {
        for (depth, below) in path[..height].iter().enumerate() {
            if depth == 0 || !below.is_self_issued() {
                let checked = issuer.name_constraints().check(below.subject(), below.subject_alt_name());
                checked.map_err(|reason| about(below, &reason))?;
            }
        }
    }
    Ok(())
}

/// Whether a certificate says that its own key signed it: one that links two keys of a CA has the CA's name twice, too, and
/// names the other key as its issuer's (RFC 4210 §4.4).
fn claims_own_signature(certificate: &Certificate) -> bool {
    let names_other = certificate
        .authority_key_identifier()
        .is_some_and(|issuers| certificate.subject_key_identifier().is_some_and(|own| own != issuers));
    certificate.is_self_issued() && (!names_other || certificate.is_self_signed())
}

fn about(certificate: &Certificate, reason: &str) -> String {
    format!("{}: {reason}", certificate.subject().to_printable())
}

fn alone(certificate: &Certificate, at: Option<Time>) -> Result<(), String> {
    if !certificate.unknown_critical_extensions().is_empty() {
        return Err("has a critical extension that nothing here understands".to_owned());
    }
    if let KeyAlgorithm::Rsa { bits } = certificate.public_key().algorithm()
        && bits < RSA_BITS_MIN
    {
        return Err(format!("has an RSA key of {bits} bits, which is too short to prove anything"));
    }
    match at {
        Some(at) if at < certificate.not_before() => {
            Err(format!("is not valid before {}", certificate.not_before()))
        }
        Some(at) if at > certificate.not_after() => Err(format!("expired at {}", certificate.not_after())),
        _ => Ok(()),
    }
}

fn issued(subject: &Certificate, issuer: &Certificate) -> Result<(), String> {
    let by = issuer.subject().to_printable();
    if subject.issuer() != issuer.subject() {
        return Err(format!("names another issuer than {by}"));
    }
    if let (Some(wanted), Some(found)) = (subject.authority_key_identifier(), issuer.subject_key_identifier())
        && wanted != found
    {
        return Err(format!("names another key of its issuer than that of {by}"));
    }
    issuer
        .public_key()
        .verify(subject.signature_algorithm(), subject.tbs(), subject.signature())
        .map_err(|error| format!("was not signed by {by}: {error}"))
}

fn may_issue(issuer: &Certificate, between: u32) -> Result<(), String> {
    if !issuer.is_ca() {
        return Err("is not a CA, but has issued".to_owned());
    }
    if issuer.key_usage().is_some_and(|bits| bits & KEY_CERT_SIGN == 0) {
        return Err("may not sign certificates (no keyCertSign), but has".to_owned());
    }
    match issuer.path_length() {
        Some(allowed) if between > allowed => {
            Err(format!("allows {} below it, and has {between}", counted(allowed, "CA")))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use p256::ecdsa::{Signature, SigningKey, signature::Signer as _};

    use super::*;
    use crate::pki::{
        certificate::join,
        der::{element, sequence, tag},
        key::{Curve, PublicKey, RsaScheme},
        name::Name,
    };

    /// A certificate to be made: who says what of whom. Keys are fixed numbers.
    #[derive(Clone)]
    struct Draft {
        subject: &'static str,
        key: u8,
        issuer: &'static str,
        issuer_key: u8,
        named_issuer_key: u8,
        /// basicConstraints and keyUsage, DER.
        rights: (&'static [u8], &'static [u8]),
        end: &'static [u8],
        /// 2.5.29.n, critical, of no known meaning.
        more: Option<u8>,
    }

    const CA: (&[u8], &[u8]) = (&[0x30, 3, 1, 1, 0xff], &[3, 2, 1, 6]);
    const CA_ABOVE_NONE: (&[u8], &[u8]) = (&[0x30, 6, 1, 1, 0xff, 2, 1, 0], &[3, 2, 1, 6]);
    const CA_WITHOUT_SIGNING: (&[u8], &[u8]) = (&[0x30, 3, 1, 1, 0xff], &[3, 2, 7, 0x80]);
    const END_ENTITY: (&[u8], &[u8]) = (&[0x30, 0], &[3, 2, 7, 0x80]);

    fn draft(subject: &'static str, key: u8, issuer: &'static str, issuer_key: u8) -> Draft {
        let rights = if subject == "CN=device" { END_ENTITY } else { CA };
        let end = b"360101000000Z";
        Draft { subject, key, issuer, issuer_key, named_issuer_key: issuer_key, rights, end, more: None }
    }

    fn key(number: u8) -> (SigningKey, PublicKey) {
        let key = SigningKey::from_slice(&[number; 32]).unwrap();
        let point = key.verifying_key().to_sec1_point(false);
        let public = PublicKey::from_ec_point(Curve::P256, point.as_bytes()).unwrap();
        (key, public)
    }

    impl Draft {
        fn certificate(&self) -> Certificate {
            let extension = |arc: u8, critical: &[u8], value: &[u8]| {
                sequence(&[
                    &element(tag::OID, &[0x55, 0x1d, arc]),
                    critical,
                    &element(tag::OCTET_STRING, value),
                ])
            };
            let (signer, _) = key(self.issuer_key);
            let algorithm = key(self.issuer_key).1.signing_algorithm(RsaScheme::Pkcs1);
            let above = key(self.named_issuer_key).1.key_identifier();
            let critical = &[1, 1, 0xff];
            let mut extensions = vec![
                extension(19, critical, self.rights.0),
                extension(15, critical, self.rights.1),
                extension(14, &[], &element(tag::OCTET_STRING, &key(self.key).1.key_identifier())),
                extension(35, &[], &sequence(&[&element(tag::context(0), &above)])),
            ];
            extensions.extend(self.more.map(|arc| extension(arc, critical, &[5, 0])));
            let validity =
                [element(tag::UTC_TIME, b"260101000000Z"), element(tag::UTC_TIME, self.end)].concat();
            let tbs = sequence(&[
                &[0xa0, 3, 2, 1, 2],
                &element(tag::INTEGER, &[0x42; 20]),
                &algorithm.der(),
                Name::from_text(self.issuer).unwrap().der(),
                &element(tag::SEQUENCE, &validity),
                Name::from_text(self.subject).unwrap().der(),
                key(self.key).1.spki(),
                &element(0xa3, &element(tag::SEQUENCE, &extensions.concat())),
            ]);
            let signature: Signature = signer.sign(&tbs);
            Certificate::parse(&join(&tbs, algorithm, signature.to_der().as_bytes())).unwrap()
        }
    }

    /// Device, issuing CA, a CA above it, root.
    fn good() -> [Draft; 4] {
        [
            draft("CN=device", 1, "CN=issuing", 2),
            draft("CN=issuing", 2, "CN=middle", 3),
            draft("CN=middle", 3, "CN=root", 4),
            draft("CN=root", 4, "CN=root", 4),
        ]
    }

    fn judge(path: &[Draft; 4]) -> Result<(), String> {
        let [leaf, issuing, middle, root] = path.each_ref().map(Draft::certificate);
        verify(&leaf, &[issuing, middle], &root, Time::from_rfc3339("2030-01-01T00:00:00Z"))
    }

    fn check(expected: &str, bend: impl FnOnce(&mut [Draft; 4])) {
        let mut path = good();
        bend(&mut path);
        let reason = judge(&path).unwrap_err();
        assert!(reason.contains(expected), "{reason:?} does not say {expected:?}");
    }

    #[test]
    fn takes_a_sound_path_with_or_without_its_anchor_in_the_list() {
        assert_eq!(judge(&good()), Ok(()));
        let [leaf, issuing, middle, root] = good().map(|draft| draft.certificate());
        assert_eq!(verify(&leaf, &[issuing.clone(), middle.clone(), root.clone()], &root, None), Ok(()));
        assert_eq!(verify(&issuing, std::slice::from_ref(&middle), &root, None), Ok(()));
        assert_eq!(verify(&root, &[], &root, None), Ok(()));
        assert_eq!(verify(&leaf, &[], &issuing, None), Ok(()));
    }

    #[test]
    fn refuses_what_breaks_a_path() {
        check("CN=device: names another issuer", |path| path[0].issuer = "CN=other");
        check("CN=device: names another key of its issuer", |path| path[0].named_issuer_key = 9);
        check("CN=issuing: was not signed by", |path| {
            path[1].issuer_key = 9;
            path[1].named_issuer_key = 3;
        });
        check("CN=root: was not signed by", |path| {
            path[3].issuer_key = 9;
            path[3].named_issuer_key = 4;
        });
        check("CN=issuing: is not a CA", |path| path[1].rights = END_ENTITY);
        check("no keyCertSign", |path| path[2].rights = CA_WITHOUT_SIGNING);
        check("CN=middle: allows 0 CAs below it, and has 1", |path| path[2].rights = CA_ABOVE_NONE);
        check("CN=root: allows 0 CAs below it, and has 2", |path| path[3].rights = CA_ABOVE_NONE);
        check("CN=middle: expired at 2029-", |path| path[2].end = b"290101000000Z");
        check("CN=device: has a critical extension", |path| path[0].more = Some(99));
        check("CN=root: has a critical extension", |path| path[3].more = Some(99));
    }

    #[test]
    fn a_path_length_of_none_lets_a_ca_issue_devices() {
        let mut path = good();
        path[1].rights = CA_ABOVE_NONE;
        assert_eq!(judge(&path), Ok(()));
    }

    #[test]
    fn refuses_a_path_that_is_too_long_before_it_looks_at_it() {
        let [leaf, issuing, _, root] = good().map(|draft| draft.certificate());
        let above = vec![issuing; PATH_CERTIFICATES_MAX + 1];
        assert!(verify(&leaf, &above, &root, None).unwrap_err().contains("more than 16"));
    }

    #[test]
    fn knows_the_moments_that_a_certificate_is_valid() {
        let [leaf, issuing, middle, root] = good().map(|draft| draft.certificate());
        let at =
            |text: &str| verify(&leaf, &[issuing.clone(), middle.clone()], &root, Time::from_rfc3339(text));
        assert_eq!(at("2026-01-01T00:00:00Z"), Ok(()));
        assert_eq!(at("2036-01-01T00:00:00Z"), Ok(()));
        assert!(at("2025-12-31T23:59:59Z").is_err());
        assert!(at("2036-01-01T00:00:01Z").is_err());
    }
}
