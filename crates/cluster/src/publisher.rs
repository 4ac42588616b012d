//! Sends messages to the other nodes: a bounded queue, in order, closed while Redis is away.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use parking_lot::Mutex;
use smallvec::SmallVec;
use tokio::sync::Notify;

use crate::channels::Shard;
use crate::config::{Config, NodeId};
use crate::message::{Kind, Message};

/// The most revocations that wait, also while Redis is away.
const REVOCATIONS: usize = 4096;
/// The most messages and bytes of one batch.
const BATCH: usize = 512;
const BATCH_BYTES: usize = 256 << 10;

/// Where a message goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    All,
    Shards(SmallVec<[Shard; 4]>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outgoing {
    pub target: Target,
    pub payload: Bytes,
}

#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub revocations: Vec<Bytes>,
    pub messages: Vec<Outgoing>,
}

impl Batch {
    pub(crate) fn is_empty(&self) -> bool {
        self.revocations.is_empty() && self.messages.is_empty()
    }
}

/// Sends to the other nodes; no method waits.
pub struct Publisher {
    node: NodeId,
    capacity: usize,
    capacity_bytes: usize,
    queue: Mutex<Queue>,
    last_number: AtomicU64,
    sent: AtomicU64,
    dropped: AtomicU64,
    wake: Arc<Notify>,
}

#[derive(Default)]
struct Queue {
    open: bool,
    revocations: VecDeque<Bytes>,
    messages: VecDeque<Outgoing>,
    bytes: usize,
}

impl Publisher {
    /// `wake` is notified when something waits.
    pub(crate) fn new(config: &Config, wake: Arc<Notify>) -> Self {
        Self {
            node: config.node,
            capacity: config.queue,
            capacity_bytes: config.queue_bytes,
            queue: Mutex::default(),
            last_number: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
            wake,
        }
    }

    /// Sends to the other nodes that subscribe to any of the shards, to each at most once.
    pub fn publish(&self, shards: &[Shard], payload: Bytes) {
        if !shards.is_empty() {
            self.push(Outgoing { target: Target::Shards(shards.into()), payload });
        }
    }

    /// Sends to all other nodes, to each at most once.
    pub fn broadcast(&self, payload: Bytes) {
        self.push(Outgoing { target: Target::All, payload });
    }

    /// Sends to all other nodes before everything else; waits while Redis is away, the oldest dropped beyond a bound.
    pub fn revoke(&self, payload: Bytes) {
        let mut queue = self.queue.lock();
        if queue.revocations.len() >= REVOCATIONS {
            queue.revocations.pop_front();
            self.add_dropped(1);
        }
        queue.revocations.push_back(payload);
        drop(queue);
        self.wake.notify_one();
    }

    fn push(&self, message: Outgoing) {
        let mut queue = self.queue.lock();
        let full = queue.messages.len() >= self.capacity
            || queue.bytes + message.payload.len() > self.capacity_bytes;
        if full || !queue.open {
            self.add_dropped(1);
            return;
        }
        queue.bytes += message.payload.len();
        queue.messages.push_back(message);
        if queue.messages.len() == 1 {
            self.wake.notify_one();
        }
    }

    /// Encodes this node's next message.
    pub(crate) fn encode(&self, kind: Kind, payload: Bytes) -> Vec<u8> {
        let number = self.last_number.fetch_add(1, Ordering::Relaxed) + 1;
        Message { kind, node: self.node, number, payload }.encode()
    }

    /// Takes the next batch.
    pub(crate) fn take(&self) -> Batch {
        let mut queue = self.queue.lock();
        let mut batch = Batch { revocations: queue.revocations.drain(..).collect(), messages: Vec::new() };
        let mut bytes = 0;
        while batch.messages.len() < BATCH && bytes < BATCH_BYTES {
            let Some(message) = queue.messages.pop_front() else { break };
            bytes += message.payload.len();
            batch.messages.push(message);
        }
        queue.bytes -= bytes;
        batch
    }

    /// Takes back a batch that was not sent: its revocations wait again, its messages are lost.
    pub(crate) fn failed(&self, batch: Batch) {
        self.add_dropped(batch.messages.len());
        let mut queue = self.queue.lock();
        for payload in batch.revocations.into_iter().rev() {
            queue.revocations.push_front(payload);
        }
        let surplus = queue.revocations.len().saturating_sub(REVOCATIONS);
        queue.revocations.drain(..surplus);
        self.add_dropped(surplus);
    }

