//! Devices' private keys that the operator carries in, for a form that is set to have them.
//!
//! A key is found by the public key that is computed from it, never by the name of its file alone: two folders may have files
//! of one name, and a request may have come from anywhere. A key is in memory while its file is read or written, and nowhere
//! else: of a folder only the paths and a digest of each public key are kept. No plan and no register has any of it.

use std::{collections::HashMap, io::Read as _, path::Path};

use zeroize::Zeroizing;

use crate::{
    media::{Entry, InFile, Intake, Limits, Source, Unreadable, Volume},
    pki::{
        device_key::{DeviceKey, DeviceKeyError, FILE_OCTETS_MAX},
        fingerprint::Digest,
        text::{Printable, counted},
    },
};

use super::{error::Error, opening::printable_path, progress::Watch, table};

/// How names of files with private keys end.
const ENDINGS: [&str; 3] = [".key", ".key.pem", ".key.der"];

/// Most octets of the paths of all keys together: some 500,000 keys with paths of ordinary length.
const PATHS_OCTETS_MAX: usize = 32 << 20;

/// A folder of private keys.
pub(super) struct CarriedKeys {
    /// The form that wants them.
    form: &'static str,
    volume: Volume,
    shown: Printable,
    /// Where each key stands in the folder, by the SHA-256 of its public key.
    paths: HashMap<u128, Vec<u8>>,
    /// Files that are named like keys and are none, how many and the first.
    others: u64,
    first_other: Option<String>,
}

impl CarriedKeys {
    /// Reads every key of a folder and of those in it, and keeps where it stands.
    ///
    /// # Errors
    /// [`Error::Medium`], [`Error::Stopped`]; [`Error::Usage`] where the paths of the keys are too much to be kept.
    pub(super) fn open(form: &'static str, folder: &Path, watch: &mut Watch<'_>) -> Result<Self, Error> {
        let (volume, shown) = (Volume::open(folder)?, printable_path(folder));
        let mut keys = Self { form, volume, shown, paths: HashMap::new(), others: 0, first_other: None };
        let mut octets = 0;
        let mut intake = Intake::open(&[folder.to_owned()], &Limits::STANDARD)?;
        while let Some(entry) = intake.next() {
            watch.check_stop("nothing was signed or written", "run it again: a plan that is stored stays")?;
            match entry? {
                Entry::File(file) if is_key(file.source()) => {
                    let source = file.source().clone();
                    octets += source.octets().len();
                    if octets > PATHS_OCTETS_MAX {
                        return Err(Error::usage(
                            format!("{}: it has more private keys than are looked through", keys.shown),
                            "carry in the keys of this batch alone",
                        ));
                    }
                    match read(file) {
                        Ok(Ok(key)) => keys.keep(&key, &source),
                        Ok(Err(error)) => keys.skip(&source, &error),
                        Err(reason) => {
                            intake.check_failure(&source, &reason)?;
                            keys.skip(&source, &reason);
                        }
                    }
                }
                Entry::Unreadable { source, reason } if is_key(&source) => keys.skip(&source, &reason),
                _ => {}
            }
        }
        Ok(keys)
    }

    fn keep(&mut self, key: &DeviceKey, source: &Source) {
        let spki_sha256 = key.public_key().spki_sha256();
        self.paths.insert(spki_sha256.first_128_bits(), source.octets().to_vec());
    }

    fn skip(&mut self, source: &Source, reason: &impl ToString) {
        self.others += 1;
        let shown = || format!("{}: {}", Printable::from_octets(source.octets()), reason.to_string());
        self.first_other.get_or_insert_with(shown);
    }

    /// The private key of the certificate that was requested by this source and has this public key.
    ///
    /// # Errors
    /// [`Error::Usage`] with the source, where the folder has no such key, or its file is another by now.
    pub(super) fn of(&self, source: &str, spki_sha256: Digest) -> Result<DeviceKey, Error> {
        let path = self.paths.get(&spki_sha256.first_128_bits()).ok_or_else(|| self.missing(source))?;
        let file = self.volume.open_file(path, FILE_OCTETS_MAX as u64);
        let key = file.and_then(read).map_err(|reason| self.changed(source, path, &reason))?;
        let key = key.map_err(|error| self.changed(source, path, &error))?;
        if key.public_key().spki_sha256() == spki_sha256 {
            return Ok(key);
        }
        Err(self.changed(source, path, &"it is another key now"))
    }

    fn missing(&self, source: &str) -> Error {
        let same_name = self.paths.values().find(|path| {
            let name = path.rsplit(|octet| *octet == b'/').next().unwrap_or_default();
            let file = source.rsplit('/').next().unwrap_or(source);
            table::file_stem(file.as_bytes())
                .is_some_and(|stem| ENDINGS.iter().any(|ending| name == format!("{stem}{ending}").as_bytes()))
        });
        let what = match same_name {
            Some(path) => format!("{} is the private key of another device", Printable::from_octets(path)),
            None => format!("no private key in {} is the one of its certificate", self.shown),
        };
        let mut hint =
            "carry in each device's private key as NAME.key or NAME.key.pem, not encrypted".to_owned();
        if let Some(first) = &self.first_other {
            let others = counted(self.others, "file");
            hint = format!("{hint}; {others} could not be taken, the first is {first}");
        }
        self.refusal(source, &what, hint)
    }

    fn changed(&self, source: &str, path: &[u8], reason: &impl ToString) -> Error {
        let what = format!("{}: {}", Printable::from_octets(path), reason.to_string());
        self.refusal(source, &what, "see that nobody writes into the folder of the keys, and deliver again")
    }

    fn refusal(&self, source: &str, what: &str, hint: impl Into<String>) -> Error {
        Error::usage(format!("{}: {}: {what}", self.form, Printable::new(source)), hint)
    }
}

/// Whether a file is named like a private key.
pub(super) fn is_key(source: &Source) -> bool {
    let name = source.file_name().to_ascii_lowercase();
    ENDINGS.iter().any(|ending| name.ends_with(ending.as_bytes()))
}

/// Reads a key; what was read is wiped.
fn read(mut file: InFile) -> Result<Result<DeviceKey, DeviceKeyError>, Unreadable> {
    if file.size() > FILE_OCTETS_MAX as u64 {
        return Ok(Err(DeviceKeyError::Malformed));
    }
    // Room for all of it from the start: a buffer that grows leaves octets behind.
    let mut octets = Zeroizing::new(Vec::with_capacity(FILE_OCTETS_MAX + 1));
    file.read_to_end(&mut octets).map_err(Unreadable::from)?;
    Ok(DeviceKey::parse(&octets))
}
