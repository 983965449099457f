//! JSON Web Signatures by ES256 (RFC 7515, RFC 7518 §3.4), as far as a list of devices needs them.

use p256::ecdsa::Signature;

use super::{
    key::{Curve, HashAlgorithm, KeyAlgorithm, KeyError, PublicKey, SignatureAlgorithm},
    pem::base64,
};

/// Characters of a signature: 64 octets.
pub const SIGNATURE_CHARS: usize = 86;

/// base64url without padding (RFC 7515 §2).
#[must_use]
pub fn base64url(octets: &[u8]) -> String {
    base64(octets).trim_end_matches('=').replace('+', "-").replace('/', "_")
}

/// base64 as certificates stand in `x5c` (RFC 7515 §4.1.6).
#[must_use]
pub fn base64(octets: &[u8]) -> String {
    base64::encode(octets)
}

/// Whether signatures of a key are ES256.
///
/// # Errors
/// [`KeyError::Unsupported`].
pub fn check_key(key: &PublicKey) -> Result<(), KeyError> {
    match key.algorithm() {
        KeyAlgorithm::Ec(Curve::P256) => Ok(()),
        other => Err(KeyError::Unsupported(format!("a signature ES256 by a key of {other}"))),
    }
}

/// A signature in X.509 form as a JWS has it: r and s, 32 octets each.
///
/// # Errors
/// [`KeyError::Signature`] where it is none of P-256.
pub fn signature(x509: &[u8]) -> Result<String, KeyError> {
    let signature = Signature::from_der(x509).map_err(|_| KeyError::Signature)?;
    Ok(base64url(&signature.to_bytes()))
}

/// Checks a signature as a JWS has it.
///
/// # Errors
/// [`KeyError::Signature`]; [`KeyError::Unsupported`] for a key of another kind.
pub fn verify(key: &PublicKey, message: &[u8], signature: &[u8]) -> Result<(), KeyError> {
    check_key(key)?;
    if signature.len() != SIGNATURE_CHARS {
        return Err(KeyError::Signature);
    }
    let text = signature.iter().map(|octet| match octet {
        b'-' => b'+',
        b'_' => b'/',
        // Of the other alphabet, which would be another spelling.
        b'+' | b'/' => b'!',
        other => *other,
    });
    let octets = base64::decode(&text.chain(*b"==").collect::<Vec<u8>>()).map_err(|_| KeyError::Signature)?;
    let signature = Signature::from_slice(&octets).map_err(|_| KeyError::Signature)?;
    key.verify(SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha256), message, signature.to_der().as_bytes())
}

#[cfg(test)]
mod tests {
    use p256::ecdsa::{SigningKey, signature::Signer as _};

    use super::*;

    #[test]
    fn a_signature_is_taken_in_one_spelling_over_one_message() {
        let key = SigningKey::from_slice(&[7; 32]).expect("a private key");
        let point = key.verifying_key().to_sec1_point(false);
        let public = PublicKey::from_ec_point(Curve::P256, point.as_bytes()).expect("a point");
        let made: Signature = key.sign(b"message");
        let text = signature(made.to_der().as_bytes()).expect("a signature");
        assert_eq!((text.len(), verify(&public, b"message", text.as_bytes())), (SIGNATURE_CHARS, Ok(())));
        assert_eq!(verify(&public, b"another", text.as_bytes()), Err(KeyError::Signature));
        for bent in [text.clone() + "=", text[1..].to_owned(), format!("+{}", &text[1..]), " ".repeat(86)] {
            assert_eq!(verify(&public, b"message", bent.as_bytes()), Err(KeyError::Signature), "{bent}");
        }
    }

    #[test]
    fn base64url_is_that_of_rfc_7515() {
        assert_eq!(base64url(&[3, 236, 255, 224, 193]), "A-z_4ME");
    }
}
