//! NVS images: what newer ESP-AT firmware reads certificates from (`mfg_nvs`, from ESP-AT 3.1 on).
//!
//! Version 2 of ESP-IDF's non-volatile storage ("NVS partition generator", ESP-IDF programming guide): pages of 4,096
//! octets, each a header of 32, a bitmap of 32 and 126 entries of 32. A value of any length is a blob: chunks, each a
//! head and data in one page, then an index. An image is what `esp_idf_nvs_partition_gen generate` makes of a table with
//! `NAMESPACE,namespace,,` and `KEY,file,binary,PATH` lines. What it cannot hold is refused, never cut.

use serde::{Deserialize, Serialize};
use thiserror::Error;
use zeroize::Zeroizing;

use super::{
    bundle::{Part, file},
    crc32::esp_crc32,
    devices::line,
    esp::{self, Contents, Flash, Own, PartitionSettings, Trusted},
    form::{FormSettings, Item},
    format::FormatError,
};
use crate::pki::device_key::DeviceKey;

/// A page, in octets: what flash erases at a time.
pub const PAGE_OCTETS: usize = 4_096;
/// An image, at least: a page in use, one to move entries to, one that the generator keeps blank.
pub const IMAGE_OCTETS_MIN: usize = 3 * PAGE_OCTETS;
/// An image, at most: a blob's pieces are counted in one octet, and each page can hold one.
pub const IMAGE_OCTETS_MAX: usize = 256 * PAGE_OCTETS;
/// Longest name of a namespace or key, in octets: 16 with the NUL that ends it.
pub const NAME_OCTETS_MAX: usize = 15;

/// Entries of a page.
const ENTRIES: usize = 126;
/// An entry, in octets.
const ENTRY: usize = 32;
/// A page's header, in octets; the bitmap of its entries follows, two bits an entry.
const HEADER: usize = 32;
/// Where the first entry stands.
const FIRST: usize = 64;

/// The page has room.
const ACTIVE: [u8; 4] = 0xffff_fffe_u32.to_le_bytes();
/// The page has none.
const FULL: [u8; 4] = 0xffff_fffc_u32.to_le_bytes();
/// Version 2 of the format.
const VERSION_2: u8 = 0xfe;

/// An entry of one octet: a namespace's number.
const TYPE_U8: u8 = 0x01;
/// A piece of a blob.
const TYPE_CHUNK: u8 = 0x42;
/// A blob's index.
const TYPE_INDEX: u8 = 0x48;
/// In the place of a chunk's number: this entry is none.
const NO_CHUNK: u8 = 0xff;

/// A value under its key.
#[derive(Clone, Copy, Debug)]
pub struct Blob<'a> {
    /// The namespace: blobs of one namespace stand together.
    pub namespace: &'a str,
    /// The key within it.
    pub key: &'a str,
    /// The value.
    pub value: &'a [u8],
}

/// Why there is no image.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum NvsError {
    /// The values need more pages than the partition has.
    #[error("the values do not fit into an NVS partition of {octets} octets")]
    Full {
        /// The partition's size.
        octets: usize,
    },
    /// A name that NVS has no room for.
    #[error("`{0}` is no name of NVS: 1 to {NAME_OCTETS_MAX} letters, digits, `_`, `.`")]
    Name(String),
    /// A size that no NVS partition has.
    #[error("{octets} octets are no size of an NVS partition")]
    Size {
        /// The size.
        octets: usize,
    },
}

impl NvsError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Full { .. } => {
                "give the partition more room in the partition table, or leave certificates out".to_owned()
            }
            Self::Name(_) => "choose a shorter name, as the firmware reads it".to_owned(),
            Self::Size { .. } => {
                format!(
                    "a multiple of {PAGE_OCTETS}, at least {IMAGE_OCTETS_MIN}, as the partition table says"
                )
            }
        }
    }
}

