//! Which session a `sid` names, wherever it lives.

use actix::{Actor, Addr};
use ahash::{AHashMap, RandomState};
use parking_lot::RwLock;

const SHARDS: usize = 32;

/// The sessions of one endpoint, on all workers.
#[derive(Debug)]
pub(crate) struct Registry<A: Actor> {
    hasher: RandomState,
    shards: [RwLock<AHashMap<Box<str>, Addr<A>>>; SHARDS],
}

impl<A: Actor> Default for Registry<A> {
    fn default() -> Self {
        Self { hasher: RandomState::new(), shards: std::array::from_fn(|_| RwLock::default()) }
    }
}

impl<A: Actor> Registry<A> {
    pub(crate) fn add(&self, sid: &str, session: Addr<A>) {
        self.shard(sid).write().insert(sid.into(), session);
    }

    pub(crate) fn get(&self, sid: &str) -> Option<Addr<A>> {
        self.shard(sid).read().get(sid).cloned()
    }

    pub(crate) fn remove(&self, sid: &str) {
        self.shard(sid).write().remove(sid);
    }

    fn shard(&self, sid: &str) -> &RwLock<AHashMap<Box<str>, Addr<A>>> {
        let [first, ..] = &self.shards;
        let index = usize::try_from(self.hasher.hash_one(sid) % SHARDS as u64).unwrap_or_default();
        self.shards.get(index).unwrap_or(first)
    }
}
