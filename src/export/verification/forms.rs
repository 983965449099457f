//! The forms that a bundle holds besides PEM: made once more of its certificates, and compared octet for octet.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    io::{BufReader, Read},
};

use super::{
    super::{
        bundle::{Part, forms},
        form::{Form, Format, Item},
        manifest::Header,
    },
    FlawId, Report, Source,
    files::Expected,
};
use crate::pki::{certificate::Certificate, text::Printable};

/// A bundle's forms while its certificates are gone through.
pub(super) struct Forms<F> {
    forms: Vec<Box<dyn Form>>,
    /// Growing files, read along; `None` once a piece was not what it should be.
    growing: BTreeMap<&'static str, Option<BufReader<F>>>,
}

impl<F: Read> Forms<F> {
    /// The forms that the manifest names, and what they have before the first certificate.
    pub(super) fn begin<S: Source<File = F>>(
        source: &S,
        header: &Header,
        authorities: &[Certificate],
        expected: &mut Expected,
        report: &mut Report,
    ) -> Self {
        let mut known = Vec::new();
        for name in &header.formats {
            match Format::from_name(name) {
                Ok(format) => known.push(format),
                Err(error) => report.add(FlawId::Form, &error.to_string()),
            }
        }
        let mut this = Self { forms: forms(&known), growing: BTreeMap::new() };
        let parts: Vec<Part> = this.forms.iter_mut().flat_map(|form| form.opening(authorities)).collect();
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
        let parts: Vec<Part> = self.forms.iter_mut().flat_map(|form| form.certificate(item)).collect();
        self.compare(source, parts, expected, report);
    }

    /// Growing files end where the last certificate's piece ends.
    pub(super) fn finish(self, report: &mut Report) {
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
                Part::File { path, octets } => {
                    expected.add_path(&path);
                    // A file that is missing was reported when the manifest was read, or is not in it, which is
                    // reported later.
                    if let Ok(file) = source.open(&path) {
                        let mut file = BufReader::new(file);
                        if !continues(&mut file, &octets) || !matches!(file.read(&mut [0]), Ok(0)) {
                            other(&path, report);
                        }
                    }
                }
                Part::Append { path, octets } => {
                    let reader = match self.growing.entry(path) {
                        Entry::Occupied(entry) => entry.into_mut(),
                        Entry::Vacant(entry) => {
                            expected.add_path(path);
                            entry.insert(source.open(path).ok().map(BufReader::new))
                        }
                    };
                    if reader.as_mut().is_some_and(|reader| !continues(reader, &octets)) {
                        *reader = None;
                        other(path, report);
                    }
                }
            }
        }
    }
}

/// Whether the next octets are these.
fn continues(reader: &mut impl Read, octets: &[u8]) -> bool {
    let mut found = vec![0; octets.len()];
    reader.read_exact(&mut found).is_ok() && found == octets
}

fn other(path: &str, report: &mut Report) {
    report.add(FlawId::Form, &format!("{} is not what the certificates make", Printable::new(path)));
}
