//! The fields of a certificate out of strict DER (RFC 5280 §4.1).

use crate::pki::{
    der::{Reader, tag},
    key::{PublicKey, SignatureAlgorithm},
    name::Name,
    profile::KEY_CERT_SIGN,
    time::Time,
};

use super::{CERTIFICATE_OCTETS_MAX, Certificate, CertificateError, extensions};

/// RFC 5280 §4.1.2.2: at most 20 octets.
const SERIAL_OCTETS_MAX: usize = 20;

pub(super) fn certificate(der: &[u8]) -> Result<Certificate, CertificateError> {
    if der.len() > CERTIFICATE_OCTETS_MAX {
        return Err(malformed(&format!("{} octets are more than {CERTIFICATE_OCTETS_MAX}", der.len())));
    }
    let mut outer = Reader::new(der);
    let mut parts = outer.sequence("Certificate")?;
    outer.finish("the certificate")?;
    let tbs = parts.expect(tag::SEQUENCE, "tbsCertificate")?;
    let algorithm = parts.expect(tag::SEQUENCE, "signatureAlgorithm")?.whole;
    let signature = parts.bit_string_octets("signatureValue")?.to_vec();
    parts.finish("signatureValue")?;

    let mut fields = tbs.reader();
    version(&mut fields)?;
    let serial = serial(&mut fields)?;
    // RFC 5280 §4.1.1.2: the signed and the unsigned AlgorithmIdentifier are the same; else one could be exchanged.
    if fields.expect(tag::SEQUENCE, "signature")?.whole != algorithm {
        return Err(malformed("its two signature algorithms differ"));
    }
    let signature_algorithm = SignatureAlgorithm::from_der(algorithm)
        .ok_or_else(|| CertificateError::Unsupported("the certificate's signature algorithm".into()))?;
    let issuer = Name::parse(fields.expect(tag::SEQUENCE, "issuer")?.whole)?;
    if issuer.is_empty() {
        return Err(malformed("its issuer is empty"));
    }
    let mut validity = fields.sequence("validity")?;
    let not_before = time(&mut validity, "notBefore")?;
    let not_after = time(&mut validity, "notAfter")?;
    validity.finish("notAfter")?;
    if not_after < not_before {
        return Err(malformed("it ends before it begins"));
    }
    let subject = Name::parse(fields.expect(tag::SEQUENCE, "subject")?.whole)?;
    let public_key = PublicKey::from_spki(fields.expect(tag::SEQUENCE, "subjectPublicKeyInfo")?.whole)?;
    // No unique identifiers (RFC 5280 §4.1.2.8: conforming CAs make none): the next element is extensions, or nothing.
    let extensions = extensions::read(&mut fields)?;
    fields.finish("extensions")?;
    check_authority(&extensions)?;
    if extensions.is_ca && subject.is_empty() {
        return Err(malformed("it is a CA without a name"));
    }
    // RFC 5280 §4.1.2.6.
    if subject.is_empty() && !(extensions.subject_alt_name.is_some() && extensions.subject_alt_name_critical)
    {
        return Err(malformed("it has neither a subject nor a critical subjectAltName in its place"));
    }
    let start = tbs.at;
    Ok(Certificate {
        der: der.to_vec(),
        tbs: start..start + tbs.whole.len(),
        serial,
        issuer,
        subject,
        not_before,
        not_after,
        public_key,
        signature_algorithm,
        signature,
        extensions,
    })
}

/// What only a CA may say (RFC 5280 §4.2.1.9, §4.2.1.10): other software could take it at its word.
fn check_authority(extensions: &extensions::Extensions) -> Result<(), CertificateError> {
    if extensions.is_ca {
        return Ok(());
    }
    if extensions.key_usage.is_some_and(|bits| bits & KEY_CERT_SIGN != 0) {
        return Err(malformed("its keyUsage has keyCertSign, but it is not a CA"));
    }
    if !extensions.name_constraints.is_empty() {
        return Err(malformed("it constrains names, but it is not a CA"));
    }
    Ok(())
}

/// Only v3(2): a v1 certificate says nothing of being a CA, and a root without basicConstraints limits nobody.
fn version(fields: &mut Reader<'_>) -> Result<(), CertificateError> {
    let Some(explicit) = fields.optional(tag::context_constructed(0))? else {
        return Err(CertificateError::Unsupported("a certificate of version 1".into()));
    };
    let mut inner = explicit.reader();
    let version = inner.integer("version")?;
    inner.finish("version")?;
    match version {
        [2] => Ok(()),
        _ => Err(CertificateError::Unsupported("a certificate that is not of version 3".into())),
    }
}

