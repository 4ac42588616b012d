//! Messages: sending them and reading a room's history.

use auth::secret::fingerprint;
use domain::api_token::{Scopes, TokenScope};
use domain::event::Origin;
use domain::extras::ALBUM_MAX;
use domain::id::{MessageId, RoomId, UserId};
use domain::invalid::Invalid;
use domain::media::Media;
use domain::message::{ClientKey, Content, Draft, Message, MessageSeq, Source};
use domain::page::Page;
use domain::receipt::Receipt;
use persistence::Conn;
use persistence::error::Error as Stored;
use persistence::members::RoomMember;
use persistence::messages::{NewMessage, Written, seen_by};
use persistence::{messages, receipts, uploads};

use crate::accounts::AuthUser;
use crate::context::Chat;
use crate::error::{Error, Refusal, Resource};
use crate::forwards::{self, Carried};
use crate::membership;
use crate::receipts::{ReceiptKind, ReceiptUpdate, advance};

/// Returns the key of a message that its client did not name but sends over REST and socket with the same `written` time.
pub fn key_of_repeat(
    room: RoomId,
    written: &str,
    content: &Content,
    reply_to: Option<MessageId>,
) -> ClientKey {
    let text = match content {
        Content::Text(body) => body.as_str(),
        Content::File { url, .. } => url,
    };
    let (room, answered) = (room.to_string(), reply_to.map(|id| id.to_string()));
    let parts = [room.as_str(), written, content.kind().as_str(), text];
    let parts: Vec<&str> = parts.into_iter().chain(answered.as_deref()).collect();
    ClientKey::Hashed(fingerprint(&parts))
}

/// Sends a message to a room that the sender is in; when this returns, it is committed and synced to disk.
///
/// The same draft sent again, known by its key, returns the message that was stored first. Text is queued before this
/// first suspends, so that calls made one after the other are stored in that order.
pub async fn send(
    chat: &Chat,
    me: &AuthUser,
    room: RoomId,
    draft: Draft,
    origin: Option<Origin>,
) -> Result<Message, Error> {
    permit(me, &draft)?;
    send_as(chat, me.id, room, draft, origin).await
}

/// Refuses a token that may not read messages what would show it another one: to forward it, or to reply to it.
pub(crate) fn permit(me: &AuthUser, draft: &Draft) -> Result<(), Error> {
    let shows = matches!(draft.source, Source::Forwarded(_)) || draft.reply_to.is_some();
    if shows { me.permit(Scopes::of(&[TokenScope::MessagesRead])) } else { Ok(()) }
}

/// Sends a message in the name of a user, who asked for it before.
pub(crate) async fn send_as(
    chat: &Chat,
    user: UserId,
    room: RoomId,
    draft: Draft,
    origin: Option<Origin>,
) -> Result<Message, Error> {
    let Draft { source, extras, key, reply_to } = draft;
    let carried = match source {
        Source::Sender(content) => {
            let media = own_file(chat, user, &content).await?;
            Carried { content, media, extras }
        }
        Source::Forwarded(message) => match forwards::load(chat, user, message, extras).await {
            Ok(carried) => carried,
            Err(error) => {
                let earlier = forwards::repeated(chat, user, room, key).await?;
                return current(chat, user, earlier.ok_or(error)?).await;
            }
        },
    };
    let Carried { content, media, extras } = carried;
    let new = NewMessage { room, sender: user, content, media, key, reply_to, extras, at: chat.now() };
    match chat.writer.write(new, origin).await {
        Ok(Written { message, is_new: true }) => Ok(message),
        Ok(Written { message, is_new: false }) => current(chat, user, message.at()).await,
        Err(Stored::Conflict) => Err(Error::Refused(Refusal::KeyReused)),
        Err(Stored::Full) => Err(Error::Refused(Refusal::AlbumFull(ALBUM_MAX))),
        Err(Stored::NotFound) if reply_to.is_some() => Err(missing(chat, user, room).await),
        Err(other) => Err(Error::or_not_found(other, Resource::Room)),
    }
}

