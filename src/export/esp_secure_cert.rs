//! The `esp_secure_cert` partition: what firmware made with ESP-IDF (`esp_secure_cert_mgr`) reads certificates from.
//!
//! A row of entries: the magic number, flags, kind, length (u16, little endian), the data padded with zeros to sixteen
//! octets, and a sum over all of it ("Type Length Value format" of `esp_secure_cert_mgr`). A certificate or key is PEM with a
//! NUL behind it, as Mbed TLS reads it. Without the setting `private-keys` there is no private key in it: the device made its
//! own and keeps it. With it, the key is in the clear, as `configure_esp_secure_cert.py --private-key` puts it there.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use thiserror::Error;
use zeroize::Zeroizing;

use super::{
    bundle::{Part, Place},
    crc32::esp_crc32,
    esp::{Contents, Flash, Own, Trusted},
    form::FormSettings,
    format::FormatError,
    private_keys::{KeyFile, PrivateKeys},
};
use crate::pki::device_key::DeviceKey;

/// The partition, in octets: 0x2000, of which the flash tool writes what the image has.
pub const PARTITION_OCTETS: usize = 0x2000;

/// What begins an entry.
const MAGIC: u32 = 0xba5e_ba11;
/// Data is padded to a multiple of so many octets.
const ALIGNMENT: usize = 16;
/// What stands before the data of an entry, in octets.
const HEAD: usize = 12;
/// What stands behind it.
const SUM: usize = 4;

/// What a private key takes, in octets: of RSA-4096 as PEM, and more than most.
const KEY_OCTETS: u64 = 3_300;

/// What an entry holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// The certificate of a CA.
    Authority = 0,
    /// The device's certificate, its chain behind it.
    Device = 1,
    /// The device's private key.
    PrivateKey = 2,
    /// SHA-256 of everything before it.
    Integrity = 9,
}

/// The entries do not fit.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("{octets} octets do not fit into the esp_secure_cert partition of {PARTITION_OCTETS}")]
pub struct TooLarge {
    /// What they take.
    pub octets: usize,
}

impl TooLarge {
    /// What to do about it.
    #[must_use]
    pub fn hint(self) -> &'static str {
        "deliver the certificate without its chain, or use EC keys"
    }
}

/// The image of a device's certificate (with its chain) and of the CA's, PEM each, and of the device's private key where it
/// is to have one, with the sum of all of it last.
///
/// # Errors
/// [`TooLarge`].
pub fn image(
    authority: &[u8],
    device: &[u8],
    key: Option<&DeviceKey>,
) -> Result<Zeroizing<Vec<u8>>, TooLarge> {
    // It never grows beyond this: octets of a key would be left behind where it was before.
    let mut image = Zeroizing::new(Vec::with_capacity(PARTITION_OCTETS));
    append(&mut image, Kind::Authority, &[authority, &[0]])?;
    append(&mut image, Kind::Device, &[device, &[0]])?;
    if let Some(key) = key {
        append(&mut image, Kind::PrivateKey, &[key.pem(), &[0]])?;
    }
    let digest = Sha256::digest(image.as_slice());
    append(&mut image, Kind::Integrity, &[&digest])?;
    Ok(image)
}

/// Appends an entry of subtype 0, its data in pieces.
fn append(image: &mut Vec<u8>, kind: Kind, data: &[&[u8]]) -> Result<(), TooLarge> {
    let octets: usize = data.iter().map(|piece| piece.len()).sum();
    let start = image.len();
    let data_end = start + HEAD + octets.next_multiple_of(ALIGNMENT);
    let whole = TooLarge { octets: data_end + SUM };
    let length = u16::try_from(octets).map_err(|_| whole)?;
    if whole.octets > PARTITION_OCTETS {
        return Err(whole);
    }
    image.extend(MAGIC.to_le_bytes());
    image.extend([0, 0, 0, 0, kind as u8, 0]);
    image.extend(length.to_le_bytes());
    for piece in data {
        image.extend_from_slice(piece);
    }
    image.resize(data_end, 0);
    let sum = esp_crc32(&[&image[start..]]);
    image.extend(sum.to_le_bytes());
    Ok(())
}

/// The device's private key in an image that somebody else made, without its NUL; `None` where there is none.
fn private_key(image: &[u8]) -> Option<&[u8]> {
    let mut rest = image;
    while let Some((head, behind)) = rest.split_first_chunk::<HEAD>() {
        let length = usize::from(u16::from_le_bytes([head[10], head[11]]));
        let data = behind.get(..length)?;
        if !head.starts_with(&MAGIC.to_le_bytes()) {
            return None;
        }
        if head[8] == Kind::PrivateKey as u8 {
            return data.strip_suffix(&[0]);
        }
        rest = behind.get(length.next_multiple_of(ALIGNMENT) + SUM..)?;
    }
    None
}

/// `[deliver.esp-secure-cert]`: an image for each device.
#[derive(Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct EspSecureCert {
    device: Own,
    authorities: Trusted,
    /// Left out where there are none, as bundles had it before there was a choice.
    #[serde(skip_serializing_if = "PrivateKeys::are_none")]
    private_keys: PrivateKeys,
}

impl Default for EspSecureCert {
    fn default() -> Self {
        // What Espressif's tool has: of each file it takes the first certificate.
        Self { device: Own::Certificate, authorities: Trusted::Issuer, private_keys: PrivateKeys::None }
    }
}

impl FormSettings for EspSecureCert {}

impl Flash for EspSecureCert {
    const NAME: &'static str = "esp-secure-cert";
    const SETTINGS: &'static str = "esp-secure-cert/settings.json";

    fn wants(&self) -> (Own, Trusted) {
        (self.device, self.authorities)
    }

    fn shared(&self, _contents: &Contents) -> Result<Vec<Part>, FormatError> {
        Ok(Vec::new())
    }

    fn image(
        &self,
        contents: &Contents,
        der: &[u8],
        key: Option<&DeviceKey>,
    ) -> Result<Zeroizing<Vec<u8>>, FormatError> {
        image(&contents.trusted, &contents.own(der), key)
            .map_err(|error| FormatError::impossible(Self::NAME, &error, error.hint()))
    }

    fn private_keys(&self) -> PrivateKeys {
        self.private_keys
    }

    fn image_octets(&self) -> Option<u64> {
        (self.private_keys == PrivateKeys::CarriedIn).then_some(KEY_OCTETS)
    }

    fn key_file(&self, place: &Place) -> Option<KeyFile> {
        (self.private_keys == PrivateKeys::CarriedIn).then(|| KeyFile {
            path: place.below(Self::NAME, "bin"),
            octets_max: PARTITION_OCTETS as u64,
            key: private_key,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_that_is_larger_than_the_partition_is_refused() {
        // Heads, sums and the last entry take 80 octets of 8,192.
        let refused = |authority: &[u8], device: &[u8]| image(authority, device, None).err();
        assert_eq!(image(&[7; 4_063], &[7; 4_047], None).map(|image| image.len()), Ok(PARTITION_OCTETS));
        assert_eq!(refused(&[7; 4_064], &[7; 4_047]), Some(TooLarge { octets: PARTITION_OCTETS + 16 }));
        assert_eq!(refused(&vec![7; 65_535], &[]), Some(TooLarge { octets: 65_552 }));
    }
}
