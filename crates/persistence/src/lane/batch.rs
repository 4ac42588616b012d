//! One batch of messages inside its transaction: membership, places, idempotency, insert.

use std::collections::{BTreeMap, HashMap};

use domain::change::{self, Change};
use domain::id::{MediaId, MessageId, RoomId, UserId};
use domain::message::{ClientKey, Content, Message};
use domain::receipt::ReadStatus;
use domain::time::Time;
use domain::user::Author;

use super::{Posted, Posting};
use crate::conn::Conn;
use crate::error::Error;
use crate::ids::Ids;
use crate::log;
use crate::messages::{self, NewRow};
use crate::rooms::{self, Advance, Locked};

/// What became of each posting, in their order, and where in the log the first new message stands, if there is one.
type Outcomes = (Vec<Result<Posted, Error>>, Option<i64>);

/// Writes the batch.
pub(super) fn write(conn: &mut Conn, ids: &mut Ids, postings: &[Posting]) -> Result<Outcomes, Error> {
    let mut batch = Batch::load(conn, postings)?;
    let outcomes: Vec<_> = postings.iter().map(|posting| batch.place(ids, posting)).collect();
    let first = batch.store(conn)?;
    Ok((outcomes, first))
}

/// What the batch found in the database, and what it adds.
struct Batch<'a> {
    rooms: HashMap<RoomId, Locked>,
    authors: HashMap<(RoomId, UserId), Author>,
    known: HashMap<(UserId, String), Message>,
    fresh: Vec<(&'a Posting, Message)>,
}

impl<'a> Batch<'a> {
    fn load(conn: &mut Conn, postings: &[Posting]) -> Result<Self, Error> {
        let room_ids = distinct(postings.iter().map(|p| p.room.bytes()));
        let senders = distinct(postings.iter().map(|p| (p.room.bytes(), p.sender.0)));
        let rooms = rooms::lock(conn, &room_ids)?.into_iter().map(|room| (room.room, room)).collect();
        let authors = rooms::authors(conn, &senders)?;
        let authors = authors.into_iter().map(|(room, author)| ((room, author.id), author)).collect();
        Ok(Self { rooms, authors, known: known(conn, postings)?, fresh: Vec::with_capacity(postings.len()) })
    }

    /// Gives a posting its place in its room, or finds the message that it repeats.
    fn place(&mut self, ids: &mut Ids, posting: &'a Posting) -> Result<Posted, Error> {
        let author = self.authors.get(&(posting.room, posting.sender)).ok_or(Error::NotFound)?;
        let key = posting.key.as_ref().map(|key| (posting.sender, key.stored()));
        if let Some(message) = key.as_ref().and_then(|key| self.known.get(key)) {
            return if same(message, posting) {
                Ok(Posted { message: message.clone(), fresh: false })
            } else {
                Err(Error::Conflict)
            };
        }
        let room = self.rooms.get_mut(&posting.room).ok_or(Error::NotFound)?;
        room.last_seq += 1;
        // Strictly increasing within the room, so that paging by time loses nothing (contract, W-3).
        let at = room.last_message_at.map_or(posting.at, |last| posting.at.max(last.next()));
        room.last_message_at = Some(at);
        let message = message(posting, author.clone(), (ids.take(), room.last_seq, at));
        if let Some(key) = key {
            self.known.insert(key, message.clone());
        }
        self.fresh.push((posting, message.clone()));
        Ok(Posted { message, fresh: true })
    }

    fn store(&self, conn: &mut Conn) -> Result<Option<i64>, Error> {
        if self.fresh.is_empty() {
            return Ok(None);
        }
        let keys: Vec<Option<String>> =
            self.fresh.iter().map(|(posting, _)| posting.key.as_ref().map(ClientKey::stored)).collect();
        let rows: Vec<NewRow<'_>> =
            self.fresh.iter().zip(&keys).map(|(fresh, key)| row(&fresh.1, key.as_deref())).collect();
        messages::insert_many(conn, &rows)?;
        // In the order of their key, so that rows are locked and found in one order.
        let senders: BTreeMap<(RoomId, UserId), i64> =
            self.fresh.iter().map(|(_, message)| ((message.room, message.sender), message.seq)).collect();
        let moved = distinct(self.fresh.iter().map(|(_, message)| message.room));
        let advances: Vec<Advance> = moved
            .iter()
            .filter_map(|room| self.rooms.get(room))
            .filter_map(|locked| {
                Some(Advance {
                    room: locked.room,
                    last_seq: locked.last_seq,
                    last_message_at: locked.last_message_at?,
                })
            })
            .collect();
        rooms::advance(conn, &advances)?;
        let senders: Vec<_> = senders.into_iter().map(|((room, user), seq)| (room, user, seq)).collect();
        rooms::mark_senders(conn, &senders)?;
        let sent = |(_, message): &(_, Message)| {
            Change::in_room(message.room, change::Kind::MessageSent(message.seq))
        };
        log::append(conn, &self.fresh.iter().map(sent).collect::<Vec<_>>()).map(Some)
    }
}

/// Finds the messages that earlier postings stored under the batch's keys.
fn known(conn: &mut Conn, postings: &[Posting]) -> Result<HashMap<(UserId, String), Message>, Error> {
    let keyed = postings.iter().filter_map(|p| p.key.as_ref().map(|key| (p.sender.0, key.stored())));
    let keys: Vec<(i64, String)> = keyed.collect();
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let keys = distinct(keys.iter().map(|(sender, key)| (*sender, key.as_str())));
    let found = messages::by_keys(conn, &keys)?;
    Ok(found.into_iter().map(|(key, message)| ((message.sender, key), message)).collect())
}

fn message(posting: &Posting, author: Author, (id, seq, at): (i64, i64, Time)) -> Message {
    let (content, caption, media_url) = match &posting.content {
        Content::Text(body) => (body.as_str().to_owned(), None, None),
        Content::File { url, caption, .. } => (url.clone(), caption.clone(), Some(url.clone())),
    };
    Message {
        id: MessageId(id),
        room: posting.room,
        seq,
        sender: posting.sender,
        user: author,
        content,
        caption,
        kind: posting.content.kind(),
        media_url,
        media: posting.media.clone(),
        read_status: ReadStatus::Unread,
        read_by_count: 0,
        timestamp: at,
        client_msg_id: posting.key.as_ref().and_then(|key| match key {
            ClientKey::Named(name) => Some(name.clone()),
            ClientKey::Hashed(_) => None,
        }),
    }
}

fn row<'a>(message: &'a Message, key: Option<&'a str>) -> NewRow<'a> {
    NewRow {
        message_id: message.id.0,
        chatroom_id: message.room.bytes(),
        seq: message.seq,
        sender_id: message.sender.0,
        content: &message.content,
        caption: message.caption.as_deref(),
        message_type: message.kind.as_str(),
        media_url: message.media_url.as_deref(),
        media_id: message.media.as_ref().map(|media| MediaId::bytes(&media.media_id)),
        client_key: key,
        timestamp: message.timestamp.naive(),
    }
}

/// Tells whether a posting says again what a stored message says.
fn same(message: &Message, posting: &Posting) -> bool {
    let says = match &posting.content {
        Content::Text(body) => body.as_str() == message.content,
        Content::File { url, .. } => Some(url) == message.media_url.as_ref(),
    };
    says && message.room == posting.room && message.kind == posting.content.kind()
}

fn distinct<T: Ord>(values: impl Iterator<Item = T>) -> Vec<T> {
    let mut values: Vec<T> = values.collect();
    values.sort_unstable();
    values.dedup();
    values
}
