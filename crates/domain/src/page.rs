//! The part of a room's history that a request asks for.

use crate::id::MessageId;
use crate::time::Time;

/// Where a page of messages lies; pages are in ascending order whichever way they are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// The newest messages.
    Newest,
    /// The newest of those stored before a moment.
    BeforeTime(Time),
    /// The newest of those before a message.
    Before(MessageId),
    /// The oldest of those after a message.
    After(MessageId),
    /// A message, as many before it, and as many after it less itself.
    Around(MessageId),
    /// The oldest of those stored at a moment or later.
    FromTime(Time),
}

/// A page of a room's history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Where it lies.
    pub anchor: Anchor,
    /// How many messages at most, 0 to [`Page::MAX`].
    pub limit: i64,
}

impl Page {
    /// How many messages a page has by default.
    pub const DEFAULT: i64 = 50;
    /// The most messages that one page has.
    pub const MAX: i64 = 200;
}
