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
    pub crl_days: Option<Spanned<u32>>,
    pub ca_warning_days: Option<Spanned<u32>>,
    pub token: Token,
    #[serde(default)]
    pub authorities: BTreeMap<String, Spanned<Key>>,
    pub audit: Option<Spanned<Key>>,
    #[expect(dead_code, reason = "its keys are the forms' own: deliver_sections")]
    pub deliver: Option<super::deliver::Written>,
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
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are what TOML has; the trusted form has names for them"
)]
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
    pub duplicate_subjects: Option<Spanned<String>>,
    pub signature_hash: Option<Spanned<String>>,
    pub standard: Option<Spanned<String>>,
    #[serde(default)]
    pub extended_key_usage_critical: bool,
    #[serde(default)]
    pub ocsp: Vec<String>,
    #[serde(default)]
    pub ca_issuers: Vec<String>,
    #[serde(default)]
    pub crl: Vec<String>,
    pub crl_partitions: Option<u32>,
    #[serde(default)]
    pub certificate_policies: Vec<Policy>,
    #[serde(default)]
    pub certificate_policies_critical: bool,
    #[serde(default)]
    pub permitted_names: Vec<Spanned<String>>,
    #[serde(default)]
    pub excluded_names: Vec<Spanned<String>>,
    pub require_explicit_policy: Option<u32>,
    pub inhibit_policy_mapping: Option<u32>,
    pub inhibit_any_policy: Option<u32>,
    #[serde(default)]
    pub must_staple: bool,
    #[serde(default)]
    pub ocsp_no_check: bool,
    #[serde(default)]
    pub custom_extensions: Vec<CustomExtension>,
    pub subject: Option<Spanned<naming::Subject>>,
    #[serde(default)]
    pub attributes: BTreeMap<String, Spanned<naming::Attribute>>,
    pub alternative_names: Option<Spanned<naming::AlternativeNames>>,
    pub csv: Option<Spanned<naming::Csv>>,
    #[serde(default)]
    pub waivers: Vec<Waiver>,
}

/// An entry of `waivers`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Waiver {
    pub rule: Spanned<String>,
    pub reason: Spanned<String>,
}

/// An entry of `certificate-policies`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Policy {
    pub oid: Spanned<String>,
    pub cps: Option<String>,
}

/// An entry of `custom-extensions`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct CustomExtension {
    pub oid: Spanned<String>,
    #[serde(default)]
    pub critical: bool,
    pub der: Spanned<String>,
}
