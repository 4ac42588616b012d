//! Messages that change after they were sent: edited, with what they said before, or unsent, with nothing left.

use diesel::prelude::*;
use domain::id::{MessageId, RoomId, UserId};
use domain::message::Kind;
use domain::revision::{MessageState, Revision};
use domain::time::Time;

use crate::conn::Conn;
use crate::error::Error;
use crate::rooms;
use crate::schema::{message_versions, messages, reactions};

/// A message whose row this transaction has locked, as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The room that it is in.
    pub room: RoomId,
    /// Its place there.
    pub seq: i64,
    /// What decides whether it may be changed.
    pub state: MessageState,
    /// What it carries.
    pub kind: Kind,
    /// What it says.
    pub says: Revision,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = messages)]
struct Row {
    seq: i64,
    sender_id: i64,
    content: Option<String>,
    caption: Option<String>,
    message_type: String,
    timestamp: chrono::NaiveDateTime,
    edited_at: Option<chrono::NaiveDateTime>,
    deleted_at: Option<chrono::NaiveDateTime>,
}

impl Row {
    fn held(self, room: RoomId) -> Result<Held, Error> {
        let kind = Kind::parse(&self.message_type);
        let sent = Time::from_naive(self.timestamp);
        Ok(Held {
            room,
            seq: self.seq,
            state: MessageState { sender: UserId(self.sender_id), sent, unsent: self.deleted_at.is_some() },
            kind: kind.ok_or_else(|| Error::Other(format!("no such kind: {}", self.message_type).into()))?,
            says: Revision {
                content: self.content.unwrap_or_default(),
                caption: self.caption,
                written_at: self.edited_at.map_or(sent, Time::from_naive),
            },
        })
    }
}

/// Locks a message until the transaction ends; [`Error::NotFound`] if it is not in the room.
pub fn hold(conn: &mut Conn, room: RoomId, id: MessageId) -> Result<Held, Error> {
    let here = messages::message_id.eq(id.0).and(messages::chatroom_id.eq(room.bytes()));
    let row: Row = match conn {
        Conn::Mysql(c) => messages::table.filter(here).select(Row::as_select()).for_update().first(c)?,
        // BEGIN IMMEDIATE has locked the whole database.
        Conn::Sqlite(c) => messages::table.filter(here).select(Row::as_select()).first(c)?,
    };
    row.held(room)
}

/// Locks a message and its room: whoever answers it meanwhile waits, and quotes what it says afterwards.
pub fn hold_to_change(conn: &mut Conn, room: RoomId, id: MessageId) -> Result<Held, Error> {
    rooms::lock(conn, &[room.bytes()])?;
    hold(conn, room, id)
}

/// Keeps what a message said, and makes it say something else.
pub fn rewrite(conn: &mut Conn, held: &Held, says: &Revision) -> Result<(), Error> {
    let edits = edits(conn, held)?;
    diesel::insert_into(message_versions::table)
        .values((
            message_versions::chatroom_id.eq(held.room.bytes()),
            message_versions::seq.eq(held.seq),
            message_versions::version.eq(edits + 1),
            message_versions::content.eq(&held.says.content),
            message_versions::caption.eq(held.says.caption.as_deref()),
            message_versions::written_at.eq(held.says.written_at.naive()),
        ))
        .execute(conn)?;
    diesel::update(messages::table.find((held.room.bytes(), held.seq)))
        .set((
            messages::content.eq(&says.content),
            messages::caption.eq(says.caption.as_deref()),
            messages::edited_at.eq(says.written_at.naive()),
        ))
        .execute(conn)?;
    Ok(())
}

/// Returns how often a message was edited.
pub fn edits(conn: &mut Conn, held: &Held) -> Result<i64, Error> {
    let of = message_versions::chatroom_id.eq(held.room.bytes()).and(message_versions::seq.eq(held.seq));
    Ok(message_versions::table.filter(of).count().get_result(conn)?)
}

/// Leaves of a message nothing but its place, its sender and its key.
pub fn erase(conn: &mut Conn, held: &Held, at: Time) -> Result<(), Error> {
    let (room, seq) = (held.room.bytes(), held.seq);
    let versions = message_versions::chatroom_id.eq(room).and(message_versions::seq.eq(seq));
    diesel::delete(message_versions::table.filter(versions)).execute(conn)?;
    let put = reactions::chatroom_id.eq(room).and(reactions::seq.eq(seq));
    diesel::delete(reactions::table.filter(put)).execute(conn)?;
    diesel::update(messages::table.find((room, seq)))
        .set((
            (messages::content.eq(None::<&str>), messages::caption.eq(None::<&str>)),
            (messages::media_url.eq(None::<&str>), messages::media_id.eq(None::<&[u8]>)),
            (messages::message_type.eq(Kind::Text.as_str()), messages::kind.eq(None::<&str>)),
            messages::reply_to.eq(None::<i64>),
            messages::edited_at.eq(None::<chrono::NaiveDateTime>),
            messages::deleted_at.eq(at.naive()),
        ))
        .execute(conn)?;
    Ok(())
}

/// Returns what a message said and says, the oldest first; nothing of one that was unsent.
pub fn versions(conn: &mut Conn, room: RoomId, id: MessageId) -> Result<Vec<Revision>, Error> {
    let row: Row = messages::table
        .filter(messages::message_id.eq(id.0))
        .filter(messages::chatroom_id.eq(room.bytes()))
        .select(Row::as_select())
        .first(conn)?;
    let now = row.held(room)?;
    if now.state.unsent {
        return Ok(Vec::new());
    }
    let said: Vec<(Option<String>, Option<String>, chrono::NaiveDateTime)> = message_versions::table
        .filter(message_versions::chatroom_id.eq(room.bytes()))
        .filter(message_versions::seq.eq(now.seq))
        // What it said when it was looked at may have become a version since.
        .filter(message_versions::written_at.lt(now.says.written_at.naive()))
        .order(message_versions::version)
        .select((message_versions::content, message_versions::caption, message_versions::written_at))
        .load(conn)?;
    let version = |(content, caption, at): (Option<String>, _, _)| Revision {
        content: content.unwrap_or_default(),
        caption,
        written_at: Time::from_naive(at),
    };
    Ok(said.into_iter().map(version).chain([now.says]).collect())
}
