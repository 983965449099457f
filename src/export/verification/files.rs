//! The manifest against the folder: every file as it says, nothing missing, nothing more.

use std::{collections::HashSet, io::Read};

use sha2::{Digest as _, Sha256};

use super::{
    super::{
        bundle::{
            AUDIT_KEY, CA, CA_CHAIN, CA_CHAIN_PKCS7, CERTIFICATES_PEM, CRL_DER, CRL_LEFT, CRL_PEM,
            DEVICES_CSV, Place, REFUSED_CSV, ROOT,
        },
        manifest::{self, FileDigest, Head, MANIFEST, SHA256SUMS, SIGNATURE},
        pem,
    },
    FlawId, OpenError, Report, Source, small,
};
use crate::pki::{
    fingerprint::Digest,
    key::{PublicKey, RsaScheme},
    text::counted,
};

/// Most files of a bundle: one of a million devices has two or three million, with their forms.
pub const FILES_MAX: usize = 5_000_000;

/// Longest signature and key, in octets: RSA-8192 has 1,024 and under 2,048.
const SIGNATURE_OCTETS_MAX: u64 = 8 * 1024;

/// The manifest, read.
pub(super) struct Manifest<H> {
    pub(super) header: H,
    /// Of manifest.json.
    pub(super) sha256: Digest,
    sums_sha256: Digest,
    /// Digests of the paths, sorted.
    pub(super) paths: Vec<u128>,
}

/// Whether the manifest begins as one of a CRL.
pub(super) fn is_of_crl<S: Source>(source: &S) -> bool {
    let Ok(file) = source.open(MANIFEST) else { return false };
    let mut beginning = Vec::new();
    let read = file.take(manifest::BEGINNING_OCTETS).read_to_end(&mut beginning);
    read.is_ok() && manifest::is_of_crl(&beginning)
}

/// What is kept of a path.
fn key(path: &str) -> u128 {
    Digest::of(path.as_bytes()).first_128_bits()
}

/// Reads and digests at the same time.
struct Digesting<R> {
    reader: R,
    sha256: Sha256,
}

impl<R: Read> Read for Digesting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.sha256.update(&buffer[..count]);
        Ok(count)
    }
}

fn finished(sha256: Sha256) -> Digest {
    Digest::from_octets(sha256.finalize().into())
}

/// Reads the manifest and compares every file that it lists.
pub(super) fn manifest<S: Source, H: Head>(source: &S, report: &mut Report) -> Option<Manifest<H>> {
    let file = source.open(MANIFEST).map_err(|error| report.add_open(MANIFEST, &error)).ok()?;
    let mut reader = Digesting { reader: file, sha256: Sha256::new() };
    let mut sums = Sha256::new();
    let (mut paths, mut twins, mut beyond) = (HashSet::new(), 0_u64, 0_u64);
    let read = manifest::read(&mut reader, |file| {
        sums.update(file.sums_line());
        // What is listed again, or beyond what a bundle can have, is not read: a line costs its writer nothing.
        if paths.len() >= FILES_MAX {
            beyond += 1;
        } else if paths.insert(key(&file.path)) {
            compare_file(source, &file, report);
        } else {
            twins += 1;
        }
    });
    let header =
        read.map_err(|error| report.add(FlawId::ManifestMalformed, &format!("{MANIFEST}: {error}"))).ok()?;
    if twins > 0 {
        report.add(FlawId::ManifestMalformed, "the manifest lists a file twice");
    }
    if beyond > 0 {
        let message = format!("the manifest lists more than {FILES_MAX} files; no others were looked at");
        report.add(FlawId::ManifestMalformed, &message);
    }
    let mut paths: Vec<u128> = paths.into_iter().collect();
    paths.sort_unstable();
    let sha256 = finished(reader.sha256);
    sums.update(FileDigest { path: MANIFEST.to_owned(), sha256, octets: 0 }.sums_line());
    Some(Manifest { header, sha256, sums_sha256: finished(sums), paths })
}

fn compare_file<S: Source>(source: &S, file: &FileDigest, report: &mut Report) {
    match digest_of(source, &file.path, file.octets) {
        Err(error) => report.add_open(&file.path, &error),
        Ok((sha256, octets)) if (sha256, octets) != (file.sha256, file.octets) => {
            report.add(FlawId::FileAltered, &format!("{} is not as the manifest says", file.path));
        }
        Ok(_) => {}
    }
}

