//! Space: what a plan's bundle takes of a medium, before it is written.

use std::path::Path;

use crate::{
    export::{format::Format, forms::Forms, pem},
    media::free_octets,
    pki::{certificate::Certificate, key::KeyAlgorithm},
    register::{IssuedCrl, StoredPlan},
};

use super::{
    error::Error,
    forms::{signature_octets, suited},
    opening::Appliance,
    revocation::holding,
};

/// Planned certificates that are measured; those of one plan differ by little.
const MEASURED: u64 = 32;

/// Octets that a signature's algorithm (RSASSA-PSS has the longest) and the lengths around it add at most.
const ALGORITHM_OCTETS: u64 = 96;

/// Octets of one certificate's rows in devices.csv, manifest.json and SHA256SUMS together, for names of ordinary length.
const ROWS_OCTETS: u64 = 1_200;

/// Octets of a refused request in refused.csv: two findings with what to do, for names of ordinary length.
const REFUSED_OCTETS: u64 = 600;

/// Files of a bundle that do not grow in number with its certificates.
const FIXED_FILES: u64 = 11;

/// Files of a CRL's folder.
const CRL_FILES: u64 = 11;

/// Octets of a CRL's folder besides the CRL and the CAs' certificates.
const CRL_FIXED_OCTETS: u64 = 8_192;

/// Octets of one block of a large FAT or exFAT volume: of the last block of each file, half is lost on average.
const BLOCK_OCTETS: u64 = 32_768;

/// What a bundle takes of a medium: an estimate, ample for names of ordinary length. A bundle of very long names can take
/// more; writing it says so, and leaves nothing behind then.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Space {
    /// Files that are written: exactly so many.
    pub files: u64,
    /// Octets in them.
    pub octets: u64,
    /// Octets they take where every file fills up blocks of 32 KiB.
    pub octets_max: u64,
    /// Octets that can still be written onto the medium.
    pub free: u64,
}

impl Appliance {
    /// What a plan's bundle takes of the medium at a path, and what is free there.
    ///
    /// # Errors
    /// [`Error::Register`], [`Error::Configuration`]; [`Error::Medium`] where there is no such folder.
    pub fn space(&self, plan: &StoredPlan, to: &Path, formats: &[Format]) -> Result<Space, Error> {
        let mut longest = 0;
        for index in 1..=plan.accepted.min(MEASURED) {
            longest = longest.max(self.register.planned_tbs(plan, index)?.len() as u64);
        }
        let issuer = self.issuer_of(plan)?;
        let above = std::iter::once(issuer.certificate()).chain(issuer.chain());
        let formats = &suited(plan, formats);
        let crls = self.path_crls_octets(&issuer, formats)?;
        let mut forms = self.forms(formats)?;
        // Each form that takes CRLs has them in one file, where there are some.
        let files_of_crls = if crls == 0 { 0 } else { holding(formats).len() as u64 };
        let authorities: Vec<Certificate> = pem::authorities(&issuer).cloned().collect();
        let bundle = Measured {
            form_files: forms.files(&authorities) + files_of_crls,
            certificates: plan.accepted,
            certificate_octets: longest + signed_octets(issuer.certificate().public_key().algorithm()),
            chain_octets: above.map(|certificate| pem::octets(certificate.der().len() as u64)).sum(),
            refused: plan.refused,
        };
        let space = space(&bundle, &forms, free_octets(to)?);
        Ok(Space { octets: space.octets + crls, octets_max: space.octets_max + crls, ..space })
    }
}

impl Appliance {
    /// What a CRL's folder takes of the medium at a path, and what is free there.
    ///
    /// # Errors
    /// [`Error::Authority`], [`Error::Register`]; [`Error::Medium`] where there is no such folder.
    pub fn crl_space(&self, crl: &IssuedCrl, to: &Path, formats: &[Format]) -> Result<Space, Error> {
        let issuer = self.issuer(&crl.stored().authority)?;
        let above = std::iter::once(issuer.certificate()).chain(issuer.chain());
        let chain: u64 = above.map(|certificate| pem::octets(certificate.der().len() as u64)).sum();
        let der = crl.stored().octets() + signed_octets(issuer.certificate().public_key().algorithm());
        let held = self.path_crls_octets(&issuer, formats)?;
        let octets = der + pem::octets(der) + 2 * chain + CRL_FIXED_OCTETS + held;
        // One file a form: the CRLs, one behind the other.
        let files = CRL_FILES + formats.len() as u64;
        Ok(Space { files, octets, octets_max: octets + files * BLOCK_OCTETS, free: free_octets(to)? })
    }
}

