//! Rooms whose rows are locked for a batch of messages, with what the batch needs of their senders.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text, Timestamp};
use domain::disappearing::DisappearAfter;
use domain::id::{RoomId, UserId};
use domain::message_request::RequestState;
use domain::time::Time;
use domain::user::Author;

use crate::cached::{cached, pad_in_list};
use crate::conn::Conn;
use crate::disappearing;
use crate::error::Error;
use crate::ids::room_id;
use crate::literals::{push_row, sql_of, table};
use crate::pairs::union;
use crate::schema::chatrooms;
use crate::users::AuthorRow;

/// A room whose row is locked until the transaction ends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LockedRoom {
    pub(crate) room: RoomId,
    pub(crate) last_seq: i64,
    pub(crate) last_message_at: Option<Time>,
    /// Whether one of the two members blocks the other.
    pub(crate) blocked: bool,
    /// How long its new messages are there.
    pub(crate) disappear_after: Option<DisappearAfter>,
}

impl LockedRoom {
    /// Returns the seq and the time of the room's next message, which is sent at `now`.
    ///
    /// Times increase strictly within a room, so that paging by time loses nothing.
    pub(crate) fn next(&mut self, now: Time) -> (i64, Time) {
        let at = self.last_message_at.map_or(now, |last| now.max(last.next()));
        self.last_seq += 1;
        self.last_message_at = Some(at);
        (self.last_seq, at)
    }
}

/// A sender of a message, with the key that they gave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Sender<'a> {
    pub(crate) room: &'a [u8],
    pub(crate) user: UserId,
    pub(crate) key: Option<&'a str>,
}

/// A sender who is in the room, which is locked.
pub(crate) struct LockedSender {
    pub(crate) room: LockedRoom,
    pub(crate) author: Author,
    /// What the room is to the sender, as the database has it.
    pub(crate) request: Option<String>,
    /// The message that is stored under the sender's key, if there is one.
    pub(crate) stored: Option<i64>,
}

impl LockedSender {
    /// Returns whether what they send accepts a request.
    fn answers(&self) -> bool {
        let request = self.request.as_deref().and_then(RequestState::parse);
        request.is_some_and(RequestState::is_to_answer)
    }
}

/// As many senders cost less when the log is locked together with their rooms, and each row is updated by itself.
const FEW: usize = 4;

/// A sender, or the head of the log.
#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Binary)]
    chatroom_id: Vec<u8>,
    #[diesel(sql_type = BigInt)]
    last_seq: i64,
    #[diesel(sql_type = Nullable<Timestamp>)]
    last_message_at: Option<chrono::NaiveDateTime>,
    #[diesel(sql_type = Bool)]
    blocked: bool,
    #[diesel(sql_type = Nullable<BigInt>)]
    disappear_after: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    request: Option<String>,
    #[diesel(embed)]
    author: AuthorRow,
    #[diesel(sql_type = Nullable<BigInt>)]
    stored: Option<i64>,
}

impl TryFrom<Row> for LockedSender {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let last_message_at = row.last_message_at.map(Time::from_naive);
        let (room, last_seq, blocked) = (room_id(&row.chatroom_id)?, row.last_seq, row.blocked);
        let disappear_after = disappearing::parse(row.disappear_after)?;
        let room = LockedRoom { room, last_seq, last_message_at, blocked, disappear_after };
        Ok(Self { room, author: row.author.into(), request: row.request, stored: row.stored })
    }
}

