//! The parameters that AWS takes out of a device's certificate when it connects first, and what they are here.

use serde::{Deserialize, Serialize};

use crate::{
    export::devices::Device,
    pki::name::{Name, attribute},
};

/// A parameter of a template: AWS knows these alone, all but the last out of the subject.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Parameter {
    /// commonName.
    CommonName,
    /// countryName.
    Country,
    /// dnQualifier.
    DistinguishedNameQualifier,
    /// SHA-256 of the certificate, which is AWS' id of it.
    Id,
    /// organizationName.
    Organization,
    /// organizationalUnitName.
    OrganizationalUnit,
    /// The serialNumber of the subject, not that of the certificate.
    SerialNumber,
    /// stateOrProvinceName.
    StateName,
}

impl Parameter {
    /// Its name in settings and in lines of a bulk registration.
    pub fn name(self) -> &'static str {
        match self {
            Self::CommonName => "CommonName",
            Self::Country => "Country",
            Self::DistinguishedNameQualifier => "DistinguishedNameQualifier",
            Self::Id => "Id",
            Self::Organization => "Organization",
            Self::OrganizationalUnit => "OrganizationalUnit",
            Self::SerialNumber => "SerialNumber",
            Self::StateName => "StateName",
        }
    }

    /// Its name in a template for devices that connect first.
    pub fn in_template(self) -> String {
        format!("AWS::IoT::Certificate::{}", self.name())
    }

    /// The attribute of the subject that it is.
    fn attribute(self) -> Option<&'static attribute::Kind> {
        attribute::by_name(match self {
            Self::CommonName => "CN",
            Self::Country => "C",
            Self::DistinguishedNameQualifier => "dnQualifier",
            Self::Id => return None,
            Self::Organization => "O",
            Self::OrganizationalUnit => "OU",
            Self::SerialNumber => "serialNumber",
            Self::StateName => "ST",
        })
    }
}

/// What parameters are taken from.
pub struct Subject<'a> {
    name: &'a Name,
    id: String,
}

impl<'a> Subject<'a> {
    /// A certificate's.
    pub fn of(device: &Device<'a>) -> Self {
        Self { name: device.subject, id: device.certificate_sha256.to_string() }
    }

    /// A parameter's value; the reason where the subject does not have exactly one. AWS refuses a device that lacks one,
    /// and of several nobody knows which it takes.
    pub fn value(&self, parameter: Parameter) -> Result<String, String> {
        let Some(kind) = parameter.attribute() else { return Ok(self.id.clone()) };
        <[String; 1]>::try_from(self.name.values(kind.oid)).map(|[value]| value).map_err(|values| {
            format!(
                "the parameter {} needs one {} in the subject, which has {}",
                parameter.name(),
                kind.long,
                values.len()
            )
        })
    }
}
