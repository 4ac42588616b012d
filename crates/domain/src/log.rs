//! The event log: whom an entry concerns, what it is about, and how far a client has read.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::id::{RoomId, UserId};
use crate::message::MessageSeq;
use crate::room::Membership;

/// Whom an entry concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Scope {
    /// The members of a room.
    Room(RoomId),
    /// One user, on every device.
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

    /// Returns the room, if it is one.
    pub fn room(self) -> Option<RoomId> {
        if let Self::Room(room) = self { Some(room) } else { None }
    }
}

impl From<RoomId> for Scope {
    fn from(room: RoomId) -> Self {
        Self::Room(room)
    }
}

impl From<UserId> for Scope {
    fn from(user: UserId) -> Self {
        Self::User(user)
    }
}

impl TryFrom<Scope> for RoomId {
    type Error = Scope;

    fn try_from(scope: Scope) -> Result<Self, Scope> {
        scope.room().ok_or(scope)
    }
}

impl TryFrom<Scope> for UserId {
    type Error = Scope;

    fn try_from(scope: Scope) -> Result<Self, Scope> {
        if let Scope::User(user) = scope { Ok(user) } else { Err(scope) }
    }
}

/// The columns of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Columns<'a> {
    /// Whom it concerns.
    pub scope: Scope,
    /// What happened: at most 16 letters.
    pub kind: &'a str,
    /// The room that it is about, where the scope does not say it.
    pub room: Option<RoomId>,
    /// The message (by its `seq`) or user that it is about; 0 for neither.
    pub subject: i64,
}

/// What an entry is about.
pub(crate) trait Subject: Copy {
    /// Returns the columns `room` and `subject`.
    fn columns(self) -> (Option<RoomId>, i64);

    /// Reads these columns.
    fn parse(columns: Columns<'_>) -> Option<Self>;

    /// Returns the message, if it is one.
    fn message(self, _: Scope) -> Option<MessageSeq> {
        None
    }
}

/// A message of the room that is the scope, by its `seq`.
impl Subject for i64 {
    fn columns(self) -> (Option<RoomId>, i64) {
        (None, self)
    }

    fn parse(columns: Columns<'_>) -> Option<Self> {
        columns.room.is_none().then_some(columns.subject)
    }

    fn message(self, scope: Scope) -> Option<MessageSeq> {
        scope.room().map(|room| MessageSeq { room, seq: self })
    }
}

impl Subject for MessageSeq {
    fn columns(self) -> (Option<RoomId>, i64) {
        (Some(self.room), self.seq)
    }

    fn parse(columns: Columns<'_>) -> Option<Self> {
        columns.room.map(|room| Self { room, seq: columns.subject })
    }

    fn message(self, _: Scope) -> Option<MessageSeq> {
        Some(self)
    }
}

impl Subject for Membership {
    fn columns(self) -> (Option<RoomId>, i64) {
        (Some(self.room), self.user.0)
    }

    /// Receipts of versions before have their room in the scope alone.
    fn parse(columns: Columns<'_>) -> Option<Self> {
        let room = columns.room.or(columns.scope.room())?;
        Some(Self { room, user: UserId(columns.subject) })
    }
}

impl Subject for UserId {
    fn columns(self) -> (Option<RoomId>, i64) {
        (None, self.0)
    }

    fn parse(columns: Columns<'_>) -> Option<Self> {
        columns.room.is_none().then_some(Self(columns.subject))
    }
}

impl Subject for RoomId {
    fn columns(self) -> (Option<RoomId>, i64) {
        (Some(self), 0)
    }

    fn parse(columns: Columns<'_>) -> Option<Self> {
        columns.room
    }
}

/// The position up to which a client has the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Names the history of the database; one that was restored from a backup has another.
    pub epoch: String,
    /// The position of the last entry: 1, 2, 3 and so on, without a gap; 0 before the first.
    pub position: i64,
}

impl Cursor {
    /// Returns whether it is of the same history as `head`, and not beyond it.
    pub fn is_up_to(&self, head: &Self) -> bool {
        self.epoch == head.epoch && self.position <= head.position
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.epoch, self.position)
    }
}

impl FromStr for Cursor {
    type Err = NotACursor;

    fn from_str(text: &str) -> Result<Self, NotACursor> {
        let (epoch, digits) = text.split_once('.').ok_or(NotACursor)?;
        let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
        let named = !epoch.is_empty() && epoch.len() <= 8 && epoch.bytes().all(|b| b.is_ascii_alphanumeric());
        match digits.parse() {
            Ok(position) if plain && named => Ok(Self { epoch: epoch.to_owned(), position }),
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

/// The text is no cursor that this server could have given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor")]
pub struct NotACursor;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rooms_and_users_have_different_bytes() {
        for scope in
            [Scope::Room(RoomId::generate()), Scope::User(UserId(1)), Scope::User(UserId((1 << 53) - 1))]
        {
            assert_eq!(Scope::parse(&scope.bytes()), Some(scope));
        }
        assert_eq!(Scope::parse(b"short"), None);
    }

    #[test]
    fn a_cursor_is_read_back_and_nothing_else_is() {
        let cursor = Cursor { epoch: "a1b2c3d4".into(), position: 42 };
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
