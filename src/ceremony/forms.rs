//! Forms of delivery as authority.toml wants them, and whether they can be made, before anything is signed or written.

use std::path::Path;

use crate::{
    config,
    export::{
        form::Judges,
        format::Format,
        forms::{Forms, Named},
        held_crls::HeldCrl,
        pem,
    },
    pki::{
        certificate::{Certificate, join, signature_algorithm},
        issuer::IssuingCa,
        key::KeyAlgorithm,
        platform::Platform,
        text::Printable,
    },
    register::{self, PlanKind, PlannedLine, StoredPlan, Which},
};

use super::{
    carried_keys::CarriedKeys,
    delivery::DeliveryWanted,
    error::Error,
    opening::{Appliance, printable_path},
    progress::{Phase, Watch},
    revocation::{PathCrl, holding},
};

/// Certificates taken from the register at a time.
pub(super) const PAGE: u32 = 1_000;

/// Checks every section of authority.toml that is about a form.
///
/// # Errors
/// [`Error::Configuration`] with line and key.
pub(super) fn check_sections(text: &str) -> Result<(), Error> {
    for section in config::deliver_sections(text)? {
        let known = Format::ALL.iter().filter(|format| format.settings_path().is_some());
        let Some(format) = known.clone().find(|format| format.name() == section.name()) else {
            return Err(section.unknown(known.map(|format| format.name().to_owned()).collect()).into());
        };
        section.read(|settings| Forms::default().add(*format, Some(settings)))?;
    }
    Ok(())
}

/// The forms that a plan's bundle has where these are asked for: a platform's is its proof where the plan is one.
pub(super) fn suited(plan: &StoredPlan, formats: &[Format]) -> Vec<Format> {
    let proof = |format: Format| match plan.kind {
        PlanKind::Verification => Platform::from_name(format.name()).map_or(format, Format::Proof),
        _ => format,
    };
    formats.iter().copied().map(proof).collect()
}

/// Checks that a proof is delivered as a platform takes it: its files are all that it is for. Which platform it is, is
/// recorded nowhere.
pub(super) fn check_proof_form(plan: &StoredPlan, formats: &[Format]) -> Result<(), Error> {
    let is_proof = plan.kind == PlanKind::Verification;
    if !is_proof || suited(plan, formats).iter().any(|format| matches!(format, Format::Proof(_))) {
        return Ok(());
    }
    let names: Vec<&str> = Platform::ALL.iter().map(|platform| platform.name()).collect();
    Err(Error::usage(
        format!("plan {} is a proof for a platform, and no platform's form was asked for", plan.id),
        format!("name the platform with --for, or choose its form: {}", names.join(", ")),
    ))
}

/// The platforms that forms are for.
fn platforms(formats: &[Format]) -> Vec<Platform> {
    formats.iter().filter_map(|format| Platform::from_name(format.name())).collect()
}

/// The form that wants private keys and the folder that has them; neither, or both.
fn wanting_keys<'a>(
    forms: &Forms,
    folder: Option<&'a Path>,
) -> Result<Option<(&'static str, &'a Path)>, Error> {
    match (forms.with_private_keys().first(), folder) {
        (None, None) => Ok(None),
        (Some(&form), Some(folder)) => Ok(Some((form, folder))),
        (Some(form), None) => Err(Error::usage(
            format!(
                "{form}: its files hold the devices' private keys by authority.toml, and none were named"
            ),
            "name the folder that has them (--keys DIR), or set private-keys = \"none\"",
        )),
        (None, Some(folder)) => Err(Error::usage(
            format!("no form of this bundle holds private keys, and {} was named", printable_path(folder)),
            "leave --keys out; or deliver --for esp-secure-cert, with private-keys = \"carried-in\" in its section",
        )),
    }
}

impl Appliance {
    /// The forms of these names, by the settings that authority.toml has for them.
    ///
    /// # Errors
    /// [`Error::Configuration`].
    pub(super) fn forms(&self, formats: &[Format]) -> Result<Forms, Error> {
        let mut sections = config::deliver_sections(&self.text)?;
        let mut forms = Forms::default();
        for format in formats {
            match sections.iter().position(|section| section.name() == format.name()) {
                Some(place) => {
                    sections.swap_remove(place).read(|settings| forms.add(*format, Some(settings)))?;
                }
                None => forms.add_usual(*format),
            }
        }
        Ok(forms)
    }

