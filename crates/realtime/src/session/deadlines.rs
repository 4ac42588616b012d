//! The deadlines of a session, and what happens at each.

use std::time::{Duration, Instant};

use super::{
    handle::SessionHandle,
    state::{CloseReason, SessionState},
};
use crate::{
    config::Config,
    frame::Packet,
    heartbeat::{Deadlines, Due, Leave},
};

/// How long a session that is to leave waits before it checks again whether events are being handled.
const RECHECK: Duration = Duration::from_millis(20);

impl SessionHandle {
    pub(super) fn update(&self, change: impl FnOnce(&mut Deadlines)) {
        let mut deadlines = self.deadlines.get();
        change(&mut deadlines);
        self.deadlines.set(deadlines);
    }

    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        if self.ended() { None } else { self.deadlines.get().next() }
    }

    /// Notes that the client has joined a namespace.
    pub(crate) fn joined(&self) {
        self.update(|deadlines| deadlines.join_by = None);
    }

    /// Notes that the client is in no namespace any more.
    pub(crate) fn left(&self, config: &Config) {
        self.update(|deadlines| deadlines.join_by = Some(Instant::now() + config.connect_timeout));
    }

    pub(crate) fn ponged(&self, config: &Config) {
        self.update(|deadlines| deadlines.ponged(Instant::now(), config));
    }

    /// Sets when announced attachments must have come; nothing if none are awaited.
    pub(crate) fn complete_by(&self, at: Option<Instant>) {
        self.update(|deadlines| deadlines.complete_by = at);
    }

    pub(crate) fn leave(&self, leave: Leave) {
        self.update(|deadlines| deadlines.leave = Some(leave));
    }

    /// Does what is due.
    pub(crate) fn check(&self, now: Instant, config: &Config) {
        if self.ended() {
            return;
        }
        let mut deadlines = self.deadlines.get();
        let due = deadlines.due(now, config);
        self.deadlines.set(deadlines);
        match due {
            Due::Nothing => {}
            Due::Ping => self.send_packet(Packet::ping()),
            // The pong may be among what has not been read yet.
            Due::PingTimeout if self.is_full(config.max_pending) => {
                self.update(|deadlines| deadlines.forgive(now, config));
            }
            Due::PingTimeout => self.abort_for("does not answer pings"),
            Due::ConnectTimeout => {
                self.log_end("did not join in time");
                self.close(CloseReason::NotJoined);
            }
            Due::AttachmentTimeout => {
                self.log_end("announced attachments and did not send them");
                self.close(CloseReason::Protocol);
            }
            Due::Leave => self.check_leave(deadlines.leave, now),
        }
    }

    /// Ends the session for a drain, unless events are still being handled.
    fn check_leave(&self, leave: Option<Leave>, now: Instant) {
        match leave {
            Some(leave) if self.is_busy() && now < leave.by => {
                self.leave(Leave { at: now + RECHECK, ..leave });
            }
            _ => self.close(CloseReason::Draining),
        }
    }

    /// Ends a session whose client does not come for what is queued; false once it needs no more checks.
    pub(crate) fn check_progress(&self, now: Instant, config: &Config) -> bool {
        if self.ended() {
            return false;
        }
        let stalled = self.queue.stalled() && self.state() != SessionState::Upgrading;
        let since = stalled.then(|| self.deadlines.get().stalled_since.unwrap_or(now));
        self.update(|deadlines| deadlines.stalled_since = since);
        if since.is_some_and(|since| now.duration_since(since) >= config.patience()) {
            self.abort_for("does not read");
        }
        true
    }
}
