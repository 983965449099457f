//! What a profile's standard demands of a request's names and of the CA that issues.

use crate::pki::{
    der::{Reader, tag},
    extension::RequestedExtension,
    issuer::IssuingCa,
    key::{Curve, KeyAlgorithm},
    name::{Name, attribute},
    naming::alternative::read_hardware_module,
    oid,
    policy::{Control, Finding},
    profile::Standard,
};

use super::decision::Decision;

/// organizationName, 2.5.4.10.
const ORGANIZATION: &[u8] = &[0x55, 4, 10];

const NAMES_HINT: &str =
    "ask for a request with the names that the profile's standard demands; docs/CONFIGURATION.md";

impl Decision<'_> {
    /// The names, and under Matter the CA.
    pub fn judge_standard(&mut self, subject: &Name, requested: &[RequestedExtension]) {
        let standard = self.profile.standard;
        let names = match standard {
            // That there is a subject is the profile's own demand.
            Standard::Rfc5280 | Standard::Idevid => Ok(()),
            Standard::HardwareModule => hardware_module(subject, requested),
            Standard::MatterDac | Standard::MatterPai => matter_ids(subject, standard).map(|_| ()),
            Standard::OpcUa => opc_ua(subject, requested),
        };
        if let Err(what) = names {
            self.refuse(Control::NameStandard, &format!("{}: {what}", standard.words()), NAMES_HINT);
        }
        if standard == Standard::Idevid && values(subject, attribute::SERIAL_NUMBER).is_empty() {
            self.findings.push(Finding::note(
                Control::NameStandard,
                "the subject has no serialNumber, by which IEEE 802.1AR-2018 clause 8 would have the device told",
                "ask for a request with the device's serial number where relying parties look for it",
            ));
        }
        let Some(issuer) = self.issuer().filter(|_| standard.is_matter()) else { return };
        if let Err(what) = matter_issuer(subject, issuer, standard) {
            self.refuse(
                Control::IssuerStandard,
                &format!("{}: {what}", standard.words()),
                "issue from a CA with a P-256 key and the vendor and product IDs of the device",
            );
        }
    }
}

fn demand(met: bool, what: &str) -> Result<(), String> {
    if met { Ok(()) } else { Err(what.to_owned()) }
}

/// The general names that the requests' subjectAltName asks for: identifier octet and content.
fn names(requested: &[RequestedExtension]) -> Vec<(u8, &[u8])> {
    let value = requested.iter().find(|wish| wish.oid == oid::SUBJECT_ALT_NAME).map(|wish| &wish.value);
    let list = value.and_then(|value| Reader::new(value).sequence("subjectAltName").ok());
    let mut found = Vec::new();
    if let Some(mut list) = list {
        while let Ok(name) = list.any() {
            found.push((name.tag, name.content));
        }
    }
    found
}

fn hardware_module(subject: &Name, requested: &[RequestedExtension]) -> Result<(), String> {
    demand(subject.is_empty(), "the subject must be empty")?;
    match names(requested).as_slice() {
        [(tag, content)] if *tag == tag::context_constructed(0) && is_module(content) => Ok(()),
        _ => {
            Err("the one alternative name must be a hardware module name: a type and a serial number".into())
        }
    }
}

/// Whether an otherName is a hardware module name with a serial number.
fn is_module(content: &[u8]) -> bool {
    matches!(read_hardware_module(content), Ok(Some(module)) if !module.serial.is_empty())
}

fn opc_ua(subject: &Name, requested: &[RequestedExtension]) -> Result<(), String> {
    demand(values(subject, attribute::COMMON_NAME).len() == 1, "the subject must have one commonName")?;
    demand(!values(subject, ORGANIZATION).is_empty(), "the subject must have an organizationName")?;
    let uris = names(requested).iter().filter(|(tag, _)| *tag == tag::context(6)).count();
    demand(uris == 1, "the alternative names must have one URI, the application's")
}

fn values<'a>(name: &'a Name, oid: &[u8]) -> Vec<(u8, &'a [u8])> {
    let attributes = name.rdns().into_iter().flatten();
    attributes.filter(|found| found.oid == oid).map(|found| (found.tag, found.value)).collect()
}

/// A vendor ID, and a product ID where there is one (Matter 6.2.2.2).
type Ids<'a> = (&'a [u8], Option<&'a [u8]>);

fn matter_ids(subject: &Name, standard: Standard) -> Result<Ids<'_>, String> {
    let digits = |(tag, value): &(u8, &[u8])| {
        let hexadecimal = |octet: &u8| matches!(octet, b'0'..=b'9' | b'A'..=b'F');
        *tag == tag::UTF8_STRING && value.len() == 4 && value.iter().all(hexadecimal)
    };
    let vendors = values(subject, attribute::MATTER_VENDOR);
    let products = values(subject, attribute::MATTER_PRODUCT);
    let sound = vendors.iter().chain(&products).all(digits);
    demand(sound, "vendor and product IDs must be UTF8Strings of four capital hexadecimal digits")?;
    let [(_, vendor)] = vendors.as_slice() else {
        return Err("the subject must have one vendor ID (1.3.6.1.4.1.37244.2.1)".into());
    };
    match (products.as_slice(), standard) {
        ([(_, product)], _) => Ok((vendor, Some(product))),
        ([], Standard::MatterPai) => Ok((vendor, None)),
        _ => Err("the subject must have one product ID (1.3.6.1.4.1.37244.2.2)".into()),
    }
}

/// Matter 6.2.2.3 to 6.2.2.5: the CA's key, and IDs that agree with those of the CA.
fn matter_issuer(subject: &Name, issuer: &IssuingCa, standard: Standard) -> Result<(), String> {
    let certificate = issuer.certificate();
    demand(
        certificate.public_key().algorithm() == KeyAlgorithm::Ec(Curve::P256),
        "the CA's key must be of P-256",
    )?;
    let Ok((vendor, product)) = matter_ids(subject, standard) else { return Ok(()) };
    let above = |oid| values(certificate.subject(), oid).first().map(|(_, value)| *value);
    let (vendor_above, product_above) = (above(attribute::MATTER_VENDOR), above(attribute::MATTER_PRODUCT));
    if standard == Standard::MatterDac {
        demand(vendor_above == Some(vendor), "the vendor ID must be that of the CA")?;
        return demand(
            product_above.is_none() || product_above == product,
            "the product ID must be that of the CA",
        );
    }
    demand(product_above.is_none(), "the CA must have no product ID")?;
    demand(vendor_above.is_none_or(|above| above == vendor), "the vendor ID must be that of the CA")
}