    /// The same, told of the CRLs that they hold.
    pub(super) fn forms_holding(&self, formats: &[Format], crls: &[PathCrl]) -> Result<Forms, Error> {
        let mut forms = self.forms(formats)?;
        let held: Vec<HeldCrl> = crls.iter().map(|crl| crl.held.clone()).collect();
        for (format, _) in holding(formats) {
            forms.hold(format, &held);
        }
        Ok(forms)
    }

    /// Checks that forms can be made below a CA, before requests are read.
    ///
    /// # Errors
    /// [`Error::Configuration`], [`Error::Format`] with what is in the way, [`Error::Register`].
    pub fn check_forms_below(&self, ca: &str, wanted: &DeliveryWanted<'_>) -> Result<(), Error> {
        let forms = self.forms(wanted.formats)?;
        wanting_keys(&forms, wanted.keys)?;
        self.check_above(&forms, &self.issuer(ca)?, wanted.formats)
    }

    /// Checks what is asked of forms before any certificate: the CAs, the audit key, and the CRLs that forms hold.
    pub(super) fn check_above(
        &self,
        forms: &Forms,
        issuer: &IssuingCa,
        formats: &[Format],
    ) -> Result<(), Error> {
        let authorities: Vec<Certificate> = pem::authorities(issuer).cloned().collect();
        forms.check_authorities(&authorities)?;
        self.check_subjects(issuer, &platforms(formats))?;
        self.check_known_audit_key(forms)?;
        self.check_path_crls(issuer, formats, None)
    }

    /// Those of these forms that authority.toml sets to have devices' private keys, by name.
    ///
    /// # Errors
    /// [`Error::Configuration`].
    pub fn forms_with_private_keys(&self, formats: &[Format]) -> Result<Vec<&'static str>, Error> {
        Ok(self.forms(formats)?.with_private_keys())
    }

    /// Checks that forms can be made of a plan's certificates, signed or not, and that the private keys are there: of some
    /// forms each certificate is looked at.
    ///
    /// # Errors
    /// [`Error::Configuration`], [`Error::Format`] with what is in the way, [`Error::Register`], [`Error::Medium`],
    /// [`Error::Stopped`]; [`Error::Usage`] where private keys are wanted and no folder is named, or the other way round.
    pub fn check_forms(
        &self,
        plan: &StoredPlan,
        wanted: &DeliveryWanted<'_>,
        watch: &mut Watch<'_>,
    ) -> Result<(), Error> {
        self.forms_checked(plan, wanted, watch).map(drop)
    }

    /// The same; gives the private keys.
    pub(super) fn forms_checked(
        &self,
        plan: &StoredPlan,
        wanted: &DeliveryWanted<'_>,
        watch: &mut Watch<'_>,
    ) -> Result<Option<CarriedKeys>, Error> {
        let formats = wanted.formats;
        let forms = self.forms(&suited(plan, formats))?;
        let keys = wanting_keys(&forms, wanted.keys)?;
        let issuer = self.issuer_of(plan)?;
        self.check_above(&forms, &issuer, formats)?;
        let keys = keys.map(|(form, folder)| CarriedKeys::open(form, folder, watch)).transpose()?;
        let (mut from, mut named) = (1, Named::default());
        while forms.judges() == Judges::EachCertificate && from <= plan.accepted {
            for one in self.unsigned_page(plan, from, &issuer)? {
                let source = one.source.as_str();
                forms.check_certificate(&mut named, source, &one.certificate)?;
                if let Some(keys) = &keys {
                    let key = keys.of(&one.from, one.certificate.public_key().spki_sha256())?;
                    forms.check_key(source, &one.certificate, &key)?;
                }
                from = one.index + 1;
            }
            watch.tell(Phase::Searching, from - 1, Some(plan.accepted));
            watch.check_stop(
                &format!(
                    "the certificates of plan {} were not all looked at; nothing was signed or written",
                    plan.id
                ),
                "run it again: a plan that is stored stays",
            )?;
        }
        Ok(keys)
    }

    /// Checks that the audit key can sign what forms have it sign, as the register knows it from the head that it signed last:
    /// the token's own is asked when the bundle is written, after a PIN and after the certificates were signed.
    fn check_known_audit_key(&self, forms: &Forms) -> Result<(), Error> {
        match self.register.last_checkpoint()? {
            Some((checkpoint, _)) => forms.check_audit_key(&checkpoint.public_key).map_err(|error| {
                error
                    .or_else_do(
                        "; where authority.toml names another audit key since, have it sign the head first",
                    )
                    .into()
            }),
            None => Ok(()),
        }
    }

    /// Checks that platforms take as many CAs with the subject of this one as the home has.
    ///
    /// # Errors
    /// [`Error::Platform`], [`Error::Register`].
    pub(super) fn check_subjects(&self, issuer: &IssuingCa, platforms: &[Platform]) -> Result<(), Error> {
        let subject = issuer.certificate().subject();
        let authorities = self.register.authorities()?;
        let certified = authorities.iter().filter_map(|record| record.certificate.as_ref());
        let same = certified.filter(|(certificate, _)| certificate.subject().matches(subject)).count();
        Ok(platforms.iter().try_for_each(|platform| platform.check_subjects(same))?)
    }

    /// A page of a plan's certificates from this one on, with signatures of zeros.
    pub(super) fn unsigned_page(
        &self,
        plan: &StoredPlan,
        from: u64,
        issuer: &IssuingCa,
    ) -> Result<Vec<Unsigned>, Error> {
        let page = self.register.planned(plan, Which::All, from, PAGE)?;
        if page.is_empty() {
            let what = format!("plan {} lacks certificates from {from} on", plan.id);
            return Err(register::Error::Damaged(what).into());
        }
        let unsigned = |line: PlannedLine| {
            let certificate = self.unsigned(plan, line.index, issuer)?;
            let source = Printable::new(&line.source);
            Ok(Unsigned { index: line.index, from: line.source, source, certificate })
        };
        page.into_iter().map(unsigned).collect()
    }

    /// A planned certificate with a signature of zeros.
    fn unsigned(&self, plan: &StoredPlan, index: u64, issuer: &IssuingCa) -> Result<Certificate, Error> {
        with_zeros(&self.register.planned_tbs(plan, index)?, issuer).ok_or_else(|| {
            register::Error::Damaged(format!("certificate {index} of plan {} cannot be read", plan.id)).into()
        })
    }
}

