//! Whether a name is in a subtree (RFC 5280 §4.2.1.10).

use crate::pki::name::Name;

use super::Subtree;

impl Subtree {
    /// Whether the name of the same form with this content is in the subtree; `None` where that cannot be told.
    pub(super) fn holds(&self, content: &[u8]) -> Option<bool> {
        if !self.is_sound() {
            return None;
        }
        let text = || std::str::from_utf8(content).ok().filter(|text| text.is_ascii());
        match self {
            Self::Address(network) => {
                let (address, mask) = network.split_at(network.len() / 2);
                let same = |at: usize| content[at] & mask[at] == address[at] & mask[at];
                Some(content.len() == address.len() && (0..content.len()).all(same))
            }
            Self::Directory(base) => Some(Name::parse(content).ok()?.begins_with(base)),
            Self::Dns(domain) => is_in_domain(text()?, domain),
            Self::Email(base) => {
                let (local, host) = text()?.split_once('@')?;
                // Of two `@` nobody knows which parts the host; a quoted one in the local part is not taken either.
                if host.contains('@') {
                    return None;
                }
                Some(match base.rsplit_once('@') {
                    // The local part counts letter case, the host does not.
                    Some((base_local, base_host)) => {
                        local == base_local && host.eq_ignore_ascii_case(base_host)
                    }
                    None => is_host(host, base),
                })
            }
            Self::Other { .. } => None,
            // Without a host it is not known where it belongs, and such a URI is not taken (§4.2.1.10).
            Self::Uri(base) => Some(is_host(host_of(text()?)?, base)),
        }
    }
}

/// Whether a DNS name, as an alternative name has it, is at or below a domain; `None` for what is no name, and for a
/// wildcard that would match the domain itself beside others that are outside (RFC 9525 §6.3: one label).
fn is_in_domain(name: &str, domain: &str) -> Option<bool> {
    let hosts = name.strip_prefix("*.");
    if hosts.unwrap_or(name).split('.').any(|label| label.is_empty() || label.contains('*')) {
        return None;
    }
    if is_below_or_at(name, domain) {
        return Some(true);
    }
    let above = domain.split_once('.').map(|(_, above)| above);
    let may_match = hosts.is_some_and(|hosts| above.is_some_and(|above| hosts.eq_ignore_ascii_case(above)));
    (!may_match).then_some(false)
}

impl Subtree {
    /// Whether a CA's text can be compared with names at all: a domain of whole labels without a wildcard, with or without
    /// a dot in front. Others write `example.com.` or `*.example.com`, and mean what nobody knows.
    fn is_sound(&self) -> bool {
        let whole = |domain: &str| {
            let labels = domain.strip_prefix('.').unwrap_or(domain);
            labels.split('.').all(|label| !label.is_empty() && !label.contains(['*', '@', '/', ':']))
        };
        match self {
            // RFC 5280 §4.2.1.10: no label at all is every name.
            Self::Dns(domain) => domain.is_empty() || whole(domain),
            Self::Email(base) => whole(base.rsplit_once('@').map_or(base, |(_, host)| host)),
            Self::Uri(base) => whole(base),
            Self::Address(_) | Self::Directory(_) | Self::Other { .. } => true,
        }
    }
}

fn is_below_or_at(name: &str, domain: &str) -> bool {
    let (name, domain) = (name.to_ascii_lowercase(), domain.to_ascii_lowercase());
    if domain.is_empty() {
        return true;
    }
    match name.strip_suffix(&domain) {
        Some(front) => front.is_empty() || front.ends_with('.') || domain.starts_with('.'),
        None => false,
    }
}

/// A host itself; with a dot in front, whatever is below the domain.
fn is_host(host: &str, base: &str) -> bool {
    if base.starts_with('.') {
        return host.len() > base.len() && host.to_ascii_lowercase().ends_with(&base.to_ascii_lowercase());
    }
    host.eq_ignore_ascii_case(base)
}

/// The host of a URI's authority (RFC 3986 §3.2.2), where it is a name; `None` too where software disagrees on what the
/// host is: a backslash, a percent sign in it, a dot at its end.
fn host_of(uri: &str) -> Option<&str> {
    let (_, rest) = uri.split_once(':')?;
    // §3: an authority stands right behind the scheme; `//` further on is of a path or a query.
    let authority = rest.strip_prefix("//")?.split(['/', '?', '#']).next()?;
    if authority.contains('\\') {
        return None;
    }
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    if host.starts_with('[') {
        return None;
    }
    let host = host.split_once(':').map_or(host, |(host, _)| host);
    let sound = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"-_".contains(&octet))
    };
    let address = host.parse::<core::net::Ipv4Addr>().is_ok();
    (host.split('.').all(sound) && !address).then_some(host)
}
