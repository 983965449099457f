//! A certificate or request in plain words: sections of fields, each with a name, a value and perhaps a remark.

use crate::pki::{
    der::{DerError, Element, Reader},
    fingerprint::Digest,
    text::Printable,
};

use super::{Fault, tree::Header};

/// What octets say, as far as they can be read, in the order in which people ask for it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Description {
    /// The sections, none of them empty.
    pub sections: Vec<Section>,
    /// The first thing that kept something from being read.
    pub fault: Option<Fault>,
}

/// Fields that belong together.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Section {
    /// What they are about.
    pub title: &'static str,
    /// The fields, in the order of the octets where that says something.
    pub fields: Vec<Field>,
}

/// One thing that is said.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Field {
    /// What it is, in words of ours or the number of an OID: never text from outside.
    pub name: String,
    /// What it says.
    pub value: Printable,
    /// What people should know of the value: that it is not shown as it is, that it cannot be read and why. Words of
    /// ours.
    pub remark: Option<String>,
    /// What is worth knowing and in order: that an extension is critical.
    pub note: Option<&'static str>,
}

impl Description {
    pub(super) fn add(&mut self, title: &'static str, fields: Vec<Field>) {
        if !fields.is_empty() {
            self.sections.push(Section { title, fields });
        }
    }

    pub(super) fn fault(&mut self, fault: Fault) {
        self.fault.get_or_insert(fault);
    }

    /// Keeps what went right and notes what went wrong.
    pub(super) fn note<T>(&mut self, result: Result<T, Fault>) -> Option<T> {
        result.map_err(|fault| self.fault(fault)).ok()
    }
}

impl Field {
    /// A value in words of ours.
    pub(super) fn new(name: impl Into<String>, value: &str) -> Self {
        Self { name: name.into(), value: Printable::new(value), remark: None, note: None }
    }

    /// A value that is text from outside.
    pub(super) fn outside(name: impl Into<String>, text: &str) -> Self {
        let (value, remark) = Printable::with_remark(text);
        Self { name: name.into(), value, remark, note: None }
    }

    /// What stands there but cannot be read, and why.
    pub(super) fn unreadable(name: impl Into<String>, why: &str) -> Self {
        Self::new(name, "cannot be read").remarked(why)
    }

    /// Adds a remark to those that are there. What it quotes from outside is made harmless.
    pub(super) fn remarked(mut self, remark: &str) -> Self {
        let remark = Printable::new(remark).to_string();
        self.remark = Some(match self.remark {
            Some(before) => format!("{before}; {remark}"),
            None => remark,
        });
        self
    }
}

/// A digest in digits and in words.
pub(super) fn digest(of: &'static str, digest: Digest) -> [Field; 2] {
    [
        Field::new(format!("SHA-256 of {of}"), &digest.to_string()),
        Field::new("the first half of it in words", &digest.words()),
    ]
}

/// Ends the reading; octets that are left are a fault where they begin.
pub(super) fn finish(reader: Reader<'_>, after: &'static str) -> Result<(), Fault> {
    let end = reader.offset();
    reader.finish(after).map_err(|error| Fault::of(error, end))
}

/// Opens the next element. One that is cut short is opened too, as far as it is there, so that what a truncated file
/// holds can be read; `octets` are all octets from the outermost on.
pub(super) fn open<'a>(
    reader: &mut Reader<'a>,
    octets: &'a [u8],
    tag: u8,
    noun: &'static str,
    description: &mut Description,
) -> Result<Element<'a>, Fault> {
    let at = reader.offset();
    let error = match reader.expect(tag, noun) {
        Ok(element) => return Ok(element),
        Err(error) => error,
    };
    let fault = Fault::of(error, at);
    let rest = &octets[at..];
    match (error, Header::read(rest)) {
        (DerError::Truncated { .. }, Ok(header)) => {
            description.fault(fault);
            Ok(Element { tag, content: &rest[usize::from(header.octets)..], whole: rest, at })
        }
        _ => Err(fault),
    }
}
