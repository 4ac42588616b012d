//! What clients send about messages; the seed's habits are understood beside our own.

use chat::messages::key_of_repeat;
use chat::revisions::NewText;
use domain::fault::Fault;
use domain::id::{MessageId, RoomId};
use domain::media::{self, Purpose};
use domain::message::{ClientKey, Content, Draft, Kind};
use domain::reaction::Emoji;
use domain::text::Body;

use super::input::Input;
use crate::problem::Problem;

/// The longest address of a file, in code points.
const URL_MAX: usize = 512;

/// Reads `{content?, message_type = "text", media_url?, caption?, reply_to?, client_msg_id?, timestamp?}` for a room.
///
/// For anything but text the address is `media_url`, or else `content`, where the seed's client puts it. Without a
/// `client_msg_id` the `timestamp` that the seed's client repeats on both doors tells that two sends are one.
pub(crate) fn draft(mut input: Input, room: RoomId, text_max: usize) -> Result<Draft, Problem> {
    let kind = input
        .text("message_type", |word| Kind::parse(word).ok_or(Fault::NotOneOf(Kind::WORDS)))
        .unwrap_or(Kind::Text);
    let moment = input.moment("timestamp");
    let name = input.text("client_msg_id", client_name);
    let content = match kind {
        Kind::Text => input.need_text("content", |text| Body::parse(text, text_max)).map(Content::Text),
        kind => file(&mut input, kind, text_max),
    };
    let reply_to = input.number("reply_to").map(MessageId);
    let key = match (name, moment, &content) {
        (Some(name), ..) => Some(ClientKey::Named(name)),
        (None, Some((_, written)), Some(content)) => Some(key_of_repeat(room, &written, content, reply_to)),
        _ => None,
    };
    input.done(content.map(|content| Draft { content, key, reply_to }))
}

/// Reads `{content}`: what a message is to say instead; blank is nothing, which will do under a file only.
pub(crate) fn words(input: &mut Input, text_max: usize) -> Option<NewText> {
    input.need_text("content", |text| words_or_none(text, text_max).map(NewText))
}

fn words_or_none(text: &str, text_max: usize) -> Result<Option<Body>, Fault> {
    if text.trim().is_empty() { Ok(None) } else { Body::parse(text, text_max).map(Some) }
}

/// Reads `for?`; tells whether a message is to be deleted for oneself alone.
pub(crate) fn for_me(input: &mut Input) -> Option<bool> {
    let only = |word: &str| match word {
        "me" => Ok(true),
        "all" => Ok(false),
        _ => Err(Fault::NotOneOf("'me' or 'all'")),
    };
    if input.has("for") { input.text("for", only) } else { Some(false) }
}

/// Reads `message_id`.
pub(crate) fn id(input: &mut Input) -> Option<MessageId> {
    input.need_number("message_id").map(MessageId)
}

/// Reads `emoji`.
pub(crate) fn emoji(input: &mut Input) -> Option<Emoji> {
    input.need_text("emoji", Emoji::parse)
}

fn client_name(text: &str) -> Result<String, Fault> {
    match text.chars().count() {
        0 => Err(Fault::TooShort(1)),
        1..=ClientKey::NAME_MAX => Ok(text.to_owned()),
        _ => Err(Fault::TooLong(ClientKey::NAME_MAX)),
    }
}

fn file(input: &mut Input, kind: Kind, text_max: usize) -> Option<Content> {
    let field = if input.has("media_url") { "media_url" } else { "content" };
    let url = input.need_text(field, file_url);
    let caption = input.text("caption", |text| words_or_none(text, text_max));
    let url = url?;
    let media = media::id_in_url(&url, Purpose::Message);
    Some(Content::File { kind, url, media, caption: caption.flatten().map(Body::into_string) })
}

fn file_url(text: &str) -> Result<String, Fault> {
    if text.chars().count() > URL_MAX {
        return Err(Fault::TooLong(URL_MAX));
    }
    if is_web_address(text) || media::id_in_url(text, Purpose::Message).is_some() {
        return Ok(text.to_owned());
    }
    Err(Fault::Rule(
        "media_url must be the address that an upload answered, or begin with http:// or https://",
    ))
}

/// Tells whether a text is an absolute address of the web.
pub(super) fn is_web_address(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}
