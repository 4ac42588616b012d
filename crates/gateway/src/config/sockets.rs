//! The settings of how connections are kept.

use serde::{Deserialize, Serialize};

use super::error::{Error, range};

/// How connections are kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sockets {
    /// How long after a sign of life a connection is pinged, in milliseconds.
    pub ping_interval_ms: u64,
    /// How long a client has to answer a ping, in milliseconds.
    pub ping_timeout_ms: u64,
    /// How long a client may leave unread what waits for it, in milliseconds.
    pub stall_timeout_ms: u64,
    /// How often clients are sent the positions of the rooms that changed, in milliseconds.
    pub heads_ms: u64,
    /// The time over which connections are drained when the server stops, in milliseconds.
    pub drain_ms: u64,
}

impl Default for Sockets {
    fn default() -> Self {
        Self {
            ping_interval_ms: 20_000,
            ping_timeout_ms: 10_000,
            stall_timeout_ms: 15_000,
            heads_ms: 15_000,
            drain_ms: 3_000,
        }
    }
}

impl Sockets {
    pub(super) fn check(&self) -> Result<(), Error> {
        range("sockets.ping_interval_ms", self.ping_interval_ms, 10, 600_000)?;
        range("sockets.ping_timeout_ms", self.ping_timeout_ms, 10, 600_000)?;
        range("sockets.stall_timeout_ms", self.stall_timeout_ms, 10, 600_000)?;
        range("sockets.heads_ms", self.heads_ms, 10, 600_000)?;
        range("sockets.drain_ms", self.drain_ms, 0, 4_000)
    }
}
