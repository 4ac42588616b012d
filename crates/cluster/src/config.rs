//! The identity and the settings of a node.

use std::fmt;
use std::time::Duration;

use uuid::Uuid;

/// Identifies one run of a node; a node that restarts has another id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NodeId(Uuid);

impl NodeId {
    /// Returns a new id.
    pub fn random() -> Self {
        Self(Uuid::new_v4())
    }

    pub(crate) fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }

    pub(crate) fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Uuid::parse_str(text).ok().map(Self)
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.simple().fmt(f)
    }
}

/// The settings of a node; the defaults of [`Config::new`] suit an installation.
#[derive(Clone)]
pub struct Config {
    /// The server: `redis://user:password@host:port/db` or `unix:///path`.
    pub url: String,
    /// This node.
    pub node: NodeId,
    /// Part of all names of channels and keys, so that several installations can share a server.
    pub prefix: String,
    /// The time between two heartbeats.
    pub heartbeat: Duration,
    /// How long a node counts as alive after its last announcement; several heartbeats.
    pub ttl: Duration,
    /// How long a user must be gone from all other nodes before [`ClusterEvent::UserOffline`](crate::ClusterEvent).
    pub linger: Duration,
    /// How long the connection may be idle before a PING is sent.
    pub ping: Duration,
    /// The limit for one answer of the server and for connecting; a hang is noticed after `ping` and `timeout`.
    pub timeout: Duration,
    /// The most messages that wait to be sent.
    pub queue: usize,
    /// The most bytes that wait to be sent.
    pub queue_bytes: usize,
}

impl Config {
    /// Returns settings with a new id: a heartbeat every 10 s, a life of 30 s, a hang noticed within 2 s.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            node: NodeId::random(),
            prefix: "main".to_owned(),
            heartbeat: Duration::from_secs(10),
            ttl: Duration::from_secs(30),
            linger: Duration::from_secs(5),
            ping: Duration::from_secs(1),
            timeout: Duration::from_secs(1),
            queue: 8192,
            queue_bytes: 16 << 20,
        }
    }
}

impl fmt::Debug for Config {
    /// Omits the URL, which may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("node", &self.node)
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_not_written_to_a_log() {
        assert!(!format!("{:?}", Config::new("redis://:geheim@h")).contains("geheim"));
    }

    #[test]
    fn an_id_is_read_as_it_is_written() {
        let node = NodeId::random();
        assert_eq!(NodeId::parse(&node.to_string()), Some(node));
        assert_eq!(NodeId::from_bytes(*node.as_bytes()), node);
        assert_ne!(node, NodeId::random());
    }
}
