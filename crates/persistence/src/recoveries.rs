//! What a Socket.IO client gets back that recovers its connection: its id, and the rooms that it had joined.

use diesel::prelude::*;
use domain::id::{RoomId, SessionId, UserId};
use domain::time::Time;

use crate::conn::Conn;
use crate::error::Error;
use crate::ids::room_id;
use crate::schema::{participants, recoveries};

/// A client as it was before its connection was lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovery {
    /// Its Socket.IO id.
    pub sid: String,
    /// The rooms that it had joined.
    pub rooms: Vec<RoomId>,
}

/// A client that has joined no room yet.
#[derive(Debug, Clone, Copy)]
pub struct NewRecovery<'a> {
    /// The hash of its private id.
    pub pid_hash: &'a [u8],
    /// Its session.
    pub session: SessionId,
    /// Its Socket.IO id.
    pub sid: &'a str,
    /// Now.
    pub at: Time,
}

/// Stores a client, and deletes those that were last used before `expired`.
pub fn insert(conn: &mut Conn, new: NewRecovery<'_>, expired: Time) -> Result<(), Error> {
    diesel::delete(recoveries::table.filter(recoveries::used_at.lt(expired.naive()))).execute(conn)?;
    diesel::insert_into(recoveries::table)
        .values((
            recoveries::pid_hash.eq(new.pid_hash),
            recoveries::session_id.eq(new.session.bytes()),
            recoveries::sid.eq(new.sid),
            recoveries::chatroom_ids.eq(&[] as &[u8]),
            recoveries::used_at.eq(new.at.naive()),
        ))
        .execute(conn)?;
    Ok(())
}

/// Returns a client of this session, with the rooms that its user is still in, and stores that it was used.
///
/// [`Error::NotFound`] if there is none.
pub fn find(
    conn: &mut Conn,
    pid_hash: &[u8],
    session: SessionId,
    user: UserId,
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

/// Stores the rooms that a client has joined.
pub fn set_rooms(conn: &mut Conn, pid_hash: &[u8], rooms: &[RoomId], now: Time) -> Result<(), Error> {
    let bytes: Vec<u8> = rooms.iter().flat_map(|room| room.bytes().iter().copied()).collect();
    diesel::update(recoveries::table.find(pid_hash))
        .set((recoveries::chatroom_ids.eq(bytes), recoveries::used_at.eq(now.naive())))
        .execute(conn)?;
    Ok(())
}
