//! One subtree of names: how it is written, shown, and told from others.

// The types of addresses alone: nothing here knows a network.
use core::net::IpAddr;
use std::fmt;

use crate::pki::{
    der::{Element, tag},
    name::Name,
    naming::alternative::Network,
    text::Printable,
};

/// `rfc822Name`'s identifier octet in a `GeneralName`.
pub(super) const EMAIL: u8 = tag::context(1);
const DNS: u8 = tag::context(2);
/// `directoryName`'s.
pub(super) const DIRECTORY: u8 = tag::context_constructed(4);
const URI: u8 = tag::context(6);
const ADDRESS: u8 = tag::context(7);

/// The base of a `GeneralSubtree`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Subtree {
    /// iPAddress: address and mask, 8 octets for IPv4, 32 for IPv6.
    Address(Vec<u8>),
    /// directoryName: every name that begins with these relative names.
    Directory(Name),
    /// dNSName: this domain and what is below it.
    Dns(String),
    /// rfc822Name: a mailbox, a host, or with a dot in front what is below a domain.
    Email(String),
    /// A form that is not understood, or understood and malformed; never written from text.
    Other {
        /// The identifier octet of the `GeneralName`.
        form: u8,
    },
    /// uniformResourceIdentifier: a host, or with a dot in front what is below a domain.
    Uri(String),
}

impl Subtree {
    /// From text: `dns:example.com`, `ip:192.0.2.0/24`, `email:example.com`, `uri:.example.com`, `dn:O=Example,C=DE`.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn from_text(text: &str) -> Result<Self, String> {
        let (form, rest) = text.split_once(':').ok_or("it has no form in front, such as `dns:`")?;
        match form {
            "dns" if is_domain(rest) => Ok(Self::Dns(rest.to_owned())),
            "dns" => Err("it is not a domain without a dot in front".into()),
            "email" => {
                let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
                let local = rest.rsplit_once('@').is_none_or(|(local, _)| is_visible(local));
                let dotted = if rest.contains('@') { host } else { host.strip_prefix('.').unwrap_or(host) };
                if local && is_domain(dotted) {
                    Ok(Self::Email(rest.to_owned()))
                } else {
                    Err("it is neither a mailbox nor a domain".into())
                }
            }
            "uri" if is_domain(rest.strip_prefix('.').unwrap_or(rest)) => Ok(Self::Uri(rest.to_owned())),
            "uri" => Err("it is not a host, or a domain with a dot in front".into()),
            "ip" => Network::parse(rest).map(|network| Self::Address(network.with_mask())),
            "dn" => Name::from_text(rest).map(Self::Directory).map_err(|error| error.to_string()),
            _ => Err(format!("`{}` is not a form of names", Printable::new(form))),
        }
    }

    /// What a `GeneralName` says as a subtree's base.
    pub(in crate::pki) fn of(base: &Element<'_>) -> Self {
        let other = Self::Other { form: base.tag };
        let text = || {
            let text = std::str::from_utf8(base.content).ok()?;
            text.bytes().all(|octet| octet.is_ascii_graphic()).then(|| text.to_owned())
        };
        match base.tag {
            DNS => text().map_or(other, Self::Dns),
            EMAIL => text().map_or(other, Self::Email),
            URI => text().map_or(other, Self::Uri),
            ADDRESS if matches!(base.content.len(), 8 | 32) => Self::Address(base.content.to_vec()),
            DIRECTORY => Name::parse(base.content).map_or(other, Self::Directory),
            _ => other,
        }
    }

    /// The identifier octet of the `GeneralName` it constrains.
    #[must_use]
    pub fn form(&self) -> u8 {
        match self {
            Self::Address(_) => ADDRESS,
            Self::Directory(_) => DIRECTORY,
            Self::Dns(_) => DNS,
            Self::Email(_) => EMAIL,
            Self::Other { form } => *form,
            Self::Uri(_) => URI,
        }
    }
}

impl fmt::Display for Subtree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(octets) => {
                let (address, mask) = octets.split_at(octets.len() / 2);
                match (ip(address), ip(mask)) {
                    (Some(address), Some(mask)) => write!(f, "ip:{address} mask {mask}"),
                    _ => f.write_str("ip: of unknown length"),
                }
            }
            Self::Directory(name) => write!(f, "dn:{}", name.to_printable()),
            Self::Dns(text) => write!(f, "dns:{}", Printable::new(text)),
            Self::Email(text) => write!(f, "email:{}", Printable::new(text)),
            Self::Other { form } => write!(f, "a {}", noun(*form)),
            Self::Uri(text) => write!(f, "uri:{}", Printable::new(text)),
        }
    }
}

fn ip(octets: &[u8]) -> Option<IpAddr> {
    let four = <[u8; 4]>::try_from(octets).ok().map(IpAddr::from);
    four.or_else(|| <[u8; 16]>::try_from(octets).ok().map(IpAddr::from))
}

/// The word for a form of names.
pub(super) fn noun(form: u8) -> &'static str {
    match form {
        DNS => "DNS name",
        EMAIL => "email address",
        URI => "URI",
        ADDRESS => "IP address",
        DIRECTORY => "directory name",
        _ => "name of another form",
    }
}

fn is_visible(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_graphic())
}

/// Labels of letters, digits and hyphens (RFC 1123 §2.1), 253 octets in all.
#[must_use]
pub fn is_domain(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(label)
}
