//! The difference: what a request asked for against what its certificate will say.
//!
//! The certificate's side is read from the finished TBS octets, not from the decisions that led to them: what is shown
//! is what will be signed. Read [`compare`] first.

mod issued;

use const_oid::db::rfc5280;
use sha2::{Digest as _, Sha256};

use crate::pki::{
    certificate::CertificateError,
    extension::{Meaning, RequestedExtension},
    fingerprint::{Digest, hex},
    name::{Attribute, Name, attribute, read_string},
    oid,
    policy::Control,
    profile::KEY_USAGE_NAMES,
    request::VerifiedRequest,
    text::Printable,
};

use super::{PlannedCertificate, decision::name_of};
use issued::Issued;

/// What became of one thing that was asked for or is issued.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Change {
    /// Asked for and issued as asked.
    Kept,
    /// Asked for and left out.
    Dropped,
    /// Issued without being asked for.
    Added,
    /// Asked for, and issued otherwise.
    Overridden,
}

impl Change {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Dropped => "dropped",
            Self::Added => "added",
            Self::Overridden => "overridden",
        }
    }
}

/// One thing that was asked for, or is issued, or both.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Line {
    /// What it is: a part of the subject, the key, an extension.
    pub what: Printable,
    /// What became of it.
    pub change: Change,
    /// What the request says.
    pub asked: Option<Printable>,
    /// What the certificate says.
    pub issued: Option<Printable>,
}

/// A request against its certificate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Difference {
    /// Every thing that was asked for or is issued, in the order of a certificate's fields.
    pub lines: Vec<Line>,
    /// The same for requests that are alike: same lines, same changes, same values but for those that tell one
    /// subject from another (its names, its key and what comes of it).
    pub likeness: Digest,
}

/// Compares a request with the certificate that was planned for it. Of a certificate's serial number nothing is said:
/// it is chance, and no request can ask for one.
///
/// # Errors
/// Where the TBS octets cannot be read, which no planned certificate's are: the lint has read them.
pub fn compare(
    request: &VerifiedRequest,
    planned: &PlannedCertificate,
) -> Result<Difference, CertificateError> {
    let mut issued = Issued::read(planned.tbs())?;
    let spki = issued.spki;
    let mut lines = Lines { lines: Vec::new() };
    lines.subject(request.subject(), &issued.subject);
    let key = request.public_key();
    let algorithm = key.algorithm().to_string();
    let asked = Value { octets: key.spki().to_vec(), text: algorithm };
    // Another key would be shown as what it is, and not under this key's name.
    let granted = if spki == key.spki() { asked.clone() } else { Value::opaque(spki) };
    lines.add(Rank::Key, "public key", Alike::Yes, Some(asked), Some(granted));
    for wish in request.requested() {
        lines.wish(wish, &mut issued)?;
    }
    lines.unasked(&mut issued)?;
    if request.notes().iter().any(|note| note.control == Control::ChallengePassword) {
        lines.add(Rank::Password, "challenge password", Alike::Yes, Some(Value::text("not shown")), None);
    }
    lines.add(
        Rank::Issuer,
        "issuer",
        Alike::Yes,
        None,
        Some(Value::text(issued.issuer.to_printable().as_str())),
    );
    lines.add(
        Rank::Validity,
        "valid from",
        Alike::Yes,
        None,
        Some(Value::text(&planned.not_before().to_string())),
    );
    lines.add(
        Rank::Validity,
        "valid until",
        Alike::Yes,
        None,
        Some(Value::text(&planned.not_after().to_string())),
    );
    Ok(lines.finish())
}

/// Attribute types that say where a subject belongs; all others tell one subject from another.
const SHARED: [&str; 10] =
    ["C", "ST", "L", "street", "postalCode", "O", "OU", "organizationIdentifier", "businessCategory", "DC"];

/// A value as it is compared and as it is shown.
#[derive(Clone, Debug)]
struct Value {
    octets: Vec<u8>,
    /// For likeness too: values of one text are alike. Not yet harmless.
    text: String,
}

