//! What events are acknowledged with: `{ok: true, ..}` with these fields, or a refusal.

use domain::id::{MessageId, RoomId};
use domain::message::Message;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use crate::validation::Detail;

/// A truth value that is always the same.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Always<const TRUTH: bool>;

impl<const TRUTH: bool> Serialize for Always<TRUTH> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(TRUTH)
    }
}

impl<const TRUTH: bool> JsonSchema for Always<TRUTH> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        if TRUTH { "True".into() } else { "False".into() }
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "boolean", "const": TRUTH })
    }
}

/// An event was done.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Accepted{T}")]
pub(crate) struct Accepted<T> {
    ok: Always<true>,
    #[serde(flatten)]
    fields: T,
}

impl<T> Accepted<T> {
    pub(crate) fn with(fields: T) -> Self {
        Self { ok: Always, fields }
    }
}

/// An event was refused.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Refused {
    pub(crate) ok: Always<false>,
    /// The stable code of the reason, for programs.
    pub(crate) code: &'static str,
    /// Why, for people.
    pub(crate) detail: Detail,
    /// When to try again, in milliseconds from now; only with the code `rate_limited`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64")]
    pub(crate) retry_after_ms: Option<u64>,
}

/// Nothing beside `ok`.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Nothing {}

/// A message, as it is now.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Message")]
pub(crate) struct OneMessage {
    /// The message.
    pub(crate) message: Message,
}

/// What became of a message that was deleted: what is left of it, or that it is hidden from the user.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
pub(crate) enum Deleted {
    /// It was unsent.
    Unsent(Box<Accepted<OneMessage>>),
    /// It was hidden.
    Hidden(Accepted<Hidden>),
}

/// A message that the user has hidden from themselves.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Hidden {
    /// The room.
    pub(crate) chatroom_id: RoomId,
    /// The message.
    pub(crate) message_id: MessageId,
    /// Its number in the room.
    pub(crate) seq: i64,
}

/// A room that the socket has joined.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Joined {
    /// The room.
    pub(crate) chatroom_id: RoomId,
    /// Its newest message.
    pub(crate) last_message_id: Option<MessageId>,
    /// How many of its messages the user has not read.
    pub(crate) unread_count: i64,
}

/// A room that the socket has left.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Left {
    /// The room.
    pub(crate) chatroom_id: RoomId,
}
