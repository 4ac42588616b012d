//! What clients say, described: the server reads it field by field, to find all faults at once.
#![expect(dead_code, reason = "these types are there for their schemas")]

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::Value;

use crate::socket::connect::Auth;
use crate::socket::resume;

macro_rules! lenient {
    ($($(#[$doc:meta])* $name:ident $schema:tt)*) => {$(
        $(#[$doc])*
        pub(super) struct $name;

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    )*};
}

lenient! {
    /// A whole number, which may be written as text.
    Number { "type": ["integer", "string"], "pattern": "^[0-9]+$" }

    /// A truth value, which may be written as text.
    Truth { "enum": [true, false, "true", "false", "1", "0"] }

    /// A room's id, in either case, with or without dashes.
    RoomId { "type": "string", "pattern": "^[0-9A-Fa-f]{8}-?([0-9A-Fa-f]{4}-?){3}[0-9A-Fa-f]{12}$" }

    /// A moment, or the seconds since 1970.
    Moment { "type": ["string", "number"] }
}

/// The payload of CONNECT.
#[derive(JsonSchema)]
pub(super) struct Connect {
    #[serde(flatten)]
    auth: Auth,
    #[serde(flatten)]
    before: resume::Asked,
}

/// The answer to CONNECT.
#[derive(Serialize, JsonSchema)]
pub(super) struct Connected {
    /// The socket's name.
    sid: String,
    /// The secret to recover the connection with, if the client asked for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pid: Option<String>,
}

/// Why a client is not let in.
#[derive(Serialize, JsonSchema)]
pub(super) struct NotConnected {
    /// Why, for people.
    message: String,
    /// Why, for programs.
    data: Code,
}

/// Why, for programs.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct Code {
    /// The code.
    #[schemars(extend("enum" = ["unauthorized", "busy", "unavailable", "internal"]))]
    code: String,
}

/// A message to send.
#[derive(JsonSchema)]
#[serde(untagged)]
pub(super) enum Send {
    /// Words.
    Text(Text),
    /// A file.
    File(File),
}

/// Words to send.
#[derive(JsonSchema)]
pub(super) struct Text {
    /// The room.
    chatroom_id: RoomId,
    /// The words.
    #[schemars(length(min = 1))]
    content: String,
    /// `text`, as if it is not said.
    #[schemars(extend("enum" = ["text", Value::Null]))]
    message_type: Option<String>,
    #[serde(flatten)]
    with: With,
}

/// A file to send.
#[derive(JsonSchema)]
pub(super) struct File {
    /// The room.
    chatroom_id: RoomId,
    /// What kind of file.
    #[schemars(extend("enum" = ["image", "audio", "file", "video"]))]
    message_type: String,
    /// Its address.
    media_url: Option<String>,
    /// Its address, if it is not in `media_url`.
    content: Option<String>,
    /// The words under it.
    caption: Option<String>,
    #[serde(flatten)]
    with: With,
}

/// What any message may be sent with.
#[derive(JsonSchema)]
pub(super) struct With {
    /// The message of the room that this one answers.
    reply_to: Option<Number>,
    /// The sender's own name for the message, by which a repeated send is known.
    #[schemars(length(min = 1, max = 64))]
    client_msg_id: Option<String>,
    /// Without `client_msg_id` a repeated send is known by this, with the room, type, content and `reply_to`.
    timestamp: Option<Moment>,
}

/// A message's new words.
#[derive(JsonSchema)]
pub(super) struct Edit {
    /// The room.
    chatroom_id: RoomId,
    /// The message.
    message_id: Number,
    /// The words; blank ones take away what is under a file.
    content: String,
}

/// A message to delete.
#[derive(JsonSchema)]
pub(super) struct Delete {
    /// The room.
    chatroom_id: RoomId,
    /// The message.
    message_id: Number,
    /// For whom; `all` if it is not said.
    #[schemars(extend("enum" = ["me", "all", Value::Null]))]
    r#for: Option<String>,
}

/// A reaction.
#[derive(JsonSchema)]
pub(super) struct React {
    /// The room.
    chatroom_id: RoomId,
    /// The message.
    message_id: Number,
    /// One emoji.
    #[schemars(length(min = 1, max = 10))]
    emoji: String,
    /// Whether to put it there, as if it is not said, or to take it off.
    on: Option<Truth>,
}

/// A place in a room.
#[derive(JsonSchema)]
pub(super) struct Mark {
    /// The room.
    chatroom_id: RoomId,
    /// The last message that counts; the newest if it is not said.
    message_id: Option<Number>,
}

/// Typing.
#[derive(JsonSchema)]
pub(super) struct Types {
    /// The room.
    chatroom_id: RoomId,
    /// Whether one types, as if it is not said.
    is_typing: Option<Truth>,
}

/// A room; named alone, `join_room` marks it read.
#[derive(JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "RoomOrId")]
pub(super) enum Room {
    /// Its id alone.
    Alone(RoomId),
    /// Its id in an object.
    Named {
        /// The room.
        chatroom_id: RoomId,
    },
}

/// A place in the log.
#[derive(JsonSchema)]
pub(super) struct Sync {
    /// The cursor up to which the client knows everything; without one it asks where to begin.
    since: Option<String>,
    /// The most events to answer: 500, or fewer.
    limit: Option<Number>,
}
