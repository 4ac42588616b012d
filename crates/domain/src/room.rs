//! Rooms: two people, or a small group.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::disappearing::DisappearAfter;
use crate::group::{Participant, Role};
use crate::id::{MessageId, RoomId, UserId};
use crate::message::Message;
use crate::message_request::RequestState;
use crate::receipt::Receipt;
use crate::room_settings::RoomSettings;
use crate::time::Time;

/// What kind of room it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoomKind {
    /// Two people; there is at most one such room for any two.
    Direct,
    /// A group.
    Group,
}

impl RoomKind {
    /// Returns the value in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Group => "group",
        }
    }

    /// Parses the value in the database.
    pub fn parse(value: &str) -> Option<Self> {
        [Self::Direct, Self::Group].into_iter().find(|k| k.as_str() == value)
    }
}

/// A user's membership of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Membership {
    /// The room.
    pub room: RoomId,
    /// The user.
    pub user: UserId,
}

/// Returns the key under which the one-to-one room of two users is unique.
pub fn direct_key(a: UserId, b: UserId) -> String {
    format!("{}:{}", a.min(b), a.max(b))
}

/// A room as one of its members sees it; in a one-to-one room `user_id` and the fields after it are about the other member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Room {
    /// The room's id.
    #[serde(rename = "chatroom_id")]
    pub id: RoomId,
    /// The room's stored name.
    #[serde(rename = "chatroom_name")]
    pub name: Option<String>,
    /// The other's username, or a group's name.
    pub friend_name: String,
    /// The other member; nobody in a group.
    pub user_id: Option<UserId>,
    /// The other's username, or a group's name.
    pub username: String,
    /// The other's nickname.
    pub nickname: Option<String>,
    /// The other's picture, or a group's.
    pub avatar_url: Option<String>,
    /// The other's status line.
    pub status: Option<String>,
    /// Whether it is a group.
    pub is_group: bool,
    /// Set while one of the two is a stranger to the other who has not accepted the room.
    pub request: Option<RequestState>,
    /// What the viewer may do in it.
    pub role: Role,
    /// Whether the other has a connection now.
    pub online: bool,
    /// The newest message.
    pub last_message: Option<Message>,
    /// How many messages by others the viewer has not read.
    pub unread_count: i64,
    /// How many of these mention the viewer.
    pub mention_count: i64,
    /// The `seq` of the newest message.
    pub last_seq: i64,
    /// The `seq` up to which the viewer has read.
    pub last_read_seq: i64,
    /// The message with that `seq`.
    pub last_read_message_id: Option<MessageId>,
    /// The `seq` up to which every other member has received.
    pub peer_delivered_seq: i64,
    /// The `seq` up to which every other member has read.
    pub peer_read_seq: i64,
    /// When the room was made.
    pub created_at: Time,
    /// When it last changed: its newest message or its making.
    pub updated_at: Time,
    /// After how many seconds messages disappear that are sent to it now; null if they stay.
    pub disappear_after: Option<DisappearAfter>,
    /// What the viewer has set for it.
    #[serde(flatten)]
    pub settings: RoomSettings,
}

impl Room {
    /// What the list calls a room without a name.
    pub const UNNAMED: &'static str = "private chatroom";

    /// Returns the room as the list shows it, where no name is missing.
    #[must_use]
    pub fn listed(mut self) -> Self {
        self.name.get_or_insert_with(|| Self::UNNAMED.to_owned());
        self
    }
}

/// A room together with everybody in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RoomWithMembers {
    /// The room.
    #[serde(flatten)]
    pub room: Room,
    /// Its members.
    pub participants: Vec<Participant>,
    /// How far each of them has received and read.
    #[serde(rename = "marks")]
    pub receipts: Vec<Receipt>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_direct_key_is_the_same_from_either_side() {
        assert_eq!(direct_key(UserId(10), UserId(9)), "9:10");
        assert_eq!(direct_key(UserId(9), UserId(10)), "9:10");
    }
}