/// RFC 5280 §4.1.2.2. Zero is taken: old roots have it, and users are asked to be prepared for it.
fn serial(fields: &mut Reader<'_>) -> Result<Vec<u8>, CertificateError> {
    let serial = fields.integer("serialNumber")?;
    if serial[0] & 0x80 != 0 {
        return Err(malformed("its serial number is negative"));
    }
    if serial.len() > SERIAL_OCTETS_MAX {
        return Err(malformed("its serial number has more than 20 octets"));
    }
    Ok(serial.to_vec())
}

/// notAfter of a `TBSCertificate`, whose other fields are passed over.
pub(super) fn tbs_end(tbs: &[u8]) -> Result<Time, CertificateError> {
    let mut fields = Reader::new(tbs).sequence("TBSCertificate")?;
    version(&mut fields)?;
    serial(&mut fields)?;
    fields.expect(tag::SEQUENCE, "signature")?;
    fields.expect(tag::SEQUENCE, "issuer")?;
    let mut validity = fields.sequence("validity")?;
    time(&mut validity, "notBefore")?;
    time(&mut validity, "notAfter")
}

/// RFC 5280 §4.1.2.5: through 2049 a `UTCTime` `YYMMDDHHMMSSZ`, from 2050 a `GeneralizedTime` `YYYYMMDDHHMMSSZ`.
pub(in crate::pki) fn time(validity: &mut Reader<'_>, noun: &'static str) -> Result<Time, CertificateError> {
    let element = validity.any()?;
    let wrong = || malformed(&format!("its {noun} is not a time as RFC 5280 writes it"));
    let digits = element.content.strip_suffix(b"Z").ok_or_else(wrong)?;
    if !digits.iter().all(u8::is_ascii_digit) {
        return Err(wrong());
    }
    let number =
        |octets: &[u8]| octets.iter().fold(0_u32, |value, digit| value * 10 + u32::from(digit - b'0'));
    let (year, rest) = match (element.tag, digits.len()) {
        (tag::UTC_TIME, 12) => {
            let year = number(&digits[..2]);
            (if year < 50 { 2000 + year } else { 1900 + year }, &digits[2..])
        }
        (tag::GENERALIZED_TIME, 14) => {
            let year = number(&digits[..4]);
            if year < 2050 {
                return Err(wrong());
            }
            (year, &digits[4..])
        }
        _ => return Err(wrong()),
    };
    let [month, day, hour, minute, second] = [0, 2, 4, 6, 8].map(|at| number(&rest[at..at + 2]));
    Time::from_civil(i64::from(year), month, day, hour, minute, second).ok_or_else(wrong)
}

pub(super) fn malformed(what: &str) -> CertificateError {
    CertificateError::Malformed(what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::der;

    fn check(tag: u8, text: &str, expected: Option<&str>) {
        let octets = der::element(tag, text.as_bytes());
        let found = time(&mut Reader::new(&octets), "notAfter").ok().map(|time| time.to_string());
        assert_eq!(found.as_deref(), expected, "{text}");
    }

    #[test]
    fn reads_a_time_in_the_one_form_of_rfc_5280() {
        check(tag::UTC_TIME, "491231235959Z", Some("2049-12-31T23:59:59Z"));
        check(tag::UTC_TIME, "500101000000Z", Some("1950-01-01T00:00:00Z"));
        check(tag::GENERALIZED_TIME, "20500101000000Z", Some("2050-01-01T00:00:00Z"));
        check(tag::GENERALIZED_TIME, "99991231235959Z", Some("9999-12-31T23:59:59Z"));
        check(tag::GENERALIZED_TIME, "20491231235959Z", None);
        check(tag::UTC_TIME, "4912312359Z", None);
        check(tag::UTC_TIME, "491231235959+0000", None);
        check(tag::UTC_TIME, "490230000000Z", None);
        check(tag::UTC_TIME, "49123123595 Z", None);
        check(tag::GENERALIZED_TIME, "20500101000000.5Z", None);
        check(tag::UTF8_STRING, "491231235959Z", None);
        check(tag::UTC_TIME, "", None);
    }
}
