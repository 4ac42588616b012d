//! Who reads messages, and when.

use domain::id::UserId;
use domain::time::Time;

/// The id of no user, which is below all others.
pub const NOBODY: UserId = UserId(0);

/// Who reads messages, and when: for them there is nothing that they have hidden, or that is gone by then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Viewer {
    /// The user; [`NOBODY`] for what is the same for all.
    pub user: UserId,
    /// Now.
    pub now: Time,
}
