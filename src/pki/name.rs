//! Distinguished names, kept octet for octet as they came (RFC 5280 §4.1.2.4).

use thiserror::Error;

use super::{der::DerError, text::Printable};

/// Why a name was not taken.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum NameError {
    /// The octets are not a `Name`.
    #[error("the name is malformed: {0}")]
    Der(#[from] DerError),
    /// Text that is not a distinguished name, or not a sound one.
    #[error("{0}")]
    Text(String),
}

/// A `Name` whose DER was read strictly and is kept as it came; equality is of octets.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Name {
    der: Vec<u8>,
}

impl Name {
    /// Reads a DER `Name` (an `RDNSequence`); its structure is checked, its attribute values are hostile text still.
    ///
    /// # Errors
    /// [`NameError::Der`].
    pub fn parse(_octets: &[u8]) -> Result<Self, NameError> {
        todo!()
    }

    /// Makes a name from RFC 4514 text (`CN=x,O=y`) or the slash form (`/O=y/CN=x`), with character sets and upper
    /// bounds of RFC 5280 appendix A checked.
    ///
    /// # Errors
    /// [`NameError::Text`].
    pub fn from_text(_text: &str) -> Result<Self, NameError> {
        todo!()
    }

    /// A name of one commonName, exactly this text: nothing trimmed, padded or changed; 1 to 64 characters, printable.
    ///
    /// # Errors
    /// [`NameError::Text`].
    pub fn from_common_name(_text: &str) -> Result<Self, NameError> {
        todo!()
    }

    /// The DER, as it came.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Whether it has no relative distinguished name.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.der == [0x30, 0]
    }

    /// RFC 4514 text, harmless on a screen.
    #[must_use]
    pub fn to_printable(&self) -> Printable {
        todo!()
    }

    /// The values of all commonName attributes, as text where they can be read as text.
    #[must_use]
    pub fn common_names(&self) -> Vec<String> {
        todo!()
    }
}
