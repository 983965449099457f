//! A CRL is written onto a medium as one new folder, read back from it, compared and recorded.

use std::path::Path;

use crate::{
    export::{
        bundle::{CRL_DER, CRL_LEFT, CRL_PEM, Part, crl_opening},
        manifest::{self, CrlHeader},
        verification::LEFT_HEAD,
    },
    media::Outbox,
    pki::{
        crl::{CrlPoint, PemText},
        issuer::IssuingCa,
        key::PublicKey,
    },
    register::{CrlDelivery, IssuedCrl},
    token::session::Session,
};

use super::super::{
    delivery::named,
    error::Error,
    handover::{Bundle, Delivered, Handover, Whole},
    opening::Appliance,
    progress::{Phase, Watch},
};
use super::{crl_again, crl_id};

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

    /// Writes a CRL's folder, reads it back, compares, records the delivery.
    ///
    /// # Errors
    /// [`Error::MediumFailed`] with nothing half-written left on the medium, unless it was pulled;
    /// [`Error::BundleStands`] where the folder has its name and is not recorded as delivered.
    pub fn deliver_crl(
        &mut self,
        crl: &IssuedCrl,
        to: &Path,
        session: &Session,
        watch: &mut Watch<'_>,
    ) -> Result<Delivered, Error> {
        let handover = Handover {
            folder: crl_id(crl.stored()),
            entries: crl.stored().entries,
            again: crl_again(crl.stored()),
        };
        let folder = handover.folder.clone();
        self.hand_over(
            handover,
            to,
            session,
            watch,
            |appliance, watch| appliance.write_crl(crl, &folder, to, session, watch),
            |register, time, manifest_sha256| {
                register
                    .record_crl_delivery(crl, &CrlDelivery { time, folder: folder.clone(), manifest_sha256 })
            },
        )
    }

    fn write_crl(
        &self,
        crl: &IssuedCrl,
        folder: &str,
        to: &Path,
        session: &Session,
        watch: &mut Watch<'_>,
    ) -> Result<Bundle, Error> {
        let issuer = self.issuer(&crl.stored().authority)?;
        let audit_key = self.audit_key(session)?;
        let mut outbox = self.outbox(to, folder)?;
        let mut written = Vec::new();
        for part in crl_opening(&issuer, audit_key.public_key()) {
            if let Part::File { path, octets } = part {
                let mut file = outbox.create_file(&path)?;
                file.append(&octets)?;
                written.push(file.finish()?);
            }
        }
        let mut der = outbox.create_file(CRL_DER)?;
        let mut pem = outbox.create_file(CRL_PEM)?;
        let (mut text, first) = PemText::begin();
        pem.append(first.as_bytes())?;
        let mut done = 0;
        self.register.crl_octets::<Error>(crl, &mut |octets| {
            der.append(octets)?;
            pem.append(text.push(octets).as_bytes())?;
            done += octets.len() as u64;
            watch.tell(Phase::Delivering, done, None);
            watch.check_stop(
                "the unfinished folder was removed from the medium",
                &format!("deliver it again ({}); it is in the register", crl_again(crl.stored())),
            )
        })?;
        pem.append(text.finish().as_bytes())?;
        written.extend([der.finish()?, pem.finish()?]);
        let left = self.write_left(crl, &mut outbox, &mut written)?;
        let header = self.crl_header(crl, folder, left, &issuer, audit_key.public_key())?;
        Whole { outbox, written }.publish(&header, session, &audit_key)
    }

    /// left.csv: every entry of the CRL before that this one has no more, and why.
    fn write_left(
        &self,
        crl: &IssuedCrl,
        outbox: &mut Outbox,
        written: &mut Vec<crate::media::Written>,
    ) -> Result<u64, Error> {
        let mut file = outbox.create_file(CRL_LEFT)?;
        file.append(format!("{LEFT_HEAD}\n").as_bytes())?;
        let mut last = 0;
        loop {
            let page = self.register.crl_left(crl.stored(), last, PAGE)?;
            for (index, serial, why) in &page {
                file.append(format!("{serial},{why}\n").as_bytes())?;
                last = *index;
            }
            if page.is_empty() {
                break;
            }
        }
        written.push(file.finish()?);
        Ok(last)
    }

    fn crl_header(
        &self,
        crl: &IssuedCrl,
        folder: &str,
        left: u64,
        issuer: &IssuingCa,
        audit_key: &PublicKey,
    ) -> Result<CrlHeader, Error> {
        let stored = crl.stored();
        let point = self.register.crl_point(&stored.authority, stored.scope)?;
        let text = |value: Option<String>| value.unwrap_or_else(|| "none".to_owned());
        Ok(CrlHeader {
            form: manifest::CRL_FORM.to_owned(),
            standing: self.bundle_standing(),
            crl: folder.to_owned(),
            number: text(stored.number.as_ref().map(ToString::to_string)),
            digest: stored.tbs_sha256.to_string(),
            words: stored.tbs_sha256.words(),
            this_update: stored.this_update.to_string(),
            distribution_point: point.iter().flat_map(CrlPoint::uris).map(|uri| uri.to_string()).collect(),
            next_update: text(stored.next_update.map(|time| time.to_string())),
            entries: stored.entries,
            left,
            authority: stored.authority.clone(),
            issuer: named(issuer.certificate()),
            root: named(issuer.root()),
            audit_key_sha256: audit_key.spki_sha256().to_string(),
            register: self.register_head()?,
        })
    }
}
