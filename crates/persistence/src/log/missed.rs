//! What was logged after a position.

use std::collections::HashMap;

use diesel::dsl::max;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use domain::event_table::LogEntry;
use domain::id::{RoomId, UserId};
use domain::log::{Columns, Scope};

use crate::cached::{cached, pad_in_list};
use crate::conn::Conn;
use crate::error::Error;
use crate::ids::room_id;
use crate::pairs::force_index;
use crate::rooms;
use crate::schema::changes;

/// An entry of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogRow {
    /// Its position.
    pub position: i64,
    /// What happened.
    pub entry: LogEntry,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    pos: i64,
    #[diesel(sql_type = Binary)]
    topic: Vec<u8>,
    /// None of a message.
    #[diesel(sql_type = Nullable<Text>)]
    kind: Option<String>,
    #[diesel(sql_type = Nullable<Binary>)]
    chatroom_id: Option<Vec<u8>>,
    #[diesel(sql_type = BigInt)]
    subject: i64,
}

impl TryFrom<Row> for LogRow {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let entry = match &row.kind {
            None => LogEntry::MessageSent { room: room_id(&row.topic)?, seq: row.subject },
            Some(kind) => {
                let unknown = || Error::Other(format!("unknown log entry {kind:?} at {}", row.pos).into());
                let room = row.chatroom_id.as_deref().map(room_id).transpose()?;
                let scope = Scope::parse(&row.topic).ok_or_else(unknown)?;
                LogEntry::parse(Columns { scope, kind, room, subject: row.subject }).ok_or_else(unknown)?
            }
        };
        Ok(Self { position: row.pos, entry })
    }
}

/// The two tables that entries are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Table {
    Changes,
    Messages,
}

impl Table {
    /// Returns the query of its first entries that fulfil `condition`; the last value that is bound is their number.
    fn query(self, conn: &Conn, condition: &str, index: &str) -> String {
        let (columns, table, position) = match self {
            Self::Changes => ("pos, topic, kind, chatroom_id, subject", "changes", "pos"),
            Self::Messages => (
                "message_id AS pos, chatroom_id AS topic, NULL AS kind, NULL AS chatroom_id, seq AS subject",
                "messages",
                "message_id",
            ),
        };
        let index = force_index(conn, index);
        format!(
            "SELECT * FROM (SELECT {columns} FROM {table} {index} \
             WHERE {condition} {position} > ? ORDER BY {position} LIMIT ?) part"
        )
    }
}

/// Returns the entries after a position, oldest first, at most `limit`.
pub fn after(conn: &mut Conn, position: i64, limit: i64) -> Result<Vec<LogRow>, Error> {
    // One statement, which sees the database at one moment.
    let query = format!(
        "{} UNION ALL {} ORDER BY pos LIMIT ?",
        Table::Changes.query(conn, "", "PRIMARY"),
        Table::Messages.query(conn, "", "messages_message_id"),
    );
    let rows: Vec<Row> = on_each!(conn, |c| {
        let query = diesel::sql_query(query)
            .bind::<BigInt, _>(position)
            .bind::<BigInt, _>(limit)
            .bind::<BigInt, _>(position)
            .bind::<BigInt, _>(limit)
            .bind::<BigInt, _>(limit);
        cached(query).load(c)?
    });
    rows.into_iter().map(TryInto::try_into).collect()
}

