//! IP addresses and networks as data (RFC 4632, RFC 4291); nothing here speaks to a network.

use core::net::IpAddr;

/// A network in CIDR notation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Network {
    /// 4 or 16; the bits behind the prefix are zero.
    octets: Vec<u8>,
    prefix_bits: usize,
}

impl Network {
    /// Reads `10.0.0.0/8` or `2001:db8::/32`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (base, prefix) = text.split_once('/').ok_or("a network is written as 10.0.0.0/8")?;
        let octets = address(base).ok_or("its address is neither IPv4 nor IPv6")?;
        let prefix_bits: usize = prefix.parse().map_err(|_| "its prefix is no number")?;
        if prefix_bits.to_string() != prefix || prefix_bits > octets.len() * 8 {
            return Err(format!("its prefix is not between 0 and {}", octets.len() * 8));
        }
        let network = Self { octets, prefix_bits };
        if network.masked(&network.octets) != network.octets {
            return Err("its address has bits behind the prefix".into());
        }
        Ok(network)
    }

    /// Whether the octets of an iPAddress lie in it.
    #[must_use]
    pub fn holds(&self, octets: &[u8]) -> bool {
        octets.len() == self.octets.len() && self.masked(octets) == self.octets
    }

    /// The address and then the mask, as name constraints have them (RFC 5280 §4.2.1.10).
    #[must_use]
    pub fn with_mask(&self) -> Vec<u8> {
        [self.octets.clone(), self.masked(&vec![0xff; self.octets.len()])].concat()
    }

    fn masked(&self, octets: &[u8]) -> Vec<u8> {
        let keep = |index: usize| match self.prefix_bits.saturating_sub(index * 8) {
            0 => 0,
            bits @ 1..8 => 0xff << (8 - bits),
            _ => 0xff,
        };
        octets.iter().enumerate().map(|(index, octet)| octet & keep(index)).collect()
    }
}

/// The octets of an address as people write it.
pub(super) fn address(text: &str) -> Option<Vec<u8>> {
    Some(match text.parse().ok()? {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    })
}

/// An address as people write it; `None` where it is neither IPv4 nor IPv6.
pub(super) fn shown(octets: &[u8]) -> Option<String> {
    let address = match octets.len() {
        4 => IpAddr::from(<[u8; 4]>::try_from(octets).ok()?),
        16 => IpAddr::from(<[u8; 16]>::try_from(octets).ok()?),
        _ => return None,
    };
    Some(address.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(network: &str, inside: &[&str], outside: &[&str]) {
        let found = Network::parse(network).expect(network);
        for text in inside {
            assert!(found.holds(&address(text).expect(text)), "{text} in {network}");
        }
        for text in outside {
            assert!(!found.holds(&address(text).expect(text)), "{text} not in {network}");
        }
    }

    #[test]
    fn knows_which_addresses_lie_in_a_network() {
        check("10.0.0.0/8", &["10.0.0.1", "10.255.255.255"], &["11.0.0.0", "::ffff:10.0.0.1", "a00::"]);
        check("192.168.4.0/22", &["192.168.4.1", "192.168.7.255"], &["192.168.8.0", "192.168.3.255"]);
        check("0.0.0.0/0", &["1.2.3.4"], &["::1"]);
        check("10.1.2.3/32", &["10.1.2.3"], &["10.1.2.2"]);
        check("2001:db8::/33", &["2001:db8:7fff::1"], &["2001:db8:8000::1", "2001:db9::"]);
    }

    #[test]
    fn refuses_what_is_no_network() {
        for text in
            ["", "10.0.0.0", "10.0.0.0/33", "10.0.0.1/8", "10.0.0.0/08", "10.0.0.0/+8", "10.0.0/8", "::/129"]
        {
            assert!(Network::parse(text).is_err(), "{text}");
        }
    }
}
