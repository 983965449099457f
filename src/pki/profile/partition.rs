//! Partitions: the certificates of a profile are divided among CRLs, each of which is small.
//!
//! A partition is what one distribution point leads to (RFC 5280 §5.2.5). Which one a certificate falls into is fixed
//! when it is planned, by its serial number, and stands in its own octets from then on.

use std::borrow::Cow;

use crate::pki::{crl::CrlPoint, serial::SerialNumber};

use super::{Profile, ProfileError, SubjectKind, fixed::FixedExtensions};

/// Most partitions of one profile: each is a CRL of its own that is signed, delivered and published every time.
pub const PARTITIONS_MAX: u32 = 256;

/// What stands in a URI for the partition's number, from 1.
const PLACE: &str = "{partition}";

impl Profile {
    /// The profile as it is for the certificate of a serial number: its distribution point is that of its partition.
    #[must_use]
    pub fn for_serial(&self, serial: SerialNumber) -> Cow<'_, Self> {
        let Some(partitions) = self.fixed.crl_partitions else { return Cow::Borrowed(self) };
        let partitions = partitions.max(1);
        // The remainder of a number of 160 bits, octet by octet; it stays below 2^32 * 256.
        let remainder = serial
            .as_octets()
            .iter()
            .fold(0_u64, |rest, octet| (rest * 256 + u64::from(*octet)) % u64::from(partitions));
        let mut profile = self.clone();
        profile.fixed.crl = self.fixed.uris_of(u32::try_from(remainder).unwrap_or(0) + 1);
        Cow::Owned(profile)
    }

    /// The distribution points of its partitions, in their order; none where its certificates are not divided.
    #[must_use]
    pub fn crl_points(&self) -> Vec<CrlPoint> {
        let partitions = self.fixed.crl_partitions.unwrap_or(0);
        (1..=partitions).map(|number| CrlPoint::from_uris(&self.fixed.uris_of(number))).collect()
    }
}

impl FixedExtensions {
    fn uris_of(&self, number: u32) -> Vec<String> {
        self.crl.iter().map(|uri| uri.replace(PLACE, &number.to_string())).collect()
    }

    /// The URIs of cRLDistributionPoints as the last partition has them: the longest there are.
    pub(super) fn longest_crl_uris(&self) -> Vec<String> {
        self.crl_partitions.map_or_else(|| self.crl.clone(), |partitions| self.uris_of(partitions))
    }

    /// Checks the division of certificates among CRLs.
    pub(super) fn check_partitions(&self, kind: SubjectKind) -> Result<(), ProfileError> {
        let Some(partitions) = self.crl_partitions else { return Ok(()) };
        let wrong = if !(1..=PARTITIONS_MAX).contains(&partitions) {
            "there are 1 to 256 of them"
        } else if !matches!(kind, SubjectKind::EndEntity | SubjectKind::SubordinateCa { .. }) {
            "nobody looks for a root or a verification certificate on a CRL"
        } else if self.crl.is_empty() {
            "`crl` names no place for them"
        } else if partitions > 1 && !self.crl.iter().all(|uri| uri.contains(PLACE)) {
            "a URI of `crl` is the same for all of them"
        } else {
            return Ok(());
        };
        Err(ProfileError::Partitions(wrong))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::profile::tests::device;

    #[test]
    fn a_certificate_is_in_the_partition_of_its_serial_numbers_remainder() {
        let mut profile = device();
        let serial = |last: u8| {
            let mut octets = [0xff; 20];
            octets[19] = last;
            SerialNumber::from_random(octets)
        };
        assert!(matches!(profile.for_serial(serial(0)), Cow::Borrowed(_)));
        assert_eq!(profile.crl_points(), []);
        profile.fixed.crl = vec!["http://a.example/{partition}/{partition}.crl".to_owned()];
        profile.fixed.crl_partitions = Some(256);
        let profile = profile.validated().unwrap();
        for last in [0, 1, 255] {
            let number = u32::from(last) + 1;
            let uris = vec![format!("http://a.example/{number}/{number}.crl")];
            assert_eq!(profile.for_serial(serial(last)).fixed.crl, uris);
            assert_eq!(profile.crl_points()[usize::from(last)], CrlPoint::from_uris(&uris));
        }
        assert_eq!(profile.crl_points().len(), 256);
    }

    #[test]
    fn one_partition_takes_all_certificates_of_its_profile() {
        let mut profile = device();
        profile.fixed.crl = vec!["http://a.example/devices.crl".to_owned()];
        profile.fixed.crl_partitions = Some(1);
        let profile = profile.validated().unwrap();
        assert_eq!(profile.crl_points(), [CrlPoint::from_uris(&profile.fixed.crl)]);
        let serial = SerialNumber::from_random([7; 20]);
        assert_eq!(profile.for_serial(serial).fixed.crl, profile.fixed.crl);
    }

    #[test]
    fn a_root_is_on_no_crl_of_a_part() {
        let mut profile = device();
        profile.fixed.crl = vec!["http://a.example/{partition}.crl".to_owned()];
        profile.fixed.crl_partitions = Some(2);
        assert!(profile.fixed.check_partitions(SubjectKind::SubordinateCa { path_length: 0 }).is_ok());
        for kind in [SubjectKind::Root, SubjectKind::Verification] {
            assert!(matches!(profile.fixed.check_partitions(kind), Err(ProfileError::Partitions(_))));
        }
    }
}
