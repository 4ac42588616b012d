//! The other nodes of the installation, through Redis. What a node misses it reads from the log.

use std::sync::Arc;

use ::cluster::{Node, Shard};
use bytes::Bytes;
use domain::event::{Event, Logged};
use domain::id::{RoomId, SessionId, UserId};
use serde::Serialize;

mod interest;
mod receive;
mod wire;

pub(crate) use interest::Listening;
pub(crate) use receive::receive;

use interest::Interest;
use wire::NodeMessage;

/// This node among the others.
pub(crate) struct Cluster {
    node: Node,
    interest: Arc<Interest>,
}

impl Cluster {
    pub(crate) fn new(node: Node) -> Self {
        Self { node, interest: Arc::default() }
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

    /// Has the other nodes end the connections of a sign-in.
    pub(crate) fn revoke(&self, session: SessionId) {
        if let Some(payload) = encoded(&session) {
            self.node.publisher.revoke(payload);
        }
    }

    /// Has the other nodes close what they have of a client that came back here.
    pub(crate) fn recovered(&self, client: u64) {
        self.broadcast(&NodeMessage::Recovered(client));
    }

    /// Listens to the rooms of a user for as long as what is returned is kept.
    pub(crate) fn listen(self: &Arc<Self>, user: UserId, rooms: Vec<RoomId>) -> Listening {
        self.interest.enter(user, rooms, |room| self.node.subscriber.subscribe(room));
        Listening::new(Arc::clone(self), user)
    }

    /// Listens to one more room for a user, if they are here.
    pub(crate) fn opened(&self, user: UserId, room: RoomId) {
        self.interest.open(user, room, |room| self.node.subscriber.subscribe(room));
    }

    /// Notes a user's first connection on this node; true when no other node has them.
    pub(crate) fn enter(&self, user: UserId) -> bool {
        self.node.presence.connect(user)
    }

    /// Notes the end of a user's last connection on this node; true when no other node has them.
    pub(crate) fn leave(&self, user: UserId) -> bool {
        self.node.presence.disconnect(user)
    }

    /// Whether a user is on any node, as far as is known.
    pub(crate) fn online(&self, user: UserId) -> bool {
        self.node.presence.online(user)
    }

    /// Whether the other nodes can be heard.
    pub(crate) fn connected(&self) -> bool {
        self.node.status().connected
    }

    /// Announces to the other nodes that this one stops.
    pub(crate) fn stop(&self) {
        self.node.stop(std::time::Duration::from_secs(1));
    }

    fn unlisten(&self, user: UserId) {
        self.interest.leave(user, |room| self.node.subscriber.unsubscribe(room));
    }

    fn has_members(&self, room: RoomId) -> bool {
        self.interest.has(room)
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

/// Serialising our own values cannot fail; were one to, the other nodes find it in the log.
fn encoded(word: &impl Serialize) -> Option<Bytes> {
    serde_json::to_vec(word)
        .inspect_err(|error| tracing::error!(%error, "a word to the other nodes cannot be written"))
        .ok()
        .map(Bytes::from)
}
