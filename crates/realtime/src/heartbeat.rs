//! Heartbeats and the other deadlines of sessions: one timer wheel for each hub, and what a session does at each.

use std::{
    cell::RefCell,
    future::poll_fn,
    rc::{Rc, Weak},
    task::Poll,
    time::{Duration, Instant},
};

use tokio_util::time::DelayQueue;

use crate::{
    Config,
    frame::Packet,
    session::{
        deadlines::{Deadline, Leave, Timer},
        handle::{SessionHandle, SessionState},
    },
    transport::CloseReason,
};

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

/// The deadlines of a session, and what it does at each.
impl SessionHandle {
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
