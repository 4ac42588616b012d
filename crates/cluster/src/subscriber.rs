//! Receives the messages of the other nodes, each once, and counts who subscribes to each shard.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use ahash::AHashMap;
use bytes::Bytes;
use domain::id::{RoomId, UserId};
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::channels::Shard;
use crate::config::NodeId;
use crate::message::{Announcement, Change, Kind, Message};
use crate::presence::Presence;

/// The most nodes whose last number is kept; beyond it one message of each may be delivered twice.
const NODES: usize = 1024;

/// What happens in the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClusterEvent {
    /// All subscriptions are in force; messages until now may have been missed.
    Connected,
    /// No message is received or sent from now on.
    Disconnected,
    /// A shard subscribed to since [`ClusterEvent::Connected`] is in force.
    Subscribed(Shard),
    /// A node published to a shard that this node subscribes to.
    Message {
        /// One of the shards that it was published to.
        shard: Shard,
        /// The payload.
        payload: Bytes,
    },
    /// A node sent to all nodes.
    Broadcast(Bytes),
    /// A node revoked; may be repeated.
    Revocation(Bytes),
    /// A user who was on no node is on another node.
    UserOnline(UserId),
    /// A user who was on other nodes is on none since [`Config::linger`](crate::Config::linger).
    UserOffline(UserId),
}

/// Called for each event, one at a time, on the cluster's thread; must return soon.
pub(crate) type Handler = Arc<dyn Fn(ClusterEvent) + Send + Sync>;

/// Receives from the other nodes.
pub struct Subscriber {
    node: NodeId,
    handler: Handler,
    presence: Arc<Presence>,
    /// The number of subscriptions of each shard.
    shards: Mutex<[u32; Shard::COUNT]>,
    /// The number of the newest message of each node; older ones are copies, or late.
    newest: Mutex<AHashMap<NodeId, u64>>,
    received: AtomicU64,
    wake: Arc<Notify>,
}

impl Subscriber {
    /// `wake` is notified when the wanted shards or the nodes to be read changed.
    pub(crate) fn new(node: NodeId, handler: Handler, presence: Arc<Presence>, wake: Arc<Notify>) -> Self {
        Self {
            node,
            handler,
            presence,
            shards: Mutex::new([0; Shard::COUNT]),
            newest: Mutex::default(),
            received: AtomicU64::new(0),
            wake,
        }
    }

    /// Subscribes to a room's shard, until [`Subscriber::unsubscribe`] was called as often.
    pub fn subscribe(&self, room: RoomId) {
        if let Some(count) = self.shards.lock().get_mut(Shard::of(room).number()) {
            *count = count.saturating_add(1);
            if *count == 1 {
                self.wake.notify_one();
            }
        }
    }

    /// Takes back one [`Subscriber::subscribe`].
    pub fn unsubscribe(&self, room: RoomId) {
        if let Some(count @ 1..) = self.shards.lock().get_mut(Shard::of(room).number()) {
            *count -= 1;
            if *count == 0 {
                self.wake.notify_one();
            }
        }
    }

    /// Returns the shards that have subscriptions, in order.
    pub(crate) fn wanted(&self) -> Vec<Shard> {
        let counts = self.shards.lock();
        Shard::all().zip(counts.iter()).filter(|(_, count)| **count > 0).map(|(shard, _)| shard).collect()
    }

    /// Takes a message that came over the channel of a shard or of all nodes.
    pub(crate) fn receive(&self, shard: Option<Shard>, message: Message) {
        let Message { kind, node, number, payload } = message;
        if node == self.node || !self.is_new(node, number) {
            return;
        }
        self.received.fetch_add(1, Ordering::Relaxed);
        match (kind, shard) {
            (Kind::Room, Some(shard)) => self.emit(ClusterEvent::Message { shard, payload }),
            (Kind::Room, None) => {}
            (Kind::Broadcast, _) => self.emit(ClusterEvent::Broadcast(payload)),
            (Kind::Revocation, _) => self.emit(ClusterEvent::Revocation(payload)),
            (Kind::Presence, _) => {
                let Some(announcement) = Announcement::decode(&payload) else { return };
                let now = Instant::now();
                self.emit_changes(self.presence.update(|remote| remote.receive(node, announcement, now)));
                if self.presence.has_unread() {
                    self.wake.notify_one();
                }
            }
        }
    }

    /// Calls the handler; a panic in it is logged.
    pub(crate) fn emit(&self, event: ClusterEvent) {
        if catch_unwind(AssertUnwindSafe(|| (self.handler)(event))).is_err() {
            tracing::error!("the handler of cluster events panicked");
        }
    }

    pub(crate) fn emit_changes(&self, changes: Vec<Change>) {
        for Change { user, online } in changes {
            self.emit(if online { ClusterEvent::UserOnline(user) } else { ClusterEvent::UserOffline(user) });
        }
    }

    pub(crate) fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    fn is_new(&self, node: NodeId, number: u64) -> bool {
        let mut newest = self.newest.lock();
        if newest.len() >= NODES && !newest.contains_key(&node) {
            newest.clear();
        }
        let before = newest.entry(node).or_default();
        let new = number > *before;
        *before = number.max(*before);
        new
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn a_shard_is_wanted_from_the_first_room_to_the_last() {
        let wake = Arc::new(Notify::new());
        let presence = Arc::new(Presence::new(std::time::Duration::ZERO, Arc::clone(&wake)));
        let subscriber = Subscriber::new(NodeId::random(), Arc::new(drop), presence, Arc::clone(&wake));
        let woken = || wake.notified().now_or_never().is_some();
        let subscribe = |room| {
            subscriber.subscribe(room);
            woken()
        };
        let unsubscribe = |room| {
            subscriber.unsubscribe(room);
            woken()
        };
        let room = RoomId::generate();
        // Another room of the same shard.
        let other =
            std::iter::repeat_with(RoomId::generate).find(|other| Shard::of(*other) == Shard::of(room));
        let other = other.unwrap();
        assert!(subscribe(room) && !subscribe(room) && !subscribe(other));
        assert_eq!(subscriber.wanted(), [Shard::of(room)]);
        assert!(!unsubscribe(room) && !unsubscribe(room));
        assert_eq!(subscriber.wanted(), [Shard::of(room)]);
        assert!(unsubscribe(other));
        assert_eq!(subscriber.wanted(), []);
        assert!(!unsubscribe(room), "one too many changes nothing");
        assert!(subscribe(room));
    }
}
