//! A CRL is written onto a medium as one new folder, read back from it, compared and recorded.

use std::path::Path;

use crate::{
    export::{
        bundle::{CRL_DER, CRL_LEFT, CRL_PEM, Part, crl_opening},
        manifest::{self, CrlHeader, RegisterHead, SIGNATURE, Standing},
        verification::LEFT_HEAD,
    },
    media::{self, Outbox, Volume},
    pki::{crl::PemText, fingerprint::hex, issuer::IssuingCa, key::PublicKey},
    register::{CrlDelivery, IssuedCrl},
    token::session::Session,
};

use super::super::{
    delivery::{Bundle, Delivered, Whole, audit_signature, compare, named, unproven, unwritten},
    error::{Error, Wanting},
    opening::{Appliance, now},
    progress::{Phase, Watch},
};
use super::crl_id;

/// Rows of what left taken from the register at a time.
const PAGE: u32 = 1_000;

impl Appliance {
    /// Checks that a medium can receive a CRL's folder, before a PIN is asked for.
    ///
    /// # Errors
    /// [`Error::Medium`].
    pub fn check_crl_target(&self, id: &str, to: &Path) -> Result<(), Error> {
        let target = Volume::open(to)?;
        Outbox::create(to, id).map_err(|failure| unwritten(failure.into(), &target))?;
        Ok(())
    }

    /// Writes a CRL's folder, reads it back, compares, records the delivery.
    ///
    /// # Errors
    /// [`Error::MediumFailed`] with nothing half-written left on the medium, unless it was pulled;
    /// [`Error::BundleStands`] where the folder has its name and is not recorded as delivered.
    pub fn deliver_crl(
        &mut self,
        issued: &IssuedCrl,
        to: &Path,
        session: &Session,
        watch: &mut Watch<'_>,
    ) -> Result<Delivered, Error> {
        let folder = crl_id(issued.stored());
        let target = Volume::open(to)?;
        let again = format!("coldsign crl --ca {} --to DIR --latest", issued.stored().authority);
        let bundle = self.write_crl(issued, &folder, to, session, watch).map_err(|error| match error {
            // It may stand there under its name.
            Error::Medium(media::Error::NotDurable { .. }) => unproven(error, &target, &folder, &again),
            other => unwritten(other, &target),
        })?;
        compare(&bundle, &folder, watch).map_err(|error| unproven(error, &target, &folder, &again))?;
        let (files, manifest_sha256) = (bundle.written.len() as u64, bundle.manifest_sha256);
        let audit_key_sha256 = bundle.audit_key_sha256;
        let recorded = now().and_then(|time| {
            let delivery = CrlDelivery { time, folder: folder.clone(), manifest_sha256 };
            Ok(self.register.record_crl_delivery(issued, &delivery)?)
        });
        recorded.map_err(|failure| Error::BundleStands {
            failure: Box::new(failure),
            folder: folder.clone(),
            wanting: Wanting::Record,
            again,
        })?;
        let head = self.close_head(session);
        let certificates = issued.stored().entries;
        Ok(Delivered { folder, certificates, files, manifest_sha256, audit_key_sha256, head })
    }

    fn write_crl(
        &self,
        issued: &IssuedCrl,
        folder: &str,
        to: &Path,
        session: &Session,
        watch: &mut Watch<'_>,
    ) -> Result<Bundle, Error> {
        let issuer = self.issuer(&issued.stored().authority)?;
        let audit_key = self.audit_key(session)?;
        let mut outbox = Outbox::create(to, folder)?;
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
        self.register.crl_octets::<Error>(issued, &mut |octets| {
            der.append(octets)?;
            pem.append(text.push(octets).as_bytes())?;
            done += octets.len() as u64;
            watch.tell(Phase::Delivering, done, None);
            watch.check_stop(
                "the unfinished folder was removed from the medium",
                &format!(
                    "deliver it again (coldsign crl --ca {} --to DIR --latest); it is in the register",
                    issued.stored().authority
                ),
            )
        })?;
        pem.append(text.finish().as_bytes())?;
        written.extend([der.finish()?, pem.finish()?]);
        let left = self.write_left(issued, &mut outbox, &mut written)?;
        let mut whole = Whole { outbox, written };
        let header = self.crl_header(issued, folder, left, &issuer, audit_key.public_key())?;
        let manifest_sha256 = whole.manifest_and_sums(&header)?;
        let signature = audit_signature(session, &audit_key, &manifest::signed_message(manifest_sha256))?;
        whole.octets(SIGNATURE, std::iter::once(signature))?;
        let Whole { outbox, written } = whole;
        let audit_key_sha256 = audit_key.public_key().spki_sha256();
        Ok(Bundle { published: outbox.publish()?, written, manifest_sha256, audit_key_sha256 })
    }

    /// left.csv: every entry of the CRL before that this one has no more, and why.
    fn write_left(
        &self,
        issued: &IssuedCrl,
        outbox: &mut Outbox,
        written: &mut Vec<crate::media::Written>,
    ) -> Result<u64, Error> {
        let mut file = outbox.create_file(CRL_LEFT)?;
        file.append(format!("{LEFT_HEAD}\n").as_bytes())?;
        let mut last = 0;
        loop {
            let page = self.register.crl_left(issued.stored(), last, PAGE)?;
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
        issued: &IssuedCrl,
        folder: &str,
        left: u64,
        issuer: &IssuingCa,
        audit_key: &PublicKey,
    ) -> Result<CrlHeader, Error> {
        let stored = issued.stored();
        let head = self.register.head()?;
        let text = |value: Option<String>| value.unwrap_or_else(|| "none".to_owned());
        Ok(CrlHeader {
            form: manifest::CRL_FORM.to_owned(),
            standing: if self.is_rehearsal() { Standing::Rehearsal } else { Standing::Production },
            crl: folder.to_owned(),
            number: text(stored.number.as_ref().map(ToString::to_string)),
            digest: stored.tbs_sha256.to_string(),
            words: stored.tbs_sha256.words(),
            this_update: stored.this_update.to_string(),
            next_update: text(stored.next_update.map(|time| time.to_string())),
            entries: stored.entries,
            left,
            authority: stored.authority.clone(),
            issuer: named(issuer.certificate()),
            root: named(issuer.root()),
            audit_key_sha256: audit_key.spki_sha256().to_string(),
            register: RegisterHead {
                id: hex(&self.register.id()),
                entry: head.entry,
                hash: head.hash.to_string(),
            },
        })
    }
}
