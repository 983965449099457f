//! The forms that one bundle holds: each once, in one order.

use std::collections::BTreeMap;

use serde::{
    Deserializer,
    de::value::{Error as Never, UnitDeserializer},
};

use super::{
    bundle::Part,
    form::{Form, Format, FormatError, Item, Judges},
    held_crls::HeldCrl,
};
use crate::pki::{certificate::Certificate, key::PublicKey};

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

    /// Checks that every form can be made of this certificate, which may not be signed yet.
    ///
    /// # Errors
    /// [`FormatError::Impossible`].
    pub fn check_certificate(&self, source: &str, certificate: &Certificate) -> Result<(), FormatError> {
        self.0.values().try_for_each(|form| form.check_certificate(source, certificate))
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
