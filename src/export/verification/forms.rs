//! The forms that a bundle holds besides PEM: made once more of its certificates, and compared octet for octet. Signatures of
//! the audit key, which are other octets each time, are checked instead.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    io::{BufReader, Read},
};

use zeroize::Zeroizing;

use super::{
    super::{bundle::Part, form::Item, format::Format, forms, manifest::Header, private_keys::KeyFile},
    FlawId, Report, Source,
    files::Expected,
    held_crls::Judge,
    small,
};
use crate::pki::{
    certificate::Certificate, device_key::DeviceKey, jws, key::PublicKey, text::Printable, time::Time,
};

/// Longest file of settings, in octets: a provisioning template, a policy document in it, and some lists of names.
const SETTINGS_OCTETS_MAX: u64 = 128 * 1024;

/// A bundle's forms while its certificates are gone through.
pub(super) struct Forms<F> {
    made: forms::Forms,
    /// Growing files, read along; `None` once a piece was not what it should be.
    growing: BTreeMap<&'static str, Option<BufReader<F>>>,
    audit_key: Option<PublicKey>,
}

impl<F: Read> Forms<F> {
    /// The forms that the manifest names, and what they have before the first certificate.
    pub(super) fn begin<S: Source<File = F>>(
        source: &S,
        header: &Header,
        (authorities, at): (&[Certificate], Option<Time>),
        audit_key: Option<PublicKey>,
        expected: &mut Expected,
        report: &mut Report,
    ) -> Self {
        let mut this = Self { made: forms::Forms::default(), growing: BTreeMap::new(), audit_key };
        let judge = Judge { authorities, at };
        for name in &header.formats {
            match Format::from_manifest(name) {
                Ok(format) => {
                    add(&mut this.made, source, format, report);
                    if let Some(path) = judge.hold(source, format, &mut this.made, report) {
                        expected.add_path(path);
                    }
                }
                Err(error) => report.add(FlawId::Form, &error.to_string()),
            }
        }
        if header.private_keys != this.made.with_private_keys() {
            let message = "the manifest does not name the forms that have devices' private keys";
            report.add(FlawId::ManifestMalformed, message);
        }
        let parts = this.made.opening(authorities, this.audit_key.as_ref());
        this.compare(source, parts, expected, report);
        this
    }

    /// What the next certificate has in each form.
    pub(super) fn certificate<S: Source<File = F>>(
        &mut self,
        source: &S,
        item: &Item<'_>,
        expected: &mut Expected,
        report: &mut Report,
    ) {
        let key = self.carried_key(source, item, expected, report);
        let parts = self.made.certificate(&Item { key: key.as_ref(), ..*item });
        self.compare(source, parts, expected, report);
    }

    /// The private key that the bundle has for this certificate, where a form has private keys: without it the file that it is
    /// in cannot be made once more, and nobody but the bundle has it here.
    fn carried_key<S: Source<File = F>>(
        &self,
        source: &S,
        item: &Item<'_>,
        expected: &mut Expected,
        report: &mut Report,
    ) -> Option<DeviceKey> {
        let KeyFile { path, octets_max, key } = self.made.key_file(item.place)?;
        // A file that is missing was reported when the manifest was read, or is not in it, which is reported later.
        let octets = small(source, &path, octets_max, &mut Report::default()).map(Zeroizing::new);
        let fits = |key: &DeviceKey| key.public_key().spki_sha256() == item.device.spki_sha256;
        let found = octets.as_deref().and_then(|octets| DeviceKey::parse(key(octets)?).ok()).filter(fits);
        if found.is_none() {
            expected.add_path(&path);
            let message = format!("{path} has no private key that is its certificate's");
            report.add(FlawId::Form, &message);
        }
        found
    }

    /// What follows the last certificate; growing files end there.
    pub(super) fn finish<S: Source<File = F>>(
        mut self,
        source: &S,
        expected: &mut Expected,
        report: &mut Report,
    ) {
        let parts = self.made.closing();
        self.compare(source, parts, expected, report);
        for (path, reader) in self.growing {
            if let Some(mut reader) = reader
                && !matches!(reader.read(&mut [0]), Ok(0))
            {
                other(path, report);
            }
        }
    }

    fn compare<S: Source<File = F>>(
        &mut self,
        source: &S,
        parts: Vec<Part>,
        expected: &mut Expected,
        report: &mut Report,
    ) {
        for part in parts {
            match part {
                Part::File { path, octets } => whole(source, &path, &octets, expected, report),
                Part::Secret { path, octets } => whole(source, &path, &octets, expected, report),
                Part::Append { path, octets } => {
                    self.grow(source, path, expected, report, |reader, _| continues(reader, &octets));
                }
                Part::Signed { path, before, message, after } => {
                    self.grow(source, path, expected, report, |reader, audit_key| {
                        continues(reader, &before)
                            && is_signed(reader, &message, audit_key)
                            && continues(reader, after)
                    });
                }
            }
        }
    }

    /// Reads on in a growing file, as long as it was what it should be.
    fn grow<S: Source<File = F>>(
        &mut self,
        source: &S,
        path: &'static str,
        expected: &mut Expected,
        report: &mut Report,
        is_right: impl FnOnce(&mut BufReader<F>, Option<&PublicKey>) -> bool,
    ) {
        let reader = match self.growing.entry(path) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                expected.add_path(path);
                entry.insert(source.open(path).ok().map(BufReader::new))
            }
        };
        if reader.as_mut().is_some_and(|reader| !is_right(reader, self.audit_key.as_ref())) {
            *reader = None;
            other(path, report);
        }
    }
}

/// Compares a whole file.
fn whole<S: Source>(source: &S, path: &str, octets: &[u8], expected: &mut Expected, report: &mut Report) {
    expected.add_path(path);
    // A file that is missing was reported when the manifest was read, or is not in it, which is reported later.
    if let Ok(mut file) = source.open(path)
        && (!continues(&mut file, octets) || !matches!(file.read(&mut [0]), Ok(0)))
    {
        other(path, report);
    }
}

/// Adds a form, by the settings that the bundle has for it. What they are is written first by the form itself, and so
/// compared with what was read.
fn add<S: Source>(forms: &mut forms::Forms, source: &S, format: Format, report: &mut Report) {
    let Some(path) = format.settings_path() else { return forms.add_usual(format) };
    let Some(octets) = small(source, path, SETTINGS_OCTETS_MAX, report) else { return };
    if let Err(error) = forms.add(format, Some(&mut serde_json::Deserializer::from_slice(&octets))) {
        report.add(FlawId::Form, &format!("the settings of the form {}: {error}", format.name()));
    }
}

/// Whether the next octets are these.
fn continues(reader: &mut impl Read, octets: &[u8]) -> bool {
    let mut found = Zeroizing::new(vec![0; octets.len()]);
    reader.read_exact(&mut found).is_ok() && *found == octets
}

/// Whether a signature of the audit key over this message follows.
fn is_signed(reader: &mut impl Read, message: &[u8], audit_key: Option<&PublicKey>) -> bool {
    let mut signature = [0; jws::SIGNATURE_CHARS];
    reader.read_exact(&mut signature).is_ok()
        && audit_key.is_some_and(|key| jws::verify(key, message, &signature).is_ok())
}

fn other(path: &str, report: &mut Report) {
    report.add(FlawId::Form, &format!("{} is not what the certificates make", Printable::new(path)));
}
