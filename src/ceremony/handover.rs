//! Handing over: what is written onto a medium as one new folder is read back from it, compared and recorded, whether
//! it holds certificates or a CRL.

use std::path::Path;

use rayon::prelude::*;

use crate::{
    export::{
        format::Format,
        manifest::{self, FileDigest, Head, MANIFEST, RegisterHead, SHA256SUMS, SIGNATURE, Standing},
        verification::TrustedRoot,
    },
    media::{self, Outbox, Published, Volume, Written},
    pki::{
        fingerprint::{Digest, hex},
        time::Time,
    },
    register::{self, Register},
    token::{key::TokenKey, session::Session},
};

use super::{
    delivery::audit_signature,
    done::HeadAfter,
    error::{Error, Wanting},
    opening::{Appliance, now, printable_path},
    progress::{Phase, Watch},
    revocation::RevokedSince,
};

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
    /// The forms in it besides PEM.
    pub formats: Vec<Format>,
    /// Those of them that have devices' private keys, by name.
    pub private_keys: Vec<&'static str>,
    /// Its certificates that are revoked or on hold; of a CRL none.
    pub revoked: RevokedSince,
    /// The root that its receiver is to trust, once its SHA-256 was compared another way.
    pub root: TrustedRoot,
    /// What became of the register's head, once the delivery was recorded.
    pub head: HeadAfter,
}

/// What is handed over.
pub(super) struct Handover {
    /// The folder's name on the medium.
    pub(super) folder: String,
    /// Certificates in it, or entries.
    pub(super) entries: u64,
    /// The forms in it besides PEM.
    pub(super) formats: Vec<Format>,
    /// Those of them that have devices' private keys, by name.
    pub(super) private_keys: Vec<&'static str>,
    /// Its certificates that are revoked or on hold.
    pub(super) revoked: RevokedSince,
    /// The root above what is in it.
    pub(super) root: TrustedRoot,
    /// The command that delivers it again.
    pub(super) again: String,
}

/// A bundle whose certificates are written; manifest, signature and sums follow.
pub(super) struct Whole {
    pub(super) outbox: Outbox,
    pub(super) written: Vec<Written>,
}

impl Whole {
    /// Writes manifest and sums, signs them with the audit key, and gives the folder its name.
    pub(super) fn publish<H: Head>(
        mut self,
        header: &H,
        session: &Session,
        audit_key: &TokenKey,
    ) -> Result<Bundle, Error> {
        let manifest_sha256 = self.manifest_and_sums(header)?;
        let signature = audit_signature(session, audit_key, &manifest::signed_message(manifest_sha256))?;
        self.octets(SIGNATURE, std::iter::once(signature))?;
        let Self { outbox, written } = self;
        let audit_key_sha256 = audit_key.public_key().spki_sha256();
        Ok(Bundle { published: outbox.publish()?, written, manifest_sha256, audit_key_sha256 })
    }

    fn file(&mut self, path: &str, pieces: impl Iterator<Item = String>) -> Result<(), Error> {
        self.octets(path, pieces.map(String::into_bytes))
    }

    fn octets(&mut self, path: &str, pieces: impl Iterator<Item = Vec<u8>>) -> Result<(), Error> {
        let mut file = self.outbox.create_file(path)?;
        for piece in pieces {
            file.append(&piece)?;
        }
        self.written.push(file.finish()?);
        Ok(())
    }

    /// The manifest names every file before it; SHA256SUMS names the same files, and the manifest last.
    fn manifest_and_sums<H: Head>(&mut self, header: &H) -> Result<Digest, Error> {
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
    published: Published,
    written: Vec<Written>,
    manifest_sha256: Digest,
    audit_key_sha256: Digest,
}

impl Appliance {
    /// Writes small files and their SHA-256 sums into a new folder, reads everything back and compares it. The files'
    /// names.
    pub(super) fn write_folder(
        &self,
        to: &Path,
        folder: &str,
        contents: Vec<(String, Vec<u8>)>,
    ) -> Result<Vec<String>, Error> {
        let mut outbox = self.outbox(to, folder)?;
        let sums: String =
            contents.iter().map(|(file, octets)| FileDigest::of(file, octets).sums_line()).collect();
        let mut written = Vec::new();
        for (file, octets) in contents.into_iter().chain([(SHA256SUMS.to_owned(), sums.into_bytes())]) {
            let mut out = outbox.create_file(&file)?;
            out.append(&octets)?;
            written.push(out.finish()?);
        }
        let published = outbox.publish()?;
        for file in &written {
            if published.read_back(&file.path)? != (file.sha256, file.octets) {
                return Err(Error::altered(&file.path));
            }
        }
        Ok(written.into_iter().map(|file| file.path).collect())
    }

