//! Events as clients hear them: a name and a JSON object, the same over a socket and out of `/sync`.

use std::borrow::Cow;

use domain::event::{Event, Listener};
use domain::id::{RoomId, UserId};
use domain::message::Message;
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;

/// What one event says, and to whom; written once, for the sockets of this node and of all others.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Told {
    /// A new message: it has another form for sockets that joined its room, and each listener a count of their own.
    Message {
        /// Its room.
        room: RoomId,
        /// Its sender.
        sender: UserId,
        /// The message.
        message: Box<RawValue>,
        /// The members of its room, and how much each has not read.
        to: Vec<(UserId, i64)>,
    },
    /// Anything else.
    Event {
        /// Its name.
        name: Cow<'static, str>,
        /// A JSON object with at least one key.
        payload: Box<RawValue>,
        /// Who hears it.
        to: Vec<UserId>,
    },
}

impl Told {
    /// Returns what an event says; nothing where it is not told as one.
    pub(crate) fn of(event: &Event) -> Option<Self> {
        Some(match event {
            Event::MessageSent { message, to } => Self::message(message, to)?,
            Event::MessageEdited { message, to } => about("message_updated", message, to)?,
            Event::MessageUnsent { message, to } => about("message_deleted", message, to)?,
            Event::MessageReacted { message, to } => about("message_reacted", message, to)?,
            Event::MessageHidden { room, message, seq, to } => {
                let hidden = json!({ "chatroom_id": room, "message_id": message, "seq": seq });
                event_for("message_hidden", &hidden, &[*to])?
            }
            Event::MarksMoved { receipt, to } => event_for("message_status", receipt, to)?,
            Event::Typing { room, user, is_typing, to } => {
                let typing = json!({ "chatroom_id": room, "user_id": user, "is_typing": is_typing });
                event_for("typing", &typing, to)?
            }
            Event::PresenceChanged { user, online, last_seen, to } => {
                let presence = json!({ "user_id": user, "online": online, "last_seen": last_seen });
                event_for("presence", &presence, to)?
            }
            Event::FriendRequested { friend, to } => {
                event_for("friend_request", &json!({ "friend": friend }), &[*to])?
            }
            Event::FriendAccepted { friend, to } => {
                event_for("friend_accepted", &json!({ "friend": friend }), &[*to])?
            }
            Event::FriendRemoved { user, to } => {
                event_for("friend_removed", &json!({ "user_id": user }), &[*to])?
            }
            Event::RoomCreated { room, to } => {
                event_for("chatroom_created", &json!({ "chatroom": room }), &[*to])?
            }
            Event::ProfileChanged { profile, to } => {
                event_for("user_updated", &json!({ "user": profile }), &[*to])?
            }
            Event::SessionRevoked { .. } => return None,
        })
    }

    fn message(message: &Message, to: &[Listener]) -> Option<Self> {
        let to = to.iter().map(|listener| (listener.user, listener.unread)).collect();
        Some(Self::Message { room: message.room, sender: message.sender, message: json(message)?, to })
    }

    /// Its name, where no room was joined.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Message { .. } => "new_message",
            Self::Event { name, .. } => name,
        }
    }

    /// The pieces of its payload as the first of its listeners hears it, where no room was joined.
    pub(crate) fn payload(&self) -> Vec<Cow<'_, str>> {
        match self {
            Self::Message { message, to, .. } => {
                let unread = to.first().map_or(0, |(_, unread)| *unread);
                unjoined(message.get(), &unread.to_string()).map(|piece| piece.to_owned().into()).to_vec()
            }
            Self::Event { payload, .. } => vec![payload.get().into()],
        }
    }

    /// Who hears it.
    pub(crate) fn audience(&self) -> Vec<UserId> {
        match self {
            Self::Message { to, .. } => to.iter().map(|(user, _)| *user).collect(),
            Self::Event { to, .. } => to.clone(),
        }
    }
}

/// A message for a socket that has not joined its room.
pub(crate) fn unjoined<'a>(message: &'a str, unread: &'a str) -> [&'a str; 5] {
    [r#"{"message":"#, message, r#","unread_count":"#, unread, "}"]
}

/// A message for a socket that has joined its room: the seed's seven keys, and all of a message beside them.
pub(crate) fn joined(message: &str, own: bool) -> [&str; 4] {
    let open = message.strip_suffix('}').unwrap_or(message);
    [open, r#","isSentByViewer":"#, if own { "true" } else { "false" }, r#","img":""}"#]
}

fn about(name: &'static str, message: &Message, to: &[UserId]) -> Option<Told> {
    event_for(name, &json!({ "message": message }), to)
}

fn event_for(name: &'static str, payload: &impl Serialize, to: &[UserId]) -> Option<Told> {
    Some(Told::Event { name: name.into(), payload: json(payload)?, to: to.to_vec() })
}

/// Serialising our own values cannot fail; were one to, it is missed in the log rather than by everybody.
fn json(value: &impl Serialize) -> Option<Box<RawValue>> {
    serde_json::value::to_raw_value(value)
        .inspect_err(|error| tracing::error!(%error, "an event cannot be written"))
        .ok()
}
