//! What people need to know of each platform, and what they do on its console before and after a proof.

use crate::pki::platform::Platform;

/// A platform's console in words.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Console {
    /// Where the code is found.
    pub code: &'static str,
    /// What it takes and what it wants.
    pub rules: &'static [&'static str],
    /// What is done on the console with the files, in order. Paths are those of the bundle.
    pub steps: &'static [&'static str],
    /// The same as commands in the bundle's folder, one a row, where there are any.
    pub commands: &'static [&'static str],
}

impl Console {
    /// The words for a platform.
    #[must_use]
    pub fn of(platform: Platform) -> &'static Self {
        match platform {
            Platform::Alibaba => &ALIBABA,
            Platform::ApsaraMq => &APSARAMQ,
            Platform::Aws => &AWS,
            Platform::Azure => &AZURE,
            Platform::Huawei => &HUAWEI,
            Platform::Tencent => &TENCENT,
        }
    }
}

const AWS: Console = Console {
    code: "aws iot get-registration-code; the same code stays valid until it is deleted there",
    rules: &[
        "The code has 64 hexadecimal digits. Capital and small letters differ: it is never changed here.",
        "Register the CA that signs the devices itself, not one above it. Keys: RSA from 2048 bits, P-256, P-384, P-521.",
        "One account of a region can hold the CA this way. Registered as SNI_ONLY it needs no proof at all.",
        "At most ten CAs of one account may have the same subject.",
    ],
    steps: &[
        "In the console: AWS IoT, Security, Certificate authorities, Register CA certificate.",
        "Upload aws/ca.pem as CA certificate and aws/verification.pem as verification certificate; set the CA active.",
        "Automatic registration on: devices appear by themselves when they connect first.",
    ],
    commands: &["sh aws/register.sh --region REGION"],
};

const AZURE: Console = Console {
    code: "upload ca.pem first (Settings, Certificates, Add), open it there, Generate Verification Code",
    rules: &[
        "The code's form is not documented: type it exactly as it is shown. Generating another one voids it.",
        "It ends after a while, which the portal shows: generate it shortly before the ceremony.",
        "The certificate is proved where it was uploaded: a hub and a provisioning service each have a code of their own.",
        "Devices must send their certificate and all CAs up to the one that is proved.",
    ],
    steps: &[
        "In the portal: the IoT Hub or the provisioning service, Settings, Certificates, the CA's certificate.",
        "Upload azure/verification.pem as Verification Certificate and choose Verify: the status becomes Verified.",
    ],
    commands: &[
        "az iot dps certificate verify --dps-name NAME --certificate-name CA \\",
        "  --path azure/verification.pem --etag ETAG",
    ],
};

const ALIBABA: Console = Console {
    code: "IoT Platform console, Devices, CA Certificates, Register CA Certificate: it stands in that window",
    rules: &[
        "CAs with an RSA key only, as device certificates must be signed with RSA.",
        "Region China (Shanghai) only, for devices that connect directly by MQTT; at most ten CAs an account.",
        "The name given to the CA there has 4 to 30 letters, digits and underscores.",
        "Note each device certificate's serial number: devices are bound by it, and it must be unique.",
    ],
    steps: &[
        "In the console: IoT Platform, Devices, CA Certificates, Register CA Certificate.",
        "Give a name; upload alibaba/ca.crt as CA Certificate and alibaba/verification.crt as Validation Certificate; OK.",
        "Bind each device by its certificate's serial number: a delivery --for alibaba has a table of them.",
    ],
    commands: &[],
};

const APSARAMQ: Console = Console {
    code: "ApsaraMQ for MQTT console, the instance, Certificate Management, Register CA Certificate; or GetRegisterCode",
    rules: &[
        "The code has the form of a UUID with digits behind it: type it exactly as it is shown.",
        "Keys of the CA: RSA from 2048 bits, P-256, P-384, P-521. Editions: Platinum and Professional.",
        "Serial numbers of device certificates are unique and have at most 128 octets: those made here have 20 at most.",
    ],
    steps: &[
        "In the console: ApsaraMQ for MQTT, the instance, Certificate Management, Register CA Certificate.",
        "Give a name; paste apsaramq/ca.crt as CA certificate and apsaramq/verification.crt as verification certificate.",
        "Or by RegisterCaCertificate: CaContent and VerificationContent are the texts of these two files.",
    ],
    commands: &[],
};

const HUAWEI: Console = Console {
    code: "upload the CA's certificate first (IoTDA, Devices, Device CA Certificates), then More, Verify",
    rules: &[
        "The code has the form of a UUID. For Device Provisioning it is valid for one day, and a new one replaces it.",
        "Keys of the CA: RSA from 2048 bits, P-256, P-384, P-521. At most 100 CAs an instance.",
        "A device is known by the SHA-1 or SHA-256 fingerprint of its certificate, or by its first connection.",
    ],
    steps: &[
        "In the console: IoTDA, Devices, Device CA Certificates, the CA's certificate, Verify.",
        "Upload huawei/verification.pem there: the status becomes Verified.",
        "Register devices by X.509: a delivery --for huawei has a table of their fingerprints.",
    ],
    commands: &[],
};

const TENCENT: Console = Console {
    code: "IoT Hub console, CA Certificates, Add CA Certificate: it stands in that window",
    rules: &[
        "The code's form is not documented: type it exactly as it is shown.",
        "Keys of the CA: RSA from 2048 bits, P-256, P-384, P-521. At most ten CAs an account.",
        "The name given to the CA there has up to 32 letters, digits and the characters _ @ -.",
    ],
    steps: &[
        "In the console: IoT Hub, CA Certificates, Add CA Certificate.",
        "Give a name; upload tencent/ca.crt as CA certificate and tencent/verification.crt as verification certificate.",
        "Or by CreatePrivateCA: CertText and VerifyCertText are the texts of these two files.",
    ],
    commands: &[],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_console_has_rules_and_steps_that_name_files_of_the_platforms_folder() {
        for platform in Platform::ALL {
            let console = Console::of(*platform);
            assert!(console.rules.len() >= 3 && console.steps.len() >= 2, "{platform:?}");
            let file = format!("{}/verification.{}", platform.name(), platform.extension());
            assert!(console.steps.iter().any(|step| step.contains(&file)), "{platform:?}");
            // A row of the smallest terminal.
            assert!(console.commands.iter().all(|row| row.len() <= 78 && row.is_ascii()), "{platform:?}");
        }
    }
}
