//! Hears what Redis pushes: unwraps it, leaves out what this node said itself or has heard before, and tells the rest.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use ahash::AHashMap;
use bytes::Bytes;
use parking_lot::Mutex;
use redis::{PushInfo, PushKind, Value};

use crate::config::NodeId;
use crate::envelope::{self, Envelope, Kind};
use crate::shard::Shard;
use crate::shared::{Heard, Shared};
use crate::word::Word;

/// How many nodes are remembered; forgetting them costs at most one message heard twice.
const NODES: usize = 1024;

/// The one ear of a node, through all its connections.
pub(crate) struct Ear {
    shared: Arc<Shared>,
    /// The number of the last message of each node: what is not newer is a copy, or comes too late.
    last: Mutex<AHashMap<NodeId, u64>>,
}

impl Ear {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, last: Mutex::default() }
    }

    /// Takes what a connection pushed; `open` is cleared when that is its end.
    pub(crate) fn push(&self, push: PushInfo, open: &AtomicBool) {
        match push.kind {
            PushKind::Message | PushKind::SMessage => {
                let Ok([Value::BulkString(channel), Value::BulkString(wire)]) = <[_; 2]>::try_from(push.data)
                else {
                    return;
                };
                if let Some(envelope) = envelope::decode(Bytes::from(wire)) {
                    self.hear(self.shared.names.shard_of(&channel), envelope);
                }
            }
            PushKind::Disconnection => {
                open.store(false, Ordering::Release);
                self.shared.wake.notify_one();
            }
            _ => {}
        }
    }

    fn hear(&self, shard: Option<Shard>, envelope: Envelope) {
        let Envelope { kind, node, number, payload } = envelope;
        if node == self.shared.config.node || !self.is_new(node, number) {
            return;
        }
        self.shared.heard.fetch_add(1, Ordering::Relaxed);
        match (kind, shard) {
            (Kind::Event, Some(shard)) => self.shared.tell(Heard::Event { shard, payload }),
            (Kind::Notice, _) => self.shared.tell(Heard::Notice(payload)),
            (Kind::Revoked, _) => self.shared.tell(Heard::Revoked(payload)),
            (Kind::Word, _) => {
                let Some(word) = Word::decode(&payload) else { return };
                let mut presence = self.shared.presence.write();
                let turns = presence.others.hear(node, word, Instant::now());
                let behind = presence.others.behind();
                drop(presence);
                self.shared.tell_turns(turns);
                if behind {
                    self.shared.wake.notify_one();
                }
            }
            (Kind::Event, None) => {}
        }
    }

    fn is_new(&self, node: NodeId, number: u64) -> bool {
        let mut last = self.last.lock();
        if last.len() >= NODES && !last.contains_key(&node) {
            last.clear();
        }
        let before = last.entry(node).or_default();
        let new = number > *before;
        *before = number.max(*before);
        new
    }
}
