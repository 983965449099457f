//! `[deliver.aws]`: how the CA is registered, and what becomes of a device that AWS sees for the first time.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{parameter::Parameter, register::Registration, template};
use crate::export::form::FormSettings;

/// Longest template, in octets (`RegisterCACertificate` and `StartThingRegistrationTask`, `templateBody`).
const TEMPLATE_OCTETS_MAX: usize = 10_240;
/// Most characters of the names that AWS has for things, their types, groups and attributes.
const NAME_CHARS_MAX: usize = 128;
/// Most attributes of a thing without a type.
const ATTRIBUTES_MAX: usize = 3;
/// Most attributes of a thing with a type.
const TYPED_ATTRIBUTES_MAX: usize = 50;

/// How AWS keeps the CA (`certificateMode`).
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// `DEFAULT`: one account of a region has it, against a proof.
    #[default]
    Default,
    /// `SNI_ONLY`: many accounts can have it, without a proof; devices must send SNI.
    SniOnly,
}

/// What AWS does with a device that it sees for the first time.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Provisioning {
    /// It runs the template.
    Jitp,
    /// It registers the certificate, inactive, and tells by MQTT.
    Jitr,
    /// It refuses: devices are registered beforehand.
    #[default]
    None,
}

/// The section.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    pub mode: Mode,
    pub provisioning: Provisioning,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
    pub thing_name: Parameter,
    /// Attributes of the thing, each with the parameter that its value is.
    pub attributes: BTreeMap<String, Parameter>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thing_type: Option<String>,
    pub thing_groups: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_group: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_name: Option<String>,
    /// JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_document: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            mode: Mode::default(),
            provisioning: Provisioning::default(),
            role_arn: None,
            thing_name: Parameter::CommonName,
            attributes: BTreeMap::new(),
            thing_type: None,
            thing_groups: Vec::new(),
            billing_group: None,
            policy_name: None,
            policy_document: None,
        }
    }
}

impl Settings {
    /// How the CA is registered.
    pub fn registration(&self) -> Registration {
        match self.mode {
            Mode::Default => Registration::ProofGiven(self.provisioning),
            Mode::SniOnly => Registration::SniOnly(self.provisioning),
        }
    }

    fn check_names(&self) -> Result<(), String> {
        let names = self.thing_type.iter().chain(&self.thing_groups).chain(&self.billing_group);
        for name in names {
            check_name(name, ":_-", "a type's, group's or billing group's name")?;
        }
        for name in self.attributes.keys() {
            check_name(name, "_.,@/:#-", "an attribute's name")?;
        }
        if let Some(name) = &self.policy_name {
            check_name(name, "_+=,.@-", "a policy's name")?;
        }
        let most = if self.thing_type.is_some() { TYPED_ATTRIBUTES_MAX } else { ATTRIBUTES_MAX };
        if self.attributes.len() > most {
            return Err(format!("{} attributes; such a thing has {most} at most", self.attributes.len()));
        }
        Ok(())
    }

    fn check_policy(&self) -> Result<(), String> {
        if self.policy_name.is_some() && self.policy_document.is_some() {
            return Err("policy-name and policy-document contradict each other".to_owned());
        }
        match &self.policy_document {
            Some(text) if serde_json::from_str::<serde_json::Map<_, serde_json::Value>>(text).is_err() => {
                Err("policy-document is no JSON object".to_owned())
            }
            _ => Ok(()),
        }
    }

    fn check_provisioning(&self) -> Result<(), String> {
        let role = self.role_arn.as_deref();
        match (self.provisioning, role) {
            (Provisioning::Jitp, None) => return Err("provisioning = \"jitp\" needs role-arn".to_owned()),
            (Provisioning::Jitp, Some(role)) => check_role(role)?,
            (_, Some(_)) => return Err("role-arn is for provisioning = \"jitp\"".to_owned()),
            (_, None) => return Ok(()),
        }
        if self.policy_name.is_none() && self.policy_document.is_none() {
            return Err("provisioning = \"jitp\" needs policy-name or policy-document".to_owned());
        }
        check_template(&template::just_in_time(self))
    }
}

