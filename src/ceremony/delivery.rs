//! Delivery: the bundle of a signed plan is written onto a medium as one new folder, and read back from it.

use std::{io::Write as _, path::Path};

use crate::{
    export::{self, BundleBuilder, BundleFacts, Format, Part, Stream},
    media::{Outbox, OutFile, Written},
    pki::fingerprint::Digest,
    register::StoredPlan,
    token::{Session, TokenUri},
};

use super::{
    error::Error,
    opening::{Appliance, now},
    progress::{Phase, Watch},
};

/// Certificates taken from the register at a time.
const PAGE: usize = 1_000;

/// What was handed over, after it was read back from the medium and compared.
#[derive(Clone, Debug)]
pub struct Delivered {
    /// The bundle's folder on the medium.
    pub folder: String,
    /// Certificates in it.
    pub certificates: u64,
    /// Files in it.
    pub files: u64,
    /// SHA-256 of its manifest.json.
    pub manifest_sha256: Digest,
}

/// The files that grow while certificates are written.
struct Streams {
    certificates: OutFile,
    devices: OutFile,
    refused: OutFile,
}

impl Streams {
    fn create(outbox: &mut Outbox) -> Result<Self, Error> {
        Ok(Self {
            certificates: outbox.create_file(Stream::CertificatesPem.path())?,
            devices: outbox.create_file(Stream::DevicesCsv.path())?,
            refused: outbox.create_file(Stream::RefusedCsv.path())?,
        })
    }

    fn of(&mut self, stream: Stream) -> &mut OutFile {
        match stream {
            Stream::CertificatesPem => &mut self.certificates,
            Stream::DevicesCsv => &mut self.devices,
            Stream::RefusedCsv => &mut self.refused,
        }
    }
}

impl Appliance {
    /// Writes the bundle of a plan whose certificates are all issued, reads it back, compares, records the delivery.
    ///
    /// # Errors
    /// [`Error::Medium`] with nothing half-written left on the medium; [`Error::NotApproved`] and
    /// [`Error::Register`] where the plan is not issued whole.
    pub fn deliver(
        &mut self,
        plan: &StoredPlan,
        to: &Path,
        formats: &[Format],
        session: &Session,
        watch: &mut Watch<'_>,
    ) -> Result<Delivered, Error> {
        let issued = self.register.issued_count(plan)?;
        if issued != plan.accepted {
            return Err(Error::NotApproved {
                what: format!("plan {} is not signed whole: {issued} of {}", plan.id, plan.accepted),
                hint: format!("run coldsign sign {} first", plan.id),
            });
        }
        let issuer = self.issuer(plan.authority)?;
        let audit_uri = TokenUri::parse(self.configuration.audit_key_uri().ok_or_else(no_audit_key)?)?;
        let audit_key = session.find(&audit_uri)?;
        let audit_algorithm = audit_key.public_key().signing_algorithm(crate::pki::key::RsaScheme::Pkcs1);
        let head = self.register.head()?;
        let facts = BundleFacts {
            plan: plan.id.to_owned(),
            digest: plan.digest,
            profile: plan.profile.to_owned(),
            authority: plan.authority.to_owned(),
            issuer: &issuer,
            audit_spki: audit_key.public_key().spki().to_vec(),
            created: plan.created,
            rehearsal: self.is_rehearsal(),
            register_id: self.register.id().to_owned(),
            register_entry: head.entry,
            register_head: head.hash,
            accepted: plan.accepted,
            refused: plan.refused,
            skipped: plan.skipped,
        };
        let mut outbox = Outbox::create(to, plan.id)?;
        let mut ledger = Ledger::default();
        let mut builder = BundleBuilder::new(&facts, formats);
        let mut streams = Streams::create(&mut outbox)?;
        for part in builder.opening() {
            put(&mut outbox, &mut streams, &mut ledger, part)?;
        }
        self.write_certificates(plan, &mut builder, &mut outbox, &mut streams, &mut ledger, watch)?;
        self.write_refusals(plan, &mut builder, &mut outbox, &mut streams, &mut ledger)?;
        for file in [streams.certificates, streams.devices, streams.refused] {
            ledger.add(file.finish()?);
        }
        ledger.sort();
        // The manifest names every other file; SHA256SUMS names the manifest too.
        let manifest = write_with(&mut outbox, export::MANIFEST, |out| {
            export::manifest::write(out, &facts, ledger.entries())
        })?;
        let manifest_sha256 = Digest::from_octets(manifest.sha256);
        let signed = export::manifest::signed_octets(&manifest_sha256);
        let mut signer = session.signer(&audit_key, audit_algorithm)?;
        let signature = signer.sign(&signed)?;
        audit_key.public_key().verify(audit_algorithm, &signed, &signature).map_err(|error| {
            Error::TokenOutput {
                what: format!("the audit key's signature was not taken: {error}"),
                hint: "nothing was delivered; check the token".to_owned(),
            }
        })?;
        ledger.add(manifest);
        ledger.add(write_file(&mut outbox, export::MANIFEST_SIGNATURE, &signature)?);
        ledger.sort();
        let sums = write_with(&mut outbox, export::SHA256SUMS, |out| {
            export::manifest::write_sums(out, ledger.entries())
        })?;
        ledger.add(sums);
        watch.check_stop("nothing was delivered", "run deliver again")?;
        let published = outbox.publish()?;
        let files = ledger.len();
        for (done, entry) in (1_u64..).zip(ledger.written()) {
            let found = published.read_back(&entry.path)?;
            if found != (entry.sha256, entry.octets) {
                return Err(Error::Medium(published.altered(&entry.path)));
            }
            if done % 256 == 0 || done == files {
                watch.tell(Phase::ReadingBack, done, Some(files));
            }
        }
        let folder = plan.id.to_owned();
        self.register.record_delivery(plan, &folder, manifest_sha256, issued, now()?)?;
        let signature_of_head = self.sign_head(session, &audit_uri)?;
        debug_assert!(!signature_of_head.is_empty());
        Ok(Delivered { folder, certificates: issued, files, manifest_sha256 })
    }