/// A certificate with a signature of zeros, as long as the CA's can be; `None` where it cannot be read.
pub(super) fn with_zeros(tbs: &[u8], issuer: &IssuingCa) -> Option<Certificate> {
    let zeros = vec![0; signature_octets(issuer.certificate().public_key().algorithm())];
    Certificate::parse(&join(tbs, signature_algorithm(tbs)?, &zeros)).ok()
}

/// A planned certificate with a signature of zeros.
pub(super) struct Unsigned {
    /// Its place in the plan, from 1.
    index: u64,
    /// Where its request came from, as it was given: text from outside.
    from: String,
    /// The same, harmless.
    pub(super) source: Printable,
    pub(super) certificate: Certificate,
}

/// Octets of a signature at most.
pub(super) fn signature_octets(key: KeyAlgorithm) -> usize {
    match key {
        // RFC 3279 §2.2.3: a SEQUENCE of two INTEGERs, each with a leading zero where its first bit is set.
        KeyAlgorithm::Ec(curve) => 3 + 2 * (3 + curve.coordinate_octets()),
        // RFC 8032 §5.1.6.
        KeyAlgorithm::Ed25519 => 64,
        KeyAlgorithm::MlDsa(set) => set.signature_octets(),
        KeyAlgorithm::Rsa { bits } => bits.div_ceil(8) as usize,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(check_sections(text).unwrap_err().to_string(), format!("authority.toml {expected}"));
    }

    #[test]
    fn settings_are_only_for_forms_that_have_some() {
        assert!(check_sections("version = 1\n").is_ok());
        check("version = 1\n[deliver.pem]\n", "line 2, column 10: unknown key `pem`");
        check("\n[deliver.nosuch]\nx = 1\n", "line 2, column 10: unknown key `nosuch`");
        check("deliver = 7\n", "line 1, column 11: `deliver`: it is no table");
    }
}
