//! Platforms that take a CA from whoever proves to hold its key, and the rules that each is known to refuse by.
//!
//! A platform shows a code; the CA signs a verification certificate with that code as its only common name. What is
//! not known of a platform is not guessed: its codes are opaque then, and its rules are fewer.

use thiserror::Error;

use super::{
    certificate::Certificate,
    key::{KeyAlgorithm, SignatureAlgorithm},
    name::{Name, NameError},
    text::{Printable, counted},
};

/// Shortest RSA modulus that platforms take, in bits.
const RSA_BITS_MIN: u32 = 2048;

/// Longest life of a verification certificate, in seconds: it is signed by the CA that devices chain to, and platforms
/// look at it once, within a day or a week.
const VALIDITY_SECONDS_MAX: i64 = 31 * 86_400;

/// A platform that registers a CA against a verification certificate.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Platform {
    /// Alibaba Cloud IoT Platform.
    Alibaba,
    /// `ApsaraMQ` for MQTT, of Alibaba Cloud.
    ApsaraMq,
    /// AWS IoT Core.
    Aws,
    /// Azure IoT Hub and Device Provisioning Service.
    Azure,
    /// Huawei Cloud `IoTDA`.
    Huawei,
    /// Tencent Cloud IoT Hub.
    Tencent,
}

/// What codes a platform gives.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Codes {
    /// So many hexadecimal digits.
    Hexadecimal(usize),
    /// Their form is not documented: whatever can be a common name.
    Opaque,
}

/// What keys of a CA a platform takes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Keys {
    /// RSA alone, because device certificates must be signed with it.
    Rsa,
    /// RSA, and P-256, P-384 or P-521.
    RsaOrEc,
}

/// What is known of a platform.
struct Rules {
    name: &'static str,
    title: &'static str,
    codes: Codes,
    keys: Keys,
    /// Extension of its certificate files: all of them take PEM.
    extension: &'static str,
    /// Most CAs of one account with the same subject.
    same_subject_max: Option<usize>,
    /// What names of devices it takes; nothing is known of the others'.
    device_names: Option<DeviceNames>,
}

/// Names of devices that a platform takes.
#[derive(Clone, Copy, Debug)]
struct DeviceNames {
    /// Most octets of one.
    octets_max: usize,
    /// What may stand in one besides ASCII letters and digits.
    others: &'static [u8],
}

/// Why a platform would refuse.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum PlatformError {
    /// The code cannot be a common name.
    #[error("the code cannot be a common name: {0}")]
    CommonName(#[source] NameError),
    /// The platform does not give such codes.
    #[error("{title} registration codes have {digits} hexadecimal digits; this one has {characters}{other}")]
    Code {
        /// The platform.
        title: &'static str,
        /// How many digits its codes have.
        digits: usize,
        /// How many characters this one has, in words.
        characters: String,
        /// Words for a code with other characters in it.
        other: &'static str,
    },
    /// It has no device of such a name.
    #[error("{title} has no device named {name}")]
    DeviceName {
        /// The platform.
        title: &'static str,
        /// The name.
        name: Printable,
    },
    /// It does not take a device with such a key.
    #[error("{title} takes no device with a key of {key}")]
    DeviceKey {
        /// The platform.
        title: &'static str,
        /// What the device's key is.
        key: KeyAlgorithm,
    },
    /// It does not take a CA with such a key.
    #[error("{title} takes {taken} only; this CA is {key}")]
    Key {
        /// The platform.
        title: &'static str,
        /// What it takes.
        taken: &'static str,
        /// What the CA's key is.
        key: KeyAlgorithm,
    },
    /// The verification certificate would live too long.
    #[error("a proof lives 31 days at most; by the profile this one would live {days} days")]
    Life {
        /// How long it would live, in days.
        days: i64,
    },
    /// Nothing was typed.
    #[error("there is no code yet")]
    NoCode,
    /// Too many CAs have this subject.
    #[error(
        "{title} takes at most {max} CAs of one account with the same subject; {count} of this home have it"
    )]
    SameSubject {
        /// The platform.
        title: &'static str,
        /// How many it takes.
        max: usize,
        /// How many there are.
        count: usize,
    },
    /// The CA, the verification certificate or a device's is signed in a way that the platform does not take.
    #[error("{title} takes PKCS #1 v1.5 and ECDSA signatures only; {noun} is signed by another scheme")]
    Signature {
        /// The platform.
        title: &'static str,
        /// Which certificate.
        noun: &'static str,
    },
}

