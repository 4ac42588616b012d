//! Forwarding: what a message that is sent on takes from the one that it comes from.

use domain::extras::Extras;
use domain::id::{RoomId, UserId};
use domain::media::Media;
use domain::message::{ClientKey, Content, Message, MessageKind, MessageRef, MessageSeq};
use domain::text::Body;
use persistence::error::Error as Stored;
use persistence::{members, messages};

use crate::context::Chat;
use crate::error::{Error, Refusal};
use crate::{hidden, membership};

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
        let member = membership::find(conn, viewer, room)?;
        hidden::load(conn, &member, id)
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
        let member = members::find(conn, viewer, room)?;
        let at = messages::under_key(conn, user, &key)?;
        if at.room != room {
            return Ok(None);
        }
        let found = messages::find(conn, &member, at.seq)?;
        let forwarded = found.extras.as_ref().is_some_and(|extras| extras.forwarded);
        Ok::<_, Stored>((forwarded || found.deleted).then_some(at))
    });
    match read.await {
        Err(Stored::NotFound) => Ok(None),
        found => Ok(found?),
    }
}
