//! Forwarding: what a message that is sent on takes from the one that it comes from.

use domain::extras::Extras;
use domain::id::{RoomId, UserId};
use domain::media::Media;
use domain::message::{ClientKey, Content, Message, MessageKind, MessageRef, MessageSeq};
use domain::text::Body;
use persistence::error::Error as Stored;
use persistence::{messages, rooms};

use crate::context::Chat;
use crate::error::{Error, Refusal, Resource};
use crate::hidden::still_there;

/// What a message carries.
pub(crate) struct Carried {
    pub(crate) content: Content,
    pub(crate) media: Option<Media>,
    pub(crate) extras: Extras,
}

impl Carried {
    fn forwarded(message: Message, asked: Extras) -> Self {
        let is_text = message.kind == MessageKind::Text;
        let content = if is_text {
            Content::Text(Body::stored(message.content))
        } else {
            Content::File {
                kind: message.kind,
                url: message.media_url.unwrap_or(message.content),
                media: message.media.as_ref().map(|media| media.media_id),
                caption: message.caption,
            }
        };
        let extras = Extras {
            album_id: asked.album_id.filter(|_| !is_text),
            silent: asked.silent,
            ..message.extras.unwrap_or_default().forwarded()
        };
        Self { content, media: message.media, extras }
    }
}

/// Loads what is forwarded, a message that the user has; of what the sender asks for it keeps the album and silence.
pub(crate) async fn load(
    chat: &Chat,
    user: UserId,
    message: MessageRef,
    asked: Extras,
) -> Result<Carried, Error> {
    let (viewer, MessageRef { room, message: id }) = (chat.viewer(user), message);
    let read = chat.db.read(move |conn| {
        rooms::member(conn, room, user).map_err(|e| Error::or_not_found(e, Resource::Room))?;
        let seq = messages::seq_of(conn, room, id).map_err(|e| Error::or_not_found(e, Resource::Message))?;
        let at = MessageSeq { room, seq };
        still_there(conn, viewer, at)?;
        messages::at(conn, viewer, &[at])?.pop().ok_or(Error::NotFound(Resource::Message))
    });
    let message = read.await?;
    if message.deleted {
        return Err(Error::Refused(Refusal::Unsent));
    }
    if message.system.is_some() {
        return Err(Error::Refused(Refusal::SystemMessage));
    }
    Ok(Carried::forwarded(message, asked))
}

/// Returns the message that the user forwarded to a room before, under this key, whatever became of its source.
pub(crate) async fn repeated(
    chat: &Chat,
    user: UserId,
    room: RoomId,
    key: Option<ClientKey>,
) -> Result<Option<MessageSeq>, Error> {
    let (Some(key), viewer) = (key, chat.viewer(user)) else { return Ok(None) };
    let read = chat.db.read(move |conn| {
        rooms::member(conn, room, user)?;
        let at = messages::under_key(conn, user, &key)?;
        let found = messages::at(conn, viewer, &[at])?.pop().ok_or(Stored::NotFound)?;
        let forwarded = found.extras.as_ref().is_some_and(|extras| extras.forwarded);
        Ok::<_, Stored>((at.room == room && (forwarded || found.deleted)).then_some(at))
    });
    match read.await {
        Err(Stored::NotFound) => Ok(None),
        found => Ok(found?),
    }
}
