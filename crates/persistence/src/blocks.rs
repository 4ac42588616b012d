//! Blocks: one row for each user whom another wants nothing of.

use diesel::prelude::*;
use domain::block::{BlockedUser, Blocks};
use domain::id::UserId;
use domain::room::direct_key;
use domain::time::Time;

use crate::conn::Conn;
use crate::error::Error;
use crate::members::RoomMember;
use crate::schema::{blocks, chatrooms, users};
use crate::users::ProfileRow;

/// Stores that `user` blocks `blocked`; false if they did already.
pub fn insert(conn: &mut Conn, user: UserId, blocked: UserId, at: Time) -> Result<bool, Error> {
    let row =
        (blocks::user_id.eq(user.0), blocks::blocked_id.eq(blocked.0), blocks::created_at.eq(at.naive()));
    let inserted = on_each!(conn, |c| diesel::insert_or_ignore_into(blocks::table).values(row).execute(c))?;
    Ok(inserted > 0)
}

/// Removes that `user` blocks `blocked`; false if they did not.
pub fn remove(conn: &mut Conn, user: UserId, blocked: UserId) -> Result<bool, Error> {
    Ok(diesel::delete(blocks::table.find((user.0, blocked.0))).execute(conn)? > 0)
}

/// Returns which of two users blocks the other.
pub fn between(conn: &mut Conn, own: UserId, other: UserId) -> Result<Blocks, Error> {
    let rows: Vec<(i64, i64)> = pair(own, other).load(conn)?;
    Ok(found(&rows, own))
}

/// Returns which of two users blocks the other, by a block that is just being made as well.
///
/// Who blocks stores the block first and then looks for what the two share. A transaction that has stored what they
/// share, and calls this after it, is seen there or sees the block here.
pub fn lock_between(conn: &mut Conn, own: UserId, other: UserId) -> Result<Blocks, Error> {
    let rows: Vec<(i64, i64)> = match conn {
        Conn::Mysql(c) => pair(own, other).for_update().load(c)?,
        // BEGIN IMMEDIATE has locked the whole database.
        Conn::Sqlite(c) => pair(own, other).load(c)?,
    };
    Ok(found(&rows, own))
}

fn found(rows: &[(i64, i64)], own: UserId) -> Blocks {
    let by = |is_own: bool| rows.iter().any(|(user, _)| (*user == own.0) == is_own);
    Blocks { own: by(true), others: by(false) }
}

#[diesel::dsl::auto_type]
fn pair(a: UserId, b: UserId) -> _ {
    let (a, b): (i64, i64) = (a.0, b.0);
    let one = blocks::user_id.eq(a).and(blocks::blocked_id.eq(b));
    let other = blocks::user_id.eq(b).and(blocks::blocked_id.eq(a));
    blocks::table.filter(one.or(other)).select((blocks::user_id, blocks::blocked_id))
}

/// Lists the users whom a user blocks, the last blocked first.
pub fn list(conn: &mut Conn, user: UserId) -> Result<Vec<BlockedUser>, Error> {
    let rows: Vec<(ProfileRow, chrono::NaiveDateTime)> = blocks::table
        .inner_join(users::table.on(users::user_id.eq(blocks::blocked_id)))
        .filter(blocks::user_id.eq(user.0))
        .order((blocks::created_at.desc(), blocks::blocked_id.desc()))
        .select((ProfileRow::as_select(), blocks::created_at))
        .load(conn)?;
    Ok(rows.into_iter().map(blocked_user).collect())
}

/// Returns a user whom `user` blocks; [`Error::NotFound`] if they do not.
pub fn find(conn: &mut Conn, user: UserId, blocked: UserId) -> Result<BlockedUser, Error> {
    let row: (ProfileRow, chrono::NaiveDateTime) = blocks::table
        .inner_join(users::table.on(users::user_id.eq(blocks::blocked_id)))
        .filter(blocks::user_id.eq(user.0))
        .filter(blocks::blocked_id.eq(blocked.0))
        .select((ProfileRow::as_select(), blocks::created_at))
        .first(conn)?;
    Ok(blocked_user(row))
}

fn blocked_user((row, at): (ProfileRow, chrono::NaiveDateTime)) -> BlockedUser {
    BlockedUser { profile: row.into(), blocked_at: Time::from_naive(at) }
}

/// Returns those who block a user.
pub fn blockers(conn: &mut Conn, user: UserId) -> Result<Vec<UserId>, Error> {
    let against = blocks::table.filter(blocks::blocked_id.eq(user.0));
    let blockers: Vec<i64> = against.select(blocks::user_id).load(conn)?;
    Ok(blockers.into_iter().map(UserId).collect())
}

/// Removes all blocks of a user and against them; returns those who blocked them.
pub fn delete_all(conn: &mut Conn, user: UserId) -> Result<Vec<UserId>, Error> {
    let blockers = blockers(conn, user)?;
    let all = blocks::table.filter(blocks::user_id.eq(user.0).or(blocks::blocked_id.eq(user.0)));
    diesel::delete(all).execute(conn)?;
    Ok(blockers)
}

/// Closes the one-to-one room of two users to messages, or opens it, if they have one.
///
/// Waits for messages that are being written to it.
pub fn set_room_blocked(conn: &mut Conn, a: UserId, b: UserId, blocked: bool) -> Result<(), Error> {
    let room = chatrooms::table.filter(chatrooms::dm_key.eq(direct_key(a, b)));
    diesel::update(room).set(chatrooms::blocked.eq(blocked)).execute(conn)?;
    Ok(())
}

/// Returns whether one of the two members of a room blocks the other.
pub fn is_room_blocked(conn: &mut Conn, member: &RoomMember) -> Result<bool, Error> {
    Ok(chatrooms::table.find(member.room().bytes()).select(chatrooms::blocked).first(conn)?)
}
