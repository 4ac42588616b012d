//! What the callers' threads and the bus's own share.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use bytes::Bytes;
use domain::id::UserId;
use parking_lot::{Mutex, RwLock};
use tokio::sync::Notify;

use crate::config::Config;
use crate::interest::Interest;
use crate::mirror::{Mirror, Turns};
use crate::names::Names;
use crate::outbox::Outbox;
use crate::own::Own;
use crate::shard::Shard;

/// What came over the bus from other nodes, told one at a time on the bus's own thread: whoever hears it returns soon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// From now on everything that was asked for is heard; what others said until now may have been missed.
    Connected,
    /// From now on nothing is heard and nothing gets through.
    Lost,
    /// A shard asked for since [`Heard::Connected`] is heard from now on.
    Listening(Shard),
    /// What a node published to a shard that this one listens to.
    Event {
        /// One of the shards that it was published to; it is heard once even if this node listens to several.
        shard: Shard,
        /// What was published.
        payload: Bytes,
    },
    /// What a node noticed to all.
    Notice(Bytes),
    /// What a node revoked; it may come again.
    Revoked(Bytes),
    /// A user who was on no node has come to another one.
    Came(UserId),
    /// A user who was on other nodes has been on none for a while, and is not here; ask [`online`](crate::Bus::online)
    /// before others are told, as he may have come here just now.
    Went(UserId),
}

/// How the bus is.
#[derive(Debug, Clone, Copy)]
pub struct Status {
    /// Whether Redis is there.
    pub connected: bool,
    /// Since when that is so.
    pub since: Instant,
    /// How many messages were handed to Redis since the start.
    pub sent: u64,
    /// How many messages of other nodes were heard since the start.
    pub heard: u64,
    /// How many messages were dropped since the start, as the queue was full or Redis away; some that were under way when
    /// it went may have got through.
    pub dropped: u64,
    /// How many other nodes live, as far as is known.
    pub nodes: usize,
}

pub(crate) struct Shared {
    pub config: Config,
    pub names: Names,
    pub outbox: Outbox,
    pub interest: Interest,
    pub presence: RwLock<Presence>,
    /// Wakes the driver.
    pub wake: Notify,
    pub sent: AtomicU64,
    pub heard: AtomicU64,
    /// How many messages this node has numbered.
    numbered: AtomicU64,
    stopping: AtomicBool,
    link: Mutex<(bool, Instant)>,
    tell: Arc<dyn Fn(Heard) + Send + Sync>,
}

pub(crate) struct Presence {
    pub own: Own,
    pub others: Mirror,
}

impl Shared {
    pub(crate) fn new(config: Config, tell: Arc<dyn Fn(Heard) + Send + Sync>) -> Self {
        Self {
            names: Names::new(&config),
            outbox: Outbox::new(config.queue, config.queue_bytes),
            interest: Interest::new(),
            presence: RwLock::new(Presence { own: Own::default(), others: Mirror::new(config.linger) }),
            wake: Notify::new(),
            sent: AtomicU64::new(0),
            heard: AtomicU64::new(0),
            numbered: AtomicU64::new(0),
            stopping: AtomicBool::new(false),
            link: Mutex::new((false, Instant::now())),
            config,
            tell,
        }
    }

    /// Tells the caller; its panic is its own.
    pub(crate) fn tell(&self, heard: Heard) {
        if catch_unwind(AssertUnwindSafe(|| (self.tell)(heard))).is_err() {
            tracing::error!("what was heard on the bus made its hearer panic");
        }
    }

    /// Tells of users that came to other nodes or went from them, those that are here left out.
    pub(crate) fn tell_turns(&self, turns: Turns) {
        for (user, came) in turns {
            if !self.presence.read().own.has(user) {
                self.tell(if came { Heard::Came(user) } else { Heard::Went(user) });
            }
        }
    }

    /// Returns the number of the next message.
    pub(crate) fn number(&self) -> u64 {
        self.numbered.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Notes and tells that Redis is there.
    pub(crate) fn connected(&self) {
        self.outbox.open();
        *self.link.lock() = (true, Instant::now());
        self.tell(Heard::Connected);
    }

    /// Notes and tells that Redis is away, if that is news.
    pub(crate) fn disconnected(&self) {
        self.outbox.close();
        let before = std::mem::replace(&mut *self.link.lock(), (false, Instant::now()));
        if before.0 {
            self.tell(Heard::Lost);
        } else {
            *self.link.lock() = before;
        }
    }

    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
        self.wake.notify_one();
    }

    pub(crate) fn stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    pub(crate) fn status(&self) -> Status {
        let (connected, since) = *self.link.lock();
        Status {
            connected,
            since,
            sent: self.sent.load(Ordering::Relaxed),
            heard: self.heard.load(Ordering::Relaxed),
            dropped: self.outbox.dropped(),
            nodes: self.presence.read().others.nodes(),
        }
    }
}
