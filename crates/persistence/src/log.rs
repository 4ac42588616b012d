//! The event log: appended to as the last thing of a transaction, read by clients that have missed entries.
//!
//! A row of `changes` is an entry, and so is a message, whose id is its position.

use diesel::dsl::{AsExprOf, sql};
use diesel::expression::{SqlLiteral, UncheckedBind};
use diesel::mysql::Mysql;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::BigInt;
use domain::event_table::LogEntry;
use domain::id::RoomId;
use domain::log::Cursor;

use crate::cached::{cached, chunks};
use crate::conn::{Conn, MysqlConn};
use crate::error::Error;
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
    advance(conn, new.len())?;
    insert(conn, new)
}

/// Makes the log longer by `count` positions, which must be filled in the same transaction.
pub(crate) fn advance(conn: &mut Conn, count: usize) -> Result<(), Error> {
    let (head, count) = (log_head::table.find(1), signed(count));
    match conn {
        Conn::Mysql(c) => {
            let moved = sql::<BigInt>("LAST_INSERT_ID(pos + ").bind::<BigInt, _>(count).sql(")");
            cached(diesel::update(head).set(log_head::pos.eq(moved))).execute(c)?;
        }
        Conn::Sqlite(c) => {
            diesel::update(head).set(log_head::pos.eq(log_head::pos + count)).execute(c)?;
        }
    }
    Ok(())
}

/// Inserts entries at the last positions of the log; returns that of the first.
pub(crate) fn insert(conn: &mut Conn, new: &[LogEntry]) -> Result<i64, Error> {
    let new: Vec<_> = new.iter().map(|entry| (entry.scope().bytes(), entry.columns())).collect();
    let rows = new.iter().map(|(topic, columns)| {
        (
            changes::topic.eq(topic.as_slice()),
            changes::kind.eq(columns.kind),
            changes::chatroom_id.eq(columns.room.as_ref().map(RoomId::bytes)),
            changes::subject.eq(columns.subject),
        )
    });
    match conn {
        Conn::Mysql(c) => {
            let rows: Vec<_> =
                last_positions(new.len()).map(|position| changes::pos.eq(position)).zip(rows).collect();
            insert_chunks(c, &rows, |rows| diesel::insert_into(changes::table).values(rows), "pos")
        }
        Conn::Sqlite(c) => {
            let first = first_of_last(c, new.len())?;
            for (position, row) in (first..).zip(rows) {
                diesel::insert_into(changes::table).values((changes::pos.eq(position), row)).execute(c)?;
            }
            Ok(first)
        }
    }
}

/// The position of a row that is to be inserted.
pub(crate) type Position = UncheckedBind<SqlLiteral<BigInt>, AsExprOf<i64, BigInt>>;

/// Returns the last `count` positions of a log that this transaction has advanced, in their order.
pub(crate) fn last_positions(count: usize) -> impl Iterator<Item = Position> {
    (0..count).rev().map(|back| sql::<BigInt>("LAST_INSERT_ID() - ").bind::<BigInt, _>(signed(back)))
}

/// Returns the first of the last `count` positions of a log that this transaction has advanced.
pub(crate) fn first_of_last(conn: &mut SqliteConnection, count: usize) -> Result<i64, Error> {
    let last: i64 = log_head::table.find(1).select(log_head::pos).first(conn)?;
    Ok(last - signed(count) + 1)
}

/// Inserts rows that have [`last_positions`] in the column `position`; returns the position of the first.
pub(crate) fn insert_chunks<'a, T, Q>(
    conn: &mut MysqlConn,
    rows: &'a [T],
    insert: impl Fn(&'a [T]) -> Q,
    position: &'static str,
) -> Result<i64, Error>
where
    Q: QueryFragment<Mysql> + QueryId + 'a,
{
    let mut first = None;
    for rows in chunks(rows) {
        if conn.has_returning() {
            let positions: Vec<i64> = cached(Returning(insert(rows), position)).load(conn)?;
            first = first.or(positions.first().copied());
        } else {
            cached(insert(rows)).execute(conn)?;
        }
    }
    if let Some(first) = first {
        return Ok(first);
    }
    let last: i64 = diesel::select(sql::<BigInt>("LAST_INSERT_ID()")).get_result(conn)?;
    Ok(last - signed(rows.len()) + 1)
}

/// An INSERT that returns a column, for which Diesel has no form on `MariaDB`.
struct Returning<Q>(Q, &'static str);

impl<Q> QueryId for Returning<Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q> Query for Returning<Q> {
    type SqlType = BigInt;
}

impl<Q: QueryFragment<Mysql>> QueryFragment<Mysql> for Returning<Q> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Mysql>) -> QueryResult<()> {
        self.0.walk_ast(out.reborrow())?;
        out.push_sql(" RETURNING ");
        out.push_identifier(self.1)
    }
}

/// Returns a number of rows as the database counts them.
pub(crate) fn signed(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
