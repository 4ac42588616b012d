//! A batch of receipts in one transaction: one row for each member, however often their receipt moves.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
use domain::id::{MessageId, RoomId, UserId};
use domain::message_request::RequestState;
use domain::receipt::{Receipt, RoomReceipt};
use domain::room::Membership;

use crate::cached::{cached, pad_in_list};
use crate::conn::Conn;
use crate::error::Error;
use crate::hidden::{self, HiddenMessage};
use crate::ids::room_id;
use crate::message_requests;
use crate::pairs::union;
use crate::receipts::moved::{MovedReceipt, store};
use crate::receipts::{IS_PRIVATE, ids_of, in_room};
use crate::system_messages;
use crate::transaction::in_transaction;

/// Messages that a member has received, or also read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct NewReceipt {
    /// The room.
    pub room: RoomId,
    /// The member.
    pub user: UserId,
    /// The last of the messages; the newest of the room if none is named.
    pub upto: Option<MessageId>,
    /// Whether they were read.
    pub read: bool,
}

/// What was not found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// The user is not in the room, or there is no such room.
    Room,
    /// The message is not in the room.
    Message,
}

/// What became of a batch.
#[derive(Debug)]
pub struct Batch {
    /// The member's receipt after all of the batch, for each in their order.
    pub outcomes: Vec<Result<RoomReceipt, Missing>>,
    /// The receipts that have moved, in the order of the event log.
    pub moved: Vec<MovedReceipt>,
    /// The position of the first of them in the event log; the others follow it without a gap.
    pub first: i64,
    /// The members who have marked the room unread.
    pub marked_unread: HashSet<Membership>,
}

/// Moves receipts forward in one commit; none moves back, and none moves in a room that is blocked,
/// nor that of who has not accepted a request.
pub fn advance_batch(conn: &mut Conn, new: &[NewReceipt]) -> Result<Batch, Error> {
    in_transaction(conn, |conn| {
        let mut loaded = Loaded::load(conn, new)?;
        let found: Vec<Result<(), Missing>> = new.iter().map(|new| loaded.advance(new)).collect();
        let receipts = loaded.receipts(conn)?;
        let moved: Vec<MovedReceipt> = loaded
            .members
            .iter()
            .filter(|(_, member)| member.receipt != member.before)
            .filter_map(|(key, member)| Some(member.moved(*receipts.get(key)?)))
            .collect();
        let first = store(conn, &moved)?;
        let outcomes = new.iter().zip(found).map(|(new, found)| {
            found.and_then(|()| receipts.get(&(new.room, new.user)).copied().ok_or(Missing::Room))
        });
        let marked =
            |(&(room, user), member): (_, &Member)| member.marked_unread.then_some(Membership { room, user });
        let marked_unread = loaded.members.iter().filter_map(marked).collect();
        Ok(Batch { outcomes: outcomes.collect(), moved, first, marked_unread })
    })
}

/// A member and what they have.
struct Member {
    receipt: Receipt,
    last_seq: i64,
    /// Whether the receipt stays where it is: one of the two members blocks the other, or this one has not accepted the
    /// other's request.
    frozen: bool,
    /// Whether others do not see how far they have read.
    is_private: bool,
    /// The receipt as it was.
    before: Receipt,
    marked_unread: bool,
}

impl Member {
    fn moved(&self, receipt: RoomReceipt) -> MovedReceipt {
        let is_private = self.is_private;
        let is_seen = !is_private || self.receipt.delivered_seq != self.before.delivered_seq;
        let to = if is_seen { receipt.room.into() } else { receipt.user.into() };
        MovedReceipt { receipt, to, is_private }
    }
}

struct Loaded {
    members: BTreeMap<(RoomId, UserId), Member>,
    /// The seqs of the named messages that are in their rooms.
    seqs: HashMap<(RoomId, MessageId), i64>,
    /// What they have hidden without having read it.
    hidden: HashMap<(RoomId, UserId), HashSet<i64>>,
    /// The system messages that a member of these rooms has not read.
    system: HashMap<RoomId, Vec<i64>>,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Binary)]
    chatroom_id: Vec<u8>,
    #[diesel(sql_type = BigInt)]
    user_id: i64,
    #[diesel(sql_type = BigInt)]
    last_delivered_seq: i64,
    #[diesel(sql_type = BigInt)]
    last_read_seq: i64,
    #[diesel(sql_type = BigInt)]
    last_seq: i64,
    #[diesel(sql_type = Bool)]
    blocked: bool,
    #[diesel(sql_type = Bool)]
    is_private: bool,
    #[diesel(sql_type = Nullable<Text>)]
    request: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    message_id: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    seq: Option<i64>,
    /// The user, if they have marked the room unread.
    #[diesel(sql_type = Nullable<BigInt>)]
    marked: Option<i64>,
}

impl Row {
    fn member(&self) -> Result<Member, Error> {
        let (user, delivered_seq) = (UserId(self.user_id), self.last_delivered_seq);
        let receipt = Receipt { user, delivered_seq, read_seq: self.last_read_seq };
        let request = message_requests::parse(self.request.as_deref())?;
        let frozen = self.blocked || request.is_some_and(RequestState::is_to_answer);
        Ok(Member {
            receipt,
            last_seq: self.last_seq,
            frozen,
            is_private: self.is_private,
            before: receipt,
            marked_unread: self.marked.is_some(),
        })
    }
}

