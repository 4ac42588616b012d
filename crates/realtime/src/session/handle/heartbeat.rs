//! Heartbeats and the other deadlines of sessions: one timer wheel for each hub, and what a session does at each.

use std::{
    cell::RefCell,
    future::poll_fn,
    rc::{Rc, Weak},
    task::Poll,
    time::{Duration, Instant},
};

use tokio_util::time::{DelayQueue, delay_queue::Key};

use super::{SessionHandle, SessionState};
use crate::{Config, frame::Packet, transport::CloseReason};

/// How long a session that is to leave waits before it checks again whether events are being handled.
const RECHECK: Duration = Duration::from_millis(20);

/// The timer wheel of a hub: one entry for each session, at the first of its deadlines.
///
/// A deadline that moves away leaves the entry where it is; a session that is looked at too early is put back.
#[derive(Debug, Default)]
pub(crate) struct Heartbeat(RefCell<DelayQueue<Weak<SessionHandle>>>);

impl Heartbeat {
    /// Enters the session at its next deadline, unless it is in the wheel for an earlier one.
    pub(crate) fn arm(&self, session: &Rc<SessionHandle>) {
        let Some(at) = session.next_deadline() else { return };
        let mut timer = session.timer.borrow_mut();
        match &mut *timer {
            None => {
                let key = self.0.borrow_mut().insert_at(Rc::downgrade(session), at.into());
                *timer = Some(Timer { key, at });
            }
            Some(timer) if at < timer.at => {
                self.0.borrow_mut().reset_at(&timer.key, at.into());
                timer.at = at;
            }
            Some(_) => {}
        }
    }

    /// Removes the session.
    pub(crate) fn disarm(&self, session: &SessionHandle) {
        if let Some(timer) = session.timer.take() {
            self.0.borrow_mut().remove(&timer.key);
        }
    }

    /// Waits for the next session with a deadline that has passed, and removes it.
    pub(crate) async fn next_expired(&self) -> Rc<SessionHandle> {
        poll_fn(|cx| {
            loop {
                match self.0.borrow_mut().poll_expired(cx) {
                    Poll::Ready(Some(expired)) => {
                        if let Some(session) = expired.into_inner().upgrade() {
                            session.timer.take();
                            return Poll::Ready(session);
                        }
                    }
                    Poll::Ready(None) | Poll::Pending => return Poll::Pending,
                }
            }
        })
        .await
    }
}

/// The entry of a session in the timer wheel of its hub.
#[derive(Debug)]
pub(crate) struct Timer {
    pub(crate) key: Key,
    pub(crate) at: Instant,
}

/// The deadlines of a session, and what it does at each.
impl SessionHandle {
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        if self.ended() { None } else { self.deadlines.get().next() }
    }

    /// Notes that the client has joined a namespace.
    pub(crate) fn joined(&self, config: &Config) {
        self.max_payload.set(config.max_payload);
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

    /// Acts on the deadline that has passed, if one has.
    pub(crate) fn check(&self, now: Instant, config: &Config) {
        if self.ended() {
            return;
        }
        let mut deadlines = self.deadlines.get();
        let passed = deadlines.passed(now, config);
        self.deadlines.set(deadlines);
        match passed {
            None => {}
            Some(Deadline::Ping) => self.send(Packet::ping()),
            // The pong may be among what has not been read yet.
            Some(Deadline::PingTimeout) if self.is_full(config.max_pending) => {
                self.update(|deadlines| deadlines.forgive(now, config));
            }
            Some(Deadline::PingTimeout) => self.abort_for("does not answer pings"),
            Some(Deadline::ConnectTimeout) => {
                self.log_end("did not join in time");
                self.close(CloseReason::NotJoined);
            }
            Some(Deadline::AttachmentTimeout) => {
                self.log_end("announced attachments and did not send them");
                self.close(CloseReason::Protocol);
            }
            Some(Deadline::Leave) => self.check_leave(deadlines.leave, now),
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
        if since.is_some_and(|since| now.duration_since(since) >= config.stall_after()) {
            self.abort_for("does not read");
        }
        true
    }
}

/// The deadlines of one session.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadlines {
    /// When the first namespace must have been joined.
    pub(crate) join_by: Option<Instant>,
    /// When announced attachments must have come.
    pub(crate) complete_by: Option<Instant>,
    pub(crate) leave: Option<Leave>,
    /// Since when queued packets have not gone out.
    pub(crate) stalled_since: Option<Instant>,
    ping: PingState,
}

