//! The newest CRLs of all CAs above devices, for the forms that hold them: which they are, and their octets.

use crate::{
    export::{
        bundle::Part,
        format::{Format, FormatError},
        held_crls::{HeldCrl, first_address},
        pem,
    },
    pki::{certificate::Certificate, crl::PemText, issuer::IssuingCa, text::Printable},
    register::{AuthorityRecord, CrlScope, IssuedCrl},
};

use super::super::{
    delivery::Writing,
    error::Error,
    opening::{Appliance, now},
    progress::{Phase, Watch},
    space::signed_octets,
};

/// A CRL that goes into a form.
pub(in crate::ceremony) struct PathCrl {
    /// What the form is told of it.
    pub(in crate::ceremony) held: HeldCrl,
    issued: IssuedCrl,
}

/// Takes a piece of a CRL: its octets, and the lines of PEM that they fill.
type Taker<'a> = &'a mut dyn FnMut(&[u8], &str) -> Result<(), Error>;

/// The forms that hold CRLs, of these, each once, and where.
pub(in crate::ceremony) fn holding(formats: &[Format]) -> Vec<(Format, &'static str)> {
    let asked = Format::ALL.iter().filter(|format| formats.contains(format));
    asked.filter_map(|format| Some((*format, format.crl_path()?))).collect()
}

impl Appliance {
    /// The newest CRLs of a CA and of those above it, as far as they are in the register, issuing CA first.
    pub(in crate::ceremony) fn path_crls(&self, issuer: &IssuingCa) -> Result<Vec<PathCrl>, Error> {
        let records = self.register.authorities()?;
        let mut crls = Vec::new();
        for (place, certificate) in pem::authorities(issuer).enumerate() {
            if let Some(record) = records.iter().find(|record| is_of(record, certificate)) {
                crls.extend(self.newest_crls(place, &record.name)?);
            }
        }
        Ok(crls)
    }

    /// The newest CRL of each scope of a CA: the full one and those of the partitions, of which a part would close the
    /// door to the devices of the others.
    fn newest_crls(&self, place: usize, ca: &str) -> Result<Vec<PathCrl>, Error> {
        let scopes = self.register.crl_scopes(ca)?;
        let mut found = Vec::new();
        for scope in &scopes {
            let Some(issued) = self.register.latest_crl(ca, *scope)? else { continue };
            let stored = issued.stored();
            let held = HeldCrl {
                authority: place,
                number: stored.number.clone(),
                next_update: stored.next_update,
                place: self.register.crl_point(ca, *scope)?.as_ref().and_then(first_address),
            };
            found.push(PathCrl { held, issued });
        }
        let has_full = found.iter().any(|crl| crl.issued.stored().scope == CrlScope::Full);
        let has_all_partitions = found.len() + 1 >= scopes.len();
        Ok(if has_full || has_all_partitions { found } else { Vec::new() })
    }

    /// Checks that no CRL that one of these forms would hold is overdue, or older than an older register that was accepted,
    /// but for those of a CA whose next ones are being made: with an overdue CRL a broker lets nobody in.
    ///
    /// # Errors
    /// [`Error::Format`], [`Error::Register`].
    pub(in crate::ceremony) fn check_path_crls(
        &self,
        issuer: &IssuingCa,
        formats: &[Format],
        renewed: Option<&str>,
    ) -> Result<(), Error> {
        let Some((format, _)) = holding(formats).pop() else { return Ok(()) };
        let now = now()?;
        for crl in self.path_crls(issuer)? {
            let stored = crl.issued.stored();
            if renewed == Some(stored.authority.as_str()) {
                continue;
            }
            self.register.check_none_later(&stored.authority, stored.scope)?;
            if let Some(ended) = stored.next_update.filter(|next| *next < now) {
                let name = Printable::new(&stored.authority);
                let partition = stored.scope.of_partition();
                let what = format!(
                    "the newest CRL of CA {name}{partition} ended at {ended}, and with it the broker lets nobody in"
                );
                let hint = format!("make the next one first: coldsign crl --ca {name} --to DIR");
                return Err(FormatError::impossible(format.name(), &what, hint).into());
            }
        }
        Ok(())
    }

    /// Writes CRLs as PEM, one behind the other, into the files of the forms that hold them.
    pub(in crate::ceremony) fn write_path_crls(
        &self,
        crls: &[PathCrl],
        formats: &[Format],
        writing: &mut Writing<'_>,
        watch: &mut Watch<'_>,
        again: &str,
    ) -> Result<(), Error> {
        let holding = holding(formats);
        for crl in crls.iter().filter(|_| !holding.is_empty()) {
            self.crl_pieces(&crl.issued, again, watch, &mut |_, text| {
                holding.iter().try_for_each(|(_, path)| {
                    writing.put(Part::Append { path, octets: text.as_bytes().to_vec() })
                })
            })?;
        }
        Ok(())
    }

    /// The octets of a CRL, piece by piece, each as it is and as the lines of PEM that it fills.
    pub(super) fn crl_pieces(
        &self,
        crl: &IssuedCrl,
        again: &str,
        watch: &mut Watch<'_>,
        each: Taker<'_>,
    ) -> Result<(), Error> {
        let (mut text, first) = PemText::begin();
        each(&[], &first)?;
        let mut done = 0;
        self.register.crl_octets::<Error>(crl, &mut |octets| {
            each(octets, &text.push(octets))?;
            done += octets.len() as u64;
            watch.tell(Phase::Delivering, done, None);
            watch.check_stop(
                "the unfinished folder was removed from the medium",
                &format!("deliver it again ({again}); everything is in the register"),
            )
        })?;
        each(&[], &text.finish())
    }

    /// Octets that the CRLs take in these forms together.
    pub(in crate::ceremony) fn path_crls_octets(
        &self,
        issuer: &IssuingCa,
        formats: &[Format],
    ) -> Result<u64, Error> {
        let forms = holding(formats).len() as u64;
        if forms == 0 {
            return Ok(0);
        }
        let signatures: Vec<u64> =
            pem::authorities(issuer).map(|ca| signed_octets(ca.public_key().algorithm())).collect();
        let octets =
            |crl: &PathCrl| pem::octets(crl.issued.stored().octets() + signatures[crl.held.authority]);
        Ok(forms * self.path_crls(issuer)?.iter().map(octets).sum::<u64>())
    }
}

/// Whether a certificate is one of this authority: name and key are the same, as after a renewal.
pub(super) fn is_of(record: &AuthorityRecord, certificate: &Certificate) -> bool {
    let subject = record.certificate.as_ref().map(|(own, _)| own.subject());
    record.public_key == *certificate.public_key() && subject == Some(certificate.subject())
}
