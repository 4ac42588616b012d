//! Which workers have listeners of which topic, for all threads to read.

use std::time::{Duration, Instant};

use ahash::{AHashMap, RandomState};
use parking_lot::{Mutex, RwLock};
use smallvec::SmallVec;

use crate::topic::Topic;

const SHARDS: usize = 64;

/// The numbers of workers, each once.
pub(crate) type Workers = SmallVec<[usize; 4]>;

/// Says where an event has to go, so that a worker without listeners is not disturbed.
#[derive(Debug)]
pub(crate) struct Directory {
    hasher: RandomState,
    shards: [RwLock<AHashMap<Topic, Workers>>; SHARDS],
}

impl Default for Directory {
    fn default() -> Self {
        Self { hasher: RandomState::new(), shards: std::array::from_fn(|_| RwLock::default()) }
    }
}

impl Directory {
    pub(crate) fn add(&self, topic: Topic, worker: usize) {
        include(self.shard(topic).write().entry(topic).or_default(), worker);
    }

    pub(crate) fn remove(&self, topic: Topic, worker: usize) {
        let mut shard = self.shard(topic).write();
        if let Some(workers) = shard.get_mut(&topic) {
            workers.retain(|other| *other != worker);
            if workers.is_empty() {
                shard.remove(&topic);
            }
        }
    }

    /// Adds the topic's workers to those already known.
    pub(crate) fn collect(&self, topic: Topic, into: &mut Workers) {
        if let Some(workers) = self.shard(topic).read().get(&topic) {
            workers.iter().for_each(|worker| include(into, *worker));
        }
    }

    /// Tells whether anybody listens to the topic.
    pub(crate) fn has(&self, topic: Topic) -> bool {
        self.shard(topic).read().contains_key(&topic)
    }

    fn shard(&self, topic: Topic) -> &RwLock<AHashMap<Topic, Workers>> {
        let [first, ..] = &self.shards;
        let index = usize::try_from(self.hasher.hash_one(topic) % SHARDS as u64).unwrap_or_default();
        self.shards.get(index).unwrap_or(first)
    }
}

fn include(workers: &mut Workers, worker: usize) {
    if !workers.contains(&worker) {
        workers.push(worker);
    }
}

/// The topics whose sockets were closed a short while ago.
///
/// A client that was let in just before its topic was closed, and joins just after, would slip through; so whoever
/// joins looks here.
#[derive(Debug)]
pub(crate) struct Closings {
    keep: Duration,
    recent: Mutex<AHashMap<Topic, Instant>>,
}

impl Closings {
    pub(crate) fn new(keep: Duration) -> Self {
        Self { keep, recent: Mutex::default() }
    }

    pub(crate) fn note(&self, topic: Topic) {
        let now = Instant::now();
        let mut recent = self.recent.lock();
        recent.retain(|_, at| now.duration_since(*at) < self.keep);
        recent.insert(topic, now);
    }

    /// Whether any of the topics was closed at `since` or later.
    pub(crate) fn any(&self, topics: &[Topic], since: Instant) -> bool {
        let recent = self.recent.lock();
        !recent.is_empty() && topics.iter().any(|topic| recent.get(topic).is_some_and(|at| *at >= since))
    }
}

#[cfg(test)]
mod tests {
    use domain::id::UserId;

    use super::*;

    const ONE: Topic = Topic::User(UserId(1));
    const TWO: Topic = Topic::User(UserId(2));

    fn workers(directory: &Directory, topics: &[Topic]) -> Vec<usize> {
        let mut workers = Workers::new();
        for topic in topics {
            directory.collect(*topic, &mut workers);
        }
        workers.to_vec()
    }

    #[test]
    fn knows_every_worker_once() {
        let directory = Directory::default();
        for (topic, worker) in [(ONE, 0), (ONE, 3), (ONE, 3), (TWO, 3), (TWO, 7)] {
            directory.add(topic, worker);
        }
        assert_eq!(workers(&directory, &[ONE, TWO]), [0, 3, 7]);
        directory.remove(ONE, 3);
        assert_eq!(workers(&directory, &[ONE]), [0]);
        directory.remove(ONE, 0);
        directory.remove(ONE, 0);
        assert!(workers(&directory, &[ONE]).is_empty());
        assert!(
            directory.shards.iter().map(|shard| shard.read().len()).sum::<usize>() == 1,
            "empty topics are gone"
        );
    }

    #[test]
    fn remembers_closings_for_a_while() {
        let closings = Closings::new(Duration::from_mins(1));
        let before = Instant::now();
        closings.note(ONE);
        assert!(closings.any(&[TWO, ONE], before));
        assert!(!closings.any(&[TWO], before));
        assert!(
            !closings.any(&[ONE], Instant::now() + Duration::from_secs(1)),
            "later arrivals are not concerned"
        );
        let forgetful = Closings::new(Duration::ZERO);
        forgetful.note(ONE);
        forgetful.note(TWO);
        assert_eq!(forgetful.recent.lock().len(), 1);
    }
}
