//! Incoming webhooks: addresses by which programs send messages to a room.

use schemars::JsonSchema;
use serde::Serialize;

use crate::id::{RoomId, UserId, WebhookId};
use crate::time::Time;

/// The most incoming webhooks that a room has at once.
pub const WEBHOOKS_MAX: usize = 20;

/// An incoming webhook as those see it who manage it; its token is shown when it is made, and never again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct IncomingWebhook {
    /// The webhook's id.
    #[serde(rename = "webhook_id")]
    pub id: WebhookId,
    /// The room that it sends to.
    #[serde(rename = "chatroom_id")]
    pub room: RoomId,
    /// The account that it sends by; it is not in the room.
    #[serde(rename = "user_id")]
    pub user: UserId,
    /// The name that its messages are shown with.
    pub name: String,
    /// Who made it.
    pub created_by: UserId,
    /// When it was made.
    pub created_at: Time,
}
