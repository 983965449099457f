//! Answers for AWS IoT Core's certificate provider: what its function returns for each event that was carried in.
//!
//! An answer has one key, so it cannot say whose it is; a table beside it does, row by row: the file and the line of the
//! event, and the digest of the public key, which stays the same when a device asks again with a new signature.

use serde_json::json;

use super::{
    aws::line,
    binding::check_authority,
    bundle::{Part, append},
    devices,
    form::{Form, FormatError, Item, Judges},
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

/// The file that a request came from, and its number there, where it has one.
fn place(source: &str) -> (&str, &str) {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit());
    source.rsplit_once('#').filter(|(_, number)| is_number(number)).unwrap_or((source, ""))
}

impl Form for Answers {
    fn check_authorities(&self, authorities: &[Certificate]) -> Result<(), FormatError> {
        check_authority(Platform::Aws, NAME, authorities)
    }

    fn judges(&self) -> Judges {
        Judges::EachCertificate
    }

    fn check_certificate(&self, certificate: &Certificate) -> Result<(), FormatError> {
        let hint = format!("issue it by the profile {NAME}, or deliver without --for {NAME}");
        Platform::Aws.check_device(certificate).map_err(|what| FormatError::impossible(NAME, &what, hint))
    }

    fn opening(&mut self, _: &[Certificate]) -> Vec<Part> {
        let head = devices::line(&["file", "line", "spki_sha256", "certificate_sha256"]);
        vec![append(ANSWERS, Vec::new()), append(INDEX, head)]
    }

    fn certificate(&mut self, item: &Item<'_>) -> Vec<Part> {
        let (file, number) = place(item.source);
        let (key, certificate) = (item.device.spki_sha256, item.device.certificate_sha256);
        let row = [file.to_owned(), number.to_owned(), key.to_string(), certificate.to_string()];
        let answer = json!({ "certificatePem": String::from_utf8_lossy(&pem::certificate(item.der)) });
        vec![append(ANSWERS, line(&answer)), append(INDEX, devices::line(&row))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_an_event_is_told_from_its_file() {
        assert_eq!(place("line 3/events.jsonl#17"), ("line 3/events.jsonl", "17"));
        assert_eq!(place("half#way.csr"), ("half#way.csr", ""));
        assert_eq!(place("one#"), ("one#", ""));
    }
}
