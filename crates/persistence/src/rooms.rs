//! Rooms, their members and what is pinned to them.

use diesel::prelude::*;
use domain::group::Role;
use domain::id::{RoomId, UserId};
use domain::message::MessageSeq;
use domain::receipt::Receipt;
use domain::room::RoomKind;
use domain::text::RoomName;
use domain::time::Time;

use crate::conn::Conn;
use crate::error::Error;
use crate::ids::room_id;
use crate::schema::{chatrooms, participants, pins};

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

/// Returns a member's receipt; [`Error::NotFound`] if the user is not in the room or there is no such room.
///
/// Every use case of one room begins with this check; a batch of messages does the same as it locks its rooms.
pub fn member(conn: &mut Conn, room: RoomId, user: UserId) -> Result<Receipt, Error> {
    let (delivered_seq, read_seq) = participants::table
        .find((room.bytes(), user.0))
        .filter(participants::left_at.is_null())
        .select((participants::last_delivered_seq, participants::last_read_seq))
        .first(conn)?;
    Ok(Receipt { user, delivered_seq, read_seq })
}

/// Returns what kind of room it is.
pub fn kind(conn: &mut Conn, room: RoomId) -> Result<RoomKind, Error> {
    let kind: String = chatrooms::table.find(room.bytes()).select(chatrooms::kind).first(conn)?;
    RoomKind::parse(&kind).ok_or_else(|| Error::Other(format!("no such kind of room: {kind}").into()))
}

/// Returns whether one of the two members of a room blocks the other.
pub fn is_blocked(conn: &mut Conn, room: RoomId) -> Result<bool, Error> {
    Ok(chatrooms::table.find(room.bytes()).select(chatrooms::blocked).first(conn)?)
}

/// Returns the seq of a room's newest message, 0 if it has none.
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

/// A message that is pinned to its room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PinnedMessage {
    /// The message.
    pub message: MessageSeq,
    /// Who pinned it.
    pub by: UserId,
    /// When it was pinned.
    pub at: Time,
}

/// Pins a message to its room, which must be locked; false if it is pinned already.
pub fn pin(conn: &mut Conn, PinnedMessage { message, by, at }: PinnedMessage) -> Result<bool, Error> {
    let row = (
        pins::chatroom_id.eq(message.room.bytes()),
        pins::seq.eq(message.seq),
        pins::pinned_by.eq(by.0),
        pins::pinned_at.eq(at.naive()),
    );
    let inserted = on_each!(conn, |c| diesel::insert_or_ignore_into(pins::table).values(row).execute(c))?;
    Ok(inserted > 0)
}

/// Unpins a message; false if it is not pinned.
pub fn unpin(conn: &mut Conn, message: MessageSeq) -> Result<bool, Error> {
    let row = pins::table.find((message.room.bytes(), message.seq));
    Ok(diesel::delete(row).execute(conn)? > 0)
}

/// Returns what is pinned to a room, the last pinned first.
pub fn pins(conn: &mut Conn, room: RoomId) -> Result<Vec<PinnedMessage>, Error> {
    let rows: Vec<(i64, i64, chrono::NaiveDateTime)> = pins::table
        .filter(pins::chatroom_id.eq(room.bytes()))
        .order((pins::pinned_at.desc(), pins::seq.desc()))
        .select((pins::seq, pins::pinned_by, pins::pinned_at))
        .load(conn)?;
    let pinned = |(seq, by, at)| PinnedMessage {
        message: MessageSeq { room, seq },
        by: UserId(by),
        at: Time::from_naive(at),
    };
    Ok(rows.into_iter().map(pinned).collect())
}
