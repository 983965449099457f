//! Templates: fixed text with placeholders in braces, filled from the request and from its row of the table.
//!
//! `{request.cn}` and every other attribute by its name, `{request.san.dns}` (also `ip`, `uri`, `email`: the first of
//! its kind), `{request.file}`, `{request.key.sha256}`, `{request.key.short}`, `{csv.COLUMN}`; `{{` and `}}` are braces.
//! What is missing, empty or there several times is an error: a value is never guessed.

use crate::pki::{
    fingerprint::hex,
    name::{
        attribute::{Kind, by_name},
        read_string,
    },
    request::VerifiedRequest,
    text::Printable,
};

use super::{
    RowFound,
    alternative::{NameKind, requested_names},
};

/// Longest template, in octets: the longest ordinary attribute, twice.
pub const TEMPLATE_OCTETS_MAX: usize = 512;

/// Longest value that a template is filled to, in octets: every bound of RFC 5280 appendix A.1 but that of names of
/// 32,768 characters, which no device has.
pub const FILLED_OCTETS_MAX: usize = 4_096;

/// Hexadecimal digits of `request.key.short`: 64 bits.
const SHORT_DIGITS: usize = 16;

/// Text with placeholders.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Template {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Piece {
    Text(String),
    Value(Placeholder),
}

/// What stands between braces.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Placeholder {
    /// The one attribute of this type in the request's subject.
    Attribute(&'static Kind),
    /// The first alternative name of this kind that the request asks for.
    Alternative(NameKind),
    /// The name of the request's file without its last extension.
    File,
    /// SHA-256 of the public key's `SubjectPublicKeyInfo`, 64 hexadecimal digits.
    KeySha256,
    /// Its first 16 digits.
    KeyShort,
    /// The value of this column in the request's row.
    Column(String),
}

/// Where values come from.
#[derive(Clone, Copy)]
pub(super) struct Values<'a> {
    pub request: &'a VerifiedRequest,
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() || text.len() > TEMPLATE_OCTETS_MAX {
            return Err(format!("a template has 1 to {TEMPLATE_OCTETS_MAX} octets"));
        }
        let (mut pieces, mut plain) = (Vec::new(), String::new());
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            if let Some(after) = rest.strip_prefix("{{").or_else(|| rest.strip_prefix("}}")) {
                plain.push(first);
                rest = after;
            } else if let Some(after) = rest.strip_prefix('{') {
                let (name, after) =
                    after.split_once('}').ok_or_else(|| "a brace is not closed".to_owned())?;
                if !plain.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut plain)));
                }
                pieces.push(Piece::Value(Placeholder::parse(name)?));
                rest = after;
            } else if first == '}' {
                return Err("a brace is closed that was not opened; `}}` stands for a brace".into());
            } else {
                plain.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        Ok(Self { pieces })
    }

    /// Its placeholders, in order.
    pub fn placeholders(&self) -> impl Iterator<Item = &Placeholder> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Text(_) => None,
            Piece::Value(placeholder) => Some(placeholder),
        })
    }

    /// The text where there is no placeholder.
    #[must_use]
    pub fn fixed(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [Piece::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// Fills it; the result is not empty and has no blank at either end.
    pub(super) fn fill(&self, values: Values<'_>) -> Result<String, String> {
        self.fill_with(values, |_| true)
    }

    /// Fills it, with values of these characters alone wherever something stands beside them: else a value could give
    /// that another meaning, such as `*` before a host's domain. A template that is one placeholder takes any value.
    pub(super) fn fill_with(
        &self,
        values: Values<'_>,
        is_allowed: impl Fn(char) -> bool,
    ) -> Result<String, String> {
        let mut filled = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => filled.push_str(text),
                Piece::Value(placeholder) => {
                    let value = values.of(placeholder)?;
                    if self.pieces.len() > 1 && !value.chars().all(&is_allowed) {
                        let what = placeholder.words();
                        return Err(format!(
                            "{what} has a character that is not taken as part of such a name"
                        ));
                    }
                    filled.push_str(&value);
                }
            }
            if filled.len() > FILLED_OCTETS_MAX {
                return Err(format!("the template is filled to more than {FILLED_OCTETS_MAX} octets"));
            }
        }
        if filled.trim() != filled {
            // Two names that differ by a blank at an end look the same, and RFC 4518 §2.6.1 compares them as the same.
            return Err("the value begins or ends with a blank".into());
        }
        Ok(filled)
    }
}