    fn write_certificates(
        &self,
        plan: &StoredPlan,
        builder: &mut BundleBuilder<'_>,
        outbox: &mut Outbox,
        streams: &mut Streams,
        ledger: &mut Ledger,
        watch: &mut Watch<'_>,
    ) -> Result<(), Error> {
        let (mut after, mut done) = (None, 0);
        loop {
            let page = self.register.issued(plan, after, PAGE)?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.index());
            for certificate in &page {
                for part in builder.certificate(certificate) {
                    put(outbox, streams, ledger, part)?;
                }
            }
            done += page.len() as u64;
            watch.tell(Phase::Delivering, done, Some(plan.accepted));
            watch.check_stop(
                "the unfinished folder was removed from the medium",
                "run deliver again; everything issued is in the register",
            )?;
        }
    }

    fn write_refusals(
        &self,
        plan: &StoredPlan,
        builder: &mut BundleBuilder<'_>,
        outbox: &mut Outbox,
        streams: &mut Streams,
        ledger: &mut Ledger,
    ) -> Result<(), Error> {
        let mut after = None;
        loop {
            let page = self.register.refused(plan, after, PAGE)?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.position);
            for row in &page {
                let part = builder.refused(&row.source, &row.control, &row.message, &row.hint);
                put(outbox, streams, ledger, part)?;
            }
        }
    }

    /// Signs the register's head with the audit key and records the checkpoint.
    pub(super) fn sign_head(&mut self, session: &Session, audit_uri: &TokenUri) -> Result<Vec<u8>, Error> {
        let key = session.find(audit_uri)?;
        let algorithm = key.public_key().signing_algorithm(crate::pki::key::RsaScheme::Pkcs1);
        let head = self.register.head()?;
        let octets = crate::register::checkpoint_octets(self.register.id(), &head);
        let signature = session.signer(&key, algorithm)?.sign(&octets)?;
        self.register.add_checkpoint(&head, &signature, key.public_key(), now()?)?;
        Ok(signature)
    }
}

/// What was written, in memory as compactly as a million files need it.
#[derive(Default)]
struct Ledger {
    written: Vec<Written>,
}

impl Ledger {
    fn add(&mut self, written: Written) {
        self.written.push(written);
    }

    fn sort(&mut self) {
        self.written.sort_by(|a, b| a.path.cmp(&b.path));
    }

    fn len(&self) -> u64 {
        self.written.len() as u64
    }

    fn written(&self) -> &[Written] {
        &self.written
    }

    fn entries(&self) -> impl Iterator<Item = export::manifest::FileDigest> + '_ {
        self.written.iter().map(|written| export::manifest::FileDigest {
            path: written.path.clone(),
            sha256: Digest::from_octets(written.sha256),
            octets: written.octets,
        })
    }
}

fn put(outbox: &mut Outbox, streams: &mut Streams, ledger: &mut Ledger, part: Part) -> Result<(), Error> {
    match part {
        Part::File { path, octets } => ledger.add(write_file(outbox, &path, &octets)?),
        Part::Append { stream, octets } => {
            let file = streams.of(stream);
            file.write_all(&octets).map_err(|error| crate::media::Error::writing(stream.path(), &error))?;
        }
    }
    Ok(())
}

fn write_file(outbox: &mut Outbox, path: &str, octets: &[u8]) -> Result<Written, Error> {
    write_with(outbox, path, |out| out.write_all(octets))
}

fn write_with(
    outbox: &mut Outbox,
    path: &str,
    write: impl FnOnce(&mut OutFile) -> std::io::Result<()>,
) -> Result<Written, Error> {
    let mut file = outbox.create_file(path)?;
    write(&mut file).map_err(|error| crate::media::Error::writing(path, &error))?;
    Ok(file.finish()?)
}

fn no_audit_key() -> Error {
    Error::authority(
        "authority.toml names no audit key",
        "ca create and ca request make one; restore the [audit] section if it was removed",
    )
}
