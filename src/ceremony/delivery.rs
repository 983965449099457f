//! Delivery: the bundle of a signed plan is written onto a medium as one new folder, and read back from it.

use std::path::Path;

use rayon::prelude::*;

use crate::{
    export::{
        bundle::{BundleBuilder, Format, Part, Stream},
        manifest::{
            self, Authority, Counts, FileDigest, Head, Header, MANIFEST, RegisterHead, SHA256SUMS, SIGNATURE,
            Standing,
        },
    },
    media::{self, OutFile, Outbox, Published, Volume, Written},
    pki::{
        certificate::Certificate,
        fingerprint::{Digest, hex},
        issuer::IssuingCa,
        key::{PublicKey, RsaScheme},
        text::Printable,
    },
    register::{Checkpoint, Delivery, PlanKind, StoredPlan, Verdict},
    token::{key::TokenKey, session::Session, uri::TokenUri},
};

use super::{
    done::HeadAfter,
    error::{Error, Wanting},
    opening::{Appliance, now},
    progress::{Phase, Watch},
};

/// Certificates taken from the register at a time.
const PAGE: u32 = 1_000;

/// Files read back together, on all cores, before progress is told.
const READ_BACK_CHUNK: usize = 512;

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
    /// SHA-256 of the `SubjectPublicKeyInfo` of the audit key that signed the manifest.
    pub audit_key_sha256: Digest,
    /// What became of the register's head, once the delivery was recorded.
    pub head: HeadAfter,
}

/// A bundle being written: the outbox, the files that grow, and what is finished.
struct Writing {
    outbox: Outbox,
    certificates: OutFile,
    devices: OutFile,
    refused: OutFile,
    /// A million entries are a hundred megabytes: the price of naming every file in the manifest.
    written: Vec<Written>,
}

impl Writing {
    fn begin(to: &Path, folder: &str) -> Result<Self, Error> {
        let mut outbox = Outbox::create(to, folder)?;
        let certificates = outbox.create_file(Stream::CertificatesPem.path())?;
        let devices = outbox.create_file(Stream::DevicesCsv.path())?;
        let refused = outbox.create_file(Stream::RefusedCsv.path())?;
        Ok(Self { outbox, certificates, devices, refused, written: Vec::new() })
    }

