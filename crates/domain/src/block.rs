//! Blocks: users who want nothing of another.

use schemars::JsonSchema;
use serde::Serialize;

use crate::time::Time;
use crate::user::Profile;

/// A user as the one who blocked them lists them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BlockedUser {
    /// What everybody may see.
    #[serde(flatten)]
    pub profile: Profile,
    /// When they were blocked.
    pub blocked_at: Time,
}

/// Which of two users blocks the other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Blocks {
    /// The one who asks blocks the other.
    pub own: bool,
    /// The other blocks the one who asks.
    pub others: bool,
}

impl Blocks {
    /// Returns whether either blocks the other.
    pub fn any(self) -> bool {
        self.own || self.others
    }
}
