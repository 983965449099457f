//! A profile as it is written becomes one that is trusted.

use std::ops::Range;

use const_oid::{
    ObjectIdentifier,
    db::{DB, rfc5280::ANY_EXTENDED_KEY_USAGE},
};
use toml::Spanned;

use crate::pki::{
    key::{Curve, HashAlgorithm, KeyAlgorithm, MlDsa, RsaScheme},
    lint::waiver::{Waiver, WaiverError},
    profile::{
        Approval, BeyondIssuer, DuplicateKeys, DuplicateSubjects, EmptySubject, End, KEY_USAGE_NAMES,
        KeyIdentifier, Profile, Standard, SubjectKind,
    },
    text::Printable,
    time::Time,
};

use super::{
    error::{Error, position},
    extensions, naming, written,
};

/// notBefore is set back by so many minutes where a profile does not say.
const BACKDATE_MINUTES: u32 = 5;

/// What may be written of subjects that stand twice; the first holds for a CA where nothing is written, whose name is
/// what its certificates are found by (RFC 5280 §6.1), the second for everything else.
const DUPLICATE_SUBJECTS: [(&str, DuplicateSubjects); 3] = [
    ("refuse", DuplicateSubjects::Refuse),
    ("note", DuplicateSubjects::Note),
    ("accept", DuplicateSubjects::Accept),
];

/// The text that is read, for lines and columns of errors.
#[derive(Clone, Copy)]
pub(super) struct Source<'a>(pub &'a str);

impl Source<'_> {
    pub fn wrong(self, span: &Range<usize>, key: &str, message: &str, hint: &str) -> Error {
        let (line, column) = position(self.0, span.start);
        Error::Value { line, column, key: key.into(), message: Printable::new(message), hint: hint.into() }
    }

    /// Where a key of a section stands; the section's head where it is not written line by line.
    fn key_in(self, section: &Range<usize>, key: &str) -> Range<usize> {
        let body = self.0.get(section.start..).unwrap_or_default();
        let mut at = section.start;
        for (number, line) in body.split_inclusive('\n').enumerate() {
            if number > 0 && line.starts_with('[') {
                break;
            }
            let rest = line.trim_start().strip_prefix(key);
            if rest.is_some_and(|rest| rest.trim_start().starts_with('=')) {
                return at..at + line.len();
            }
            at += line.len();
        }
        section.clone()
    }

    /// One of a few words.
    pub fn choose<T: Copy>(
        self,
        key: &str,
        word: &Spanned<String>,
        choices: &[(&str, T)],
    ) -> Result<T, Error> {
        let found = choices.iter().find(|(name, _)| name == word.get_ref());
        found.map(|(_, value)| *value).ok_or_else(|| {
            let names: Vec<_> = choices.iter().map(|(name, _)| format!("\"{name}\"")).collect();
            let message = format!("\"{}\" is not a choice", word.get_ref());
            self.wrong(&word.span(), key, &message, &format!("write {}", names.join(" or ")))
        })
    }

    pub fn choose_or<T: Copy>(
        self,
        key: &str,
        word: Option<&Spanned<String>>,
        choices: &[(&str, T)],
    ) -> Result<T, Error> {
        // The first choice is the one that holds where nothing is written.
        word.map_or(Ok(choices[0].1), |word| self.choose(key, word, choices))
    }
}

