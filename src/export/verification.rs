//! What a delivered bundle must satisfy: for the receiver and the witness, with nothing but a root they trust.
//!
//! Uses none of the issuing code, no register and no token. Reads through a [`Source`], as a stream: a million
//! certificates take one 128-bit digest a file and a certificate. Everything found is reported, each flaw with a
//! stable id. Start at [`verify`].

mod authorities;
mod certificates;
mod crl;
mod files;
mod forms;
mod held_crls;

pub use crl::LEFT_HEAD;
pub use files::FILES_MAX;

use std::io::Read;

use super::manifest::{Counts, Header, Standing};
use crate::pki::{certificate::Certificate, fingerprint::Digest, text::Printable, time::Time};

/// Most flaws kept with their words: a bundle that is wrong throughout has millions; the rest is counted.
pub const FLAWS_MAX: usize = 1_000;

/// The folder that holds the bundle, read by somebody else. Paths are those of [`super::manifest::is_path`].
pub trait Source {
    /// An open file.
    type File: Read;

    /// Opens a regular file of the bundle; never follows a link.
    ///
    /// # Errors
    /// [`OpenError`].
    fn open(&self, path: &str) -> Result<Self::File, OpenError>;

    /// Gives the path of everything in the folder and its sub-folders that is not a folder.
    ///
    /// # Errors
    /// [`OpenError`].
    fn list(&self, each: &mut dyn FnMut(&str)) -> Result<(), OpenError>;
}

/// Why a file was not opened.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum OpenError {
    /// There is none.
    Missing,
    /// There is something, but it cannot be read, or is no regular file.
    Unreadable(String),
}

macro_rules! flaws {
    ($( $(#[doc = $doc:literal])+ $variant:ident = $id:literal, $hint:literal; )+) => {
        /// What can be wrong with a bundle. Ids are stable.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum FlawId { $( $(#[doc = $doc])+ $variant, )+ }

        impl FlawId {
            /// The stable id.
            #[must_use]
            pub fn id(self) -> &'static str {
                match self { $( Self::$variant => $id, )+ }
            }

            /// What to do about it.
            #[must_use]
            pub fn hint(self) -> &'static str {
                match self { $( Self::$variant => $hint, )+ }
            }
        }
    };
}

flaws! {
    /// The certificates of the CAs are malformed or contradict each other or the manifest.
    Authorities = "authorities", "do not use the bundle; ask for a new delivery";
    /// The audit key is malformed or not the one that the manifest names.
    AuditKey = "audit-key", "compare the audit key's fingerprint with the one you were given another way";
    /// The audit key that the manifest names is not the one that the receiver was given another way.
    AuditKeyOther = "audit-key-other", "do not use the bundle before it is known who signed it";
    /// A file of one certificate is not the certificate of that place in certificates.pem.
    CertificateFile = "certificate-file", "do not use the bundle; certificates may belong to other devices";
    /// A certificate breaks a rule of the lint, and the plan did not waive it.
    CertificateLint = "certificate-lint", "do not use the certificate; tell the CA's operator, with the rule";
    /// certificates.pem or a certificate in it is malformed.
    CertificateMalformed = "certificate-malformed", "do not use the bundle; ask for a new delivery";
    /// There are other numbers of certificates or refusals than the manifest says.
    Counts = "counts", "do not use the bundle; ask for a new delivery";
    /// The CRL is malformed, or not what the manifest says.
    Crl = "crl", "do not use the CRL; ask for a new delivery";
    /// The time of the CRL's nextUpdate has passed.
    CrlOverdue = "crl-overdue", "ask for the CA's latest CRL; or check this machine's clock";
    /// The CRL is not signed by the CA, or by one that may not sign CRLs.
    CrlSignature = "crl-signature", "do not use the CRL; ask for a new delivery";
    /// A line of devices.csv does not say what the certificate says.
    DevicesCsv = "devices-csv", "do not use devices.csv; ask for a new delivery";
    /// A file's octets are not those of the manifest.
    FileAltered = "file-altered", "copy the bundle from the medium again; if that does not help, ask for a new delivery";
    /// A file that the bundle should not have.
    FileExtra = "file-extra", "do not use that file; find out who put it there";
    /// A file that should be there is not.
    FileMissing = "file-missing", "copy the bundle from the medium again; if that does not help, ask for a new delivery";
    /// A file cannot be read.
    FileUnreadable = "file-unreadable", "check the medium and the permissions of the copy";
    /// A file of a form that was asked for besides PEM is not what the certificates make, or the form is unknown.
    Form = "form", "do not use that file; certificates.pem has all certificates, or ask for a new delivery";
    /// The manifest is not in the form that this version knows, or contradicts itself.
    ManifestMalformed = "manifest-malformed", "do not use the bundle; ask for a new delivery";
    /// The manifest's signature does not verify with the audit key.
    ManifestSignature = "manifest-signature", "do not use the bundle; it was altered after it was made";
    /// A certificate's path does not lead to the trusted root.
    Path = "path", "check that the trusted root is the right one; else do not use the certificate";
    /// The plan's digest is not that of the certificates in their order.
    PlanDigest = "plan-digest", "do not use the bundle; it holds something else than what was approved";
    /// refused.csv is malformed.
    RefusedCsv = "refused-csv", "do not use refused.csv; ask for a new delivery";
    /// The bundle's root is not the trusted one.
    RootNotTrusted = "root-not-trusted", "check that the trusted root is the right one; else do not use the bundle";
    /// Two certificates have one serial number.
    SerialDuplicate = "serial-duplicate", "do not use the bundle; tell the CA's operator";
    /// SHA256SUMS says something else than the manifest.
    Sums = "sums", "do not rely on SHA256SUMS; ask for a new delivery";
}

