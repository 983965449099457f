//! `[deliver.NAME]`: the settings of a form of delivery. Which keys it has, the form itself knows; where a key stands in the
//! file, this does.

use serde::de::IgnoredAny;
use toml::{
    Spanned,
    de::{DeTable, DeValue, ValueDeserializer},
};

use super::error::{Error, from_toml, position};
use crate::pki::text::Printable;

/// The top of the sections.
const DELIVER: &str = "deliver";

/// A `[deliver.NAME]` section.
#[derive(Debug)]
pub struct DeliverSection<'a> {
    text: &'a str,
    name: String,
    /// Line and column of its name.
    at: (usize, usize),
    settings: Spanned<DeValue<'a>>,
}

/// The sections of authority.toml, in the order of their names.
///
/// # Errors
/// [`Error`] where the text is not TOML, or `deliver` is no table.
pub fn deliver_sections(text: &str) -> Result<Vec<DeliverSection<'_>>, Error> {
    let mut file = DeTable::parse(text).map_err(|error| from_toml(text, &error))?.into_inner();
    let Some(deliver) = file.remove(DELIVER) else { return Ok(Vec::new()) };
    let (line, column) = position(text, deliver.span().start);
    let DeValue::Table(sections) = deliver.into_inner() else {
        let message = Printable::new("it is no table");
        let hint = "begin a form's settings with a line such as [deliver.aws]".to_owned();
        return Err(Error::Value { line, column, key: DELIVER.to_owned(), message, hint });
    };
    let sections = sections.into_iter().map(|(name, settings)| DeliverSection {
        text,
        at: position(text, name.span().start),
        name: name.into_inner().into_owned(),
        settings,
    });
    Ok(sections.collect())
}

impl DeliverSection<'_> {
    /// The form's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Reads the settings.
    ///
    /// # Errors
    /// [`Error`], with line, column and key.
    pub fn read<T>(
        self,
        read: impl FnOnce(ValueDeserializer<'_>) -> Result<T, toml::de::Error>,
    ) -> Result<T, Error> {
        read(ValueDeserializer::from(self.settings)).map_err(|error| from_toml(self.text, &error))
    }

    /// The error of a section for a form that has no settings, or is none.
    #[must_use]
    pub fn unknown(&self, known: Vec<String>) -> Error {
        let (line, column) = self.at;
        Error::UnknownKey { line, column, key: Printable::new(&self.name), allowed: known }
    }
}

/// The sections where the rest of the file is read: there is something, and more is not said of it.
pub(super) type Written = IgnoredAny;
