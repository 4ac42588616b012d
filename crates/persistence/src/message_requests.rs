//! Message requests: what a one-to-one room is to each of its members until it is accepted.

use diesel::prelude::*;
use domain::event_table::LogEntry;
use domain::id::{RoomId, UserId};
use domain::message_request::RequestState;
use domain::room::Membership;

use crate::conn::Conn;
use crate::error::Error;
use crate::members::RoomMember;
use crate::rooms;
use crate::schema::participants;

/// Reads the column of a member.
pub(crate) fn parse(stored: Option<&str>) -> Result<Option<RequestState>, Error> {
    let state = |value: &str| {
        RequestState::parse(value).ok_or_else(|| Error::Other(format!("no such request: {value}").into()))
    };
    stored.map(state).transpose()
}

/// Returns what a room is to a member.
pub fn state(conn: &mut Conn, member: &RoomMember) -> Result<Option<RequestState>, Error> {
    let room = member.room();
    let row = participants::table.find((room.bytes(), member.user().0));
    let stored: Option<String> = row.select(participants::request).first(conn)?;
    parse(stored.as_deref())
}

/// Makes a new one-to-one room a request by one of its members to the other.
pub fn begin(conn: &mut Conn, room: RoomId, (sender, other): (UserId, UserId)) -> Result<(), Error> {
    put(conn, Membership { room, user: sender }, Some(RequestState::Sent))?;
    put(conn, Membership { room, user: other }, Some(RequestState::Received))
}

/// Stores that a member ignores the request that a room is to them.
pub fn ignore(conn: &mut Conn, member: &RoomMember) -> Result<(), Error> {
    put(conn, Membership { room: member.room(), user: member.user() }, Some(RequestState::Ignored))
}

fn put(conn: &mut Conn, member: Membership, state: Option<RequestState>) -> Result<(), Error> {
    let row = participants::table.find((member.room.bytes(), member.user.0));
    diesel::update(row).set(participants::request.eq(state.map(RequestState::as_str))).execute(conn)?;
    Ok(())
}

/// Locks a room and accepts the request that it is; returns the entries for its members, none if it is no request.
///
/// Two who become friends accept it as well, and a message that answers it does. The entries are to be appended to the
/// log as the last thing of the transaction.
pub fn accept(conn: &mut Conn, room: RoomId) -> Result<Vec<LogEntry>, Error> {
    rooms::lock(conn, room)?;
    let requested = participants::table
        .filter(participants::chatroom_id.eq(room.bytes()))
        .filter(participants::request.is_not_null());
    let members: Vec<i64> =
        requested.select(participants::user_id).order(participants::user_id).load(conn)?;
    for user in &members {
        put(conn, Membership { room, user: UserId(*user) }, None)?;
    }
    Ok(members.into_iter().map(|user| LogEntry::RequestChanged { to: UserId(user), room }).collect())
}
