//! A node whose every event is awaited, with a deadline.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use cluster::{ClusterEvent, Config, Node, NodeId, Shard};
use domain::id::{RoomId, UserId};
use parking_lot::Mutex;

/// A loaded machine is slow.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) struct TestNode {
    pub node: Node,
    received: Mutex<Receiver<ClusterEvent>>,
}

/// A configuration of this test's own, so that tests can share a server.
pub(crate) fn config(url: &str) -> Config {
    Config { prefix: format!("test-{}", NodeId::random()), ..Config::new(url) }
}

/// A further node of the same installation.
pub(crate) fn another(config: &Config) -> Config {
    Config { node: NodeId::random(), ..config.clone() }
}

impl TestNode {
    pub(crate) fn start(config: Config) -> Self {
        let (sender, received) = channel();
        let handler = move |event| drop(sender.send(event));
        let node = Node::start(config, Arc::new(handler)).expect("a node starts whatever Redis does");
        Self { node, received: Mutex::new(received) }
    }

    /// Starts and waits until Redis is there.
    pub(crate) fn connected(config: Config) -> Self {
        let node = Self::start(config);
        node.expect(&ClusterEvent::Connected);
        node
    }

    /// Waits for an event of this kind and returns what it found in it; other events pass.
    pub(crate) fn wait<T>(&self, what: &str, mut find: impl FnMut(ClusterEvent) -> Option<T>) -> T {
        let (received, deadline) = (self.received.lock(), Instant::now() + PATIENCE);
        loop {
            match received.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(event) => {
                    if let Some(found) = find(event) {
                        return found;
                    }
                }
                Err(RecvTimeoutError::Timeout) => panic!("{what}: not within {PATIENCE:?}"),
                Err(RecvTimeoutError::Disconnected) => panic!("{what}: the node has ended"),
            }
        }
    }

    pub(crate) fn expect(&self, wanted: &ClusterEvent) {
        self.wait(&format!("{wanted:?}"), |received| (received == *wanted).then_some(()));
    }

    /// Returns what is received before a broadcast that `other` sends now, fences and what this node asked for left out.
    pub(crate) fn until_fence(&self, other: &Self) -> Vec<ClusterEvent> {
        let fence = Bytes::from(format!("fence {}", NodeId::random()));
        other.node.publisher.broadcast(fence.clone());
        let mut before = Vec::new();
        self.wait("the fence", |received| {
            if received == ClusterEvent::Broadcast(fence.clone()) {
                return Some(());
            }
            before.push(received);
            None
        });
        before.retain(|received| match received {
            ClusterEvent::Broadcast(payload) => !payload.starts_with(b"fence "),
            received => !matches!(received, ClusterEvent::Subscribed(_)),
        });
        before
    }

    /// Subscribes and waits until it is in force.
    pub(crate) fn listen(&self, room: RoomId) {
        self.node.subscriber.subscribe(room);
        self.expect(&ClusterEvent::Subscribed(Shard::of(room)));
    }
}

pub(crate) fn event(room: RoomId, text: &'static str) -> ClusterEvent {
    ClusterEvent::Message { shard: Shard::of(room), payload: Bytes::from_static(text.as_bytes()) }
}

/// Makes rooms of different shards.
pub(crate) fn rooms<const N: usize>() -> [RoomId; N] {
    let mut rooms: Vec<RoomId> = Vec::new();
    while rooms.len() < N {
        let room = RoomId::generate();
        if rooms.iter().all(|other| Shard::of(*other) != Shard::of(room)) {
            rooms.push(room);
        }
    }
    rooms.try_into().unwrap()
}

pub(crate) fn user(id: i64) -> UserId {
    UserId(id)
}

/// Waits for what another party does without an event.
pub(crate) fn eventually(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < deadline, "{what}: not within {PATIENCE:?}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Asks the server itself.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn ask<T: redis::FromRedisValue>(url: &str, command: &str) -> redis::RedisResult<T> {
    let mut redis = redis::Client::open(url)?.get_multiplexed_async_connection().await?;
    let mut words = command.split(' ');
    let mut command = redis::cmd(words.next().unwrap_or_default());
    for word in words {
        command.arg(word);
    }
    command.query_async(&mut redis).await
}