/// Reads one profile.
pub(super) fn read(
    source: Source<'_>,
    name: &str,
    written: &Spanned<written::Profile>,
) -> Result<Profile, Error> {
    let (section, written) = (written.span(), written.get_ref());
    let kind = kind(source, &section, written)?;
    let approval = if written.unattended { Approval::Unattended } else { Approval::Typed };
    let identifier = written.subject_key_identifier.unwrap_or(true);
    let profile = Profile {
        name: name.to_owned(),
        kind,
        approval,
        end: end(source, &section, written)?,
        backdate_seconds: backdate(source, written)?,
        beyond_issuer: source.choose_or("beyond-issuer", written.beyond_issuer.as_ref(), BEYOND_ISSUER)?,
        key_usage: key_usage(source, &written.key_usage)?,
        extended_key_usage: oids(source, "extended-key-usage", purpose, &written.extended_key_usage)?,
        allowed_extensions: oids(
            source,
            "allow-extensions",
            |name| named(&["id-ce-", "id-pe-"], name),
            &written.allow_extensions,
        )?,
        empty_subject: source.choose_or("empty-subject", written.empty_subject.as_ref(), EMPTY_SUBJECT)?,
        keys: keys(source, &written.keys)?,
        key_identifier: if identifier { KeyIdentifier::Present } else { KeyIdentifier::Absent },
        rsa_scheme: source.choose_or("rsa-scheme", written.rsa_scheme.as_ref(), RSA_SCHEMES)?,
        duplicate_keys: source.choose_or(
            "duplicate-keys",
            written.duplicate_keys.as_ref(),
            DUPLICATE_KEYS,
        )?,
        signature_hash: source.choose_or("signature-hash", written.signature_hash.as_ref(), HASHES)?,
        extended_key_usage_criticality: extensions::criticality(written.extended_key_usage_critical),
        fixed: extensions::fixed(source, written)?,
        standard: source.choose_or("standard", written.standard.as_ref(), STANDARDS)?,
        duplicate_subjects: source.choose_or(
            "duplicate-subjects",
            written.duplicate_subjects.as_ref(),
            &match kind {
                SubjectKind::SubordinateCa { .. } => DUPLICATE_SUBJECTS,
                _ => [DUPLICATE_SUBJECTS[1], DUPLICATE_SUBJECTS[0], DUPLICATE_SUBJECTS[2]],
            },
        )?,
        naming: naming::read(source, written)?,
        waivers: waivers(source, &written.waivers)?,
    };
    profile.validated().map_err(|error| {
        let key = error.key();
        let place = source.key_in(&section, key);
        source.wrong(&place, key, &error.to_string(), error.hint())
    })
}

/// What a profile makes; only a subordinate CA has a path length there.
fn kind(
    source: Source<'_>,
    section: &Range<usize>,
    written: &written::Profile,
) -> Result<SubjectKind, Error> {
    let path_length = written.path_length.as_ref();
    let authority =
        SubjectKind::SubordinateCa { path_length: path_length.map_or(0, |length| *length.get_ref()) };
    let kinds = [
        ("end-entity", SubjectKind::EndEntity),
        ("root", SubjectKind::Root),
        ("subordinate-ca", authority),
        ("verification", SubjectKind::Verification),
    ];
    let kind = source.choose("kind", &written.kind, &kinds)?;
    match (kind, path_length) {
        (SubjectKind::SubordinateCa { .. }, None) => {
            let (line, _) = position(source.0, section.start);
            Err(Error::MissingKey { line, key: Printable::new("path-length") })
        }
        (SubjectKind::Root, Some(length)) => {
            let hint = "take it out, and give it to `ca create` as `--path-length`";
            Err(source.wrong(&length.span(), "path-length", "a root gets it when it is made", hint))
        }
        (SubjectKind::EndEntity | SubjectKind::Verification, Some(length)) => {
            let hint = "take it out, or make it `kind = \"subordinate-ca\"`";
            Err(source.wrong(&length.span(), "path-length", "only a CA has a path length", hint))
        }
        (SubjectKind::SubordinateCa { .. }, Some(_)) | (_, None) => Ok(kind),
    }
}

/// Rules of the lint that are set aside, in the order that the plan digest has them in.
fn waivers(source: Source<'_>, written: &[written::Waiver]) -> Result<Vec<Waiver>, Error> {
    let mut found: Vec<Waiver> = Vec::new();
    for waiver in written {
        let read = Waiver::new(waiver.rule.get_ref(), waiver.reason.get_ref()).map_err(|error| {
            let at = if error == WaiverError::Reason { waiver.reason.span() } else { waiver.rule.span() };
            source.wrong(&at, "waivers", &format!("\"{}\": {error}", waiver.rule.get_ref()), error.hint())
        })?;
        if found.iter().any(|other| other.rule() == read.rule()) {
            let message = format!("\"{}\" stands there twice", read.rule());
            return Err(source.wrong(&waiver.rule.span(), "waivers", &message, "write it once"));
        }
        found.push(read);
    }
    found.sort();
    Ok(found)
}

