//! CRLs that a form holds: the newest of each CA above the devices, joined as PEM, and what a configuration says of them.
//!
//! Their octets go from the register to the medium in pieces, past the forms; a form knows of each what stands in it.

use std::fmt;

use crate::pki::{
    certificate::Certificate,
    crl::{CrlEnd, CrlHead, CrlNumber, CrlPoint},
    text::Printable,
    time::Time,
};

/// What is said of a CRL.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HeldCrl {
    /// The place of its CA in the path, from 0: the issuing CA.
    pub authority: usize,
    /// Its number; one that was made elsewhere may have none.
    pub number: Option<CrlNumber>,
    /// nextUpdate; one that was made elsewhere may have none.
    pub next_update: Option<Time>,
    /// The first address of the distribution point whose certificates it is for; none: it is for all of the CA's.
    pub place: Option<Printable>,
}

impl HeldCrl {
    /// A CRL of the CA at this place, as it was read.
    pub(super) fn read(authority: usize, head: &CrlHead, end: &CrlEnd) -> Self {
        let place = end.point.as_ref().and_then(first_address);
        Self { authority, number: end.number.clone(), next_update: head.next_update, place }
    }
}

/// The address by which a partition's CRL is told from others.
#[must_use]
pub fn first_address(point: &CrlPoint) -> Option<Printable> {
    point.uris().into_iter().next()
}

impl fmt::Display for HeldCrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.number {
            Some(number) => write!(f, "CRL {number}")?,
            None => f.write_str("a CRL without a number")?,
        }
        if let Some(place) = &self.place {
            write!(f, " for {place}")?;
        }
        match self.next_update {
            Some(next) => write!(f, ", the next one by {next}"),
            None => f.write_str(", which names no end"),
        }
    }
}

/// Comments that say which CRLs there are of each CA: a line each, behind `indent` and a mark.
pub(super) fn comments(crls: &[HeldCrl], authorities: &[Certificate], indent: &str) -> String {
    let of_ca = |(place, ca): (usize, &Certificate)| {
        let subject = ca.subject().to_printable();
        let held: Vec<String> = crls
            .iter()
            .filter(|crl| crl.authority == place)
            .map(|crl| format!("{indent}#   {subject}: {crl}\n"))
            .collect();
        if held.is_empty() { format!("{indent}#   {subject}: none\n") } else { held.concat() }
    };
    authorities.iter().enumerate().map(of_ca).collect()
}

/// Whether every CA has a CRL.
pub(super) fn cover(crls: &[HeldCrl], authorities: &[Certificate]) -> bool {
    (0..authorities.len()).all(|place| crls.iter().any(|crl| crl.authority == place))
}