/// The image of a partition of so many octets that holds these values.
///
/// # Errors
/// [`NvsError`].
pub fn image(blobs: &[Blob<'_>], octets: usize) -> Result<Vec<u8>, NvsError> {
    if !octets.is_multiple_of(PAGE_OCTETS) || !(IMAGE_OCTETS_MIN..=IMAGE_OCTETS_MAX).contains(&octets) {
        return Err(NvsError::Size { octets });
    }
    let mut image = Image::new(octets);
    let mut namespaces: Vec<&str> = Vec::new();
    for blob in blobs {
        let position = namespaces.iter().position(|own| *own == blob.namespace);
        let number = u8::try_from(position.unwrap_or(namespaces.len()) + 1).map_err(|_| image.full())?;
        if position.is_none() {
            namespaces.push(blob.namespace);
            image.namespace(blob.namespace, number)?;
        }
        image.blob(blob, number)?;
    }
    Ok(image.octets)
}

/// A name in its 16 octets.
fn name(text: &str) -> Result<[u8; 16], NvsError> {
    let is_name = (1..=NAME_OCTETS_MAX).contains(&text.len())
        && text.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"_.".contains(&octet));
    let mut octets = [0; 16];
    let place =
        octets.get_mut(..text.len()).filter(|_| is_name).ok_or_else(|| NvsError::Name(text.to_owned()))?;
    place.copy_from_slice(text.as_bytes());
    Ok(octets)
}

/// An image being filled.
struct Image {
    /// All of it: erased flash where nothing is written.
    octets: Vec<u8>,
    /// The page that is filled, from 0.
    page: usize,
    /// Its entries in use.
    entries: usize,
}

impl Image {
    fn new(octets: usize) -> Self {
        let mut this = Self { octets: vec![0xff; octets], page: 0, entries: 0 };
        this.begin_page();
        this
    }

