//! The table of what a client hears.

use domain::receipt::Receipt;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::Value;

use crate::live::Standing;
use crate::live::payload::{
    ChatroomCreated, FriendAccepted, FriendRemoved, FriendRequest, MessageDeleted, MessageHidden,
    MessageReacted, MessageUpdated, NewMessage, Payload, Presence, ReceivedMessage, Restart, Session,
    SessionRevoked, SyncRequired, Synced, Typing, UserUpdated,
};
use crate::schemas::{Make, of};
use crate::wire::sync::Line;

/// An event.
pub(super) struct Heard {
    pub(super) name: &'static str,
    /// What happened.
    pub(super) when: &'static str,
    /// Who hears it.
    pub(super) by: &'static str,
    pub(super) sort: Sort,
    pub(super) payload: Make,
    /// Its payload without its place.
    bare: Make,
}

/// Where an event comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    /// The log: it is told again to whoever missed it.
    Logged,
    /// Nowhere: whoever misses it misses it.
    Volatile,
    /// The connection itself, of which it tells.
    Connection,
}

impl Sort {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Logged => "logged",
            Self::Volatile => "volatile",
            Self::Connection => "connection",
        }
    }
}

/// An event of the log as sockets hear it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Logged{P}")]
struct Logged<P> {
    /// The event's place in the log.
    #[schemars(range(min = 1))]
    pos: i64,
    #[serde(flatten)]
    payload: P,
}

fn logged<P: Payload + JsonSchema>(when: &'static str, by: &'static str) -> Heard {
    Heard { name: P::NAME, when, by, sort: Sort::Logged, payload: of::<Logged<P>>, bare: of::<P> }
}

fn unlogged<P: Payload + JsonSchema>(sort: Sort, when: &'static str, by: &'static str) -> Heard {
    Heard { name: P::NAME, when, by, sort, payload: of::<P>, bare: of::<P> }
}

/// Every event.
pub(super) fn all() -> Vec<Heard> {
    let members = "all sockets of all members";
    let others = "all sockets of all members who have the message, but the one that did it";
    let mut all = vec![
        logged::<NewMessage<'_>>(
            "Somebody sent a message.",
            "all sockets of all members, but the one that sent it and those that joined the room",
        ),
        logged::<ReceivedMessage<'_>>(
            "Somebody sent a message to a room that this socket has joined.",
            "the sockets that joined the room, the sender's too",
        ),
        logged::<MessageUpdated<'_>>("A message was edited.", others),
        logged::<MessageDeleted<'_>>("A message was unsent.", others),
        logged::<MessageReacted<'_>>("The reactions to a message changed.", others),
        logged::<MessageHidden>("The user deleted a message for themselves.", "their other sockets"),
        logged::<Receipt>(
            "A member received or read more of a room.",
            "all sockets of all members, but the one that moved the mark",
        ),
        logged::<FriendRequest<'_>>("Somebody asks to be a friend.", "who is asked"),
        logged::<FriendAccepted<'_>>("Two users became friends.", "both"),
        logged::<FriendRemoved>(
            "A friendship ended, or a request was taken back or turned down.",
            "both when a friendship ends or a request is taken back; who turned a request down; all who knew an \
             account that was deleted",
        ),
        logged::<ChatroomCreated<'_>>("A room came to be.", members),
        logged::<UserUpdated<'_>>(
            "A user changed their profile.",
            "oneself, friends, members of common rooms",
        ),
    ];
    all.extend(fleeting());
    all
}

/// Those that are not in the log.
fn fleeting() -> [Heard; 8] {
    let this = "this socket alone";
    [
        unlogged::<Typing>(
            Sort::Volatile,
            "A member began or stopped typing.",
            "all sockets of the other members",
        ),
        unlogged::<Presence>(Sort::Volatile, "A user's first socket came, or the last one went.", "friends"),
        unlogged::<Standing>(
            Sort::Connection,
            "Rooms have changed since this was last told.",
            "the members of these rooms",
        ),
        unlogged::<Session>(
            Sort::Connection,
            "A connection that can be recovered begins; first of all that it hears.",
            this,
        ),
        unlogged::<Synced>(
            Sort::Connection,
            "What was missed since the cursor of CONNECT has been told.",
            this,
        ),
        unlogged::<SyncRequired>(
            Sort::Connection,
            "More was missed since the cursor of CONNECT than is told at once: ask `sync`.",
            this,
        ),
        unlogged::<SessionRevoked>(
            Sort::Connection,
            "The sign-in ended; the socket closes after this.",
            "the sockets of the sign-in",
        ),
        unlogged::<Restart>(
            Sort::Connection,
            "The server stops; the socket closes after this.",
            "all sockets",
        ),
    ]
}

impl JsonSchema for Line {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "MissedEvent".into()
    }

    fn json_schema(schemas: &mut SchemaGenerator) -> Schema {
        let told = all().into_iter().filter(|event| {
            // A page of the log is not for one socket: rooms that it has joined make no difference.
            event.sort == Sort::Logged && event.name != ReceivedMessage::NAME
        });
        let each = told.map(|event| {
            json_schema!({
                "type": "object",
                "properties": {
                    "pos": { "type": "integer", "minimum": 1 },
                    "event": { "const": event.name },
                    "data": (event.bare)(schemas),
                },
                "required": ["pos", "event", "data"],
            })
            .to_value()
        });
        json_schema!({ "description": "An event that was missed.", "oneOf": each.collect::<Vec<Value>>() })
    }
}
