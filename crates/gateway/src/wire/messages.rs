//! Requests about messages that were sent.

use chat::context::Limits;
use chat::revisions::NewText;
use deserr::Deserr;
use domain::id::{MessageId, RoomId};
use domain::invalid::Invalid;
use domain::message::MessageRef;
use domain::reaction::Emoji;
use domain::text::Body;
use schemars::JsonSchema;

use super::extras::{SentMention, mentions, mentions_fit};
use super::fields::{Flag, MaybeBlank, fields, text};
use super::input::{Input, Request, requests};
use crate::problem::Problem;

/// A message that is to say something else.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct EditMessage {
    /// The room.
    pub(crate) chatroom_id: RoomId,
    /// The message.
    pub(crate) message_id: MessageId,
    /// The text, or the caption of a file, which may be blank.
    #[schemars(with = "String")]
    content: MaybeBlank,
    /// Whom it mentions then, in the order of the text.
    #[deserr(default)]
    #[schemars(length(max = 50))]
    mentions: Option<Vec<SentMention>>,
}

impl Request for EditMessage {
    fn parse(input: &Input, limits: &Limits) -> Result<Self, Problem> {
        let edit: Self = input.parse(input.at_most("content", limits.text_max))?;
        let text = edit.content.0.as_ref().map_or("", Body::as_str);
        mentions_fit(input, edit.mentions.as_deref(), text)?;
        Ok(edit)
    }
}

impl EditMessage {
    pub(crate) fn text(self) -> NewText {
        NewText { text: self.content.0, mentions: mentions(self.mentions) }
    }
}

/// A message to unsend, or to hide from oneself.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct DeleteMessage {
    /// The room.
    pub(crate) chatroom_id: RoomId,
    /// The message.
    pub(crate) message_id: MessageId,
    /// `all` if absent.
    #[deserr(default, rename = "for")]
    #[serde(rename = "for")]
    #[schemars(with = "Option<String>", extend("enum" = ["me", "all", null]))]
    pub(crate) whom: Option<DeleteFor>,
}

/// For whom a message is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DeleteFor {
    Me,
    All,
}

/// The message that is asked about.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct NamedMessage {
    /// The room.
    pub(crate) chatroom_id: RoomId,
    /// The message.
    pub(crate) message_id: MessageId,
}

impl NamedMessage {
    /// Returns the message.
    pub(crate) fn message(&self) -> MessageRef {
        MessageRef { room: self.chatroom_id, message: self.message_id }
    }
}

/// A reaction to put on a message, or to take off.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct React {
    /// The room.
    pub(crate) chatroom_id: RoomId,
    /// The message.
    pub(crate) message_id: MessageId,
    /// One emoji.
    #[schemars(with = "String", length(min = 1, max = 10))]
    pub(crate) emoji: Emoji,
    /// Whether to put it there, as if absent, or to take it off.
    #[deserr(default)]
    pub(crate) on: Option<Flag>,
}

requests!(DeleteMessage, NamedMessage, React);

fields! {
    DeleteFor: |value, place| text(value, place, DeleteFor::parse),
}

impl DeleteFor {
    fn parse(value: &str) -> Result<Self, Invalid> {
        match value {
            "me" => Ok(Self::Me),
            "all" => Ok(Self::All),
            _ => Err(Invalid::NotOneOf("'me' or 'all'")),
        }
    }
}
