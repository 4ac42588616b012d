//! Pages: the part of a room's history that a request asks for, and where a page of a list ends.

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

/// Cuts what was read for a page, one item more than it has, to `limit`; returns its last item if there is another page.
pub fn cut<T>(items: &mut Vec<T>, limit: i64) -> Option<&T> {
    let most = usize::try_from(limit).unwrap_or_default();
    let more = items.len() > most;
    items.truncate(most);
    items.last().filter(|_| more)
}
