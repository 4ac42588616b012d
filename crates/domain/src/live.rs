//! The way out: how a use case tells what became true.

use crate::event::Event;
use crate::id::UserId;

/// Tells the connected clients what became true; called after the commit, never before.
pub trait Live: Send + Sync {
    /// Sends events to those they name, on every device, in this order; returns at once and never fails.
    fn publish(&self, events: Vec<Event>);

    /// Tells whether a user has a connection now.
    fn online(&self, user: UserId) -> bool;
}
