//! The log: every change that a client must know of, each at its own place, in the order of the commits.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::id::{RoomId, UserId};

/// Whose change it is: everybody in a room learns of it, or every device of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Scope {
    /// The members of a room.
    Room(RoomId),
    /// The devices of a user.
    User(UserId),
}

impl Scope {
    /// Returns the sixteen bytes that the database keeps; a user's begin with eight zeros, as no room's do.
    pub fn bytes(self) -> [u8; 16] {
        match self {
            Self::Room(room) => *room.0.as_bytes(),
            Self::User(user) => i128::from(user.0).to_be_bytes(),
        }
    }

    /// Reads the database's bytes.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let bytes: [u8; 16] = bytes.try_into().ok()?;
        Some(match i64::try_from(i128::from_be_bytes(bytes)) {
            Ok(user) => Self::User(UserId(user)),
            Err(_) => Self::Room(RoomId(uuid::Uuid::from_bytes(bytes))),
        })
    }
}

/// What changed. It names the thing and not its content: whoever replays it reads the thing as it is by then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The message at this place was sent.
    MessageSent(i64),
    /// The message at this place was edited.
    MessageEdited(i64),
    /// The message at this place was unsent.
    MessageUnsent(i64),
    /// The reactions to the message at this place changed.
    MessageReacted(i64),
    /// The message at this place of a room was deleted by a user for themselves.
    MessageHidden(RoomId, i64),
    /// The marks of this member moved.
    MarksMoved(UserId),
    /// The room came to be for a user.
    RoomCreated(RoomId),
    /// The profile of this user changed.
    ProfileChanged(UserId),
    /// This user asks to be a friend.
    FriendRequested(UserId),
    /// This user became a friend.
    FriendAccepted(UserId),
    /// Nothing is between the user and this one any more.
    FriendRemoved(UserId),
}

impl Kind {
    /// Returns the database's word, the room if the scope does not say it, and the place or user that it is about.
    pub fn parts(self) -> (&'static str, Option<RoomId>, i64) {
        match self {
            Self::MessageSent(seq) => ("sent", None, seq),
            Self::MessageEdited(seq) => ("edited", None, seq),
            Self::MessageUnsent(seq) => ("unsent", None, seq),
            Self::MessageReacted(seq) => ("reacted", None, seq),
            Self::MessageHidden(room, seq) => ("hidden", Some(room), seq),
            Self::MarksMoved(user) => ("marks", None, user.0),
            Self::RoomCreated(room) => ("room", Some(room), 0),
            Self::ProfileChanged(user) => ("profile", None, user.0),
            Self::FriendRequested(user) => ("requested", None, user.0),
            Self::FriendAccepted(user) => ("accepted", None, user.0),
            Self::FriendRemoved(user) => ("removed", None, user.0),
        }
    }

    /// Puts the parts together again.
    pub fn parse(word: &str, room: Option<RoomId>, subject: i64) -> Option<Self> {
        Some(match (word, room) {
            ("sent", None) => Self::MessageSent(subject),
            ("edited", None) => Self::MessageEdited(subject),
            ("unsent", None) => Self::MessageUnsent(subject),
            ("reacted", None) => Self::MessageReacted(subject),
            ("hidden", Some(room)) => Self::MessageHidden(room, subject),
            ("marks", None) => Self::MarksMoved(UserId(subject)),
            ("room", Some(room)) => Self::RoomCreated(room),
            ("profile", None) => Self::ProfileChanged(UserId(subject)),
            ("requested", None) => Self::FriendRequested(UserId(subject)),
            ("accepted", None) => Self::FriendAccepted(UserId(subject)),
            ("removed", None) => Self::FriendRemoved(UserId(subject)),
            _ => return None,
        })
    }
}

/// One row of the log, before it has its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Change {
    /// Whose change it is.
    pub scope: Scope,
    /// What changed.
    pub kind: Kind,
}

impl Change {
    /// A change in a room.
    pub fn in_room(room: RoomId, kind: Kind) -> Self {
        Self { scope: Scope::Room(room), kind }
    }

    /// A change for one user.
    pub fn for_user(user: UserId, kind: Kind) -> Self {
        Self { scope: Scope::User(user), kind }
    }
}

/// A place in the log of one database: a client that has everything up to it needs only what comes after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Names the history that the place is in; a database that was set back has another.
    pub epoch: String,
    /// The place: 1, 2, 3 and so on, without a gap.
    pub pos: i64,
}

impl Cursor {
    /// Tells whether it is a place in the same history as `head`, and not beyond it.
    pub fn is_up_to(&self, head: &Self) -> bool {
        self.epoch == head.epoch && self.pos <= head.pos
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.epoch, self.pos)
    }
}

impl FromStr for Cursor {
    type Err = NotACursor;

    fn from_str(text: &str) -> Result<Self, NotACursor> {
        let (epoch, digits) = text.split_once('.').ok_or(NotACursor)?;
        let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
        let named = !epoch.is_empty() && epoch.len() <= 8 && epoch.bytes().all(|b| b.is_ascii_alphanumeric());
        match digits.parse() {
            Ok(pos) if plain && named => Ok(Self { epoch: epoch.to_owned(), pos }),
            _ => Err(NotACursor),
        }
    }
}

impl Serialize for Cursor {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Cursor {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Cursor".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9A-Za-z]{1,8}\\.[0-9]+$" })
    }
}

/// The text is no cursor that this product has ever given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor")]
pub struct NotACursor;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rooms_and_users_are_told_apart_by_their_bytes() {
        for scope in
            [Scope::Room(RoomId::generate()), Scope::User(UserId(1)), Scope::User(UserId((1 << 53) - 1))]
        {
            assert_eq!(Scope::parse(&scope.bytes()), Some(scope));
        }
        assert_eq!(Scope::parse(b"short"), None);
    }

    #[test]
    fn every_kind_comes_back_from_its_parts() {
        let (room, user) = (RoomId::generate(), UserId(7));
        for kind in [
            Kind::MessageSent(1),
            Kind::MessageEdited(2),
            Kind::MessageUnsent(3),
            Kind::MessageReacted(4),
            Kind::MessageHidden(room, 5),
            Kind::MarksMoved(user),
            Kind::RoomCreated(room),
            Kind::ProfileChanged(user),
            Kind::FriendRequested(user),
            Kind::FriendAccepted(user),
            Kind::FriendRemoved(user),
        ] {
            let (word, room, subject) = kind.parts();
            assert_eq!(Kind::parse(word, room, subject), Some(kind));
            assert!(word.len() <= 16, "the column holds it");
        }
        assert_eq!(Kind::parse("hidden", None, 1), None);
        assert_eq!(Kind::parse("unheard", None, 1), None);
    }

    #[test]
    fn a_cursor_is_read_back_and_nothing_else_is() {
        let cursor = Cursor { epoch: "a1b2c3d4".into(), pos: 42 };
        assert_eq!(cursor.to_string(), "a1b2c3d4.42");
        assert_eq!("a1b2c3d4.42".parse(), Ok(cursor));
        for text in [
            "",
            ".",
            "42",
            "a.",
            "a.-1",
            "a.+1",
            "a.1.2",
            ".5",
            "abcdefghi.1",
            "a b.1",
            "a.99999999999999999999",
        ] {
            assert_eq!(text.parse::<Cursor>(), Err(NotACursor), "{text}");
        }
    }
}
