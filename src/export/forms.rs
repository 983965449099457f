//! The forms that one bundle holds: each once, in one order.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use serde::{
    Deserializer,
    de::value::{Error as Never, UnitDeserializer},
};

use super::{
    bundle::{Part, Place},
    form::{Form, Item, Judges},
    format::{Format, FormatError, Room},
    held_crls::HeldCrl,
    private_keys::{KeyFile, PrivateKeys},
};
use crate::pki::{
    certificate::Certificate, device_key::DeviceKey, fingerprint::Digest, key::PublicKey, text::Printable,
};

/// The names that platforms give to the devices of a batch: 128 bits of each, so that a million take some 50 MiB a platform.
#[derive(Debug, Default)]
pub struct Named {
    certificates: u64,
    /// The certificate that has each, counted from 1.
    first: BTreeMap<(Format, u128), u64>,
}

impl Named {
    fn check(&mut self, format: Format, name: &str) -> Result<(), FormatError> {
        let key = (format, Digest::of(name.as_bytes()).first_128_bits());
        match self.first.entry(key) {
            Entry::Vacant(place) => {
                place.insert(self.certificates);
                Ok(())
            }
            Entry::Occupied(first) => {
                let name = Printable::new(name);
                let first = first.get();
                let what = format!("{name} is the name of the device of certificate {first} there already");
                let hint =
                    format!("give each device a name of its own, or leave the form {} out", format.name());
                Err(FormatError::impossible(format.name(), &what, hint))
            }
        }
    }
}

/// Forms, made and not begun yet.
#[derive(Debug, Default)]
pub struct Forms(BTreeMap<Format, Box<dyn Form>>);

impl Forms {
    /// Adds a form, by these settings or by those of an empty section.
    ///
    /// # Errors
    /// What the deserializer says of settings that the form does not take.
    pub fn add<'de, D: Deserializer<'de>>(
        &mut self,
        format: Format,
        settings: Option<D>,
    ) -> Result<(), D::Error> {
        if let Some(form) = format.form(settings)? {
            self.0.insert(format, form);
        }
        Ok(())
    }

    /// Adds a form by the settings of an empty section.
    pub fn add_usual(&mut self, format: Format) {
        // Nothing is read, so nothing fails.
        let _ = self.add::<UnitDeserializer<Never>>(format, None);
    }

    /// Checks that every form can be made below these CAs, the issuing one first.
    ///
    /// # Errors
    /// [`FormatError::Impossible`].
    pub fn check_authorities(&self, authorities: &[Certificate]) -> Result<(), FormatError> {
        self.0.values().try_for_each(|form| form.check_authorities(authorities))
    }

    /// Whether one of them has to see each certificate before it is known that it can be made.
    #[must_use]
    pub fn judges(&self) -> Judges {
        let each = self.0.values().any(|form| form.judges() == Judges::EachCertificate);
        if each { Judges::EachCertificate } else { Judges::AuthoritiesOnly }
    }

    /// As [`Forms::judge_certificate`], with the request named whose certificate it is.
    ///
    /// # Errors
    /// [`FormatError::Impossible`].
    pub fn check_certificate(
        &self,
        named: &mut Named,
        source: &str,
        certificate: &Certificate,
    ) -> Result<(), FormatError> {
        // Whose certificate it is stands before what any form says of it.
        self.judge_certificate(named, certificate).map_err(|error| error.of_request(source))
    }

    /// Checks that every form can be made of the next certificate of a batch, which may not be signed yet, and that no
    /// platform gives its device the name of one before it.
    ///
    /// # Errors
    /// [`FormatError::Impossible`].
    pub fn judge_certificate(&self, named: &mut Named, certificate: &Certificate) -> Result<(), FormatError> {
        named.certificates += 1;
        for (format, form) in &self.0 {
            form.check_certificate(certificate)?;
            if let Some(name) = form.device_name(certificate) {
                named.check(*format, &name)?;
            }
        }
        Ok(())
    }

    /// The names of those that have devices' private keys in them, in their order.
    #[must_use]
    pub fn with_private_keys(&self) -> Vec<&'static str> {
        let keyed = self.0.iter().filter(|(_, form)| form.private_keys() == PrivateKeys::CarriedIn);
        keyed.map(|(format, _)| format.name()).collect()
    }

    /// Checks that every form can be made of a certificate with this private key, which is the certificate's.
    ///
    /// # Errors
    /// [`FormatError::Impossible`].
    pub fn check_key(
        &self,
        source: &str,
        certificate: &Certificate,
        key: &DeviceKey,
    ) -> Result<(), FormatError> {
        let judged = self.0.values().try_for_each(|form| form.check_key(certificate, key));
        judged.map_err(|error| error.of_request(source))
    }

    /// The file of a place that has the device's private key in it.
    pub(super) fn key_file(&self, place: &Place) -> Option<KeyFile> {
        self.0.values().find_map(|form| form.key_file(place))
    }

    /// How many files they have, however many certificates there are: all of these are begun before the first one.
    #[must_use]
    pub fn files(&mut self, authorities: &[Certificate]) -> u64 {
        let opening = self.opening(authorities, None);
        opening.iter().map(Part::path).collect::<BTreeSet<_>>().len() as u64
    }

    /// What they take of a medium for each certificate together: for certificates of so many octets of DER, below CAs of so many octets of PEM
    /// together.
    #[must_use]
    pub fn room(&self, certificate_octets: u64, chain_octets: u64) -> Room {
        let mut all = Room::default();
        for (format, form) in &self.0 {
            let one = format.room(certificate_octets, chain_octets);
            all.files_each += one.files_each;
            all.octets_each += one.octets_each + form.image_octets().unwrap_or_default();
        }
        all
    }

    /// Tells a form which CRLs it holds; before the bundle is begun.
    pub fn hold(&mut self, format: Format, crls: &[HeldCrl]) {
        if let Some(form) = self.0.get_mut(&format) {
            form.hold(crls);
        }
    }

    /// Checks that the audit key can sign what the forms have it sign.
    ///
    /// # Errors
    /// [`FormatError::Impossible`].
    pub fn check_audit_key(&self, audit_key: &PublicKey) -> Result<(), FormatError> {
        self.0.values().try_for_each(|form| form.check_audit_key(audit_key))
    }

    /// What stands before the first certificate. The audit key is not there where it could not be read.
    pub(super) fn opening(
        &mut self,
        authorities: &[Certificate],
        audit_key: Option<&PublicKey>,
    ) -> Vec<Part> {
        if let Some(key) = audit_key {
            for form in self.0.values_mut() {
                form.audited(key);
            }
        }
        self.0.values_mut().flat_map(|form| form.opening(authorities)).collect()
    }

    /// What the next certificate adds.
    pub(super) fn certificate(&mut self, item: &Item<'_>) -> Vec<Part> {
        self.0.values_mut().flat_map(|form| form.certificate(item)).collect()
    }

    /// What stands after the last certificate.
    pub(super) fn closing(&mut self) -> Vec<Part> {
        self.0.values_mut().flat_map(|form| form.closing()).collect()
    }
}
