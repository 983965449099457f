//! PKI images: what ESP-AT firmware up to 3.0 reads certificates from, a partition a kind.
//!
//! `F1 F1`, the count of items (u16), the octets that follow (u32), and for each item its kind, its number, the length of
//! its content (u16) and the content, padded with 0xFF to four octets; numbers are little endian. What `AtPKI.py
//! generate_bin` of esp-at makes, but that content of 64 KiB or more is refused (that tool writes its length modulo
//! 65,536), and so is an image that is larger than its partition (that tool does not look).

use serde::{Deserialize, Serialize};
use thiserror::Error;
use zeroize::Zeroizing;

use super::{
    bundle::{Part, file},
    devices::line,
    esp::{self, Contents, Flash, Own, PartitionSettings, Trusted},
    esp_partitions::Partition,
    form::FormSettings,
    format::FormatError,
};
use crate::pki::device_key::DeviceKey;

/// Longest content, in octets: its length is a u16.
pub const CONTENT_OCTETS_MAX: usize = 65_535;

/// What begins an image.
const MAGIC: [u8; 2] = [0xf1, 0xf1];

/// What the items of an image are: one kind an image, because the tool's own order of several is an accident of Python.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// Certificates of CAs.
    Authority = 1,
    /// Certificates of the device.
    Certificate = 2,
}

impl Kind {
    /// The second half of the name of its partitions.
    fn partition(self) -> &'static str {
        match self {
            Self::Authority => "ca",
            Self::Certificate => "cert",
        }
    }
}

/// Why there is no image.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum PkiImageError {
    /// A content is too long.
    #[error("{octets} octets in one item of a PKI image; its length has 16 bits")]
    ContentTooLong {
        /// Its length.
        octets: usize,
    },
    /// The partition is too small.
    #[error("a PKI image of {octets} octets does not fit into a partition of {room}")]
    Full {
        /// The image's length.
        octets: usize,
        /// The partition's.
        room: usize,
    },
    /// There are too many items.
    #[error("{count} items in one PKI image; their numbers have 8 bits")]
    TooMany {
        /// How many.
        count: usize,
    },
}

impl PkiImageError {
    /// What to do about it.
    #[must_use]
    pub fn hint(self) -> &'static str {
        match self {
            Self::ContentTooLong { .. } | Self::Full { .. } => {
                "deliver the certificate without its chain, use EC keys, or give the partition more room"
            }
            Self::TooMany { .. } => "give the device fewer certificates",
        }
    }
}

/// The image of these contents, which the firmware numbers from 0, for a partition of so many octets.
///
/// # Errors
/// [`PkiImageError`].
pub fn image(kind: Kind, contents: &[&[u8]], room: usize) -> Result<Vec<u8>, PkiImageError> {
    let mut items = Vec::new();
    for (index, content) in contents.iter().enumerate() {
        let number = u8::try_from(index).map_err(|_| PkiImageError::TooMany { count: contents.len() })?;
        let length = u16::try_from(content.len())
            .map_err(|_| PkiImageError::ContentTooLong { octets: content.len() })?;
        items.extend([kind as u8, number]);
        items.extend(length.to_le_bytes());
        items.extend_from_slice(content);
        items.resize(items.len().next_multiple_of(4), 0xff);
    }
    let octets = HEADER + items.len();
    // At most 256 items of 64 KiB each.
    let (count, length) = (u16::try_from(contents.len()), u32::try_from(items.len()));
    match (count, length) {
        (Ok(count), Ok(length)) if octets <= room => {
            Ok([&MAGIC[..], &count.to_le_bytes(), &length.to_le_bytes(), &items].concat())
        }
        _ => Err(PkiImageError::Full { octets, room }),
    }
}

/// What stands before the items, in octets.
const HEADER: usize = 8;

/// What the firmware uses certificates for: the first half of the name of their partitions.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
enum Use {
    /// TLS to a server.
    Client,
    /// MQTT over TLS.
    Mqtt,
    /// TLS of its own server.
    Server,
    /// WPA2 Enterprise.
    Wpa2,
}

impl esp::Use for Use {
    const USUAL: Self = Self::Client;
}

