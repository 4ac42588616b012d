//! The delivered and read marks of a room's members.

use std::collections::HashMap;

use diesel::prelude::*;
use domain::id::{MessageId, RoomId, UserId};
use domain::receipt::{Receipt, RoomReceipt};

use crate::conn::Conn;
use crate::error::Error;
use crate::kept::Kept;
use crate::rooms;
use crate::schema::{messages, participants};
use crate::users::room_id;

/// Returns the marks of every member of a room.
pub fn of_room(conn: &mut Conn, room: RoomId) -> Result<Vec<Receipt>, Error> {
    let rows: Vec<(i64, i64, i64)> = participants::table
        .filter(participants::chatroom_id.eq(room.bytes()))
        .filter(participants::left_at.is_null())
        .select((participants::user_id, participants::last_delivered_seq, participants::last_read_seq))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|(user, delivered, read)| Receipt {
            user: UserId(user),
            delivered_seq: delivered,
            read_seq: read,
        })
        .collect())
}

/// Returns the marks of every member of these rooms.
pub fn of_rooms(conn: &mut Conn, rooms: &[&[u8]]) -> Result<HashMap<RoomId, Vec<Receipt>>, Error> {
    let rows: Vec<(Vec<u8>, i64, i64, i64)> = participants::table
        .filter(participants::chatroom_id.eq_any(rooms))
        .filter(participants::left_at.is_null())
        .select((
            participants::chatroom_id,
            participants::user_id,
            participants::last_delivered_seq,
            participants::last_read_seq,
        ))
        .load(conn)?;
    let mut all: HashMap<RoomId, Vec<Receipt>> = HashMap::new();
    for (room, user, delivered, read) in rows {
        all.entry(room_id(&room)?).or_default().push(Receipt {
            user: UserId(user),
            delivered_seq: delivered,
            read_seq: read,
        });
    }
    Ok(all)
}

/// Stores a member's marks.
///
/// The comparison is in the statement, so that two devices that read at once cannot move a mark back.
pub fn put(conn: &mut Conn, room: RoomId, marks: Receipt) -> Result<(), Error> {
    let row = || participants::table.find((room.bytes(), marks.user.0));
    let delivered = diesel::update(row().filter(participants::last_delivered_seq.lt(marks.delivered_seq)));
    Kept(delivered.set(participants::last_delivered_seq.eq(marks.delivered_seq))).execute(conn)?;
    let read = diesel::update(row().filter(participants::last_read_seq.lt(marks.read_seq)));
    Kept(read.set(participants::last_read_seq.eq(marks.read_seq))).execute(conn)?;
    Ok(())
}

/// Returns marks as the room's members are told of them.
pub fn receipt(conn: &mut Conn, room: RoomId, marks: Receipt) -> Result<RoomReceipt, Error> {
    let last_seq = rooms::last_seq(conn, room)?;
    let rows: Vec<(i64, i64)> = messages::table
        .filter(messages::chatroom_id.eq(room.bytes()))
        .filter(messages::seq.eq_any([marks.delivered_seq, marks.read_seq]))
        .select((messages::seq, messages::message_id))
        .load(conn)?;
    let at = |seq: i64| rows.iter().find(|row| row.0 == seq).map(|row| MessageId(row.1));
    Ok(RoomReceipt {
        room,
        user: marks.user,
        last_delivered_seq: marks.delivered_seq,
        last_read_seq: marks.read_seq,
        last_delivered_id: at(marks.delivered_seq),
        last_read_id: at(marks.read_seq),
        unread_count: last_seq - marks.read_seq,
    })
}
