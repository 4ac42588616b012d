//! The node as its callers see it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use parking_lot::Mutex;

use crate::config::{Config, NodeId};
use crate::presence::Presence;
use crate::publisher::Publisher;
use crate::state::State;
use crate::subscriber::{ClusterEvent, Subscriber};
use crate::{connection, worker};

/// This node of the cluster; no method waits for Redis, except [`Node::stop`].
pub struct Node {
    /// Sends to the other nodes.
    pub publisher: Arc<Publisher>,
    /// Receives from the other nodes.
    pub subscriber: Arc<Subscriber>,
    /// Which users are on which node.
    pub presence: Arc<Presence>,
    state: Arc<State>,
    ended: Mutex<Receiver<()>>,
}

/// Why a node did not start; a Redis that is away is no reason.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The URL is not one of a Redis server.
    #[error("the Redis address is not valid: {0}")]
    Url(String),
    /// The system did not start a thread.
    #[error("no thread for the cluster: {0}")]
    Thread(#[from] std::io::Error),
}

/// The state of a node and its counts since the start.
#[derive(Debug, Clone, Copy)]
pub struct Status {
    /// Whether Redis is connected.
    pub connected: bool,
    /// Messages sent to Redis.
    pub sent: u64,
    /// Messages received from other nodes.
    pub received: u64,
    /// Messages dropped because the queue was full or Redis away; of a batch that failed some may have been sent.
    pub dropped: u64,
    /// Other nodes that are alive.
    pub nodes: usize,
}

impl Node {
    /// Starts a thread that connects and stays connected; it calls `handler` for each event, which must return soon.
    pub fn start(
        config: Config,
        handler: Arc<dyn Fn(ClusterEvent) + Send + Sync>,
    ) -> Result<Self, StartError> {
        let client = connection::client(&config.url).map_err(|error| StartError::Url(error.to_string()))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let state = Arc::new(State::new(config, handler));
        let (end, ended) = channel();
        let shared = Arc::clone(&state);
        thread::Builder::new().name("cluster".to_owned()).spawn(move || {
            let run = || runtime.block_on(worker::run(Arc::clone(&shared), client.clone()));
            while catch_unwind(AssertUnwindSafe(run)).is_err() {
                tracing::error!("the thread of the cluster panicked and connects anew");
                shared.set_disconnected();
            }
            // Without waiting for a lookup of the host.
            runtime.shutdown_background();
            drop(end);
        })?;
        let (publisher, subscriber) = (Arc::clone(&state.publisher), Arc::clone(&state.subscriber));
        let presence = Arc::clone(&state.presence);
        Ok(Self { publisher, subscriber, presence, state, ended: Mutex::new(ended) })
    }

    /// Returns this node's id.
    pub fn id(&self) -> NodeId {
        self.state.config.node
    }

    /// Returns the state of this node.
    pub fn status(&self) -> Status {
        Status {
            connected: self.state.is_connected(),
            sent: self.publisher.sent(),
            received: self.subscriber.received(),
            dropped: self.publisher.dropped(),
            nodes: self.presence.nodes(),
        }
    }

    /// Sends what waits, announces the stop to the other nodes and ends; returns whether that was done within `limit`.
    pub fn stop(&self, limit: Duration) -> bool {
        self.state.stop();
        // The channel closes when the thread ends.
        self.ended.lock().recv_timeout(limit) == Err(RecvTimeoutError::Disconnected)
    }
}

impl Drop for Node {
    /// Stops without waiting.
    fn drop(&mut self) {
        self.state.stop();
    }
}
