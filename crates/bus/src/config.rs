//! How a node takes part.

use std::fmt;
use std::time::Duration;

use uuid::Uuid;

/// Names one node from its start to its end; a node that starts again is another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NodeId(Uuid);

impl NodeId {
    /// Makes the name of a node that starts now.
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

/// How a node takes part; [`Config::new`] has what serves an installation, tests are quicker.
#[derive(Clone)]
pub struct Config {
    /// The server: `redis://user:password@host:port/db` or `unix:///path`.
    pub url: String,
    /// This node.
    pub node: NodeId,
    /// What the names of channels and keys carry, so that several installations can share a server.
    pub prefix: String,
    /// How often a node says that it lives.
    pub beat: Duration,
    /// How long a node that is not heard is believed; some beats.
    pub ttl: Duration,
    /// How long a user may be gone from all other nodes before [`Heard::Went`](crate::Heard::Went) says so.
    pub linger: Duration,
    /// How long the connection may be idle before the server is asked whether it is there.
    pub ping: Duration,
    /// How long the server may take for an answer, connecting included; with `ping` the time until a hang is noticed.
    pub timeout: Duration,
    /// How many messages wait at most.
    pub queue: usize,
    /// How many bytes wait at most.
    pub queue_bytes: usize,
}

impl Config {
    /// Takes part with a new name: beats every 10 s, is believed for 30 s, notices a hang within 2 s.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            node: NodeId::random(),
            prefix: "main".to_owned(),
            beat: Duration::from_secs(10),
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
    /// Leaves the URL out: it may hold a password.
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
    fn a_nodes_name_is_read_as_it_is_written() {
        let node = NodeId::random();
        assert_eq!(NodeId::parse(&node.to_string()), Some(node));
        assert_eq!(NodeId::from_bytes(*node.as_bytes()), node);
        assert_ne!(node, NodeId::random());
    }
}
