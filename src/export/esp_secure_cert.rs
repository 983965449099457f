//! The `esp_secure_cert` partition: what firmware made with ESP-IDF (`esp_secure_cert_mgr`) reads certificates from.
//!
//! A row of entries: the magic number, flags, kind, length (u16, little endian), the data padded with zeros to sixteen
//! octets, and a sum over all of it ("Type Length Value format" of `esp_secure_cert_mgr`). A certificate is PEM with a NUL
//! behind it, as Mbed TLS reads it. There is no private key in it: the device made its own and keeps it.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use super::{
    bundle::Part,
    crc32::esp_crc32,
    esp::{Contents, Flash, Own, Trusted},
    form::{FormSettings, FormatError},
};

/// The partition, in octets: 0x2000, of which the flash tool writes what the image has.
pub const PARTITION_OCTETS: usize = 0x2000;

/// What begins an entry.
const MAGIC: u32 = 0xba5e_ba11;
/// Data is padded to a multiple of so many octets.
const ALIGNMENT: usize = 16;

/// What an entry holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// The certificate of a CA.
    Authority = 0,
    /// The device's certificate, its chain behind it.
    Device = 1,
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

/// The image of a device's certificate (with its chain) and of the CA's, PEM each, with the sum of both last.
///
/// # Errors
/// [`TooLarge`].
pub fn image(authority: &[u8], device: &[u8]) -> Result<Vec<u8>, TooLarge> {
    let mut image = Vec::new();
    for (kind, pem) in [(Kind::Authority, authority), (Kind::Device, device)] {
        image.extend(entry(kind, &[pem, &[0]].concat())?);
    }
    let digest = Sha256::digest(&image);
    image.extend(entry(Kind::Integrity, &digest)?);
    if image.len() > PARTITION_OCTETS {
        return Err(TooLarge { octets: image.len() });
    }
    Ok(image)
}

/// An entry of subtype 0.
fn entry(kind: Kind, data: &[u8]) -> Result<Vec<u8>, TooLarge> {
    let length = u16::try_from(data.len()).map_err(|_| TooLarge { octets: data.len() })?;
    let mut entry = MAGIC.to_le_bytes().to_vec();
    entry.extend([0, 0, 0, 0, kind as u8, 0]);
    entry.extend(length.to_le_bytes());
    entry.extend_from_slice(data);
    let padding = data.len().next_multiple_of(ALIGNMENT) - data.len();
    entry.resize(entry.len() + padding, 0);
    let sum = esp_crc32(&[&entry]);
    entry.extend(sum.to_le_bytes());
    Ok(entry)
}

/// `[deliver.esp-secure-cert]`: an image for each device.
#[derive(Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct EspSecureCert {
    device: Own,
    authorities: Trusted,
}

impl Default for EspSecureCert {
    fn default() -> Self {
        // What Espressif's tool has: of each file it takes the first certificate.
        Self { device: Own::Certificate, authorities: Trusted::Issuer }
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

    fn image(&self, contents: &Contents, der: &[u8]) -> Result<Vec<u8>, FormatError> {
        image(&contents.trusted, &contents.own(der))
            .map_err(|error| FormatError::impossible(Self::NAME, &error, error.hint()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_that_is_larger_than_the_partition_is_refused() {
        // Heads, sums and the last entry take 80 octets of 8,192.
        let fits = image(&[7; 4_063], &[7; 4_047]).unwrap();
        assert_eq!(fits.len(), PARTITION_OCTETS);
        assert_eq!(image(&[7; 4_064], &[7; 4_047]), Err(TooLarge { octets: PARTITION_OCTETS + 16 }));
        assert_eq!(image(&vec![7; 65_535], &[]), Err(TooLarge { octets: 65_536 }));
    }
}
