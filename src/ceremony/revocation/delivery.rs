//! A CRL is written onto a medium as one new folder, read back from it, compared and recorded.

use std::path::Path;

use crate::{
    export::{
        bundle::{CRL_DER, CRL_LEFT, CRL_PEM, Part, crl_opening},
        format::Format,
        manifest::{self, CrlHeader},
        verification::LEFT_HEAD,
    },
    media::Outbox,
    pki::{crl::CrlPoint, issuer::IssuingCa, key::PublicKey, text::Printable},
    register::{CrlDelivery, CrlScope, IssuedCrl},
    token::session::Session,
};

use super::super::{
    delivery::{Writing, named, named_formats},
    error::Error,
    form_obstacles::FormObstacle,
    handover::{Bundle, Delivered, Handover},
    opening::Appliance,
    progress::Watch,
};
use super::{RevokedSince, crl_again, crl_id};

/// Rows of what left taken from the register at a time.
const PAGE: u32 = 1_000;

impl Appliance {
    /// Checks that a medium can receive a CRL's folder, before a PIN is asked for.
    ///
    /// # Errors
    /// [`Error::Medium`].
    pub fn check_crl_target(&self, id: &str, to: &Path) -> Result<(), Error> {
        self.check_folder(to, id)
    }

    /// Checks that the next CRLs of a CA, or the one of a scope, can be delivered in these forms, with those of the CAs
    /// above it.
    ///
    /// # Errors
    /// [`Error::Usage`] for a form that has no CRL, and for a partition's CRL where there is no full one;
    /// [`Error::Format`] where one of a CA above is overdue; [`Error::Authority`], [`Error::Register`].
    pub fn check_crl_forms(&self, ca: &str, one: Option<CrlScope>, formats: &[Format]) -> Result<(), Error> {
        let other = formats.iter().find(|format| format.crl_path().is_none());
        if let Some(other) = other {
            let names: Vec<&str> = Format::WITH_CRLS.iter().map(|format| format.name()).collect();
            return Err(Error::usage(
                format!("{} is not a form that CRLs are delivered in", other.name()),
                format!("choose from: {}; crl.pem and crl.der are there always", names.join(", ")),
            ));
        }
        // The CRL of a part alone would close the door to the devices of the others: no form has it.
        if let (Some(CrlScope::Partition(_)), Some(format)) = (one, formats.first())
            && self.register.latest_crl(ca, CrlScope::Full)?.is_none()
        {
            return Err(Error::usage(
                format!("CA {} has no full CRL yet, which {} wants", Printable::new(ca), format.name()),
                "make the full CRL first: crl without --partition makes it, and that of every partition",
            ));
        }
        self.check_path_crls(&self.issuer(ca)?, formats, Some(ca))
    }

    /// The forms that a CRL cannot be delivered in here.
    ///
    /// # Errors
    /// [`Error::Register`].
    pub fn crl_form_obstacles(&self, crl: &IssuedCrl) -> Result<Vec<FormObstacle>, Error> {
        let stored = crl.stored();
        let mut obstacles = Vec::new();
        for &format in Format::WITH_CRLS {
            if let Err(error) = self.check_crl_forms(&stored.authority, Some(stored.scope), &[format]) {
                obstacles.push(FormObstacle::of_all(format, error)?);
            }
        }
        Ok(obstacles)
    }

