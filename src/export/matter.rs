//! Matter: attestation certificates as the tools of manufacturers take them, DER and PEM.

use super::{
    bundle::{Part, file},
    form::{Form, Item, Judges},
    format::FormatError,
    pem,
};
use crate::pki::{
    certificate::Certificate,
    name::{
        Name,
        attribute::{MATTER_PRODUCT, MATTER_VENDOR},
    },
};

/// Its name.
const NAME: &str = "matter";

/// The product attestation intermediate (PAI) and each device's attestation certificate (DAC), Matter 6.2.2; above the PAI
/// the attestation authority's (PAA), where the bundle has it.
#[derive(Debug)]
pub(super) struct MatterFiles;

impl Form for MatterFiles {
    fn check_authorities(&self, authorities: &[Certificate]) -> Result<(), FormatError> {
        if authorities.first().is_some_and(|one| has(one.subject(), MATTER_VENDOR)) {
            return Ok(());
        }
        let what =
            "the issuing CA is no product attestation intermediate: its subject has no Matter vendor ID";
        Err(FormatError::impossible(NAME, &what, "make the CA by the profile matter-pai"))
    }

    fn judges(&self) -> Judges {
        Judges::EachCertificate
    }

    fn check_certificate(&self, certificate: &Certificate) -> Result<(), FormatError> {
        if [MATTER_VENDOR, MATTER_PRODUCT].iter().all(|id| has(certificate.subject(), id)) {
            return Ok(());
        }
        let what = "the subject has not both Matter IDs";
        Err(FormatError::impossible(NAME, &what, "make the plan by the profile matter-dac"))
    }

    fn opening(&mut self, authorities: &[Certificate]) -> Vec<Part> {
        let named = ["pai", "paa"].into_iter().zip([authorities.first(), authorities.get(1)]);
        let both = |(name, one): (&str, Option<&Certificate>)| {
            one.map(|one| {
                let [der, pem] = ["der", "pem"].map(|ending| format!("{NAME}/{name}.{ending}"));
                [file(&der, one.der().to_vec()), file(&pem, pem::certificate(one.der()))]
            })
        };
        named.filter_map(both).flatten().collect()
    }

    fn certificate(&mut self, item: &Item<'_>) -> Vec<Part> {
        vec![
            file(&item.place.below(NAME, "der"), item.der.to_vec()),
            file(&item.place.below(NAME, "pem"), pem::certificate(item.der)),
        ]
    }
}

/// Whether a name has an attribute of this type.
fn has(name: &Name, id: &[u8]) -> bool {
    name.rdns().iter().flatten().any(|attribute| attribute.oid == id)
}
