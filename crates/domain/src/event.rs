//! Events as they are published: payload, audience, and position in the log.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use crate::event_table::{LogEntry, Payload, logged};
use crate::id::{RoomId, UserId};
use crate::payload::NewMessage;

/// The connection through which something was done; it gets the outcome as an acknowledgement, not as an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin(pub u64);

/// Who gets an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Audience {
    /// All sockets of these users.
    Users(Vec<UserId>),
    /// All sockets of these members of a room.
    Members {
        /// The room.
        room: RoomId,
        /// The members.
        users: Vec<UserId>,
    },
    /// The readers of a new message: sockets that have joined the room get it as `receive_message`.
    Readers {
        /// The room.
        room: RoomId,
        /// Who sent the message.
        sender: UserId,
        /// Members of the room.
        readers: Vec<Reader>,
    },
}

/// A member of a room and how many of its messages they have not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reader {
    /// The member.
    pub user: UserId,
    /// Their unread messages in the room.
    pub unread: i64,
}

impl Audience {
    /// Returns the users.
    pub fn users(&self) -> Vec<UserId> {
        match self {
            Self::Users(users) | Self::Members { users, .. } => users.clone(),
            Self::Readers { readers, .. } => readers.iter().map(|reader| reader.user).collect(),
        }
    }

    /// Leaves out the users for whom `keep` is false.
    pub fn retain(&mut self, keep: impl Fn(UserId) -> bool) {
        match self {
            Self::Users(users) | Self::Members { users, .. } => users.retain(|user| keep(*user)),
            Self::Readers { readers, .. } => readers.retain(|reader| keep(reader.user)),
        }
    }

    /// Returns the room whose members they are, if it is one.
    pub fn room(&self) -> Option<RoomId> {
        match self {
            Self::Users(_) => None,
            Self::Members { room, .. } | Self::Readers { room, .. } => Some(*room),
        }
    }
}

/// What clients get: serialised once, for the sockets of all nodes, `/sync` and replay.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Event {
    /// Its name.
    pub name: Cow<'static, str>,
    /// The JSON object that it carries; of a new message the message, which both forms of the event hold.
    pub body: Box<RawValue>,
    /// Who gets it.
    pub audience: Audience,
}

impl Event {
    /// Serialises an event.
    pub fn new<P: Payload>(payload: &P, audience: Audience) -> serde_json::Result<Self> {
        Ok(Self { name: P::NAME.into(), body: to_raw_value(payload)?, audience })
    }

    /// Returns its payload as the first of its audience gets it, on a socket that has not joined the room.
    pub fn payload(&self) -> Cow<'_, str> {
        let Audience::Readers { readers, .. } = &self.audience else { return self.body.get().into() };
        let unread = readers.first().map_or(0, |reader| reader.unread);
        NewMessage::pieces(self.body.get(), &unread.to_string()).concat().into()
    }
}

/// An entry of the log with its position and the events that follow from it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Logged {
    /// Its position: 1, 2, 3 and so on, in the order of the commits.
    pub position: i64,
    /// What happened.
    pub entry: LogEntry,
    /// None if what it is about is gone by now. Several if it does not look the same to all: the first is for everybody
    /// whom no later one names.
    pub events: Vec<Event>,
    /// The connection through which it happened, on this node.
    #[serde(skip)]
    pub origin: Option<Origin>,
}

/// An event of the log as `/sync` and outgoing webhooks have it.
#[derive(Debug, Serialize)]
pub struct MissedEvent {
    /// Its position in the log.
    pos: i64,
    /// Its name.
    event: Cow<'static, str>,
    /// What it carries.
    data: Box<RawValue>,
}

impl MissedEvent {
    /// Makes the events of an entry; serialised text is text again.
    pub fn of(logged: Logged) -> impl Iterator<Item = Self> {
        let pos = logged.position;
        logged.events.into_iter().filter_map(move |event| {
            let data = RawValue::from_string(event.payload().into_owned()).ok()?;
            Some(Self { pos, event: event.name, data })
        })
    }
}

impl JsonSchema for MissedEvent {
    fn schema_name() -> Cow<'static, str> {
        "MissedEvent".into()
    }

    fn json_schema(schemas: &mut SchemaGenerator) -> Schema {
        let each = logged().map(|event| {
            json_schema!({
                "type": "object",
                "properties": {
                    "pos": { "type": "integer", "minimum": 1 },
                    "event": { "const": event.name },
                    "data": (event.payload)(schemas),
                },
                "required": ["pos", "event", "data"],
            })
            .to_value()
        });
        json_schema!({ "description": "An event that was missed.", "oneOf": each.collect::<Vec<Value>>() })
    }
}