    /// Gives a namespace its number.
    fn namespace(&mut self, text: &str, number: u8) -> Result<(), NvsError> {
        let key = name(text)?;
        self.make_room()?;
        let data = [number, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
        self.put(&entry(0, TYPE_U8, 1, NO_CHUNK, &key, data));
        Ok(())
    }

    fn blob(&mut self, blob: &Blob<'_>, namespace: u8) -> Result<(), NvsError> {
        let key = name(blob.key)?;
        self.make_room()?;
        let (mut rest, mut chunks) = (blob.value, 0_u8);
        loop {
            // A piece takes what the page has left behind its head, be it nothing.
            let tail = (ENTRIES - self.entries - 1) * ENTRY;
            let (piece, after) = rest.split_at(rest.len().min(tail));
            self.chunk(namespace, chunks, &key, piece)?;
            chunks = chunks.checked_add(1).ok_or_else(|| self.full())?;
            rest = after;
            self.make_room()?;
            if rest.is_empty() {
                break;
            }
        }
        let length = u32::try_from(blob.value.len()).map_err(|_| self.full())?.to_le_bytes();
        let [a, b, c, d] = length;
        self.put(&entry(namespace, TYPE_INDEX, 1, NO_CHUNK, &key, [a, b, c, d, chunks, 0, 0xff, 0xff]));
        Ok(())
    }

    /// A piece of a blob: at most what a page holds.
    fn chunk(&mut self, namespace: u8, number: u8, key: &[u8; 16], piece: &[u8]) -> Result<(), NvsError> {
        let small = u16::try_from(piece.len()).map_err(|_| self.full())?.to_le_bytes();
        let span = u8::try_from(1 + piece.len().div_ceil(ENTRY)).map_err(|_| self.full())?;
        let [e, f, g, h] = esp_crc32(&[piece]).to_le_bytes();
        let data = [small[0], small[1], 0xff, 0xff, e, f, g, h];
        self.put(&entry(namespace, TYPE_CHUNK, span, number, key, data));
        for part in piece.chunks(ENTRY) {
            self.put(part);
        }
        Ok(())
    }

    /// Writes one entry and marks it as written: two bits, of which the lower falls.
    fn put(&mut self, octets: &[u8]) {
        let start = self.page * PAGE_OCTETS;
        let bitmap = start + HEADER + self.entries / 4;
        self.octets[bitmap] &= !(1 << (self.entries % 4 * 2));
        let at = start + FIRST + self.entries * ENTRY;
        self.octets[at..at + octets.len()].copy_from_slice(octets);
        self.entries += 1;
    }

    fn begin_page(&mut self) {
        let start = self.page * PAGE_OCTETS;
        let header = &mut self.octets[start..start + HEADER];
        header[..4].copy_from_slice(&ACTIVE);
        // An image has far fewer pages than 2^32.
        header[4..8].copy_from_slice(&u32::try_from(self.page).unwrap_or_default().to_le_bytes());
        header[8] = VERSION_2;
        let sum = esp_crc32(&[&header[4..28]]);
        header[28..].copy_from_slice(&sum.to_le_bytes());
        self.entries = 0;
    }

    /// Where the page has no entry left, closes it and begins the next; the last of the partition stays blank.
    fn make_room(&mut self) -> Result<(), NvsError> {
        if self.entries < ENTRIES {
            return Ok(());
        }
        if (self.page + 2) * PAGE_OCTETS >= self.octets.len() {
            return Err(self.full());
        }
        let start = self.page * PAGE_OCTETS;
        self.octets[start..start + 4].copy_from_slice(&FULL);
        self.page += 1;
        self.begin_page();
        Ok(())
    }

    fn full(&self) -> NvsError {
        NvsError::Full { octets: self.octets.len() }
    }
}

/// An entry: its sum is over everything but itself.
fn entry(namespace: u8, kind: u8, span: u8, chunk: u8, key: &[u8; 16], data: [u8; 8]) -> [u8; ENTRY] {
    let head = [namespace, kind, span, chunk];
    let mut octets = [0; ENTRY];
    octets[..4].copy_from_slice(&head);
    octets[4..8].copy_from_slice(&esp_crc32(&[&head, key, &data]).to_le_bytes());
    octets[8..24].copy_from_slice(key);
    octets[24..].copy_from_slice(&data);
    octets
}

/// What the firmware uses certificates for: the first half of the name of their namespaces.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
enum Use {
    /// TLS to a server.
    Client,
    /// HTTPS to a server.
    Https,
    /// MQTT over TLS.
    Mqtt,
    /// TLS of its own server.
    Server,
    /// WPA Enterprise, in firmware before the name changed.
    Wpa2,
    /// WPA Enterprise.
    WpaEnt,
    /// WebSocket over TLS.
    Wss,
}

impl esp::Use for Use {
    const USUAL: Self = Self::Client;
}

impl Use {
    /// The namespace of one kind, and the key of its first value: where there is one set only, the namespace's own name.
    fn names(self, kind: &str) -> [String; 2] {
        let (name, number) = match self {
            Self::Client => ("client", ".0"),
            Self::Https => ("https", ".0"),
            Self::Mqtt => ("mqtt", ""),
            Self::Server => ("server", ""),
            Self::Wpa2 => ("wpa2", ""),
            Self::WpaEnt => ("wpa_ent", ""),
            Self::Wss => ("wss", ".0"),
        };
        [format!("{name}_{kind}"), format!("{name}_{kind}{number}")]
    }
}

/// `[deliver.esp-nvs]`: an NVS image for each device, and the table that the same image can be made of.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(transparent)]
pub(super) struct EspNvs(PartitionSettings<Use>);

impl FormSettings for EspNvs {
    fn check(&self) -> Result<(), String> {
        self.0.check()
    }
}

impl EspNvs {
    /// Namespace and key of each value, and what is done with its kind: certificates first.
    fn names<T: Copy>(&self, own: T, trusted: T) -> Vec<([String; 2], T)> {
        let kinds = [("cert", own), ("ca", trusted)];
        self.0.uses.iter().flat_map(|one| kinds.map(|(kind, value)| (one.names(kind), value))).collect()
    }

