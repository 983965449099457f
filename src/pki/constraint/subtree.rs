//! One subtree of names: how it is written, shown, and told from others.

// The types of addresses alone: nothing here knows a network.
use core::net::{IpAddr, Ipv6Addr};
use std::fmt;

use crate::pki::{
    der::{Element, tag},
    name::Name,
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
                match local && is_domain(dotted) {
                    true => Ok(Self::Email(rest.to_owned())),
                    false => Err("it is neither a mailbox nor a domain".into()),
                }
            }
            "uri" if is_domain(rest.strip_prefix('.').unwrap_or(rest)) => Ok(Self::Uri(rest.to_owned())),
            "uri" => Err("it is not a host, or a domain with a dot in front".into()),
            "ip" => network(rest).map(Self::Address),
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
            Self::Address(octets) => match <[u8; 8]>::try_from(octets.as_slice()) {
                Ok([a, b, c, d, e, g, h, i]) => write!(f, "ip:{a}.{b}.{c}.{d} mask {e}.{g}.{h}.{i}"),
                Err(_) => match <[u8; 32]>::try_from(octets.as_slice()) {
                    Ok(octets) => {
                        let half = |range: std::ops::Range<usize>| {
                            let mut half = [0; 16];
                            half.copy_from_slice(&octets[range]);
                            Ipv6Addr::from(half)
                        };
                        write!(f, "ip:{} mask {}", half(0..16), half(16..32))
                    }
                    Err(_) => f.write_str("ip: of unknown length"),
                },
            },
            Self::Directory(name) => write!(f, "dn:{}", name.to_printable()),
            Self::Dns(text) => write!(f, "dns:{}", Printable::new(text)),
            Self::Email(text) => write!(f, "email:{}", Printable::new(text)),
            Self::Other { form } => write!(f, "a {}", noun(*form)),
            Self::Uri(text) => write!(f, "uri:{}", Printable::new(text)),
        }
    }
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
fn is_domain(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(label)
}

/// `ADDRESS/BITS`, the bits beyond all zero: a network, not a host in one.
fn network(text: &str) -> Result<Vec<u8>, String> {
    let wrong = || "it is not a network such as 192.0.2.0/24".to_owned();
    let (address, bits) = text.split_once('/').ok_or_else(wrong)?;
    let address = match address.parse::<IpAddr>().map_err(|_| wrong())? {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    };
    let length = bits.parse::<usize>().ok().filter(|length| *length <= address.len() * 8);
    let length = length.filter(|length| length.to_string() == bits).ok_or_else(wrong)?;
    let mask: Vec<u8> = (0..address.len())
        .map(|at| {
            let ones = u32::try_from(length.saturating_sub(at * 8).min(8)).unwrap_or(8);
            u8::try_from(0xff00_u32 >> ones & 0xff).unwrap_or(0xff)
        })
        .collect();
    if address.iter().zip(&mask).any(|(octet, mask)| octet & !mask != 0) {
        return Err("its address has bits beyond its mask".into());
    }
    Ok([address, mask].concat())
}
