//! authority.toml: the trusted form, and the text that is written.

use std::{collections::BTreeMap, time::Duration};

use toml::Spanned;

use crate::pki::{profile::Profile, text::Printable};

use super::{
    error::{Error, URI_HINT, from_toml},
    profile::{self, Source},
    section, written,
};

/// Longest authority.toml, in octets: the built-in profiles take 12 KiB; a person wrote it.
pub const AUTHORITY_OCTETS_MAX: usize = 256 * 1024;

/// Longest `pkcs11:` URI, in characters: every attribute of RFC 7512 percent-encoded whole fits.
const URI_CHARS_MAX: usize = 1024;

/// Most signing sessions: more than any token works on at once.
const SIGNING_SESSIONS_MAX: usize = 16;

/// Signing sessions where nothing is written: one signs while the other's result is fetched.
const SIGNING_SESSIONS: usize = 2;

/// Longest time that the terminal interface stays logged in while nobody presses a key, in minutes: a working day.
const LOCK_AFTER_MINUTES_MAX: u64 = 480;

/// The same where the file does not say, in minutes: long enough to read a plan aloud.
const LOCK_AFTER_MINUTES: u64 = 10;

/// Days until the next CRL, where the file does not say: a month, as most CAs that sign by hand do it.
const CRL_DAYS: u32 = 30;

/// Most days until the next CRL: ten years, longer than anybody should trust an old one.
const CRL_DAYS_MAX: u32 = 3650;

/// Days before the end of a CA from which on it is told, where the file does not say: half a year, because a new
/// certificate of a root takes a ceremony and has to reach all who trust it.
const CA_WARNING_DAYS: u32 = 180;

/// Most such days: ten years, half the life of a root.
const CA_WARNING_DAYS_MAX: u32 = 3650;

/// The version of the file's form.
const VERSION: u32 = 1;

/// Whether an appliance's certificates count.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Rehearsal {
    /// Its certificates count.
    Real,
    /// It only practises: screens, manifests and reports say REHEARSAL.
    Rehearsal,
}

/// The configuration, every value checked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Authority {
    token_module: String,
    token_uri: String,
    signing_sessions: usize,
    lock_after: Duration,
    crl_days: u32,
    ca_warning_days: u32,
    rehearsal: Rehearsal,
    authorities: BTreeMap<String, String>,
    audit_key_uri: Option<String>,
    /// In the order of the file.
    profiles: Vec<Profile>,
}

impl Authority {
    /// Reads authority.toml. Unknown keys, keys twice and values that contradict each other are errors.
    ///
    /// # Errors
    /// [`Error`], with line, column and key.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.len() > AUTHORITY_OCTETS_MAX {
            return Err(Error::Size { octets: text.len() });
        }
        let written: written::Authority = toml::from_str(text).map_err(|error| from_toml(text, &error))?;
        let file: toml::Table = toml::from_str(text).map_err(|error| from_toml(text, &error))?;
        let source = Source(text);
        if *written.version.get_ref() != VERSION {
            let message = format!("{} is not a version that is known", written.version.get_ref());
            return Err(source.wrong(&written.version.span(), "version", &message, "write 1"));
        }
        let mut authorities = BTreeMap::new();
        for (name, key) in written.authorities {
            check_name(source, &name, &key)?;
            authorities.insert(name, uri(source, "key", &key.get_ref().key)?);
        }
        let mut sections: Vec<_> = written.profiles.into_iter().collect();
        sections.sort_by_key(|(_, profile)| profile.span().start);
        let mut profiles = Vec::with_capacity(sections.len());
        for (name, profile) in sections {
            check_name(source, &name, &profile)?;
            if !section::is_whole(&file, text, &name) {
                let message = "its lines cannot be told from others, so that no plan could record them whole";
                let hint = format!(
                    "begin its section with a line [profiles.{name}], and its tables with [profiles.{name}.TABLE]"
                );
                return Err(source.wrong(&profile.span(), &format!("profiles.{name}"), message, &hint));
            }
            profiles.push(profile::read(source, &name, &profile)?);
        }
        let audit = written.audit.as_ref();
        Ok(Self {
            token_module: module(source, &written.token.module)?,
            token_uri: token_uri(source, &written.token.uri)?,
            signing_sessions: sessions(source, written.token.signing_sessions.as_ref())?,
            lock_after: lock_after(source, written.token.lock_after_minutes.as_ref())?,
            crl_days: days(source, "crl-days", written.crl_days.as_ref(), (CRL_DAYS, CRL_DAYS_MAX))?,
            ca_warning_days: days(
                source,
                "ca-warning-days",
                written.ca_warning_days.as_ref(),
                (CA_WARNING_DAYS, CA_WARNING_DAYS_MAX),
            )?,
            rehearsal: if written.rehearsal { Rehearsal::Rehearsal } else { Rehearsal::Real },
            authorities,
            audit_key_uri: audit.map(|key| uri(source, "key", &key.get_ref().key)).transpose()?,
            profiles,
        })
    }

    /// The absolute path of the PKCS#11 module.
    #[must_use]
    pub fn token_module(&self) -> &str {
        &self.token_module
    }
    /// The token's RFC 7512 URI; it names the token by `token` or `serial`. Its syntax is not checked here.
    #[must_use]
    pub fn token_uri(&self) -> &str {
        &self.token_uri
    }
    /// How many sessions sign at the same time, 1 to 16.
    #[must_use]
    pub fn signing_sessions(&self) -> usize {
        self.signing_sessions
    }
    /// How long the terminal interface stays logged in while nobody presses a key.
    #[must_use]
    pub fn lock_after(&self) -> Duration {
        self.lock_after
    }
    /// Days until the next CRL is there at the latest, 1 to 3650, where nobody asks for another number.
    #[must_use]
    pub fn crl_days(&self) -> u32 {
        self.crl_days
    }
    /// Days before the end of a CA from which on it is told, 1 to 3650.
    #[must_use]
    pub fn ca_warning_days(&self) -> u32 {
        self.ca_warning_days
    }
    /// Whether its certificates count.
    #[must_use]
    pub fn rehearsal(&self) -> Rehearsal {
        self.rehearsal
    }
    /// A profile by its name.
    #[must_use]
    pub fn profile(&self, name: &str) -> Option<&Profile> {
        self.profiles.iter().find(|profile| profile.name == name)
    }
    /// All profiles in the order of the file.
    pub fn profiles(&self) -> impl Iterator<Item = &Profile> {
        self.profiles.iter()
    }
    /// The names of all authorities with their keys' URIs, in the order of their names.
    pub fn authorities(&self) -> impl Iterator<Item = (&str, &str)> {
        self.authorities.iter().map(|(name, uri)| (name.as_str(), uri.as_str()))
    }
    /// The URI of an authority's key.
    #[must_use]
    pub fn key_uri(&self, authority: &str) -> Option<&str> {
        self.authorities.get(authority).map(String::as_str)
    }
    /// The URI of the audit key.
    #[must_use]
    pub fn audit_key_uri(&self) -> Option<&str> {
        self.audit_key_uri.as_deref()
    }
}

