//! What a Socket.IO client finds again that recovers its connection: its name, and the rooms that it had joined.

use diesel::prelude::*;
use domain::id::{RoomId, SessionId, UserId};
use domain::time::Time;

use crate::conn::Conn;
use crate::error::Error;
use crate::schema::{participants, recoveries};
use crate::users::room_id;

/// A client as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovery {
    /// Its Socket.IO name.
    pub sid: String,
    /// The rooms that it had joined.
    pub rooms: Vec<RoomId>,
}

/// Keeps a client that has joined no room yet, and forgets those that nobody used since `forgotten`.
pub fn insert(
    conn: &mut Conn,
    (pid_hash, session): (&[u8], SessionId),
    sid: &str,
    (now, forgotten): (Time, Time),
) -> Result<(), Error> {
    diesel::delete(recoveries::table.filter(recoveries::used_at.lt(forgotten.naive()))).execute(conn)?;
    diesel::insert_into(recoveries::table)
        .values((
            recoveries::pid_hash.eq(pid_hash),
            recoveries::session_id.eq(session.bytes()),
            recoveries::sid.eq(sid),
            recoveries::chatroom_ids.eq(&[] as &[u8]),
            recoveries::used_at.eq(now.naive()),
        ))
        .execute(conn)?;
    Ok(())
}

/// Returns a client of this sign-in, with the rooms that its user is still in, and notes that it was used.
///
/// [`Error::NotFound`] if there is none.
pub fn find(
    conn: &mut Conn,
    pid_hash: &[u8],
    (session, user): (SessionId, UserId),
    now: Time,
) -> Result<Recovery, Error> {
    let row = || recoveries::table.find(pid_hash).filter(recoveries::session_id.eq(session.bytes()));
    let (sid, rooms): (String, Vec<u8>) =
        row().select((recoveries::sid, recoveries::chatroom_ids)).first(conn)?;
    diesel::update(row()).set(recoveries::used_at.eq(now.naive())).execute(conn)?;
    let rooms: Vec<Vec<u8>> = participants::table
        .filter(participants::chatroom_id.eq_any(rooms.chunks_exact(16)))
        .filter(participants::user_id.eq(user.0))
        .filter(participants::left_at.is_null())
        .select(participants::chatroom_id)
        .load(conn)?;
    Ok(Recovery { sid, rooms: rooms.iter().map(|room| room_id(room)).collect::<Result<_, _>>()? })
}

/// Notes the rooms that a client has joined.
pub fn set_rooms(conn: &mut Conn, pid_hash: &[u8], rooms: &[RoomId], now: Time) -> Result<(), Error> {
    let bytes: Vec<u8> = rooms.iter().flat_map(|room| room.bytes().iter().copied()).collect();
    diesel::update(recoveries::table.find(pid_hash))
        .set((recoveries::chatroom_ids.eq(bytes), recoveries::used_at.eq(now.naive())))
        .execute(conn)?;
    Ok(())
}