    fn put(&mut self, part: Part) -> Result<(), Error> {
        match part {
            Part::File { path, octets } => self.file(&path, &octets)?,
            Part::Append { stream, octets } => {
                let file = match stream {
                    Stream::CertificatesPem => &mut self.certificates,
                    Stream::DevicesCsv => &mut self.devices,
                    Stream::RefusedCsv => &mut self.refused,
                };
                file.append(&octets)?;
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &str, octets: &[u8]) -> Result<(), Error> {
        let mut file = self.outbox.create_file(path)?;
        file.append(octets)?;
        self.written.push(file.finish()?);
        Ok(())
    }

    /// Ends the growing files: from here on every file is whole.
    fn end_streams(self) -> Result<Whole, Error> {
        let Self { outbox, certificates, devices, refused, mut written } = self;
        for file in [certificates, devices, refused] {
            written.push(file.finish()?);
        }
        Ok(Whole { outbox, written })
    }
}

/// A bundle whose certificates are written; manifest, signature and sums follow.
pub(super) struct Whole {
    pub(super) outbox: Outbox,
    pub(super) written: Vec<Written>,
}

impl Whole {
    pub(super) fn file(&mut self, path: &str, pieces: impl Iterator<Item = String>) -> Result<(), Error> {
        self.octets(path, pieces.map(String::into_bytes))
    }

    pub(super) fn octets(&mut self, path: &str, pieces: impl Iterator<Item = Vec<u8>>) -> Result<(), Error> {
        let mut file = self.outbox.create_file(path)?;
        for piece in pieces {
            file.append(&piece)?;
        }
        self.written.push(file.finish()?);
        Ok(())
    }

    /// The manifest names every file before it; SHA256SUMS names the same files, and the manifest last.
    pub(super) fn manifest_and_sums<H: Head>(&mut self, header: &H) -> Result<Digest, Error> {
        self.written.sort_by(|a, b| a.path.cmp(&b.path));
        let entries = std::mem::take(&mut self.written);
        self.file(MANIFEST, manifest::write(header, entries.iter().map(entry)))?;
        let named = self.written.last().map(entry).ok_or_else(|| Error::altered(MANIFEST))?;
        let digest = named.sha256;
        let lines = entries.iter().map(entry).chain(std::iter::once(named)).map(|file| file.sums_line());
        self.file(SHA256SUMS, lines)?;
        self.written.extend(entries);
        Ok(digest)
    }
}

/// A bundle that stands on the medium and was not read back yet.
pub(super) struct Bundle {
    pub(super) published: Published,
    pub(super) written: Vec<Written>,
    pub(super) manifest_sha256: Digest,
    pub(super) audit_key_sha256: Digest,
}

impl Appliance {
    /// Writes the bundle of a plan whose certificates are all issued, reads it back, compares, records the delivery.
    /// Then the audit key signs the register's head; where it cannot, the bundle is delivered all the same.
    ///
    /// # Errors
    /// [`Error::NotApproved`] and [`Error::Register`] where the plan is not issued whole; [`Error::MediumFailed`] with
    /// nothing half-written left on the medium, unless it was pulled: the next delivery to it removes the rest;
    /// [`Error::BundleStands`] where the bundle has its name and is not recorded as delivered.
    pub fn deliver(
        &mut self,
        plan: &StoredPlan,
        to: &Path,
        formats: &[Format],
        session: &Session,
        watch: &mut Watch<'_>,
    ) -> Result<Delivered, Error> {
        self.check_deliverable(plan, to)?;
        let certificates = plan.accepted;
        let target = Volume::open(to)?;
        let again = format!("coldsign deliver {}", plan.id);
        let bundle = self.write_bundle(plan, to, formats, session, watch).map_err(|error| match error {
            // It may stand there under its name.
            Error::Medium(media::Error::NotDurable { .. }) => unproven(error, &target, &plan.id, &again),
            other => unwritten(other, &target),
        })?;
        compare(&bundle, &plan.id, watch).map_err(|error| unproven(error, &target, &plan.id, &again))?;
        let (files, manifest_sha256) = (bundle.written.len() as u64, bundle.manifest_sha256);
        let audit_key_sha256 = bundle.audit_key_sha256;
        let folder = plan.id.clone();
        let recorded = now().and_then(|time| {
            let delivery = Delivery { time, folder: folder.clone(), manifest_sha256, certificates };
            Ok(self.register.record_delivery(plan, &delivery)?)
        });
        recorded.map_err(|failure| Error::BundleStands {
            failure: Box::new(failure),
            folder: folder.clone(),
            wanting: Wanting::Record,
            again,
        })?;
        let head = self.close_head(session);
        Ok(Delivered { folder, certificates, files, manifest_sha256, audit_key_sha256, head })
    }

    /// Writes the bundle until it stands on the medium under its name.
    fn write_bundle(
        &self,
        plan: &StoredPlan,
        to: &Path,
        formats: &[Format],
        session: &Session,
        watch: &mut Watch<'_>,
    ) -> Result<Bundle, Error> {
        let issuer = self.issuer_of(plan)?;
        let audit_key = self.audit_key(session)?;
        let header = self.header(plan, &issuer, audit_key.public_key(), formats)?;
        let mut writing = Writing::begin(to, &plan.id)?;
        let mut builder = BundleBuilder::new(&issuer, audit_key.public_key(), formats);
        for part in builder.opening() {
            writing.put(part)?;
        }
        self.write_certificates(plan, &mut builder, &mut writing, watch)?;
        self.write_refusals(plan, &builder, &mut writing)?;
        let mut whole = writing.end_streams()?;
        let manifest_sha256 = whole.manifest_and_sums(&header)?;
        let signature = audit_signature(session, &audit_key, &manifest::signed_message(manifest_sha256))?;
        whole.octets(SIGNATURE, std::iter::once(signature))?;
        let Whole { outbox, written } = whole;
        let audit_key_sha256 = audit_key.public_key().spki_sha256();
        Ok(Bundle { published: outbox.publish()?, written, manifest_sha256, audit_key_sha256 })
    }

    /// Checks that a medium can receive a plan's bundle, before the work that leads to it.
    ///
    /// # Errors
    /// [`Error::Medium`].
    pub fn check_target(&self, to: &Path) -> Result<(), Error> {
        // Of a medium that is gone, a file system may say that it is full.
        Volume::open(to)?.check()?;
        // An outbox that is not published leaves nothing behind.
        Outbox::create(to, "coldsign-check")?;
        Ok(())
    }

    /// Checks that a plan is signed whole and that a medium can receive its bundle, before a PIN is asked for.
    ///
    /// # Errors
    /// [`Error::NotApproved`], [`Error::Register`], [`Error::Medium`]; [`Error::Usage`] for the plan of a root.
    pub fn check_deliverable(&self, plan: &StoredPlan, to: &Path) -> Result<(), Error> {
        if plan.kind == PlanKind::Root {
            return Err(Error::usage(
                format!("plan {} made the root CA {}, which is not delivered", plan.id, plan.authority),
                "its certificate goes with every bundle; for itself see coldsign ca show NAME --pem",
            ));
        }
        let certificates = self.register.issued_count(plan)?;
        if certificates != plan.accepted {
            return Err(Error::NotApproved {
                what: format!("plan {} is not signed whole: {certificates} of {}", plan.id, plan.accepted),
                hint: format!("sign it to its end first (coldsign sign {})", plan.id),
            });
        }
        let target = Volume::open(to)?;
        Outbox::create(to, &plan.id).map_err(|failure| unwritten(failure.into(), &target))?;
        Ok(())
    }

    fn header(
        &self,
        plan: &StoredPlan,
        issuer: &IssuingCa,
        audit_key: &PublicKey,
        formats: &[Format],
    ) -> Result<Header, Error> {
        let head = self.register.head()?;
        let mut formats: Vec<String> = formats.iter().map(|format| format.name().to_owned()).collect();
        formats.sort();
        formats.dedup();
        Ok(Header {
            form: manifest::FORM.to_owned(),
            standing: if self.is_rehearsal() { Standing::Rehearsal } else { Standing::Production },
            plan: plan.id.clone(),
            digest: plan.digest.to_string(),
            words: plan.digest.words(),
            created: plan.created.to_string(),
            profile: plan.profile.clone(),
            authority: plan.authority.clone(),
            issuer: named(issuer.certificate()),
            root: named(issuer.root()),
            audit_key_sha256: audit_key.spki_sha256().to_string(),
            register: RegisterHead {
                id: hex(&self.register.id()),
                entry: head.entry,
                hash: head.hash.to_string(),
            },
            counts: Counts { issued: plan.accepted, refused: plan.refused, skipped: plan.skipped },
            formats,
        })
    }

    fn write_certificates(
        &self,
        plan: &StoredPlan,
        builder: &mut BundleBuilder,
        writing: &mut Writing,
        watch: &mut Watch<'_>,
    ) -> Result<(), Error> {
        let (mut after, mut done) = (None, 0);
        loop {
            let page = self.register.issued(plan, after, PAGE)?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.index());
            for certificate in &page {
                for part in builder.certificate(certificate) {
                    writing.put(part)?;
                }
            }
            done += page.len() as u64;
            watch.tell(Phase::Delivering, done, Some(plan.accepted));
            watch.check_stop(
                "the unfinished folder was removed from the medium",
                &format!(
                    "deliver it again (coldsign deliver {}); everything issued is in the register",
                    plan.id
                ),
            )?;
        }
    }

    /// Every finding that refused a request, a line each; what is no request at all is not among them.
    fn write_refusals(
        &self,
        plan: &StoredPlan,
        builder: &BundleBuilder,
        writing: &mut Writing,
    ) -> Result<(), Error> {
        let mut after = None;
        loop {
            let page = self.register.refused(plan, after, PAGE)?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.index);
            for row in page.iter().filter(|row| row.verdict == Verdict::Refused) {
                for finding in row.findings.iter().filter(|finding| finding.severity == "refuse") {
                    let part =
                        builder.refused(&row.source, &finding.control, &finding.message, &finding.hint);
                    writing.put(part)?;
                }
            }
        }
    }

