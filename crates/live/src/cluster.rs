//! The other nodes of the installation, through Redis. What a node misses it reads from the log.

use std::sync::Arc;

use ::cluster::{Node, Shard};
use bytes::Bytes;
use domain::event::{Event, Logged};
use domain::id::SessionId;
use serde::Serialize;

mod wire;

pub use wire::NodeMessage;

/// Sends to the other nodes.
pub struct Cluster {
    node: Arc<Node>,
}

impl Cluster {
    pub(crate) fn new(node: Arc<Node>) -> Self {
        Self { node }
    }

    /// Publishes entries: their positions to all nodes, events of a room to those that have members of it.
    pub(crate) fn publish(&self, logged: &[Logged]) {
        let shard = |logged: &Logged| logged.entry.scope().room().map(Shard::of);
        let mut sharded: Vec<(Shard, &Logged)> =
            logged.iter().filter_map(|logged| Some((shard(logged)?, logged))).collect();
        sharded.sort_by_key(|(shard, logged)| (*shard, logged.position));
        for chunk in sharded.chunk_by(|a, b| a.0 == b.0) {
            if let Some((shard, _)) = chunk.first() {
                let logged = chunk.iter().map(|(_, logged)| (*logged).clone());
                self.send(&[*shard], &NodeMessage::Room(logged.collect()));
            }
        }
        // After the events, so that nodes that get both need not wait for them.
        self.broadcast(&NodeMessage::all(logged));
    }

    /// Sends an event that is not in the log to the other nodes.
    pub(crate) fn send_volatile(&self, event: Event) {
        let room = event.audience.room();
        let message = NodeMessage::Volatile(event);
        match room {
            Some(room) => self.send(&[Shard::of(room)], &message),
            None => self.broadcast(&message),
        }
    }

    /// Has the other nodes close the connections of a session.
    pub(crate) fn revoke(&self, session: SessionId) {
        if let Some(payload) = encoded(&session) {
            self.node.publisher.revoke(payload);
        }
    }

    /// Has the other nodes close what they have of a client that came back here.
    pub(crate) fn recovered(&self, client: u64) {
        self.broadcast(&NodeMessage::Recovered(client));
    }

    /// Returns whether events of the other nodes arrive.
    pub fn connected(&self) -> bool {
        self.node.status().connected
    }

    /// Announces to the other nodes that this one stops.
    pub fn stop(&self) {
        self.node.stop(std::time::Duration::from_secs(1));
    }

    fn send(&self, shards: &[Shard], message: &NodeMessage) {
        if let Some(payload) = encoded(message) {
            self.node.publisher.publish(shards, payload);
        }
    }

    fn broadcast(&self, message: &NodeMessage) {
        if let Some(payload) = encoded(message) {
            self.node.publisher.broadcast(payload);
        }
    }
}

/// Serialising our own values does not fail; if it did, the other nodes would read the log.
fn encoded(message: &impl Serialize) -> Option<Bytes> {
    serde_json::to_vec(message)
        .inspect_err(|error| tracing::error!(%error, "a message to the other nodes cannot be serialised"))
        .ok()
        .map(Bytes::from)
}
