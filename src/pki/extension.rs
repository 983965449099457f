//! Extensions as they are asked for: wishes, not instructions.

/// One extension of an extension request, its value strict DER of a known type or opaque octets.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RequestedExtension {
    /// The extension's OID, DER content octets.
    pub oid: Vec<u8>,
    /// Whether it was marked critical.
    pub critical: bool,
    /// The extnValue's content octets, as they came.
    pub value: Vec<u8>,
    /// What it says, where the type is known.
    pub meaning: Meaning,
}

/// What a requested extension says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Meaning {
    /// basicConstraints.
    BasicConstraints {
        /// The cA flag.
        ca: bool,
        /// pathLenConstraint, if present.
        path_length: Option<u32>,
    },
    /// extKeyUsage: OIDs as DER content octets.
    ExtendedKeyUsage(Vec<Vec<u8>>),
    /// keyUsage: bit n of the number is bit n of RFC 5280 §4.2.1.3 (0 digitalSignature … 8 decipherOnly).
    KeyUsage(u16),
    /// subjectAltName: its general names were read and found well-formed.
    SubjectAltName {
        /// How many names.
        names: usize,
    },
    /// Known or unknown, not looked into.
    Opaque,
}