    /// Writes a CRL's folder, reads it back, compares, records the delivery. Each form that holds CRLs has it together
    /// with those of the CAs above.
    ///
    /// # Errors
    /// [`Error::MediumFailed`] with nothing half-written left on the medium, unless it was pulled;
    /// [`Error::BundleStands`] where the folder has its name and is not recorded as delivered; and as for
    /// [`Appliance::check_crl_forms`].
    pub fn deliver_crl(
        &mut self,
        crl: &IssuedCrl,
        to: &Path,
        formats: &[Format],
        session: &Session,
        watch: &mut Watch<'_>,
    ) -> Result<Delivered, Error> {
        self.register.check_none_later(&crl.stored().authority, crl.stored().scope)?;
        self.check_crl_forms(&crl.stored().authority, Some(crl.stored().scope), formats)?;
        let handover = Handover {
            folder: crl_id(crl.stored()),
            entries: crl.stored().entries,
            formats: formats.to_vec(),
            private_keys: Vec::new(),
            revoked: RevokedSince::default(),
            root: self.issuer(&crl.stored().authority)?.root().into(),
            again: crl_again(crl.stored(), formats),
        };
        let folder = handover.folder.clone();
        self.hand_over(
            handover,
            to,
            session,
            watch,
            |appliance, watch| {
                let outbox = appliance.outbox(to, &folder)?;
                appliance.write_crl(crl, outbox, formats, session, watch)
            },
            |register, time, manifest_sha256| {
                register
                    .record_crl_delivery(crl, &CrlDelivery { time, folder: folder.clone(), manifest_sha256 })
            },
        )
    }

    fn write_crl(
        &self,
        crl: &IssuedCrl,
        outbox: Outbox,
        formats: &[Format],
        session: &Session,
        watch: &mut Watch<'_>,
    ) -> Result<Bundle, Error> {
        let issuer = self.issuer(&crl.stored().authority)?;
        let audit_key = self.audit_key(session)?;
        let again = crl_again(crl.stored(), formats);
        let header = self.crl_header(crl, formats, &issuer, audit_key.public_key())?;
        let mut writing = Writing::begin(outbox, &header, session, &audit_key)?;
        for part in crl_opening(&issuer, audit_key.public_key()) {
            writing.put(part)?;
        }
        self.crl_pieces(crl, &again, watch, &mut |der, text| {
            writing.put(Part::Append { path: CRL_DER, octets: der.to_vec() })?;
            writing.put(Part::Append { path: CRL_PEM, octets: text.as_bytes().to_vec() })
        })?;
        self.write_path_crls(&self.path_crls(&issuer)?, formats, &mut writing, watch, &again)?;
        self.write_left(crl, &mut writing)?;
        writing.publish()
    }

    /// left.csv: every entry of the CRL before that this one has no more, and why.
    fn write_left(&self, crl: &IssuedCrl, writing: &mut Writing<'_>) -> Result<(), Error> {
        let mut line = |text: String| {
            writing.put(Part::Append { path: CRL_LEFT, octets: format!("{text}\n").into_bytes() })
        };
        line(LEFT_HEAD.to_owned())?;
        let mut last = 0;
        loop {
            let page = self.register.crl_left(crl.stored(), last, PAGE)?;
            for (index, serial, why) in &page {
                line(format!("{serial},{why}"))?;
                last = *index;
            }
            if page.is_empty() {
                return Ok(());
            }
        }
    }

    fn crl_header(
        &self,
        crl: &IssuedCrl,
        formats: &[Format],
        issuer: &IssuingCa,
        audit_key: &PublicKey,
    ) -> Result<CrlHeader, Error> {
        let stored = crl.stored();
        let point = self.register.crl_point(&stored.authority, stored.scope)?;
        let text = |value: Option<String>| value.unwrap_or_else(|| "none".to_owned());
        Ok(CrlHeader {
            form: manifest::CRL_FORM.to_owned(),
            standing: self.bundle_standing(),
            crl: crl_id(stored),
            number: text(stored.number.as_ref().map(ToString::to_string)),
            digest: stored.tbs_sha256.to_string(),
            words: stored.tbs_sha256.words(),
            this_update: stored.this_update.to_string(),
            distribution_point: point.iter().flat_map(CrlPoint::uris).map(|uri| uri.to_string()).collect(),
            next_update: text(stored.next_update.map(|time| time.to_string())),
            entries: stored.entries,
            left: self.register.crl_left_count(stored)?,
            formats: named_formats(formats),
            authority: stored.authority.clone(),
            issuer: named(issuer.certificate()),
            root: named(issuer.root()),
            audit_key_sha256: audit_key.spki_sha256().to_string(),
            register: self.register_head()?,
        })
    }
}
