//! Invite links of groups.

use diesel::prelude::*;
use domain::id::{InviteId, RoomId, UserId};
use domain::invite::Invite;
use domain::time::Time;

use crate::conn::Conn;
use crate::error::Error;
use crate::ids::{invite_id, room_id};
use crate::members::RoomMember;
use crate::schema::invites;

#[derive(Queryable, Selectable)]
#[diesel(table_name = invites)]
struct Row {
    invite_id: Vec<u8>,
    created_by: i64,
    created_at: chrono::NaiveDateTime,
    expires_at: Option<chrono::NaiveDateTime>,
    max_uses: Option<i64>,
    uses: i64,
}

impl TryFrom<Row> for Invite {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Self {
            id: invite_id(&row.invite_id)?,
            created_by: UserId(row.created_by),
            created_at: Time::from_naive(row.created_at),
            expires_at: row.expires_at.map(Time::from_naive),
            max_uses: row.max_uses,
            uses: row.uses,
        })
    }
}

/// Stores an invite of a room under the hash of its token.
pub fn insert(
    conn: &mut Conn,
    member: &RoomMember,
    invite: &Invite,
    token_hash: &[u8; 32],
) -> Result<(), Error> {
    diesel::insert_into(invites::table)
        .values((
            invites::invite_id.eq(invite.id.bytes()),
            invites::chatroom_id.eq(member.room().bytes()),
            invites::token_hash.eq(token_hash.as_slice()),
            invites::created_by.eq(invite.created_by.0),
            invites::created_at.eq(invite.created_at.naive()),
            invites::expires_at.eq(invite.expires_at.map(Time::naive)),
            invites::max_uses.eq(invite.max_uses),
            invites::uses.eq(invite.uses),
        ))
        .execute(conn)?;
    Ok(())
}

/// Returns the invites of a room, the last made first.
pub fn list(conn: &mut Conn, member: &RoomMember) -> Result<Vec<Invite>, Error> {
    let rows: Vec<Row> = invites::table
        .filter(invites::chatroom_id.eq(member.room().bytes()))
        .order((invites::created_at.desc(), invites::invite_id.desc()))
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// Revokes an invite of a room; [`Error::NotFound`] if the room has none of this id.
pub fn delete(conn: &mut Conn, member: &RoomMember, invite: InviteId) -> Result<(), Error> {
    let room = member.room();
    let row = invites::table.find(invite.bytes()).filter(invites::chatroom_id.eq(room.bytes()));
    if diesel::delete(row).execute(conn)? > 0 { Ok(()) } else { Err(Error::NotFound) }
}

/// Finds an invite by the hash of its token, and its room.
pub fn by_token(conn: &mut Conn, token_hash: &[u8; 32]) -> Result<(RoomId, Invite), Error> {
    let (room, row): (Vec<u8>, Row) = invites::table
        .filter(invites::token_hash.eq(token_hash.as_slice()))
        .select((invites::chatroom_id, Row::as_select()))
        .first(conn)?;
    Ok((room_id(&room)?, row.try_into()?))
}

/// Counts that somebody has joined by an invite, whose room is locked.
pub fn use_once(conn: &mut Conn, invite: InviteId) -> Result<(), Error> {
    diesel::update(invites::table.find(invite.bytes()))
        .set(invites::uses.eq(invites::uses + 1))
        .execute(conn)?;
    Ok(())
}

/// Deletes all invites that a user made.
pub fn delete_all(conn: &mut Conn, user: UserId) -> Result<(), Error> {
    diesel::delete(invites::table.filter(invites::created_by.eq(user.0))).execute(conn)?;
    Ok(())
}
