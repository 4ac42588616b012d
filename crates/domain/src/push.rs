//! What is pushed to devices while their user has no connection.

use schemars::JsonSchema;
use serde::Serialize;

use crate::id::{MessageId, RoomId, SubscriptionId, UserId};
use crate::message::{Message, MessageKind, Quote};

/// The most subscriptions of a user; a new one takes the place of the oldest.
pub const SUBSCRIPTIONS_MAX: i64 = 20;

/// Where messages are pushed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PushSubscription {
    /// The subscription's id.
    #[serde(rename = "subscription_id")]
    pub id: SubscriptionId,
}

/// What happened to the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PushKind {
    /// It was sent.
    Message,
    /// It was unsent: what was shown of it is to be closed.
    Unsent,
}

/// What is pushed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Push<'a> {
    /// What happened.
    #[serde(rename = "type")]
    pub kind: PushKind,
    /// The room.
    pub chatroom_id: RoomId,
    /// The message.
    pub message_id: MessageId,
    /// Its number in the room.
    pub seq: i64,
    /// What a notification of the message is to be tagged with, so that a later push replaces it.
    pub tag: String,
    /// What the message says, if its receiver wants that.
    #[serde(flatten)]
    pub preview: Option<Preview<'a>>,
}

/// What a notification shows of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Preview<'a> {
    /// Who sent it.
    pub sender_id: UserId,
    /// What they are called.
    pub sender_name: &'a str,
    /// The name of the group; null in a one-to-one room.
    pub chatroom_name: Option<&'a str>,
    /// What it carries.
    pub message_type: MessageKind,
    /// The beginning of its text, or of that under a file.
    pub content: String,
}

impl<'a> Push<'a> {
    /// Says what happened to a message, without what it says.
    pub fn of(message: &Message, kind: PushKind) -> Self {
        let Message { room, id, seq, .. } = *message;
        Self { kind, chatroom_id: room, message_id: id, seq, tag: format!("message-{id}"), preview: None }
    }

    /// The same with what it says.
    #[must_use]
    pub fn with_preview(self, message: &'a Message, room: Option<&'a str>) -> Self {
        let text = match message.kind {
            MessageKind::Text => message.content.as_str(),
            _ => message.caption.as_deref().unwrap_or_default(),
        };
        let nickname = message.user.nickname.as_deref().filter(|name| !name.is_empty());
        let preview = Preview {
            sender_id: message.sender,
            sender_name: nickname.unwrap_or(&message.user.username),
            chatroom_name: room,
            message_type: message.kind,
            content: Quote::excerpt(text),
        };
        Self { preview: Some(preview), ..self }
    }
}
