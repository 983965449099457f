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
    media::{self, OutFile, Outbox, Published, ReadBack, Volume, Written},
    pki::{
        fingerprint::{Digest, hex},
        time::Time,
    },
    register::{self, Register},
    token::session::Session,
};

use super::{
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

/// The lists of a bundle's files, manifest.json and SHA256SUMS. They grow on the medium while the files are written, each
/// file in its turn: a bundle of a million certificates has millions of files, and memory has the list of none.
pub(super) struct Lists {
    manifest: OutFile,
    writer: manifest::Writer,
    sums: OutFile,
}

impl Lists {
    pub(super) fn begin<H: Head>(outbox: &mut Outbox, header: &H) -> Result<Self, Error> {
        let (writer, first) = manifest::Writer::new(header);
        let (mut manifest, sums) = (outbox.create_file(MANIFEST)?, outbox.create_file(SHA256SUMS)?);
        manifest.append(first.as_bytes())?;
        Ok(Self { manifest, writer, sums })
    }

    /// Lists a file that is whole.
    pub(super) fn add(&mut self, written: Written) -> Result<(), Error> {
        let file = listed(written);
        self.manifest.append(self.writer.file(&file).as_bytes())?;
        Ok(self.sums.append(file.sums_line().as_bytes())?)
    }

    /// Ends the lists, has the manifest's digest signed, and gives the folder its name. SHA256SUMS names the manifest last.
    pub(super) fn publish(
        self,
        mut outbox: Outbox,
        audit_key_sha256: Digest,
        sign: impl FnOnce(&[u8]) -> Result<Vec<u8>, Error>,
    ) -> Result<Bundle, Error> {
        let Self { mut manifest, writer, mut sums } = self;
        let files = writer.files() + BESIDE;
        manifest.append(writer.finish().as_bytes())?;
        let manifest = listed(manifest.finish()?);
        sums.append(manifest.sums_line().as_bytes())?;
        let mut signature = outbox.create_file(SIGNATURE)?;
        signature.append(&sign(&manifest::signed_message(manifest.sha256))?)?;
        let unlisted = [listed(sums.finish()?), listed(signature.finish()?)];
        Ok(Bundle { published: outbox.publish()?, files, manifest, unlisted, audit_key_sha256 })
    }
}

/// Files of a bundle that its manifest does not list: itself, its signature and SHA256SUMS.
const BESIDE: u64 = 3;

/// A bundle that stands on the medium and was not read back yet.
pub(super) struct Bundle {
    published: Published,
    /// How many there are.
    files: u64,
    manifest: FileDigest,
    /// The others that the manifest does not list.
    unlisted: [FileDigest; 2],
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
            written.push(listed(out.finish()?));
        }
        let published = outbox.publish()?;
        written.iter().try_for_each(|file| read_back(&published, file))?;
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
        let manifest_sha256 = bundle.manifest.sha256;
        now()
            .and_then(|time| Ok(record(&mut self.register, time, manifest_sha256)?))
            .map_err(|failure| handover.stands(failure, Wanting::Record))?;
        let head = self.close_head(session);
        Ok(Delivered {
            folder: handover.folder,
            certificates: handover.entries,
            files: bundle.files,
            manifest_sha256,
            audit_key_sha256: bundle.audit_key_sha256,
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
///
/// What the files should be is read from the manifest on the medium, which is as hostile as the rest. It counts for
/// nothing until all of its octets were read, and have the digest that they had when they were written.
fn compare(bundle: &Bundle, folder: &str, watch: &mut Watch<'_>) -> Result<(), Error> {
    let Bundle { published, files, manifest, unlisted, .. } = bundle;
    let mut list = published.open(MANIFEST, manifest.octets)?;
    let compared = compare_listed(&mut list, bundle, watch);
    // Where one of its lines was altered, no other file is to blame.
    check(list.finish()?, manifest)?;
    compared?;
    unlisted.iter().try_for_each(|file| read_back(published, file))?;
    watch.tell(Phase::ReadingBack, *files, Some(*files));
    if published.count_files()? == *files { Ok(()) } else { Err(Error::altered(folder)) }
}

/// Compares the files that a manifest lists.
fn compare_listed(list: &mut ReadBack, bundle: &Bundle, watch: &mut Watch<'_>) -> Result<(), Error> {
    let malformed = |_| Error::altered(MANIFEST);
    let (mut files, mut done) = (manifest::files(list).map_err(malformed)?, 0);
    loop {
        let chunk = files.by_ref().take(READ_BACK_CHUNK).collect::<Result<Vec<_>, _>>().map_err(malformed)?;
        if chunk.is_empty() {
            return Ok(());
        }
        chunk.par_iter().try_for_each(|file| read_back(&bundle.published, file))?;
        done += chunk.len() as u64;
        watch.tell(Phase::ReadingBack, done, Some(bundle.files));
    }
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
fn read_back(published: &Published, file: &FileDigest) -> Result<(), Error> {
    check(published.read_back(&file.path)?, file)
}

/// Compares what was read of a file with what was written.
fn check((sha256, octets): ([u8; 32], u64), file: &FileDigest) -> Result<(), Error> {
    if (Digest::from_octets(sha256), octets) == (file.sha256, file.octets) {
        Ok(())
    } else {
        Err(Error::altered(&file.path))
    }
}

fn listed(Written { octets, path, sha256 }: Written) -> FileDigest {
    FileDigest { path, sha256: Digest::from_octets(sha256), octets }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{
        super::progress::{Progress, Reins},
        *,
    };
    use crate::export::manifest::{Authority, CrlHeader};

    /// A bundle of 1,200 files, more than two chunks, and its folder.
    fn bundle(medium: &Path) -> (Bundle, std::path::PathBuf) {
        let mut outbox = Outbox::create(medium, "p-1").unwrap();
        let mut lists = Lists::begin(&mut outbox, &header()).unwrap();
        for index in 0..1_200 {
            let mut file = outbox.create_file(&format!("certs/{}/{index}.pem", index / 1_000)).unwrap();
            file.append(format!("certificate {index}").as_bytes()).unwrap();
            lists.add(file.finish().unwrap()).unwrap();
        }
        let sign = |_: &[u8]| Ok(b"signature".to_vec());
        (lists.publish(outbox, Digest::of(b"audit key"), sign).unwrap(), medium.join("p-1"))
    }

    fn header() -> CrlHeader {
        let text = String::new;
        let authority = || Authority { subject: text(), serial: text(), certificate_sha256: text() };
        CrlHeader {
            form: manifest::CRL_FORM.to_owned(),
            standing: Standing::Rehearsal,
            crl: text(),
            number: text(),
            digest: text(),
            words: text(),
            this_update: text(),
            next_update: text(),
            distribution_point: Vec::new(),
            entries: 0,
            left: 0,
            formats: Vec::new(),
            authority: text(),
            issuer: authority(),
            root: authority(),
            audit_key_sha256: text(),
            register: RegisterHead { id: text(), entry: 0, hash: text() },
        }
    }

    fn compared(bundle: &Bundle) -> Result<Option<Progress>, Error> {
        let (reins, mut last) = (Reins::new(), None);
        compare(bundle, "p-1", &mut Watch::new(&mut |now| last = Some(now), &reins))?;
        Ok(last)
    }

    /// What is said of a file of the medium where one octet of it is another, and where it is gone.
    fn spoilt(bundle: &Bundle, file: &Path) -> [String; 2] {
        let octets = fs::read(file).unwrap();
        let mut other = octets.clone();
        *other.last_mut().unwrap() ^= 1;
        fs::write(file, other).unwrap();
        let altered = compared(bundle).unwrap_err().to_string();
        fs::remove_file(file).unwrap();
        let missing = compared(bundle).unwrap_err().to_string();
        fs::write(file, octets).unwrap();
        [altered, missing]
    }

    #[test]
    fn one_other_octet_in_any_file_is_found_and_so_are_a_file_too_few_and_one_too_many() {
        let medium = tempfile::tempdir().unwrap();
        let (bundle, folder) = bundle(medium.path());
        let whole = Some(Progress::new(Phase::ReadingBack, 1_203, Some(1_203)));
        assert_eq!(compared(&bundle).unwrap(), whole);
        for file in ["certs/0/0.pem", "certs/1/1199.pem", MANIFEST, SHA256SUMS, SIGNATURE] {
            let [altered, missing] = spoilt(&bundle, &folder.join(file));
            assert_eq!(altered, format!("{file}: read back, it is not what was written"));
            assert!(missing.ends_with(&format!("{file}: cannot be read back: no such file")), "{missing}");
        }
        assert_eq!(compared(&bundle).unwrap(), whole);
        fs::write(folder.join("certs/1/more.pem"), "").unwrap();
        assert_eq!(compared(&bundle).unwrap_err().to_string(), Error::altered("p-1").to_string());
    }

    #[test]
    fn a_manifest_that_was_altered_with_its_file_is_found() {
        let medium = tempfile::tempdir().unwrap();
        let (bundle, folder) = bundle(medium.path());
        let manifest = fs::read_to_string(folder.join(MANIFEST)).unwrap();
        let (path, other) = ("certs/0/7.pem", "certificate 8");
        let digests = ["certificate 7", other].map(|octets| Digest::of(octets.as_bytes()).to_string());
        fs::write(folder.join(path), other).unwrap();
        fs::write(folder.join(MANIFEST), manifest.replace(&digests[0], &digests[1])).unwrap();
        let altered = Error::altered(MANIFEST).to_string();
        assert_eq!(compared(&bundle).unwrap_err().to_string(), altered);
        // A list that ends before it is not asked for.
        let line = manifest.find(path).unwrap();
        let shorter = manifest[..line].trim_end_matches(",\n{\"path\":\"").to_owned() + "\n]}\n";
        fs::write(folder.join(MANIFEST), shorter).unwrap();
        assert_eq!(compared(&bundle).unwrap_err().to_string(), altered);
    }
}
