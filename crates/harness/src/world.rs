//! What clients that come back share: where their server is, and what they are to do.

use std::net::SocketAddr;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use crate::replica::Replica;

/// How clients live.
#[derive(Debug, Clone)]
pub struct Habits {
    /// How long a connection lasts before it is cut, though not before what was sent again is acknowledged.
    pub online: Range<Duration>,
    /// How long a client whose connection was cut stays away.
    pub away: Range<Duration>,
    /// How long a client waits that could not come in.
    pub again: Range<Duration>,
    /// Whether they use Socket.IO's connection state recovery, and not our own cursor.
    pub recovery: bool,
    /// The cursor that they begin with.
    pub cursor: String,
}

/// What everybody is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// To talk, with connections that are cut.
    Roam,
    /// To talk, with connections that last.
    Stay,
    /// To go.
    Leave,
}

/// One client's state, which others may look at.
pub(crate) type Shared = Arc<Mutex<Replica>>;

/// What a client sees of the world.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) server: watch::Receiver<Option<SocketAddr>>,
    pub(crate) phase: watch::Receiver<Phase>,
    pub(crate) news: Arc<watch::Sender<()>>,
    pub(crate) habits: Arc<Habits>,
    pub(crate) http: reqwest::Client,
}

pub(crate) fn seen(replica: &Shared) -> MutexGuard<'_, Replica> {
    replica.lock().unwrap_or_else(PoisonError::into_inner)
}
