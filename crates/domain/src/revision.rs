//! What a sender may do to a message after it was sent, and for how long; and its older texts.

use chrono::TimeDelta;
use schemars::JsonSchema;
use serde::Serialize;

use crate::id::UserId;
use crate::time::Time;

/// How long after it was sent a message may be changed, as the operator set it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// In hours; 0 means never.
    pub hours: u32,
}

impl Window {
    /// The default.
    pub const DEFAULT: Self = Self { hours: 24 };
    /// The longest, some hundred years.
    pub const HOURS_MAX: u32 = 876_000;

    /// Returns whether a message of `sent` may still be changed at `now`; the end is not part of the window.
    pub fn is_open(self, sent: Time, now: Time) -> bool {
        // A message may be stamped a little ahead of the clock: never is still never.
        self.hours > 0 && now < sent + TimeDelta::hours(self.hours.into())
    }
}

/// The state of a message that decides whether it may be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageState {
    /// Who sent it.
    pub sender: UserId,
    /// When it was stored.
    pub sent: Time,
    /// Whether it was unsent.
    pub unsent: bool,
    /// Whether the server wrote it.
    pub system: bool,
}

/// Why a message may not be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevisionRefusal {
    /// The server wrote it.
    System,
    /// Somebody else sent it.
    NotYours,
    /// It was unsent.
    Unsent,
    /// Its time is over.
    TooLate,
}

impl MessageState {
    /// Checks whether `user` may edit the message at `now`.
    pub fn edit(&self, user: UserId, now: Time, window: Window) -> Result<(), RevisionRefusal> {
        match self {
            _ if self.system => Err(RevisionRefusal::System),
            _ if self.sender != user => Err(RevisionRefusal::NotYours),
            _ if self.unsent => Err(RevisionRefusal::Unsent),
            _ if !window.is_open(self.sent, now) => Err(RevisionRefusal::TooLate),
            _ => Ok(()),
        }
    }

    /// Checks whether `user` may unsend the message at `now`; returns whether there is anything to do.
    pub fn unsend(&self, user: UserId, now: Time, window: Window) -> Result<bool, RevisionRefusal> {
        match self.edit(user, now, window) {
            // Unsending again, however late, changes nothing.
            Err(RevisionRefusal::Unsent) => Ok(false),
            other => other.map(|()| true),
        }
    }
}

/// The text of a message from one edit to the next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Revision {
    /// The text; for anything but text the address of the file.
    pub content: String,
    /// The text under a picture or file.
    pub caption: Option<String>,
    /// When it was written.
    pub written_at: Time,
}

/// The most often that one message may be edited.
pub const EDITS_MAX: i64 = 100;

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: UserId = UserId(1);
    const BOB: UserId = UserId(2);

    fn sent() -> Time {
        Time::parse("2026-11-22T11:29:15Z").unwrap()
    }

    fn message(unsent: bool) -> MessageState {
        MessageState { sender: ALICE, sent: sent(), unsent, system: false }
    }

    #[test]
    fn a_window_is_open_until_just_before_its_end() {
        let (window, end) = (Window { hours: 2 }, sent() + TimeDelta::hours(2));
        assert!(window.is_open(sent(), sent()));
        assert!(window.is_open(sent(), end - TimeDelta::microseconds(1)));
        assert!(!window.is_open(sent(), end));
        assert!(window.is_open(sent(), sent() - TimeDelta::seconds(1)), "a clock may be behind");
        assert!(Window { hours: Window::HOURS_MAX }.is_open(sent(), end));
    }

    #[test]
    fn a_window_of_no_hours_is_never_open() {
        for now in [sent(), sent() - TimeDelta::seconds(1)] {
            assert!(!Window { hours: 0 }.is_open(sent(), now));
        }
    }

    #[test]
    fn only_its_sender_changes_a_message_and_only_in_time() {
        let (now, late) = (sent(), sent() + TimeDelta::hours(24));
        let window = Window::DEFAULT;
        assert_eq!(message(false).edit(ALICE, now, window), Ok(()));
        assert_eq!(message(false).edit(ALICE, late, window), Err(RevisionRefusal::TooLate));
        assert_eq!(message(true).edit(ALICE, now, window), Err(RevisionRefusal::Unsent));
        assert_eq!(message(false).unsend(ALICE, now, window), Ok(true));
        assert_eq!(message(false).unsend(ALICE, late, window), Err(RevisionRefusal::TooLate));
        assert_eq!(message(true).unsend(ALICE, late, window), Ok(false), "it is done already");
        let system = MessageState { system: true, ..message(false) };
        assert_eq!(system.edit(ALICE, now, window), Err(RevisionRefusal::System));
        assert_eq!(system.unsend(BOB, now, window), Err(RevisionRefusal::System));
        for unsent in [true, false] {
            assert_eq!(message(unsent).edit(BOB, late, window), Err(RevisionRefusal::NotYours));
            assert_eq!(message(unsent).unsend(BOB, late, window), Err(RevisionRefusal::NotYours));
        }
    }
}
