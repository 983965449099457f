//! devices.jsonl: a JSON object a line (one certificate each, in plan order), for programs that import devices.

use serde::Serialize;

use super::{
    bundle::{Part, append},
    form::{Form, Item},
    pem,
};
use crate::pki::{certificate::Certificate, fingerprint::hex, plan::without_guard};

/// Its path in the bundle.
const PATH: &str = "jsonl/devices.jsonl";

/// A line: devices.csv's columns under the same names, and the certificate.
#[derive(Serialize)]
struct Line<'a> {
    source: &'a str,
    file: &'a str,
    serial: String,
    subject: &'a str,
    not_before: String,
    not_after: String,
    spki_sha256: String,
    certificate_sha256: String,
    certificate: &'a str,
    chain: &'a str,
}

/// Writes the lines.
#[derive(Debug, Default)]
pub(super) struct DeviceLines {
    /// What a device sends behind its own certificate.
    sent: String,
}

impl Form for DeviceLines {
    fn opening(&mut self, authorities: &[Certificate]) -> Vec<Part> {
        self.sent = text(pem::sent_with_device(authorities));
        vec![append(PATH, Vec::new())]
    }

    fn certificate(&mut self, item: &Item<'_>) -> Vec<Part> {
        let device = item.device;
        let certificate = text(pem::certificate(item.der));
        let subject = device.subject.to_printable();
        let chain = format!("{certificate}{}", self.sent);
        let line = Line {
            // No spreadsheet runs a line of JSON; whoever joins by the name needs it as it is.
            source: without_guard(item.source),
            file: device.file,
            serial: hex(device.serial),
            subject: subject.as_str(),
            not_before: device.not_before.to_string(),
            not_after: device.not_after.to_string(),
            spki_sha256: device.spki_sha256.to_string(),
            certificate_sha256: device.certificate_sha256.to_string(),
            chain: &chain,
            certificate: &certificate,
        };
        // Strings have a JSON form always.
        let mut octets = serde_json::to_vec(&line).unwrap_or_default();
        octets.push(b'\n');
        vec![append(PATH, octets)]
    }
}

/// PEM is ASCII.
fn text(pem: Vec<u8>) -> String {
    String::from_utf8(pem).unwrap_or_default()
}