    /// Writes a folder, reads it back, compares it and records the delivery. Then the audit key signs the register's
    /// head; where it cannot, the folder is delivered all the same.
    ///
    /// # Errors
    /// [`Error::MediumFailed`] with nothing half-written left on the medium, unless it was pulled: the next delivery to
    /// it removes the rest; [`Error::BundleStands`] where the folder has its name and is not recorded as delivered.
    pub(super) fn hand_over(
        &mut self,
        handover: Handover,
        to: &Path,
        session: &Session,
        watch: &mut Watch<'_>,
        write: impl FnOnce(&Self, &mut Watch<'_>) -> Result<Bundle, Error>,
        record: impl FnOnce(&mut Register, Time, Digest) -> Result<(), register::Error>,
    ) -> Result<Delivered, Error> {
        let target = Volume::open(to)?;
        let bundle = write(self, watch).map_err(|error| match error {
            // It may stand there under its name.
            Error::Medium(media::Error::NotDurable { .. }) => unproven(error, &target, &handover),
            other => unwritten(other, &target),
        })?;
        compare(&bundle, &handover.folder, watch).map_err(|error| unproven(error, &target, &handover))?;
        let Bundle { written, manifest_sha256, audit_key_sha256, .. } = bundle;
        now()
            .and_then(|time| Ok(record(&mut self.register, time, manifest_sha256)?))
            .map_err(|failure| handover.stands(failure, Wanting::Record))?;
        let head = self.close_head(session);
        Ok(Delivered {
            folder: handover.folder,
            certificates: handover.entries,
            files: written.len() as u64,
            manifest_sha256,
            audit_key_sha256,
            formats: handover.formats,
            private_keys: handover.private_keys,
            revoked: handover.revoked,
            root: handover.root,
            head,
        })
    }

    /// A new folder on a medium. None is begun inside the home: what is handed over leaves it, and whoever clears up
    /// among bundles must not stand beside the register.
    ///
    /// # Errors
    /// [`Error::Usage`] for a folder inside the home; [`Error::Medium`].
    pub(super) fn outbox(&self, to: &Path, folder: &str) -> Result<Outbox, Error> {
        // Of a folder that is not there the medium tells.
        if let (Ok(target), Ok(home)) = (to.canonicalize(), self.home.folder().canonicalize())
            && target.starts_with(home)
        {
            return Err(Error::usage(
                format!("{} is inside this machine's home, where the register is", printable_path(to)),
                "choose a folder on a medium, or any other outside the home",
            ));
        }
        Ok(Outbox::create(to, folder)?)
    }

    /// Checks that a medium can receive a folder of this name.
    ///
    /// # Errors
    /// [`Error::Medium`]; [`Error::Usage`] for a folder inside the home.
    pub(super) fn check_folder(&self, to: &Path, folder: &str) -> Result<(), Error> {
        let target = Volume::open(to)?;
        self.outbox(to, folder).map_err(|failure| unwritten(failure, &target))?;
        Ok(())
    }

    /// The register's head, as a manifest names it.
    pub(super) fn register_head(&self) -> Result<RegisterHead, Error> {
        let head = self.register.head()?;
        Ok(RegisterHead { id: hex(&self.register.id()), entry: head.entry, hash: head.hash.to_string() })
    }

    /// Whether a bundle of this home is one of a rehearsal.
    pub(super) fn bundle_standing(&self) -> Standing {
        if self.is_rehearsal() { Standing::Rehearsal } else { Standing::Production }
    }
}

impl Handover {
    /// The error for a folder that has its name on the medium.
    fn stands(&self, failure: Error, wanting: Wanting) -> Error {
        let (folder, again) = (self.folder.clone(), self.again.clone());
        Error::BundleStands { failure: Box::new(failure), folder, wanting, again }
    }
}

/// Reads every file from the medium again and compares it; then sees that there are no others.
fn compare(bundle: &Bundle, folder: &str, watch: &mut Watch<'_>) -> Result<(), Error> {
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
fn unwritten(error: Error, target: &Volume) -> Error {
    let Error::Medium(failure) = error else { return error };
    let failure = target.check().err().unwrap_or(failure);
    let hint = format!("{}; everything issued is in the register", failure.hint());
    Error::MediumFailed { failure, what: "nothing was delivered".to_owned(), hint }
}

/// As [`unwritten`], for a folder that has its name already: it looks whole and nobody knows whether it is.
fn unproven(error: Error, target: &Volume, handover: &Handover) -> Error {
    let failure = match error {
        Error::Medium(failure) => Error::Medium(target.check().err().unwrap_or(failure)),
        other => other,
    };
    handover.stands(failure, Wanting::Proof)
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