impl PlatformError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Code { .. } => {
                "give it as aws iot get-registration-code shows it, without blanks or line ends"
            }
            Self::CommonName(_) | Self::NoCode => "type it exactly as the platform shows it",
            Self::DeviceName { .. } => "name devices as the platform takes it: docs/PLATFORMS.md says how",
            Self::DeviceKey { .. } => {
                "have the device make a key of RSA from 2048 bits, P-256, P-384 or P-521"
            }
            Self::Key { taken: RSA | RSA_LONG, .. } => "prove a CA with an RSA key of 2048 bits or more",
            Self::Key { .. } => "prove a CA with an RSA key, or one of P-256, P-384 or P-521",
            Self::Life { .. } => {
                "set validity-days of the profile verification to 7, which every platform takes"
            }
            Self::SameSubject { .. } => "register a CA with a subject of its own",
            Self::Signature { .. } => {
                "prove a CA that is signed so, by a profile with rsa-scheme = \"pkcs1\""
            }
        }
    }
}

/// What [`Keys::Rsa`] is called.
const RSA: &str = "RSA";

/// What it is called where a key is RSA and too short.
const RSA_LONG: &str = "RSA from 2048 bits";

impl Platform {
    /// All of them, by name.
    pub const ALL: &[Self] =
        &[Self::Alibaba, Self::ApsaraMq, Self::Aws, Self::Azure, Self::Huawei, Self::Tencent];

    fn rules(self) -> &'static Rules {
        match self {
            Self::Alibaba => &ALIBABA,
            Self::ApsaraMq => &APSARAMQ,
            Self::Aws => &AWS,
            Self::Azure => &AZURE,
            Self::Huawei => &HUAWEI,
            Self::Tencent => &TENCENT,
        }
    }

    /// Its name on the command line, and of its folder in a bundle.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.rules().name
    }

    /// What people call it.
    #[must_use]
    pub fn title(self) -> &'static str {
        self.rules().title
    }

    /// The extension of the certificate files that it takes.
    #[must_use]
    pub fn extension(self) -> &'static str {
        self.rules().extension
    }

    /// The platform of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|platform| platform.name() == name)
    }

    /// Checks whether the platform can have given a code, and makes a name of it. A code is opaque: it is never trimmed,
    /// padded or changed, only refused where the platform could not have given it.
    ///
    /// # Errors
    /// [`PlatformError::NoCode`], [`PlatformError::Code`], [`PlatformError::CommonName`].
    pub fn check_code(self, code: &str) -> Result<Name, PlatformError> {
        if code.is_empty() {
            return Err(PlatformError::NoCode);
        }
        let rules = self.rules();
        let all_digits = code.bytes().all(|digit| digit.is_ascii_hexdigit());
        if let Codes::Hexadecimal(digits) = rules.codes
            && (code.len() != digits || !all_digits)
        {
            return Err(PlatformError::Code {
                title: rules.title,
                digits,
                characters: counted(code.chars().count(), "character"),
                other: if all_digits { "" } else { ", not all of them digits" },
            });
        }
        Name::from_common_name(code).map_err(PlatformError::CommonName)
    }

    /// Checks whether the platform takes a CA with such a key.
    ///
    /// # Errors
    /// [`PlatformError::Key`].
    pub fn check_key(self, key: KeyAlgorithm) -> Result<(), PlatformError> {
        let Rules { title, keys, .. } = *self.rules();
        let (taken, fits) = match (keys, key) {
            (Keys::Rsa, KeyAlgorithm::Rsa { bits }) => (RSA_LONG, bits >= RSA_BITS_MIN),
            (Keys::Rsa, _) => (RSA, false),
            (Keys::RsaOrEc, KeyAlgorithm::Rsa { bits }) => (RSA_OR_EC, bits >= RSA_BITS_MIN),
            (Keys::RsaOrEc, key) => (RSA_OR_EC, matches!(key, KeyAlgorithm::Ec(_))),
        };
        if fits { Ok(()) } else { Err(PlatformError::Key { title, taken, key }) }
    }

    /// Checks whether the platform takes a CA: its key, and how its certificate is signed.
    ///
    /// # Errors
    /// [`PlatformError::Key`], [`PlatformError::Signature`].
    pub fn check_authority(self, ca: &Certificate) -> Result<(), PlatformError> {
        self.check_key(ca.public_key().algorithm())?;
        self.check_signature(ca.signature_algorithm(), "the CA's certificate")
    }

    /// Checks whether the platform takes so many CAs with the same subject.
    ///
    /// # Errors
    /// [`PlatformError::SameSubject`].
    pub fn check_subjects(self, same_subject: usize) -> Result<(), PlatformError> {
        let Rules { title, same_subject_max, .. } = *self.rules();
        match same_subject_max {
            Some(max) if same_subject > max => {
                Err(PlatformError::SameSubject { title, max, count: same_subject })
            }
            _ => Ok(()),
        }
    }

    /// Checks whether the platform takes a verification certificate that is planned: how it will be signed, and how many
    /// seconds it lives.
    ///
    /// # Errors
    /// [`PlatformError::Signature`], [`PlatformError::Life`].
    pub fn check_proof(self, signature: SignatureAlgorithm, seconds: i64) -> Result<(), PlatformError> {
        self.check_signature(signature, "the verification certificate")?;
        if seconds > VALIDITY_SECONDS_MAX {
            return Err(PlatformError::Life { days: (seconds + 86_399) / 86_400 });
        }
        Ok(())
    }

    /// Checks whether the platform takes a device's certificate: its key, and how it is signed.
    ///
    /// # Errors
    /// [`PlatformError::DeviceKey`], [`PlatformError::Signature`].
    pub fn check_device(self, device: &Certificate) -> Result<(), PlatformError> {
        let key = device.public_key().algorithm();
        self.check_key(key).map_err(|_| PlatformError::DeviceKey { title: self.title(), key })?;
        self.check_signature(device.signature_algorithm(), "the device's certificate")
    }

    /// Checks whether the platform can have a device of this name.
    ///
    /// # Errors
    /// [`PlatformError::DeviceName`].
    pub fn check_device_name(self, name: &str) -> Result<(), PlatformError> {
        let Rules { title, device_names, .. } = *self.rules();
        let fits = device_names.is_none_or(|DeviceNames { octets_max, others }| {
            let plain = |octet: u8| octet.is_ascii_alphanumeric() || others.contains(&octet);
            !name.is_empty() && name.len() <= octets_max && name.bytes().all(plain)
        });
        if fits { Ok(()) } else { Err(PlatformError::DeviceName { title, name: Printable::new(name) }) }
    }

    fn check_signature(self, algorithm: SignatureAlgorithm, noun: &'static str) -> Result<(), PlatformError> {
        match algorithm {
            SignatureAlgorithm::Ecdsa(_) | SignatureAlgorithm::RsaPkcs1(_) => Ok(()),
            SignatureAlgorithm::Ed25519 | SignatureAlgorithm::MlDsa(_) | SignatureAlgorithm::RsaPss(_) => {
                Err(PlatformError::Signature { title: self.title(), noun })
            }
        }
    }
}

