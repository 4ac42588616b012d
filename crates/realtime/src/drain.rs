//! How a server that stops lets its clients go: told when to come back, one after the other.

use std::{
    fmt,
    ops::Range,
    sync::Arc,
    time::{Duration, Instant},
};

use ahash::RandomState;

use crate::{
    frame::Frame,
    seat::{Errand, Seat},
};

/// How a server lets its clients go.
#[derive(Clone)]
pub struct Drain {
    /// Over how long the connections end, each at a moment of its own.
    pub over: Duration,
    /// How long a connection that is to end may stay for the events that are still being handled.
    pub patience: Duration,
    /// How long clients are asked to stay away, each a while of its own.
    pub pause: Range<Duration>,
    /// What a client hears of it, by how long it is asked to stay away; nothing if there is nothing to say.
    pub notice: Option<Notice>,
}

/// Writes the event that tells a client how long to stay away.
pub type Notice = Arc<dyn Fn(Duration) -> Frame + Send + Sync>;

impl Drain {
    /// Ends all connections at once, without a word.
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
pub(crate) struct Farewell {
    drain: Drain,
    since: Instant,
    random: RandomState,
}

impl Farewell {
    pub(crate) fn new(drain: Drain) -> Self {
        Self { drain, since: Instant::now(), random: RandomState::new() }
    }

    /// Tells a session when to come back, and when to go.
    pub(crate) fn say(&self, seat: &Seat) {
        if let Some(notice) = &self.drain.notice {
            let Range { start, end } = self.drain.pause;
            let pause = start + self.within(end.saturating_sub(start), ("pause", seat.number));
            seat.ask(Errand::Tell(notice(pause)));
        }
        let at = self.since + self.within(self.drain.over, ("over", seat.number));
        seat.leave(at, self.since + self.drain.over + self.drain.patience);
    }

    /// A part of the span, as random as it is for whom.
    fn within(&self, span: Duration, whom: (&str, u64)) -> Duration {
        let share = self.random.hash_one(whom) % 1000;
        span.mul_f64(f64::from(u32::try_from(share).unwrap_or_default()) / 1000.0)
    }
}
