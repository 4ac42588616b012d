//! Rooms and who is in them.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Timestamp};
use domain::id::{RoomId, UserId};
use domain::receipt::Receipt;
use domain::room::{Kind, Role};
use domain::text::RoomName;
use domain::time::Time;
use domain::user::{Author, Profile};

use crate::conn::Conn;
use crate::error::Error;
use crate::kept::{Kept, filled};
use crate::pairs::{by_index, one_of};
use crate::schema::{chatrooms, participants, users};
use crate::users::{AuthorRow, ProfileRow, room_id};

mod view;

pub use view::{list, view};

/// A new room.
#[derive(Debug)]
pub struct NewRoom {
    /// Its id.
    pub id: RoomId,
    /// What kind of room.
    pub kind: Kind,
    /// Its name.
    pub name: Option<RoomName>,
    /// The key that makes a one-to-one room unique.
    pub direct_key: Option<String>,
    /// Who makes it.
    pub creator: UserId,
    /// Everybody in it, its maker included.
    pub members: Vec<UserId>,
    /// Now.
    pub at: Time,
}

/// Makes a room with its members; [`Error::Conflict`] if the two have a one-to-one room already.
pub fn insert(conn: &mut Conn, new: &NewRoom) -> Result<(), Error> {
    diesel::insert_into(chatrooms::table)
        .values((
            chatrooms::chatroom_id.eq(new.id.bytes()),
            chatrooms::chatroom_name.eq(new.name.as_ref().map(RoomName::as_str)),
            chatrooms::kind.eq(new.kind.as_str()),
            chatrooms::dm_key.eq(new.direct_key.as_deref()),
            chatrooms::last_seq.eq(0),
            chatrooms::created_by.eq(new.creator.0),
            chatrooms::created_at.eq(new.at.naive()),
        ))
        .execute(conn)?;
    let members: Vec<_> = new
        .members
        .iter()
        .map(|member| {
            let owns = new.kind == Kind::Group && *member == new.creator;
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

/// Returns a member's marks; [`Error::NotFound`] for everybody who is not in the room, and if there is none.
///
/// Every use case of one room begins here, or with `authors` where a whole batch is checked.
pub fn member(conn: &mut Conn, room: RoomId, user: UserId) -> Result<Receipt, Error> {
    let (delivered, read) = participants::table
        .find((room.bytes(), user.0))
        .filter(participants::left_at.is_null())
        .select((participants::last_delivered_seq, participants::last_read_seq))
        .first(conn)?;
    Ok(Receipt { user, delivered_seq: delivered, read_seq: read })
}

/// Returns the place of a room's newest message, 0 if it has none.
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

/// A room whose row this transaction has locked, and where its next message goes.
pub(crate) struct Locked {
    pub(crate) room: RoomId,
    pub(crate) last_seq: i64,
    pub(crate) last_message_at: Option<Time>,
}

/// Locks the rows of these rooms until the transaction ends; senders to one room wait for each other here.
pub(crate) fn lock(conn: &mut Conn, rooms: &[&[u8]]) -> Result<Vec<Locked>, Error> {
    type Row = (Vec<u8>, i64, Option<chrono::NaiveDateTime>);
    let query = chatrooms::table
        .filter(chatrooms::chatroom_id.eq_any(filled(rooms)))
        .order(chatrooms::chatroom_id)
        .select((chatrooms::chatroom_id, chatrooms::last_seq, chatrooms::last_message_at));
    let rows: Vec<Row> = match conn {
        Conn::Mysql(c) => Kept(query.for_update()).load(c)?,
        // BEGIN IMMEDIATE has locked the whole database.
        Conn::Sqlite(c) => Kept(query).load(c)?,
    };
    rows.into_iter()
        .map(|(id, last_seq, at)| {
            Ok(Locked { room: room_id(&id)?, last_seq, last_message_at: at.map(Time::from_naive) })
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
    let senders = filled(senders);
    let query = format!(
        "SELECT participants.chatroom_id, users.user_id, users.username, users.nickname, users.avatar_url \
         FROM participants {} INNER JOIN users ON users.user_id = participants.user_id \
         WHERE (participants.chatroom_id, participants.user_id) {} \
         AND participants.left_at IS NULL AND users.deleted_at IS NULL",
        by_index(conn, "PRIMARY"),
        one_of(conn, senders.len()),
    );
    let rows: Vec<Row> = on_each!(conn, |c| {
        let mut query = diesel::sql_query(query).into_boxed();
        for (room, user) in &senders {
            query = query.bind::<Binary, _>(*room).bind::<BigInt, _>(*user);
        }
        Kept(query).load(c)?
    });
    rows.into_iter().map(|row| Ok((room_id(&row.chatroom_id)?, row.author.into()))).collect()
}

/// Where a room stands after a batch.
#[derive(Clone, Copy)]
pub(crate) struct Advance {
    pub(crate) room: RoomId,
    pub(crate) last_seq: i64,
    pub(crate) last_message_at: Time,
}

/// Moves rooms forward in one statement.
///
/// It is an insert that always meets its row, since [`lock`] has found it: that is one indexed write a room, where
/// an update with a CASE for each would look through all of them for every row.
pub(crate) fn advance(conn: &mut Conn, rooms: &[Advance]) -> Result<(), Error> {
    let rooms = filled(rooms);
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
                .bind::<Timestamp, _>(row.last_message_at.naive());
        }
        Kept(query).execute(c)
    })?;
    Ok(())
}

/// Moves the marks of senders to what they sent: whoever writes in a room has read it.
pub(crate) fn mark_senders(conn: &mut Conn, sent: &[(RoomId, UserId, i64)]) -> Result<(), Error> {
    let sent = filled(sent);
    let head = "INSERT INTO participants (chatroom_id, user_id, role, joined_at, last_delivered_seq, last_read_seq) VALUES ";
    let rows = vec!["(?, ?, 'member', '2000-01-01 00:00:00', ?, ?)"; sent.len()].join(", ");
    let tail = match conn {
        Conn::Mysql(_) => {
            "ON DUPLICATE KEY UPDATE last_delivered_seq = VALUES(last_delivered_seq), last_read_seq = VALUES(last_read_seq)"
        }
        Conn::Sqlite(_) => {
            "ON CONFLICT (chatroom_id, user_id) DO UPDATE SET last_delivered_seq = excluded.last_delivered_seq, \
             last_read_seq = excluded.last_read_seq"
        }
    };
    on_each!(conn, |c| {
        let mut query = diesel::sql_query(format!("{head}{rows} {tail}")).into_boxed();
        for (room, user, seq) in &sent {
            query = query
                .bind::<Binary, _>(room.bytes())
                .bind::<BigInt, _>(user.0)
                .bind::<BigInt, _>(*seq)
                .bind::<BigInt, _>(*seq);
        }
        Kept(query).execute(c)
    })?;
    Ok(())
}
