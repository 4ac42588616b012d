//! Payloads of events between people, and of what is one's own.

use schemars::JsonSchema;
use serde::Serialize;

use crate::block::BlockedUser;
use crate::export::Export;
use crate::id::{RoomId, UserId};
use crate::scheduled_message::ScheduledMessage;
use crate::settings::Settings;
use crate::user::Friend;

/// Somebody asks to be a friend.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "FriendRequest")]
pub struct FriendRequested<'a> {
    /// Who asks.
    pub friend: &'a Friend,
}

/// Two users became friends.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FriendAccepted<'a> {
    /// The new friend.
    pub friend: &'a Friend,
}

/// A friendship or a request is no more.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FriendRemoved {
    /// The one who is a friend no longer.
    pub user_id: UserId,
}

/// The receiver blocked somebody.
#[derive(Debug, Serialize, JsonSchema)]
pub struct UserBlocked<'a> {
    /// Whom they blocked.
    pub user: &'a BlockedUser,
}

/// The receiver blocks somebody no longer.
#[derive(Debug, Serialize, JsonSchema)]
pub struct UserUnblocked {
    /// Whom they blocked.
    pub user_id: UserId,
}

/// The receiver changed their settings.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SettingsUpdated")]
pub struct SettingsChanged<'a> {
    /// The settings.
    pub settings: &'a Settings,
}

/// The copy of all that is the receiver's own can be fetched.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ExportReady<'a> {
    /// The copy.
    pub export: &'a Export,
}

/// The receiver's messages that wait for a room changed, or one of them was sent.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ScheduledMessages")]
pub struct ScheduledMessagesChanged {
    /// The room.
    pub chatroom_id: RoomId,
    /// Those that wait now, the next first.
    pub scheduled: Vec<ScheduledMessage>,
}
