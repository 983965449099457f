//! What Azure takes: every certificate with all its CAs, an enrolment group for the Device Provisioning Service, and lines
//! for a bulk import into an IoT Hub.

use serde_json::json;

use super::{
    binding::{check_authority, device_name, others_apart},
    bundle::{Part, append, file},
    form::{Form, Item, Judges},
    format::FormatError,
    pem,
};
use crate::pki::{certificate::Certificate, platform::Platform, text::Printable};

/// Its name, and its folder's.
const NAME: &str = "azure";
/// A line a device, in the blob that `importDevices` reads.
const DEVICES: &str = "azure/devices.txt";
/// Most characters of a registration id that comes from a certificate.
const REGISTRATION_ID_CHARS_MAX: usize = 64;

/// The kit for a batch of devices.
#[derive(Debug, Default)]
pub(super) struct Kit {
    /// All CAs, the issuing one first, the root too: which of them is proved there is not known here.
    authorities: Vec<u8>,
}

/// The registration id, which becomes the device's id: ASCII letters and digits, `-`, `.`, `_`, `:`; the last a letter,
/// a digit or `-`.
fn registration_id(certificate: &Certificate) -> Result<String, String> {
    let name = device_name(certificate.subject())?;
    let plain = |octet: u8| octet.is_ascii_alphanumeric() || b"-._:".contains(&octet);
    let ends = name.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '-');
    if name.len() <= REGISTRATION_ID_CHARS_MAX && ends && name.bytes().all(plain) {
        return Ok(name);
    }
    Err(format!("{} cannot be a registration id", Printable::new(&name)))
}

/// What is in the way of one certificate.
fn obstacle(certificate: &Certificate) -> Result<(), String> {
    if certificate.is_ca() {
        return Err("it is a CA's, and Azure takes end entities for devices".to_owned());
    }
    Platform::Azure.check_device(certificate).map_err(|error| error.to_string())?;
    registration_id(certificate).map(|_| ())
}

impl Form for Kit {
    fn check_authorities(&self, authorities: &[Certificate]) -> Result<(), FormatError> {
        check_authority(Platform::Azure, NAME, authorities)
    }

    fn judges(&self) -> Judges {
        Judges::EachCertificate
    }

    fn check_certificate(&self, certificate: &Certificate) -> Result<(), FormatError> {
        obstacle(certificate).map_err(|what| FormatError::impossible(NAME, &what, others_apart(NAME)))
    }

    /// Registration ids and device ids are the same in any case.
    fn device_name(&self, certificate: &Certificate) -> Option<String> {
        device_name(certificate.subject()).ok().map(|name| name.to_ascii_lowercase())
    }

    fn opening(&mut self, authorities: &[Certificate]) -> Vec<Part> {
        self.authorities = pem::certificates(authorities);
        let Some(ca) = authorities.first() else { return Vec::new() };
        let octets = pem::certificate(ca.der());
        // Group ids have the characters of registration ids; this one names the same CA anywhere.
        let id = format!("ca-{}", &ca.sha256().to_string()[..32]);
        let group = json!({
            "enrollmentGroupId": id,
            "attestation": {
                "type": "x509",
                "x509": { "signingCertificates": { "primary": { "certificate": String::from_utf8_lossy(&octets) } } },
            },
            "provisioningStatus": "enabled",
        });
        vec![
            file("azure/ca.pem", octets),
            file("azure/enrollment-group.json", format!("{group:#}\n").into_bytes()),
            append(DEVICES, Vec::new()),
        ]
    }

    fn certificate(&mut self, item: &Item<'_>) -> Vec<Part> {
        // Asked before anything was signed or written; a bundle that lies is compared with this.
        let id = device_name(item.device.subject).unwrap_or_default();
        let thumbprint = item.device.certificate_sha256.to_string().to_uppercase();
        let line = json!({
            "id": id,
            "importMode": "createOrUpdate",
            "status": "enabled",
            "authentication": { "type": "selfSigned", "x509Thumbprint": { "primaryThumbprint": thumbprint } },
        });
        let chain = [pem::certificate(item.der), self.authorities.clone()].concat();
        vec![append(DEVICES, format!("{line}\n").into_bytes()), file(&item.place.below(NAME, "pem"), chain)]
    }
}
