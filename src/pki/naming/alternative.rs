//! Alternative names (RFC 5280 §4.2.1.6): built from templates, and judged kind by kind.

mod network;

use crate::pki::{
    der::{DerError, Element, Reader, element, sequence, tag},
    fingerprint::hex,
    name::Name,
    oid,
    policy::{Control, Finding},
    request::{VerifiedRequest, judge_alternative_names},
};

pub use network::Network;

use super::{
    pattern::Pattern,
    rules::{Presence, Unlisted},
    template::{Template, Values},
    unfit,
};

/// Longest serial number in a hardware module name, in octets: IEEE 802.1AR and RFC 4108 set no bound; those in use are
/// under 32.
pub const HARDWARE_SERIAL_OCTETS_MAX: usize = 64;

/// The kinds of general names that rules and templates speak of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NameKind {
    /// directoryName.
    Directory,
    /// dNSName.
    Dns,
    /// rfc822Name.
    Email,
    /// iPAddress.
    Ip,
    /// otherName, such as a hardware module name (RFC 4108).
    Other,
    /// registeredID.
    RegisteredId,
    /// uniformResourceIdentifier.
    Uri,
}

impl NameKind {
    /// Every kind with its word in authority.toml.
    pub const ALL: [(&'static str, Self); 7] = [
        ("directory", Self::Directory),
        ("dns", Self::Dns),
        ("email", Self::Email),
        ("ip", Self::Ip),
        ("other", Self::Other),
        ("registered-id", Self::RegisteredId),
        ("uri", Self::Uri),
    ];

    /// Its word in authority.toml.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, kind)| *kind == self).map_or("", |(word, _)| *word)
    }

    /// Whether a value that is filled in beside other text may have this character: it must leave the meaning of that
    /// text alone. A whole address or mailbox is judged strictly enough for that.
    fn takes_as_part(self, character: char) -> bool {
        match self {
            Self::Dns => character.is_ascii_alphanumeric() || "-.".contains(character),
            // RFC 3986 §2.3: unreserved; what is reserved ends the host, or begins another part.
            Self::Uri => character.is_ascii_alphanumeric() || "-._~".contains(character),
            _ => true,
        }
    }

    fn of(tag: u8) -> Option<Self> {
        Some(match tag {
            OTHER => Self::Other,
            EMAIL => Self::Email,
            DNS => Self::Dns,
            DIRECTORY => Self::Directory,
            URI => Self::Uri,
            IP => Self::Ip,
            REGISTERED_ID => Self::RegisteredId,
            _ => return None,
        })
    }
}

const OTHER: u8 = tag::context_constructed(0);
const EMAIL: u8 = tag::context(1);
const DNS: u8 = tag::context(2);
const DIRECTORY: u8 = tag::context_constructed(4);
const URI: u8 = tag::context(6);
const IP: u8 = tag::context(7);
const REGISTERED_ID: u8 = tag::context(8);

/// Whether a host name may begin with `*.`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Wildcards {
    /// It may not.
    Refuse,
    /// It may.
    Take,
}

/// The rule on one kind of alternative name.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AlternativeRule {
    /// The kind.
    pub kind: NameKind,
    /// Whether such a name may stand there.
    pub presence: Presence,
    /// What each must look like, whole; of an address and of an otherName as they are shown.
    pub pattern: Option<Pattern>,
    /// Most names of this kind.
    pub count_max: usize,
    /// Further demands of the kind.
    pub demand: Demand,
}

/// What a rule demands that only its kind has.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Demand {
    /// Nothing.
    None,
    /// A host name is one of these or below; any where there is none.
    Dns {
        /// Domains, lower case.
        suffixes: Vec<String>,
        /// `*.` at the beginning.
        wildcards: Wildcards,
    },
    /// A mailbox's domain is one of these or below.
    Email {
        /// Domains, lower case; at least one.
        suffixes: Vec<String>,
    },
    /// An address lies in one of these.
    Ip(Vec<Network>),
    /// An otherName is of one of these types, OIDs as DER content octets.
    Other(Vec<Vec<u8>>),
    /// A URI has one of these schemes, lower case.
    Uri(Vec<String>),
}

