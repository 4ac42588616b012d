//! Requests about messages; the seed's habits are understood beside our own.

use chat::context::Limits;
use chat::messages::key_of_repeat;
use chat::revisions::NewText;
use deserr::Deserr;
use domain::id::{MessageId, RoomId};
use domain::invalid::Invalid;
use domain::media::{self, Purpose};
use domain::message::{ClientKey, Content, Draft, MessageKind, MessageRef};
use domain::reaction::Emoji;
use domain::text::{Body, is_blank};
use schemars::JsonSchema;

use super::fields::{Flag, Moment, fields, text};
use super::input::{Input, Request, both, requests};
use crate::problem::Problem;

/// A message to send.
#[derive(JsonSchema)]
pub(crate) struct SendMessage {
    #[serde(flatten)]
    envelope: Envelope,
    #[serde(flatten)]
    content: SentContent,
}

/// What a message of any kind is sent with.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
struct Envelope {
    /// The room.
    chatroom_id: RoomId,
    /// The message of the room that this one answers.
    #[deserr(default)]
    reply_to: Option<MessageId>,
    /// The sender's own name for the message, by which a repeated send is known.
    #[deserr(default)]
    #[schemars(with = "Option<String>", length(min = 1, max = 64))]
    client_msg_id: Option<ClientName>,
    /// Without `client_msg_id` a repeated send is known by this, with room, type, content and `reply_to`.
    #[deserr(default)]
    timestamp: Option<Moment>,
}

/// What a message carries.
#[derive(JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
enum SentContent {
    Text(SentText),
    File(SentFile),
}

/// A text to send.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
#[schemars(inline)]
struct SentText {
    /// `text`, as if absent.
    #[deserr(default)]
    #[schemars(with = "Option<String>", extend("enum" = ["text", null]))]
    #[expect(dead_code, reason = "it is only checked")]
    message_type: Option<MessageKind>,
    /// The text: not blank, at most as long as the operator allows (10,000 characters).
    content: Body,
}

/// A file to send; its address is `media_url`, or else `content`, where the seed's client puts it.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
#[schemars(inline)]
struct SentFile {
    /// What kind of file.
    #[schemars(with = "String", extend("enum" = ["image", "audio", "file", "video"]))]
    message_type: MessageKind,
    /// The address that an upload answered, or one of the web.
    #[deserr(default)]
    #[schemars(with = "Option<String>")]
    media_url: Option<FileUrl>,
    /// The address, where `media_url` is absent.
    #[deserr(skip)]
    #[expect(dead_code, reason = "`InContent` is parsed where it counts")]
    content: Option<String>,
    /// The text under the file.
    #[deserr(default)]
    #[schemars(with = "Option<String>")]
    caption: Option<MaybeBlank>,
}

/// The address of a file that is in `content`.
#[derive(Deserr)]
#[deserr(error = Problem)]
struct InContent {
    content: FileUrl,
}

impl Request for SendMessage {
    fn parse(input: &Input, limits: &Limits) -> Result<Self, Problem> {
        let kind = input.text("message_type").and_then(MessageKind::parse).unwrap_or(MessageKind::Text);
        let content = match kind {
            MessageKind::Text => {
                input.parse(input.at_most("content", limits.text_max)).map(SentContent::Text)
            }
            _ => file(input, limits).map(SentContent::File),
        };
        let (envelope, content) = both(input.parse(None), content)?;
        Ok(Self { envelope, content })
    }
}

fn file(input: &Input, limits: &Limits) -> Result<SentFile, Problem> {
    let file = input.parse::<SentFile>(input.at_most("caption", limits.text_max));
    if input.has("media_url") {
        return file;
    }
    let (file, InContent { content }) = both(file, input.parse(None))?;
    Ok(SentFile { media_url: Some(content), ..file })
}

impl SendMessage {
    /// The room, and the message for it.
    pub(crate) fn into_draft(self) -> (RoomId, Draft) {
        let Envelope { chatroom_id: room, reply_to, client_msg_id, timestamp } = self.envelope;
        let content = match self.content {
            SentContent::Text(text) => Content::Text(text.content),
            SentContent::File(file) => file.into_content(),
        };
        let repeated = |moment: Moment| key_of_repeat(room, &moment.written, &content, reply_to);
        let key = client_msg_id.map(|name| ClientKey::Named(name.0)).or_else(|| timestamp.map(repeated));
        (room, Draft { content, key, reply_to })
    }
}

impl SentFile {
    fn into_content(self) -> Content {
        let url = self.media_url.map(|url| url.0).unwrap_or_default();
        let media = media::id_in_url(&url, Purpose::Message);
        let caption = self.caption.and_then(|caption| caption.0).map(Body::into_string);
        Content::File { kind: self.message_type, url, media, caption }
    }
}

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
}

impl Request for EditMessage {
    fn parse(input: &Input, limits: &Limits) -> Result<Self, Problem> {
        input.parse(input.at_most("content", limits.text_max))
    }
}

impl EditMessage {
    pub(crate) fn text(self) -> NewText {
        NewText(self.content.0)
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
    MaybeBlank: |value, place| text(value, place, MaybeBlank::parse),
    ClientName: |value, place| text(value, place, ClientName::parse),
    FileUrl: |value, place| text(value, place, FileUrl::parse),
    DeleteFor: |value, place| text(value, place, DeleteFor::parse),
}

/// Text that may be blank, which is no text.
struct MaybeBlank(Option<Body>);

impl MaybeBlank {
    fn parse(text: &str) -> Result<Self, Invalid> {
        if is_blank(text) { Ok(Self(None)) } else { Body::parse(text, usize::MAX).map(Some).map(Self) }
    }
}

struct ClientName(String);

impl ClientName {
    fn parse(text: &str) -> Result<Self, Invalid> {
        match text.chars().count() {
            0 => Err(Invalid::TooShort(1)),
            1..=ClientKey::NAME_MAX => Ok(Self(text.to_owned())),
            _ => Err(Invalid::TooLong(ClientKey::NAME_MAX)),
        }
    }
}

struct FileUrl(String);

impl FileUrl {
    /// The longest, in code points.
    const MAX: usize = 512;

    fn parse(text: &str) -> Result<Self, Invalid> {
        if text.chars().count() > Self::MAX {
            return Err(Invalid::TooLong(Self::MAX));
        }
        let is_ours = media::is_own_path(text) && media::id_in_url(text, Purpose::Message).is_some();
        if is_ours || is_web_address(text) {
            return Ok(Self(text.to_owned()));
        }
        Err(Invalid::Rule(
            "media_url must be the address that an upload answered, or begin with http:// or https://",
        ))
    }
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

/// Whether a text is an absolute address of the web.
pub(super) fn is_web_address(text: &str) -> bool {
    // The parser overlooks them: what it makes of the text is not what a client gets.
    let overlooked = text.contains(char::is_control) || text.trim() != text;
    !overlooked
        && url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}
