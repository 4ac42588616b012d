//! The port through which use cases publish events.

use crate::event::{Event, Logged};
use crate::id::{SessionId, UserId};

/// Reaches the connected clients on all nodes. Called after the commit; returns at once and never fails.
pub trait Live: Send + Sync {
    /// Publishes entries whose positions follow each other.
    ///
    /// Clients get all entries in the order of the log, each once, whatever the order of these calls.
    fn publish(&self, logged: Vec<Logged>);

    /// Sends an event that is not in the log, and may be lost.
    fn send(&self, event: Event);

    /// Closes the connections of a session that has ended.
    fn revoke(&self, session: SessionId);

    /// Returns whether a user has a connection now.
    fn online(&self, user: UserId) -> bool;
}
