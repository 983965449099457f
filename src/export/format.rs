//! The forms there are: their names, what each is, the room it takes, where its settings and CRLs stand, and what makes it.

use serde::{Deserializer, de::Error as _};
use thiserror::Error;

use super::{
    aws, aws_certificate_provider, azure, azure_adr,
    binding::Binding,
    broker::{Broker, BrokerFiles},
    der_files::DerFiles,
    esp::{Flash, Images},
    esp_at::EspAt,
    esp_nvs::EspNvs,
    esp_secure_cert::EspSecureCert,
    form::{Form, settings},
    jsonl::DeviceLines,
    matter::MatterFiles,
    microchip, pem,
    pkcs7::Pkcs7Files,
    proof::{self, Proof},
    qr::QrCodes,
    tar::{Archive, RECORD_OCTETS},
    trust_store::{Store, TrustStore},
};
use crate::pki::{platform::Platform, text::Printable};

/// Most octets of a picture: the largest code, a bit a dot.
const QR_OCTETS_MAX: u64 = 70_000;

/// A form that certificates are delivered in.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Format {
    /// What Alibaba Cloud IoT Platform takes.
    Alibaba,
    /// What `ApsaraMQ` for MQTT takes.
    ApsaraMq,
    /// What AWS IoT Core takes.
    Aws,
    /// Answers for AWS IoT Core's certificate provider.
    AwsCertificateProvider,
    /// What Azure IoT Hub and its Device Provisioning Service take.
    Azure,
    /// What Azure Device Registry takes below a CA of one's own.
    AzureAdr,
    /// A folder of DER files.
    Der,
    /// A trust store and a configuration for EMQX.
    Emqx,
    /// A folder of PKI images for ESP-AT firmware up to 3.0.
    EspAt,
    /// A folder of NVS images for later ESP-AT firmware.
    EspNvs,
    /// A folder of images for ESP-IDF firmware.
    EspSecureCert,
    /// A trust store and a configuration for `HiveMQ`.
    Hivemq,
    /// What Huawei Cloud `IoTDA` takes.
    Huawei,
    /// A Java trust store.
    Jks,
    /// A file of JSON, a line a certificate.
    JsonLines,
    /// A folder of Matter attestation certificates.
    Matter,
    /// The manifest of Microchip's provisioning.
    Microchip,
    /// A trust store and a configuration for Mosquitto.
    Mosquitto,
    /// PEM files: always there.
    Pem,
    /// A trust store.
    Pkcs12,
    /// A folder of PKCS #7 files, each a certificate and its CAs.
    Pkcs7,
    /// What a platform is shown to prove that the CA's key is held; of verification certificates only.
    Proof(Platform),
    /// A folder of pictures, each a QR code of a certificate.
    Qr,
    /// One file of all certificates and chains.
    Tar,
    /// What Tencent Cloud IoT Hub takes.
    Tencent,
}

/// Why there is no such form.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum FormatError {
    /// The form cannot be made below these CAs, or of one of these certificates.
    #[error("{form}: {what}")]
    Impossible {
        /// Its name.
        form: &'static str,
        /// What is in the way.
        what: String,
        /// What to do.
        hint: String,
    },
    /// No form has this name.
    #[error("{0} is not a form that can be delivered")]
    Unknown(Printable),
}

impl FormatError {
    /// A form that cannot be made.
    pub fn impossible(form: &'static str, what: &impl ToString, hint: impl Into<String>) -> Self {
        Self::Impossible { form, what: what.to_string(), hint: hint.into() }
    }

    /// The same, with one thing more that can be done.
    #[must_use]
    pub fn or_else_do(mut self, more: &str) -> Self {
        if let Self::Impossible { hint, .. } = &mut self {
            hint.push_str(more);
        }
        self
    }

    /// The same, naming the request whose certificate it is.
    pub(super) fn of_request(self, source: &str) -> Self {
        match self {
            Self::Impossible { form, what, hint } => {
                Self::Impossible { form, what: format!("{source}: {what}"), hint }
            }
            unknown @ Self::Unknown(_) => unknown,
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Impossible { hint, .. } => hint.clone(),
            Self::Unknown(_) => {
                let names: Vec<&str> = Format::ALL.iter().map(|format| format.name()).collect();
                format!("choose from: {}", names.join(", "))
            }
        }
    }
}

