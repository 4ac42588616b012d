//! The hubs of all workers: how any thread reaches them, and the state that they share.

use std::{
    rc::{Rc, Weak},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use actix::{Actor as _, Addr, Handler, Message};
use ahash::{AHashMap, RandomState};
use dashmap::{DashMap, Entry};
use parking_lot::{Mutex, RwLock};
use smallvec::SmallVec;
use tokio_util::task::TaskTracker;

use super::{BeginDrain, Close, Deliver, Draining, Hub, HubActor, LOCAL_HUBS};
use crate::{
    Config, Drain,
    broadcast::{Broadcast, Topic},
};

/// Reaches every live connection of the process, from any thread; a copy reaches the same ones.
#[derive(Debug, Clone)]
pub struct Hubs {
    pub(crate) process: Arc<ProcessState>,
    hubs: Arc<RwLock<Vec<Addr<HubActor>>>>,
}

impl Hubs {
    /// Hubs without connections yet.
    pub fn new(config: Config) -> Self {
        Self { process: Arc::new(ProcessState::new(config)), hubs: Arc::default() }
    }

    /// Sends frames to sockets on all workers.
    ///
    /// Each socket gets what one thread emits in the order in which it was emitted.
    pub fn emit(&self, broadcasts: impl Into<Vec<Broadcast>>) {
        let broadcasts: Arc<[Broadcast]> = broadcasts.into().into();
        let mut workers = Workers::new();
        for topic in broadcasts.iter().flat_map(|broadcast| &broadcast.topics) {
            self.process.collect_workers(*topic, &mut workers);
        }
        self.send(&workers, || Deliver(Arc::clone(&broadcasts)));
    }

    /// Whether any socket is subscribed to the topic, so that nothing is encoded in vain.
    pub fn has_subscribers(&self, topic: Topic) -> bool {
        self.process.has_workers(topic)
    }

    /// Whether any client has connection state recovery, so that nothing is encoded in vain.
    pub fn has_recovering(&self) -> bool {
        !self.process.recovering.is_empty()
    }

    /// Ends all sessions with a socket that is subscribed to the topic, or is just about to be.
    pub fn close(&self, topic: Topic) {
        self.process.closings.note(topic);
        let mut workers = Workers::new();
        self.process.collect_workers(topic, &mut workers);
        self.send(&workers, || Close(topic));
    }

    /// Number of open sessions.
    pub fn connections(&self) -> usize {
        self.process.sessions.len()
    }

    /// Refuses new sessions, ends all others, and returns when the last one is gone.
    pub(crate) async fn drain(&self, drain: Drain) {
        let draining = Arc::new(Draining::new(drain));
        self.process.drain(Arc::clone(&draining));
        self.hubs.read().iter().for_each(|hub| hub.do_send(BeginDrain(Arc::clone(&draining))));
        self.process.sessions.close();
        self.process.sessions.wait().await;
    }

    fn send<M>(&self, workers: &[usize], message: impl Fn() -> M)
    where
        M: Message<Result = ()> + Send + 'static,
        HubActor: Handler<M>,
    {
        let hubs = self.hubs.read();
        for hub in workers.iter().filter_map(|worker| hubs.get(*worker)) {
            hub.do_send(message());
        }
    }

    /// The hub of the current worker; the first call on a worker starts it.
    pub(crate) fn local(&self) -> Rc<Hub> {
        LOCAL_HUBS.with_borrow_mut(|local| {
            local.retain(|hub| hub.strong_count() > 0);
            let known =
                local.iter().filter_map(Weak::upgrade).find(|hub| Arc::ptr_eq(&hub.process, &self.process));
            known.unwrap_or_else(|| {
                let mut hubs = self.hubs.write();
                let hub = Rc::new(Hub::new(hubs.len(), Arc::clone(&self.process)));
                hubs.push(HubActor(Rc::clone(&hub)).start());
                local.push(Rc::downgrade(&hub));
                hub
            })
        })
    }
}

/// The numbers of workers, each once.
type Workers = SmallVec<[usize; 4]>;

/// The state of live connections that is read and written from every thread.
#[derive(Debug)]
pub(crate) struct ProcessState {
    pub(crate) config: Config,
    pub(crate) closings: Closings,
    /// Counts the open sessions.
    pub(crate) sessions: TaskTracker,
    /// Counts the sockets with connection state recovery.
    pub(crate) recovering: TaskTracker,
    /// The workers with subscribers of a topic, so that no other is disturbed.
    workers: DashMap<Topic, Workers, RandomState>,
    numbers: AtomicU64,
    draining: Mutex<Option<Arc<Draining>>>,
}

impl ProcessState {
    fn new(config: Config) -> Self {
        Self {
            // No client is let in later than this after it asked.
            closings: Closings::new(config.connect_timeout * 2),
            sessions: TaskTracker::new(),
            recovering: TaskTracker::new(),
            workers: DashMap::default(),
            numbers: AtomicU64::new(0),
            draining: Mutex::default(),
            config,
        }
    }

    /// A number that no other session or socket of this process has.
    pub(crate) fn next_number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    /// Refuses new sessions from now on.
    fn drain(&self, draining: Arc<Draining>) {
        *self.draining.lock() = Some(draining);
    }

    /// The drain that has begun, if one has.
    pub(crate) fn draining(&self) -> Option<Arc<Draining>> {
        self.draining.lock().clone()
    }

    pub(super) fn add_worker(&self, topic: Topic, worker: usize) {
        include(&mut self.workers.entry(topic).or_default(), worker);
    }

    pub(super) fn remove_worker(&self, topic: Topic, worker: usize) {
        if let Entry::Occupied(mut workers) = self.workers.entry(topic) {
            workers.get_mut().retain(|other| *other != worker);
            if workers.get().is_empty() {
                workers.remove();
            }
        }
    }

    /// Adds the workers with subscribers of a topic to those already known.
    fn collect_workers(&self, topic: Topic, into: &mut Workers) {
        if let Some(workers) = self.workers.get(&topic) {
            workers.iter().for_each(|worker| include(into, *worker));
        }
    }

    fn has_workers(&self, topic: Topic) -> bool {
        self.workers.contains_key(&topic)
    }
}

fn include(workers: &mut Workers, worker: usize) {
    if !workers.contains(&worker) {
        workers.push(worker);
    }
}

/// The topics whose sessions were closed a short while ago.
///
/// A client that was let in just before its topic was closed, and subscribes just after, would stay; this finds it.
#[derive(Debug)]
pub(crate) struct Closings {
    keep: Duration,
    recent: Mutex<AHashMap<Topic, Instant>>,
}

impl Closings {
    fn new(keep: Duration) -> Self {
        Self { keep, recent: Mutex::default() }
    }

    fn note(&self, topic: Topic) {
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

    fn workers(process: &ProcessState, topics: &[Topic]) -> Vec<usize> {
        let mut workers = Workers::new();
        for topic in topics {
            process.collect_workers(*topic, &mut workers);
        }
        workers.to_vec()
    }

    #[test]
    fn knows_every_worker_once() {
        let process = ProcessState::new(Config::default());
        for (topic, worker) in [(ONE, 0), (ONE, 3), (ONE, 3), (TWO, 3), (TWO, 7)] {
            process.add_worker(topic, worker);
        }
        assert_eq!(workers(&process, &[ONE, TWO]), [0, 3, 7]);
        process.remove_worker(ONE, 3);
        assert_eq!(workers(&process, &[ONE]), [0]);
        process.remove_worker(ONE, 0);
        process.remove_worker(ONE, 0);
        assert!(workers(&process, &[ONE]).is_empty());
        assert_eq!(process.workers.len(), 1, "empty topics are gone");
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
