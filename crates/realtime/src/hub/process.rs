//! The state that the hubs of all workers share.

use std::{
    fmt,
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use ahash::{AHashMap, RandomState};
use dashmap::{DashMap, Entry};
use parking_lot::Mutex;
use smallvec::SmallVec;
use tokio_util::task::TaskTracker;

use crate::{
    Config,
    frame::{Frame, Topic},
    session::handle::{Command, SessionHandle, heartbeat::Leave},
};

/// The numbers of workers, each once.
type Workers = SmallVec<[usize; 4]>;

/// The state of live connections that is read and written from every thread.
#[derive(Debug)]
pub(crate) struct ProcessState {
    pub(crate) config: Config,
    pub(crate) closings: Closings,
    /// Counts the open sessions.
    pub(crate) sessions: TaskTracker,
    /// Counts the WebSockets, of sessions that they carry and that they ask to.
    pub(crate) websockets: TaskTracker,
    /// Counts the sockets with connection state recovery.
    pub(crate) recovering: TaskTracker,
    /// The workers with subscribers of a topic, so that no other is disturbed.
    workers: DashMap<Topic, Workers, RandomState>,
    numbers: AtomicU64,
    draining: Mutex<Option<Arc<Draining>>>,
}

impl ProcessState {
    pub(super) fn new(config: Config) -> Self {
        Self {
            // No client is let in later than this after it asked.
            closings: Closings::new(config.connect_timeout * 2),
            sessions: TaskTracker::new(),
            websockets: TaskTracker::new(),
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
    pub(super) fn drain(&self, draining: Arc<Draining>) {
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

    /// The workers with subscribers of any of the topics.
    pub(super) fn workers<'a>(&self, topics: impl IntoIterator<Item = &'a Topic>) -> Workers {
        let mut found = Workers::new();
        for workers in topics.into_iter().filter_map(|topic| self.workers.get(topic)) {
            workers.iter().for_each(|worker| include(&mut found, *worker));
        }
        found
    }

    pub(super) fn has_workers(&self, topic: Topic) -> bool {
        self.workers.contains_key(&topic)
    }
}

fn include(workers: &mut Workers, worker: usize) {
    if !workers.contains(&worker) {
        workers.push(worker);
    }
}

impl super::Hubs {
    /// Number of open WebSockets.
    pub fn websockets(&self) -> usize {
        self.process.websockets.len()
    }
}

/// How a server ends its sessions.
#[derive(Clone)]
pub struct Drain {
    /// Over how long the sessions end, each at a moment of its own.
    pub over: Duration,
    /// How long a session that is to end may stay for events that are still being handled.
    pub patience: Duration,
    /// How long clients are asked to stay away, each a while of its own.
    pub pause: Range<Duration>,
    /// Makes the event that is sent to clients, if there is one.
    pub notice: Option<Notice>,
}

/// Makes the event that asks a client to stay away for a while.
pub type Notice = Arc<dyn Fn(Duration) -> Frame + Send + Sync>;

impl Drain {
    /// Ends all sessions at once, without an event.
    pub const fn at_once() -> Self {
        Self {
            over: Duration::ZERO,
            patience: Duration::ZERO,
            pause: Duration::ZERO..Duration::ZERO,
            notice: None,
        }
    }
}

impl fmt::Debug for Drain {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Drain")
            .field("over", &self.over)
            .field("patience", &self.patience)
            .field("pause", &self.pause)
            .finish_non_exhaustive()
    }
}

/// A drain that has begun.
#[derive(Debug)]
pub(crate) struct Draining {
    drain: Drain,
    since: Instant,
    random: RandomState,
}

impl Draining {
    pub(crate) fn new(drain: Drain) -> Self {
        Self { drain, since: Instant::now(), random: RandomState::new() }
    }

    /// Sends a session its event, and sets when it ends.
    pub(crate) fn announce(&self, session: &SessionHandle) {
        if let Some(notice) = &self.drain.notice {
            let Range { start, end } = self.drain.pause;
            let pause = start + self.part_of(end.saturating_sub(start), ("pause", session.number));
            session.command(Command::Send(notice(pause)));
        }
        let at = self.since + self.part_of(self.drain.over, ("over", session.number));
        session.leave(Leave { at, by: self.since + self.drain.over + self.drain.patience });
    }

    /// A random part of the span, by `key`.
    fn part_of(&self, span: Duration, key: (&str, u64)) -> Duration {
        let share = self.random.hash_one(key) % 1000;
        span.mul_f64(f64::from(u32::try_from(share).unwrap_or_default()) / 1000.0)
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

    pub(super) fn note(&self, topic: Topic) {
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
        process.workers(topics).to_vec()
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