/// Octets that the signature of a CA's key adds at most to what it signs.
pub(super) fn signed_octets(key: KeyAlgorithm) -> u64 {
    signature_octets(key) as u64 + ALGORITHM_OCTETS
}

/// What is known of a bundle beforehand.
struct Measured {
    /// Files of its forms that do not grow in number with its certificates.
    form_files: u64,
    certificates: u64,
    /// Of one certificate's DER.
    certificate_octets: u64,
    /// Of the PEM of all CA certificates together: those behind a certificate in its chain file are no more.
    chain_octets: u64,
    refused: u64,
}

fn space(bundle: &Measured, forms: &Forms, free: u64) -> Space {
    let Measured { form_files, certificates, certificate_octets, chain_octets, refused } = *bundle;
    let pem = pem::octets(certificate_octets);
    let room = forms.room(certificate_octets, chain_octets);
    let octets_each = 3 * pem + chain_octets + ROWS_OCTETS + room.octets_each;
    let files = FIXED_FILES + form_files + certificates * (2 + room.files_each);
    let octets = certificates * octets_each + refused * REFUSED_OCTETS;
    Space { files, octets, octets_max: octets + files * BLOCK_OCTETS, free }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::key::{Curve, MlDsa};

    fn with(formats: &[Format]) -> Forms {
        let mut forms = Forms::default();
        for format in formats {
            forms.add_usual(*format);
        }
        forms
    }

    #[test]
    fn an_image_of_flash_takes_as_much_as_its_partition() {
        let bundle = Measured {
            form_files: 1,
            certificates: 1,
            certificate_octets: 1_000,
            chain_octets: 3_000,
            refused: 0,
        };
        let of = |size: &str| {
            let mut forms = Forms::default();
            let text = format!("[deliver.esp-nvs]\npartitions = \"mfg_nvs,data,nvs,0x21000,{size}\"\n");
            let section = crate::config::deliver_sections(&text).unwrap().pop().unwrap();
            section.read(|settings| forms.add(Format::EspNvs, Some(settings))).unwrap();
            space(&bundle, &forms, 5).octets
        };
        assert_eq!(of("112K") - of("60K"), 52 * 1_024);
    }

    #[test]
    fn a_signature_has_room_whatever_key_makes_it() {
        let check = |key, octets: u64| assert!((octets..octets + 128).contains(&signed_octets(key)), "{key}");
        check(KeyAlgorithm::Ec(Curve::P256), 72);
        check(KeyAlgorithm::Ed25519, 64);
        check(KeyAlgorithm::Rsa { bits: 8_192 }, 1_024);
        check(KeyAlgorithm::MlDsa(MlDsa::Set87), 4_627);
    }

    #[test]
    fn a_thousand_certificates_take_some_megabytes_and_more_in_large_blocks() {
        let mut bundle = Measured {
            form_files: 0,
            certificates: 1_000,
            certificate_octets: 1_000,
            chain_octets: 3_000,
            refused: 0,
        };
        let made = space(&bundle, &with(&[]), 5);
        assert_eq!((made.files, made.free), (2_011, 5));
        assert!((7_000_000..10_000_000).contains(&made.octets), "{made:?}");
        assert!(made.octets_max > 70_000_000, "{made:?}");
        let with_der = space(&bundle, &with(&[Format::Der]), 5);
        assert_eq!(with_der.files, 3_011);
        assert_eq!(with_der.octets - made.octets, 1_000_000);
        let with_lines = space(&bundle, &with(&[Format::JsonLines]), 5);
        assert_eq!(with_lines.files, made.files);
        assert!(with_lines.octets > made.octets + 4_000_000, "a chain a line");
        bundle.refused = 900_000;
        assert!(space(&bundle, &with(&[]), 5).octets > made.octets + 400_000_000, "a medium of refusals");
    }
}