const BEYOND_ISSUER: &[(&str, BeyondIssuer)] =
    &[("refuse", BeyondIssuer::Refuse), ("shorten", BeyondIssuer::Shorten), ("keep", BeyondIssuer::Keep)];

const DUPLICATE_KEYS: &[(&str, DuplicateKeys)] =
    &[("refuse", DuplicateKeys::Refuse), ("note", DuplicateKeys::Note)];

const EMPTY_SUBJECT: &[(&str, EmptySubject)] =
    &[("refuse", EmptySubject::Refuse), ("with-alternative-name", EmptySubject::WithAlternativeName)];

const RSA_SCHEMES: &[(&str, RsaScheme)] = &[("pkcs1", RsaScheme::Pkcs1), ("pss", RsaScheme::Pss)];

const HASHES: &[(&str, Option<HashAlgorithm>)] = &[
    ("by-key", None),
    ("sha256", Some(HashAlgorithm::Sha256)),
    ("sha384", Some(HashAlgorithm::Sha384)),
    ("sha512", Some(HashAlgorithm::Sha512)),
];

const STANDARDS: &[(&str, Standard)] = &[
    ("rfc5280", Standard::Rfc5280),
    ("hardware-module-name", Standard::HardwareModule),
    ("ieee802.1ar", Standard::Idevid),
    ("matter-dac", Standard::MatterDac),
    ("matter-pai", Standard::MatterPai),
    ("opc-ua", Standard::OpcUa),
];

fn end(source: Source<'_>, section: &Range<usize>, written: &written::Profile) -> Result<End, Error> {
    let hint = "write either `validity-days` or `not-after`";
    match (&written.validity_days, &written.not_after) {
        (Some(days), None) => Ok(End::Days(*days.get_ref())),
        (None, Some(moment)) if moment.get_ref() == "no-expiry" => Ok(End::At(Time::NO_EXPIRY)),
        (None, Some(moment)) => Time::from_rfc3339(moment.get_ref()).map(End::At).ok_or_else(|| {
            let message = format!("\"{}\" is not a moment", moment.get_ref());
            let hint = "write it as \"2049-12-31T23:59:59Z\", or \"no-expiry\"";
            source.wrong(&moment.span(), "not-after", &message, hint)
        }),
        (Some(_), Some(moment)) => {
            Err(source.wrong(&moment.span(), "not-after", "it contradicts `validity-days`", hint))
        }
        (None, None) => Err(source.wrong(section, "validity-days", "it is missing", hint)),
    }
}

fn backdate(source: Source<'_>, written: &written::Profile) -> Result<u32, Error> {
    let Some(minutes) = &written.backdate_minutes else {
        return Ok(BACKDATE_MINUTES * 60);
    };
    minutes.get_ref().checked_mul(60).ok_or_else(|| {
        source.wrong(&minutes.span(), "backdate-minutes", "it is too long", "set back by at most a week")
    })
}

fn key_usage(source: Source<'_>, names: &[Spanned<String>]) -> Result<u16, Error> {
    names.iter().try_fold(0, |bits, name| {
        match KEY_USAGE_NAMES.iter().position(|known| known == name.get_ref()) {
            Some(bit) if bits & 1 << bit == 0 => Ok(bits | 1 << bit),
            Some(_) => Err(twice(source, "key-usage", name)),
            None => {
                let message = format!("\"{}\" is not a key usage", name.get_ref());
                let hint = format!("one of these was meant: {}", KEY_USAGE_NAMES.join(", "));
                Err(source.wrong(&name.span(), "key-usage", &message, &hint))
            }
        }
    })
}

/// An OID in numbers with dots, as DER content octets.
pub(super) fn oid_of(text: &str) -> Option<Vec<u8>> {
    ObjectIdentifier::new(text).ok().map(|oid| oid.as_bytes().to_vec())
}