/// What [`Keys::RsaOrEc`] is called.
const RSA_OR_EC: &str = "RSA from 2048 bits, P-256, P-384 and P-521";

const ALIBABA: Rules = Rules {
    name: "alibaba",
    title: "Alibaba Cloud IoT",
    codes: Codes::Opaque,
    keys: Keys::Rsa,
    extension: "crt",
    same_subject_max: None,
    device_names: None,
};

const APSARAMQ: Rules = Rules {
    name: "apsaramq",
    title: "ApsaraMQ for MQTT",
    codes: Codes::Opaque,
    keys: Keys::RsaOrEc,
    extension: "crt",
    same_subject_max: None,
    device_names: None,
};

/// `GetRegistrationCode`, `RegisterCACertificate` and the limits of AWS IoT Core.
const AWS: Rules = Rules {
    name: "aws",
    title: "AWS IoT Core",
    codes: Codes::Hexadecimal(64),
    keys: Keys::RsaOrEc,
    extension: "pem",
    same_subject_max: Some(10),
    device_names: None,
};

const AZURE: Rules = Rules {
    name: "azure",
    title: "Azure IoT Hub, DPS",
    codes: Codes::Opaque,
    keys: Keys::RsaOrEc,
    extension: "pem",
    same_subject_max: None,
    device_names: None,
};

/// Its names are `node_id` of `AddDevice`.
const HUAWEI: Rules = Rules {
    name: "huawei",
    title: "Huawei Cloud IoTDA",
    codes: Codes::Opaque,
    keys: Keys::RsaOrEc,
    extension: "pem",
    same_subject_max: None,
    device_names: Some(DeviceNames { octets_max: 64, others: b"_-" }),
};