impl Use {
    fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Mqtt => "mqtt",
            Self::Server => "server",
            Self::Wpa2 => "wpa2",
        }
    }
}

/// `[deliver.esp-at]`: PKI images, one for each device and one of the CAs, for partitions that the module's table has.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(transparent)]
pub(super) struct EspAt(PartitionSettings<Use>);

impl FormSettings for EspAt {
    fn check(&self) -> Result<(), String> {
        self.0.check()
    }
}

impl EspAt {
    /// The partitions of one kind, and the room that the smallest of them has.
    fn partitions(&self, kind: &str) -> Result<(Vec<&Partition>, usize), FormatError> {
        let named = self.0.uses.iter().map(|one| self.0.partitions.named(&format!("{}_{kind}", one.name())));
        let partitions: Vec<&Partition> = named
            .collect::<Result<_, _>>()
            .map_err(|error| FormatError::impossible(Self::NAME, &error, error.hint()))?;
        let smallest = partitions.iter().map(|partition| partition.octets).min().unwrap_or_default();
        Ok((partitions, usize::try_from(smallest).unwrap_or(usize::MAX)))
    }

    /// The image of one content, for the smallest of its partitions.
    fn image_of(&self, kind: Kind, content: &[u8]) -> Result<Vec<u8>, FormatError> {
        let (_, room) = self.partitions(kind.partition())?;
        image(kind, &[content], room)
            .map_err(|error| FormatError::impossible(Self::NAME, &error, error.hint()))
    }

    /// flash.csv: which file belongs where.
    fn flash_table(&self) -> Result<Vec<u8>, FormatError> {
        let mut table = line(&["partition", "offset", "octets", "file"]);
        for (kind, name) in [(Kind::Certificate, "NAME.bin"), (Kind::Authority, "ca.bin")] {
            for Partition { name: partition, offset, octets, .. } in self.partitions(kind.partition())?.0 {
                let cells = [partition, &format!("{offset:#x}"), &octets.to_string(), name];
                table.extend(line(&cells));
            }
        }
        Ok(table)
    }
}

impl Flash for EspAt {
    const NAME: &'static str = "esp-at";
    const SETTINGS: &'static str = "esp-at/settings.json";

    fn wants(&self) -> (Own, Trusted) {
        (self.0.device, self.0.authorities)
    }

    fn shared(&self, contents: &Contents) -> Result<Vec<Part>, FormatError> {
        let authorities = self.image_of(Kind::Authority, &contents.trusted)?;
        Ok(vec![file("esp-at/ca.bin", authorities), file("esp-at/flash.csv", self.flash_table()?)])
    }

    fn image(
        &self,
        contents: &Contents,
        der: &[u8],
        _key: Option<&DeviceKey>,
    ) -> Result<Zeroizing<Vec<u8>>, FormatError> {
        self.image_of(Kind::Certificate, &contents.own(der)).map(Zeroizing::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_numbered_and_padded() {
        let image = image(Kind::Certificate, &[b"abc", b"", b"defg"], 8_192).unwrap();
        let expected = [
            &b"\xf1\xf1\x03\0\x14\0\0\0"[..],
            b"\x02\0\x03\0abc\xff",
            b"\x02\x01\0\0",
            b"\x02\x02\x04\0defg",
        ];
        assert_eq!(image, expected.concat());
    }

    #[test]
    fn what_the_format_or_the_partition_cannot_hold_is_refused() {
        let check = |contents: &[&[u8]], room, expected: &str| {
            let error = image(Kind::Authority, contents, room).unwrap_err();
            assert_eq!(error.to_string(), expected);
        };
        let long = vec![7; 70_000];
        assert_eq!(image(Kind::Authority, &[&long[..65_535]], 1 << 20).map(|image| image.len()), Ok(65_548));
        check(&[&long], 1 << 20, "70000 octets in one item of a PKI image; its length has 16 bits");
        assert_eq!(image(Kind::Authority, &[&long[..8_180]], 8_192).map(|image| image.len()), Ok(8_192));
        check(&[&long[..8_181]], 8_192, "a PKI image of 8196 octets does not fit into a partition of 8192");
        check(&[b"".as_slice(); 257], 8_192, "257 items in one PKI image; their numbers have 8 bits");
    }
}
