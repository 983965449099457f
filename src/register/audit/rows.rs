//! One planned certificate and its issue, judged from its octets alone.

use rusqlite::Row;

use super::super::{digest_of, error::Error, issued::algorithm, journal, plan::recorded};
use super::plans::PlanContext;
use crate::pki::{
    certificate::{Certificate, join},
    fingerprint::Digest,
    request::ParsedRequest,
    time::Time,
};

pub(super) struct AuditRow {
    pub(super) key: i64,
    pub(super) index: u64,
    serial: Vec<u8>,
    pub(super) spki_sha256: Digest,
    not_before: Time,
    not_after: Time,
    subject: Vec<u8>,
    subject_sha256: Digest,
    notes: String,
    pub(super) source: String,
    request_sha256: Option<Digest>,
    tbs_sha256: Digest,
    pub(super) tbs: Vec<u8>,
    request: Option<Vec<u8>>,
    pub(super) issued: Option<IssuedPart>,
}

pub(super) struct IssuedPart {
    certificate_sha256: Digest,
    signature: Vec<u8>,
    pub(super) entry: i64,
}

impl AuditRow {
    pub(super) fn read(row: &Row<'_>) -> Result<Self, Error> {
        let issued = match row.get::<_, Option<[u8; 32]>>(11)? {
            None => None,
            Some(digest) => Some(IssuedPart {
                certificate_sha256: digest_of(digest),
                signature: row.get(12)?,
                entry: row.get(13)?,
            }),
        };
        Ok(Self {
            key: row.get(14)?,
            index: journal::number(row.get(0)?)?,
            serial: row.get(1)?,
            spki_sha256: digest_of(row.get(2)?),
            not_before: journal::time(row.get(3)?)?,
            not_after: journal::time(row.get(4)?)?,
            subject: row.get(5)?,
            subject_sha256: digest_of(row.get(15)?),
            notes: row.get(6)?,
            source: row.get(16)?,
            request_sha256: row.get::<_, Option<[u8; 32]>>(7)?.map(digest_of),
            tbs_sha256: digest_of(row.get(8)?),
            tbs: row.get(9)?,
            request: row.get(10)?,
            issued,
        })
    }

    pub(super) fn faults(&self, context: &PlanContext) -> Vec<(&'static str, u64, String)> {
        let mut faults = Vec::new();
        let mut fault = |id, message: String| faults.push((id, self.index, message));
        if Digest::of(&self.tbs) != self.tbs_sha256 {
            fault("tbs", "the planned octets do not have their digest".to_owned());
        }
        if self.request.as_deref().map(Digest::of) != self.request_sha256 {
            fault("request", "the request does not have its digest".to_owned());
        }
        if recorded(&self.notes).is_err() {
            fault("notes", "the notes cannot be read".to_owned());
        }
        if let Some(request) = &self.request {
            match ParsedRequest::parse(request).and_then(ParsedRequest::verify_possession) {
                Err(_) => fault("possession", "the request does not prove possession".to_owned()),
                Ok(request) if request.public_key().spki_sha256() != self.spki_sha256 => {
                    fault("request", "the request is for another key".to_owned());
                }
                Ok(_) => {}
            }
        }
        match algorithm(&self.tbs) {
            Err(error) => fault("tbs", error.to_string()),
            Ok(algorithm) => {
                // Planned octets are read as a certificate; without a signature one octet stands in its place.
                let signature = self.issued.as_ref().map_or(&[0][..], |issued| &issued.signature);
                let der = join(&self.tbs, algorithm, signature);
                match Certificate::parse(&der) {
                    Err(error) => fault("tbs", error.to_string()),
                    Ok(certificate) => self.fields(&certificate, context, &mut fault),
                }
                if let Some(issued) = &self.issued {
                    if Digest::of(&der) != issued.certificate_sha256 {
                        fault("certificate", "the certificate does not have its digest".to_owned());
                    }
                    if context.key.verify(algorithm, &self.tbs, &issued.signature).is_err() {
                        fault(
                            "signature",
                            "the signature does not verify with the authority's key".to_owned(),
                        );
                    }
                }
            }
        }
        faults
    }

    /// The columns that lists and searches show say what the octets say.
    fn fields(
        &self,
        certificate: &Certificate,
        context: &PlanContext,
        fault: &mut impl FnMut(&'static str, String),
    ) {
        let issuer = context.issuer.as_ref().map_or(certificate.subject(), Certificate::subject);
        for (same, column) in [
            (certificate.serial() == self.serial, "serial number"),
            (certificate.subject().der() == self.subject, "subject"),
            (certificate.subject().matching_sha256() == self.subject_sha256, "subject's digest"),
            (certificate.not_before() == self.not_before, "notBefore"),
            (certificate.not_after() == self.not_after, "notAfter"),
            (certificate.public_key().spki_sha256() == self.spki_sha256, "key"),
            (certificate.issuer() == issuer, "issuer"),
        ] {
            if !same {
                fault("fields", format!("the {column} is not that of the planned octets"));
            }
        }
    }
}