/// When a drain ends a session.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Leave {
    pub(crate) at: Instant,
    /// How long it waits at most for events that are being handled.
    pub(crate) by: Instant,
}

/// The heartbeat: the server pings, the client answers (Engine.IO protocol, "Heartbeat").
#[derive(Debug, Clone, Copy)]
enum PingState {
    PingAt(Instant),
    PongBy(Instant),
    /// The transport is being upgraded, and nothing can be sent.
    Paused {
        awaits_pong: bool,
    },
}

/// A deadline that has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deadline {
    Ping,
    PingTimeout,
    ConnectTimeout,
    AttachmentTimeout,
    Leave,
}

impl Deadlines {
    pub(crate) fn new(now: Instant, config: &Config) -> Self {
        Self {
            join_by: Some(now + config.connect_timeout),
            complete_by: None,
            leave: None,
            stalled_since: None,
            ping: PingState::PingAt(now + config.ping_interval),
        }
    }

    /// The first of the deadlines.
    pub(crate) fn next(&self) -> Option<Instant> {
        let ping = match self.ping {
            PingState::PingAt(at) | PingState::PongBy(at) => Some(at),
            PingState::Paused { .. } => None,
        };
        [ping, self.join_by, self.complete_by, self.leave.map(|leave| leave.at)].into_iter().flatten().min()
    }

    /// The most urgent deadline that has passed at `now`; a ping counts as sent.
    pub(crate) fn passed(&mut self, now: Instant, config: &Config) -> Option<Deadline> {
        let has_passed = |at: Option<Instant>| at.is_some_and(|at| now >= at);
        if has_passed(self.leave.map(|leave| leave.at)) {
            return Some(Deadline::Leave);
        } else if has_passed(self.join_by) {
            return Some(Deadline::ConnectTimeout);
        } else if has_passed(self.complete_by) {
            return Some(Deadline::AttachmentTimeout);
        }
        match self.ping {
            PingState::PingAt(at) if now >= at => {
                // Counted from when it was due, unless that is so long ago that the client would have to hurry.
                let sent = if now - at > config.ping_timeout / 10 { now } else { at };
                self.ping = PingState::PongBy(sent + config.ping_timeout);
                Some(Deadline::Ping)
            }
            PingState::PongBy(at) if now >= at => Some(Deadline::PingTimeout),
            _ => None,
        }
    }

    /// Starts the next interval.
    pub(crate) fn ponged(&mut self, now: Instant, config: &Config) {
        self.ping = match self.ping {
            PingState::Paused { .. } => PingState::Paused { awaits_pong: false },
            _ => PingState::PingAt(now + config.ping_interval),
        };
    }

    /// Extends the time for a pong by another timeout.
    pub(crate) fn forgive(&mut self, now: Instant, config: &Config) {
        self.ping = PingState::PongBy(now + config.ping_timeout);
    }

    pub(crate) fn pause(&mut self) {
        self.ping = PingState::Paused { awaits_pong: matches!(self.ping, PingState::PongBy(_)) };
    }

    /// Goes on after a pause; a pong that was awaited has its whole timeout again.
    pub(crate) fn resume(&mut self, now: Instant, config: &Config) {
        if let PingState::Paused { awaits_pong } = self.ping {
            self.ping = if awaits_pong {
                PingState::PongBy(now + config.ping_timeout)
            } else {
                PingState::PingAt(now + config.ping_interval)
            };
        }
    }
}

#[cfg(test)]
mod tests;
