//! Messages that disappear: until when they are there, and those that are still to be erased.

use diesel::prelude::*;
use domain::disappearing::DisappearAfter;
use domain::id::RoomId;
use domain::message::{Message, MessageSeq};
use domain::time::Time;

use crate::conn::Conn;
use crate::error::Error;
use crate::ids::room_id;
use crate::literals::{push_row, push_rows};
use crate::members::RoomMember;
use crate::schema::{chatrooms, expiring_messages, messages};

/// Parses the column of a room.
pub(crate) fn parse(seconds: Option<i64>) -> Result<Option<DisappearAfter>, Error> {
    let parse = |seconds| {
        DisappearAfter::new(seconds).ok_or_else(|| Error::Other(format!("no such time: {seconds}").into()))
    };
    seconds.map(parse).transpose()
}

/// Returns how long the messages of a room are there; for ever if none. The event log tells all members.
pub fn of_room(conn: &mut Conn, room: RoomId) -> Result<Option<DisappearAfter>, Error> {
    parse(chatrooms::table.find(room.bytes()).select(chatrooms::disappear_after).first(conn)?)
}

/// Stores how long messages are there that are sent to a room from now on, which is locked.
pub fn put(conn: &mut Conn, member: &RoomMember, after: Option<DisappearAfter>) -> Result<(), Error> {
    diesel::update(chatrooms::table.find(member.room().bytes()))
        .set(chatrooms::disappear_after.eq(after.map(DisappearAfter::seconds)))
        .execute(conn)?;
    Ok(())
}

/// Returns whether a message is there for a member, who may have hidden it; [`Error::NotFound`] if it never was.
pub fn is_there(conn: &mut Conn, member: &RoomMember, seq: i64) -> Result<bool, Error> {
    let room = member.room();
    let expires: Option<chrono::NaiveDateTime> =
        messages::table.find((room.bytes(), seq)).select(messages::expires_at).first(conn)?;
    Ok(expires.is_none_or(|expires| expires > member.now().naive()))
}

/// Notes those of these messages, which are stored, that are to be erased once they are gone.
pub(crate) fn insert<'a>(conn: &mut Conn, sent: impl IntoIterator<Item = &'a Message>) -> Result<(), Error> {
    let expiring: Vec<_> =
        sent.into_iter().filter_map(|message| Some((message.expires_at?.naive(), message.at()))).collect();
    if expiring.is_empty() {
        return Ok(());
    }
    match conn {
        Conn::Mysql(c) => {
            let mut sql =
                String::from("INSERT INTO expiring_messages (expires_at, chatroom_id, seq) VALUES ");
            push_rows(&mut sql, expiring.iter(), |sql, (expires, message)| {
                push_row(sql, &[expires, &message.room.bytes(), &message.seq]);
            });
            c.defer(&sql);
        }
        Conn::Sqlite(c) => {
            for (expires, message) in &expiring {
                let row = (
                    expiring_messages::expires_at.eq(expires),
                    expiring_messages::chatroom_id.eq(message.room.bytes()),
                    expiring_messages::seq.eq(message.seq),
                );
                diesel::insert_into(expiring_messages::table).values(row).execute(c)?;
            }
        }
    }
    Ok(())
}

/// Returns whether there are messages to be erased.
pub fn is_due(conn: &mut Conn, now: Time) -> Result<bool, Error> {
    let due = expiring_messages::table.filter(expiring_messages::expires_at.le(now.naive()));
    Ok(diesel::select(diesel::dsl::exists(due)).get_result(conn)?)
}

/// Locks the first messages that are to be erased until the transaction ends, at most `limit`; another server that
/// looks for them waits, and finds the next.
pub fn lock_due(conn: &mut Conn, now: Time, limit: i64) -> Result<Vec<MessageSeq>, Error> {
    let due = expiring_messages::table
        .filter(expiring_messages::expires_at.le(now.naive()))
        .order((expiring_messages::expires_at, expiring_messages::chatroom_id, expiring_messages::seq))
        .select((expiring_messages::chatroom_id, expiring_messages::seq))
        .limit(limit);
    let rows: Vec<(Vec<u8>, i64)> = match conn {
        Conn::Mysql(c) => due.for_update().load(c)?,
        // BEGIN IMMEDIATE has locked the whole database.
        Conn::Sqlite(c) => due.load(c)?,
    };
    rows.into_iter().map(|(room, seq)| Ok(MessageSeq { room: room_id(&room)?, seq })).collect()
}