/// Its names are `DeviceName` of `CreateDevice`.
const TENCENT: Rules = Rules {
    name: "tencent",
    title: "Tencent IoT Hub",
    codes: Codes::Opaque,
    keys: Keys::RsaOrEc,
    extension: "crt",
    same_subject_max: None,
    device_names: Some(DeviceNames { octets_max: 48, others: b":_-" }),
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::key::{Curve, HashAlgorithm};

    fn refused(result: Result<(), PlatformError>, words: &str) {
        let error = result.expect_err(words);
        assert_eq!(error.to_string(), words);
        assert!(!error.hint().is_empty());
    }

    fn code(platform: Platform, code: &str) -> Result<(), PlatformError> {
        platform.check_code(code).map(|_| ())
    }

    #[test]
    fn names_stand_in_order_and_are_read_back() {
        assert!(Platform::ALL.is_sorted_by_key(|platform| platform.name()));
        for platform in Platform::ALL {
            assert_eq!(Platform::from_name(platform.name()), Some(*platform));
        }
        assert_eq!(Platform::from_name("gcp"), None);
    }

    #[test]
    fn codes_of_aws_have_their_digits_and_all_others_are_opaque() {
        let digits = "0123456789abcdef".repeat(4);
        assert_eq!(code(Platform::Aws, &digits), Ok(()));
        let words = |rest: &str| {
            format!("AWS IoT Core registration codes have 64 hexadecimal digits; this one has {rest}")
        };
        refused(code(Platform::Aws, &digits[1..]), &words("63 characters"));
        refused(code(Platform::Aws, &"g".repeat(64)), &words("64 characters, not all of them digits"));
        for platform in Platform::ALL.iter().filter(|platform| **platform != Platform::Aws) {
            assert_eq!(
                code(*platform, "13274673-8f90-4630-bea1-9cccb25756ad2089123456"),
                Ok(()),
                "{platform:?}"
            );
            refused(code(*platform, ""), "there is no code yet");
            assert!(code(*platform, &"x".repeat(65)).is_err(), "no common name is so long");
        }
    }

    #[test]
    fn each_platform_takes_its_keys_and_no_others() {
        let (rsa, ec) = (KeyAlgorithm::Rsa { bits: 2048 }, KeyAlgorithm::Ec(Curve::P256));
        for platform in Platform::ALL {
            assert_eq!(platform.check_key(rsa), Ok(()));
            assert_eq!(platform.check_key(ec).is_ok(), *platform != Platform::Alibaba, "{platform:?}");
            assert!(platform.check_key(KeyAlgorithm::Rsa { bits: 1024 }).is_err());
        }
        refused(Platform::Alibaba.check_key(ec), "Alibaba Cloud IoT takes RSA only; this CA is P-256");
        refused(
            Platform::Alibaba.check_key(KeyAlgorithm::Rsa { bits: 1024 }),
            "Alibaba Cloud IoT takes RSA from 2048 bits only; this CA is RSA-1024",
        );
        refused(
            Platform::Tencent.check_key(KeyAlgorithm::Ed25519),
            "Tencent IoT Hub takes RSA from 2048 bits, P-256, P-384 and P-521 only; this CA is Ed25519",
        );
    }

    #[test]
    fn aws_takes_ten_cas_of_one_subject_and_others_any_number() {
        assert_eq!(Platform::Aws.check_subjects(10), Ok(()));
        assert_eq!(Platform::Azure.check_subjects(11), Ok(()));
        refused(
            Platform::Aws.check_subjects(11),
            "AWS IoT Core takes at most 10 CAs of one account with the same subject; 11 of this home have it",
        );
    }

    #[test]
    fn names_of_devices_are_those_that_a_platform_takes() {
        let long = "n".repeat(48);
        for (platform, name) in [
            (Platform::Huawei, &*long),
            (Platform::Huawei, "a_b-1"),
            (Platform::Tencent, &*long),
            (Platform::Tencent, "a:b"),
            (Platform::Alibaba, "a b"),
        ] {
            assert_eq!(platform.check_device_name(name), Ok(()), "{platform:?} {name}");
        }
        let longer = format!("{long}n");
        for name in ["", "a b", "a.b", "\u{e4}", &longer] {
            assert!(Platform::Tencent.check_device_name(name).is_err(), "{name}");
        }
        refused(Platform::Huawei.check_device_name("a:b"), "Huawei Cloud IoTDA has no device named a:b");
    }

    #[test]
    fn a_proof_is_signed_as_platforms_take_it_and_lives_a_month_at_most() {
        let hash = HashAlgorithm::Sha256;
        assert_eq!(Platform::Huawei.check_proof(SignatureAlgorithm::Ecdsa(hash), 31 * 86_400), Ok(()));
        refused(
            Platform::Aws.check_proof(SignatureAlgorithm::RsaPss(hash), 60),
            "AWS IoT Core takes PKCS #1 v1.5 and ECDSA signatures only; the verification certificate is signed by another \
             scheme",
        );
        refused(
            Platform::Azure.check_signature(SignatureAlgorithm::RsaPss(hash), "the device's certificate"),
            "Azure IoT Hub, DPS takes PKCS #1 v1.5 and ECDSA signatures only; the device's certificate is signed by another \
             scheme",
        );
        refused(
            Platform::Azure.check_proof(SignatureAlgorithm::RsaPkcs1(hash), 32 * 86_400),
            "a proof lives 31 days at most; by the profile this one would live 32 days",
        );
    }
}