/// Returns the entries after a position that concern a user, oldest first, at most `limit`: those of the rooms that
/// they are in, from when they last came into them, and their own.
///
/// Merges the scopes by their indices, a part of each at a time: it reads about as much as it returns, whatever else was
/// logged meanwhile.
pub fn after_for(conn: &mut Conn, user: UserId, position: i64, limit: i64) -> Result<Vec<LogRow>, Error> {
    let rooms = rooms::ids(conn, user)?;
    let joined = joined_after(conn, user, position)?;
    let part = |table: Table, scope: Scope| {
        let joined = scope.room().and_then(|room| joined.get(&room));
        Part { table, scope, after: joined.copied().unwrap_or(position) }
    };
    let mut parts: Vec<Part> = rooms
        .iter()
        .flat_map(|room| [Table::Changes, Table::Messages].map(|table| part(table, Scope::Room(*room))))
        .chain([part(Table::Changes, Scope::User(user))])
        .collect();
    let wanted = usize::try_from(limit).unwrap_or_default();
    let mut found: Vec<LogRow> = Vec::new();
    while !parts.is_empty() {
        let size = (2 * limit / i64::try_from(parts.len()).unwrap_or(i64::MAX)).clamp(8, limit.max(8));
        let mut counts: HashMap<(Table, Scope), (i64, i64)> = HashMap::new();
        for parts in parts.chunks(PARTS_MAX) {
            for row in load(conn, parts, size)? {
                let table = if row.kind.is_none() { Table::Messages } else { Table::Changes };
                let row = LogRow::try_from(row)?;
                let (count, last) = counts.entry((table, row.entry.scope())).or_default();
                (*count, *last) = (*count + 1, row.position);
                found.push(row);
            }
        }
        found.sort_unstable_by_key(|row| row.position);
        let end = wanted.checked_sub(1).and_then(|last| found.get(last)).map(|row| row.position);
        let goes_on = |((table, scope), (count, last)): ((Table, Scope), (i64, i64))| {
            let more = count == size && end.is_none_or(|end| last < end);
            more.then_some(Part { table, scope, after: last })
        };
        parts = counts.into_iter().filter_map(goes_on).collect();
    }
    found.truncate(wanted);
    Ok(found)
}

/// Returns the rooms that a user came into after a position, and where in the log they did so last.
fn joined_after(conn: &mut Conn, user: UserId, position: i64) -> Result<HashMap<RoomId, i64>, Error> {
    let scope = Scope::User(user).bytes();
    let rows: Vec<(Option<Vec<u8>>, Option<i64>)> = changes::table
        .filter(changes::topic.eq(scope.as_slice()))
        .filter(changes::pos.gt(position))
        .filter(changes::kind.eq(ROOM_CREATED))
        .group_by(changes::chatroom_id)
        .select((changes::chatroom_id, max(changes::pos)))
        .load(conn)?;
    let joined = |(room, pos): (Option<Vec<u8>>, Option<i64>)| Some((room?, pos?));
    rows.into_iter().filter_map(joined).map(|(room, pos)| Ok((room_id(&room)?, pos))).collect()
}

/// The kind of [`LogEntry::RoomCreated`].
const ROOM_CREATED: &str = "room";

/// How many parts one statement reads.
const PARTS_MAX: usize = 128;

/// The entries of a scope after a position that are in one table.
#[derive(Debug, Clone, Copy)]
struct Part {
    table: Table,
    scope: Scope,
    after: i64,
}

/// Loads the first entries of each part, at most `size` of each; those of one part in their order.
fn load(conn: &mut Conn, parts: &[Part], size: i64) -> Result<Vec<Row>, Error> {
    let mut queries = Vec::new();
    let mut bound: Vec<(Part, i64)> = Vec::new();
    for (table, condition, index) in [
        (Table::Changes, "topic = ? AND", "changes_topic"),
        (Table::Messages, "chatroom_id = ? AND", "messages_log"),
    ] {
        let of_table: Vec<Part> = parts.iter().filter(|part| part.table == table).copied().collect();
        let padded = pad_in_list(&of_table);
        queries.extend(vec![table.query(conn, condition, index); padded.len()]);
        // What pads the list is the last part again, of which nothing more is read.
        let sizes = (0..padded.len()).map(|number| if number < of_table.len() { size } else { 0 });
        bound.extend(padded.iter().copied().zip(sizes));
    }
    let query = queries.join(" UNION ALL ");
    on_each!(conn, |c| {
        let mut query = diesel::sql_query(query).into_boxed();
        for (part, size) in bound {
            query = query
                .bind::<Binary, _>(part.scope.bytes().to_vec())
                .bind::<BigInt, _>(part.after)
                .bind::<BigInt, _>(size);
        }
        Ok(cached(query).load(c)?)
    })
}
