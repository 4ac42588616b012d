//! Messages that a user has deleted for themselves alone.

use std::collections::HashSet;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Nullable};
use domain::id::{RoomId, UserId};

use crate::conn::Conn;
use crate::error::Error;
use crate::kept::{Kept, filled};
use crate::pairs::{by_index, one_of};
use crate::schema::hidden_messages;
use crate::users::room_id;

/// A message that is hidden from a user.
pub type Hidden = (UserId, RoomId, i64);

/// Hides the message at a place from a user; tells whether they still had it.
pub fn hide(conn: &mut Conn, (user, room, seq): Hidden) -> Result<bool, Error> {
    let row = (
        hidden_messages::user_id.eq(user.0),
        hidden_messages::chatroom_id.eq(room.bytes()),
        hidden_messages::seq.eq(seq),
    );
    let hidden =
        on_each!(conn, |c| diesel::insert_or_ignore_into(hidden_messages::table).values(row).execute(c))?;
    Ok(hidden > 0)
}

/// Tells whether a message is hidden from a user.
pub fn is(conn: &mut Conn, (user, room, seq): Hidden) -> Result<bool, Error> {
    let row = hidden_messages::table.find((user.0, room.bytes(), seq));
    Ok(diesel::select(diesel::dsl::exists(row)).get_result(conn)?)
}

/// Returns from whom the messages at these places are hidden.
pub fn at(conn: &mut Conn, places: &[(RoomId, i64)]) -> Result<HashSet<Hidden>, Error> {
    #[derive(QueryableByName)]
    #[diesel(table_name = hidden_messages)]
    struct Row {
        user_id: i64,
        chatroom_id: Vec<u8>,
        seq: i64,
    }
    if places.is_empty() {
        return Ok(HashSet::new());
    }
    let places = filled(places);
    let query = format!(
        "SELECT user_id, chatroom_id, seq FROM hidden_messages {} WHERE (chatroom_id, seq) {}",
        by_index(conn, "hidden_messages_message"),
        one_of(conn, places.len()),
    );
    let rows: Vec<Row> = on_each!(conn, |c| {
        let mut query = diesel::sql_query(query).into_boxed();
        for (room, seq) in &places {
            query = query.bind::<Binary, _>(room.bytes()).bind::<BigInt, _>(*seq);
        }
        Kept(query).load(c)?
    });
    rows.into_iter().map(|row| Ok((UserId(row.user_id), room_id(&row.chatroom_id)?, row.seq))).collect()
}

/// Returns the newest place of each of these rooms that is not hidden from a user.
pub(crate) fn newest_shown(
    conn: &mut Conn,
    user: UserId,
    rooms: &[RoomId],
) -> Result<Vec<(RoomId, i64)>, Error> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Binary)]
        chatroom_id: Vec<u8>,
        #[diesel(sql_type = Nullable<BigInt>)]
        seq: Option<i64>,
    }
    let rooms = filled(rooms);
    let marks = vec!["?"; rooms.len()].join(", ");
    // For each room back from its end, past what is hidden, and no further.
    let query = format!(
        "SELECT chatrooms.chatroom_id, (SELECT messages.seq FROM messages \
         WHERE messages.chatroom_id = chatrooms.chatroom_id AND messages.seq NOT IN \
         (SELECT hidden_messages.seq FROM hidden_messages \
         WHERE hidden_messages.user_id = ? AND hidden_messages.chatroom_id = chatrooms.chatroom_id) \
         ORDER BY messages.seq DESC LIMIT 1) AS seq \
         FROM chatrooms WHERE chatrooms.chatroom_id IN ({marks})"
    );
    let rows: Vec<Row> = on_each!(conn, |c| {
        let mut query = diesel::sql_query(query).into_boxed().bind::<BigInt, _>(user.0);
        for room in &rooms {
            query = query.bind::<Binary, _>(room.bytes());
        }
        Kept(query).load(c)?
    });
    let place = |row: Row| row.seq.map(|seq| Ok((room_id(&row.chatroom_id)?, seq)));
    rows.into_iter().filter_map(place).collect()
}
