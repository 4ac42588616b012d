//! Receipts: how far each member of a room has received and read it.

use std::collections::{BTreeSet, HashMap, HashSet};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary};
use domain::id::{MessageId, RoomId, UserId};
use domain::receipt::{Receipt, RoomReceipt};

use crate::cached::{cached, pad_in_list};
use crate::conn::Conn;
use crate::error::Error;
use crate::ids::room_id;
use crate::members::RoomMember;
use crate::pairs::{force_index, in_pairs};
use crate::schema::{messages, participants};
use crate::{hidden, rooms, system_messages};

mod batch;
mod moved;

pub use batch::{Batch, Missing, NewReceipt, advance_batch};
pub use moved::MovedReceipt;

/// Returns the receipts of every member of a room, as a member sees them.
pub fn of_room(conn: &mut Conn, member: &RoomMember) -> Result<Vec<Receipt>, Error> {
    let room = member.room();
    Ok(of_rooms(conn, &[room.bytes()], Some(member.user()))?.remove(&room).unwrap_or_default())
}

/// Returns the receipts of every member of a room, whole. For what is cached of rooms, and for whom a message mentions.
pub fn whole(conn: &mut Conn, room: RoomId) -> Result<Vec<Receipt>, Error> {
    Ok(of_rooms(conn, &[room.bytes()], None)?.remove(&room).unwrap_or_default())
}

/// Returns the receipts of every member of these rooms, as `viewer` sees them; without one, whole. For what is loaded of
/// many rooms at once: the event log, the list of one's rooms, and what was found in them.
pub fn of_rooms(
    conn: &mut Conn,
    rooms: &[&[u8]],
    viewer: Option<UserId>,
) -> Result<HashMap<RoomId, Vec<Receipt>>, Error> {
    let query = participants::table
        .filter(participants::chatroom_id.eq_any(pad_in_list(rooms)))
        .filter(participants::left_at.is_null())
        .select((
            participants::chatroom_id,
            participants::user_id,
            participants::last_delivered_seq,
            participants::last_read_seq,
        ));
    let rows: Vec<(Vec<u8>, i64, i64, i64)> = cached(query).load(conn)?;
    let mut all: HashMap<RoomId, Vec<Receipt>> = HashMap::new();
    for (room, user, delivered_seq, read_seq) in rows {
        all.entry(room_id(&room)?).or_default().push(Receipt { user: UserId(user), delivered_seq, read_seq });
    }
    let Some(viewer) = viewer else { return Ok(all) };
    for room in private(conn, rooms)? {
        for receipt in all.get_mut(&room).into_iter().flatten().filter(|receipt| receipt.user != viewer) {
            *receipt = receipt.without_read();
        }
    }
    Ok(all)
}

/// The condition that one of the two members of a one-to-one room `room` shows nobody what they have read.
const IS_PRIVATE: &str = "room.kind = 'direct' AND EXISTS (SELECT 1 FROM participants AS reader \
    INNER JOIN users ON users.user_id = reader.user_id \
    WHERE reader.chatroom_id = room.chatroom_id AND NOT users.read_receipts)";

/// Returns those of these rooms whose members do not see how far the other has read.
pub fn private(conn: &mut Conn, rooms: &[&[u8]]) -> Result<HashSet<RoomId>, Error> {
    #[derive(QueryableByName)]
    #[diesel(table_name = participants)]
    struct Row {
        chatroom_id: Vec<u8>,
    }
    if rooms.is_empty() {
        return Ok(HashSet::new());
    }
    let rooms = pad_in_list(rooms);
    let placeholders = vec!["?"; rooms.len()].join(", ");
    let query = format!(
        "SELECT room.chatroom_id FROM chatrooms AS room \
         WHERE room.chatroom_id IN ({placeholders}) AND {IS_PRIVATE}"
    );
    let rows: Vec<Row> = on_each!(conn, |c| {
        let mut query = diesel::sql_query(query).into_boxed();
        for room in &rooms {
            query = query.bind::<Binary, _>(*room);
        }
        cached(query).load(c)?
    });
    rows.iter().map(|row| room_id(&row.chatroom_id)).collect()
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

/// Returns a member's receipt as the room's members see it. For the event log, and for batches.
pub fn receipt(conn: &mut Conn, room: RoomId, member: Receipt) -> Result<RoomReceipt, Error> {
    let last_seq = rooms::last_seq(conn, room)?;
    let hidden = hidden::unread(conn, &[room.bytes()], Some(member.user))?;
    let ids = ids_of(conn, [(room, member)])?;
    let system = system_messages::unread(conn, &[room.bytes()], Some(member.user))?;
    let system = system.get(&room).map_or(&[][..], Vec::as_slice);
    let hidden = hidden.iter().map(|hidden| hidden.message.seq);
    Ok(in_room(room, member, &ids, (last_seq, hidden, system)))
}

/// The ids of messages by room and seq.
type Ids = HashMap<(RoomId, i64), MessageId>;

/// Makes a member's receipt as the room's members see it, of a room up to `last_seq` with what the member has hidden and
/// what the server wrote.
fn in_room(
    room: RoomId,
    member: Receipt,
    ids: &Ids,
    (last_seq, hidden, system): (i64, impl IntoIterator<Item = i64>, &[i64]),
) -> RoomReceipt {
    let id_of = |seq: i64| ids.get(&(room, seq)).copied();
    RoomReceipt {
        room,
        user: member.user,
        last_delivered_seq: member.delivered_seq,
        last_read_seq: member.read_seq,
        last_delivered_id: id_of(member.delivered_seq),
        last_read_id: id_of(member.read_seq),
        unread_count: member.unread(last_seq, hidden, system),
    }
}

/// Returns the ids of the messages that receipts end with.
fn ids_of(conn: &mut Conn, receipts: impl IntoIterator<Item = (RoomId, Receipt)>) -> Result<Ids, Error> {
    #[derive(QueryableByName)]
    #[diesel(table_name = messages)]
    struct Row {
        chatroom_id: Vec<u8>,
        seq: i64,
        message_id: i64,
    }
    let named = receipts
        .into_iter()
        .flat_map(|(room, receipt)| [receipt.delivered_seq, receipt.read_seq].map(|seq| (room, seq)));
    let named: BTreeSet<(RoomId, i64)> = named.filter(|(_, seq)| *seq > 0).collect();
    if named.is_empty() {
        return Ok(HashMap::new());
    }
    let named = pad_in_list(&Vec::from_iter(named));
    let query = format!(
        "SELECT chatroom_id, seq, message_id FROM messages {} WHERE (chatroom_id, seq) {}",
        force_index(conn, "PRIMARY"),
        in_pairs(conn, named.len()),
    );
    let rows: Vec<Row> = on_each!(conn, |c| {
        let mut query = diesel::sql_query(query).into_boxed();
        for (room, seq) in &named {
            query = query.bind::<Binary, _>(room.bytes()).bind::<BigInt, _>(*seq);
        }
        cached(query).load(c)?
    });
    rows.into_iter()
        .map(|row| Ok(((room_id(&row.chatroom_id)?, row.seq), MessageId(row.message_id))))
        .collect()
}