impl Loaded {
    fn load(conn: &mut Conn, new: &[NewReceipt]) -> Result<Self, Error> {
        let rows = lock_rows(conn, new)?;
        let (mut members, mut seqs) = (BTreeMap::new(), HashMap::new());
        for row in rows {
            let (room, user) = (room_id(&row.chatroom_id)?, UserId(row.user_id));
            members.insert((room, user), row.member()?);
            seqs.extend(row.message_id.zip(row.seq).map(|(id, seq)| ((room, MessageId(id)), seq)));
        }
        let mut hidden: HashMap<(RoomId, UserId), HashSet<i64>> = HashMap::new();
        let rooms: BTreeSet<&[u8]> = new.iter().map(|new| new.room.bytes()).collect();
        let rooms = Vec::from_iter(rooms);
        for HiddenMessage { user, message } in hidden::unread(conn, &rooms, None)? {
            hidden.entry((message.room, user)).or_default().insert(message.seq);
        }
        let system = system_messages::unread(conn, &rooms, None)?;
        Ok(Self { members, seqs, hidden, system })
    }

    fn advance(&mut self, new: &NewReceipt) -> Result<(), Missing> {
        let member = self.members.get_mut(&(new.room, new.user)).ok_or(Missing::Room)?;
        let seq = match new.upto {
            Some(message) => *self.seqs.get(&(new.room, message)).ok_or(Missing::Message)?,
            None => member.last_seq,
        };
        if member.frozen {
            return Ok(());
        }
        let hidden = self.hidden.get(&(new.room, new.user));
        let mut read_seq = if new.read { seq } else { 0 };
        // Nothing is to be read of what is hidden right after it.
        while new.read && hidden.is_some_and(|hidden| hidden.contains(&(read_seq + 1))) {
            read_seq += 1;
        }
        member.receipt.advance(seq.max(read_seq), read_seq);
        Ok(())
    }

    /// Returns the receipts of the members as they are now, with the ids of the messages that they name.
    fn receipts(&self, conn: &mut Conn) -> Result<HashMap<(RoomId, UserId), RoomReceipt>, Error> {
        let ids = ids_of(conn, self.members.iter().map(|((room, _), member)| (*room, member.receipt)))?;
        let receipt = |(&(room, user), member): (&(RoomId, UserId), &Member)| {
            let hidden = self.hidden.get(&(room, user)).into_iter().flatten().copied();
            let system = self.system.get(&room).map_or(&[][..], Vec::as_slice);
            let receipt = in_room(room, member.receipt, &ids, (member.last_seq, hidden, system));
            ((room, user), receipt)
        };
        Ok(self.members.iter().map(receipt).collect())
    }
}

/// Locks the memberships until the transaction ends, in their order; rooms and messages are not locked.
fn lock_rows(conn: &mut Conn, new: &[NewReceipt]) -> Result<Vec<Row>, Error> {
    let mut wanted: Vec<(&RoomId, UserId, Option<MessageId>)> =
        new.iter().map(|new| (&new.room, new.user, new.upto)).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let wanted = pad_in_list(&wanted);
    let (values, join, tail) = match conn {
        Conn::Mysql(_) => (
            "CAST(? AS BINARY(16)) AS chatroom_id, CAST(? AS SIGNED) AS user_id, CAST(? AS SIGNED) AS message_id",
            "STRAIGHT_JOIN",
            "FOR UPDATE",
        ),
        Conn::Sqlite(_) => ("? AS chatroom_id, ? AS user_id, ? AS message_id", "CROSS JOIN", ""),
    };
    let query = format!(
        "SELECT participants.chatroom_id, participants.user_id, participants.last_delivered_seq, \
         participants.last_read_seq, room.last_seq, room.blocked, participants.request, \
         ({IS_PRIVATE}) AS is_private, \
         named.message_id, named.seq, marked.user_id AS marked \
         FROM ({}) wanted \
         {join} participants ON participants.chatroom_id = wanted.chatroom_id \
         AND participants.user_id = wanted.user_id AND participants.left_at IS NULL \
         {join} (SELECT chatroom_id, kind, last_seq, blocked FROM chatrooms) room \
         ON room.chatroom_id = wanted.chatroom_id \
         LEFT JOIN (SELECT message_id, chatroom_id, seq FROM messages) named \
         ON named.message_id = wanted.message_id AND named.chatroom_id = wanted.chatroom_id \
         LEFT JOIN (SELECT user_id, chatroom_id FROM room_settings WHERE marked_unread) marked \
         ON marked.user_id = wanted.user_id AND marked.chatroom_id = wanted.chatroom_id {tail}",
        union(values, wanted.len()),
    );
    Ok(on_each!(conn, |c| {
        let mut query = diesel::sql_query(query).into_boxed();
        for (room, user, upto) in &wanted {
            query = query
                .bind::<Binary, _>(room.bytes())
                .bind::<BigInt, _>(user.0)
                .bind::<Nullable<BigInt>, _>(upto.map(|id| id.0));
        }
        cached(query).load(c)?
    }))
}
