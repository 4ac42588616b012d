//! What events carry: the one JSON object of each. [`crate::event_table`] has their names and their audiences.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::group::{Participant, Role};
use crate::id::{MessageId, RoomId, UserId};
use crate::link_preview::LinkPreview;
use crate::log::Cursor;
use crate::message::Message;
use crate::message_request::RequestState;
use crate::receipt::Receipt;
use crate::room::Room;
use crate::room_settings::RoomSettings;
use crate::time::Time;
use crate::user::Profile;

mod disappearing;
mod people;

pub use disappearing::{DisappearAfterChanged, MessageExpired};
pub use people::{
    ExportReady, FriendAccepted, FriendRemoved, FriendRequested, ScheduledMessagesChanged, SettingsChanged,
    UserBlocked, UserUnblocked,
};

pub use crate::receipt::RoomReceipt;

/// An event of the log as sockets get it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Logged{P}")]
pub(crate) struct AtPosition<P> {
    /// The event's position in the log.
    #[schemars(range(min = 1))]
    pos: i64,
    #[serde(flatten)]
    payload: P,
}

/// A message, for sockets that have not joined its room.
#[derive(Debug, Serialize, JsonSchema)]
pub struct NewMessage<'a> {
    /// The message.
    pub message: &'a Message,
    /// How many messages of the room the receiver has not read.
    pub unread_count: i64,
}

impl NewMessage<'_> {
    /// Returns the pieces of its JSON, given that of the message.
    pub fn pieces<'a>(message: &'a str, unread: &'a str) -> [&'a str; 5] {
        [r#"{"message":"#, message, r#","unread_count":"#, unread, "}"]
    }
}

/// A message, for sockets that have joined its room.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ReceivedMessage<'a> {
    /// The message.
    #[serde(flatten)]
    pub message: &'a Message,
    /// Whether the receiver sent it.
    #[serde(rename = "isSentByViewer")]
    pub is_sent_by_viewer: bool,
    /// Always empty.
    #[schemars(extend("const" = ""))]
    pub img: &'static str,
}

impl ReceivedMessage<'_> {
    /// Returns the pieces of its JSON, given that of the message.
    pub fn pieces(message: &str, own: bool) -> [&str; 4] {
        let open = message.strip_suffix('}').unwrap_or(message);
        [open, r#","isSentByViewer":"#, if own { "true" } else { "false" }, r#","img":""}"#]
    }
}

/// A message was edited.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "MessageUpdated")]
pub struct MessageEdited<'a> {
    /// The message as it is now.
    pub message: &'a Message,
}

/// A message was unsent.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "MessageDeleted")]
pub struct MessageUnsent<'a> {
    /// What is left of it.
    pub message: &'a Message,
}

/// The reactions to a message changed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MessageReacted<'a> {
    /// The message with its reactions.
    pub message: &'a Message,
}

/// A message that is pinned to its room.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "Pin")]
pub struct Pin<'a> {
    /// The message.
    pub message: Cow<'a, Message>,
    /// Who pinned it.
    pub pinned_by: UserId,
    /// When it was pinned.
    pub pinned_at: Time,
}

/// A message was pinned to its room, or unpinned.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MessagePinned<'a> {
    /// The room.
    pub chatroom_id: RoomId,
    /// The message.
    pub message_id: MessageId,
    /// The message with who pinned it; null if it is not pinned.
    pub pin: Option<Pin<'a>>,
}

/// The preview of a message's first link came, or changed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MessagePreviewed<'a> {
    /// The room.
    pub chatroom_id: RoomId,
    /// The message.
    pub message_id: MessageId,
    /// Its number in the room.
    pub seq: i64,
    /// The preview; null if the message has none any more.
    pub preview: Option<&'a LinkPreview>,
}

/// The receiver deleted a message for themselves.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MessageHidden {
    /// The room.
    pub chatroom_id: RoomId,
    /// The message.
    pub message_id: MessageId,
    /// Its number in the room.
    pub seq: i64,
}

/// A room came to be.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ChatroomCreated")]
pub struct RoomCreated<'a> {
    /// The room, as the receiver sees it.
    pub chatroom: &'a Room,
}

/// A message request was answered.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ChatroomRequest")]
pub struct RequestChanged {
    /// The room.
    pub chatroom_id: RoomId,
    /// What the room is to the receiver now; null if it was accepted.
    pub request: Option<RequestState>,
}

/// A group got another name or picture.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ChatroomUpdated")]
pub struct RoomUpdated {
    /// The group.
    pub chatroom_id: RoomId,
    /// Its name now.
    pub chatroom_name: Option<String>,
    /// The address of its picture now.
    pub avatar_url: Option<String>,
}

/// A group has one member more.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MemberAdded {
    /// The group.
    pub chatroom_id: RoomId,
    /// The member.
    pub participant: Participant,
    /// How far they have received and read.
    #[serde(rename = "marks")]
    pub receipt: Receipt,
}

/// A member left a group, or was removed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MemberLeft {
    /// The group.
    pub chatroom_id: RoomId,
    /// Who is no longer in it; maybe the receiver.
    pub user_id: UserId,
    /// Who removed them; null if they left.
    pub removed_by: Option<UserId>,
}

/// A member of a group may do more than before, or less.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RoleChanged {
    /// The group.
    pub chatroom_id: RoomId,
    /// The member.
    pub user_id: UserId,
    /// Their role now.
    pub role: Role,
}

/// The receiver set something for a room, on one of their devices.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "RoomSettingsChanged")]
pub struct RoomSettingsChanged {
    /// The room.
    pub chatroom_id: RoomId,
    /// What is set now.
    #[serde(flatten)]
    pub settings: RoomSettings,
}

/// A user changed what others see of them.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "UserUpdated")]
pub struct ProfileChanged<'a> {
    /// What others see now.
    pub user: &'a Profile,
}

/// A member began or stopped typing.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Typing {
    /// The room.
    pub chatroom_id: RoomId,
    /// Who types.
    pub user_id: UserId,
    /// Whether they do.
    pub is_typing: bool,
}

/// A friend came or went.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Presence {
    /// The friend.
    pub user_id: UserId,
    /// Whether they have a connection now.
    pub online: bool,
    /// When their last connection ended.
    pub last_seen: Option<Time>,
}

/// The positions of the rooms that changed since this was last sent.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Heads")]
pub struct RoomPositions {
    /// The position in the log up to which everything was sent.
    pub cursor: Cursor,
    /// The position of each room's newest event.
    pub rooms: BTreeMap<RoomId, i64>,
    /// The position of the newest event of the user's own, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "i64")]
    pub user: Option<i64>,
}

/// A connection that can be recovered begins.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Session {
    /// Whether it went on where an earlier one ended.
    #[schemars(extend("const" = false))]
    pub recovered: bool,
}

/// Everything that was missed has been sent.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Synced {
    /// The position in the log up to which it was.
    pub cursor: Cursor,
}

/// Too much was missed to be sent at once.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SyncRequired {}

/// The session ended.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SessionRevoked {}

/// The server stops, and another replaces it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Restart {
    /// After how many milliseconds to come back.
    pub retry_after_ms: u64,
}

#[cfg(test)]
mod tests;
