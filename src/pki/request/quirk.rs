//! Encodings that are not quite right, are written by software in the field, and have one meaning only.

use crate::pki::policy::{Control, Finding};

/// A named deviation that is tolerated. Everything that is not listed here is refused.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Quirk {
    /// The attributes \[0\] are absent where an empty SET belongs (RFC 2986 §4.1).
    AttributesAbsent,
    /// The attributes are not in the order of DER (X.690 §11.6).
    AttributesUnsorted,
    /// An attribute has no value at all (X.501: at least one).
    AttributeWithoutValue,
    /// The elliptic curve point is compressed (RFC 5480 §2.2); it is normalised.
    CompressedPoint,
    /// A DEFAULT value is written out (X.690 §11.5).
    DefaultWritten,
    /// An ECDSA algorithm carries NULL parameters (RFC 5758 §3.2: absent).
    EcdsaNullParameters,
    /// The extension request is there and asks for nothing.
    ExtensionRequestEmpty,
    /// keyUsage has trailing zero bits (X.690 §11.2.2).
    KeyUsageZeroBits,
    /// `PrintableString` holds a character outside its alphabet (X.680 §41.4).
    PrintableAlphabet,
    /// An RSA signature algorithm has no parameters (RFC 4055 §5: NULL).
    RsaWithoutNull,
    /// A type stands twice in one RDN, with different values (X.501 §9.3).
    RdnTypeRepeated,
    /// A multi-valued RDN is not in the order of DER (X.690 §11.6).
    RdnUnsorted,
    /// A string type that new names do not use: Teletex, BMP, Universal (RFC 5280 §4.1.2.4).
    StringTypeOld,
}

impl Quirk {
    /// Every quirk, in the order of docs/CONTROLS.md.
    pub const ALL: &[Self] = &[
        Self::AttributesAbsent,
        Self::AttributesUnsorted,
        Self::AttributeWithoutValue,
        Self::CompressedPoint,
        Self::DefaultWritten,
        Self::EcdsaNullParameters,
        Self::ExtensionRequestEmpty,
        Self::KeyUsageZeroBits,
        Self::PrintableAlphabet,
        Self::RsaWithoutNull,
        Self::RdnTypeRepeated,
        Self::RdnUnsorted,
        Self::StringTypeOld,
    ];

    /// The stable id, the first word of the note.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::AttributesAbsent => "attributes-absent",
            Self::AttributesUnsorted => "attributes-unsorted",
            Self::AttributeWithoutValue => "attribute-without-value",
            Self::CompressedPoint => "compressed-point",
            Self::DefaultWritten => "default-written",
            Self::EcdsaNullParameters => "ecdsa-null-parameters",
            Self::ExtensionRequestEmpty => "extension-request-empty",
            Self::KeyUsageZeroBits => "key-usage-zero-bits",
            Self::PrintableAlphabet => "printable-alphabet",
            Self::RsaWithoutNull => "rsa-without-null",
            Self::RdnTypeRepeated => "rdn-type-repeated",
            Self::RdnUnsorted => "rdn-unsorted",
            Self::StringTypeOld => "string-type-old",
        }
    }

    const fn says(self) -> &'static str {
        match self {
            Self::AttributesAbsent => "the attributes [0] are absent instead of empty",
            Self::AttributesUnsorted => "the attributes are not in the order of DER",
            Self::AttributeWithoutValue => "an attribute has no value",
            Self::CompressedPoint => "the public point is compressed; the certificate holds it uncompressed",
            Self::DefaultWritten => "a default value is written out",
            Self::EcdsaNullParameters => "the ECDSA signature algorithm carries NULL parameters",
            Self::ExtensionRequestEmpty => "the extension request asks for nothing",
            Self::KeyUsageZeroBits => "keyUsage has trailing zero bits",
            Self::PrintableAlphabet => "a PrintableString holds a character outside its alphabet",
            Self::RsaWithoutNull => "the RSA signature algorithm lacks its NULL parameters",
            Self::RdnTypeRepeated => "an attribute stands twice in one part of the subject",
            Self::RdnUnsorted => "a multi-valued part of the subject is not in the order of DER",
            Self::StringTypeOld => "a name is in an outdated string type",
        }
    }

    /// Adds the note, once a request.
    pub(super) fn note(self, findings: &mut Vec<Finding>) {
        let message = format!("{}: {}", self.id(), self.says());
        let note = Finding::note(
            Control::Quirk,
            &message,
            "nothing needs to be done; tell the maker of the software",
        );
        if !findings.contains(&note) {
            findings.push(note);
        }
    }
}
