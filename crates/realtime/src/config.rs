//! What an operator may set about live connections.

use std::time::Duration;

/// The limits and intervals of every connection.
#[derive(Debug, Clone)]
pub struct Config {
    /// How long after a pong the next ping goes out.
    pub ping_interval: Duration,
    /// How long a client has to answer a ping before it counts as gone.
    pub ping_timeout: Duration,
    /// How long a client that changes its transport may take for it before the old one is used on.
    pub upgrade_timeout: Duration,
    /// How long what waits for a client is kept for its next poll once its session has ended.
    pub linger: Duration,
    /// How long a connection may stay open without having joined.
    pub connect_timeout: Duration,
    /// The largest message in bytes that a client may send.
    pub max_payload: usize,
    /// How many bytes may wait for one client before it is cut off.
    pub queue_bytes: usize,
    /// How many frames may wait for one client before it is cut off.
    pub queue_frames: usize,
    /// How long a client may leave what waits for it unread before it is cut off, at most.
    pub stall_timeout: Duration,
    /// How many events of one client are handled at once; the rest of what it sends waits in its socket.
    pub max_pending: usize,
    /// The origins, beside the server's own, whose pages may connect; each as `scheme://host[:port]`.
    pub origins: Vec<String>,
    /// Whether answers say which of those pages may read them; to be turned off where something in front does.
    pub cors: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            ping_interval: Duration::from_secs(20),
            ping_timeout: Duration::from_secs(10),
            upgrade_timeout: Duration::from_secs(10),
            linger: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(10),
            max_payload: 1_000_000,
            queue_bytes: 1024 * 1024,
            queue_frames: 1024,
            stall_timeout: Duration::from_secs(15),
            max_pending: 256,
            origins: Vec::new(),
            cors: true,
        }
    }
}

impl Config {
    /// How often a hub looks for sessions that do not read: fine enough for the patience, and never a burden.
    pub(crate) fn tick(&self) -> Duration {
        (self.stall_timeout / 20).clamp(Duration::from_millis(10), Duration::from_millis(500))
    }

    /// How long a client may seem not to read; shorter by what the hub's look may be late.
    pub(crate) fn patience(&self) -> Duration {
        self.stall_timeout.saturating_sub(self.tick() * 2)
    }

    /// How long an ended connection may take to send its last bytes.
    pub(crate) fn grace(&self) -> Duration {
        self.stall_timeout.min(Duration::from_secs(5))
    }
}
