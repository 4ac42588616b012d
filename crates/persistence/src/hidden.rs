//! Messages that users have hidden from themselves.

use std::collections::HashSet;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Nullable, Timestamp};
use domain::id::{RoomId, UserId};
use domain::message::MessageSeq;

use crate::cached::{cached, pad_in_list};
use crate::conn::Conn;
use crate::error::Error;
use crate::ids::room_id;
use crate::members::RoomMember;
use crate::pairs::{force_index, in_pairs};
use crate::schema::{hidden_messages, participants};
use crate::viewer::Viewer;

/// A message that is hidden from a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct HiddenMessage {
    /// The user.
    pub user: UserId,
    /// The message.
    pub message: MessageSeq,
}

/// Hides a message from a member; false if it was hidden already.
pub fn hide(conn: &mut Conn, member: &RoomMember, seq: i64) -> Result<bool, Error> {
    let room = member.room();
    let row = (
        hidden_messages::user_id.eq(member.user().0),
        hidden_messages::chatroom_id.eq(room.bytes()),
        hidden_messages::seq.eq(seq),
    );
    let inserted =
        on_each!(conn, |c| diesel::insert_or_ignore_into(hidden_messages::table).values(row).execute(c))?;
    Ok(inserted > 0)
}

/// Returns whether a message is hidden from a member.
pub fn is_hidden(conn: &mut Conn, member: &RoomMember, seq: i64) -> Result<bool, Error> {
    let room = member.room();
    let row = hidden_messages::table.find((member.user().0, room.bytes(), seq));
    Ok(diesel::select(diesel::dsl::exists(row)).get_result(conn)?)
}

/// Returns the messages that members of these rooms, or one of them, have hidden without having read them.
pub fn unread(conn: &mut Conn, rooms: &[&[u8]], only: Option<UserId>) -> Result<Vec<HiddenMessage>, Error> {
    let same = hidden_messages::user_id
        .eq(participants::user_id)
        .and(hidden_messages::chatroom_id.eq(participants::chatroom_id));
    let mut query = participants::table
        .inner_join(hidden_messages::table.on(same))
        .filter(participants::chatroom_id.eq_any(pad_in_list(rooms)))
        .filter(hidden_messages::seq.gt(participants::last_read_seq))
        .select((hidden_messages::user_id, hidden_messages::chatroom_id, hidden_messages::seq))
        .into_boxed();
    if let Some(user) = only {
        query = query.filter(participants::user_id.eq(user.0));
    }
    let rows: Vec<(i64, Vec<u8>, i64)> = cached(query).load(conn)?;
    rows.into_iter()
        .map(|(user, room, seq)| {
            let message = MessageSeq { room: room_id(&room)?, seq };
            Ok(HiddenMessage { user: UserId(user), message })
        })
        .collect()
}

/// Returns which of these messages are hidden, and from which users.
pub fn at(conn: &mut Conn, messages: &[MessageSeq]) -> Result<HashSet<HiddenMessage>, Error> {
    #[derive(QueryableByName)]
    #[diesel(table_name = hidden_messages)]
    struct Row {
        user_id: i64,
        chatroom_id: Vec<u8>,
        seq: i64,
    }
    if messages.is_empty() {
        return Ok(HashSet::new());
    }
    let messages = pad_in_list(messages);
    let query = format!(
        "SELECT user_id, chatroom_id, seq FROM hidden_messages {} WHERE (chatroom_id, seq) {}",
        force_index(conn, "hidden_messages_message"),
        in_pairs(conn, messages.len()),
    );
    let rows: Vec<Row> = on_each!(conn, |c| {
        let mut query = diesel::sql_query(query).into_boxed();
        for message in &messages {
            query = query.bind::<Binary, _>(message.room.bytes()).bind::<BigInt, _>(message.seq);
        }
        cached(query).load(c)?
    });
    rows.into_iter()
        .map(|row| {
            let message = MessageSeq { room: room_id(&row.chatroom_id)?, seq: row.seq };
            Ok(HiddenMessage { user: UserId(row.user_id), message })
        })
        .collect()
}

/// Returns the newest message of each of these rooms that is there for a user.
pub(crate) fn newest_shown(
    conn: &mut Conn,
    Viewer { user, now }: Viewer,
    rooms: &[RoomId],
) -> Result<Vec<MessageSeq>, Error> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Binary)]
        chatroom_id: Vec<u8>,
        #[diesel(sql_type = Nullable<BigInt>)]
        seq: Option<i64>,
    }
    let rooms = pad_in_list(rooms);
    let placeholders = vec!["?"; rooms.len()].join(", ");
    // For each room it reads back from the end, past what is hidden or gone, and no further.
    let query = format!(
        "SELECT chatrooms.chatroom_id, (SELECT messages.seq FROM messages \
         WHERE messages.chatroom_id = chatrooms.chatroom_id AND messages.seq NOT IN \
         (SELECT hidden_messages.seq FROM hidden_messages \
         WHERE hidden_messages.user_id = ? AND hidden_messages.chatroom_id = chatrooms.chatroom_id) \
         AND (messages.expires_at IS NULL OR messages.expires_at > ?) \
         ORDER BY messages.seq DESC LIMIT 1) AS seq \
         FROM chatrooms WHERE chatrooms.chatroom_id IN ({placeholders})"
    );
    let rows: Vec<Row> = on_each!(conn, |c| {
        let mut query =
            diesel::sql_query(query).into_boxed().bind::<BigInt, _>(user.0).bind::<Timestamp, _>(now.naive());
        for room in &rooms {
            query = query.bind::<Binary, _>(room.bytes());
        }
        cached(query).load(c)?
    });
    let message = |row: Row| row.seq.map(|seq| Ok(MessageSeq { room: room_id(&row.chatroom_id)?, seq }));
    rows.into_iter().filter_map(message).collect()
}

/// Deletes what messages a user has hidden.
pub fn delete_all(conn: &mut Conn, user: UserId) -> Result<(), Error> {
    diesel::delete(hidden_messages::table.filter(hidden_messages::user_id.eq(user.0))).execute(conn)?;
    Ok(())
}