/// One flaw found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Flaw {
    /// Which.
    pub id: FlawId,
    /// What is wrong and where.
    pub message: Printable,
}

/// What the manifest says the bundle is, harmless on a screen. Believable only where the report has no flaw.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Summary {
    /// The plan's id.
    pub plan: Printable,
    /// The plan digest.
    pub digest: Digest,
    /// Real or an exercise.
    pub standing: Standing,
    /// How many.
    pub counts: Counts,
    /// The forms that have devices' private keys in them.
    pub private_keys: Vec<Printable>,
    /// Rules of the lint that are waived, each with its reason.
    pub waivers: Vec<Printable>,
    /// The issuing CA's subject.
    pub issuer: Printable,
    /// SHA-256 of manifest.json, which names every file of the bundle: to compare with the one told at the delivery.
    pub manifest_sha256: Digest,
    /// SHA-256 of the audit key, to compare with one received another way: the bundle vouches for its own.
    pub audit_key_sha256: Printable,
}

/// What the manifest of a CRL says, harmless on a screen. Believable only where the report has no flaw.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CrlSummary {
    /// The bundle's name.
    pub crl: Printable,
    /// The CRL number.
    pub number: Printable,
    /// SHA-256 of the octets that the CA signed.
    pub digest: Digest,
    /// Real or an exercise.
    pub standing: Standing,
    /// thisUpdate.
    pub this_update: Printable,
    /// nextUpdate.
    pub next_update: Printable,
    /// URIs of the distribution point whose certificates it is for; none: it is for all of the CA's.
    pub distribution_point: Vec<Printable>,
    /// Certificates on it.
    pub entries: u64,
    /// The CA's subject.
    pub issuer: Printable,
    /// SHA-256 of the audit key.
    pub audit_key_sha256: Printable,
}

/// The root that a bundle is to be trusted by.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TrustedRoot {
    /// Its subject.
    pub subject: Printable,
    /// SHA-256 of its DER.
    pub sha256: Digest,
}

impl From<&Certificate> for TrustedRoot {
    fn from(root: &Certificate) -> Self {
        Self { subject: root.subject().to_printable(), sha256: root.sha256() }
    }
}

/// The result of a verification.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Report {
    /// The flaws, at most [`FLAWS_MAX`].
    pub flaws: Vec<Flaw>,
    /// Flaws beyond these.
    pub more_flaws: u64,
    /// Certificates judged.
    pub certificates: u64,
    /// What the bundle says it is, where the manifest could be read.
    pub summary: Option<Summary>,
    /// The same, where it is the bundle of a CRL.
    pub crl: Option<Box<CrlSummary>>,
    /// The root that was trusted.
    pub root: Option<TrustedRoot>,
}

