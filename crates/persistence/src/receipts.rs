//! Receipts: how far each member of a room has received and read it.

use std::collections::HashMap;

use diesel::prelude::*;
use domain::id::{MessageId, RoomId, UserId};
use domain::receipt::{Receipt, RoomReceipt};

use crate::cached::cached;
use crate::conn::Conn;
use crate::error::Error;
use crate::ids::room_id;
use crate::schema::{messages, participants};
use crate::{hidden, rooms};

mod batch;

pub use batch::{Batch, Missing, NewReceipt, advance_batch};

/// Returns the receipts of every member of a room.
pub fn of_room(conn: &mut Conn, room: RoomId) -> Result<Vec<Receipt>, Error> {
    let rows: Vec<(i64, i64, i64)> = participants::table
        .filter(participants::chatroom_id.eq(room.bytes()))
        .filter(participants::left_at.is_null())
        .select((participants::user_id, participants::last_delivered_seq, participants::last_read_seq))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|(user, delivered_seq, read_seq)| Receipt { user: UserId(user), delivered_seq, read_seq })
        .collect())
}

/// Returns the receipts of every member of these rooms.
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
    for (room, user, delivered_seq, read_seq) in rows {
        all.entry(room_id(&room)?).or_default().push(Receipt { user: UserId(user), delivered_seq, read_seq });
    }
    Ok(all)
}

/// Stores a member's receipt; neither number ever decreases.
///
/// The comparison is in the statement, so that two devices that read at once cannot set a number back.
pub fn put(conn: &mut Conn, room: RoomId, receipt: Receipt) -> Result<(), Error> {
    let row = || participants::table.find((room.bytes(), receipt.user.0));
    let delivered = diesel::update(row().filter(participants::last_delivered_seq.lt(receipt.delivered_seq)));
    cached(delivered.set(participants::last_delivered_seq.eq(receipt.delivered_seq))).execute(conn)?;
    let read = diesel::update(row().filter(participants::last_read_seq.lt(receipt.read_seq)));
    cached(read.set(participants::last_read_seq.eq(receipt.read_seq))).execute(conn)?;
    Ok(())
}

/// Returns a member's receipt as the room's members see it.
pub fn receipt(conn: &mut Conn, room: RoomId, member: Receipt) -> Result<RoomReceipt, Error> {
    let last_seq = rooms::last_seq(conn, room)?;
    let hidden = hidden::unread(conn, &[room.bytes()], Some(member.user))?;
    let rows: Vec<(i64, i64)> = messages::table
        .filter(messages::chatroom_id.eq(room.bytes()))
        .filter(messages::seq.eq_any([member.delivered_seq, member.read_seq]))
        .select((messages::seq, messages::message_id))
        .load(conn)?;
    let id_of = |seq: i64| rows.iter().find(|row| row.0 == seq).map(|row| MessageId(row.1));
    Ok(RoomReceipt {
        room,
        user: member.user,
        last_delivered_seq: member.delivered_seq,
        last_read_seq: member.read_seq,
        last_delivered_id: id_of(member.delivered_seq),
        last_read_id: id_of(member.read_seq),
        unread_count: member.unread(last_seq, hidden.iter().map(|hidden| hidden.message.seq)),
    })
}