/// Whether requests that are alike have the same value here, or each its own.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Alike {
    Yes,
    No,
}

impl Value {
    fn text(text: &str) -> Self {
        Self { octets: text.as_bytes().to_vec(), text: text.to_owned() }
    }

    /// Octets that are not looked into: whole where they are few, else their digest, so that no two look the same.
    fn opaque(octets: &[u8]) -> Self {
        let text = if octets.len() <= OPAQUE_OCTETS_MAX {
            hex(octets)
        } else {
            format!("{} octets, SHA-256 {}", octets.len(), Digest::of(octets))
        };
        Self { octets: octets.to_vec(), text }
    }

    fn extension(critical: bool, value: &[u8]) -> Self {
        let Self { mut octets, mut text } = Self::opaque(value);
        octets.push(u8::from(critical));
        if critical {
            text.insert_str(0, "critical, ");
        }
        Self { octets, text }
    }
}

/// Longest opaque value shown whole, in octets.
const OPAQUE_OCTETS_MAX: usize = 32;

/// An extension that holds a key's identifier.
struct Identifier {
    what: &'static str,
    alike: Alike,
    read: fn(&[u8]) -> Option<Vec<u8>>,
}

impl Identifier {
    fn of(oid: &[u8]) -> Option<Self> {
        if oid == rfc5280::ID_CE_SUBJECT_KEY_IDENTIFIER.as_bytes() {
            // It comes of the key, and so is each subject's own.
            let (what, read) = ("subject key identifier", issued::subject_key_identifier);
            Some(Self { what, alike: Alike::No, read })
        } else if oid == rfc5280::ID_CE_AUTHORITY_KEY_IDENTIFIER.as_bytes() {
            let (what, read) = ("authority key identifier", issued::authority_key_identifier);
            Some(Self { what, alike: Alike::Yes, read })
        } else {
            None
        }
    }
}

/// The order of lines: a certificate's, whatever the order in which a request asks.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Rank {
    Subject,
    Key,
    AlternativeName,
    BasicConstraints,
    KeyUsage,
    Purpose,
    Extension,
    Identifier,
    Password,
    Issuer,
    Validity,
}

/// Lines as they come, each with its rank and its part of the likeness.
struct Lines {
    lines: Vec<(Rank, Line, Vec<u8>)>,
}

impl Lines {
    /// Adds a line, unless there is nothing on either side.
    fn add(&mut self, rank: Rank, what: &str, alike: Alike, asked: Option<Value>, issued: Option<Value>) {
        let change = match (&asked, &issued) {
            (None, None) => return,
            (Some(asked), Some(issued)) if asked.octets == issued.octets => Change::Kept,
            (Some(_), Some(_)) => Change::Overridden,
            (Some(_), None) => Change::Dropped,
            (None, Some(_)) => Change::Added,
        };
        let mut likeness = text_of(what);
        likeness.push(change as u8);
        for side in [&asked, &issued] {
            match side {
                None => likeness.push(0),
                Some(_) if alike == Alike::No => likeness.push(1),
                Some(value) => {
                    likeness.push(2);
                    likeness.extend(text_of(&value.text));
                }
            }
        }
        let shown = |value: Value| Printable::new(&value.text);
        let what = Printable::new(what);
        let line = Line { what, change, asked: asked.map(shown), issued: issued.map(shown) };
        self.lines.push((rank, line, likeness));
    }

    fn finish(mut self) -> Difference {
        self.lines.sort_by_key(|(rank, ..)| *rank);
        // Of extensions that nothing is known of, the order asked for is of no meaning either.
        for same in self.lines.chunk_by_mut(|a, b| a.0 == b.0 && a.0 == Rank::Extension) {
            same.sort_by(|a, b| a.1.what.cmp(&b.1.what));
        }
        let likeness = self.lines.iter().fold(Sha256::new(), |hash, (.., part)| hash.chain_update(part));
        Difference {
            lines: self.lines.into_iter().map(|(_, line, _)| line).collect(),
            likeness: Digest::from_octets(likeness.finalize().into()),
        }
    }

