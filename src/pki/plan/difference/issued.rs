//! Finished TBS octets, taken apart as far as people compare them with a request.

use crate::pki::{
    certificate::{CertificateError, extensions},
    der::{DerError, Element, Reader, tag},
    fingerprint::hex,
    name::Name,
    naming::alternative::hardware_module,
    oid,
};

/// What a certificate will say.
pub(super) struct Issued<'a> {
    pub issuer: Name,
    pub subject: Name,
    /// The `SubjectPublicKeyInfo`, DER.
    pub spki: &'a [u8],
    pub extensions: Vec<Extension<'a>>,
}

/// An extension of the certificate.
pub(super) struct Extension<'a> {
    pub oid: &'a [u8],
    pub critical: bool,
    pub value: &'a [u8],
}

/// A general name.
pub(super) struct AlternativeName<'a> {
    pub kind: &'static str,
    /// What it says; not yet harmless.
    pub text: String,
    /// The element, DER.
    pub whole: &'a [u8],
}

impl<'a> Issued<'a> {
    /// Reads RFC 5280 §4.1.2.
    pub fn read(tbs: &'a [u8]) -> Result<Self, CertificateError> {
        let mut outer = Reader::new(tbs);
        let mut fields = outer.sequence("TBSCertificate")?;
        outer.finish("TBSCertificate")?;
        fields.optional(tag::context_constructed(0))?;
        fields.integer("serialNumber")?;
        fields.expect(tag::SEQUENCE, "signature")?;
        let issuer = Name::parse(fields.expect(tag::SEQUENCE, "issuer")?.whole)?;
        fields.expect(tag::SEQUENCE, "validity")?;
        let subject = Name::parse(fields.expect(tag::SEQUENCE, "subject")?.whole)?;
        let spki = fields.expect(tag::SEQUENCE, "subjectPublicKeyInfo")?.whole;
        let mut extensions = Vec::new();
        if let Some(explicit) = fields.optional(tag::context_constructed(3))? {
            let mut list = explicit.reader().sequence("extensions")?;
            while !list.is_empty() {
                extensions.push(extension(&mut list)?);
            }
        }
        fields.finish("extensions")?;
        Ok(Self { issuer, subject, spki, extensions })
    }

    /// Takes out the extension of this type.
    pub fn take(&mut self, oid: &[u8]) -> Option<Extension<'a>> {
        let at = self.extensions.iter().position(|extension| extension.oid == oid)?;
        Some(self.extensions.remove(at))
    }
}

fn extension<'a>(list: &mut Reader<'a>) -> Result<Extension<'a>, DerError> {
    let mut fields = list.sequence("extension")?;
    let oid = fields.oid("extnID")?;
    let critical = fields.optional(tag::BOOLEAN)?.is_some();
    let value = fields.expect(tag::OCTET_STRING, "extnValue")?.content;
    fields.finish("extnValue")?;
    Ok(Extension { oid, critical, value })
}

/// cA and pathLenConstraint.
pub(super) fn basic_constraints(value: &[u8]) -> Result<(bool, Option<u32>), CertificateError> {
    extensions::basic_constraints(&mut Reader::new(value))
}

/// The bits of keyUsage.
pub(super) fn key_usage(value: &[u8]) -> Result<u16, CertificateError> {
    extensions::key_usage(&mut Reader::new(value))
}

/// The OIDs of extKeyUsage, DER content octets.
pub(super) fn purposes(value: &[u8]) -> Result<Vec<Vec<u8>>, CertificateError> {
    extensions::extended_key_usage(&mut Reader::new(value))
}

/// What a subjectKeyIdentifier says, where it is one.
pub(super) fn subject_key_identifier(value: &[u8]) -> Option<Vec<u8>> {
    let mut reader = Reader::new(value);
    let identifier = reader.expect(tag::OCTET_STRING, "subjectKeyIdentifier").ok()?.content;
    reader.is_empty().then(|| identifier.to_vec())
}

/// The keyIdentifier of an authorityKeyIdentifier that has nothing else.
pub(super) fn authority_key_identifier(value: &[u8]) -> Option<Vec<u8>> {
    let mut fields = Reader::new(value).sequence("authorityKeyIdentifier").ok()?;
    let identifier = fields.optional(tag::context(0)).ok()??.content;
    fields.is_empty().then(|| identifier.to_vec())
}

/// The general names of a subjectAltName (RFC 5280 §4.2.1.6).
pub(super) fn names(value: &[u8]) -> Result<Vec<AlternativeName<'_>>, DerError> {
    let mut list = Reader::new(value).sequence("subjectAltName")?;
    let mut names = Vec::new();
    while !list.is_empty() {
        names.push(name(&list.any()?));
    }
    Ok(names)
}

fn name<'a>(element: &Element<'a>) -> AlternativeName<'a> {
    let content = element.content;
    let string = || String::from_utf8_lossy(content).into_owned();
    let (kind, text) = match element.tag & 0x1f {
        0 => ("other name", hardware_module(content).unwrap_or_else(|| hex(content))),
        1 => ("email", string()),
        2 => ("DNS", string()),
        4 => match Name::parse(content) {
            Ok(directory) => ("directory name", directory.to_printable().to_string()),
            Err(_) => ("directory name", hex(content)),
        },
        6 => ("URI", string()),
        7 => ("IP address", address(content)),
        8 => ("registered ID", oid::dotted(content)),
        _ => ("of another kind", hex(content)),
    };
    AlternativeName { kind, text, whole: element.whole }
}

/// An address as people write it: four numbers, or eight groups of hexadecimal digits, none left out.
fn address(octets: &[u8]) -> String {
    match octets.len() {
        4 => octets.iter().map(u8::to_string).collect::<Vec<_>>().join("."),
        16 => octets.chunks_exact(2).map(hex).collect::<Vec<_>>().join(":"),
        _ => hex(octets),
    }
}
