//! What is done next with a form that was delivered: on the platform's console, at the broker, with the flash tool.

use crate::{export::format::Format, pki::platform::Platform};

use super::console::Console;

/// What is done next with a form.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NextSteps {
    /// Where, as it goes on behind `next, `.
    pub place: String,
    /// What, in order. Paths are those of the bundle.
    pub steps: &'static [&'static str],
    /// The same as commands in the bundle's folder, one a row, where there are any.
    pub commands: &'static [&'static str],
}

impl NextSteps {
    /// What is done with a form of a plan's bundle; `None` where it is files and no more.
    #[must_use]
    pub fn of(format: Format) -> Option<Self> {
        let (place, steps) = match format {
            Format::Proof(platform) => return Some(Self::of_proof(platform)),
            Format::Alibaba => ("at Alibaba Cloud IoT", ALIBABA),
            Format::ApsaraMq => ("at ApsaraMQ for MQTT", APSARAMQ),
            Format::Aws => ("at AWS IoT Core", AWS),
            Format::AwsCertificateProvider => ("with the certificate provider of AWS IoT Core", PROVIDER),
            Format::Azure => ("at Azure IoT", AZURE),
            Format::AzureAdr => ("at Azure Device Registry", AZURE_ADR),
            Format::Emqx => ("at the EMQX broker", EMQX),
            Format::EspAt => ("with the ESP-AT modules", ESP_AT),
            Format::EspNvs => ("with the ESP-AT modules", ESP_NVS),
            Format::EspSecureCert => ("with the ESP-IDF devices", ESP_SECURE_CERT),
            Format::Hivemq => ("at the HiveMQ broker", HIVEMQ),
            Format::Huawei => ("at Huawei Cloud IoTDA", HUAWEI),
            Format::Matter => ("with Matter's factory tool", MATTER),
            Format::Microchip => ("with Microchip's manifest", MICROCHIP),
            Format::Mosquitto => ("at the Mosquitto broker", MOSQUITTO),
            Format::Tencent => ("at Tencent IoT Hub", TENCENT),
            Format::Der
            | Format::Jks
            | Format::JsonLines
            | Format::Pem
            | Format::Pkcs12
            | Format::Pkcs7
            | Format::Qr
            | Format::Tar => return None,
        };
        Some(Self { place: place.to_owned(), steps, commands: &[] })
    }

    /// What is done with a form that was delivered with a CRL.
    #[must_use]
    pub fn of_crl(format: Format) -> Option<Self> {
        let (place, steps) = match format {
            Format::Emqx => ("for the EMQX broker", EMQX_CRL),
            Format::Mosquitto => ("at the Mosquitto broker", MOSQUITTO_CRL),
            _ => return None,
        };
        Some(Self { place: place.to_owned(), steps, commands: &[] })
    }

    fn of_proof(platform: Platform) -> Self {
        let console = Console::of(platform);
        Self { place: format!("at {}", platform.title()), steps: console.steps, commands: console.commands }
    }
}

const ALIBABA: &[&str] = &[
    "The CA is registered there once, by its proof: Prove a CA leads through it (coldsign prove).",
    "Each device gets its file alibaba/NNN/NAME.crt, which it sends whole.",
    "In the console, bind each device by its certificate's serial number: alibaba/devices.csv has both.",
];

const APSARAMQ: &[&str] = &[
    "The CA is registered there once, by its proof: Prove a CA leads through it (coldsign prove).",
    "Each device gets its file apsaramq/NNN/NAME.crt, which it sends whole; its first connection registers it.",
    "apsaramq/devices.csv says which serial number belongs to which device.",
];

const AWS: &[&str] = &[
    "The CA is registered there once: sh aws/register.sh PROOF/aws/verification.pem --region REGION, in this folder; PROOF \
     is the folder of its proof. With mode = \"sni-only\" in aws/settings.json no proof is named.",
    "By the provisioning in aws/settings.json devices appear when they connect (jitp, jitr). Without one, register them \
     beforehand: aws iot start-thing-registration-task with aws/bulk-template.json and aws/bulk.jsonl.",
    "Devices connect with their file of chains/, certificate first.",
];

const PROVIDER: &[&str] = &[
    "Give aws-certificate-provider/answers.jsonl and index.csv to the function that keeps the events.",
    "It looks each event up in index.csv, by the SHA-256 of the request's public key, and returns that line of answers.jsonl \
     as it is.",
    "Events that got no answer stand in refused.csv, by file and line.",
];