/// The same, where it stands alone as a key's value.
pub(super) fn dotted(source: Source<'_>, key: &str, text: &Spanned<String>) -> Result<Vec<u8>, Error> {
    oid_of(text.get_ref()).ok_or_else(|| {
        let message = format!("\"{}\" is not an object identifier", text.get_ref());
        source.wrong(
            &text.span(),
            key,
            &message,
            "write it as numbers with dots, such as 1.3.6.1.4.1.99999.1",
        )
    })
}

/// What the RFCs name so under one of these prefixes. Without a prefix any attribute or algorithm would be found.
fn named(prefixes: &[&str], name: &str) -> Option<ObjectIdentifier> {
    prefixes.iter().find_map(|prefix| DB.by_name(&format!("{prefix}{name}")).copied())
}

/// An extended key usage by its name; anyExtendedKeyUsage is known so that it is refused for what it is.
fn purpose(name: &str) -> Option<ObjectIdentifier> {
    match name {
        "anyExtendedKeyUsage" => Some(ANY_EXTENDED_KEY_USAGE),
        _ => named(&["id-kp-"], name),
    }
}

/// Names that are known, or numbers with dots.
fn oids(
    source: Source<'_>,
    key: &str,
    known: impl Fn(&str) -> Option<ObjectIdentifier>,
    names: &[Spanned<String>],
) -> Result<Vec<Vec<u8>>, Error> {
    let mut found: Vec<Vec<u8>> = Vec::new();
    for name in names {
        let text = name.get_ref();
        let numbers = text.starts_with(|first: char| first.is_ascii_digit());
        let oid = if numbers { ObjectIdentifier::new(text).ok() } else { known(text) };
        let oid = oid.ok_or_else(|| {
            let message = format!("\"{text}\" is not known");
            let hint =
                "write its name as in RFC 5280, such as clientAuth or subjectAltName, or numbers with dots";
            source.wrong(&name.span(), key, &message, hint)
        })?;
        if found.iter().any(|earlier| earlier == oid.as_bytes()) {
            return Err(twice(source, key, name));
        }
        found.push(oid.as_bytes().to_vec());
    }
    Ok(found)
}

fn keys(source: Source<'_>, names: &[Spanned<String>]) -> Result<Vec<KeyAlgorithm>, Error> {
    let mut found = Vec::new();
    for name in names {
        let key = key_algorithm(name.get_ref()).ok_or_else(|| {
            let message = format!("\"{}\" is not a kind of key", name.get_ref());
            let hint = "write P-256, P-384, P-521, Ed25519, ML-DSA-44, ML-DSA-65, ML-DSA-87 or RSA- and a size, such as \
                        RSA-2048";
            source.wrong(&name.span(), "keys", &message, hint)
        })?;
        if found.contains(&key) {
            return Err(twice(source, "keys", name));
        }
        found.push(key);
    }
    Ok(found)
}

fn key_algorithm(name: &str) -> Option<KeyAlgorithm> {
    match name {
        "P-256" => Some(KeyAlgorithm::Ec(Curve::P256)),
        "P-384" => Some(KeyAlgorithm::Ec(Curve::P384)),
        "P-521" => Some(KeyAlgorithm::Ec(Curve::P521)),
        "Ed25519" => Some(KeyAlgorithm::Ed25519),
        "ML-DSA-44" => Some(KeyAlgorithm::MlDsa(MlDsa::Set44)),
        "ML-DSA-65" => Some(KeyAlgorithm::MlDsa(MlDsa::Set65)),
        "ML-DSA-87" => Some(KeyAlgorithm::MlDsa(MlDsa::Set87)),
        _ => {
            let digits = name.strip_prefix("RSA-")?;
            let bits: u32 = digits.parse().ok()?;
            // One spelling: no sign, no leading zero.
            (bits.to_string() == digits).then_some(KeyAlgorithm::Rsa { bits })
        }
    }
}

fn twice(source: Source<'_>, key: &str, name: &Spanned<String>) -> Error {
    let message = format!("\"{}\" stands there twice", name.get_ref());
    source.wrong(&name.span(), key, &message, "write it once")
}