/// The rules on alternative names.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct AlternativeRules {
    /// By kind, each once.
    pub rules: Vec<AlternativeRule>,
    /// All other kinds.
    pub unlisted: Unlisted,
}

/// One general name.
struct GeneralName<'a> {
    kind: NameKind,
    element: Element<'a>,
    /// As it is shown and as patterns see it; not yet harmless.
    text: String,
}

const HINT: &str = "ask for alternative names that keep the profile's rules, or change the rules";

impl AlternativeRules {
    /// Whether there is any rule.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty() && self.unlisted == Unlisted::Take
    }

    /// Judges the alternative names that a certificate would have; `None` where it has no such extension.
    pub(in crate::pki) fn judge(&self, value: Option<&[u8]>, findings: &mut Vec<Finding>) {
        if self.is_empty() {
            return;
        }
        let mut refuse =
            |message: &str| findings.push(Finding::refuse(Control::AlternativeNameRule, message, HINT));
        let names = match value.map(read).transpose() {
            Ok(names) => names.unwrap_or_default(),
            Err(error) => return refuse(&error.to_string()),
        };
        for rule in &self.rules {
            let word = rule.kind.word();
            let count = names.iter().filter(|name| name.kind == rule.kind).count();
            if rule.presence == Presence::Required && count == 0 {
                refuse(&format!("{word}: an alternative name of this kind is missing"));
            }
            if count > rule.count_max {
                refuse(&format!("{word}: there are {count} names; at most {} are allowed", rule.count_max));
            }
        }
        for name in &names {
            if let Err(why) = self.judge_name(name) {
                refuse(&format!("{}: `{}` {why}", name.kind.word(), name.text));
            }
        }
    }

    fn judge_name(&self, name: &GeneralName<'_>) -> Result<(), String> {
        let Some(rule) = self.rules.iter().find(|rule| rule.kind == name.kind) else {
            return match self.unlisted {
                Unlisted::Take => Ok(()),
                Unlisted::Refuse => Err("is of a kind that the profile does not take".into()),
            };
        };
        if rule.presence == Presence::Forbidden {
            return Err("is forbidden".into());
        }
        rule.demand.judge(name)?;
        match &rule.pattern {
            Some(pattern) if !pattern.takes(&name.text) => {
                Err(format!("does not match the pattern `{}`", pattern.as_str()))
            }
            _ => Ok(()),
        }
    }
}

impl Demand {
    fn judge(&self, name: &GeneralName<'_>) -> Result<(), String> {
        let text = name.text.as_str();
        match self {
            Self::None => Ok(()),
            Self::Dns { suffixes, wildcards } => {
                let host = text.strip_prefix("*.");
                if host.is_some() && *wildcards == Wildcards::Refuse {
                    return Err("is a wildcard".into());
                }
                below(host.unwrap_or(text), suffixes)
            }
            Self::Email { suffixes } => below(text.rsplit('@').next().unwrap_or_default(), suffixes),
            Self::Ip(networks) if networks.iter().any(|network| network.holds(name.element.content)) => {
                Ok(())
            }
            Self::Ip(_) => Err("lies in no network that the profile takes".into()),
            Self::Other(types) => {
                let found = name.element.reader().oid("an otherName's type").map_err(|e| e.to_string())?;
                let known = types.iter().any(|known| known == found);
                if known { Ok(()) } else { Err("is of a type that the profile does not take".into()) }
            }
            Self::Uri(schemes) => {
                let scheme = text.split(':').next().unwrap_or_default().to_ascii_lowercase();
                let known = schemes.contains(&scheme);
                if known { Ok(()) } else { Err("has a scheme that the profile does not take".into()) }
            }
        }
    }
}