    /// The subject's attributes in the order of its text, the last of its DER first.
    fn subject(&mut self, asked: &Name, issued: &Name) {
        let (asked, issued) = (asked.rdns(), issued.rdns());
        let flat = |rdns: &[Vec<Attribute<'_>>]| -> Vec<(Vec<u8>, Value)> {
            let attributes = rdns.iter().rev().flatten();
            attributes.map(|attribute| (attribute.oid.to_vec(), part(attribute))).collect()
        };
        for (oid, asked, issued) in paired(flat(&asked), flat(&issued)) {
            let kind = attribute::by_oid(&oid).map(|kind| kind.short);
            let shared = kind.is_some_and(|kind| SHARED.contains(&kind));
            let name = kind.map_or_else(|| oid::dotted(&oid), str::to_owned);
            let alike = if shared { Alike::Yes } else { Alike::No };
            self.add(Rank::Subject, &format!("subject {name}"), alike, asked, issued);
        }
    }

    /// A requested extension against what is issued; what is issued for it is taken out.
    fn wish(&mut self, wish: &RequestedExtension, issued: &mut Issued<'_>) -> Result<(), CertificateError> {
        let found = issued.take(&wish.oid);
        match &wish.meaning {
            Meaning::BasicConstraints { ca, path_length } => {
                let granted = found.map(|found| issued::basic_constraints(found.value)).transpose()?;
                self.add(
                    Rank::BasicConstraints,
                    "basic constraints",
                    Alike::Yes,
                    Some(Value::text(&authority(*ca, *path_length))),
                    granted.map(|(ca, path_length)| Value::text(&authority(ca, path_length))),
                );
            }
            Meaning::KeyUsage(asked) => {
                let granted = found.map_or(Ok(0), |found| issued::key_usage(found.value))?;
                self.key_usage(*asked, granted);
            }
            Meaning::ExtendedKeyUsage(asked) => {
                let granted = found.map_or(Ok(Vec::new()), |found| issued::purposes(found.value))?;
                self.purposes(asked, &granted);
            }
            Meaning::SubjectAltName { .. } => {
                let granted = found.map_or(Ok(Vec::new()), |found| issued::names(found.value))?;
                self.names(issued::names(&wish.value)?, granted);
            }
            Meaning::Opaque => {
                let granted = found.map(|found| (found.critical, found.value));
                self.other(&wish.oid, Some((wish.critical, &wish.value)), granted);
            }
        }
        Ok(())
    }

    /// What is issued without being asked for.
    fn unasked(&mut self, issued: &mut Issued<'_>) -> Result<(), CertificateError> {
        for found in std::mem::take(&mut issued.extensions) {
            match found.oid {
                oid::BASIC_CONSTRAINTS => {
                    let (ca, path_length) = issued::basic_constraints(found.value)?;
                    let granted = Value::text(&authority(ca, path_length));
                    self.add(Rank::BasicConstraints, "basic constraints", Alike::Yes, None, Some(granted));
                }
                oid::KEY_USAGE => self.key_usage(0, issued::key_usage(found.value)?),
                oid::EXTENDED_KEY_USAGE => self.purposes(&[], &issued::purposes(found.value)?),
                oid::SUBJECT_ALT_NAME => self.names(Vec::new(), issued::names(found.value)?),
                _ => self.other(found.oid, None, Some((found.critical, found.value))),
            }
        }
        Ok(())
    }

    /// An extension that is not looked into but for key identifiers: whether it is critical, and its value.
    fn other(&mut self, oid: &[u8], asked: Option<(bool, &[u8])>, granted: Option<(bool, &[u8])>) {
        // What a request wanted in vain may be its own; what is issued is for people to see.
        let alike = |alike| if granted.is_none() { Alike::No } else { alike };
        let Some(Identifier { what, alike: own, read }) = Identifier::of(oid) else {
            let what = format!("extension {}", name_of(oid));
            let value = |(critical, octets)| Value::extension(critical, octets);
            return self.add(Rank::Extension, &what, alike(Alike::Yes), asked.map(value), granted.map(value));
        };
        let value = |(critical, octets): (bool, &[u8])| Value {
            text: read(octets).map_or_else(|| Value::opaque(octets).text, |identifier| hex(&identifier)),
            ..Value::extension(critical, octets)
        };
        self.add(Rank::Identifier, what, alike(own), asked.map(value), granted.map(value));
    }

