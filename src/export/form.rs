//! Forms: what a bundle holds besides its PEM files, a folder each.
//!
//! A form is a function of the CAs and of the certificates in plan order, and of nothing else, so that the same plan gives
//! the same octets, and a bundle is judged by making its forms once more and comparing. A form keeps no certificate it has
//! seen: a bundle of a million takes no more memory than one of ten.
//!
//! A form may have settings. Whoever asks for it has them from authority.toml; the form writes them as the first of its
//! files, `NAME/settings.json`, so that whoever judges the bundle makes the form by the same ones.

use std::fmt::Debug;

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use super::{
    bundle::{Part, Place, file},
    devices::Device,
    format::FormatError,
    held_crls::HeldCrl,
    private_keys::{KeyFile, PrivateKeys},
};
use crate::pki::{certificate::Certificate, device_key::DeviceKey, key::PublicKey};

/// What a form is told, checked beyond what its types say.
pub(super) trait FormSettings: Default + for<'de> Deserialize<'de> {
    /// Checks what contradicts each other, and what the form's receiver would refuse.
    ///
    /// # Errors
    /// What is wrong, in words.
    fn check(&self) -> Result<(), String> {
        Ok(())
    }
}

/// The settings of a form; those of an empty section where there are none.
pub(super) fn settings<'de, D, T>(settings: Option<D>) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FormSettings,
{
    let read = settings.map_or_else(|| Ok(T::default()), T::deserialize)?;
    read.check().map_err(D::Error::custom)?;
    Ok(read)
}

/// A setting that is text of some kind; `rule` says what any other text is not.
pub(super) fn text_setting<'de, D: Deserializer<'de>>(
    setting: D,
    is_sound: impl FnOnce(&str) -> bool,
    rule: &'static str,
) -> Result<String, D::Error> {
    let text = String::deserialize(setting)?;
    if is_sound(&text) { Ok(text) } else { Err(D::Error::custom(rule)) }
}

/// The file that a form's settings stand in: JSON without blanks, keys in one order.
pub(super) fn settings_file(path: &str, settings: &impl Serialize) -> Part {
    // Text, numbers and lists of them have a JSON form always.
    file(path, serde_json::to_vec(settings).unwrap_or_default())
}

/// Whether a form has to see each certificate before it is known that it can be made.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Judges {
    /// The CAs are enough.
    AuthoritiesOnly,
    /// Each certificate counts.
    EachCertificate,
}

/// One certificate of a bundle.
#[derive(Clone, Copy)]
pub(super) struct Item<'a> {
    /// Where its files stand.
    pub(super) place: &'a Place,
    /// Its octets.
    pub(super) der: &'a [u8],
    /// Where its request came from, as devices.csv has it.
    pub(super) source: &'a str,
    /// What else devices.csv says of it.
    pub(super) device: Device<'a>,
    /// The device's private key, found to be the one of this certificate; where a form has private keys.
    pub(super) key: Option<&'a DeviceKey>,
}

/// Makes the files of one form.
pub(super) trait Form: Debug + Send {
    /// Whether it can be made below these CAs, the issuing one first. Asked before anything is signed or written.
    ///
    /// # Errors
    /// [`FormatError::Impossible`].
    fn check_authorities(&self, _authorities: &[Certificate]) -> Result<(), FormatError> {
        Ok(())
    }

    /// Whether [`Form::check_certificate`] can refuse.
    fn judges(&self) -> Judges {
        Judges::AuthoritiesOnly
    }

    /// Whether it can be made of this certificate, which may not be signed yet: then its signature is as long as it can
    /// become, and empty of meaning.
    ///
    /// # Errors
    /// [`FormatError::Impossible`].
    fn check_certificate(&self, _certificate: &Certificate) -> Result<(), FormatError> {
        Ok(())
    }

    /// Whether the audit key can sign what this form has it sign.
    ///
    /// # Errors
    /// [`FormatError::Impossible`].
    fn check_audit_key(&self, _audit_key: &PublicKey) -> Result<(), FormatError> {
        Ok(())
    }

    /// Tells it the audit key, before [`Form::opening`].
    fn audited(&mut self, _audit_key: &PublicKey) {}

    /// Octets of the image that each certificate has beyond [`super::format::Format::room`], where the settings say it.
    fn image_octets(&self) -> Option<u64> {
        None
    }

    /// Whether it has devices' private keys in it.
    fn private_keys(&self) -> PrivateKeys {
        PrivateKeys::None
    }

    /// Whether it can be made of this certificate with this private key, which is the certificate's.
    ///
    /// # Errors
    /// [`FormatError::Impossible`].
    fn check_key(&self, _certificate: &Certificate, _key: &DeviceKey) -> Result<(), FormatError> {
        Ok(())
    }

    /// The file of this place that has the device's private key in it, where it has private keys.
    fn key_file(&self, _place: &Place) -> Option<KeyFile> {
        None
    }

    /// What its platform names this certificate's device by, of which no two of a batch may be the same; in one case where
    /// the platform does not look at it. `None`: by nothing that two can have in common.
    fn device_name(&self, _certificate: &Certificate) -> Option<String> {
        None
    }

    /// Tells which CRLs stand at [`super::format::Format::crl_path`], before the opening.
    fn hold(&mut self, _crls: &[HeldCrl]) {}

    /// What stands before the first certificate, growing files too: they are there even if nothing follows. The issuing
    /// CA is the first, the root the last.
    fn opening(&mut self, authorities: &[Certificate]) -> Vec<Part>;

    /// What the next certificate adds, in plan order.
    fn certificate(&mut self, item: &Item<'_>) -> Vec<Part>;

    /// What stands after the last certificate.
    fn closing(&mut self) -> Vec<Part> {
        Vec::new()
    }
}
