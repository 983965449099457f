//! authority.toml as it is written: serde's view, nothing in it trusted yet. Unknown keys are errors everywhere.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::naming::written as naming;

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Authority {
    pub version: Spanned<u32>,
    #[serde(default)]
    pub rehearsal: bool,
    pub token: Token,
    #[serde(default)]
    pub authorities: BTreeMap<String, Spanned<Key>>,
    pub audit: Option<Spanned<Key>>,
    #[serde(default)]
    pub profiles: BTreeMap<String, Spanned<Profile>>,
}

/// `[token]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Token {
    pub module: Spanned<String>,
    pub uri: Spanned<String>,
    pub signing_sessions: Option<Spanned<usize>>,
    pub lock_after_minutes: Option<Spanned<u64>>,
}

/// `[authorities.NAME]` and `[audit]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Key {
    pub key: Spanned<String>,
}

/// `[profiles.NAME]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Profile {
    pub kind: Spanned<String>,
    #[serde(default)]
    pub unattended: bool,
    pub validity_days: Option<Spanned<u32>>,
    pub not_after: Option<Spanned<String>>,
    pub backdate_minutes: Option<Spanned<u32>>,
    pub beyond_issuer: Option<Spanned<String>>,
    pub path_length: Option<Spanned<u32>>,
    pub key_usage: Vec<Spanned<String>>,
    #[serde(default)]
    pub extended_key_usage: Vec<Spanned<String>>,
    #[serde(default)]
    pub allow_extensions: Vec<Spanned<String>>,
    pub empty_subject: Option<Spanned<String>>,
    pub keys: Vec<Spanned<String>>,
    pub subject_key_identifier: Option<bool>,
    pub rsa_scheme: Option<Spanned<String>>,
    pub duplicate_keys: Option<Spanned<String>>,
    pub subject: Option<Spanned<naming::Subject>>,
    #[serde(default)]
    pub attributes: BTreeMap<String, Spanned<naming::Attribute>>,
    pub alternative_names: Option<Spanned<naming::AlternativeNames>>,
    pub csv: Option<Spanned<naming::Csv>>,
}
