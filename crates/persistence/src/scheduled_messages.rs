//! Messages that wait for their time.

use diesel::prelude::*;
use domain::id::{MediaId, ScheduledId, UserId};
use domain::media::{self, Purpose};
use domain::scheduled_message::{ScheduledContent, ScheduledMessage};
use domain::time::Time;

use crate::conn::Conn;
use crate::error::Error;
use crate::ids::{room_id, scheduled_id};
use crate::members::RoomMember;
use crate::schema::scheduled_messages;

#[derive(Queryable, Selectable)]
#[diesel(table_name = scheduled_messages)]
struct Row {
    scheduled_id: Vec<u8>,
    user_id: i64,
    chatroom_id: Vec<u8>,
    message: String,
    send_at: chrono::NaiveDateTime,
    failed: Option<String>,
}

impl TryFrom<Row> for (UserId, ScheduledMessage) {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let message = ScheduledMessage {
            id: scheduled_id(&row.scheduled_id)?,
            room: room_id(&row.chatroom_id)?,
            send_at: Time::from_naive(row.send_at),
            failed: row.failed,
            message: ScheduledContent::parse(&row.message).map_err(|error| Error::Other(error.into()))?,
        };
        Ok((UserId(row.user_id), message))
    }
}

fn message_of(row: Row) -> Result<ScheduledMessage, Error> {
    row.try_into().map(|(_, message): (UserId, ScheduledMessage)| message)
}

fn stored(content: &ScheduledContent) -> Result<String, Error> {
    content.stored().map_err(|error| Error::Other(error.into()))
}

/// Stores a message of a member, to be sent later to the room.
pub fn insert(conn: &mut Conn, member: &RoomMember, message: &ScheduledMessage) -> Result<(), Error> {
    let room = member.room();
    let url = message.message.media_url.as_deref();
    let media = url.and_then(|url| media::id_in_url(url, Purpose::Message));
    diesel::insert_into(scheduled_messages::table)
        .values((
            scheduled_messages::scheduled_id.eq(message.id.bytes()),
            scheduled_messages::user_id.eq(member.user().0),
            scheduled_messages::chatroom_id.eq(room.bytes()),
            scheduled_messages::message.eq(stored(&message.message)?),
            scheduled_messages::media_id.eq(media.as_ref().map(MediaId::bytes)),
            scheduled_messages::send_at.eq(message.send_at.naive()),
        ))
        .execute(conn)?;
    Ok(())
}

/// Returns how many messages of a user wait.
pub fn count(conn: &mut Conn, user: UserId) -> Result<i64, Error> {
    Ok(scheduled_messages::table.filter(scheduled_messages::user_id.eq(user.0)).count().get_result(conn)?)
}

/// Returns the messages of a member that wait for a room, the next first.
pub fn of_room(conn: &mut Conn, member: &RoomMember) -> Result<Vec<ScheduledMessage>, Error> {
    let rows: Vec<Row> = scheduled_messages::table
        .filter(scheduled_messages::user_id.eq(member.user().0))
        .filter(scheduled_messages::chatroom_id.eq(member.room().bytes()))
        .order((scheduled_messages::send_at, scheduled_messages::scheduled_id))
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().map(message_of).collect()
}

/// Locks a message that waits until the transaction ends; [`Error::NotFound`] if it is being sent, or is not the user's.
pub fn lock(conn: &mut Conn, member: &RoomMember, id: ScheduledId) -> Result<ScheduledMessage, Error> {
    let room = member.room();
    let row = scheduled_messages::table
        .find(id.bytes())
        .filter(scheduled_messages::user_id.eq(member.user().0))
        .filter(scheduled_messages::chatroom_id.eq(room.bytes()))
        .filter(scheduled_messages::claimed_at.is_null());
    let row: Row = match conn {
        Conn::Mysql(c) => row.select(Row::as_select()).for_update().first(c)?,
        // BEGIN IMMEDIATE has locked the whole database.
        Conn::Sqlite(c) => row.select(Row::as_select()).first(c)?,
    };
    message_of(row)
}

/// Stores what a message will say and when, which is locked; what it failed with is forgotten.
pub fn update(conn: &mut Conn, message: &ScheduledMessage) -> Result<(), Error> {
    diesel::update(scheduled_messages::table.find(message.id.bytes()))
        .set((
            scheduled_messages::message.eq(stored(&message.message)?),
            scheduled_messages::send_at.eq(message.send_at.naive()),
            scheduled_messages::failed.eq(None::<&str>),
        ))
        .execute(conn)?;
    Ok(())
}

/// Deletes a message that waited; false if it is no longer there.
pub fn delete(conn: &mut Conn, id: ScheduledId) -> Result<bool, Error> {
    Ok(diesel::delete(scheduled_messages::table.find(id.bytes())).execute(conn)? > 0)
}

/// Notes why a message could not be sent; false if it is no longer there.
pub fn fail(conn: &mut Conn, id: ScheduledId, code: &str) -> Result<bool, Error> {
    let updated = diesel::update(scheduled_messages::table.find(id.bytes())).set((
        scheduled_messages::failed.eq(code),
        scheduled_messages::claimed_at.eq(None::<chrono::NaiveDateTime>),
    ));
    Ok(updated.execute(conn)? > 0)
}

/// Returns the first messages whose time has come and that nobody has claimed since `since`, with their senders.
pub fn due(
    conn: &mut Conn,
    now: Time,
    since: Time,
    limit: i64,
) -> Result<Vec<(UserId, ScheduledMessage)>, Error> {
    let unclaimed =
        scheduled_messages::claimed_at.is_null().or(scheduled_messages::claimed_at.lt(since.naive()));
    let rows = scheduled_messages::table
        .filter(scheduled_messages::send_at.le(now.naive()))
        .filter(scheduled_messages::failed.is_null())
        .filter(unclaimed)
        .order((scheduled_messages::send_at, scheduled_messages::scheduled_id))
        .limit(limit);
    let rows: Vec<Row> = match conn {
        Conn::Mysql(c) => rows.select(Row::as_select()).for_update().load(c)?,
        // BEGIN IMMEDIATE has locked the whole database.
        Conn::Sqlite(c) => rows.select(Row::as_select()).load(c)?,
    };
    rows.into_iter().map(TryInto::try_into).collect()
}

/// Claims messages for their sending.
pub fn claim(conn: &mut Conn, ids: &[ScheduledId], now: Time) -> Result<(), Error> {
    let ids: Vec<&[u8]> = ids.iter().map(ScheduledId::bytes).collect();
    diesel::update(scheduled_messages::table.filter(scheduled_messages::scheduled_id.eq_any(ids)))
        .set(scheduled_messages::claimed_at.eq(now.naive()))
        .execute(conn)?;
    Ok(())
}

/// Returns whether the time of a message has come, which may be claimed.
pub fn is_due(conn: &mut Conn, now: Time) -> Result<bool, Error> {
    let due = scheduled_messages::table
        .filter(scheduled_messages::send_at.le(now.naive()))
        .filter(scheduled_messages::failed.is_null());
    Ok(diesel::select(diesel::dsl::exists(due)).get_result(conn)?)
}

/// Deletes all messages of a user that wait.
pub fn delete_all(conn: &mut Conn, user: UserId) -> Result<(), Error> {
    diesel::delete(scheduled_messages::table.filter(scheduled_messages::user_id.eq(user.0))).execute(conn)?;
    Ok(())
}
