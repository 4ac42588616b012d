//! System messages: what happened in a room, written in one transaction with it.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary};
use domain::event_table::LogEntry;
use domain::id::{RoomId, UserId};
use domain::message::MessageKind;
use domain::system_message::SystemMessage;
use domain::time::Time;

use crate::cached::{cached, pad_in_list};
use crate::conn::Conn;
use crate::error::Error;
use crate::ids::room_id;
use crate::locked_rooms::LockedRoom;
use crate::log::{self, LogRow};
use crate::schema::{chatrooms, messages, system_messages, users};

/// What happened in a room, to be said there.
#[derive(Debug)]
pub struct Happened<'a> {
    /// The room, which is locked.
    pub room: RoomId,
    /// What is said, in its order.
    pub messages: &'a [SystemMessage],
    /// Now.
    pub at: Time,
}

#[derive(Insertable)]
#[diesel(table_name = messages)]
struct Row<'a> {
    chatroom_id: &'a [u8],
    seq: i64,
    sender_id: i64,
    content: String,
    message_type: &'static str,
    timestamp: chrono::NaiveDateTime,
    system_message: String,
}

/// Appends entries to the log, and after them system messages, which take the next seqs of their room.
///
/// It must come last, as [`log::append`] says.
pub fn append(conn: &mut Conn, entries: &[LogEntry], happened: &Happened<'_>) -> Result<Vec<LogRow>, Error> {
    let rows = if happened.messages.is_empty() { Vec::new() } else { prepare(conn, happened)? };
    let first = log::append(conn, entries)?;
    let mut logged: Vec<LogRow> =
        (first..).zip(entries).map(|(position, entry)| LogRow { position, entry: *entry }).collect();
    let sent: Vec<LogEntry> =
        rows.iter().map(|row| LogEntry::MessageSent { room: happened.room, seq: row.seq }).collect();
    let first = if rows.is_empty() { 0 } else { insert(conn, rows)? };
    logged.extend((first..).zip(sent).map(|(position, entry)| LogRow { position, entry }));
    Ok(logged)
}

/// Gives the messages their seqs and texts, and stores all but the messages themselves.
fn prepare<'a>(conn: &mut Conn, happened: &'a Happened<'_>) -> Result<Vec<Row<'a>>, Error> {
    let Happened { room, messages, at } = happened;
    let names = names(conn, messages)?;
    let mut locked = load(conn, *room)?;
    let mut rows = Vec::with_capacity(messages.len());
    for message in *messages {
        let (seq, timestamp) = locked.next(*at);
        rows.push(Row {
            chatroom_id: room.bytes(),
            seq,
            sender_id: message.actor.0,
            content: message.text(|user| names.get(&user).cloned().unwrap_or_default()),
            message_type: MessageKind::Text.as_str(),
            timestamp: timestamp.naive(),
            system_message: message.stored().map_err(|error| Error::Other(error.into()))?,
        });
    }
    diesel::update(chatrooms::table.find(room.bytes()))
        .set((
            chatrooms::last_seq.eq(locked.last_seq),
            chatrooms::last_message_at.eq(locked.last_message_at.map(Time::naive)),
        ))
        .execute(conn)?;
    let seqs: Vec<_> = rows
        .iter()
        .map(|row| (system_messages::chatroom_id.eq(room.bytes()), system_messages::seq.eq(row.seq)))
        .collect();
    on_each!(conn, |c| diesel::insert_into(system_messages::table).values(&seqs).execute(c))?;
    Ok(rows)
}

/// Inserts messages at the next positions of the log, which are their ids; returns that of the first.
fn insert(conn: &mut Conn, rows: Vec<Row<'_>>) -> Result<i64, Error> {
    let first = log::advance(conn, rows.len())?;
    let rows: Vec<_> = (first..).map(|id| messages::message_id.eq(id)).zip(rows).collect();
    on_each!(conn, |c| diesel::insert_into(messages::table).values(rows).execute(c))?;
    Ok(first)
}

fn load(conn: &mut Conn, room: RoomId) -> Result<LockedRoom, Error> {
    let (last_seq, last_message_at, blocked): (i64, Option<chrono::NaiveDateTime>, bool) = chatrooms::table
        .find(room.bytes())
        .select((chatrooms::last_seq, chatrooms::last_message_at, chatrooms::blocked))
        .first(conn)?;
    let last_message_at = last_message_at.map(Time::from_naive);
    // What the server says stays.
    Ok(LockedRoom { room, last_seq, last_message_at, blocked, disappear_after: None })
}

/// Returns the names of all who are named, as others see them.
fn names(conn: &mut Conn, messages: &[SystemMessage]) -> Result<HashMap<UserId, String>, Error> {
    let named = messages.iter().flat_map(|message| message.subjects.iter().chain([&message.actor]));
    let named: Vec<i64> = named.map(|user| user.0).collect();
    let rows: Vec<(i64, String, Option<String>)> = users::table
        .filter(users::user_id.eq_any(named))
        .select((users::user_id, users::username, users::nickname))
        .load(conn)?;
    let name = |(id, username, nickname): (_, _, Option<String>)| {
        (UserId(id), nickname.filter(|name| !name.is_empty()).unwrap_or(username))
    };
    Ok(rows.into_iter().map(name).collect())
}

/// Returns the ascending seqs of the system messages of these rooms that a member, or this one, has not read.
pub fn unread(
    conn: &mut Conn,
    rooms: &[&[u8]],
    only: Option<UserId>,
) -> Result<HashMap<RoomId, Vec<i64>>, Error> {
    #[derive(QueryableByName)]
    #[diesel(table_name = system_messages)]
    struct Unread {
        chatroom_id: Vec<u8>,
        seq: i64,
    }
    if rooms.is_empty() {
        return Ok(HashMap::new());
    }
    let rooms = pad_in_list(rooms);
    let placeholders = vec!["?"; rooms.len()].join(", ");
    let member = if only.is_some() { "AND user_id = ?" } else { "" };
    let query = format!(
        "SELECT system_messages.chatroom_id, system_messages.seq FROM \
         (SELECT chatroom_id, MIN(last_read_seq) AS read_seq FROM participants \
         WHERE chatroom_id IN ({placeholders}) AND left_at IS NULL {member} GROUP BY chatroom_id) least \
         INNER JOIN system_messages ON system_messages.chatroom_id = least.chatroom_id \
         AND system_messages.seq > least.read_seq \
         ORDER BY system_messages.chatroom_id, system_messages.seq"
    );
    let rows: Vec<Unread> = on_each!(conn, |c| {
        let mut query = diesel::sql_query(query).into_boxed();
        for room in &rooms {
            query = query.bind::<Binary, _>(*room);
        }
        if let Some(user) = only {
            query = query.bind::<BigInt, _>(user.0);
        }
        cached(query).load(c)?
    });
    let mut unread: HashMap<RoomId, Vec<i64>> = HashMap::new();
    for Unread { chatroom_id, seq } in rows {
        unread.entry(room_id(&chatroom_id)?).or_default().push(seq);
    }
    Ok(unread)
}
