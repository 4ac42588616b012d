//! What is due when: heartbeats, and the end of those who do not answer, read, join or go.

use std::time::{Duration, Instant};

use actix_http::ws::CloseCode;

use super::{LastWord, Seat};
use crate::{
    clock::{Clock, Due},
    config::Config,
    frame::Packet,
};

/// How long a session that is to go waits before it looks again whether something is still being handled.
const LINGER: Duration = Duration::from_millis(20);

impl Seat {
    pub(crate) fn joined(&self) {
        self.set(|clock| clock.join_by = None);
    }

    pub(crate) fn left(&self, config: &Config) {
        self.set(|clock| clock.join_by = Some(Instant::now() + config.connect_timeout));
    }

    pub(crate) fn ponged(&self, config: &Config) {
        self.set(|clock| clock.ponged(Instant::now(), config));
    }

    /// Says by when the attachments that were announced must have come, or that none are awaited.
    pub(crate) fn complete_by(&self, at: Option<Instant>) {
        if at.is_some() || self.clock.get().complete_by.is_some() {
            self.set(|clock| clock.complete_by = at);
        }
    }

    /// Says when to go, and until when to stay for what is being handled then.
    pub(crate) fn leave(&self, at: Instant, by: Instant) {
        self.leave_by.set(Some(by));
        self.set(|clock| clock.leave_at = Some(at));
    }

    /// Notes that the transport is about to change: until it has, nothing can be sent.
    pub(crate) fn pause(&self) {
        self.upgrading.set(true);
        self.set(Clock::pause);
    }

    pub(crate) fn resume(&self, config: &Config) {
        self.upgrading.set(false);
        self.set(|clock| clock.resume(Instant::now(), config));
    }

    /// Whether the transport is about to change.
    pub(crate) fn upgrading(&self) -> bool {
        self.upgrading.get()
    }

    pub(crate) fn next_due(&self) -> Option<Instant> {
        if self.ended() { None } else { self.clock.get().next() }
    }

    /// Notes that the hub looks at `at`; false when it looks earlier anyway.
    pub(crate) fn rearm(&self, at: Instant) -> bool {
        let news = self.armed.get().is_none_or(|armed| at < armed);
        if news {
            self.armed.set(Some(at));
        }
        news
    }

    /// Notes that the hub looks now; false when another look has replaced this one.
    pub(crate) fn disarm(&self, at: Instant) -> bool {
        let current = self.armed.get() == Some(at);
        if current {
            self.armed.set(None);
        }
        current
    }

    /// Does what is due.
    pub(crate) fn check(&self, now: Instant, config: &Config) {
        if self.ended() {
            return;
        }
        let mut clock = self.clock.get();
        let due = clock.due(now, config);
        self.clock.set(clock);
        match due {
            Due::Nothing => {}
            Due::Ping => self.send_packet(Packet::ping()),
            // The pong may be among what we have not read yet.
            Due::Silence if self.crowded(config.max_pending) => self.set(|clock| clock.forgive(now, config)),
            Due::Silence => {
                self.note("does not answer pings");
                self.cut();
            }
            Due::Idleness => {
                self.note("did not join in time");
                self.end(CloseCode::Policy);
            }
            Due::Gap => {
                self.note("announced attachments and did not send them");
                self.end(CloseCode::Protocol);
            }
            Due::Leave if self.busy() && self.leave_by.get().is_some_and(|by| now < by) => {
                self.set(|clock| clock.leave_at = Some(now + LINGER));
            }
            Due::Leave => {
                self.part_by(LastWord::Away);
                self.end(CloseCode::Away);
            }
        }
    }

    /// Ends a session whose client does not come for what waits; false once nothing is left to watch.
    pub(crate) fn sweep(&self, now: Instant, config: &Config) -> bool {
        if self.ended() {
            return false;
        }
        let stuck = self.queue.stalled() && !self.upgrading();
        let since = stuck.then(|| self.stuck_since.get().unwrap_or(now));
        self.stuck_since.set(since);
        if since.is_some_and(|since| now.duration_since(since) >= config.patience()) {
            self.note("does not read");
            self.cut();
        }
        true
    }
}
