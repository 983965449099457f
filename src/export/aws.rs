//! What AWS IoT Core takes: the CA with the call that registers it, the provisioning template, and the devices for a bulk
//! registration.
//!
//! All JSON is made of values, never of text put together: a policy document is JSON in JSON in JSON.

mod parameter;
pub(super) mod register;
mod settings;
mod template;

use serde_json::{Map, Value, json};

use super::{
    binding::{check_authority, others_apart},
    bundle::{Part, append, file},
    devices::Device,
    form::{Form, Item, Judges, settings_file},
    format::FormatError,
    pem,
};
use crate::pki::{certificate::Certificate, platform::Platform, text::Printable};

use parameter::Subject;
use register::script;
use settings::{Mode, Provisioning};

pub(super) use settings::Settings;

/// Its name, and its folder's.
const NAME: &str = "aws";
/// The settings.
pub(super) const SETTINGS: &str = "aws/settings.json";
/// A line a device, for `start-thing-registration-task`.
const BULK: &str = "aws/bulk.jsonl";
/// A line a device, for `register-certificate-without-ca` in each account.
const MULTI_ACCOUNT: &str = "aws/multi-account.jsonl";

/// Longest value of a parameter of a bulk registration, in characters (`RegisterThing`).
const VALUE_CHARS_MAX: usize = 4_096;
/// Most characters of a thing's name.
const THING_NAME_CHARS_MAX: usize = 128;
/// Most characters of an attribute's value.
const ATTRIBUTE_CHARS_MAX: usize = 800;

/// The kit for a batch of devices.
#[derive(Debug)]
pub(super) struct Kit {
    settings: Settings,
    /// The issuing CA, PEM.
    ca: String,
}

impl Kit {
    pub(super) fn new(settings: Settings) -> Self {
        Self { settings, ca: String::new() }
    }

    /// The thing's name, where the subject gives one that AWS takes.
    fn thing_name(&self, subject: &Subject<'_>) -> Result<String, String> {
        let name = subject.value(self.settings.thing_name)?;
        let plain = |octet: u8| octet.is_ascii_alphanumeric() || b":_-".contains(&octet);
        if name.len() <= THING_NAME_CHARS_MAX && !name.is_empty() && name.bytes().all(plain) {
            return Ok(name);
        }
        Err(format!("{} cannot be a thing's name", Printable::new(&name)))
    }

    /// The attributes' values, by the parameters they come from.
    fn attributes(&self, subject: &Subject<'_>) -> Result<Map<String, Value>, String> {
        let mut values = Map::new();
        for parameter in self.settings.attributes.values() {
            let value = subject.value(*parameter)?;
            let plain = |octet: u8| octet.is_ascii_alphanumeric() || b"_.,@/:#=[]-".contains(&octet);
            if value.len() > ATTRIBUTE_CHARS_MAX || !value.bytes().all(plain) {
                return Err(format!("{} cannot be an attribute's value", Printable::new(&value)));
            }
            values.insert(parameter.name().to_owned(), value.into());
        }
        Ok(values)
    }

    /// What is in the way of one certificate.
    fn obstacle(&self, certificate: &Certificate) -> Result<(), String> {
        // Its octets are not final, and no name is made of its digest that AWS would refuse.
        let device = Device::of(certificate, "", "");
        let subject = Subject::of(&device);
        self.thing_name(&subject)?;
        self.attributes(&subject)?;
        check_characters(certificate)
    }

    /// What a bulk registration reads of a device.
    fn bulk_line(&self, device: &Device<'_>, certificate: &str) -> Value {
        let subject = Subject::of(device);
        // Both were asked before anything was signed or written; a bundle that lies is compared with this.
        let mut line = self.attributes(&subject).unwrap_or_default();
        let name = self.thing_name(&subject).unwrap_or_default();
        line.insert(template::THING_NAME.to_owned(), name.into());
        line.insert(template::CERTIFICATE.to_owned(), certificate.into());
        line.insert(template::CA_CERTIFICATE.to_owned(), self.ca.as_str().into());
        Value::Object(line)
    }