/// Adds an authority's section at the end of the text; everything before it stays as it is.
///
/// # Errors
/// [`Error::AuthorityExists`], [`Error::Name`], [`Error::Uri`], or what is wrong with the text.
pub fn with_authority(text: &str, name: &str, key_uri: &str) -> Result<String, Error> {
    let shown = || Printable::new(name);
    if Authority::parse(text)?.key_uri(name).is_some() {
        return Err(Error::AuthorityExists { name: shown() });
    }
    if !is_name(name) {
        return Err(Error::Name { name: shown() });
    }
    with_section(text, &format!("authorities.{name}"), key_uri)
}

/// Adds the audit key's section at the end of the text; everything before it stays as it is.
///
/// # Errors
/// [`Error::AuditKeyExists`], [`Error::Uri`], or what is wrong with the text.
pub fn with_audit_key(text: &str, key_uri: &str) -> Result<String, Error> {
    if Authority::parse(text)?.audit_key_uri().is_some() {
        return Err(Error::AuditKeyExists);
    }
    with_section(text, "audit", key_uri)
}

fn with_section(text: &str, section: &str, key_uri: &str) -> Result<String, Error> {
    if !is_uri(key_uri) {
        return Err(Error::Uri { uri: Printable::new(key_uri) });
    }
    let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    let text = format!("{text}{end}\n[{section}]\nkey = {}\n", quoted(key_uri));
    Authority::parse(&text)?;
    Ok(text)
}

/// The complete authority.toml that a new appliance begins with: commented, every profile `unattended = false`.
#[must_use]
pub fn initial(module: &str, token_uri: &str, rehearsal: Rehearsal) -> String {
    let rehearsal = match rehearsal {
        Rehearsal::Real => "",
        Rehearsal::Rehearsal => {
            "rehearsal = true   # nothing made here counts; screens and manifests say so\n"
        }
    };
    format!(
        "# The authority of this appliance. Strict: an unknown key is an error. docs/CONFIGURATION.md\n\
         version = {VERSION}\n\
         {rehearsal}\n\
         [token]\n\
         module = {}   # the PKCS#11 module, an absolute path\n\
         uri = {}   # RFC 7512; never with a PIN\n\
         signing-sessions = {SIGNING_SESSIONS}   # 1 to {SIGNING_SESSIONS_MAX}, as many as the token works on at once\n\
         lock-after-minutes = {LOCK_AFTER_MINUTES}   # the terminal interface logs the token out when nobody pressed a key\n\
         \n{PROFILES}",
        quoted(module),
        quoted(token_uri),
    )
}

