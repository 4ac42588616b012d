//! A batch of messages in one transaction: membership, client keys, seqs, insert, event log.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use domain::event_table::LogEntry;
use domain::id::{MessageId, RoomId, UserId};
use domain::message::{ClientKey, Message, MessageSeq, Quote};
use domain::message_request::{self, RequestState, SendRefusal, Sending};
use domain::user::Author;

use crate::conn::Conn;
use crate::disappearing;
use crate::error::Error;
use crate::hidden::{self, HiddenMessage};
use crate::locked_rooms::{self, LockedRoom, Sender, Sent};
use crate::log::{self, LogRow};
use crate::mentions;
use crate::message_requests;
use crate::messages::checked_extras::CheckedExtras;
use crate::messages::keyed::{self, Keyed, SenderKey};
use crate::messages::new::{self, NewMessage, Written};
use crate::quotes;
use crate::transaction::in_transaction;

/// What became of a batch.
#[derive(Debug)]
pub struct Batch {
    /// The outcome of each message, in their order.
    ///
    /// [`Error::NotFound`] if the sender is not in the room, or does not have the message that this one replies to;
    /// [`Error::Conflict`] if the key belongs to another message; [`Error::Refused`] if the room does not take it;
    /// [`Error::Full`] if its album is full.
    pub outcomes: Vec<Result<Written, Error>>,
    /// The position of the first new message in the event log; the other new ones follow it without a gap.
    pub first: Option<i64>,
    /// The entries of message requests that were accepted by writing back, after the messages.
    pub accepted: Vec<LogRow>,
}