/// Whether a host is one of the domains or below one (the sense of RFC 5280 §4.2.1.10).
fn below(host: &str, suffixes: &[String]) -> Result<(), String> {
    let host = host.to_ascii_lowercase();
    let within = |suffix: &String| {
        host.strip_suffix(suffix.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    if suffixes.is_empty() || suffixes.iter().any(within) {
        return Ok(());
    }
    Err("is not below a domain that the profile takes".into())
}

/// The names of a subjectAltName's value.
fn read(value: &[u8]) -> Result<Vec<GeneralName<'_>>, DerError> {
    let mut outer = Reader::new(value);
    let mut list = outer.sequence("subjectAltName")?;
    outer.finish("subjectAltName")?;
    let mut names = Vec::new();
    while !list.is_empty() {
        let element = list.any()?;
        // What is of no known kind was refused when the request was read.
        let Some(kind) = NameKind::of(element.tag) else { continue };
        names.push(GeneralName { kind, text: text_of(kind, &element), element });
    }
    Ok(names)
}

fn text_of(kind: NameKind, element: &Element<'_>) -> String {
    let content = element.content;
    match kind {
        NameKind::Dns | NameKind::Email | NameKind::Uri => String::from_utf8_lossy(content).into_owned(),
        NameKind::Ip => network::shown(content).unwrap_or_else(|| hex(content)),
        NameKind::Directory => {
            Name::parse(content).map_or_else(|_| hex(content), |name| name.to_printable().to_string())
        }
        NameKind::Other => hardware_module(content).unwrap_or_else(|| hex(content)),
        NameKind::RegisteredId => oid::dotted(content),
    }
}

/// The names that a request asks for, with their texts.
pub(super) fn requested_names(request: &VerifiedRequest) -> Vec<(NameKind, String)> {
    let wish = request.requested().iter().find(|wish| wish.oid == oid::SUBJECT_ALT_NAME);
    // The request was read before: its names are sound.
    let names = wish.and_then(|wish| read(&wish.value).ok()).unwrap_or_default();
    names.into_iter().map(|name| (name.kind, name.text)).collect()
}

/// What a hardware module name says (RFC 4108 §5): its type and its serial number in hexadecimal digits; `None` where
/// the content of an otherName is something else or malformed.
pub(in crate::pki) fn hardware_module(content: &[u8]) -> Option<String> {
    let HardwareModuleName { kind, serial } = read_hardware_module(content).ok()??;
    Some(format!("hardware module {} serial {}", oid::dotted(kind), hex(serial)))
}

/// A hardware module name (RFC 4108 §5).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::pki) struct HardwareModuleName<'a> {
    /// hwType, an OID's content octets.
    pub kind: &'a [u8],
    /// hwSerialNum.
    pub serial: &'a [u8],
}

/// Reads a hardware module name; `None` where an otherName is of another type.
///
/// # Errors
/// Where it is of that type and malformed.
pub(in crate::pki) fn read_hardware_module(
    content: &[u8],
) -> Result<Option<HardwareModuleName<'_>>, DerError> {
    let mut parts = Reader::new(content);
    if parts.oid("an otherName's type")? != oid::HARDWARE_MODULE_NAME {
        return Ok(None);
    }
    let mut value = parts.expect(tag::context_constructed(0), "an otherName's value")?.reader();
    parts.finish("an otherName's value")?;
    let mut fields = value.sequence("a hardware module name")?;
    value.finish("a hardware module name")?;
    let kind = fields.oid("the hardware's type")?;
    let serial = fields.expect(tag::OCTET_STRING, "the hardware's serial number")?.content;
    fields.finish("the hardware's serial number")?;
    Ok(Some(HardwareModuleName { kind, serial }))
}

/// How the octets of a hardware module's serial number come of a text.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SerialForm {
    /// The text's own octets, ASCII.
    Text,
    /// The text is hexadecimal digits, two an octet.
    Hex,
}

/// A hardware module name to be built.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HardwareModule {
    /// hwType, an OID as DER content octets.
    pub kind: Vec<u8>,
    /// hwSerialNum.
    pub serial: Template,
    /// How its octets come of the text.
    pub form: SerialForm,
}

