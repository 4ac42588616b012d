//! The request that sends a message; the seed's habits are understood beside our own.

use chat::context::Limits;
use chat::messages::key_of_repeat;
use deserr::Deserr;
use domain::extras::{Extras, ShownAs};
use domain::id::{MessageId, RoomId};
use domain::invalid::Invalid;
use domain::media::{self, Purpose};
use domain::message::{ClientKey, Content, Draft, MessageKind, Source};
use domain::text::Body;
use schemars::JsonSchema;

use super::extras::{SentMention, SentSticker, WAVEFORM_MAX, mentions, mentions_fit};
use super::fields::{Flag, MaybeBlank, Moment, fields, text};
use super::input::{Input, Request, both};
use super::messages::NamedMessage;
use super::number::Number;
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
    /// Whether its receivers are to be spared a notification.
    #[deserr(default)]
    silent: Option<Flag>,
}

/// What a message carries.
#[derive(JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
enum SentContent {
    Text(SentText),
    File(Box<SentFile>),
    Forward(SentForward),
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
    /// Whom it mentions, in the order of the text.
    #[deserr(default)]
    #[schemars(length(max = 50))]
    mentions: Option<Vec<SentMention>>,
}

/// The content of another message to send on.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
#[schemars(inline)]
struct SentForward {
    /// The message.
    forwarded_from: NamedMessage,
    /// The sender's name for the album that a file belongs to.
    #[deserr(default)]
    #[schemars(with = "Option<String>", length(min = 1, max = 64))]
    album_id: Option<ClientName>,
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
    /// Whom the text under it mentions, in the order of the text.
    #[deserr(default)]
    #[schemars(length(max = 50))]
    mentions: Option<Vec<SentMention>>,
    /// The sender's name for the album that it belongs to, of at most 20 files among the newest 100 messages.
    #[deserr(default)]
    #[schemars(with = "Option<String>", length(min = 1, max = 64))]
    album_id: Option<ClientName>,
    /// What it is shown as: a sound as a voice message, a picture as a sticker.
    #[deserr(default)]
    kind: Option<ShownAs>,
    /// How long a sound is.
    #[deserr(default)]
    duration_ms: Option<Number<0, 86_400_000>>,
    /// How loud a sound is along its length.
    #[deserr(default)]
    #[schemars(length(max = 100))]
    waveform: Option<Vec<Number<0, 31>>>,
    /// Which sticker it is.
    #[deserr(default)]
    sticker: Option<SentSticker>,
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
            _ if input.has("forwarded_from") => input.parse(None).map(SentContent::Forward),
            MessageKind::Text => sent_text(input, limits).map(SentContent::Text),
            _ => file(input, limits).map(Box::new).map(SentContent::File),
        };
        let (envelope, content) = both(input.parse(None), content)?;
        Ok(Self { envelope, content })
    }
}

fn sent_text(input: &Input, limits: &Limits) -> Result<SentText, Problem> {
    let text: SentText = input.parse(input.at_most("content", limits.text_max))?;
    mentions_fit(input, text.mentions.as_deref(), text.content.as_str())?;
    Ok(text)
}

fn file(input: &Input, limits: &Limits) -> Result<SentFile, Problem> {
    let file = input.parse::<SentFile>(input.at_most("caption", limits.text_max));
    let file = if input.has("media_url") {
        file?
    } else {
        let (file, InContent { content }) = both(file, input.parse(None))?;
        SentFile { media_url: Some(content), ..file }
    };
    let caption = file.caption.as_ref().and_then(|caption| caption.0.as_ref());
    mentions_fit(input, file.mentions.as_deref(), caption.map_or("", Body::as_str))?;
    file.fits().map_err(|rule| input.invalid("kind", &rule))?;
    Ok(file)
}

impl SendMessage {
    /// The room, and the message for it.
    pub(crate) fn into_draft(self) -> (RoomId, Draft) {
        let Envelope { chatroom_id: room, reply_to, client_msg_id, timestamp, silent } = self.envelope;
        let (source, extras) = match self.content {
            SentContent::Text(text) => {
                let extras = Extras { mentions: mentions(text.mentions), ..Extras::default() };
                (Source::Sender(Content::Text(text.content)), extras)
            }
            SentContent::File(file) => file.into_content(),
            SentContent::Forward(forward) => {
                let album_id = forward.album_id.map(|name| name.0);
                (
                    Source::Forwarded(forward.forwarded_from.message()),
                    Extras { album_id, ..Extras::default() },
                )
            }
        };
        let extras = Extras { silent: silent.is_some_and(|silent| silent.0), ..extras };
        let repeated = |moment: Moment| match &source {
            Source::Sender(content) => Some(key_of_repeat(room, &moment.written, content, reply_to)),
            Source::Forwarded(_) => None,
        };
        let key = client_msg_id.map(|name| ClientKey::Named(name.0));
        let key = key.or_else(|| timestamp.and_then(repeated));
        (room, Draft { source, extras, key, reply_to })
    }
}

impl SentFile {
    /// A file has what belongs to its kind alone.
    fn fits(&self) -> Result<(), Invalid> {
        let kind = self.message_type;
        let shown_of = self.kind.map(|shown| match shown {
            ShownAs::Voice => MessageKind::Audio,
            ShownAs::Sticker => MessageKind::Image,
        });
        if shown_of.is_some_and(|shown| shown != kind) {
            return Err(Invalid::Rule("A voice message is audio, and a sticker an image"));
        }
        let is_sound = self.duration_ms.is_some() || self.waveform.is_some();
        if is_sound && kind != MessageKind::Audio {
            return Err(Invalid::Rule("Only audio has a duration and a waveform"));
        }
        if self.sticker.is_some() && self.kind != Some(ShownAs::Sticker) {
            return Err(Invalid::Rule("Only a sticker names its pack"));
        }
        if self.waveform.as_ref().is_some_and(|waveform| waveform.len() > WAVEFORM_MAX) {
            return Err(Invalid::Rule("A waveform has at most 100 values"));
        }
        Ok(())
    }

    fn into_content(self) -> (Source, Extras) {
        let url = self.media_url.map(|url| url.0).unwrap_or_default();
        let media = media::id_in_url(&url, Purpose::Message);
        let caption = self.caption.and_then(|caption| caption.0).map(Body::into_string);
        let extras = Extras {
            album_id: self.album_id.map(|name| name.0),
            shown_as: self.kind,
            duration_ms: self.duration_ms.map(|duration| duration.0),
            waveform: self.waveform.into_iter().flatten().map(|level| level.0).collect(),
            sticker: self.sticker.map(SentSticker::named),
            mentions: mentions(self.mentions),
            ..Extras::default()
        };
        (Source::Sender(Content::File { kind: self.message_type, url, media, caption }), extras)
    }
}

fields! {
    ClientName: |value, place| text(value, place, ClientName::parse),
    FileUrl: |value, place| text(value, place, FileUrl::parse),
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

/// Whether a text is an absolute address of the web.
pub(super) fn is_web_address(text: &str) -> bool {
    // The parser overlooks them: what it makes of the text is not what a client gets.
    let overlooked = text.contains(char::is_control) || text.trim() != text;
    !overlooked
        && url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}
