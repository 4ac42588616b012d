//! The bus as its callers see it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use domain::id::{RoomId, UserId};
use parking_lot::Mutex;

use crate::config::{Config, NodeId};
use crate::outbox::{Message, To};
use crate::shard::Shard;
use crate::shared::{Heard, Shared, Status};
use crate::{driver, link};

/// This node's end of the bus; no method waits for Redis, except [`Bus::stop`] for a moment.
pub struct Bus {
    shared: Arc<Shared>,
    ended: Mutex<Receiver<()>>,
}

/// Why a bus did not start; that Redis is away is no reason.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is none that a Redis can have.
    #[error("the Redis address is not valid: {0}")]
    Url(String),
    /// The system gave no thread.
    #[error("no thread for the bus: {0}")]
    Thread(#[from] std::io::Error),
}

impl Bus {
    /// Starts a thread that connects and stays connected; `heard` is called on it and must return soon.
    pub fn start(config: Config, heard: Arc<dyn Fn(Heard) + Send + Sync>) -> Result<Self, StartError> {
        let client = link::client(&config.url).map_err(|error| StartError::Url(error.to_string()))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let shared = Arc::new(Shared::new(config, heard));
        let (end, ended) = channel();
        let worker = Arc::clone(&shared);
        thread::Builder::new().name("bus".to_owned()).spawn(move || {
            let run = || runtime.block_on(driver::run(Arc::clone(&worker), client.clone()));
            while catch_unwind(AssertUnwindSafe(run)).is_err() {
                // A fault of the bus's own is one more way for Redis to be away.
                tracing::error!("the bus panicked and begins anew");
                worker.disconnected();
            }
            // Without waiting for a name that is still being looked up.
            runtime.shutdown_background();
            drop(end);
        })?;
        Ok(Self { shared, ended: Mutex::new(ended) })
    }

    /// Returns this node's name.
    pub fn node(&self) -> NodeId {
        self.shared.config.node
    }

    /// Sends to the other nodes that listen to any of the shards; each hears it at most once.
    pub fn publish(&self, shards: &[Shard], payload: Bytes) {
        if !shards.is_empty() {
            self.send(To::Shards(shards.into()), payload);
        }
    }

    /// Sends to all other nodes, each of which hears it at most once.
    pub fn notice(&self, payload: Bytes) {
        self.send(To::All, payload);
    }

    /// Sends to all other nodes before everything else; while Redis is away it waits, within a bound.
    pub fn revoke(&self, payload: Bytes) {
        self.shared.outbox.revoke(payload);
        self.shared.wake.notify_one();
    }

    /// Listens to a room's shard from soon on, until [`Bus::unsubscribe`] was called as often.
    pub fn subscribe(&self, room: RoomId) {
        if self.shared.interest.add(room) {
            self.shared.wake.notify_one();
        }
    }

    /// Takes one [`Bus::subscribe`] back.
    pub fn unsubscribe(&self, room: RoomId) {
        if self.shared.interest.remove(room) {
            self.shared.wake.notify_one();
        }
    }

    /// Notes a user's first connection on this node; true when the user is online by that, false when he was already by
    /// other nodes.
    pub fn enter(&self, user: UserId) -> bool {
        let mut presence = self.shared.presence.write();
        let (new, elsewhere) = (presence.own.enter(user), presence.others.has(user));
        drop(presence);
        if new {
            self.shared.wake.notify_one();
        }
        !elsewhere
    }

    /// Notes the end of a user's last connection on this node; true when the user is offline by that, false when he still
    /// is online by other nodes, whose end [`Heard::Went`] tells.
    pub fn leave(&self, user: UserId) -> bool {
        let mut presence = self.shared.presence.write();
        let (gone, elsewhere) = (presence.own.leave(user), presence.others.has(user));
        drop(presence);
        if gone {
            self.shared.wake.notify_one();
        }
        !elsewhere
    }

    /// Whether a user is here or, as far as is known, on another node; answered from memory.
    pub fn online(&self, user: UserId) -> bool {
        let presence = self.shared.presence.read();
        presence.own.has(user) || presence.others.has(user)
    }

    /// Returns how the bus is.
    pub fn status(&self) -> Status {
        self.shared.status()
    }

    /// Sends what waits, says goodbye to the others and ends; true when that was done within `patience`.
    pub fn stop(&self, patience: Duration) -> bool {
        self.shared.stop();
        // Nothing is ever sent: the channel closes when the thread ends.
        self.ended.lock().recv_timeout(patience) == Err(std::sync::mpsc::RecvTimeoutError::Disconnected)
    }

    fn send(&self, to: To, payload: Bytes) {
        if self.shared.outbox.push(Message { to, payload }) {
            self.shared.wake.notify_one();
        }
    }
}

impl Drop for Bus {
    /// Ends the bus as [`Bus::stop`] does, without waiting.
    fn drop(&mut self) {
        self.shared.stop();
    }
}
