//! Ends the sessions of a server that stops, spread over a while, and asks clients to come back later.

use std::{
    fmt,
    ops::Range,
    sync::Arc,
    time::{Duration, Instant},
};

use ahash::RandomState;

use crate::{
    frame::Frame,
    session::{
        deadlines::Leave,
        handle::{Command, SessionHandle},
    },
};

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
