//! What members have set for their rooms, each for themselves.

use std::collections::HashMap;

use diesel::prelude::*;
use domain::id::{RoomId, UserId};
use domain::room_settings::{NewestMessage, RoomSettings, StoredSettings};
use domain::time::Time;

use crate::cached::{cached, pad_in_list};
use crate::conn::Conn;
use crate::error::Error;
use crate::ids::room_id;
use crate::members::RoomMember;
use crate::schema::{chatrooms, room_settings};

#[derive(Queryable, Selectable)]
#[diesel(table_name = room_settings)]
struct Row {
    chatroom_id: Vec<u8>,
    muted_until: Option<chrono::NaiveDateTime>,
    archived_seq: Option<i64>,
    pinned: bool,
    marked_unread: bool,
    draft: Option<String>,
}

impl From<Row> for StoredSettings {
    fn from(row: Row) -> Self {
        Self {
            muted_until: row.muted_until.map(Time::from_naive),
            archived_seq: row.archived_seq,
            pinned: row.pinned,
            marked_unread: row.marked_unread,
            draft: row.draft,
        }
    }
}

/// Returns what a user has set for each of these rooms, where they have set anything.
pub fn of_rooms(
    conn: &mut Conn,
    user: UserId,
    rooms: &[&[u8]],
) -> Result<HashMap<RoomId, StoredSettings>, Error> {
    let query = room_settings::table
        .filter(room_settings::user_id.eq(user.0))
        .filter(room_settings::chatroom_id.eq_any(pad_in_list(rooms)))
        .select(Row::as_select());
    let rows: Vec<Row> = cached(query).load(conn)?;
    rows.into_iter().map(|row| Ok((room_id(&row.chatroom_id)?, row.into()))).collect()
}

/// Returns what a member has set for a room.
pub fn of_room(conn: &mut Conn, member: &RoomMember) -> Result<StoredSettings, Error> {
    let row: Option<Row> = room_settings::table
        .find((member.user().0, member.room().bytes()))
        .select(Row::as_select())
        .first(conn)
        .optional()?;
    Ok(row.map(Into::into).unwrap_or_default())
}

/// Returns what a member has set for a room, as they see it.
pub fn shown(conn: &mut Conn, member: &RoomMember) -> Result<RoomSettings, Error> {
    let newest = newest(conn, member)?;
    Ok(of_room(conn, member)?.shown(newest))
}

/// Deletes all settings of a user for their rooms.
pub fn delete_all(conn: &mut Conn, user: UserId) -> Result<(), Error> {
    diesel::delete(room_settings::table.filter(room_settings::user_id.eq(user.0))).execute(conn)?;
    Ok(())
}

/// Replaces what a member has set for a room.
pub fn put(conn: &mut Conn, member: &RoomMember, settings: &StoredSettings) -> Result<(), Error> {
    let room = member.room();
    let row = (
        room_settings::user_id.eq(member.user().0),
        room_settings::chatroom_id.eq(room.bytes()),
        room_settings::muted_until.eq(settings.muted_until.map(Time::naive)),
        room_settings::archived_seq.eq(settings.archived_seq),
        room_settings::pinned.eq(settings.pinned),
        room_settings::marked_unread.eq(settings.marked_unread),
        room_settings::draft.eq(settings.draft.as_deref()),
    );
    on_each!(conn, |c| diesel::replace_into(room_settings::table).values(row).execute(c))?;
    Ok(())
}

/// Returns the newest message of a room.
pub fn newest(conn: &mut Conn, member: &RoomMember) -> Result<NewestMessage, Error> {
    let (seq, at): (i64, Option<chrono::NaiveDateTime>) = chatrooms::table
        .find(member.room().bytes())
        .select((chatrooms::last_seq, chatrooms::last_message_at))
        .first(conn)?;
    Ok(NewestMessage { seq, at: at.map(Time::from_naive) })
}