/// What a form takes of a medium for each certificate, beyond the PEM files.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Room {
    /// Files.
    pub files_each: u64,
    /// Octets.
    pub octets_each: u64,
}

impl Format {
    /// Every form that can be asked for, in the order of their names.
    pub const ALL: &[Self] = &[
        Self::Alibaba,
        Self::ApsaraMq,
        Self::Aws,
        Self::AwsCertificateProvider,
        Self::Azure,
        Self::AzureAdr,
        Self::Der,
        Self::Emqx,
        Self::EspAt,
        Self::EspNvs,
        Self::EspSecureCert,
        Self::Hivemq,
        Self::Huawei,
        Self::Jks,
        Self::JsonLines,
        Self::Matter,
        Self::Microchip,
        Self::Mosquitto,
        Self::Pem,
        Self::Pkcs12,
        Self::Pkcs7,
        Self::Qr,
        Self::Tar,
        Self::Tencent,
    ];

    /// Those that hold CRLs, in the order of their names.
    pub const WITH_CRLS: &[Self] = &[Self::Emqx, Self::Mosquitto];

    /// Its name on the command line, and its folder's.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Alibaba => "alibaba",
            Self::ApsaraMq => "apsaramq",
            Self::Aws => "aws",
            Self::AwsCertificateProvider => aws_certificate_provider::NAME,
            Self::Azure => "azure",
            Self::AzureAdr => "azure-adr",
            Self::Der => "der",
            Self::Emqx => "emqx",
            Self::EspAt => "esp-at",
            Self::EspNvs => "esp-nvs",
            Self::EspSecureCert => "esp-secure-cert",
            Self::Hivemq => "hivemq",
            Self::Huawei => "huawei",
            Self::Jks => "jks",
            Self::JsonLines => "jsonl",
            Self::Matter => "matter",
            Self::Microchip => microchip::NAME,
            Self::Mosquitto => "mosquitto",
            Self::Pem => "pem",
            Self::Pkcs12 => "pkcs12",
            Self::Pkcs7 => "pkcs7",
            Self::Proof(platform) => proof::name(platform),
            Self::Qr => "qr",
            Self::Tar => "tar",
            Self::Tencent => "tencent",
        }
    }

    /// The folder that its files stand in: what it is called where it is asked for, a proof as its platform.
    #[must_use]
    pub fn folder(self) -> &'static str {
        match self {
            Self::Proof(platform) => platform.name(),
            other => other.name(),
        }
    }

    /// What it is, in a few words.
    #[must_use]
    pub fn about(self) -> &'static str {
        match self {
            Self::Alibaba => "chains, serial numbers for Alibaba Cloud IoT",
            Self::ApsaraMq => "chains and serial numbers for ApsaraMQ",
            Self::Aws => "what AWS IoT Core takes",
            Self::AwsCertificateProvider => "answers for AWS IoT's certificate provider",
            Self::Azure => "full chains and an import for Azure IoT",
            Self::AzureAdr => "chains of CAs for Azure Device Registry",
            Self::Der => "a DER file for each certificate",
            Self::Emqx => "the CA and a configuration for EMQX",
            Self::EspAt => "PKI images for ESP-AT up to 3.0",
            Self::EspNvs => "NVS images for ESP-AT from 3.1 on",
            Self::EspSecureCert => "esp_secure_cert images for ESP-IDF",
            Self::Hivemq => "the CA and a configuration for HiveMQ",
            Self::Huawei => "chains and fingerprints for Huawei IoTDA",
            Self::Jks => "a Java trust store of the CAs",
            Self::JsonLines => "a JSON object a line, PEM in it",
            Self::Matter => "PAI and DACs, DER and PEM",
            Self::Microchip => "Microchip's manifest, signed by the audit key",
            Self::Mosquitto => "the CA and a configuration for Mosquitto",
            Self::Pem => "PEM files, in every bundle",
            Self::Pkcs12 => "a PKCS #12 trust store of the CAs",
            Self::Pkcs7 => "each certificate with its CAs as PKCS #7",
            Self::Qr => "a QR code of each certificate as PNG",
            Self::Tar => "all certificates and chains as one file",
            Self::Tencent => "chains and fingerprints for Tencent IoT Hub",
            Self::Proof(_) => "the CA and the verification certificate, as the platform takes them",
        }
    }

    /// The form that a manifest names so: one that can be asked for, or a proof.
    ///
    /// # Errors
    /// [`FormatError::Unknown`].
    pub(super) fn from_manifest(name: &str) -> Result<Self, FormatError> {
        proof::platform(name).map_or_else(|| Self::from_name(name), |platform| Ok(Self::Proof(platform)))
    }

    /// The form of this name, of those that can be asked for.
    ///
    /// # Errors
    /// [`FormatError::Unknown`].
    pub fn from_name(name: &str) -> Result<Self, FormatError> {
        Self::ALL
            .iter()
            .copied()
            .find(|format| format.name() == name)
            .ok_or_else(|| FormatError::Unknown(Printable::with_limit(name, 64)))
    }

    /// What it takes of a medium: for certificates of so many octets of DER, below CAs of so many octets of PEM together.
    pub(super) fn room(self, certificate_octets: u64, chain_octets: u64) -> Room {
        let pem = pem::octets(certificate_octets);
        match self {
            Self::Alibaba | Self::ApsaraMq | Self::Huawei | Self::Tencent => {
                Room { files_each: 1, octets_each: pem + chain_octets + 250 }
            }
            Self::Aws => Room { files_each: 0, octets_each: 2 * (pem + chain_octets) + 1_000 },
            Self::AwsCertificateProvider => Room { files_each: 0, octets_each: 2 * pem + 400 },
            Self::Azure => Room { files_each: 1, octets_each: pem + chain_octets + 300 },
            Self::AzureAdr | Self::Pkcs7 => Room { files_each: 1, octets_each: pem + chain_octets },
            Self::Proof(_) => Room { files_each: 2, octets_each: pem + QR_OCTETS_MAX },
            Self::Der => Room { files_each: 1, octets_each: certificate_octets },
            Self::EspAt => Room { files_each: 1, octets_each: pem + chain_octets + 16 },
            // Its table; how large the partition is, the settings say (`Forms::room`).
            Self::EspNvs => Room { files_each: 2, octets_each: 1_024 },
            Self::EspSecureCert => Room { files_each: 1, octets_each: pem + chain_octets + 144 },
            Self::JsonLines => Room { files_each: 0, octets_each: pem + chain_octets + 1_000 },
            Self::Matter => Room { files_each: 2, octets_each: certificate_octets + pem },
            // Twice in base64, in octets of which four stand for three.
            Self::Microchip => Room { files_each: 0, octets_each: 2 * (pem + chain_octets) + 1_500 },
            Self::Emqx | Self::Hivemq | Self::Jks | Self::Mosquitto | Self::Pem | Self::Pkcs12 => {
                Room::default()
            }
            Self::Qr => Room { files_each: 1, octets_each: QR_OCTETS_MAX },
            // Two heads, and two contents that fill up their records.
            Self::Tar => {
                Room { files_each: 0, octets_each: 2 * pem + chain_octets + 4 * RECORD_OCTETS as u64 }
            }
        }
    }

    /// Where its settings stand in a bundle, where it has any.
    #[must_use]
    pub fn settings_path(self) -> Option<&'static str> {
        match self {
            Self::Aws => Some(aws::SETTINGS),
            Self::Emqx => Some(Broker::Emqx.settings()),
            Self::EspAt => Some(EspAt::SETTINGS),
            Self::EspNvs => Some(EspNvs::SETTINGS),
            Self::EspSecureCert => Some(EspSecureCert::SETTINGS),
            Self::Hivemq => Some(Broker::Hivemq.settings()),
            Self::Jks => Some(Store::Jks.settings()),
            Self::Microchip => Some(microchip::SETTINGS),
            Self::Mosquitto => Some(Broker::Mosquitto.settings()),
            Self::Pkcs12 => Some(Store::Pkcs12.settings()),
            _ => None,
        }
    }

    /// Where its CRLs stand in a bundle, joined as PEM, where it takes any.
    #[must_use]
    pub fn crl_path(self) -> Option<&'static str> {
        match self {
            Self::Emqx => Some("emqx/crl.pem"),
            Self::Mosquitto => Some("mosquitto/crl.pem"),
            _ => None,
        }
    }

    /// The form itself, before its first certificate; `None` for what is in every bundle anyway. Without settings it has
    /// those of an empty section.
    ///
    /// # Errors
    /// What the deserializer says of settings that the form does not take.
    pub(super) fn form<'de, D: Deserializer<'de>>(
        self,
        given: Option<D>,
    ) -> Result<Option<Box<dyn Form>>, D::Error> {
        if given.is_some() && self.settings_path().is_none() {
            return Err(D::Error::custom(format_args!("the form {} has no settings", self.name())));
        }
        let broker = |broker, given| -> Result<Box<dyn Form>, D::Error> {
            Ok(Box::new(BrokerFiles::new(broker, settings(given)?)))
        };
        let store = |store, given| -> Result<Box<dyn Form>, D::Error> {
            Ok(Box::new(TrustStore { store, settings: settings(given)? }))
        };
        Ok(match self {
            Self::Alibaba => Some(Box::new(Binding::alibaba())),
            Self::ApsaraMq => Some(Box::new(Binding::apsaramq())),
            Self::Aws => Some(Box::new(aws::Kit::new(settings(given)?))),
            Self::AwsCertificateProvider => Some(Box::new(aws_certificate_provider::Answers)),
            Self::Azure => Some(Box::<azure::Kit>::default()),
            Self::AzureAdr => Some(Box::<azure_adr::Chains>::default()),
            Self::Der => Some(Box::new(DerFiles)),
            Self::Emqx => Some(broker(Broker::Emqx, given)?),
            Self::EspAt => Some(Box::new(Images::new(settings::<_, EspAt>(given)?))),
            Self::EspNvs => Some(Box::new(Images::new(settings::<_, EspNvs>(given)?))),
            Self::EspSecureCert => Some(Box::new(Images::new(settings::<_, EspSecureCert>(given)?))),
            Self::Hivemq => Some(broker(Broker::Hivemq, given)?),
            Self::Huawei => Some(Box::new(Binding::huawei())),
            Self::Jks => Some(store(Store::Jks, given)?),
            Self::JsonLines => Some(Box::<DeviceLines>::default()),
            Self::Matter => Some(Box::new(MatterFiles)),
            Self::Microchip => Some(Box::new(microchip::Manifest::new(settings(given)?))),
            Self::Mosquitto => Some(broker(Broker::Mosquitto, given)?),
            Self::Pem => None,
            Self::Pkcs12 => Some(store(Store::Pkcs12, given)?),
            Self::Pkcs7 => Some(Box::<Pkcs7Files>::default()),
            Self::Proof(platform) => Some(Box::new(Proof(platform))),
            Self::Qr => Some(Box::new(QrCodes)),
            Self::Tar => Some(Box::<Archive>::default()),
            Self::Tencent => Some(Box::new(Binding::tencent())),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_form_is_told_what_there_is() {
        for format in Format::ALL {
            assert_eq!(Format::from_name(format.name()), Ok(*format));
        }
        let error = Format::from_name("p\u{1b}fx").unwrap_err();
        assert_eq!(error.to_string(), "p\\u{1b}fx is not a form that can be delivered");
        assert_eq!(
            error.hint(),
            "choose from: alibaba, apsaramq, aws, aws-certificate-provider, azure, azure-adr, der, emqx, esp-at, \
             esp-nvs, esp-secure-cert, hivemq, huawei, jks, jsonl, matter, microchip, mosquitto, pem, pkcs12, \
             pkcs7, qr, tar, tencent"
        );
    }

    #[test]
    fn forms_stand_in_the_order_of_their_names() {
        assert!(Format::ALL.is_sorted_by_key(|format| format.name()));
        assert!(Format::ALL.iter().filter(|format| format.crl_path().is_some()).eq(Format::WITH_CRLS));
    }
}