impl FormSettings for Settings {
    fn check(&self) -> Result<(), String> {
        self.check_names()?;
        self.check_policy()?;
        check_template(&template::bulk(self))?;
        self.check_provisioning()
    }
}

/// What AWS takes of a template, whichever it is.
fn check_template(template: &serde_json::Value) -> Result<(), String> {
    let octets = template.to_string().len();
    if octets > TEMPLATE_OCTETS_MAX {
        return Err(format!(
            "the template has {octets} octets, more than the {TEMPLATE_OCTETS_MAX} that AWS takes"
        ));
    }
    Ok(())
}

/// ASCII letters, digits and these.
fn check_name(name: &str, others: &str, noun: &str) -> Result<(), String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || others.contains(c);
    if (1..=NAME_CHARS_MAX).contains(&name.len()) && name.chars().all(plain) {
        return Ok(());
    }
    Err(format!("\"{name}\" cannot be {noun}"))
}

/// `roleArn`: 20 to 2048 characters.
fn check_role(role: &str) -> Result<(), String> {
    let plain = role.bytes().all(|octet| octet.is_ascii_graphic());
    if (20..=2048).contains(&role.len()) && plain && role.starts_with("arn:") && role.contains(":role/") {
        return Ok(());
    }
    Err(format!("\"{role}\" is not the ARN of a role"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const JITP: &str =
        r#"{"provisioning":"jitp","role-arn":"arn:aws:iam::123456789012:role/Jitp","policy-name":"p"}"#;

    fn read(text: &str) -> Result<Settings, String> {
        let read: Settings = serde_json::from_str(text).map_err(|error| error.to_string())?;
        read.check().map(|()| read)
    }

    fn refused(text: &str, words: &str) {
        let said = read(text).expect_err(text);
        assert!(said.contains(words), "{text}: {said}");
    }

    #[test]
    fn settings_that_aws_would_refuse_or_that_contradict_each_other_are_errors() {
        assert_eq!(read("{}"), Ok(Settings::default()));
        assert!(read(JITP).is_ok());
        refused(r#"{"nosuch":1}"#, "unknown field `nosuch`");
        refused(r#"{"thing-name":"Title"}"#, "unknown variant `Title`");
        refused(r#"{"thing-type":"a b"}"#, "\"a b\" cannot be a type's");
        refused(r#"{"thing-groups":["ok",""]}"#, "\"\" cannot be");
        refused(r#"{"attributes":{"a b":"Country"}}"#, "cannot be an attribute's name");
        refused(
            r#"{"attributes":{"a":"Id","b":"Id","c":"Id","d":"Id"}}"#,
            "4 attributes; such a thing has 3",
        );
        refused(r#"{"policy-document":"{"}"#, "policy-document is no JSON object");
        refused(r#"{"policy-document":"{}","policy-name":"p"}"#, "contradict each other");
        refused(r#"{"role-arn":"arn:aws:iam::123456789012:role/Jitp"}"#, "role-arn is for provisioning");
        refused(r#"{"provisioning":"jitp"}"#, "needs role-arn");
        refused(&JITP.replace(",\"policy-name\":\"p\"", ""), "needs policy-name or policy-document");
        refused(&JITP.replace(":role/", ":user/"), "is not the ARN of a role");
    }

    #[test]
    fn a_template_has_as_many_octets_as_aws_takes() {
        let with = |octets: usize| {
            let document = serde_json::json!({ "Statement": "x".repeat(octets) }).to_string();
            Settings { policy_name: None, policy_document: Some(document), ..read(JITP).unwrap() }
        };
        let empty = template::bulk(&with(0)).to_string().len();
        assert_eq!(with(10_240 - empty).check(), Ok(()));
        let said = with(10_241 - empty).check().unwrap_err();
        assert_eq!(said, "the template has 10241 octets, more than the 10240 that AWS takes");
    }
}