const AZURE: &[&str] = &[
    "The CA is registered there once, by its proof: Prove a CA leads through it (coldsign prove).",
    "With the Device Provisioning Service: azure/enrollment-group.json is the body of the enrolment group.",
    "With an IoT Hub alone: azure/devices.txt is the blob of a bulk import.",
    "Each device gets its file azure/NNN/NAME.pem, which it sends whole.",
];

const AZURE_ADR: &[&str] = &[
    "Activate the policy that made the request, with this file, in the folder of the bundle: az iot adr ns policy \
     activate-byor --certificate-chain-file azure-adr/000/NAME.pem",
];

const EMQX: &[&str] = &[
    "Copy emqx/ onto the broker's machine, into the folder that emqx/settings.json names; put coldsign.hocon behind emqx.conf.",
    "Publish emqx/crl.pem, where it is there, at each address that coldsign.hocon names: EMQX fetches it from nowhere else.",
    "Devices connect with their file of chains/ and their key.",
];

const EMQX_CRL: &[&str] = &[
    "Publish emqx/crl.pem at each address that the plan's coldsign.hocon names, in the place of the old one.",
];

const ESP_AT: &[&str] = &[
    "esp-at/flash.csv says which file belongs into which partition, with its offset.",
    "Write each module: esptool.py write_flash OFFSET esp-at/NNN/NAME.bin OFFSET esp-at/ca.bin; partitions of keys stay as \
     they are.",
];

const ESP_NVS: &[&str] = &[
    "esp-nvs/NNN/NAME.bin is the whole partition mfg_nvs: it replaces all that stands there in the module.",
    "Where more stands there, join esp-nvs/NNN/NAME.csv with the firmware's own table and make the image of both.",
];

const ESP_SECURE_CERT: &[&str] = &[
    "Write esp-secure-cert/NNN/NAME.bin to the partition esp_secure_cert of its device: esptool.py write_flash OFFSET NAME.bin",
    "Where the images hold private keys, destroy the files of both media afterwards.",
];

const HIVEMQ: &[&str] = &[
    "Copy hivemq/ onto the broker's machine, into the folder that hivemq/settings.json names.",
    "Put hivemq/tls-listener.xml between <listeners> and </listeners> of config.xml. HiveMQ reads no CRL.",
    "Devices connect with their file of chains/ and their key.",
];

const HUAWEI: &[&str] = &[
    "The CA is registered there once, by its proof: Prove a CA leads through it (coldsign prove).",
    "Register the devices by X.509: huawei/devices.csv has their names and fingerprints.",
    "Each device gets its file huawei/NNN/NAME.pem, which it sends whole.",
];

const MATTER: &[&str] = &[
    "esp-matter-mfg-tool takes matter/pai.pem as --pai -c, and of each device matter/NNN/NAME.pem as --dac-cert, with its key \
     as --dac-key; other tools take the DER files beside them.",
];

const MICROCHIP: &[&str] = &[
    "Give microchip/manifest.json and microchip/log-signer.pem to the program that takes the devices in.",
    "Compare the audit key's SHA-256 there: entries that another key signed are to be refused.",
];

const MOSQUITTO: &[&str] = &[
    "Copy mosquitto/ onto the broker's machine, into the folder that mosquitto/settings.json names.",
    "Have mosquitto.conf read coldsign.conf (include_dir), with the broker's own certificate and key; start the broker anew.",
    "Devices connect with their file of chains/ and their key.",
];

const MOSQUITTO_CRL: &[&str] = &[
    "Put mosquitto/crl.pem in the place of the broker's old one.",
    "Start the broker anew: it reads the file only then.",
];

const TENCENT: &[&str] = &[
    "The CA is registered there once, by its proof: Prove a CA leads through it (coldsign prove).",
    "Register the devices: tencent/devices.csv has their names and fingerprints.",
    "Each device gets its file tencent/NNN/NAME.crt, which it sends whole.",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steps_of_a_form_name_files_of_its_folder() {
        let proofs = Platform::ALL.iter().map(|platform| Format::Proof(*platform));
        let told: Vec<(Format, NextSteps)> = Format::ALL
            .iter()
            .copied()
            .chain(proofs)
            .flat_map(|format| [NextSteps::of(format), NextSteps::of_crl(format)].map(|next| (format, next)))
            .filter_map(|(format, next)| Some((format, next?)))
            .collect();
        // All but the eight that are files and no more, the proofs, and the two with CRLs.
        assert_eq!(told.len(), Format::ALL.len() - 8 + Platform::ALL.len() + 2);
        for (format, next) in told {
            let file = format!("{}/", format.folder());
            assert!(next.steps.iter().any(|step| step.contains(&file)), "{format:?}");
            assert!(next.steps.iter().all(|step| step.is_ascii()), "{format:?}");
        }
    }
}
