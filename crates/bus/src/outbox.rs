//! What waits to be sent: bounded, in order, and nothing at all while Redis is away.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use parking_lot::Mutex;
use smallvec::SmallVec;

use crate::shard::Shard;

/// How many revocations wait at most, also while Redis is away.
const REVOCATIONS: usize = 4096;
/// How much goes out at once.
const BATCH: usize = 512;
const BATCH_BYTES: usize = 256 << 10;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum To {
    All,
    Shards(SmallVec<[Shard; 4]>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub to: To,
    pub payload: Bytes,
}

#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub revocations: Vec<Bytes>,
    pub messages: Vec<Message>,
}

impl Batch {
    pub(crate) fn is_empty(&self) -> bool {
        self.revocations.is_empty() && self.messages.is_empty()
    }
}

pub(crate) struct Outbox {
    most: usize,
    most_bytes: usize,
    waiting: Mutex<Waiting>,
    dropped: AtomicU64,
}

#[derive(Default)]
struct Waiting {
    open: bool,
    revocations: VecDeque<Bytes>,
    messages: VecDeque<Message>,
    bytes: usize,
}

impl Outbox {
    pub(crate) fn new(most: usize, most_bytes: usize) -> Self {
        Self { most, most_bytes, waiting: Mutex::default(), dropped: AtomicU64::new(0) }
    }

    /// Lets a message wait, or drops it; true when the sender must be woken.
    pub(crate) fn push(&self, message: Message) -> bool {
        let mut waiting = self.waiting.lock();
        let full =
            waiting.messages.len() >= self.most || waiting.bytes + message.payload.len() > self.most_bytes;
        if full || !waiting.open {
            self.drop_some(1);
            return false;
        }
        waiting.bytes += message.payload.len();
        waiting.messages.push_back(message);
        waiting.messages.len() == 1
    }

    /// Lets a revocation wait, however long Redis is away; the oldest goes when there are too many.
    pub(crate) fn revoke(&self, payload: Bytes) {
        let mut waiting = self.waiting.lock();
        if waiting.revocations.len() >= REVOCATIONS {
            waiting.revocations.pop_front();
            self.drop_some(1);
        }
        waiting.revocations.push_back(payload);
    }

    /// Takes what goes out next.
    pub(crate) fn take(&self) -> Batch {
        let mut waiting = self.waiting.lock();
        let mut batch = Batch { revocations: waiting.revocations.drain(..).collect(), messages: Vec::new() };
        let mut bytes = 0;
        while batch.messages.len() < BATCH && bytes < BATCH_BYTES {
            let Some(message) = waiting.messages.pop_front() else { break };
            bytes += message.payload.len();
            batch.messages.push(message);
        }
        waiting.bytes -= bytes;
        batch
    }

    /// Takes a batch back that did not get through: its revocations wait again, its messages are lost.
    pub(crate) fn failed(&self, batch: Batch) {
        self.drop_some(batch.messages.len());
        let mut waiting = self.waiting.lock();
        for payload in batch.revocations.into_iter().rev() {
            waiting.revocations.push_front(payload);
        }
        let surplus = waiting.revocations.len().saturating_sub(REVOCATIONS);
        waiting.revocations.drain(..surplus);
        self.drop_some(surplus);
    }

    pub(crate) fn open(&self) {
        self.waiting.lock().open = true;
    }

    /// Drops what waits, except revocations, and everything that comes until it is opened again.
    pub(crate) fn close(&self) {
        let mut waiting = self.waiting.lock();
        self.drop_some(waiting.messages.len());
        let revocations = std::mem::take(&mut waiting.revocations);
        *waiting = Waiting { revocations, ..Waiting::default() };
    }

    pub(crate) fn drop_some(&self, count: usize) {
        self.dropped.fetch_add(u64::try_from(count).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &'static str) -> Message {
        Message { to: To::All, payload: Bytes::from_static(text.as_bytes()) }
    }

    fn texts(batch: &Batch) -> Vec<&str> {
        batch.messages.iter().map(|message| std::str::from_utf8(&message.payload).unwrap()).collect()
    }

    #[test]
    fn messages_leave_in_order_and_wake_the_sender_once() {
        let outbox = Outbox::new(8, 100);
        outbox.open();
        assert!(outbox.push(message("一")) && !outbox.push(message("二")));
        assert_eq!(texts(&outbox.take()), ["一", "二"]);
        assert!(outbox.take().is_empty());
        assert!(outbox.push(message("三")));
    }

    #[test]
    fn what_is_too_many_or_too_much_is_dropped_and_counted() {
        let outbox = Outbox::new(2, 10);
        outbox.open();
        for text in ["1", "2", "3"] {
            outbox.push(message(text));
        }
        assert_eq!(outbox.dropped(), 1);
        assert_eq!(texts(&outbox.take()), ["1", "2"]);
        for text in ["123456789", "12", "1"] {
            outbox.push(message(text));
        }
        assert_eq!((texts(&outbox.take()), outbox.dropped()), (vec!["123456789", "1"], 2));
    }

    #[test]
    fn nothing_waits_while_redis_is_away_but_revocations() {
        let outbox = Outbox::new(8, 100);
        outbox.push(message("1"));
        outbox.open();
        outbox.push(message("2"));
        outbox.revoke(Bytes::from_static(b"r"));
        outbox.close();
        outbox.push(message("3"));
        assert_eq!(outbox.dropped(), 3);
        let batch = outbox.take();
        assert_eq!((batch.messages.len(), batch.revocations.len()), (0, 1));
        outbox.open();
        outbox.push(message("4"));
        assert_eq!(texts(&outbox.take()), ["4"]);
    }

    #[test]
    fn revocations_that_did_not_get_through_wait_again_up_to_a_bound() {
        let outbox = Outbox::new(8, 100);
        outbox.open();
        outbox.push(message("1"));
        outbox.revoke(Bytes::from_static(b"old"));
        let batch = outbox.take();
        for _ in 1..REVOCATIONS {
            outbox.revoke(Bytes::from_static(b"new"));
        }
        outbox.failed(batch);
        assert_eq!(outbox.dropped(), 1);
        outbox.revoke(Bytes::from_static(b"new"));
        let batch = outbox.take();
        assert_eq!((batch.revocations.len(), outbox.dropped()), (REVOCATIONS, 2));
        assert!(batch.revocations.iter().all(|payload| payload == "new"));
    }

    #[test]
    fn a_batch_is_bounded() {
        let outbox = Outbox::new(10_000, usize::MAX);
        outbox.open();
        for _ in 0..=BATCH {
            outbox.push(message("x"));
        }
        assert_eq!((outbox.take().messages.len(), outbox.take().messages.len()), (BATCH, 1));
        for _ in 0..3 {
            outbox.push(Message { to: To::All, payload: vec![0; BATCH_BYTES].into() });
        }
        assert_eq!(outbox.take().messages.len(), 1);
    }
}