    /// The audit key in the token. Refused where it is a CA's key, whatever authority.toml says: a CA's key signs
    /// certificates and nothing else.
    pub(super) fn audit_key(&self, session: &Session) -> Result<TokenKey, Error> {
        let key = session.find(&self.audit_uri()?)?;
        let authorities = self.register.authorities()?;
        match authorities.iter().find(|authority| authority.public_key == *key.public_key()) {
            None => Ok(key),
            Some(authority) => Err(Error::authority(
                format!(
                    "the audit key that authority.toml names is the key of CA {}",
                    Printable::new(&authority.name)
                ),
                "correct the [audit] section: the audit key is a key of its own",
            )),
        }
    }

    fn audit_uri(&self) -> Result<TokenUri, Error> {
        let uri = self.configuration.audit_key_uri().ok_or_else(|| {
            Error::authority(
                "authority.toml names no audit key",
                "ca create and ca request make one; restore the [audit] section if it was removed",
            )
        })?;
        Ok(TokenUri::parse(uri)?)
    }

    /// Signs the register's head with the audit key and records the checkpoint.
    pub(super) fn sign_head(&mut self, session: &Session) -> Result<(), Error> {
        let key = self.audit_key(session)?;
        let head = self.register.head()?;
        let signature = audit_signature(session, &key, &self.register.checkpoint_message(&head))?;
        let algorithm = key.public_key().signing_algorithm(RsaScheme::Pkcs1);
        let checkpoint = Checkpoint { head, public_key: key.public_key().clone(), algorithm, signature };
        Ok(self.register.add_checkpoint(&checkpoint, now()?)?)
    }
}

