//! How many sessions of Engine.IO there may be: of one address, of those the ones that no user has authenticated, and all
//! together by memory.

use std::cell::Cell;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;
use std::sync::Arc;

use auth::throttle::prefix;
use parking_lot::Mutex;

use crate::config::Limits;
use crate::memory::Memory;
use crate::refusals::{MEMORY, Refusals, SESSIONS, UNAUTHENTICATED};

/// Counts the open sessions of each address (IPv6: /64).
pub(crate) struct Connections {
    sessions_max: usize,
    unauthenticated_max: usize,
    memory: Memory,
    refusals: Refusals,
    addresses: Mutex<HashMap<IpAddr, Counts>>,
}

/// The sessions of one address.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    sessions: usize,
    /// Those of them that no user has authenticated yet.
    unauthenticated: usize,
}

/// Counts as a session of its address until it is dropped.
pub(crate) struct Permit {
    connections: Arc<Connections>,
    address: IpAddr,
    authenticated: Cell<bool>,
}

impl Connections {
    pub(crate) fn new(limits: &Limits, refusals: Refusals) -> Arc<Self> {
        Arc::new(Self {
            sessions_max: limits.address_sessions_max,
            unauthenticated_max: limits.address_unauthenticated_max,
            memory: Memory::new(limits.memory_max_bytes),
            refusals,
            addresses: Mutex::default(),
        })
    }

    /// Counts a session of this address, or says why there may not be one more.
    pub(crate) fn admit(self: &Arc<Self>, address: IpAddr) -> Result<Permit, &'static str> {
        if self.memory.is_short() {
            self.refusals.add(MEMORY);
            return Err("The server is short of memory, try again in a moment");
        }
        let address = prefix(address);
        let mut addresses = self.addresses.lock();
        let counts = addresses.entry(address).or_default();
        let full = (counts.sessions >= self.sessions_max).then_some(SESSIONS);
        let unknown = (counts.unauthenticated >= self.unauthenticated_max).then_some(UNAUTHENTICATED);
        if let Some(limit) = unknown.or(full) {
            self.refusals.add(limit);
            return Err("Too many connections from this address, try again in a moment");
        }
        counts.sessions += 1;
        counts.unauthenticated += 1;
        drop(addresses);
        Ok(Permit { connections: Arc::clone(self), address, authenticated: Cell::new(false) })
    }
}

impl Permit {
    /// Notes that a user has authenticated the session.
    pub(crate) fn authenticated(&self) {
        if !self.authenticated.replace(true)
            && let Some(counts) = self.connections.addresses.lock().get_mut(&self.address)
        {
            counts.unauthenticated -= 1;
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut addresses = self.connections.addresses.lock();
        if let Entry::Occupied(mut entry) = addresses.entry(self.address) {
            let counts = entry.get_mut();
            counts.sessions -= 1;
            counts.unauthenticated -= usize::from(!self.authenticated.get());
            if counts.sessions == 0 {
                entry.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connections(sessions: usize, unauthenticated: usize) -> Arc<Connections> {
        let limits = Limits {
            address_sessions_max: sessions,
            address_unauthenticated_max: unauthenticated,
            ..Limits::default()
        };
        Connections::new(&limits, Refusals::default())
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_has_so_many_sessions_and_fewer_that_are_not_authenticated() {
        let (connections, one) = (connections(3, 2), address("192.0.2.1"));
        let first = connections.admit(one).unwrap();
        let second = connections.admit(one).unwrap();
        assert!(connections.admit(one).is_err(), "two are not authenticated");
        first.authenticated();
        first.authenticated();
        let third = connections.admit(one).unwrap();
        assert!(connections.admit(one).is_err(), "two are not authenticated again");
        second.authenticated();
        third.authenticated();
        assert!(connections.admit(one).is_err(), "there are three");
        assert_eq!(connections.refusals.get(UNAUTHENTICATED), 2);
        assert_eq!(connections.refusals.get(SESSIONS), 1);
        assert!(connections.admit(address("192.0.2.2")).is_ok());
        drop(third);
        assert!(connections.admit(one).is_ok());
        drop((first, second));
        assert_eq!(connections.addresses.lock().len(), 0, "nothing is left of them");
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one_address() {
        let connections = connections(1, 1);
        let _session = connections.admit(address("2001:db8::1")).unwrap();
        assert!(connections.admit(address("2001:db8::ffff:0:0:2")).is_err());
        assert!(connections.admit(address("2001:db8:0:1::1")).is_ok());
        assert!(connections.admit(address("192.0.2.1")).is_ok());
        assert!(connections.admit(address("::ffff:192.0.2.1")).is_ok(), "the one before is gone");
    }
}