/// Digests a file, at most one octet more than it should have.
pub(super) fn digest_of<S: Source>(source: &S, path: &str, octets: u64) -> Result<(Digest, u64), OpenError> {
    let file = source.open(path)?;
    let mut reader = Digesting { reader: file.take(octets.saturating_add(1)), sha256: Sha256::new() };
    let count = std::io::copy(&mut reader, &mut std::io::sink())
        .map_err(|error| OpenError::Unreadable(error.to_string()))?;
    Ok((finished(reader.sha256), count))
}

/// The manifest's signature, by the audit key that lies in the bundle; gives that key, where it can be read.
pub(super) fn signature<S: Source, H>(
    source: &S,
    manifest: &Manifest<H>,
    audit_key_sha256: &str,
    report: &mut Report,
) -> Option<PublicKey> {
    let text = small(source, AUDIT_KEY, SIGNATURE_OCTETS_MAX, report)?;
    let Some(key) = audit_key(&text) else {
        report.add(FlawId::AuditKey, "audit.pem is not one public key in PEM");
        return None;
    };
    if key.spki_sha256().to_string() != audit_key_sha256 {
        report.add(FlawId::AuditKey, "audit.pem is not the key that the manifest names");
    }
    let Some(signature) = small(source, SIGNATURE, SIGNATURE_OCTETS_MAX, report) else { return Some(key) };
    let message = manifest::signed_message(manifest.sha256);
    let verifies = [RsaScheme::Pkcs1, RsaScheme::Pss]
        .into_iter()
        .any(|scheme| key.verify(key.signing_algorithm(scheme), &message, &signature).is_ok());
    if !verifies {
        report.add(FlawId::ManifestSignature, "the manifest's signature does not verify with audit.pem");
    }
    Some(key)
}

fn audit_key(text: &[u8]) -> Option<PublicKey> {
    let (label, spki) = der::pem::decode_vec(text).ok()?;
    let key = PublicKey::from_spki(&spki).ok().filter(|_| label == "PUBLIC KEY")?;
    (pem::public_key(&key) == text).then_some(key)
}

/// SHA256SUMS lists the manifest's files in its order, and the manifest last.
pub(super) fn sums<S: Source, H>(source: &S, manifest: &Manifest<H>, report: &mut Report) {
    // A line each of at most 300 octets.
    let octets_max = (manifest.paths.len() as u64 + 1) * 300;
    match digest_of(source, SHA256SUMS, octets_max) {
        Err(error) => report.add_open(SHA256SUMS, &error),
        Ok((sha256, _)) if sha256 != manifest.sums_sha256 => {
            report.add(FlawId::Sums, "SHA256SUMS does not say what the manifest says");
        }
        Ok(_) => {}
    }
}

/// The files that a bundle of these certificates has.
pub(super) struct Expected {
    paths: Vec<u128>,
}

impl Expected {
    pub(super) fn new() -> Self {
        let always =
            [ROOT, CA, CA_CHAIN, CA_CHAIN_PKCS7, AUDIT_KEY, CERTIFICATES_PEM, DEVICES_CSV, REFUSED_CSV];
        Self { paths: always.map(key).into() }
    }

    /// The files that the bundle of a CRL has.
    pub(super) fn of_crl() -> Self {
        let paths = [ROOT, CA, CA_CHAIN, CA_CHAIN_PKCS7, AUDIT_KEY, CRL_DER, CRL_LEFT, CRL_PEM];
        Self { paths: paths.map(key).into() }
    }

    pub(super) fn add(&mut self, place: &Place) {
        self.paths.extend([key(&place.certificate()), key(&place.chain())]);
    }

    pub(super) fn add_path(&mut self, path: &str) {
        self.paths.push(key(path));
    }
}

/// The folder has the manifest's files and no other; the manifest has those that the certificates call for.
pub(super) fn compare<S: Source>(source: &S, listed: &[u128], expected: Expected, report: &mut Report) {
    let mut expected = expected.paths;
    expected.sort_unstable();
    if expected != listed {
        let missing = expected.iter().filter(|key| listed.binary_search(key).is_err()).count();
        let more = listed.iter().filter(|key| expected.binary_search(key).is_err()).count();
        let message = format!(
            "the manifest lacks {} of a bundle and lists {more} that a bundle has not",
            counted(missing, "file")
        );
        report.add(FlawId::ManifestMalformed, &message);
    }
    let known = [MANIFEST, SIGNATURE, SHA256SUMS];
    let listed = source.list(&mut |path| {
        if !known.contains(&path) && listed.binary_search(&key(path)).is_err() {
            report.add(FlawId::FileExtra, &format!("{path} is not in the manifest"));
        }
    });
    if let Err(error) = listed {
        report.add_open("the bundle's folder", &error);
    }
}
