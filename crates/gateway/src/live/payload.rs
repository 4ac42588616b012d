//! What each event carries. A payload's type and its event's name are one, here and in the AsyncAPI document.

use domain::change::Cursor;
use domain::id::{MessageId, RoomId, UserId};
use domain::message::Message;
use domain::receipt::Receipt;
use domain::room::Room;
use domain::time::Time;
use domain::user::{Friend, Profile};
use realtime::frame::Frame;
use schemars::JsonSchema;
use serde::Serialize;

/// The one argument of an event.
pub(crate) trait Payload: Serialize {
    /// The event's name.
    const NAME: &'static str;

    /// The event as a frame of its own, outside the log.
    fn frame(&self) -> Frame {
        Frame::event(Self::NAME, &[&self.text()])
    }

    /// Its JSON.
    fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|error| {
            tracing::error!(%error, "an event cannot be written");
            "{}".to_owned()
        })
    }
}

macro_rules! payloads {
    ($($name:literal $(#[$doc:meta])* $type:ident $(<$life:lifetime>)? {
        $($(#[$about:meta])* $field:ident: $of:ty,)*
    })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Serialize, JsonSchema)]
        pub(crate) struct $type $(<$life>)? {
            $($(#[$about])* pub(crate) $field: $of,)*
        }

        impl $(<$life>)? Payload for $type $(<$life>)? {
            const NAME: &'static str = $name;
        }
    )*};
}

payloads! {
    "new_message"
    /// A message, for sockets that have not joined its room.
    NewMessage<'a> {
        /// The message.
        message: &'a Message,
        /// How many messages of the room the listener has not read.
        unread_count: i64,
    }

    "receive_message"
    /// A message, for sockets that have joined its room.
    ReceivedMessage<'a> {
        #[serde(flatten)]
        message: &'a Message,
        /// Whether the listener sent it.
        #[serde(rename = "isSentByViewer")]
        is_sent_by_viewer: bool,
        /// Always empty.
        #[schemars(extend("const" = ""))]
        img: &'static str,
    }

    "message_updated"
    /// A message was edited.
    MessageUpdated<'a> {
        /// The message as it is now.
        message: &'a Message,
    }

    "message_deleted"
    /// A message was unsent.
    MessageDeleted<'a> {
        /// What is left of it.
        message: &'a Message,
    }

    "message_reacted"
    /// The reactions to a message changed.
    MessageReacted<'a> {
        /// The message with its reactions.
        message: &'a Message,
    }

    "message_hidden"
    /// The listener deleted a message for themselves.
    MessageHidden {
        /// The room.
        chatroom_id: RoomId,
        /// The message.
        message_id: MessageId,
        /// Its place in the room.
        seq: i64,
    }

    "typing"
    /// A member began or stopped typing.
    #[expect(clippy::struct_field_names, reason = "they are the names on the wire")]
    Typing {
        /// The room.
        chatroom_id: RoomId,
        /// Who types.
        user_id: UserId,
        /// Whether they do.
        is_typing: bool,
    }

    "presence"
    /// A friend came or went.
    Presence {
        /// The friend.
        user_id: UserId,
        /// Whether they have a connection now.
        online: bool,
        /// When their last connection ended.
        last_seen: Option<Time>,
    }

    "friend_request"
    /// Somebody asks to be a friend.
    FriendRequest<'a> {
        /// Who asks.
        friend: &'a Friend,
    }

    "friend_accepted"
    /// Two users became friends.
    FriendAccepted<'a> {
        /// The new friend.
        friend: &'a Friend,
    }

    "friend_removed"
    /// A friendship or a request is no more.
    FriendRemoved {
        /// The one who is a friend no longer.
        user_id: UserId,
    }

    "chatroom_created"
    /// A room came to be.
    ChatroomCreated<'a> {
        /// The room, as the listener sees it.
        chatroom: &'a Room,
    }

    "user_updated"
    /// A user changed what others see of them.
    UserUpdated<'a> {
        /// What others see now.
        user: &'a Profile,
    }

    "session"
    /// A connection that can be recovered begins.
    Session {
        /// Whether it went on where an earlier one ended.
        #[schemars(extend("const" = false))]
        recovered: bool,
    }

    "synced"
    /// Everything that was missed has been told.
    Synced {
        /// The place in the log up to which it was.
        cursor: Cursor,
    }

    "sync_required"
    /// Too much was missed to be told at once.
    SyncRequired {}

    "session_revoked"
    /// The sign-in ended.
    SessionRevoked {}

    "restart"
    /// The server stops, and another takes its place.
    Restart {
        /// After how many milliseconds to come back.
        retry_after_ms: u64,
    }
}

impl Payload for Receipt {
    const NAME: &'static str = "message_status";
}

/// A message for a socket that has not joined its room: a [`NewMessage`], out of what is written already.
pub(crate) fn unjoined<'a>(message: &'a str, unread: &'a str) -> [&'a str; 5] {
    [r#"{"message":"#, message, r#","unread_count":"#, unread, "}"]
}

/// A message for a socket that has joined its room: a [`ReceivedMessage`], out of what is written already.
pub(crate) fn joined(message: &str, own: bool) -> [&str; 4] {
    let open = message.strip_suffix('}').unwrap_or(message);
    [open, r#","isSentByViewer":"#, if own { "true" } else { "false" }, r#","img":""}"#]
}

#[cfg(test)]
mod tests {
    use domain::message::Kind;
    use domain::receipt::ReadStatus;
    use domain::user::Author;

    use super::*;

    #[test]
    fn what_is_put_together_is_what_the_types_write() {
        let user = Author {
            id: UserId(7),
            username: "小明".to_owned(),
            user_name: "小明".to_owned(),
            nickname: None,
            picture_url: None,
        };
        let message = Message {
            id: MessageId(1),
            room: RoomId::generate(),
            seq: 1,
            sender: UserId(7),
            user,
            content: "你好 }".to_owned(),
            caption: None,
            kind: Kind::Text,
            media_url: None,
            media: None,
            read_status: ReadStatus::Unread,
            read_by_count: 0,
            timestamp: Time::new(chrono::DateTime::UNIX_EPOCH),
            client_msg_id: None,
            reply_to: None,
            reactions: Vec::new(),
            edited_at: None,
            deleted: false,
        };
        let text = serde_json::to_string(&message).unwrap();
        assert_eq!(unjoined(&text, "3").concat(), NewMessage { message: &message, unread_count: 3 }.text());
        for own in [true, false] {
            let typed = ReceivedMessage { message: &message, is_sent_by_viewer: own, img: "" };
            assert_eq!(joined(&text, own).concat(), typed.text());
        }
    }
}
