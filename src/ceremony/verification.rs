//! Verification: a delivered bundle is judged with no home, no token and none of the issuing code.

use std::{
    cell::{Cell, RefCell},
    io::{self, Read},
    path::Path,
};

use crate::{
    export::verification::{self, OpenError, Report, Source},
    media::{Entry, InFile, Intake, Limits, Unreadable, Volume},
    pki::{certificate::Certificate, fingerprint::Digest, text::Printable},
    register::{IssuedCrl, StoredPlan},
};

use super::{
    error::Error,
    installation::read_certificates,
    opening::{Appliance, now, printable_path},
    progress::{Phase, Reins, Watch},
    revocation::crl_id,
};

/// What FAT32 holds in one file, in octets.
const FILE_OCTETS_MAX: u64 = u32::MAX as u64;

/// Files read before progress is told: what a slow medium reads in a moment.
const TELL_FILES: u64 = 64;

/// Judges a delivered bundle against a root that came from a source of its own, at this moment; and against the audit
/// key's SHA-256, in hexadecimal digits, where one is given.
///
/// # Errors
/// [`Error::Medium`] where the folder cannot be opened, [`Error::MediumFailed`] where its medium was pulled meanwhile,
/// [`Error::Usage`] where the root cannot be read or the digest is none, [`Error::Stopped`]. What is wrong with the
/// bundle is in the report.
pub fn verify_bundle(
    folder: &Path,
    trust: &Path,
    audit_key: Option<&str>,
    watch: &mut Watch<'_>,
) -> Result<Report, Error> {
    let audit_key = audit_key.map(audit_key_digest).transpose()?;
    let roots = read_certificates(trust)?;
    let [root] = roots.as_slice() else {
        return Err(Error::usage(
            format!("{}: in it is not one certificate but {}", printable_path(trust), roots.len()),
            "give the one root certificate that you trust, alone in its file",
        ));
    };
    let mut report = judge(folder, root, watch)?;
    if let Some(expected) = audit_key {
        report.compare_audit_key(expected);
    }
    Ok(report)
}

fn audit_key_digest(text: &str) -> Result<Digest, Error> {
    Digest::from_hex(&text.to_ascii_lowercase()).ok_or_else(|| {
        Error::usage(
            "the audit key's SHA-256 is not one: it has 64 hexadecimal digits",
            "give the fingerprint of the audit key as it was told to you, without blanks or colons",
        )
    })
}

fn judge(folder: &Path, root: &Certificate, watch: &mut Watch<'_>) -> Result<Report, Error> {
    // What is listed of a link is not what stands behind it.
    if folder.is_symlink() {
        return Err(Error::usage(
            format!("{} is a symbolic link", printable_path(folder)),
            "name the folder that it leads to",
        ));
    }
    let reins = watch.reins();
    let volume = Volume::open(folder)?;
    let bundle = Bundle { volume, folder, reins, watch: RefCell::new(watch), files: Cell::new(0) };
    let report = verification::verify(&bundle, root, Some(now()?));
    // What was not read because of a stop looks like a flaw, and is none.
    if reins.wants_stop() {
        return Err(Error::Stopped {
            what: "the bundle was not judged to its end, so nothing is known of it".to_owned(),
            hint: "judge it again, to its end".to_owned(),
        });
    }
    // Read from a medium that is gone, a sound bundle looks like one that somebody damaged.
    bundle.volume.check().map_err(|failure| Error::from(failure).amid("the bundle was not judged"))?;
    Ok(report)
}

impl Appliance {
    /// Judges a plan's bundle in the folder that it was delivered to, as its receiver will: against the root of the
    /// plan's CA, and against the audit key that signed the newest checkpoint.
    ///
    /// # Errors
    /// [`Error::Medium`] where the folder cannot be opened, [`Error::MediumFailed`] where its medium was pulled
    /// meanwhile, [`Error::Register`], [`Error::Stopped`]. What is wrong with the bundle is in the report.
    pub fn judge_delivered(
        &self,
        plan: &StoredPlan,
        to: &Path,
        watch: &mut Watch<'_>,
    ) -> Result<Report, Error> {
        let issuer = self.issuer_of(plan)?;
        self.judge_folder(&to.join(&plan.id), issuer.root(), watch)
    }

    /// Judges a CRL's folder on the medium that it was delivered to, as its receiver will.
    ///
    /// # Errors
    /// As for [`Appliance::judge_delivered`].
    pub fn judge_delivered_crl(
        &self,
        crl: &IssuedCrl,
        to: &Path,
        watch: &mut Watch<'_>,
    ) -> Result<Report, Error> {
        let issuer = self.issuer(&crl.stored().authority)?;
        self.judge_folder(&to.join(crl_id(crl.stored())), issuer.root(), watch)
    }

    fn judge_folder(
        &self,
        folder: &Path,
        root: &Certificate,
        watch: &mut Watch<'_>,
    ) -> Result<Report, Error> {
        let mut report = judge(folder, root, watch)?;
        if let Some((checkpoint, _)) = self.register.last_checkpoint()? {
            report.compare_audit_key(checkpoint.public_key.spki_sha256());
        }
        Ok(report)
    }
}

/// A bundle's folder on a medium, and who looks on while it is read.
struct Bundle<'a, 'w> {
    volume: Volume,
    folder: &'a Path,
    reins: &'w Reins,
    watch: RefCell<&'a mut Watch<'w>>,
    /// Files read; most are read twice.
    files: Cell<u64>,
}

/// A file of a bundle; it ends with an error where the operator stops.
struct Reined<'w> {
    file: InFile,
    reins: &'w Reins,
}

/// Why nothing more is read after a stop.
const STOPPED: &str = "stopped by the operator";

impl Read for Reined<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.reins.wants_stop() { Err(io::Error::other(STOPPED)) } else { self.file.read(buffer) }
    }
}

impl<'w> Source for Bundle<'_, 'w> {
    type File = Reined<'w>;

    fn open(&self, path: &str) -> Result<Reined<'w>, OpenError> {
        if self.reins.wants_stop() {
            return Err(OpenError::Unreadable(STOPPED.to_owned()));
        }
        self.files.set(self.files.get() + 1);
        if self.files.get().is_multiple_of(TELL_FILES) {
            self.watch.borrow_mut().tell(Phase::Verifying, self.files.get(), None);
        }
        let opened = self.volume.open_file(path.as_bytes(), FILE_OCTETS_MAX);
        opened.map(|file| Reined { file, reins: self.reins }).map_err(|reason| match reason {
            Unreadable::Missing => OpenError::Missing,
            reason => OpenError::Unreadable(reason.to_string()),
        })
    }

    fn list(&self, each: &mut dyn FnMut(&str)) -> Result<(), OpenError> {
        let limits = Limits {
            files_max: verification::FILES_MAX as u64,
            file_octets_max: FILE_OCTETS_MAX,
            ..Limits::STANDARD
        };
        let failed = |error: crate::media::Error| OpenError::Unreadable(error.to_string());
        for entry in Intake::open(&[self.folder.to_owned()], &limits).map_err(failed)? {
            if self.reins.wants_stop() {
                return Err(OpenError::Unreadable(STOPPED.to_owned()));
            }
            match entry.map_err(failed)? {
                Entry::File(file) => each(Printable::from_octets(file.source().octets()).as_str()),
                Entry::Unreadable { source, .. } => each(Printable::from_octets(source.octets()).as_str()),
                // What operating systems leave behind on a stick is nothing that a receiver would use.
                Entry::Litter { .. } => {}
            }
        }
        Ok(())
    }
}