    fn image_of(&self, own: &[u8], trusted: &[u8]) -> Result<Vec<u8>, FormatError> {
        let partition = self.0.partitions.named(PARTITION);
        let partition =
            partition.map_err(|error| FormatError::impossible(Self::NAME, &error, error.hint()))?;
        if partition.kind != ["data", "nvs"] {
            let what = format!("the partition {PARTITION} is not of type data, nvs");
            return Err(FormatError::impossible(
                Self::NAME,
                &what,
                "take its line as at_customize.csv has it",
            ));
        }
        let names = self.names(own, trusted);
        let blobs: Vec<Blob<'_>> =
            names.iter().map(|([namespace, key], value)| Blob { namespace, key, value }).collect();
        let octets = usize::try_from(partition.octets).unwrap_or(usize::MAX);
        image(&blobs, octets).map_err(|error| FormatError::impossible(Self::NAME, &error, error.hint()))
    }
}

impl Flash for EspNvs {
    const NAME: &'static str = "esp-nvs";
    const SETTINGS: &'static str = "esp-nvs/settings.json";

    fn wants(&self) -> (Own, Trusted) {
        (self.0.device, self.0.authorities)
    }

    fn shared(&self, contents: &Contents) -> Result<Vec<Part>, FormatError> {
        // Nothing is shared; that there is room for the CAs is known now.
        self.image_of(&[], &contents.trusted).map(|_| Vec::new())
    }

    fn image(
        &self,
        contents: &Contents,
        der: &[u8],
        _key: Option<&DeviceKey>,
    ) -> Result<Zeroizing<Vec<u8>>, FormatError> {
        self.image_of(&contents.own(der), &contents.trusted).map(Zeroizing::new)
    }

    fn image_octets(&self) -> Option<u64> {
        self.0.partitions.named(PARTITION).ok().map(|partition| partition.octets.into())
    }

    /// The table for Espressif's generator, to be joined with the module's other values: paths from the bundle's folder.
    fn beside(&self, item: &Item<'_>) -> Option<Part> {
        let own = match self.0.device {
            Own::Certificate => item.place.certificate(),
            Own::Chain => item.place.chain(),
        };
        let mut table = line(&["key", "type", "encoding", "value"]);
        for ([namespace, key], path) in self.names(own.as_str(), self.0.authorities.path()) {
            table.extend(line(&[namespace.as_str(), "namespace", "", ""]));
            table.extend(line(&[key.as_str(), "file", "binary", path]));
        }
        Some(file(&item.place.below(Self::NAME, "csv"), table))
    }
}

/// The partition that the firmware looks into.
const PARTITION: &str = "mfg_nvs";

#[cfg(test)]
mod tests {
    use super::*;

    fn blob(value: &[u8]) -> Blob<'_> {
        Blob { namespace: "client_cert", key: "client_cert.0", value }
    }

    #[test]
    fn sizes_and_names_that_nvs_has_not_are_refused() {
        for octets in [0, 8_192, 12_289, IMAGE_OCTETS_MAX + PAGE_OCTETS] {
            assert_eq!(image(&[], octets), Err(NvsError::Size { octets }));
        }
        for (namespace, key) in [("", "a"), ("a", ""), ("a234567890123456", "a"), ("a", "a,b"), ("a", "a\0")]
        {
            let blobs = [Blob { namespace, key, value: b"" }];
            assert!(
                matches!(image(&blobs, IMAGE_OCTETS_MIN), Err(NvsError::Name(_))),
                "{namespace:?} {key:?}"
            );
        }
    }

    #[test]
    fn a_value_that_fills_the_partition_fits_and_one_more_octet_does_not() {
        // Two pages: the namespace, two heads and the index leave 252 - 4 entries.
        let value = vec![7; (2 * ENTRIES - 4) * ENTRY + 1];
        let full = Err(NvsError::Full { octets: IMAGE_OCTETS_MIN });
        let image = |octets: usize| image(&[blob(&value[..octets])], IMAGE_OCTETS_MIN);
        assert_eq!(image(value.len() - 1).map(|image| image.len()), Ok(IMAGE_OCTETS_MIN));
        assert_eq!(image(value.len()), full);
        // The last page stays blank.
        let made = image(value.len() - 1).unwrap();
        assert!(made[2 * PAGE_OCTETS..].iter().all(|octet| *octet == 0xff));
        assert_eq!((made[0], made[PAGE_OCTETS]), (0xfc, 0xfe));
    }
}