    /// Accepts messages from now on.
    pub(crate) fn open(&self) {
        self.queue.lock().open = true;
    }

    /// Drops waiting messages, except revocations, and all further ones until [`Self::open`].
    pub(crate) fn close(&self) {
        let mut queue = self.queue.lock();
        self.add_dropped(queue.messages.len());
        let revocations = std::mem::take(&mut queue.revocations);
        *queue = Queue { revocations, ..Queue::default() };
    }

    pub(crate) fn add_sent(&self, count: usize) {
        self.sent.fetch_add(u64::try_from(count).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(crate) fn add_dropped(&self, count: usize) {
        self.dropped.fetch_add(u64::try_from(count).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn publisher(queue: usize, queue_bytes: usize) -> Publisher {
        Publisher::new(&Config { queue, queue_bytes, ..Config::new("") }, Arc::default())
    }

    fn texts(batch: &Batch) -> Vec<&str> {
        batch.messages.iter().map(|message| std::str::from_utf8(&message.payload).unwrap()).collect()
    }

    #[test]
    fn messages_leave_in_order_and_wake_the_sender_once() {
        let publisher = publisher(8, 100);
        let woken = || publisher.wake.notified().now_or_never().is_some();
        publisher.open();
        publisher.broadcast(Bytes::from("一"));
        assert!(woken());
        publisher.broadcast(Bytes::from("二"));
        assert!(!woken());
        assert_eq!(texts(&publisher.take()), ["一", "二"]);
        assert!(publisher.take().is_empty());
        publisher.broadcast(Bytes::from("三"));
        assert!(woken());
    }

    #[test]
    fn messages_beyond_the_capacity_are_dropped_and_counted() {
        let publisher = publisher(2, 10);
        publisher.open();
        for text in ["1", "2", "3"] {
            publisher.broadcast(Bytes::from(text));
        }
        assert_eq!(publisher.dropped(), 1);
        assert_eq!(texts(&publisher.take()), ["1", "2"]);
        for text in ["123456789", "12", "1"] {
            publisher.broadcast(Bytes::from(text));
        }
        assert_eq!((texts(&publisher.take()), publisher.dropped()), (vec!["123456789", "1"], 2));
    }

    #[test]
    fn only_revocations_wait_while_redis_is_away() {
        let publisher = publisher(8, 100);
        publisher.broadcast(Bytes::from("1"));
        publisher.open();
        publisher.broadcast(Bytes::from("2"));
        publisher.revoke(Bytes::from("r"));
        publisher.close();
        publisher.broadcast(Bytes::from("3"));
        assert_eq!(publisher.dropped(), 3);
        let batch = publisher.take();
        assert_eq!((batch.messages.len(), batch.revocations.len()), (0, 1));
        publisher.open();
        publisher.broadcast(Bytes::from("4"));
        assert_eq!(texts(&publisher.take()), ["4"]);
    }

    #[test]
    fn revocations_that_were_not_sent_wait_again_up_to_a_bound() {
        let publisher = publisher(8, 100);
        publisher.open();
        publisher.broadcast(Bytes::from("1"));
        publisher.revoke(Bytes::from("old"));
        let batch = publisher.take();
        for _ in 1..REVOCATIONS {
            publisher.revoke(Bytes::from("new"));
        }
        publisher.failed(batch);
        assert_eq!(publisher.dropped(), 1);
        publisher.revoke(Bytes::from("new"));
        let batch = publisher.take();
        assert_eq!((batch.revocations.len(), publisher.dropped()), (REVOCATIONS, 2));
        assert!(batch.revocations.iter().all(|payload| payload == "new"));
    }

    #[test]
    fn a_batch_is_bounded() {
        let publisher = publisher(10_000, usize::MAX);
        publisher.open();
        for _ in 0..=BATCH {
            publisher.broadcast(Bytes::from("x"));
        }
        assert_eq!((publisher.take().messages.len(), publisher.take().messages.len()), (BATCH, 1));
        for _ in 0..3 {
            publisher.broadcast(vec![0; BATCH_BYTES].into());
        }
        assert_eq!(publisher.take().messages.len(), 1);
    }
}
