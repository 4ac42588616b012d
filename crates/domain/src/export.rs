//! Copies of all that is a user's own.

use schemars::JsonSchema;
use serde::Serialize;

use crate::time::Time;

/// How far a copy is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExportState {
    /// It is being made.
    Pending,
    /// It can be fetched.
    Ready,
}

/// A copy of all that is a user's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Export {
    /// How far it is.
    pub state: ExportState,
    /// When it was asked for.
    pub requested_at: Time,
    /// Its length in bytes, once it is ready.
    pub size: Option<i64>,
    /// Until when it can be fetched, once it is ready.
    pub expires_at: Option<Time>,
}

impl Export {
    /// A copy that was just asked for.
    pub fn pending(requested_at: Time) -> Self {
        Self { state: ExportState::Pending, requested_at, size: None, expires_at: None }
    }
}
