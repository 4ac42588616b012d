//! One batch of messages inside its transaction: membership, places, idempotency, insert.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::event_table::LogEntry;
use domain::id::{MediaId, MessageId, RoomId, UserId};
use domain::message::{ClientKey, Content, Message, Quote};
use domain::receipt::ReadStatus;
use domain::time::Time;
use domain::user::Author;

use super::{Posted, Posting};
use crate::conn::Conn;
use crate::error::Error;
use crate::hidden::{self, Hidden};
use crate::ids::Ids;
use crate::messages::{self, Keyed, NewRow};
use crate::rooms::{self, Advance, Locked};
use crate::{log, quotes};

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
    known: HashMap<(UserId, String), Known>,
    quotes: Quotes,
    fresh: Vec<(&'a Posting, Message)>,
}

impl<'a> Batch<'a> {
    fn load(conn: &mut Conn, postings: &[Posting]) -> Result<Self, Error> {
        let room_ids = distinct(postings.iter().map(|p| p.room.bytes()));
        let senders = distinct(postings.iter().map(|p| (p.room.bytes(), p.sender.0)));
        let rooms = rooms::lock(conn, &room_ids)?.into_iter().map(|room| (room.room, room)).collect();
        let authors = rooms::authors(conn, &senders)?;
        let authors = authors.into_iter().map(|(room, author)| ((room, author.id), author)).collect();
        let known = known(conn, postings)?;
        // After the rooms are locked: nobody edits or unsends in them before this is committed.
        let quotes = Quotes::load(conn, postings)?;
        Ok(Self { rooms, authors, known, quotes, fresh: Vec::with_capacity(postings.len()) })
    }

    /// Gives a posting its place in its room, or finds the message that it repeats.
    fn place(&mut self, ids: &mut Ids, posting: &'a Posting) -> Result<Posted, Error> {
        let author = self.authors.get(&(posting.room, posting.sender)).ok_or(Error::NotFound)?;
        let key = posting.key.as_ref().map(|key| (posting.sender, key.stored()));
        if let Some(known) = key.as_ref().and_then(|key| self.known.get(key)) {
            return if known.is_meant_by(posting, self.quotes.place(posting)) {
                Ok(Posted { message: known.message.clone(), fresh: false })
            } else {
                Err(Error::Conflict)
            };
        }
        let quote = self.quotes.quote(posting)?;
        let room = self.rooms.get_mut(&posting.room).ok_or(Error::NotFound)?;
        room.last_seq += 1;
        // Strictly increasing within the room, so that paging by time loses nothing (contract, W-3).
        let at = room.last_message_at.map_or(posting.at, |last| posting.at.max(last.next()));
        room.last_message_at = Some(at);
        let mut message = message(posting, author.clone(), (ids.take(), room.last_seq, at));
        message.reply_to = quote.map(Box::new);
        if let Some(key) = key {
            let reply_to = message.reply_to.as_ref().map(|quote| quote.seq);
            self.known.insert(key, Known { message: message.clone(), reply_to });
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
        let sent =
            |(_, message): &(_, Message)| LogEntry::MessageSent { room: message.room, seq: message.seq };
        log::append(conn, &self.fresh.iter().map(sent).collect::<Vec<_>>()).map(Some)
    }
}

/// A message that stands under a key, and the place of the one that it answers.
struct Known {
    message: Message,
    reply_to: Option<i64>,
}

impl Known {
    /// Tells whether a posting says again what this says; of what was edited or unsent since, the key alone tells.
    fn is_meant_by(&self, posting: &Posting, reply_to: Option<i64>) -> bool {
        let message = &self.message;
        if message.room != posting.room || message.deleted {
            return message.room == posting.room;
        }
        let says = match &posting.content {
            Content::Text(body) => message.edited_at.is_some() || body.as_str() == message.content,
            Content::File { url, .. } => Some(url) == message.media_url.as_ref(),
        };
        says && message.kind == posting.content.kind() && self.reply_to == reply_to
    }
}

/// Finds the messages that earlier postings stored under the batch's keys.
fn known(conn: &mut Conn, postings: &[Posting]) -> Result<HashMap<(UserId, String), Known>, Error> {
    let keyed = postings.iter().filter_map(|p| p.key.as_ref().map(|key| (p.sender.0, key.stored())));
    let keys: Vec<(i64, String)> = keyed.collect();
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let keys = distinct(keys.iter().map(|(sender, key)| (*sender, key.as_str())));
    let found = messages::by_keys(conn, &keys)?.into_iter();
    let known = |Keyed { key, message, reply_to }| ((message.sender, key), Known { message, reply_to });
    Ok(found.map(known).collect())
}

/// What the batch's messages answer.
#[derive(Default)]
struct Quotes {
    quotes: HashMap<(RoomId, MessageId), Quote>,
    hidden: HashSet<Hidden>,
}

impl Quotes {
    /// Most messages answer none, and then this asks nothing.
    fn load(conn: &mut Conn, postings: &[Posting]) -> Result<Self, Error> {
        let ids = distinct(postings.iter().filter_map(|posting| posting.reply_to.map(|id| id.0)));
        if ids.is_empty() {
            return Ok(Self::default());
        }
        let quotes = quotes::of(conn, &ids)?;
        let places: Vec<(RoomId, i64)> = quotes.iter().map(|((room, _), quote)| (*room, quote.seq)).collect();
        Ok(Self { hidden: hidden::at(conn, &places)?, quotes })
    }

    fn find(&self, posting: &Posting) -> Option<&Quote> {
        self.quotes.get(&(posting.room, posting.reply_to?))
    }

    /// Returns the place of what a posting answers.
    fn place(&self, posting: &Posting) -> Option<i64> {
        // A message that is not in the room has no place, and so is not what an earlier one answered.
        posting.reply_to.map(|_| self.find(posting).map_or(0, |quote| quote.seq))
    }

    /// Returns what a posting shows of the message that it answers; [`Error::NotFound`] if its sender has no such one.
    fn quote(&self, posting: &Posting) -> Result<Option<Quote>, Error> {
        if posting.reply_to.is_none() {
            return Ok(None);
        }
        let shown = |quote: &&Quote| !self.hidden.contains(&(posting.sender, posting.room, quote.seq));
        self.find(posting).filter(shown).cloned().map(Some).ok_or(Error::NotFound)
    }
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
        reply_to: None,
        reactions: Vec::new(),
        edited_at: None,
        deleted: false,
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
        reply_to: message.reply_to.as_ref().map(|quote| quote.seq),
        timestamp: message.timestamp.naive(),
    }
}

fn distinct<T: Ord>(values: impl Iterator<Item = T>) -> Vec<T> {
    let mut values: Vec<T> = values.collect();
    values.sort_unstable();
    values.dedup();
    values
}
