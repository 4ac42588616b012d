//! Events as clients hear them: a name and a JSON object, the same over a socket and out of `/sync`.

use std::borrow::Cow;

use domain::event::{Event, Listener};
use domain::id::{RoomId, UserId};
use domain::message::Message;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::payload::{self, NewMessage, Payload, unjoined};

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
        match event {
            Event::MessageSent { message, to } => Self::message(message, to),
            Event::MessageEdited { message, to } => said(&payload::MessageUpdated { message }, to),
            Event::MessageUnsent { message, to } => said(&payload::MessageDeleted { message }, to),
            Event::MessageReacted { message, to } => said(&payload::MessageReacted { message }, to),
            Event::MessageHidden { room, message, seq, to } => {
                let (chatroom_id, message_id, seq) = (*room, *message, *seq);
                said(&payload::MessageHidden { chatroom_id, message_id, seq }, &[*to])
            }
            Event::MarksMoved { receipt, to } => said(receipt, to),
            Event::Typing { room, user, is_typing, to } => {
                let (chatroom_id, user_id, is_typing) = (*room, *user, *is_typing);
                said(&payload::Typing { chatroom_id, user_id, is_typing }, to)
            }
            Event::PresenceChanged { user, online, last_seen, to } => {
                let (user_id, online, last_seen) = (*user, *online, *last_seen);
                said(&payload::Presence { user_id, online, last_seen }, to)
            }
            Event::FriendRequested { friend, to } => said(&payload::FriendRequest { friend }, &[*to]),
            Event::FriendAccepted { friend, to } => said(&payload::FriendAccepted { friend }, &[*to]),
            Event::FriendRemoved { user, to } => said(&payload::FriendRemoved { user_id: *user }, &[*to]),
            Event::RoomCreated { room, to } => said(&payload::ChatroomCreated { chatroom: room }, &[*to]),
            Event::ProfileChanged { profile, to } => said(&payload::UserUpdated { user: profile }, &[*to]),
            Event::SessionRevoked { .. } => None,
        }
    }

    fn message(message: &Message, to: &[Listener]) -> Option<Self> {
        let to = to.iter().map(|listener| (listener.user, listener.unread)).collect();
        Some(Self::Message { room: message.room, sender: message.sender, message: json(message)?, to })
    }

    /// Its name, where no room was joined.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Message { .. } => NewMessage::NAME,
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

fn said<P: Payload>(payload: &P, to: &[UserId]) -> Option<Told> {
    Some(Told::Event { name: P::NAME.into(), payload: json(payload)?, to: to.to_vec() })
}

/// Serialising our own values cannot fail; were one to, it is missed in the log rather than by everybody.
fn json(value: &impl Serialize) -> Option<Box<RawValue>> {
    serde_json::value::to_raw_value(value)
        .inspect_err(|error| tracing::error!(%error, "an event cannot be written"))
        .ok()
}
