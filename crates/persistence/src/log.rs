//! The event log: appended to as the last thing of a transaction, read by clients that have missed entries.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use domain::event_table::LogEntry;
use domain::id::{RoomId, UserId};
use domain::log::{Columns, Cursor, Scope};

use crate::cached::{cached, chunks, pad_in_list};
use crate::conn::{Conn, MysqlConn};
use crate::error::Error;
use crate::ids::room_id;
use crate::pairs::force_index;
use crate::rooms;
use crate::schema::{changes, log_head};

/// A row of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogRow {
    /// Its position.
    pub position: i64,
    /// What happened.
    pub entry: LogEntry,
}

#[derive(Queryable, QueryableByName, Selectable)]
#[diesel(table_name = changes)]
struct Row {
    pos: i64,
    topic: Vec<u8>,
    kind: String,
    chatroom_id: Option<Vec<u8>>,
    subject: i64,
}

impl TryFrom<Row> for LogRow {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let unknown = || Error::Other(format!("unknown log entry {:?} at {}", row.kind, row.pos).into());
        let room = row.chatroom_id.as_deref().map(room_id).transpose()?;
        let scope = Scope::parse(&row.topic).ok_or_else(unknown)?;
        let columns = Columns { scope, kind: &row.kind, room, subject: row.subject };
        let entry = LogEntry::parse(columns).ok_or_else(unknown)?;
        Ok(Self { position: row.pos, entry })
    }
}

/// Appends entries and returns the position of the first, which the others follow without a gap; 0 if there are none.
///
/// From here to the end of the transaction no other can append. So it must come last, and then positions are in the
/// order of the commits: a reader that sees one sees all before it.
pub fn append(conn: &mut Conn, new: &[LogEntry]) -> Result<i64, Error> {
    if new.is_empty() {
        return Ok(0);
    }
    advance(conn, i64::try_from(new.len()).unwrap_or(i64::MAX))?;
    insert(conn, new)
}

/// Makes room for `count` entries, which [`insert`] must insert in the same transaction.
pub(crate) fn advance(conn: &mut Conn, count: i64) -> Result<(), Error> {
    let head = log_head::table.find(1);
    cached(diesel::update(head).set(log_head::pos.eq(log_head::pos + count))).execute(conn)?;
    Ok(())
}

/// Inserts entries at the end of the log, which [`advance`] has made longer by as many; returns the position of the first.
pub(crate) fn insert(conn: &mut Conn, new: &[LogEntry]) -> Result<i64, Error> {
    match conn {
        Conn::Mysql(c) if c.has_returning() => return insert_returning(c, new),
        _ => {}
    }
    let count = i64::try_from(new.len()).unwrap_or(i64::MAX);
    let last: i64 = log_head::table.find(1).select(log_head::pos).first(conn)?;
    let first = last - count + 1;
    let new: Vec<_> = new.iter().map(|entry| (entry.scope().bytes(), entry.columns())).collect();
    let rows: Vec<_> = (first..)
        .zip(&new)
        .map(|(position, (topic, columns))| {
            (
                changes::pos.eq(position),
                changes::topic.eq(topic.as_slice()),
                changes::kind.eq(columns.kind),
                changes::chatroom_id.eq(columns.room.as_ref().map(RoomId::bytes)),
                changes::subject.eq(columns.subject),
            )
        })
        .collect();
    match conn {
        Conn::Mysql(c) => {
            for rows in chunks(&rows) {
                cached(diesel::insert_into(changes::table).values(rows)).execute(c)?;
            }
        }
        // There is no round trip to save by writing many at once, and this statement is prepared once.
        Conn::Sqlite(c) => {
            for row in &rows {
                diesel::insert_into(changes::table).values(row).execute(c)?;
            }
        }
    }
    Ok(first)
}

