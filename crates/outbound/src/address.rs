//! Which addresses requests may go to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The networks that requests may go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Networks {
    /// The internet.
    Public,
    /// The private networks and this machine as well.
    Private,
}

impl Networks {
    /// Returns whether an address is in them.
    pub(crate) fn contain(self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        is_public(address) || (self == Self::Private && is_private(address))
    }
}

/// What the registries of special addresses (RFC 6890) leave to the internet.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !V4_SPECIAL.iter().any(|(net, bits)| in_v4(address, *net, *bits)),
        IpAddr::V6(address) => {
            in_v6(address, V6_GLOBAL) && !V6_SPECIAL.iter().any(|special| in_v6(address, *special))
        }
    }
}

/// The networks of homes and companies, and this machine; not the link, where clouds keep their secrets.
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_private() || address.is_loopback(),
        IpAddr::V6(address) => address.is_loopback() || in_v6(address, (0xfc00 << 112, 7)),
    }
}

const V4_SPECIAL: [([u8; 4], u32); 15] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 4),
    ([240, 0, 0, 0], 4),
];

/// All that was ever given out.
const V6_GLOBAL: (u128, u32) = (0x2000 << 112, 3);

/// Of these: protocols (Teredo among them), documentation, and 6to4, which leads to any IPv4 address.
const V6_SPECIAL: [(u128, u32); 4] =
    [(0x2001 << 112, 23), ((0x2001 << 112) | (0x0db8 << 96), 32), (0x2002 << 112, 16), (0x3fff << 112, 20)];

fn in_v4(address: Ipv4Addr, network: [u8; 4], bits: u32) -> bool {
    (address.to_bits() ^ u32::from_be_bytes(network)) >> (32 - bits) == 0
}

fn in_v6(address: Ipv6Addr, (network, bits): (u128, u32)) -> bool {
    (address.to_bits() ^ network) >> (128 - bits) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(address: &str) -> (bool, bool) {
        let address = address.parse().unwrap();
        (Networks::Public.contain(address), Networks::Private.contain(address))
    }

    #[test]
    fn the_internet_is_for_all() {
        for address in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "::ffff:1.1.1.1",
            "2606:4700:4700::1111",
            "2001:4860:4860::8888",
            "2001:200::",
        ] {
            assert_eq!(allowed(address), (true, true), "{address}");
        }
    }

    #[test]
    fn private_networks_are_for_who_lets_them() {
        for address in
            ["10.1.2.3", "172.31.255.255", "192.168.0.1", "127.0.0.1", "::1", "fd00::1", "::ffff:10.0.0.1"]
        {
            assert_eq!(allowed(address), (false, true), "{address}");
        }
    }

    #[test]
    fn what_is_neither_is_for_nobody() {
        for address in [
            "0.0.0.0",
            "100.64.0.1",
            "169.254.169.254",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::ffff:169.254.169.254",
            "64:ff9b::7f00:1",
            "fe80::1",
            "ff02::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
        ] {
            assert_eq!(allowed(address), (false, false), "{address}");
        }
    }
}
