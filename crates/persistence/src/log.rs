//! The log of changes: appended to as the last thing of a transaction, read by whoever has missed some.

use diesel::prelude::*;
use domain::change::{Change, Cursor, Kind, Scope};
use domain::id::{RoomId, UserId};

use crate::cached::{cached, chunks};
use crate::conn::Conn;
use crate::error::Error;
use crate::ids::room_id;
use crate::rooms;
use crate::schema::{changes, log_head};

/// A row of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Logged {
    /// Its place.
    pub pos: i64,
    /// What it says.
    pub change: Change,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = changes)]
struct Row {
    pos: i64,
    topic: Vec<u8>,
    kind: String,
    chatroom_id: Option<Vec<u8>>,
    subject: i64,
}

impl TryFrom<Row> for Logged {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let unknown = || Error::Other(format!("no such change: {} at {}", row.kind, row.pos).into());
        let room = row.chatroom_id.as_deref().map(room_id).transpose()?;
        let scope = Scope::parse(&row.topic).ok_or_else(unknown)?;
        let kind = Kind::parse(&row.kind, room, row.subject).ok_or_else(unknown)?;
        Ok(Self { pos: row.pos, change: Change { scope, kind } })
    }
}

/// Appends changes and returns the place of the first; the others follow it without a gap. No changes have no place: 0.
///
/// From here to the end of the transaction no other can append. So it must come last, and then places are given in
/// the order of the commits: whoever sees one sees all before it.
pub fn append(conn: &mut Conn, new: &[Change]) -> Result<i64, Error> {
    if new.is_empty() {
        return Ok(0);
    }
    let count = i64::try_from(new.len()).unwrap_or(i64::MAX);
    let head = log_head::table.find(1);
    cached(diesel::update(head).set(log_head::pos.eq(log_head::pos + count))).execute(conn)?;
    let last: i64 = head.select(log_head::pos).first(conn)?;
    let first = last - count + 1;
    let topics: Vec<[u8; 16]> = new.iter().map(|change| change.scope.bytes()).collect();
    let parts: Vec<_> = new.iter().map(|change| change.kind.parts()).collect();
    let rows: Vec<_> = (first..)
        .zip(topics.iter().zip(&parts))
        .map(|(pos, (topic, (kind, room, subject)))| {
            (
                changes::pos.eq(pos),
                changes::topic.eq(topic.as_slice()),
                changes::kind.eq(*kind),
                changes::chatroom_id.eq(room.as_ref().map(RoomId::bytes)),
                changes::subject.eq(*subject),
            )
        })
        .collect();
    match conn {
        Conn::Mysql(c) => {
            for rows in chunks(&rows) {
                cached(diesel::insert_into(changes::table).values(rows)).execute(c)?;
            }
        }
        // No journey to a server is saved by writing many at once, and this statement is prepared once.
        Conn::Sqlite(c) => {
            for row in &rows {
                diesel::insert_into(changes::table).values(row).execute(c)?;
            }
        }
    }
    Ok(first)
}

/// Returns the place of the newest change.
pub fn head(conn: &mut Conn) -> Result<Cursor, Error> {
    let (epoch, pos) = log_head::table.find(1).select((log_head::epoch, log_head::pos)).first(conn)?;
    Ok(Cursor { epoch, pos })
}

/// Returns the changes after a place, oldest first, at most `limit`.
pub fn after(conn: &mut Conn, pos: i64, limit: i64) -> Result<Vec<Logged>, Error> {
    let rows: Vec<Row> = changes::table
        .filter(changes::pos.gt(pos))
        .order(changes::pos)
        .limit(limit)
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// Returns the changes after a place that a user is to know of, oldest first, at most `limit`: those of the rooms
/// that they are in, and their own.
pub fn after_for(conn: &mut Conn, user: UserId, pos: i64, limit: i64) -> Result<Vec<Logged>, Error> {
    let rooms = rooms::ids(conn, user)?;
    let own = Scope::User(user).bytes();
    let topics: Vec<&[u8]> = rooms.iter().map(RoomId::bytes).chain([own.as_slice()]).collect();
    let rows: Vec<Row> = changes::table
        .filter(changes::topic.eq_any(topics))
        .filter(changes::pos.gt(pos))
        .order(changes::pos)
        .limit(limit)
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().map(TryInto::try_into).collect()
}
