//! Rooms: made, found and locked.

use diesel::prelude::*;
use domain::group::Role;
use domain::id::{RoomId, UserId};
use domain::room::RoomKind;
use domain::text::RoomName;
use domain::time::Time;

use crate::conn::Conn;
use crate::error::Error;
use crate::ids::room_id;
use crate::schema::{chatrooms, participants};

/// A new room.
#[derive(Debug)]
pub struct NewRoom {
    /// Its id.
    pub id: RoomId,
    /// What kind of room.
    pub kind: RoomKind,
    /// Its name.
    pub name: Option<RoomName>,
    /// The key that makes a one-to-one room unique.
    pub direct_key: Option<String>,
    /// Who makes it; the owner of a group.
    pub creator: UserId,
    /// Its members, the creator included.
    pub members: Vec<UserId>,
    /// Now.
    pub at: Time,
}

/// Stores a room with its members; [`Error::Conflict`] if two users have a one-to-one room already.
pub fn insert(conn: &mut Conn, new: &NewRoom) -> Result<(), Error> {
    diesel::insert_into(chatrooms::table)
        .values((
            chatrooms::chatroom_id.eq(new.id.bytes()),
            chatrooms::chatroom_name.eq(new.name.as_ref().map(RoomName::as_str)),
            chatrooms::kind.eq(new.kind.as_str()),
            chatrooms::dm_key.eq(new.direct_key.as_deref()),
            chatrooms::last_seq.eq(0),
            chatrooms::created_at.eq(new.at.naive()),
            chatrooms::blocked.eq(false),
        ))
        .execute(conn)?;
    let members: Vec<_> = new
        .members
        .iter()
        .map(|member| {
            let owns = new.kind == RoomKind::Group && *member == new.creator;
            (
                participants::chatroom_id.eq(new.id.bytes()),
                participants::user_id.eq(member.0),
                participants::role.eq(if owns { Role::Owner } else { Role::Member }.as_str()),
                participants::joined_at.eq(new.at.naive()),
                participants::last_delivered_seq.eq(0),
                participants::last_read_seq.eq(0),
            )
        })
        .collect();
    on_each!(conn, |c| diesel::insert_into(participants::table).values(&members).execute(c))?;
    Ok(())
}

/// Finds the one-to-one room with this key.
pub fn by_direct_key(conn: &mut Conn, key: &str) -> Result<Option<RoomId>, Error> {
    let id: Option<Vec<u8>> = chatrooms::table
        .filter(chatrooms::dm_key.eq(key))
        .select(chatrooms::chatroom_id)
        .first(conn)
        .optional()?;
    id.map(|bytes| room_id(&bytes)).transpose()
}

/// Locks a room until the transaction ends; others that lock it wait.
///
/// For what the server does on its own, and for who joins by an invite; members do with [`crate::members::lock_room`].
pub fn lock(conn: &mut Conn, room: RoomId) -> Result<(), Error> {
    // BEGIN IMMEDIATE has locked the whole of an SQLite database.
    if let Conn::Mysql(c) = conn {
        let row = chatrooms::table.find(room.bytes()).select(chatrooms::last_seq);
        row.for_update().first::<i64>(c)?;
    }
    Ok(())
}

/// Returns what kind of room it is. For pushes, which the server sends on its own.
pub fn kind(conn: &mut Conn, room: RoomId) -> Result<RoomKind, Error> {
    let kind: String = chatrooms::table.find(room.bytes()).select(chatrooms::kind).first(conn)?;
    parse_kind(&kind)
}

pub(crate) fn parse_kind(kind: &str) -> Result<RoomKind, Error> {
    RoomKind::parse(kind).ok_or_else(|| Error::Other(format!("no such kind of room: {kind}").into()))
}

/// Returns the seq of a room's newest message, 0 if it has none. For what is cached of rooms, and for receipts.
pub fn last_seq(conn: &mut Conn, room: RoomId) -> Result<i64, Error> {
    Ok(chatrooms::table.find(room.bytes()).select(chatrooms::last_seq).first(conn)?)
}

/// Returns the rooms that a user is in.
pub fn ids(conn: &mut Conn, user: UserId) -> Result<Vec<RoomId>, Error> {
    let rooms: Vec<Vec<u8>> = participants::table
        .filter(participants::user_id.eq(user.0))
        .filter(participants::left_at.is_null())
        .select(participants::chatroom_id)
        .load(conn)?;
    rooms.iter().map(|room| room_id(room)).collect()
}