/// A profile that is there without a file, as a new appliance has it: `device`, `server`, `root` and all the others of
/// docs/CONFIGURATION.md.
#[must_use]
pub fn built_in(name: &str) -> Option<Profile> {
    let text = initial("/none", "pkcs11:token=none", Rehearsal::Real);
    Authority::parse(&text).ok()?.profile(name).cloned()
}

/// The profiles that a new appliance begins with.
const PROFILES: &str = include_str!("profiles.toml");

/// Text as a TOML string.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// Whether authorities and profiles can have this name: it goes into files' names and section headers.
fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    (1..=32).contains(&name.len()) && name.starts_with(plain) && name.chars().all(|c| plain(c) || c == '-')
}

fn check_name<T>(source: Source<'_>, name: &str, section: &Spanned<T>) -> Result<(), Error> {
    if is_name(name) {
        return Ok(());
    }
    let hint = Error::Name { name: Printable::default() }.hint();
    Err(source.wrong(&section.span(), "name", &format!("\"{name}\" cannot be a name"), &hint))
}

fn module(source: Source<'_>, path: &Spanned<String>) -> Result<String, Error> {
    let text = path.get_ref();
    if text.starts_with('/') && !text.ends_with('/') && !text.chars().any(char::is_control) {
        return Ok(text.clone());
    }
    let message = "it is not the absolute path of a file";
    Err(source.wrong(&path.span(), "module", message, "write a path such as /usr/lib/softhsm/libsofthsm2.so"))
}

fn sessions(source: Source<'_>, written: Option<&Spanned<usize>>) -> Result<usize, Error> {
    match written {
        None => Ok(SIGNING_SESSIONS),
        Some(count) if (1..=SIGNING_SESSIONS_MAX).contains(count.get_ref()) => Ok(*count.get_ref()),
        Some(count) => {
            let message = format!("{} is not between 1 and {SIGNING_SESSIONS_MAX}", count.get_ref());
            Err(source.wrong(
                &count.span(),
                "signing-sessions",
                &message,
                "write 2, and more where it is faster",
            ))
        }
    }
}

fn lock_after(source: Source<'_>, written: Option<&Spanned<u64>>) -> Result<Duration, Error> {
    let minutes = match written {
        None => LOCK_AFTER_MINUTES,
        Some(minutes) if (1..=LOCK_AFTER_MINUTES_MAX).contains(minutes.get_ref()) => *minutes.get_ref(),
        Some(minutes) => {
            let message = format!("{} is not between 1 and {LOCK_AFTER_MINUTES_MAX}", minutes.get_ref());
            return Err(source.wrong(&minutes.span(), "lock-after-minutes", &message, "write 10"));
        }
    };
    Ok(Duration::from_secs(minutes * 60))
}

/// Days between 1 and a limit; the usual number where nothing is written.
fn days(
    source: Source<'_>,
    key: &str,
    written: Option<&Spanned<u32>>,
    (usual, most): (u32, u32),
) -> Result<u32, Error> {
    match written {
        None => Ok(usual),
        Some(days) if (1..=most).contains(days.get_ref()) => Ok(*days.get_ref()),
        Some(days) => {
            let message = format!("{} is not between 1 and {most}", days.get_ref());
            Err(source.wrong(&days.span(), key, &message, &format!("write {usual}")))
        }
    }
}

fn token_uri(source: Source<'_>, written: &Spanned<String>) -> Result<String, Error> {
    let text = uri(source, "uri", written)?;
    let path = text.trim_start_matches("pkcs11:").split('?').next().unwrap_or_default();
    if path.split(';').any(|part| part.starts_with("token=") || part.starts_with("serial=")) {
        return Ok(text);
    }
    let hint = "name the token, such as pkcs11:token=LABEL or pkcs11:serial=0123456789abcdef";
    Err(source.wrong(&written.span(), "uri", "it names no token", hint))
}

fn uri(source: Source<'_>, key: &str, written: &Spanned<String>) -> Result<String, Error> {
    let text = written.get_ref();
    if is_uri(text) {
        return Ok(text.clone());
    }
    let message = "it is not a pkcs11: URI that can be kept";
    Err(source.wrong(&written.span(), key, message, URI_HINT))
}

/// The scheme, printable ASCII, no PIN and no way to one: secrets never stand in a configuration.
fn is_uri(text: &str) -> bool {
    text.starts_with("pkcs11:")
        && text.len() <= URI_CHARS_MAX
        && text.bytes().all(|octet| octet.is_ascii_graphic() && octet != b'"' && octet != b'\\')
        && !["pin-value", "pin-source"].iter().any(|name| text.to_ascii_lowercase().contains(name))
}
