//! The manifest that Microchip's provisioning has of secure elements: a list of JSON Web Signatures, one a device, each by
//! the audit key (`TrustPlatform_manifest_file_format`, Microchip 2019).
//!
//! Who reads it wants the signing key as a certificate. The audit key signs no certificates, so its own has no signature
//! (RFC 9925): it is a form of the key, and is trusted as the key is, by comparing its digest with the one told at the
//! delivery.

mod log_signer;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    binding::{device_name, others_apart},
    bundle::{Part, append, file},
    form::{Form, FormSettings, Item, Judges, settings_file},
    format::FormatError,
    pem,
};
use crate::pki::{
    certificate::Certificate,
    fingerprint::Digest,
    jws::{self, base64, base64url},
    key::{Curve, KeyAlgorithm, PublicKey},
};

/// Its name, and its folder's.
pub(super) const NAME: &str = "microchip";
/// The settings.
pub(super) const SETTINGS: &str = "microchip/settings.json";
/// The list.
const MANIFEST: &str = "microchip/manifest.json";

/// An organisation that had a hand in the device.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Organization {
    name: String,
    unit: String,
}

/// The section.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Settings {
    model: String,
    part_number: String,
    manufacturer: Organization,
    provisioner: Organization,
    distributor: Organization,
}

impl FormSettings for Settings {}

/// The manifest of a batch of devices.
#[derive(Debug)]
pub(super) struct Manifest {
    settings: Settings,
    /// The certificate of the audit key, DER.
    log_signer: Vec<u8>,
    /// What every signature covers of its header, base64url.
    protected: String,
    /// The CAs that stand behind a device's certificate, base64.
    sent: Vec<String>,
    /// What stands before the next entry.
    separator: &'static str,
}

impl Manifest {
    pub(super) fn new(settings: Settings) -> Self {
        let (log_signer, protected, sent) = Default::default();
        Self { settings, log_signer, protected, sent, separator: "\n" }
    }

    fn payload(&self, item: &Item<'_>, id: &str, key: &PublicKey) -> Value {
        let of =
            |one: &Organization| json!({ "organizationName": one.name, "organizationalUnitName": one.unit });
        // 0x04, then the two coordinates (RFC 5480 §2.2).
        let (x, y) = key.subject_public_key().get(1..).unwrap_or_default().split_at(32);
        let chain: Vec<String> = std::iter::once(base64(item.der)).chain(self.sent.iter().cloned()).collect();
        json!({
            "version": 1,
            "model": self.settings.model,
            "partNumber": self.settings.part_number,
            "manufacturer": of(&self.settings.manufacturer),
            "provisioner": of(&self.settings.provisioner),
            "distributor": of(&self.settings.distributor),
            "uniqueId": id,
            "provisioningTimestamp": item.device.not_before.to_string(),
            "publicKeySet": { "keys": [{
                "kid": "0", "kty": "EC", "crv": "P-256", "x": base64url(x), "y": base64url(y), "x5c": chain,
            }] },
        })
    }
}

/// What is in the way of one certificate.
fn obstacle(certificate: &Certificate) -> Result<(), String> {
    device_name(certificate.subject())?;
    match certificate.public_key().algorithm() {
        KeyAlgorithm::Ec(Curve::P256) => Ok(()),
        key => Err(format!("Microchip's manifest has no device with a key of {key}")),
    }
}

impl Form for Manifest {
    fn check_audit_key(&self, audit_key: &PublicKey) -> Result<(), FormatError> {
        jws::check_key(audit_key).map_err(|error| {
            FormatError::impossible(
                NAME,
                &error,
                format!("leave the form {NAME} out: its manifest is signed by the audit key"),
            )
        })
    }

    fn judges(&self) -> Judges {
        Judges::EachCertificate
    }

    fn check_certificate(&self, certificate: &Certificate) -> Result<(), FormatError> {
        obstacle(certificate).map_err(|what| FormatError::impossible(NAME, &what, others_apart(NAME)))
    }

    fn device_name(&self, certificate: &Certificate) -> Option<String> {
        device_name(certificate.subject()).ok()
    }

    fn audited(&mut self, audit_key: &PublicKey) {
        self.log_signer = log_signer::certificate(audit_key);
        let header = json!({
            "typ": "JWT",
            "alg": "ES256",
            "kid": base64url(&audit_key.key_identifier()),
            "x5t#S256": base64url(Digest::of(&self.log_signer).as_octets()),
        });
        self.protected = base64url(header.to_string().as_bytes());
    }

    fn opening(&mut self, authorities: &[Certificate]) -> Vec<Part> {
        self.sent = pem::sent(authorities).iter().map(|one| base64(one.der())).collect();
        vec![
            settings_file(SETTINGS, &self.settings),
            file("microchip/log-signer.pem", pem::certificate(&self.log_signer)),
            append(MANIFEST, b"[".to_vec()),
        ]
    }

    fn certificate(&mut self, item: &Item<'_>) -> Vec<Part> {
        // Both were asked before anything was signed or written; a bundle that lies is compared with this.
        let id = device_name(item.device.subject).unwrap_or_default();
        let Ok(certificate) = Certificate::parse(item.der) else { return Vec::new() };
        if obstacle(&certificate).is_err() {
            return Vec::new();
        }
        let payload = self.payload(item, &id, certificate.public_key());
        let payload = base64url(payload.to_string().as_bytes());
        let header = json!({ "uniqueId": id });
        let separator = std::mem::replace(&mut self.separator, ",\n");
        let protected = &self.protected;
        let before = format!(
            "{separator}{{\"header\":{header},\"payload\":\"{payload}\",\"protected\":\"{protected}\",\"signature\":\""
        );
        vec![Part::Signed {
            path: MANIFEST,
            before: before.into_bytes(),
            message: format!("{protected}.{payload}").into_bytes(),
            after: b"\"}",
        }]
    }

    fn closing(&mut self) -> Vec<Part> {
        vec![append(MANIFEST, b"\n]\n".to_vec())]
    }
}