/// Writes messages of any rooms in one commit, in their order.
pub fn write_batch(conn: &mut Conn, new: &[NewMessage]) -> Result<Batch, Error> {
    let mut write = || {
        in_transaction(conn, |conn| {
            let mut batch = Loaded::load(conn, new)?;
            let found: Vec<_> = new.iter().map(|new| batch.add(new)).collect();
            let accepted = batch.accept(conn)?;
            let first = batch.store(conn)?;
            let outcomes = found.into_iter().map(|found| found.and_then(|found| batch.written(found)));
            let (outcomes, at) = (outcomes.collect(), log::append(conn, &accepted)?);
            let accepted = (at..).zip(accepted).map(|(position, entry)| LogRow { position, entry });
            Ok(Batch { outcomes, first, accepted: accepted.collect() })
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
    /// What rooms that are no more than requests are to their senders.
    requests: HashMap<(RoomId, UserId), RequestState>,
    /// The requests among them whose receivers write back.
    accepted: BTreeSet<RoomId>,
    keyed: HashMap<SenderKey, Keyed>,
    quotes: Quotes,
    extras: CheckedExtras,
    added: Vec<(&'a NewMessage, Message)>,
    /// Where in `added` the message with a key is.
    added_keys: HashMap<SenderKey, usize>,
}

/// Where the message is that a new one is, or repeats.
enum Found {
    /// In the database before this batch.
    Stored(Box<Message>),
    /// At a place of what this batch adds.
    Added { index: usize, is_new: bool },
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
        let extras = CheckedExtras::load(conn, new, &rooms)?;
        let mut requests = HashMap::new();
        for sender in &locked {
            let request = message_requests::parse(sender.request.as_deref())?;
            requests.extend(request.map(|request| ((sender.room.room, sender.author.id), request)));
        }
        let authors =
            locked.into_iter().map(|sender| ((sender.room.room, sender.author.id), sender.author)).collect();
        let (added, added_keys) = (Vec::with_capacity(new.len()), HashMap::new());
        let accepted = BTreeSet::new();
        Ok(Self { rooms, authors, requests, accepted, keyed, quotes, extras, added, added_keys })
    }

    /// Gives a message its seq, or finds the one that it repeats.
    fn add(&mut self, new: &'a NewMessage) -> Result<Found, Error> {
        let author = self.authors.get(&(new.room, new.sender)).ok_or(Error::NotFound)?;
        let key = new.key.as_ref().map(|key| (new.sender, key.stored()));
        if let Some(found) = key.as_ref().and_then(|key| self.repeated(new, key)) {
            return found;
        }
        let quote = self.quotes.quote(new)?;
        let extras = self.extras.check(new)?;
        let room = self.rooms.get_mut(&new.room).ok_or(Error::NotFound)?;
        if room.blocked {
            return Err(Error::Refused(SendRefusal::Closed));
        }
        let request = self.requests.get(&(new.room, new.sender)).copied();
        let request = request.filter(|_| !self.accepted.contains(&new.room));
        if message_request::send(request, room.last_seq).map_err(Error::Refused)? == Sending::Accepts {
            self.accepted.insert(new.room);
        }
        let (seq, timestamp) = room.next(new.at);
        let mut message = new.stored(author.clone(), MessageSeq { room: new.room, seq }, timestamp);
        (message.reply_to, message.extras) = (quote.map(Box::new), extras);
        message.expires_at = room.disappear_after.map(|after| after.since(timestamp));
        let index = self.added.len();
        self.added_keys.extend(key.map(|key| (key, index)));
        self.added.push((new, message));
        Ok(Found::Added { index, is_new: true })
    }

    /// Finds the message that has the key of a new one; [`Error::Conflict`] if that is another message.
    fn repeated(&self, new: &NewMessage, key: &SenderKey) -> Option<Result<Found, Error>> {
        let reply_to = self.quotes.seq(new);
        let (again, found) = if let Some(Keyed { message, reply_to: replies }) = self.keyed.get(key) {
            (new.repeats(message, *replies == reply_to), Found::Stored(Box::new(message.clone())))
        } else {
            let index = *self.added_keys.get(key)?;
            let (_, message) = self.added.get(index)?;
            let replies = message.reply_to.as_ref().map(|quote| quote.seq);
            (new.repeats(message, replies == reply_to), Found::Added { index, is_new: false })
        };
        Some(if again { Ok(found) } else { Err(Error::Conflict) })
    }

    /// Accepts requests; returns the entries, which are appended to the log after the messages.
    ///
    /// Before the log is locked: others lock memberships and then the log.
    fn accept(&self, conn: &mut Conn) -> Result<Vec<LogEntry>, Error> {
        let mut entries = Vec::new();
        for room in &self.accepted {
            entries.extend(message_requests::accept(conn, *room)?);
        }
        Ok(entries)
    }

    /// Stores what was added, and gives it its ids; returns the position of the first in the event log.
    fn store(&mut self, conn: &mut Conn) -> Result<Option<i64>, Error> {
        if self.added.is_empty() {
            return Ok(None);
        }
        // In the order of their key, so that all writers lock rows in one order.
        let senders: BTreeMap<(RoomId, UserId), i64> =
            self.added.iter().map(|(_, message)| ((message.room, message.sender), message.seq)).collect();
        let sent = senders
            .into_iter()
            .filter_map(|((room, sender), seq)| Some(Sent { room: *self.rooms.get(&room)?, sender, seq }));
        locked_rooms::advance(conn, &sent.collect::<Vec<_>>())?;
        let first = new::insert(conn, &self.added)?;
        for (id, (_, message)) in (first..).zip(&mut self.added) {
            message.id = MessageId(id);
        }
        let mentioned = self.added.iter().flat_map(|(_, message)| self.extras.mentioned(message));
        mentions::insert(conn, &mentioned.collect::<Vec<_>>())?;
        disappearing::insert(conn, self.added.iter().map(|(_, message)| message))?;
        Ok(Some(first))
    }

    /// Returns the outcome for a message, after all are stored.
    fn written(&self, found: Found) -> Result<Written, Error> {
        let (message, is_new) = match found {
            Found::Stored(message) => (*message, false),
            Found::Added { index, is_new } => {
                (self.added.get(index).ok_or(Error::NotFound)?.1.clone(), is_new)
            }
        };
        Ok(Written { message, is_new })
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
        let Some(now) = new.iter().map(|new| new.at).max() else { return Ok(Self::default()) };
        let quotes = quotes::of(conn, &ids, now)?;
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