    /// The files of the way that devices come in.
    fn provisioning(&self, ca: &Certificate) -> Vec<Part> {
        match self.settings.provisioning {
            Provisioning::None => Vec::new(),
            Provisioning::Jitr => {
                let id = ca.sha256().to_string();
                let topic = format!("$aws/events/certificates/registered/{id}");
                let rule = json!({ "caCertificateId": id, "topic": topic, "sql": format!("SELECT * FROM '{topic}'") });
                vec![json_file("aws/jitr.json", &rule)]
            }
            Provisioning::Jitp => vec![
                json_file("aws/provisioning-template.json", &template::just_in_time(&self.settings)),
                json_file("aws/registration-config.json", &template::registration_config(&self.settings)),
            ],
        }
    }
}

/// Whether a certificate's PEM can be a parameter of a bulk registration: the device's and the CA's are.
fn check_characters(certificate: &Certificate) -> Result<(), String> {
    let characters = pem::octets(certificate.der().len() as u64);
    if characters <= VALUE_CHARS_MAX as u64 {
        return Ok(());
    }
    Err(format!(
        "its PEM has {characters} characters, more than the {VALUE_CHARS_MAX} of a bulk registration"
    ))
}

impl Form for Kit {
    fn check_authorities(&self, authorities: &[Certificate]) -> Result<(), FormatError> {
        check_authority(Platform::Aws, NAME, authorities)?;
        let checked = authorities.first().map_or(Ok(()), check_characters);
        checked.map_err(|what| {
            let hint = "issue by a CA with a smaller key or a shorter name, or deliver without --for aws";
            FormatError::impossible(NAME, &format!("the CA: {what}"), hint)
        })
    }

    fn judges(&self) -> Judges {
        Judges::EachCertificate
    }

    fn check_certificate(&self, certificate: &Certificate) -> Result<(), FormatError> {
        Platform::Aws
            .check_device(certificate)
            .map_err(|what| FormatError::impossible(NAME, &what, others_apart(NAME)))?;
        let hint = "choose other parameters in [deliver.aws] of authority.toml, or leave the form aws out";
        self.obstacle(certificate).map_err(|what| FormatError::impossible(NAME, &what, hint))
    }

    /// Two devices would be one thing.
    fn device_name(&self, certificate: &Certificate) -> Option<String> {
        self.thing_name(&Subject::of(&Device::of(certificate, "", ""))).ok()
    }

    fn opening(&mut self, authorities: &[Certificate]) -> Vec<Part> {
        let Some(ca) = authorities.first() else { return Vec::new() };
        self.ca = String::from_utf8(pem::certificate(ca.der())).unwrap_or_default();
        let mut parts = vec![
            settings_file(SETTINGS, &self.settings),
            file("aws/ca.pem", self.ca.clone().into_bytes()),
            file("aws/register.sh", script(self.settings.registration())),
            // Octet for octet what `--template-body` sends and was measured: without blanks.
            file("aws/bulk-template.json", template::bulk(&self.settings).to_string().into_bytes()),
            append(BULK, Vec::new()),
        ];
        if self.settings.mode == Mode::SniOnly {
            parts.push(append(MULTI_ACCOUNT, Vec::new()));
        }
        parts.extend(self.provisioning(ca));
        parts
    }

    fn certificate(&mut self, item: &Item<'_>) -> Vec<Part> {
        let certificate = String::from_utf8(pem::certificate(item.der)).unwrap_or_default();
        let mut parts = vec![append(BULK, line(&self.bulk_line(&item.device, &certificate)))];
        if self.settings.mode == Mode::SniOnly {
            let one = json!({ "certificatePem": certificate, "status": "ACTIVE" });
            parts.push(append(MULTI_ACCOUNT, line(&one)));
        }
        parts
    }
}

/// A file of JSON for people to read too.
fn json_file(path: &str, value: &Value) -> Part {
    file(path, format!("{value:#}\n").into_bytes())
}

/// A line of JSON.
pub(super) fn line(value: &Value) -> Vec<u8> {
    format!("{value}\n").into_bytes()
}