/// `MariaDB` computes the positions itself, which saves the query for the last one.
fn insert_returning(conn: &mut MysqlConn, new: &[LogEntry]) -> Result<i64, Error> {
    #[derive(QueryableByName)]
    #[diesel(table_name = changes)]
    struct Inserted {
        pos: i64,
    }
    let before_last = (0..new.len()).rev().map(|number| i64::try_from(number).unwrap_or(i64::MAX));
    let rows: Vec<_> = before_last.zip(new).collect();
    let mut first = None;
    for rows in chunks(&rows) {
        let values = vec!["((SELECT pos FROM log_head WHERE id = 1) - ?, ?, ?, ?, ?)"; rows.len()].join(", ");
        let query = format!(
            "INSERT INTO changes (pos, topic, kind, chatroom_id, subject) VALUES {values} RETURNING pos"
        );
        let mut query = diesel::sql_query(query).into_boxed();
        for (before_last, entry) in rows {
            let columns = entry.columns();
            query = query
                .bind::<BigInt, _>(*before_last)
                .bind::<Binary, _>(entry.scope().bytes().to_vec())
                .bind::<Text, _>(columns.kind)
                .bind::<Nullable<Binary>, _>(columns.room.map(|room| room.0.as_bytes().to_vec()))
                .bind::<BigInt, _>(columns.subject);
        }
        let inserted: Vec<Inserted> = cached(query).load(conn)?;
        first = first.or(inserted.first().map(|row| row.pos));
    }
    first.ok_or_else(|| Error::Other("no entry was inserted into the log".into()))
}

/// Returns the position of the newest entry.
pub fn head(conn: &mut Conn) -> Result<Cursor, Error> {
    let (epoch, position) = log_head::table.find(1).select((log_head::epoch, log_head::pos)).first(conn)?;
    Ok(Cursor { epoch, position })
}

/// Returns the entries after a position, oldest first, at most `limit`.
pub fn after(conn: &mut Conn, position: i64, limit: i64) -> Result<Vec<LogRow>, Error> {
    let rows: Vec<Row> = changes::table
        .filter(changes::pos.gt(position))
        .order(changes::pos)
        .limit(limit)
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// Returns the entries after a position that concern a user, oldest first, at most `limit`: those of the rooms that
/// they are in, and their own.
///
/// Merges the scopes by their index, a part of each at a time: it reads about as much as it returns, whatever else was
/// logged meanwhile.
pub fn after_for(conn: &mut Conn, user: UserId, position: i64, limit: i64) -> Result<Vec<LogRow>, Error> {
    let rooms = rooms::ids(conn, user)?;
    let scopes = rooms.iter().map(|room| Scope::Room(*room)).chain([Scope::User(user)]);
    let mut parts: Vec<Part> = scopes.map(|scope| Part { scope, after: position }).collect();
    let wanted = usize::try_from(limit).unwrap_or_default();
    let mut found: Vec<LogRow> = Vec::new();
    while !parts.is_empty() {
        let size = (2 * limit / i64::try_from(parts.len()).unwrap_or(i64::MAX)).clamp(8, limit.max(8));
        let mut counts: HashMap<Scope, (i64, i64)> = HashMap::new();
        for parts in parts.chunks(PARTS_MAX) {
            for row in load(conn, parts, size)? {
                let row = LogRow::try_from(row)?;
                let (count, last) = counts.entry(row.entry.scope()).or_default();
                (*count, *last) = (*count + 1, row.position);
                found.push(row);
            }
        }
        found.sort_unstable_by_key(|row| row.position);
        let end = wanted.checked_sub(1).and_then(|last| found.get(last)).map(|row| row.position);
        let goes_on = |(scope, (count, last)): (Scope, (i64, i64))| {
            let more = count == size && end.is_none_or(|end| last < end);
            more.then_some(Part { scope, after: last })
        };
        parts = counts.into_iter().filter_map(goes_on).collect();
    }
    found.truncate(wanted);
    Ok(found)
}

/// How many scopes one statement reads.
const PARTS_MAX: usize = 128;

/// The entries of a scope after a position.
#[derive(Debug, Clone, Copy)]
struct Part {
    scope: Scope,
    after: i64,
}

/// Loads the first entries of each part, at most `size` of each; those of one part in their order.
fn load(conn: &mut Conn, parts: &[Part], size: i64) -> Result<Vec<Row>, Error> {
    let (parts, parts_len) = (pad_in_list(parts), parts.len());
    let one = format!(
        "SELECT * FROM (SELECT pos, topic, kind, chatroom_id, subject FROM changes {} \
         WHERE topic = ? AND pos > ? ORDER BY pos LIMIT ?) part",
        force_index(conn, "changes_topic"),
    );
    let query = vec![one.as_str(); parts.len()].join(" UNION ALL ");
    on_each!(conn, |c| {
        let mut query = diesel::sql_query(query).into_boxed();
        for (number, Part { scope, after }) in parts.iter().enumerate() {
            // What pads the list is the last part again, of which nothing more is read.
            let size = if number < parts_len { size } else { 0 };
            query = query
                .bind::<Binary, _>(scope.bytes().to_vec())
                .bind::<BigInt, _>(*after)
                .bind::<BigInt, _>(size);
        }
        Ok(cached(query).load(c)?)
    })
}