/// Signs with the audit key and checks the signature in software.
pub(super) fn audit_signature(session: &Session, key: &TokenKey, message: &[u8]) -> Result<Vec<u8>, Error> {
    let algorithm = key.public_key().signing_algorithm(RsaScheme::Pkcs1);
    let signature = session.signer(key, algorithm)?.sign(message)?;
    key.public_key().verify(algorithm, message, &signature).map_err(|error| Error::TokenOutput {
        what: format!("the audit key's signature was not taken: {error}"),
        hint: "check the token; nothing that rests on this signature was done".to_owned(),
    })?;
    Ok(signature)
}

pub(super) fn named(certificate: &Certificate) -> Authority {
    Authority {
        subject: certificate.subject().to_printable().to_string(),
        serial: hex(certificate.serial()),
        certificate_sha256: certificate.sha256().to_string(),
    }
}

/// Reads every file from the medium again and compares it; then sees that there are no others.
pub(super) fn compare(bundle: &Bundle, folder: &str, watch: &mut Watch<'_>) -> Result<(), Error> {
    let Bundle { published, written, .. } = bundle;
    let files = written.len() as u64;
    let mut done = 0;
    for chunk in written.chunks(READ_BACK_CHUNK) {
        chunk.par_iter().try_for_each(|written| read_back(published, written))?;
        done += chunk.len() as u64;
        watch.tell(Phase::ReadingBack, done, Some(files));
    }
    if published.count_files()? == files { Ok(()) } else { Err(Error::altered(folder)) }
}

/// Says of a medium that failed while the bundle was written what is safe. A medium that is gone is named as such,
/// whatever the file at which it was noticed looked like.
pub(super) fn unwritten(error: Error, target: &Volume) -> Error {
    let Error::Medium(failure) = error else { return error };
    let failure = target.check().err().unwrap_or(failure);
    let hint = format!("{}; everything issued is in the register", failure.hint());
    Error::MediumFailed { failure, what: "nothing was delivered".to_owned(), hint }
}

/// As [`unwritten`], for a bundle that has its name already: it looks whole and nobody knows whether it is.
pub(super) fn unproven(error: Error, target: &Volume, folder: &str, again: &str) -> Error {
    let failure = match error {
        Error::Medium(failure) => Error::Medium(target.check().err().unwrap_or(failure)),
        other => other,
    };
    Error::BundleStands {
        failure: Box::new(failure),
        folder: folder.to_owned(),
        wanting: Wanting::Proof,
        again: again.to_owned(),
    }
}

/// Reads a file from the medium again and compares it with what was written.
fn read_back(published: &Published, written: &Written) -> Result<(), Error> {
    if published.read_back(&written.path)? == (written.sha256, written.octets) {
        Ok(())
    } else {
        Err(Error::altered(&written.path))
    }
}

fn entry(written: &Written) -> FileDigest {
    FileDigest {
        path: written.path.clone(),
        sha256: Digest::from_octets(written.sha256),
        octets: written.octets,
    }
}
