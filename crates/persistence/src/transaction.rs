//! Transactions of both databases.

use diesel::QueryResult;
use diesel::connection::{AnsiTransactionManager, TransactionManager};

use crate::conn::Conn;
use crate::error::Error;

/// Runs `work` in a transaction, on a connection of [`crate::pool::Role::Write`].
///
/// On `SQLite` the write lock is taken at once, so that it cannot be lost midway; on `MySQL` the first statement begins the
/// transaction, which saves a round trip.
pub(crate) fn in_transaction<T, E: From<Error>>(
    conn: &mut Conn,
    work: impl FnOnce(&mut Conn) -> Result<T, E>,
) -> Result<T, E> {
    begin(conn).map_err(Error::from)?;
    match work(conn) {
        Ok(value) => match commit(conn).map_err(Error::from) {
            Ok(()) => Ok(value),
            Err(error) => {
                roll_back(conn);
                Err(E::from(match error {
                    // Another run could do the work twice.
                    Error::Unavailable(why) => Error::OutcomeUnknown(why),
                    other => other,
                }))
            }
        },
        Err(error) => {
            roll_back(conn);
            Err(error)
        }
    }
}

fn begin(conn: &mut Conn) -> QueryResult<()> {
    match conn {
        Conn::Sqlite(c) => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN IMMEDIATE"),
        Conn::Mysql(_) => Ok(()),
    }
}

fn commit(conn: &mut Conn) -> QueryResult<()> {
    match conn {
        Conn::Sqlite(c) => AnsiTransactionManager::commit_transaction(c),
        Conn::Mysql(c) => c.commit(),
    }
}

fn roll_back(conn: &mut Conn) {
    let rolled_back = match conn {
        Conn::Sqlite(c) => AnsiTransactionManager::rollback_transaction(c),
        Conn::Mysql(c) => c.roll_back(),
    };
    if let Err(error) = rolled_back {
        tracing::debug!(%error, "a transaction could not be rolled back");
    }
}
