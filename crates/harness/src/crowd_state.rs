//! What the clients of a crowd share: the server's address, their settings, and the phase of the test.

use std::net::SocketAddr;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use crate::replica::Replica;

/// How clients connect, disconnect and connect again.
#[derive(Debug, Clone)]
pub struct ClientSettings {
    /// How long a connection lasts before it is cut, though not before what was sent again is acknowledged.
    pub online: Range<Duration>,
    /// How long a client whose connection was cut stays away.
    pub away: Range<Duration>,
    /// How long a client waits that could not connect.
    pub again: Range<Duration>,
    /// Whether they use Socket.IO's connection state recovery instead of the cursor.
    pub recovery: bool,
    /// The cursor that they begin with.
    pub cursor: String,
}

/// What all clients do at present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Send, with connections that are cut.
    Reconnect,
    /// Send, with connections that last.
    Stay,
    /// Disconnect and end.
    Leave,
}

/// One client's replica, which the test reads.
pub(crate) type SharedReplica = Arc<Mutex<Replica>>;

/// The shared state, as one client has it.
#[derive(Debug, Clone)]
pub(crate) struct CrowdState {
    pub(crate) server: watch::Receiver<Option<SocketAddr>>,
    pub(crate) phase: watch::Receiver<Phase>,
    pub(crate) changed: Arc<watch::Sender<()>>,
    pub(crate) settings: Arc<ClientSettings>,
    pub(crate) http: reqwest::Client,
}

pub(crate) fn lock(replica: &SharedReplica) -> MutexGuard<'_, Replica> {
    replica.lock().unwrap_or_else(PoisonError::into_inner)
}
