//! Verification: a delivered bundle is judged with no home, no token and none of the issuing code.

use std::path::Path;

use crate::{
    export::verification::{self, OpenError, Report, Source},
    media::{Entry, InFile, Intake, Limits, Unreadable, Volume},
    pki::{certificate::Certificate, text::Printable},
    register::StoredPlan,
};

use super::{
    error::Error,
    installation::read_certificates,
    opening::{Appliance, now, printable_path},
};

/// A bundle of a million devices has two or three million files.
const FILES_MAX: u64 = 5_000_000;
/// What FAT32 holds in one file, in octets.
const FILE_OCTETS_MAX: u64 = u32::MAX as u64;

/// Judges a delivered bundle against a root that came from a source of its own, at this moment; and against the audit
/// key's SHA-256, in lower-case hex, where one is given.
///
/// # Errors
/// [`Error::Medium`] where the folder cannot be opened, [`Error::MediumFailed`] where its medium was pulled meanwhile,
/// [`Error::Usage`] where the root cannot be read. What is wrong with the bundle is in the report.
pub fn verify_bundle(folder: &Path, trust: &Path, audit_key: Option<&str>) -> Result<Report, Error> {
    let roots = read_certificates(trust)?;
    let [root] = roots.as_slice() else {
        return Err(Error::usage(
            format!("{}: in it is not one certificate but {}", printable_path(trust), roots.len()),
            "give the one root certificate that you trust, alone in its file",
        ));
    };
    let mut report = judge(folder, root)?;
    if let Some(expected) = audit_key {
        report.compare_audit_key(expected);
    }
    Ok(report)
}

fn judge(folder: &Path, root: &Certificate) -> Result<Report, Error> {
    let bundle = Bundle { volume: Volume::open(folder)?, folder };
    let report = verification::verify(&bundle, root, Some(now()?));
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
    /// meanwhile, [`Error::Register`]. What is wrong with the bundle is in the report.
    pub fn judge_delivered(&self, plan: &StoredPlan, to: &Path) -> Result<Report, Error> {
        let issuer = self.issuer_of(plan)?;
        let mut report = judge(&to.join(&plan.id), issuer.root())?;
        if let Some((checkpoint, _)) = self.register.last_checkpoint()? {
            report.compare_audit_key(&checkpoint.public_key.spki_sha256().to_string());
        }
        Ok(report)
    }
}

/// A bundle's folder on a medium.
struct Bundle<'a> {
    volume: Volume,
    folder: &'a Path,
}

impl Source for Bundle<'_> {
    type File = InFile;

    fn open(&self, path: &str) -> Result<InFile, OpenError> {
        self.volume.open_file(path.as_bytes(), FILE_OCTETS_MAX).map_err(|reason| match reason {
            Unreadable::Missing => OpenError::Missing,
            reason => OpenError::Unreadable(reason.to_string()),
        })
    }

    fn list(&self, each: &mut dyn FnMut(&str)) -> Result<(), OpenError> {
        let limits = Limits { files_max: FILES_MAX, file_octets_max: FILE_OCTETS_MAX, ..Limits::STANDARD };
        let failed = |error: crate::media::Error| OpenError::Unreadable(error.to_string());
        for entry in Intake::open(&[self.folder.to_owned()], &limits).map_err(failed)? {
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
