//! A batch of messages in one transaction: membership, client keys, seqs, insert, event log.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::event_table::LogEntry;
use domain::id::{MessageId, RoomId, UserId};
use domain::message::{ClientKey, Message, MessageSeq, Quote};
use domain::user::Author;

use crate::conn::Conn;
use crate::db::in_transaction;
use crate::error::Error;
use crate::hidden::{self, HiddenMessage};
use crate::locked_rooms::{self, LockedRoom, Sender, Sent};
use crate::message_ids::MessageIds;
use crate::messages::keyed::{self, Keyed, SenderKey};
use crate::messages::new::{self, NewMessage, Written};
use crate::{log, quotes};

/// What became of a batch.
#[derive(Debug)]
pub struct Batch {
    /// The outcome of each message, in their order.
    ///
    /// [`Error::NotFound`] if the sender is not in the room, or does not have the message that this one replies to;
    /// [`Error::Conflict`] if the key belongs to another message.
    pub outcomes: Vec<Result<Written, Error>>,
    /// The position of the first new message in the event log; the other new ones follow it without a gap.
    pub first: Option<i64>,
}

/// Writes messages of any rooms in one commit, in their order.
pub fn write_batch(conn: &mut Conn, ids: &mut MessageIds, new: &[NewMessage]) -> Result<Batch, Error> {
    // Enough for two runs.
    ids.reserve(conn, 2 * new.len())?;
    let mut write = || {
        in_transaction(conn, |conn| {
            let mut batch = Loaded::load(conn, new)?;
            let outcomes = new.iter().map(|new| batch.add(ids, new)).collect();
            Ok(Batch { outcomes, first: batch.store(conn)? })
        })
    };
    match write() {
        // Another server has just stored a message under one of the keys; the second run finds it.
        Err(Error::Conflict) => write(),
        outcome => outcome,
    }
}

/// What the batch needs from the database, and what it adds.
struct Loaded<'a> {
    rooms: HashMap<RoomId, LockedRoom>,
    authors: HashMap<(RoomId, UserId), Author>,
    keyed: HashMap<SenderKey, Keyed>,
    quotes: Quotes,
    added: Vec<(&'a NewMessage, Message)>,
}

impl<'a> Loaded<'a> {
    fn load(conn: &mut Conn, new: &[NewMessage]) -> Result<Self, Error> {
        let keys: Vec<Option<String>> =
            new.iter().map(|new| new.key.as_ref().map(ClientKey::stored)).collect();
        let senders = distinct(new.iter().zip(&keys).map(|(new, key)| Sender {
            room: new.room.bytes(),
            user: new.sender,
            key: key.as_deref(),
        }));
        let locked = locked_rooms::lock_with_senders(conn, &senders)?;
        let stored = distinct(locked.iter().filter_map(|sender| sender.stored));
        let keyed = keyed::load(conn, &stored)?;
        // After the rooms are locked: no edit or unsend in them is concurrent.
        let quotes = Quotes::load(conn, new)?;
        let rooms = locked.iter().map(|sender| (sender.room.room, sender.room)).collect();
        let authors =
            locked.into_iter().map(|sender| ((sender.room.room, sender.author.id), sender.author)).collect();
        Ok(Self { rooms, authors, keyed, quotes, added: Vec::with_capacity(new.len()) })
    }

    /// Gives a message its seq, or finds the stored one that it repeats.
    fn add(&mut self, ids: &mut MessageIds, new: &'a NewMessage) -> Result<Written, Error> {
        let author = self.authors.get(&(new.room, new.sender)).ok_or(Error::NotFound)?;
        let key = new.key.as_ref().map(|key| (new.sender, key.stored()));
        if let Some(keyed) = key.as_ref().and_then(|key| self.keyed.get(key)) {
            return if keyed.is_repeated_by(new, self.quotes.seq(new)) {
                Ok(Written { message: keyed.message.clone(), is_new: false })
            } else {
                Err(Error::Conflict)
            };
        }
        let quote = self.quotes.quote(new)?;
        let room = self.rooms.get_mut(&new.room).ok_or(Error::NotFound)?;
        let (seq, timestamp) = room.next(new.at);
        let at = MessageSeq { room: new.room, seq };
        let mut message = new.stored(author.clone(), ids.take(), at, timestamp);
        message.reply_to = quote.map(Box::new);
        if let Some(key) = key {
            let reply_to = message.reply_to.as_ref().map(|quote| quote.seq);
            self.keyed.insert(key, Keyed { message: message.clone(), reply_to });
        }
        self.added.push((new, message.clone()));
        Ok(Written { message, is_new: true })
    }

    /// Stores what was added; returns the position of the first new message in the event log.
    fn store(&self, conn: &mut Conn) -> Result<Option<i64>, Error> {
        if self.added.is_empty() {
            return Ok(None);
        }
        new::insert(conn, &self.added)?;
        // In the order of their key, so that all writers lock rows in one order.
        let senders: BTreeMap<(RoomId, UserId), i64> =
            self.added.iter().map(|(_, message)| ((message.room, message.sender), message.seq)).collect();
        let sent = senders
            .into_iter()
            .filter_map(|((room, sender), seq)| Some(Sent { room: *self.rooms.get(&room)?, sender, seq }));
        let entries: Vec<LogEntry> = self
            .added
            .iter()
            .map(|(_, message)| LogEntry::MessageSent { room: message.room, seq: message.seq })
            .collect();
        let count = i64::try_from(entries.len()).unwrap_or(i64::MAX);
        locked_rooms::advance(conn, &sent.collect::<Vec<_>>(), count)?;
        log::insert(conn, &entries).map(Some)
    }
}

/// The messages that the batch's messages reply to.
#[derive(Default)]
struct Quotes {
    quotes: HashMap<(RoomId, MessageId), Quote>,
    hidden: HashSet<HiddenMessage>,
}

impl Quotes {
    /// Queries nothing if no message is a reply.
    fn load(conn: &mut Conn, new: &[NewMessage]) -> Result<Self, Error> {
        let ids = distinct(new.iter().filter_map(|new| new.reply_to.map(|id| id.0)));
        if ids.is_empty() {
            return Ok(Self::default());
        }
        let quotes = quotes::of(conn, &ids)?;
        let quoted: Vec<MessageSeq> =
            quotes.iter().map(|((room, _), quote)| MessageSeq { room: *room, seq: quote.seq }).collect();
        Ok(Self { hidden: hidden::at(conn, &quoted)?, quotes })
    }

    fn find(&self, new: &NewMessage) -> Option<&Quote> {
        self.quotes.get(&(new.room, new.reply_to?))
    }

    /// Returns the seq of what a message replies to; 0, which no message has, if that is not in the room.
    fn seq(&self, new: &NewMessage) -> Option<i64> {
        new.reply_to.map(|_| self.find(new).map_or(0, |quote| quote.seq))
    }

    /// Returns the quote of what a message replies to; [`Error::NotFound`] if its sender does not have that.
    fn quote(&self, new: &NewMessage) -> Result<Option<Quote>, Error> {
        if new.reply_to.is_none() {
            return Ok(None);
        }
        let shown = |quote: &&Quote| {
            let message = MessageSeq { room: new.room, seq: quote.seq };
            !self.hidden.contains(&HiddenMessage { user: new.sender, message })
        };
        self.find(new).filter(shown).cloned().map(Some).ok_or(Error::NotFound)
    }
}

fn distinct<T: Ord>(values: impl Iterator<Item = T>) -> Vec<T> {
    let mut values: Vec<T> = values.collect();
    values.sort_unstable();
    values.dedup();
    values
}