/// Locks the rooms of these senders and their membership until the transaction ends; returns the senders that are in
/// their rooms, or webhooks of them. They must be sorted, so that all lock in one order.
///
/// One statement: accounts and messages are in queries of their own, which lock nothing. For few senders it locks the log
/// too: a round trip less, while many would keep other writers from it. Where one of them answers a request it begins
/// again, and leaves the log: the row of who asked is to be locked before it.
pub(crate) fn lock_with_senders(conn: &mut Conn, senders: &[Sender<'_>]) -> Result<Vec<LockedSender>, Error> {
    let few = senders.len() <= FEW;
    let locked = load(conn, senders, few)?;
    match conn {
        Conn::Mysql(c) if few && locked.iter().any(LockedSender::answers) => c.roll_back()?,
        _ => return Ok(locked),
    }
    load(conn, senders, false)
}

fn load(conn: &mut Conn, senders: &[Sender<'_>], with_log: bool) -> Result<Vec<LockedSender>, Error> {
    let with_log = with_log && matches!(conn, Conn::Mysql(_));
    let senders = pad_in_list(senders);
    let (values, join, tail) = match conn {
        Conn::Mysql(_) => (
            "CAST(? AS BINARY(16)) AS chatroom_id, CAST(? AS SIGNED) AS user_id, \
             CAST(? AS CHAR(80)) COLLATE utf8mb4_bin AS client_key",
            "STRAIGHT_JOIN",
            "FOR UPDATE",
        ),
        Conn::Sqlite(_) => ("? AS chatroom_id, ? AS user_id, ? AS client_key", "CROSS JOIN", ""),
    };
    let locked = format!(
        "SELECT chatrooms.chatroom_id, chatrooms.last_seq, chatrooms.last_message_at, chatrooms.blocked, \
         chatrooms.disappear_after, participants.request, \
         author.user_id, author.username, author.nickname, author.avatar_url, author.is_bot, \
         keyed.message_id AS stored \
         FROM ({}) sender \
         {join} chatrooms ON chatrooms.chatroom_id = sender.chatroom_id \
         {join} participants ON participants.chatroom_id = sender.chatroom_id \
         AND participants.user_id = sender.user_id AND (participants.left_at IS NULL OR participants.webhook) \
         {join} (SELECT user_id, username, nickname, avatar_url, is_bot FROM users WHERE deleted_at IS NULL) author \
         ON author.user_id = sender.user_id \
         LEFT JOIN (SELECT sender_id, client_key, message_id FROM messages) keyed \
         ON keyed.sender_id = sender.user_id AND keyed.client_key = sender.client_key {tail}",
        union(values, senders.len()),
    );
    let head = "SELECT X'', pos, NULL, FALSE, NULL, NULL, 0, '', NULL, NULL, FALSE, NULL FROM log_head WHERE id = 1 FOR UPDATE";
    let query = if with_log { format!("({locked}) UNION ALL ({head})") } else { locked };
    let mut rows: Vec<Row> = on_each!(conn, |c| {
        let mut query = diesel::sql_query(query).into_boxed();
        for sender in &senders {
            query = query
                .bind::<Binary, _>(sender.room)
                .bind::<BigInt, _>(sender.user.0)
                .bind::<Nullable<Text>, _>(sender.key);
        }
        cached(query).load(c)?
    });
    if let (Conn::Mysql(c), true) = (conn, with_log) {
        c.log_last = rows.pop().map(|head| head.last_seq);
    }
    rows.into_iter().map(TryInto::try_into).collect()
}

/// A sender and the newest message that they sent to a room, which is locked and has its new state.
#[derive(Clone, Copy)]
pub(crate) struct Sent {
    pub(crate) room: LockedRoom,
    pub(crate) sender: UserId,
    pub(crate) seq: i64,
}

/// Stores the new state of locked rooms, and that their senders have received and read them up to what they sent.
pub(crate) fn advance(conn: &mut Conn, sent: &[Sent]) -> Result<(), Error> {
    match conn {
        Conn::Mysql(c) if sent.len() > FEW => c.defer(&update_all(sent)),
        Conn::Mysql(c) => {
            for Sent { room, sender, seq } in sent {
                let id = sql_of(&room.room.bytes());
                let at = sql_of(&room.last_message_at.map(Time::naive));
                c.defer(&format!(
                    "UPDATE chatrooms SET last_seq = {}, last_message_at = {at} WHERE chatroom_id = {id}",
                    room.last_seq,
                ));
                c.defer(&format!(
                    "UPDATE participants SET last_delivered_seq = {seq}, last_read_seq = {seq} \
                     WHERE chatroom_id = {id} AND user_id = {}",
                    sender.0,
                ));
            }
        }
        Conn::Sqlite(c) => {
            for row in sent {
                update_one(c, row)?;
            }
        }
    }
    Ok(())
}

/// Updates many rows in one statement, which takes longer than two for each of few.
fn update_all(sent: &[Sent]) -> String {
    let names = ["chatroom_id", "user_id", "seq", "last_seq", "last_message_at"];
    let sent = table(&names, sent.iter(), |sql, Sent { room, sender, seq }| {
        let at = room.last_message_at.map(Time::naive);
        push_row(sql, &[&room.room.bytes(), &sender.0, seq, &room.last_seq, &at]);
    });
    format!(
        "UPDATE ({sent}) sent \
         STRAIGHT_JOIN chatrooms ON chatrooms.chatroom_id = sent.chatroom_id \
         STRAIGHT_JOIN participants ON participants.chatroom_id = sent.chatroom_id \
         AND participants.user_id = sent.user_id \
         SET chatrooms.last_seq = sent.last_seq, chatrooms.last_message_at = sent.last_message_at, \
         participants.last_delivered_seq = sent.seq, participants.last_read_seq = sent.seq",
    )
}

fn update_one(conn: &mut SqliteConnection, row: &Sent) -> Result<(), Error> {
    use crate::schema::participants;
    let room = row.room.room.bytes();
    diesel::update(chatrooms::table.find(room))
        .set((
            chatrooms::last_seq.eq(row.room.last_seq),
            chatrooms::last_message_at.eq(row.room.last_message_at.map(Time::naive)),
        ))
        .execute(conn)?;
    diesel::update(participants::table.find((room, row.sender.0)))
        .set((participants::last_delivered_seq.eq(row.seq), participants::last_read_seq.eq(row.seq)))
        .execute(conn)?;
    Ok(())
}
