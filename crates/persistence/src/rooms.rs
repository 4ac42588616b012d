//! Rooms, their members and what is pinned to them.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Nullable, Timestamp};
use domain::id::{RoomId, UserId};
use domain::message::MessageSeq;
use domain::receipt::Receipt;
use domain::room::{Role, RoomKind};
use domain::text::RoomName;
use domain::time::Time;
use domain::user::{Author, Profile};

use crate::cached::{cached, pad_in_list};
use crate::conn::Conn;
use crate::error::Error;
use crate::ids::room_id;
use crate::pairs::{force_index, in_pairs};
use crate::schema::{chatrooms, participants, pins, users};
use crate::users::{AuthorRow, ProfileRow};

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
/// Every use case of one room begins with this check, or with `authors` for a batch of messages.
pub fn member(conn: &mut Conn, room: RoomId, user: UserId) -> Result<Receipt, Error> {
    let (delivered_seq, read_seq) = participants::table
        .find((room.bytes(), user.0))
        .filter(participants::left_at.is_null())
        .select((participants::last_delivered_seq, participants::last_read_seq))
        .first(conn)?;
    Ok(Receipt { user, delivered_seq, read_seq })
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

/// Returns what everybody may see of a room's members.
pub fn members(conn: &mut Conn, room: RoomId) -> Result<Vec<Profile>, Error> {
    let rows: Vec<ProfileRow> = participants::table
        .inner_join(users::table)
        .filter(participants::chatroom_id.eq(room.bytes()))
        .filter(participants::left_at.is_null())
        .order(participants::user_id)
        .select(ProfileRow::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// A room whose row is locked until the transaction ends.
pub(crate) struct LockedRoom {
    pub(crate) room: RoomId,
    pub(crate) last_seq: i64,
    pub(crate) last_message_at: Option<Time>,
}

impl LockedRoom {
    /// Returns the seq and the time of the room's next message, which is sent at `now`.
    ///
    /// Times increase strictly within a room, so that paging by time loses nothing.
    pub(crate) fn next(&mut self, now: Time) -> (i64, Time) {
        let at = self.last_message_at.map_or(now, |last| now.max(last.next()));
        self.last_seq += 1;
        self.last_message_at = Some(at);
        (self.last_seq, at)
    }
}

/// Locks the rows of these rooms until the transaction ends; others that lock one of them wait.
pub(crate) fn lock(conn: &mut Conn, rooms: &[&[u8]]) -> Result<Vec<LockedRoom>, Error> {
    type Row = (Vec<u8>, i64, Option<chrono::NaiveDateTime>);
    let query = chatrooms::table
        .filter(chatrooms::chatroom_id.eq_any(pad_in_list(rooms)))
        .order(chatrooms::chatroom_id)
        .select((chatrooms::chatroom_id, chatrooms::last_seq, chatrooms::last_message_at));
    let rows: Vec<Row> = match conn {
        Conn::Mysql(c) => cached(query.for_update()).load(c)?,
        // BEGIN IMMEDIATE has locked the whole database.
        Conn::Sqlite(c) => cached(query).load(c)?,
    };
    rows.into_iter()
        .map(|(id, last_seq, at)| {
            Ok(LockedRoom { room: room_id(&id)?, last_seq, last_message_at: at.map(Time::from_naive) })
        })
        .collect()
}

/// Returns those of these senders who are in their room, as authors, each with that room.
pub(crate) fn authors(conn: &mut Conn, senders: &[(&[u8], i64)]) -> Result<Vec<(RoomId, Author)>, Error> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Binary)]
        chatroom_id: Vec<u8>,
        #[diesel(embed)]
        author: AuthorRow,
    }
    let senders = pad_in_list(senders);
    let query = format!(
        "SELECT participants.chatroom_id, users.user_id, users.username, users.nickname, users.avatar_url \
         FROM participants {} INNER JOIN users ON users.user_id = participants.user_id \
         WHERE (participants.chatroom_id, participants.user_id) {} \
         AND participants.left_at IS NULL AND users.deleted_at IS NULL",
        force_index(conn, "PRIMARY"),
        in_pairs(conn, senders.len()),
    );
    let rows: Vec<Row> = on_each!(conn, |c| {
        let mut query = diesel::sql_query(query).into_boxed();
        for (room, user) in &senders {
            query = query.bind::<Binary, _>(*room).bind::<BigInt, _>(*user);
        }
        cached(query).load(c)?
    });
    rows.into_iter().map(|row| Ok((room_id(&row.chatroom_id)?, row.author.into()))).collect()
}

/// Stores the newest seq and time of rooms that are locked, in one statement.
///
/// An insert that always meets its row, since [`lock`] has found it: that is one indexed write a room, where an
/// update with a CASE for each would look through all of them for every row.
pub(crate) fn advance(conn: &mut Conn, rooms: &[&LockedRoom]) -> Result<(), Error> {
    let rooms = pad_in_list(rooms);
    let head = "INSERT INTO chatrooms (chatroom_id, kind, created_at, last_seq, last_message_at) VALUES ";
    let rows = vec!["(?, 'group', '2000-01-01 00:00:00', ?, ?)"; rooms.len()].join(", ");
    let tail = match conn {
        Conn::Mysql(_) => {
            "ON DUPLICATE KEY UPDATE last_seq = VALUES(last_seq), last_message_at = VALUES(last_message_at)"
        }
        Conn::Sqlite(_) => {
            "ON CONFLICT (chatroom_id) DO UPDATE SET last_seq = excluded.last_seq, last_message_at = excluded.last_message_at"
        }
    };
    on_each!(conn, |c| {
        let mut query = diesel::sql_query(format!("{head}{rows} {tail}")).into_boxed();
        for row in &rooms {
            query = query
                .bind::<Binary, _>(row.room.bytes())
                .bind::<BigInt, _>(row.last_seq)
                .bind::<Nullable<Timestamp>, _>(row.last_message_at.map(Time::naive));
        }
        cached(query).execute(c)
    })?;
    Ok(())
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
