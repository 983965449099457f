//! Space: what a plan's bundle takes of a medium, before it is written.

use std::path::Path;

use crate::{export::bundle::Format, media::free_octets, register::StoredPlan};

use super::{error::Error, opening::Appliance};

/// Planned certificates that are measured; those of one plan differ by little.
const MEASURED: u64 = 32;

/// Octets that the signature and its algorithm add at most: RSA of 4096 bits.
const SIGNATURE_OCTETS: u64 = 560;

/// Octets of the CA certificates beneath the root that stand behind each certificate in its chain file: two of them.
const CHAIN_OCTETS: u64 = 3_000;

/// Octets of one certificate's rows in devices.csv, manifest.json and SHA256SUMS together.
const ROWS_OCTETS: u64 = 1_200;

/// Files of a bundle that do not grow in number with its certificates.
const FIXED_FILES: u64 = 11;

/// Files that DER adds besides: root and issuing CA.
const FIXED_DER_FILES: u64 = 2;

/// Octets of one block of a large FAT or exFAT volume: of the last block of each file, half is lost on average.
const BLOCK_OCTETS: u64 = 32_768;

/// What a bundle takes of a medium. An estimate from above.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Space {
    /// Files that are written.
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
    /// [`Error::Register`]; [`Error::Medium`] where there is no such folder.
    pub fn space(&self, plan: &StoredPlan, to: &Path, formats: &[Format]) -> Result<Space, Error> {
        let mut longest = 0;
        for index in 1..=plan.accepted.min(MEASURED) {
            longest = longest.max(self.register.planned_tbs(plan, index)?.len() as u64);
        }
        Ok(space(plan.accepted, longest + SIGNATURE_OCTETS, formats, free_octets(to)?))
    }
}

fn space(certificates: u64, certificate_octets: u64, formats: &[Format], free: u64) -> Space {
    // RFC 7468: 64 characters and a line end for 48 octets, and the two lines around them.
    let pem = certificate_octets.div_ceil(48) * 65 + 54;
    let der = formats.contains(&Format::Der);
    let (mut files_each, mut octets_each) = (2, 3 * pem + CHAIN_OCTETS + ROWS_OCTETS);
    if der {
        files_each += 1;
        octets_each += certificate_octets;
    }
    let fixed = if der { FIXED_FILES + FIXED_DER_FILES } else { FIXED_FILES };
    let files = fixed + certificates * files_each;
    let octets = certificates * octets_each;
    Space { files, octets, octets_max: octets + files * BLOCK_OCTETS, free }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_certificates_take_some_megabytes_and_more_in_large_blocks() {
        let made = space(1_000, 1_000, &[], 5);
        assert_eq!((made.files, made.free), (2_011, 5));
        assert!((7_000_000..10_000_000).contains(&made.octets), "{made:?}");
        assert!(made.octets_max > 70_000_000, "{made:?}");
        let with_der = space(1_000, 1_000, &[Format::Der], 5);
        assert_eq!(with_der.files, 3_013);
        assert_eq!(with_der.octets - made.octets, 1_000_000);
    }
}
