//! Messages: sending them and reading a room's history.

use auth::secret::fingerprint;
use domain::change::Scope;
use domain::event::{Entry, Origin};
use domain::id::{MediaId, MessageId, RoomId, UserId};
use domain::invalid::Invalid;
use domain::live::Live;
use domain::media::Media;
use domain::message::{ClientKey, Content, Draft, Message};
use domain::page::Page;
use persistence::Conn;
use persistence::error::Error as Stored;
use persistence::lane::{Committed, Posted, Posting};
use persistence::messages::seen_by;
use persistence::{hidden, messages, receipts, rooms, uploads};

use crate::accounts::Me;
use crate::changes::seen_apart;
use crate::context::Chat;
use crate::error::{Error, Refusal, Thing};
use crate::listeners::Listeners;
use crate::receipts::{self as marks, Mark};

/// Returns the key of a message that its client did not name but sends on both doors with the same `written` time.
pub fn key_of_repeat(
    room: RoomId,
    written: &str,
    content: &Content,
    reply_to: Option<MessageId>,
) -> ClientKey {
    let says = match content {
        Content::Text(body) => body.as_str(),
        Content::File { url, .. } => url,
    };
    let (room, answered) = (room.to_string(), reply_to.map(|id| id.to_string()));
    let parts = [room.as_str(), written, content.kind().as_str(), says];
    let parts: Vec<&str> = parts.into_iter().chain(answered.as_deref()).collect();
    ClientKey::Hashed(fingerprint(&parts))
}

/// Sends a message to a room that the sender is in; its members hear of it after it is stored for good.
///
/// The same draft sent again, known by its key, answers with the message that was stored first. Words are queued
/// before this first suspends, so that calls made one after the other are stored in that order.
pub async fn send(
    chat: &Chat,
    me: &Me,
    room: RoomId,
    draft: Draft,
    origin: Option<Origin>,
) -> Result<Message, Error> {
    let media = match &draft.content {
        Content::File { media: Some(id), .. } => Some(own_file(chat, me, *id).await?),
        _ => None,
    };
    let Draft { content, key, reply_to } = draft;
    let posting = Posting { room, sender: me.id, content, media, key, reply_to, origin, at: chat.now() };
    match chat.lane.write(posting).await {
        Ok(Posted { message, fresh: true }) => Ok(message),
        Ok(Posted { message, fresh: false }) => as_it_stands(chat, me, message).await,
        Err(Stored::Conflict) => Err(Error::Refused(Refusal::KeyReused)),
        Err(Stored::NotFound) if reply_to.is_some() => Err(missing(chat, me, room).await),
        Err(other) => Err(Error::or_not_found(other, Thing::Room)),
    }
}

/// Tells what was not there: the room, or the message that was to be answered.
async fn missing(chat: &Chat, me: &Me, room: RoomId) -> Error {
    let id = me.id;
    match chat.db.read(move |conn| rooms::member(conn, room, id)).await {
        Ok(_) => Error::NotFound(Thing::Message),
        Err(error) => Error::or_not_found(error, Thing::Room),
    }
}

/// Returns a message that was stored before, as it is by now.
async fn as_it_stands(chat: &Chat, me: &Me, message: Message) -> Result<Message, Error> {
    let (viewer, place) = (me.id, (message.room, message.seq));
    chat.db.read(move |conn| seen(conn, viewer, place)).await
}

/// Returns the message at a place as a member sees it.
pub(crate) fn seen(conn: &mut Conn, viewer: UserId, (room, seq): (RoomId, i64)) -> Result<Message, Error> {
    let found = messages::at(conn, Some(viewer), &[(room, seq)])?.pop();
    let marks = receipts::of_room(conn, room)?;
    found.map(|message| seen_by(message, viewer, &marks)).ok_or(Error::NotFound(Thing::Message))
}

async fn own_file(chat: &Chat, me: &Me, id: MediaId) -> Result<Media, Error> {
    let reader = me.id;
    let found = chat.db.read(move |conn| uploads::readable_by(conn, id, reader)).await;
    match found {
        Ok((media, _)) => Ok(media),
        Err(Stored::NotFound) => Err(Error::Invalid {
            field: "media_url",
            reason: Invalid::Rule(
                "File was not found; upload it first and send the address that the upload answered",
            ),
        }),
        Err(other) => Err(other.into()),
    }
}

/// Tells a room's members of messages that were just stored, the first at place `first` in the log.
pub(crate) fn announce(
    conn: &mut Conn,
    live: &dyn Live,
    listeners: &Listeners,
    (first, sent): (i64, Vec<Committed>),
) {
    let conn = std::cell::RefCell::new(conn);
    let entry = |(message, origin): (Message, Option<Origin>)| {
        let to = listeners.of(&message, || receipts::of_room(&mut conn.borrow_mut(), message.room))?;
        let scope = Scope::Room(message.room);
        let events = seen_apart(message, to, |quoted| hidden::at(&mut conn.borrow_mut(), &[quoted]))?;
        Ok::<_, Stored>(Entry { scope, events, origin })
    };
    match sent.into_iter().map(entry).collect() {
        Ok(entries) => live.publish(first, entries),
        // They are in the log, and whoever finds them missing tells of them.
        Err(error) => tracing::warn!(%error, "messages are announced later"),
    }
}

/// Returns a page of a room's history, oldest first, and marks what it holds as delivered.
pub async fn history(chat: &Chat, me: &Me, room: RoomId, page: Page) -> Result<Vec<Message>, Error> {
    let id = me.id;
    let loaded = chat.db.read(move |conn| {
        let mine = rooms::member(conn, room, id).map_err(|e| Error::or_not_found(e, Thing::Room))?;
        let found =
            messages::page(conn, id, room, page).map_err(|e| Error::or_not_found(e, Thing::Message))?;
        let marks = receipts::of_room(conn, room)?;
        let found: Vec<Message> = found.into_iter().map(|message| seen_by(message, id, &marks)).collect();
        Ok::<_, Error>((found, mine))
    });
    let (mut found, mine) = loaded.await?;
    if let Some(newest) = found.last()
        && newest.seq > mine.delivered
    {
        // A read is answered even where nothing can be written.
        if let Err(error) = marks::mark(chat, me, (Mark::Delivered, room), Some(newest.id), None).await {
            tracing::warn!(%error, "a page was read but could not be marked as delivered");
            return Ok(found);
        }
        for message in found.iter_mut().filter(|m| m.sender != id && m.seq > mine.delivered) {
            message.read_status = domain::receipt::ReadStatus::Delivered;
        }
    }
    Ok(found)
}
