//! The way out: how a use case tells what became true.

use crate::event::{Entry, Event};
use crate::id::UserId;

/// Tells the connected clients what became true; called after the commit, never before.
pub trait Live: Send + Sync {
    /// Tells of changes that follow each other in the log, the first at place `first`, on every device.
    ///
    /// Returns at once and never fails. Whoever listens hears all changes in the order of the log, whatever the order
    /// of these calls; one that comes twice is told once.
    fn publish(&self, first: i64, entries: Vec<Entry>);

    /// Tells the clients of this node alone of changes that were found in the log; else as [`Live::publish`].
    fn tell_again(&self, first: i64, entries: Vec<Entry>);

    /// Tells of something that is not in the log, and may be lost; returns at once and never fails.
    fn tell(&self, event: Event);

    /// Tells whether a user has a connection now.
    fn online(&self, user: UserId) -> bool;
}