impl Placeholder {
    fn parse(text: &str) -> Result<Self, String> {
        let unknown = || {
            let shown = Printable::with_limit(text, 60);
            format!("`{{{shown}}}` is no placeholder that is known")
        };
        if let Some(column) = text.strip_prefix("csv.") {
            return if column.is_empty() { Err(unknown()) } else { Ok(Self::Column(column.to_owned())) };
        }
        let name = text.strip_prefix("request.").ok_or_else(unknown)?;
        match name {
            "file" => Ok(Self::File),
            "key.sha256" => Ok(Self::KeySha256),
            "key.short" => Ok(Self::KeyShort),
            "san.dns" => Ok(Self::Alternative(NameKind::Dns)),
            "san.email" => Ok(Self::Alternative(NameKind::Email)),
            "san.ip" => Ok(Self::Alternative(NameKind::Ip)),
            "san.uri" => Ok(Self::Alternative(NameKind::Uri)),
            _ => by_name(name).map(Self::Attribute).ok_or_else(unknown),
        }
    }
}

impl Values<'_> {
    /// A placeholder's value, never empty.
    fn of(self, placeholder: &Placeholder) -> Result<String, String> {
        let request = self.request;
        let value = match placeholder {
            Placeholder::Attribute(kind) => {
                let rdns = request.subject().rdns();
                let mut found = rdns.iter().flatten().filter(|attribute| attribute.oid == kind.oid);
                let short = kind.short;
                let one = found.next().ok_or_else(|| format!("the request's subject has no {short}"))?;
                if found.next().is_some() {
                    return Err(format!("the request's subject has {short} several times"));
                }
                read_string(one.tag, one.value)
                    .ok_or_else(|| format!("{short} of the request's subject is no text"))?
            }
            Placeholder::Alternative(kind) => requested_names(request)
                .into_iter()
                .find(|(found, _)| found == kind)
                .map(|(_, text)| text)
                .ok_or_else(|| format!("the request asks for no alternative name of kind {}", kind.word()))?,
            Placeholder::File => (request.beside().file_stem.clone())
                .ok_or_else(|| "the name of the request's file is no text".to_owned())?,
            Placeholder::KeySha256 => hex(request.public_key().spki_sha256().as_octets()),
            Placeholder::KeyShort => {
                let digits = hex(request.public_key().spki_sha256().as_octets());
                digits.get(..SHORT_DIGITS).unwrap_or(&digits).to_owned()
            }
            Placeholder::Column(name) => match &request.beside().row {
                RowFound::Found(row) => row
                    .value(name)
                    .ok_or_else(|| format!("the table has no column `{}`", Printable::with_limit(name, 64)))?
                    .to_owned(),
                _ => return Err("the request has no row in the table".into()),
            },
        };
        if value.is_empty() {
            return Err(format!("{} is empty", placeholder.words()));
        }
        Ok(value)
    }
}

impl Placeholder {
    fn words(&self) -> String {
        match self {
            Self::Attribute(kind) => format!("{} of the request's subject", kind.short),
            Self::Alternative(kind) => {
                format!("the first alternative name of kind {} of the request", kind.word())
            }
            Self::File => "the name of the request's file".into(),
            Self::KeySha256 | Self::KeyShort => "the digest of the key".into(),
            Self::Column(name) => format!("column `{}` of the table", Printable::with_limit(name, 64)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let error = Template::parse(text).expect_err(text);
        assert!(error.contains(expected), "{text}: {error}");
    }

    #[test]
    fn refuses_what_is_no_template() {
        check("", "1 to 512 octets");
        check(&"x".repeat(513), "1 to 512 octets");
        check("{request.cn", "not closed");
        check("a}b", "not opened");
        check("{}", "no placeholder");
        check("{cn}", "no placeholder");
        check("{request.nobody}", "`{request.nobody}`");
        check("{request.san.directory}", "no placeholder");
        check("{csv.}", "no placeholder");
        check("{request.\u{1b}[2J}", "\\u{1b}");
    }

    #[test]
    fn knows_its_placeholders_and_its_fixed_text() {
        let template = Template::parse("{{{request.cn}}}-{csv.serial}").expect("a template");
        let found: Vec<_> = template.placeholders().collect();
        let cn = by_name("CN").expect("CN");
        assert_eq!(found, [&Placeholder::Attribute(cn), &Placeholder::Column("serial".into())]);
        assert_eq!(template.fixed(), None);
        assert_eq!(Template::parse("a{{b}}c").expect("fixed").fixed(), Some("a{b}c"));
        let dotted = Template::parse("{request.2.5.4.5}").expect("dotted");
        assert_eq!(dotted, Template::parse("{request.serialNumber}").expect("named"));
    }
}