/// Alternative names to be built; they take the place of all that a request asks for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AlternativeTemplate {
    /// Names of kinds `Dns`, `Email`, `Ip` and `Uri`, in order.
    pub names: Vec<(NameKind, Template)>,
    /// A hardware module name, behind them.
    pub hardware: Option<HardwareModule>,
}

impl AlternativeTemplate {
    /// All templates.
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        let serial = self.hardware.iter().map(|hardware| &hardware.serial);
        self.names.iter().map(|(_, template)| template).chain(serial)
    }

    /// The value of the extension, DER, and how many names it has.
    pub(super) fn build(&self, values: Values<'_>) -> Result<(Vec<u8>, usize), Vec<Finding>> {
        let (mut names, mut findings) = (Vec::new(), Vec::new());
        for (kind, template) in &self.names {
            let text = template.fill_with(values, |character| kind.takes_as_part(character));
            match text.and_then(|text| general_name(*kind, &text)) {
                Ok(name) => names.push(name),
                Err(why) => findings.push(unfit(&format!("alternative name {}", kind.word()), &why)),
            }
        }
        if let Some(hardware) = &self.hardware {
            match hardware.build(values) {
                Ok(name) => names.push(name),
                Err(why) => findings.push(unfit("hardware module name", &why)),
            }
        }
        if !findings.is_empty() {
            return Err(findings);
        }
        let parts: Vec<&[u8]> = names.iter().map(Vec::as_slice).collect();
        let value = sequence(&parts);
        // The same judgement as on names that a request asks for.
        let mut flaws = Vec::new();
        let read = judge_alternative_names(&value, &mut flaws);
        findings.extend(flaws.iter().map(|flaw| unfit("alternative names", flaw.message.as_str())));
        match read {
            Ok(count) if findings.is_empty() => Ok((value, count)),
            Ok(_) => Err(findings),
            Err(error) => Err(vec![unfit("alternative names", &error.to_string())]),
        }
    }
}

fn general_name(kind: NameKind, text: &str) -> Result<Vec<u8>, String> {
    let tag = match kind {
        NameKind::Dns => DNS,
        NameKind::Email => EMAIL,
        NameKind::Uri => URI,
        NameKind::Ip => {
            let octets = network::address(text).ok_or_else(|| format!("`{text}` is no IP address"))?;
            return Ok(element(IP, &octets));
        }
        NameKind::Directory | NameKind::Other | NameKind::RegisteredId => {
            return Err("a name of this kind is not built from text".into());
        }
    };
    Ok(element(tag, text.as_bytes()))
}

impl HardwareModule {
    fn build(&self, values: Values<'_>) -> Result<Vec<u8>, String> {
        let text = self.serial.fill(values)?;
        let serial = match self.form {
            SerialForm::Text if text.bytes().all(|octet| octet.is_ascii_graphic()) => text.into_bytes(),
            SerialForm::Text => return Err("a serial number has ASCII characters without blanks".into()),
            SerialForm::Hex => octets_of(&text).ok_or_else(|| format!("`{text}` is not hexadecimal"))?,
        };
        if serial.len() > HARDWARE_SERIAL_OCTETS_MAX {
            return Err(format!("a serial number has at most {HARDWARE_SERIAL_OCTETS_MAX} octets"));
        }
        let fields = sequence(&[&element(tag::OID, &self.kind), &element(tag::OCTET_STRING, &serial)]);
        let value = element(tag::context_constructed(0), &fields);
        Ok(element(OTHER, &[element(tag::OID, oid::HARDWARE_MODULE_NAME), value].concat()))
    }
}

/// Two hexadecimal digits an octet, either case.
fn octets_of(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = text.chars().map(|digit| digit.to_digit(16)).collect();
    let (pairs, []) = digits.as_deref()?.as_chunks::<2>() else { return None };
    pairs.iter().map(|[high, low]| u8::try_from(high << 4 | low).ok()).collect()
}

#[cfg(test)]
mod tests;
