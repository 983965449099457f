//! What is wrong with a configuration, where, and what to do about it.

use thiserror::Error;

use crate::pki::text::Printable;

/// Why authority.toml was not taken. Lines and columns count from 1; columns are characters.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum Error {
    /// The audit key has its section already.
    #[error("authority.toml: the audit key is configured already")]
    AuditKeyExists,
    /// The authority has its section already.
    #[error("authority.toml: the authority `{name}` is configured already")]
    AuthorityExists {
        /// Its name.
        name: Printable,
    },
    /// A name that no authority or profile can have.
    #[error("`{name}` cannot be a name")]
    Name {
        /// The text that was given.
        name: Printable,
    },
    /// A key that must be there is not.
    #[error("authority.toml line {line}: the key `{key}` is missing")]
    MissingKey {
        /// Where its section begins.
        line: usize,
        /// The key.
        key: Printable,
    },
    /// The file is too long.
    #[error("authority.toml has {octets} octets, more than {max}", max = super::AUTHORITY_OCTETS_MAX)]
    Size {
        /// How many.
        octets: usize,
    },
    /// Not TOML, or a value of another type.
    #[error("authority.toml line {line}, column {column}: {message}")]
    Syntax {
        /// Line.
        line: usize,
        /// Column.
        column: usize,
        /// What the reader says.
        message: Printable,
    },
    /// A key that does not exist.
    #[error("authority.toml line {line}, column {column}: unknown key `{key}`")]
    UnknownKey {
        /// Line.
        line: usize,
        /// Column.
        column: usize,
        /// The key.
        key: Printable,
        /// The keys that may stand there.
        allowed: Vec<String>,
    },
    /// A `pkcs11:` URI that cannot be taken.
    #[error("`{uri}` is not a pkcs11: URI that can be kept")]
    Uri {
        /// The text that was given.
        uri: Printable,
    },
    /// A value that the key does not take.
    #[error("authority.toml line {line}, column {column}: `{key}`: {message}")]
    Value {
        /// Line.
        line: usize,
        /// Column.
        column: usize,
        /// The key.
        key: String,
        /// What is wrong.
        message: Printable,
        /// What to do.
        hint: String,
    },
}

impl Error {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::AuditKeyExists => "remove its section only if the key is really gone from the token".into(),
            Self::AuthorityExists { .. } => "choose another name".into(),
            Self::Name { .. } => "use 1 to 32 of a-z, 0-9 and -, beginning with a letter or a digit".into(),
            Self::MissingKey { .. } => "add it; docs/CONFIGURATION.md lists the keys of each section".into(),
            Self::Size { .. } => "take out what is not configuration".into(),
            Self::Syntax { .. } => "correct the line; docs/CONFIGURATION.md has the form of every key".into(),
            Self::UnknownKey { allowed, .. } if allowed.is_empty() => "take the key out".into(),
            Self::UnknownKey { allowed, .. } => format!("one of these was meant: {}", allowed.join(", ")),
            Self::Uri { .. } => URI_HINT.into(),
            Self::Value { hint, .. } => hint.clone(),
        }
    }
}

/// What a `pkcs11:` URI must be, wherever it stands.
pub(super) const URI_HINT: &str =
    "write it as RFC 7512 does, such as pkcs11:token=LABEL, without pin-value and pin-source";

/// Line and column, from 1, of an offset in octets.
pub(super) fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

/// An error of the TOML reader, told in the words used here.
pub(super) fn from_toml(text: &str, error: &toml::de::Error) -> Error {
    let (line, column) = position(text, error.span().map_or(0, |span| span.start));
    let message = error.message();
    // The two messages of serde that name a key; whatever else it says is passed on as it is.
    if let Some(rest) = message.strip_prefix("unknown field `")
        && let Some((key, expected)) = rest.split_once("`, ")
    {
        let allowed = expected.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        return Error::UnknownKey { line, column, key: Printable::new(key), allowed };
    }
    if let Some(key) = message.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
        return Error::MissingKey { line, key: Printable::new(key) };
    }
    // The reader breaks long messages into lines; here an error is one line.
    Error::Syntax { line, column, message: Printable::new(&message.replace('\n', ", ")) }
}