    fn key_usage(&mut self, asked: u16, granted: u16) {
        for (bit, name) in KEY_USAGE_NAMES.iter().enumerate() {
            let value = |bits: u16| (bits >> bit & 1 == 1).then(|| Value::text(name));
            self.add(Rank::KeyUsage, "key usage", Alike::Yes, value(asked), value(granted));
        }
    }

    fn purposes(&mut self, asked: &[Vec<u8>], granted: &[Vec<u8>]) {
        let values = |oids: &[Vec<u8>]| -> Vec<(Vec<u8>, Value)> {
            let value = |oid: &Vec<u8>| Value { octets: oid.clone(), text: name_of(oid) };
            // Each is a kind of its own, so that no purpose is shown in the place of another.
            oids.iter().map(|oid| (oid.clone(), value(oid))).collect()
        };
        for (_, asked, granted) in paired(values(asked), values(granted)) {
            self.add(Rank::Purpose, "extended key usage", Alike::Yes, asked, granted);
        }
    }

    fn names(&mut self, asked: Vec<issued::AlternativeName<'_>>, granted: Vec<issued::AlternativeName<'_>>) {
        let values = |names: Vec<issued::AlternativeName<'_>>| -> Vec<(&'static str, Value)> {
            let value =
                |name: issued::AlternativeName<'_>| Value { octets: name.whole.to_vec(), text: name.text };
            names.into_iter().map(|name| (name.kind, value(name))).collect()
        };
        for (kind, asked, granted) in paired(values(asked), values(granted)) {
            self.add(Rank::AlternativeName, &format!("alternative name {kind}"), Alike::No, asked, granted);
        }
    }
}

/// Pairs what was asked with what is issued: equal values first, then values of one kind; in the order asked, then
/// what is left of the issued.
fn paired<Kind: PartialEq>(
    asked: Vec<(Kind, Value)>,
    issued: Vec<(Kind, Value)>,
) -> Vec<(Kind, Option<Value>, Option<Value>)> {
    let mut issued: Vec<Option<(Kind, Value)>> = issued.into_iter().map(Some).collect();
    let mut take = |fits: &dyn Fn(&Kind, &Value) -> bool| {
        let place =
            issued.iter_mut().find(|place| place.as_ref().is_some_and(|(kind, value)| fits(kind, value)));
        place.and_then(Option::take).map(|(_, value)| value)
    };
    let mut pairs: Vec<(Kind, Option<Value>, Option<Value>)> = asked
        .into_iter()
        .map(|(kind, asked)| {
            let equal = take(&|other, value| *other == kind && value.octets == asked.octets);
            (kind, Some(asked), equal)
        })
        .collect();
    for (kind, _, issued) in pairs.iter_mut().filter(|(_, _, issued)| issued.is_none()) {
        *issued = take(&|other, _| other == kind);
    }
    pairs.extend(issued.into_iter().flatten().map(|(kind, value)| (kind, None, Some(value))));
    pairs
}

fn part(attribute: &Attribute<'_>) -> Value {
    let mut octets = vec![attribute.tag];
    octets.extend_from_slice(attribute.value);
    let text = read_string(attribute.tag, attribute.value).unwrap_or_else(|| hex(attribute.value));
    Value { octets, text }
}

fn authority(ca: bool, path_length: Option<u32>) -> String {
    match (ca, path_length) {
        (false, _) => "CA:FALSE".to_owned(),
        (true, None) => "CA:TRUE".to_owned(),
        (true, Some(length)) => format!("CA:TRUE, path length {length}"),
    }
}

/// Text behind its length, so that no two lists of texts are the same octets.
fn text_of(text: &str) -> Vec<u8> {
    [&(text.len() as u64).to_be_bytes(), text.as_bytes()].concat()
}

#[cfg(test)]
mod tests;
