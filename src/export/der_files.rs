//! DER files: a folder with each certificate.

use crate::pki::certificate::Certificate;

use super::{
    bundle::{Part, file},
    form::{Form, Item},
};

/// DER files: each certificate, the issuing CA, the root.
#[derive(Debug)]
pub(super) struct DerFiles;

impl Form for DerFiles {
    fn opening(&mut self, authorities: &[Certificate]) -> Vec<Part> {
        let named = [("der/root.der", authorities.last()), ("der/ca.der", authorities.first())];
        let octets = |one: Option<&Certificate>| one.map(|one| one.der().to_vec()).unwrap_or_default();
        named.into_iter().map(|(path, one)| file(path, octets(one))).collect()
    }

    fn certificate(&mut self, item: &Item<'_>) -> Vec<Part> {
        vec![file(&item.place.below("der", "der"), item.der.to_vec())]
    }
}