impl Report {
    /// Whether nothing is wrong and something was judged.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.flaws.is_empty() && (self.summary.is_some() || self.crl.is_some())
    }

    /// Compares the audit key that the manifest names with the one the receiver was told another way: the SHA-256 of
    /// its SPKI.
    pub fn compare_audit_key(&mut self, expected: Digest) {
        let expected = expected.to_string();
        let summary = self.summary.as_ref().map(|summary| &summary.audit_key_sha256);
        let crl = self.crl.as_ref().map(|crl| &crl.audit_key_sha256);
        if summary.or(crl).is_none_or(|found| found.as_str() != expected) {
            self.add(FlawId::AuditKeyOther, "the manifest is signed by another audit key than the one given");
        }
    }

    fn add(&mut self, id: FlawId, message: &str) {
        if self.flaws.len() < FLAWS_MAX {
            self.flaws.push(Flaw { id, message: Printable::new(message) });
        } else {
            self.more_flaws += 1;
        }
    }

    fn add_open(&mut self, path: &str, error: &OpenError) {
        match error {
            OpenError::Missing => self.add(FlawId::FileMissing, &format!("{path} is missing")),
            OpenError::Unreadable(reason) => {
                self.add(FlawId::FileUnreadable, &format!("{path} cannot be read: {reason}"));
            }
        }
    }
}

/// Judges a bundle. `trust` is the receiver's own copy of the root; validity is judged at `at` (`None`: not judged).
pub fn verify<S: Source>(source: &S, trust: &Certificate, at: Option<Time>) -> Report {
    let mut report = Report { root: Some(trust.into()), ..Report::default() };
    if files::is_of_crl(source) {
        crl::judge(source, trust, at, &mut report);
        return report;
    }
    let Some(manifest) = files::manifest::<_, Header>(source, &mut report) else { return report };
    report.summary = summary(&manifest.header, manifest.sha256, &mut report);
    let audit_key = files::signature(source, &manifest, &manifest.header.audit_key_sha256, &mut report);
    files::sums(source, &manifest, &mut report);
    let mut expected = files::Expected::new();
    let named = authorities::Named::of(&manifest.header);
    if let Some(authorities) = authorities::read(source, named, trust, at, &mut report) {
        certificates::judge(
            source,
            &manifest.header,
            &authorities,
            audit_key,
            at,
            &mut expected,
            &mut report,
        );
        files::compare(source, &manifest.paths, expected, &mut report);
    }
    certificates::refusals(source, &manifest.header, &mut report);
    report
}

fn summary(header: &Header, manifest_sha256: Digest, report: &mut Report) -> Option<Summary> {
    let digest = Digest::from_hex(&header.digest);
    if digest.is_none_or(|digest| digest.words() != header.words) {
        report.add(FlawId::ManifestMalformed, "the plan digest and its words do not belong together");
    }
    Some(Summary {
        plan: Printable::new(&header.plan),
        digest: digest?,
        standing: header.standing,
        counts: header.counts,
        private_keys: header.private_keys.iter().map(|name| Printable::new(name)).collect(),
        waivers: header.waivers.iter().map(|line| Printable::new(line)).collect(),
        issuer: Printable::new(&header.issuer.subject),
        manifest_sha256,
        audit_key_sha256: Printable::new(&header.audit_key_sha256),
    })
}

/// Octets that are set aside for a small file.
const SMALL_OCTETS: usize = 16 << 10;

/// Reads a small file whole; `None` and a flaw where it is missing, unreadable or longer than `octets_max`.
fn small<S: Source>(source: &S, path: &str, octets_max: u64, report: &mut Report) -> Option<Vec<u8>> {
    let file = source.open(path).map_err(|error| report.add_open(path, &error)).ok()?;
    // As much at once as most have: what has a secret is not left behind where it grew.
    let mut octets = Vec::with_capacity(usize::try_from(octets_max + 1).unwrap_or(0).min(SMALL_OCTETS));
    match file.take(octets_max + 1).read_to_end(&mut octets) {
        Err(error) => {
            report.add_open(path, &OpenError::Unreadable(error.to_string()));
            None
        }
        Ok(count) if count as u64 > octets_max => {
            report.add(FlawId::FileUnreadable, &format!("{path} has more than {octets_max} octets"));
            None
        }
        Ok(_) => Some(octets),
    }
}
