//! A session, as its user sees it among all their own.

use schemars::JsonSchema;
use serde::Serialize;

use crate::id::SessionId;
use crate::time::Time;

/// One sign-in of a user on one device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Session")]
pub struct SessionSummary {
    /// The session's id.
    #[serde(rename = "session_id")]
    pub id: SessionId,
    /// What the client called itself when it signed in.
    pub user_agent: Option<String>,
    /// When the user signed in.
    pub created_at: Time,
    /// When the client last got new tokens.
    pub last_used_at: Time,
    /// Whether it is the session that asks.
    pub current: bool,
}
