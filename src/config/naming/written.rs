//! What a profile says about names, as it is written.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

/// `[profiles.NAME.subject]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(in crate::config) struct Subject {
    pub template: Option<Vec<Spanned<String>>>,
    pub unlisted: Option<Spanned<String>>,
}

/// `[profiles.NAME.attributes]`, one value of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(in crate::config) struct Attribute {
    pub presence: Option<Spanned<String>>,
    pub pattern: Option<Spanned<String>>,
    pub characters: Option<Spanned<String>>,
    pub chars_min: Option<Spanned<usize>>,
    pub chars_max: Option<Spanned<usize>>,
    pub count_max: Option<Spanned<usize>>,
}

/// `[profiles.NAME.alternative-names]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(in crate::config) struct AlternativeNames {
    pub template: Option<Spanned<Vec<Spanned<String>>>>,
    pub hardware_module: Option<Spanned<HardwareModule>>,
    pub unlisted: Option<Spanned<String>>,
    #[serde(default)]
    pub rules: BTreeMap<String, Spanned<Alternative>>,
}

/// `hardware-module` of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(in crate::config) struct HardwareModule {
    #[serde(rename = "type")]
    pub kind: Spanned<String>,
    pub serial: Spanned<String>,
    pub form: Option<Spanned<String>>,
}

/// `[profiles.NAME.alternative-names.rules]`, one value of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(in crate::config) struct Alternative {
    pub presence: Option<Spanned<String>>,
    pub pattern: Option<Spanned<String>>,
    pub count_max: Option<Spanned<usize>>,
    pub suffixes: Option<Spanned<Vec<Spanned<String>>>>,
    pub wildcards: Option<Spanned<String>>,
    pub networks: Option<Spanned<Vec<Spanned<String>>>>,
    pub schemes: Option<Spanned<Vec<Spanned<String>>>>,
    pub types: Option<Spanned<Vec<Spanned<String>>>>,
}

/// `[profiles.NAME.csv]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(in crate::config) struct Csv {
    pub file: Option<Spanned<String>>,
    pub column: Spanned<String>,
    pub join: Spanned<String>,
}