/// Returns which of the two was not found: the room, or the message to reply to.
async fn missing(chat: &Chat, user: UserId, room: RoomId) -> Error {
    let viewer = chat.viewer(user);
    let found = chat.db.read(move |conn| membership::find(conn, viewer, room).map(|_| ()));
    found.await.err().unwrap_or(Error::NotFound(Resource::Message))
}

/// Returns a stored message as it is now, for its sender; a webhook sends without being a member.
async fn current(chat: &Chat, user: UserId, at: MessageSeq) -> Result<Message, Error> {
    let viewer = chat.viewer(user);
    let read = chat.db.read(move |conn| match membership::find(conn, viewer, at.room) {
        Ok(member) => seen(conn, &member, at.seq),
        Err(Error::NotFound(_)) => {
            messages::at(conn, viewer, &[at])?.pop().ok_or(Error::NotFound(Resource::Message))
        }
        Err(error) => Err(error),
    });
    read.await
}

/// Returns a message as a member sees it.
pub(crate) fn seen(conn: &mut Conn, member: &RoomMember, seq: i64) -> Result<Message, Error> {
    let found = messages::find(conn, member, seq).map_err(|e| Error::or_not_found(e, Resource::Message))?;
    Ok(seen_by(found, member.user(), &receipts::of_room(conn, member)?))
}

/// Returns the upload behind a file, if it is one of ours.
pub(crate) async fn own_file(chat: &Chat, user: UserId, content: &Content) -> Result<Option<Media>, Error> {
    let Content::File { media: Some(id), .. } = content else { return Ok(None) };
    let (id, reader) = (*id, chat.viewer(user));
    let found = chat.db.read(move |conn| uploads::readable_by(conn, id, reader)).await;
    match found {
        Ok(found) => Ok(Some(found.media)),
        Err(Stored::NotFound) => Err(Error::Invalid {
            field: "media_url",
            reason: Invalid::Rule(
                "File was not found; upload it first and send the address that the upload answered",
            ),
        }),
        Err(other) => Err(other.into()),
    }
}

/// Returns a page of a room's history, oldest first.
pub async fn history(chat: &Chat, me: &AuthUser, room: RoomId, page: Page) -> Result<Vec<Message>, Error> {
    Ok(load(chat, me, room, page).await?.0)
}

/// Returns a page of a room's history, oldest first, and marks what it holds as delivered.
pub async fn receive(chat: &Chat, me: &AuthUser, room: RoomId, page: Page) -> Result<Vec<Message>, Error> {
    let (mut found, mine) = load(chat, me, room, page).await?;
    if let Some(newest) = found.last()
        && newest.seq > mine.delivered_seq
    {
        // A page can be read even while nothing can be written.
        let update = ReceiptUpdate { room, kind: ReceiptKind::Delivered, upto: Some(newest.id) };
        let delivered = match advance(chat, me, update, None).await {
            Ok(receipt) => receipt.last_delivered_seq,
            Err(error) => {
                tracing::warn!(%error, "a page was read but could not be marked as delivered");
                return Ok(found);
            }
        };
        let moved = mine.delivered_seq + 1..=delivered;
        for message in found.iter_mut().filter(|m| m.sender != me.id && moved.contains(&m.seq)) {
            message.read_status = domain::receipt::ReadStatus::Delivered;
        }
    }
    Ok(found)
}

/// Returns a page of a room's history, and the reader's receipt.
async fn load(
    chat: &Chat,
    me: &AuthUser,
    room: RoomId,
    page: Page,
) -> Result<(Vec<Message>, Receipt), Error> {
    let viewer = chat.viewer(me.id);
    let loaded = chat.db.read(move |conn| {
        let member = membership::find(conn, viewer, room)?;
        let found =
            messages::page(conn, &member, page).map_err(|e| Error::or_not_found(e, Resource::Message))?;
        let receipts = receipts::of_room(conn, &member)?;
        let seen = |message| seen_by(message, member.user(), &receipts);
        Ok::<_, Error>((found.into_iter().map(seen).collect(), member.receipt()))
    });
    loaded.await
}
