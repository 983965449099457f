//! Platforms that bind a device by what its certificate is: Alibaba Cloud by its serial number, Huawei Cloud and Tencent
//! Cloud by its fingerprint. Each takes the CA, the certificates with their CAs, and a table.

use super::{
    bundle::{Part, append, file},
    devices::{cell, line},
    form::{Form, Item, Judges},
    format::FormatError,
    pem,
};
use crate::pki::{
    certificate::Certificate,
    fingerprint::{hex, sha1_hex},
    name::Name,
    platform::Platform,
};

/// What the table says besides the device and its file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Columns {
    /// The certificate's fingerprints.
    Fingerprints,
    /// The certificate's serial number.
    SerialNumber,
}

/// The kit of one platform.
#[derive(Debug)]
pub(super) struct Binding {
    platform: Platform,
    columns: Columns,
    table: &'static str,
    /// What a device sends behind its own certificate.
    sent: Vec<u8>,
}

impl Binding {
    /// Alibaba Cloud IoT Platform.
    pub(super) fn alibaba() -> Self {
        Self::of(Platform::Alibaba, Columns::SerialNumber, "alibaba/devices.csv")
    }

    /// `ApsaraMQ` for MQTT.
    pub(super) fn apsaramq() -> Self {
        Self::of(Platform::ApsaraMq, Columns::SerialNumber, "apsaramq/devices.csv")
    }

    /// Huawei Cloud `IoTDA`.
    pub(super) fn huawei() -> Self {
        Self::of(Platform::Huawei, Columns::Fingerprints, "huawei/devices.csv")
    }

    /// Tencent Cloud IoT Hub.
    pub(super) fn tencent() -> Self {
        Self::of(Platform::Tencent, Columns::Fingerprints, "tencent/devices.csv")
    }

    fn of(platform: Platform, columns: Columns, table: &'static str) -> Self {
        Self { platform, columns, table, sent: Vec::new() }
    }

    /// What is in the way of one certificate.
    fn obstacle(&self, certificate: &Certificate) -> Result<(), String> {
        let name = device_name(certificate.subject())?;
        let named = self.platform.check_device_name(&name);
        named.and_then(|()| self.platform.check_device(certificate)).map_err(|error| error.to_string())
    }
}

/// The device's name: the only common name of its certificate.
pub(super) fn device_name(subject: &Name) -> Result<String, String> {
    <[String; 1]>::try_from(subject.common_names())
        .map(|[name]| name)
        .map_err(|names| format!("a device is named by the one CN of its subject, which has {}", names.len()))
}

/// What to do about one certificate that a form does not take: no profile changes its key or its name.
pub(super) fn others_apart(form: &str) -> String {
    format!(
        "key and name are in the certificate: issue the other devices as a batch of their own, or leave the form \
         {form} out"
    )
}

/// Why a form cannot be made below a CA that its platform does not take.
pub(super) fn check_authority(
    platform: Platform,
    form: &'static str,
    authorities: &[Certificate],
) -> Result<(), FormatError> {
    let Some(ca) = authorities.first() else { return Ok(()) };
    platform.check_authority(ca).map_err(|error| FormatError::Impossible {
        form,
        what: error.to_string(),
        hint: format!("issue by a CA that it takes, or leave the form {form} out"),
    })
}

impl Form for Binding {
    fn check_authorities(&self, authorities: &[Certificate]) -> Result<(), FormatError> {
        check_authority(self.platform, self.platform.name(), authorities)
    }

    fn judges(&self) -> Judges {
        Judges::EachCertificate
    }

    fn check_certificate(&self, certificate: &Certificate) -> Result<(), FormatError> {
        let form = self.platform.name();
        self.obstacle(certificate).map_err(|what| FormatError::impossible(form, &what, others_apart(form)))
    }

    fn device_name(&self, certificate: &Certificate) -> Option<String> {
        device_name(certificate.subject()).ok()
    }

    fn opening(&mut self, authorities: &[Certificate]) -> Vec<Part> {
        self.sent = pem::sent_with_device(authorities);
        let ca = format!("{}/ca.{}", self.platform.name(), self.platform.extension());
        let head = match self.columns {
            Columns::Fingerprints => line(&["DeviceName", "SHA1", "SHA256", "file"]),
            Columns::SerialNumber => line(&["DeviceName", "SN", "file"]),
        };
        vec![file(&ca, pem::certificates(authorities.first())), append(self.table, head)]
    }

    fn certificate(&mut self, item: &Item<'_>) -> Vec<Part> {
        let chain = [pem::certificate(item.der), self.sent.clone()].concat();
        let path = item.place.below(self.platform.name(), self.platform.extension());
        // Asked before anything was signed or written; a bundle that lies is compared with this.
        let name = cell(&device_name(item.device.subject).unwrap_or_default());
        let row = match self.columns {
            Columns::Fingerprints => {
                let sha256 = item.device.certificate_sha256.to_string();
                line(&[name, sha1_hex(item.der), sha256, path.clone()])
            }
            Columns::SerialNumber => line(&[name, hex(item.device.serial), path.clone()]),
        };
        vec![append(self.table, row), file(&path, chain)]
    }
}
