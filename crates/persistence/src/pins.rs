//! What is pinned to rooms.

use diesel::prelude::*;
use domain::id::UserId;
use domain::message::MessageSeq;
use domain::time::Time;

use crate::conn::Conn;
use crate::error::Error;
use crate::members::RoomMember;
use crate::schema::pins;

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
pub fn insert(conn: &mut Conn, member: &RoomMember, seq: i64) -> Result<bool, Error> {
    let room = member.room();
    let row = (
        pins::chatroom_id.eq(room.bytes()),
        pins::seq.eq(seq),
        pins::pinned_by.eq(member.user().0),
        pins::pinned_at.eq(member.now().naive()),
    );
    let inserted = on_each!(conn, |c| diesel::insert_or_ignore_into(pins::table).values(row).execute(c))?;
    Ok(inserted > 0)
}

/// Unpins a message; false if it is not pinned.
pub fn delete(conn: &mut Conn, member: &RoomMember, seq: i64) -> Result<bool, Error> {
    Ok(diesel::delete(pins::table.find((member.room().bytes(), seq))).execute(conn)? > 0)
}

/// Returns what is pinned to a room, the last pinned first.
pub fn list(conn: &mut Conn, member: &RoomMember) -> Result<Vec<PinnedMessage>, Error> {
    let rows: Vec<(i64, i64, chrono::NaiveDateTime)> = pins::table
        .filter(pins::chatroom_id.eq(member.room().bytes()))
        .order((pins::pinned_at.desc(), pins::seq.desc()))
        .select((pins::seq, pins::pinned_by, pins::pinned_at))
        .load(conn)?;
    let pinned = |(seq, by, at)| PinnedMessage {
        message: member.message(seq),
        by: UserId(by),
        at: Time::from_naive(at),
    };
    Ok(rows.into_iter().map(pinned).collect())
}

/// Returns who has pinned a message and when, if it is pinned. For the event log, whose entries are for all members.
pub fn find(conn: &mut Conn, message: MessageSeq) -> Result<Option<PinnedMessage>, Error> {
    let row: Option<(i64, chrono::NaiveDateTime)> = pins::table
        .find((message.room.bytes(), message.seq))
        .select((pins::pinned_by, pins::pinned_at))
        .first(conn)
        .optional()?;
    Ok(row.map(|(by, at)| PinnedMessage { message, by: UserId(by), at: Time::from_naive(at) }))
}
