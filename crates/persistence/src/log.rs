//! The event log: appended to as the last thing of a transaction, read by clients that have missed entries.
//!
//! A row of `changes` is an entry, and so is a message, whose id is its position.

use diesel::prelude::*;
use domain::event_table::LogEntry;
use domain::id::RoomId;
use domain::log::Cursor;

use crate::conn::Conn;
use crate::error::Error;
use crate::literals::{push_row, push_rows};
use crate::schema::{changes, log_head};

mod missed;

pub use missed::{LogRow, after, after_for};

/// Returns the position of the newest entry.
pub fn head(conn: &mut Conn) -> Result<Cursor, Error> {
    let (epoch, position) = log_head::table.find(1).select((log_head::epoch, log_head::pos)).first(conn)?;
    Ok(Cursor { epoch, position })
}

/// Appends entries and returns the position of the first, which the others follow without a gap; 0 if there are none.
///
/// From here to the end of the transaction no other can append. So it must come last, and then positions are in the
/// order of the commits: a reader that sees one sees all before it.
pub fn append(conn: &mut Conn, new: &[LogEntry]) -> Result<i64, Error> {
    if new.is_empty() {
        return Ok(0);
    }
    let first = advance(conn, new.len())?;
    let rows = (first..).zip(new).map(|(position, entry)| (position, entry.scope().bytes(), entry.columns()));
    match conn {
        Conn::Mysql(c) => {
            let mut sql =
                String::from("INSERT INTO changes (pos, topic, kind, chatroom_id, subject) VALUES ");
            push_rows(&mut sql, rows, |row, (position, topic, columns)| {
                let room = columns.room.as_ref().map(RoomId::bytes);
                push_row(row, &[&position, &topic.as_slice(), &columns.kind, &room, &columns.subject]);
            });
            c.defer(&sql);
        }
        Conn::Sqlite(c) => {
            for (position, topic, columns) in rows {
                let row = (
                    changes::pos.eq(position),
                    changes::topic.eq(topic.as_slice()),
                    changes::kind.eq(columns.kind),
                    changes::chatroom_id.eq(columns.room.as_ref().map(RoomId::bytes)),
                    changes::subject.eq(columns.subject),
                );
                diesel::insert_into(changes::table).values(row).execute(c)?;
            }
        }
    }
    Ok(first)
}

/// Locks the log until the transaction ends, and makes it longer by `count` positions, which must be filled in the same
/// transaction; returns the first.
pub(crate) fn advance(conn: &mut Conn, count: usize) -> Result<i64, Error> {
    let head = log_head::table.find(1);
    let last = match conn {
        Conn::Mysql(c) => match c.log_last {
            Some(last) => last,
            None => head.select(log_head::pos).for_update().first(c)?,
        },
        Conn::Sqlite(c) => head.select(log_head::pos).first(c)?,
    };
    let moved = last + signed(count);
    match conn {
        Conn::Mysql(c) => {
            c.log_last = Some(moved);
            c.defer(&format!("UPDATE log_head SET pos = {moved} WHERE id = 1"));
        }
        Conn::Sqlite(c) => {
            diesel::update(head).set(log_head::pos.eq(moved)).execute(c)?;
        }
    }
    Ok(last + 1)
}

/// Returns a number of rows as the database counts them.
pub(crate) fn signed(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
