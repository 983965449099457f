//! Answers for AWS IoT Core's certificate provider: what its function returns for each event that was carried in.
//!
//! An answer has one key, so it cannot say whose it is; a table beside it does, row by row: the file and the line of the
//! event, and the digest of the public key, which stays the same when a device asks again with a new signature.

use serde_json::json;

use super::{
    aws::line,
    binding::{check_authority, others_apart},
    bundle::{Part, append},
    devices,
    form::{Form, Item, Judges},
    format::FormatError,
    names::numbered,
    pem,
};
use crate::pki::{certificate::Certificate, platform::Platform};

/// Its name, and its folder's.
pub(super) const NAME: &str = "aws-certificate-provider";
/// A line for each event that got a certificate, in the order of the events.
const ANSWERS: &str = "aws-certificate-provider/answers.jsonl";
/// Which event a line of [`ANSWERS`] answers, row by row.
const INDEX: &str = "aws-certificate-provider/index.csv";

/// Writes answers.
#[derive(Debug)]
pub(super) struct Answers;

impl Form for Answers {
    fn check_authorities(&self, authorities: &[Certificate]) -> Result<(), FormatError> {
        check_authority(Platform::Aws, NAME, authorities)
    }

    fn judges(&self) -> Judges {
        Judges::EachCertificate
    }

    fn check_certificate(&self, certificate: &Certificate) -> Result<(), FormatError> {
        Platform::Aws
            .check_device(certificate)
            .map_err(|what| FormatError::impossible(NAME, &what, others_apart(NAME)))
    }

    fn opening(&mut self, _: &[Certificate]) -> Vec<Part> {
        let head = devices::line(&["file", "line", "spki_sha256", "certificate_sha256"]);
        vec![append(ANSWERS, Vec::new()), append(INDEX, head)]
    }

    fn certificate(&mut self, item: &Item<'_>) -> Vec<Part> {
        let (file, number) = numbered(item.source);
        let (key, certificate) = (item.device.spki_sha256, item.device.certificate_sha256);
        let row = [
            file.to_owned(),
            number.unwrap_or_default().to_owned(),
            key.to_string(),
            certificate.to_string(),
        ];
        let answer = json!({ "certificatePem": String::from_utf8_lossy(&pem::certificate(item.der)) });
        vec![append(ANSWERS, line(&answer)), append(INDEX, devices::line(&row))]
    }
}
