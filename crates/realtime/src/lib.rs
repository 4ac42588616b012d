//! Live connections: Engine.IO sessions on Actix, and the hubs that route events between their sockets.
//!
//! The crate knows users, rooms and sockets, but not what a message means: events of clients go to a
//! [`dispatch::Dispatch`], events for clients come through [`hub::Hubs::emit`].

pub mod broadcast;
pub mod dispatch;
pub mod endpoint;
pub mod frame;
pub mod hub;
pub mod request;
pub mod server;

mod heartbeat;
mod send_queue;
mod session;
mod transport;

use std::{fmt, ops::Range, sync::Arc, time::Duration};

use crate::frame::Frame;

/// The limits and intervals of every connection.
#[derive(Debug, Clone)]
pub struct Config {
    /// Time from a pong to the next ping.
    pub ping_interval: Duration,
    /// Time that a client has to answer a ping.
    pub ping_timeout: Duration,
    /// Time that an upgrade of the transport may take before it is abandoned.
    pub upgrade_timeout: Duration,
    /// How long packets are kept for the next poll after the end of a session.
    pub linger: Duration,
    /// Time that a session may take to join its first namespace.
    pub connect_timeout: Duration,
    /// The largest message of a client, in bytes.
    pub max_payload: usize,
    /// Number of bytes that may be queued for one client before its session ends.
    pub queue_bytes: usize,
    /// Number of packets that may be queued for one client before its session ends.
    pub queue_frames: usize,
    /// Time that a client may leave queued packets unread before its session ends, at most.
    pub stall_timeout: Duration,
    /// Number of events of one client that are handled at once; the rest is left in its socket.
    pub max_pending: usize,
    /// The origins, beside the server's own, whose pages may connect; each as `scheme://host[:port]`.
    pub origins: Vec<String>,
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
        }
    }
}

impl Config {
    /// Time between two checks for sessions that do not read.
    pub(crate) fn tick(&self) -> Duration {
        (self.stall_timeout / 20).clamp(Duration::from_millis(10), Duration::from_millis(500))
    }

    /// Time after which a session counts as stalled; less than `stall_timeout` by what a check may be late.
    pub(crate) fn stall_after(&self) -> Duration {
        self.stall_timeout.saturating_sub(self.tick() * 2)
    }

    /// Time for the last bytes of a connection that has ended.
    pub(crate) fn grace(&self) -> Duration {
        self.stall_timeout.min(Duration::from_secs(5))
    }
}

/// How a server ends its sessions.
#[derive(Clone)]
pub struct Drain {
    /// Over how long the sessions end, each at a moment of its own.
    pub over: Duration,
    /// How long a session that is to end may stay for events that are still being handled.
    pub patience: Duration,
    /// How long clients are asked to stay away, each a while of its own.
    pub pause: Range<Duration>,
    /// Makes the event that is sent to clients, if there is one.
    pub notice: Option<Notice>,
}

/// Makes the event that asks a client to stay away for a while.
pub type Notice = Arc<dyn Fn(Duration) -> Frame + Send + Sync>;

impl Drain {
    /// Ends all sessions at once, without an event.
    pub const fn at_once() -> Self {
        Self {
            over: Duration::ZERO,
            patience: Duration::ZERO,
            pause: Duration::ZERO..Duration::ZERO,
            notice: None,
        }
    }
}

impl fmt::Debug for Drain {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Drain")
            .field("over", &self.over)
            .field("patience", &self.patience)
            .field("pause", &self.pause)
            .finish_non_exhaustive()
    }
}
