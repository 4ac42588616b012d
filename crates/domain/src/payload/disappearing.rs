//! Payloads of events of messages that disappear.

use schemars::JsonSchema;
use serde::Serialize;

use crate::disappearing::DisappearAfter;
use crate::id::{MessageId, RoomId};

/// Messages of a room disappear from now on, after another time than before, or no longer.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DisappearAfterChanged {
    /// The room.
    pub chatroom_id: RoomId,
    /// After how many seconds messages disappear that are sent from now on; null if they stay.
    pub disappear_after: Option<DisappearAfter>,
}

/// A message has disappeared.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MessageExpired {
    /// The room.
    pub chatroom_id: RoomId,
    /// The message.
    pub message_id: MessageId,
    /// Its number in the room.
    pub seq: i64,
}
