//! The distribution point of a partition: the names that stand in the certificates of it and in its CRLs (RFC 5280
//! §4.2.1.13, §5.2.5).
//!
//! A certificate is in a partition because its own octets say so: nothing else is asked. Read [`CrlPoint`] first.

use crate::pki::{
    der::{DerError, Reader, element, tag},
    text::Printable,
};

/// `uniformResourceIdentifier [6]` of a `GeneralName`.
const URI: u8 = tag::context(6);

/// DER content octets of `id-ce-cRLDistributionPoints`, 2.5.29.31.
const ID_CRL_POINTS: &[u8] = &[0x55, 0x1d, 31];

/// Longest point taken, in octets: eight URIs of 512, and what stands around them.
const POINT_OCTETS_MAX: usize = 8 * 1024;

/// A `distributionPoint [0]` by its full name: URIs, each another way to the same CRL.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CrlPoint {
    der: Vec<u8>,
}

impl CrlPoint {
    /// The point that these URIs name.
    #[must_use]
    pub fn from_uris(uris: &[String]) -> Self {
        let names: Vec<u8> = uris.iter().flat_map(|uri| element(URI, uri.as_bytes())).collect();
        let full_name = element(tag::context_constructed(0), &names);
        Self { der: element(tag::context_constructed(0), &full_name) }
    }

    /// Takes a point apart; URIs of visible characters are all that it may have.
    ///
    /// # Errors
    /// What is wrong with it, as the end of a sentence.
    pub fn parse(der: &[u8]) -> Result<Self, String> {
        if der.len() > POINT_OCTETS_MAX {
            return Err(format!("has more than {POINT_OCTETS_MAX} octets"));
        }
        let names = full_name(der).map_err(|error| format!("is malformed: {error}"))?;
        let names = names.ok_or("is not named in full")?;
        let sound = |name: &&[u8]| {
            name.first() == Some(&URI)
                && Reader::new(name)
                    .any()
                    .is_ok_and(|uri| !uri.content.is_empty() && uri.content.iter().all(u8::is_ascii_graphic))
        };
        if names.is_empty() || !names.iter().all(sound) {
            return Err("has a name that is no URI".to_owned());
        }
        Ok(Self { der: der.to_vec() })
    }

    /// Its DER, from the tag `[0]` on: the same octets in a certificate and in a CRL.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Its URIs.
    #[must_use]
    pub fn uris(&self) -> Vec<Printable> {
        let content = |name: &[u8]| Reader::new(name).any().ok().map(|uri| uri.content.to_vec());
        self.names()
            .into_iter()
            .filter_map(|name| content(name).map(|uri| Printable::new(&String::from_utf8_lossy(&uri))))
            .collect()
    }

    /// Whether a `TBSCertificate` names this point: relying parties take one common name for enough (RFC 5280 §6.3.3
    /// (b)(2)(i)), so it is enough to be listed.
    ///
    /// # Errors
    /// [`DerError`] where the octets are no certificate.
    pub fn covers(&self, tbs_certificate: &[u8]) -> Result<bool, DerError> {
        let own = self.names();
        Ok(Self::names_in(tbs_certificate)?.iter().any(|name| own.contains(name)))
    }

    /// The names of all points of a `TBSCertificate`, each with its tag.
    ///
    /// # Errors
    /// [`DerError`] where the octets are no certificate.
    pub fn names_in(tbs_certificate: &[u8]) -> Result<Vec<&[u8]>, DerError> {
        let mut names = Vec::new();
        let Some(value) = extension(tbs_certificate)? else { return Ok(names) };
        let mut outer = Reader::new(value);
        let mut points = outer.sequence("cRLDistributionPoints")?;
        while !points.is_empty() {
            let mut point = points.sequence("DistributionPoint")?;
            let Some(place) = point.optional(tag::context_constructed(0))? else { continue };
            names.extend(full_name(place.whole)?.unwrap_or_default());
        }
        Ok(names)
    }

    /// Its names, each with its tag.
    #[must_use]
    pub fn names(&self) -> Vec<&[u8]> {
        full_name(&self.der).ok().flatten().unwrap_or_default()
    }
}

/// The names of a point, each with its tag; `None` where it is named relative to the CRL's issuer.
fn full_name(point: &[u8]) -> Result<Option<Vec<&[u8]>>, DerError> {
    let mut outer = Reader::new(point);
    let mut choice = outer.expect(tag::context_constructed(0), "distributionPoint")?.reader();
    outer.finish("distributionPoint")?;
    let Some(list) = choice.optional(tag::context_constructed(0))? else { return Ok(None) };
    choice.finish("fullName")?;
    let (mut list, mut names) = (list.reader(), Vec::new());
    while !list.is_empty() {
        names.push(list.any()?.whole);
    }
    Ok(Some(names))
}

/// The value of a certificate's cRLDistributionPoints.
fn extension(tbs_certificate: &[u8]) -> Result<Option<&[u8]>, DerError> {
    let mut fields = Reader::new(tbs_certificate).sequence("TBSCertificate")?;
    let mut list = loop {
        if fields.is_empty() {
            return Ok(None);
        }
        let field = fields.any()?;
        if field.tag == tag::context_constructed(3) {
            break field.reader().sequence("extensions")?;
        }
    };
    while !list.is_empty() {
        let mut one = list.sequence("extension")?;
        if one.oid("extnID")? == ID_CRL_POINTS {
            one.optional(tag::BOOLEAN)?;
            return Ok(Some(one.expect(tag::OCTET_STRING, "extnValue")?.content));
        }
    }
    Ok(None)
}
