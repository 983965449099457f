//! Provisioning templates: what AWS makes of a device, by the choices of the settings.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{parameter::Parameter, settings::Settings};

/// The parameter of a bulk registration with the thing's name.
pub const THING_NAME: &str = "ThingName";
/// The same with the device's certificate.
pub const CERTIFICATE: &str = "CertificatePem";
/// The same with the CA's.
pub const CA_CERTIFICATE: &str = "CACertificatePem";

/// The template for devices that connect first. AWS takes its parameters from the certificate.
pub fn just_in_time(settings: &Settings) -> Value {
    let mut parameters: BTreeSet<String> =
        settings.attributes.values().map(|one| one.in_template()).collect();
    parameters.insert(settings.thing_name.in_template());
    let id = Parameter::Id.in_template();
    let certificate = json!({ "CertificateId": { "Ref": id }, "Status": "ACTIVE" });
    parameters.insert(id);
    let name = settings.thing_name.in_template();
    template(settings, &parameters, thing(settings, &name, Parameter::in_template), certificate)
}

/// The template for a bulk registration, whose lines have the parameters.
pub fn bulk(settings: &Settings) -> Value {
    let mut parameters: BTreeSet<String> =
        settings.attributes.values().map(|one| one.name().to_owned()).collect();
    parameters.extend([THING_NAME, CERTIFICATE, CA_CERTIFICATE].map(str::to_owned));
    let certificate = json!({
        "CertificatePem": { "Ref": CERTIFICATE },
        "CACertificatePem": { "Ref": CA_CERTIFICATE },
        "Status": "ACTIVE",
    });
    let own = |parameter: Parameter| parameter.name().to_owned();
    template(settings, &parameters, thing(settings, THING_NAME, own), certificate)
}

/// What `--registration-config` takes.
pub fn registration_config(settings: &Settings) -> Value {
    json!({ "templateBody": just_in_time(settings).to_string(), "roleArn": settings.role_arn })
}

fn template(settings: &Settings, parameters: &BTreeSet<String>, thing: Value, certificate: Value) -> Value {
    let parameters: Map<String, Value> =
        parameters.iter().map(|name| (name.clone(), json!({ "Type": "String" }))).collect();
    let mut resources = Map::new();
    let resource = |kind: &str, properties: Value| json!({ "Type": kind, "Properties": properties });
    resources.insert("thing".to_owned(), resource("AWS::IoT::Thing", thing));
    resources.insert("certificate".to_owned(), resource("AWS::IoT::Certificate", certificate));
    let policy = match (&settings.policy_name, &settings.policy_document) {
        (Some(name), _) => Some(json!({ "PolicyName": name })),
        (None, Some(document)) => Some(json!({ "PolicyDocument": document })),
        (None, None) => None,
    };
    if let Some(policy) = policy {
        resources.insert("policy".to_owned(), resource("AWS::IoT::Policy", policy));
    }
    json!({ "Parameters": parameters, "Resources": resources })
}

fn thing(settings: &Settings, name: &str, of: impl Fn(Parameter) -> String) -> Value {
    let mut thing = Map::new();
    thing.insert("ThingName".to_owned(), json!({ "Ref": name }));
    if !settings.attributes.is_empty() {
        let reference =
            |(name, parameter): (&String, &Parameter)| (name.clone(), json!({ "Ref": of(*parameter) }));
        let attributes: Map<String, Value> = settings.attributes.iter().map(reference).collect();
        thing.insert("AttributePayload".to_owned(), attributes.into());
    }
    if let Some(kind) = &settings.thing_type {
        thing.insert("ThingTypeName".to_owned(), kind.as_str().into());
    }
    if !settings.thing_groups.is_empty() {
        thing.insert("ThingGroups".to_owned(), settings.thing_groups.clone().into());
    }
    if let Some(group) = &settings.billing_group {
        thing.insert("BillingGroup".to_owned(), group.as_str().into());
    }
    thing.into()
}
