//! Messages: what one is, and what a sender asks for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::extras::Extras;
use crate::id::{MediaId, MessageId, RoomId, UserId};
use crate::media::Media;
use crate::reaction::Reaction;
use crate::receipt::ReadStatus;
use crate::system_message::SystemMessage;
use crate::text::Body;
use crate::time::Time;
use crate::user::Author;

pub use crate::message_kind::MessageKind;
pub use crate::quote::Quote;

/// Names a message of a room by its id, as clients do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MessageRef {
    /// The room.
    #[serde(rename = "chatroom_id")]
    pub room: RoomId,
    /// The message.
    #[serde(rename = "message_id")]
    pub message: MessageId,
}

/// Names a message by its number in its room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MessageSeq {
    /// The room.
    pub room: RoomId,
    /// The number: 1, 2, 3 and so on, without a gap.
    pub seq: i64,
}

/// A message as one viewer sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Message {
    /// The message's id.
    #[serde(rename = "message_id")]
    pub id: MessageId,
    /// The room it was sent to.
    #[serde(rename = "chatroom_id")]
    pub room: RoomId,
    /// Its number in the room: 1, 2, 3 and so on, without a gap.
    pub seq: i64,
    /// Who sent it.
    #[serde(rename = "sender_id")]
    pub sender: UserId,
    /// The sender as a person.
    pub user: Author,
    /// The text; for anything but text the address of the file.
    pub content: String,
    /// The text under a picture or file.
    pub caption: Option<String>,
    /// What it carries.
    #[serde(rename = "message_type")]
    pub kind: MessageKind,
    /// The address of the file.
    pub media_url: Option<String>,
    /// The file, where it was uploaded here.
    pub media: Option<Media>,
    /// What the viewer sees of who has got it.
    pub read_status: ReadStatus,
    /// How many others have read it.
    pub read_by_count: usize,
    /// When the server stored it; strictly increasing within a room.
    pub timestamp: Time,
    /// The name that its sender gave it, so that a repeated send is known as one.
    pub client_msg_id: Option<String>,
    /// The message that it answers.
    pub reply_to: Option<Box<Quote>>,
    /// What members put to it, in the order of first use.
    pub reactions: Vec<Reaction>,
    /// When it last was edited, if it was.
    pub edited_at: Option<Time>,
    /// Whether it was unsent; then nothing is left of it but its number.
    pub deleted: bool,
    /// When it is gone for everybody, if it disappears.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Time")]
    pub expires_at: Option<Time>,
    /// What happened, where the server tells of something: `content` says it in English.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "SystemMessage")]
    pub system: Option<Box<SystemMessage>>,
    /// What it has beside its content.
    #[serde(flatten)]
    #[schemars(with = "Extras")]
    pub extras: Option<Box<Extras>>,
}

impl Message {
    /// Returns the room and the message's number there.
    pub fn at(&self) -> MessageSeq {
        MessageSeq { room: self.room, seq: self.seq }
    }

    /// Returns what is there of it at a moment.
    #[must_use]
    pub fn at_time(self, now: Time) -> Self {
        if self.expires_at.is_some_and(|expires| expires <= now) { self.without_content() } else { self }
    }

    /// Removes all but the sender and the time, for a user who has hidden it, or for all once it is gone.
    #[must_use]
    pub fn without_content(self) -> Self {
        Self {
            content: String::new(),
            caption: None,
            kind: MessageKind::Text,
            media_url: None,
            media: None,
            client_msg_id: None,
            reply_to: None,
            reactions: Vec::new(),
            edited_at: None,
            deleted: true,
            system: None,
            extras: None,
            ..self
        }
    }

    /// Removes the content of the quote, for a user who has hidden the quoted message.
    #[must_use]
    pub fn without_quote(mut self) -> Self {
        self.reply_to = self.reply_to.map(|quote| Box::new(quote.without_content()));
        self
    }
}

/// What makes two sends one: unique per sender, for ever.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ClientKey {
    /// The sender named the message.
    Named(String),
    /// The hash of what a client without names repeats over REST and Socket.IO.
    Hashed(String),
}

impl ClientKey {
    /// The longest name, in code points.
    pub const NAME_MAX: usize = 64;

    /// Returns the key as the database keeps it; the end is marked, since `MySQL` compares without trailing blanks.
    pub fn stored(&self) -> String {
        match self {
            Self::Named(name) => format!("n:{name}|"),
            Self::Hashed(hash) => format!("h:{hash}"),
        }
    }

    /// Returns the sender's name for the message that is stored under `key`.
    pub fn name_in(key: &str) -> Option<&str> {
        key.strip_prefix("n:")?.strip_suffix('|')
    }
}

/// What a message is to say, parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Text.
    Text(Body),
    /// A file at an address.
    File {
        /// What kind of file.
        kind: MessageKind,
        /// Where it is.
        url: String,
        /// The upload behind the address, where it is one of ours.
        media: Option<MediaId>,
        /// The text under it.
        caption: Option<String>,
    },
}

/// Where the content of a message comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// From its sender.
    Sender(Content),
    /// From another message.
    Forwarded(MessageRef),
}

/// A message that a sender asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The content.
    pub source: Source,
    /// What it has beside its content.
    pub extras: Extras,
    /// What makes a repeated send the same one.
    pub key: Option<ClientKey>,
    /// The message that it answers.
    pub reply_to: Option<MessageId>,
}

impl Content {
    /// Returns what kind of message it makes.
    pub fn kind(&self) -> MessageKind {
        match self {
            Self::Text(_) => MessageKind::Text,
            Self::File { kind, .. } => *kind,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_key_gives_its_name_back_and_a_hash_does_not() {
        assert_eq!(ClientKey::name_in(&ClientKey::Named("訊息-1".into()).stored()), Some("訊息-1"));
        assert_eq!(ClientKey::name_in(&ClientKey::Hashed("abc".into()).stored()), None);
        assert_ne!(ClientKey::Named("x".into()).stored(), ClientKey::Hashed("x".into()).stored());
    }
}
