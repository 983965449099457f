//! Forms for Espressif's flash formats: an image for each device, of its certificate and its CAs' as PEM.
//!
//! What differs between the formats is a [`Flash`]; what is the same is here. A private key is in one of them alone, and only
//! where the settings ask for it: the device made its own and keeps it.

use std::{cell::OnceCell, collections::BTreeSet, fmt::Debug};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{
    bundle::{CA, CA_CHAIN, Part, Place, ROOT, file},
    esp_partitions::Partitions,
    form::{Form, Item, Judges, settings_file},
    format::FormatError,
    pem,
    private_keys::{KeyFile, PrivateKeys},
};
use crate::pki::{certificate::Certificate, device_key::DeviceKey};

/// What a device has of itself.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Own {
    /// Its certificate: a file of `certs`.
    Certificate,
    /// Its certificate and what it sends behind it: a file of `chains`.
    Chain,
}

/// What a device has of CAs.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Trusted {
    /// All of them: `ca-chain.pem`.
    All,
    /// The issuing CA: `ca.pem`.
    Issuer,
    /// The root: `root.pem`.
    Root,
}

impl Trusted {
    /// The file of the bundle that has the same.
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::All => CA_CHAIN,
            Self::Issuer => CA,
            Self::Root => ROOT,
        }
    }
}

/// The contents that images are made of.
#[derive(Debug)]
pub(super) struct Contents {
    /// What follows a device's certificate.
    sent: Vec<u8>,
    /// What a device has of CAs.
    pub(super) trusted: Vec<u8>,
}

impl Contents {
    fn new(authorities: &[Certificate], own: Own, trusted: Trusted) -> Self {
        let sent = match own {
            Own::Certificate => Vec::new(),
            Own::Chain => pem::sent_with_device(authorities),
        };
        let trusted = match trusted {
            Trusted::All => pem::certificates(authorities),
            Trusted::Issuer => pem::certificates(authorities.first()),
            Trusted::Root => pem::certificates(authorities.last()),
        };
        Self { sent, trusted }
    }

    /// What a device has of itself.
    pub(super) fn own(&self, der: &[u8]) -> Vec<u8> {
        [pem::certificate(der), self.sent.clone()].concat()
    }
}

/// One of the formats, with its settings.
pub(super) trait Flash: Debug + Send + Serialize {
    /// The form's name.
    const NAME: &'static str;
    /// Where its settings stand.
    const SETTINGS: &'static str;

    /// What is in the contents of its images.
    fn wants(&self) -> (Own, Trusted);

    /// The files that are the same for every device.
    fn shared(&self, contents: &Contents) -> Result<Vec<Part>, FormatError>;

    /// A device's image; with its private key, where there is one and the format has it.
    fn image(
        &self,
        contents: &Contents,
        der: &[u8],
        key: Option<&DeviceKey>,
    ) -> Result<Zeroizing<Vec<u8>>, FormatError>;

    /// Whether images have private keys in them.
    fn private_keys(&self) -> PrivateKeys {
        PrivateKeys::None
    }

    /// The file of this place that has the device's private key in it, where it has private keys.
    fn key_file(&self, _place: &Place) -> Option<KeyFile> {
        None
    }

    /// Octets of each image, where they are all as large as the partition.
    fn image_octets(&self) -> Option<u64> {
        None
    }

    /// What else a device has.
    fn beside(&self, _item: &Item<'_>) -> Option<Part> {
        None
    }
}

/// What firmware uses certificates for.
pub(super) trait Use: Ord {
    /// TLS to a server.
    const USUAL: Self;
}

/// The settings of a form whose images are for partitions that a table names.
#[derive(Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct PartitionSettings<U: Use> {
    /// The firmware's table.
    pub(super) partitions: Partitions,
    /// What the images are for.
    pub(super) uses: BTreeSet<U>,
    /// What a device has of itself.
    pub(super) device: Own,
    /// What a device has of CAs.
    pub(super) authorities: Trusted,
}

impl<U: Use> Default for PartitionSettings<U> {
    fn default() -> Self {
        Self {
            partitions: Partitions::default(),
            uses: BTreeSet::from([U::USUAL]),
            device: Own::Chain,
            authorities: Trusted::Root,
        }
    }
}

impl<U: Use> PartitionSettings<U> {
    /// Images are for something.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.uses.is_empty() { Err("uses is empty: it would be for nothing".to_owned()) } else { Ok(()) }
    }
}

/// Makes the images of one format.
#[derive(Debug)]
pub(super) struct Images<T> {
    flash: T,
    /// Made of the CAs when the form is checked, or when it begins.
    contents: OnceCell<Contents>,
}

/// Of no CAs.
static NOTHING: Contents = Contents { sent: Vec::new(), trusted: Vec::new() };

impl<T: Flash> Images<T> {
    pub(super) fn new(flash: T) -> Self {
        Self { flash, contents: OnceCell::new() }
    }

    fn contents(&self, authorities: &[Certificate]) -> &Contents {
        let (own, trusted) = self.flash.wants();
        self.contents.get_or_init(|| Contents::new(authorities, own, trusted))
    }

    fn image(&self, der: &[u8], key: Option<&DeviceKey>) -> Result<Zeroizing<Vec<u8>>, FormatError> {
        self.flash.image(self.contents.get().unwrap_or(&NOTHING), der, key)
    }
}

impl<T: Flash> Form for Images<T> {
    fn image_octets(&self) -> Option<u64> {
        self.flash.image_octets()
    }

    fn check_authorities(&self, authorities: &[Certificate]) -> Result<(), FormatError> {
        self.flash.shared(self.contents(authorities)).map(drop)
    }

    fn judges(&self) -> Judges {
        Judges::EachCertificate
    }

    fn check_certificate(&self, certificate: &Certificate) -> Result<(), FormatError> {
        self.image(certificate.der(), None).map(drop)
    }

    fn private_keys(&self) -> PrivateKeys {
        self.flash.private_keys()
    }

    fn check_key(&self, certificate: &Certificate, key: &DeviceKey) -> Result<(), FormatError> {
        self.image(certificate.der(), Some(key)).map(drop)
    }

    fn key_file(&self, place: &Place) -> Option<KeyFile> {
        self.flash.key_file(place)
    }

    fn opening(&mut self, authorities: &[Certificate]) -> Vec<Part> {
        let mut parts = vec![settings_file(T::SETTINGS, &self.flash)];
        // What cannot be made was refused before; a judge of the bundle finds as little.
        parts.extend(self.flash.shared(self.contents(authorities)).unwrap_or_default());
        parts
    }

    fn certificate(&mut self, item: &Item<'_>) -> Vec<Part> {
        let path = item.place.below(T::NAME, "bin");
        let image = match (self.flash.private_keys(), item.key) {
            (PrivateKeys::None, _) => {
                self.image(item.der, None).map(|mut image| file(&path, std::mem::take(&mut *image)))
            }
            (PrivateKeys::CarriedIn, Some(key)) => {
                self.image(item.der, Some(key)).map(|octets| Part::Secret { path, octets })
            }
            // Asked before anything was written; a judge of the bundle said that it has none.
            (PrivateKeys::CarriedIn, None) => return Vec::new(),
        };
        let Ok(image) = image else { return Vec::new() };
        std::iter::once(image).chain(self.flash.beside(item)).collect()
    }
}
