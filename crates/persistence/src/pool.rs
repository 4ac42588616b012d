//! Pools of connections, and the settings of every connection.

use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::r2d2::R2D2Connection;
use r2d2::ManageConnection;

use crate::conn::{Conn, MysqlConn};
use crate::error::Error;

/// How long a caller waits for a free connection.
pub(crate) const WAIT: Duration = Duration::from_secs(2);

/// Where the database is.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    /// `MariaDB` or `MySQL` behind a `mysql://` address.
    Mysql(String),
    /// An `SQLite` file.
    Sqlite(String),
}

impl Target {
    /// Reads `mysql://user:password@host/name`, `sqlite:path` or `sqlite://path`.
    pub(crate) fn parse(url: &str) -> Result<Self, Error> {
        match url.split_once(':') {
            Some((
                "mysql" | "mariadb" | "mysql+mysqlconnector" | "mysql+pymysql" | "mysql+asyncmy",
                rest,
            )) => Ok(Self::Mysql(format!("mysql:{rest}"))),
            Some(("sqlite", path)) if !path.trim_start_matches("//").is_empty() => {
                Ok(Self::Sqlite(path.strip_prefix("//").unwrap_or(path).to_owned()))
            }
            _ => Err(Error::Url(
                "DATABASE_URL must be like mysql://user:password@host/chatroom or sqlite:data/chatroom.db"
                    .into(),
            )),
        }
    }
}

pub(crate) type Pool = r2d2::Pool<Manager>;
pub(crate) type Pooled = r2d2::PooledConnection<Manager>;

/// Makes a pool of at most `size` connections, which are opened when they are needed.
pub(crate) fn open(target: &Target, size: u32, role: Role) -> Pool {
    r2d2::Pool::builder()
        .max_size(size)
        .min_idle(Some(1))
        .connection_timeout(WAIT)
        .test_on_check_out(false)
        .error_handler(Box::new(Logged))
        .build_unchecked(Manager { target: target.clone(), role })
}

/// What the connections of a pool are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Queries.
    Read,
    /// [`crate::transaction::in_transaction`].
    Write,
}

/// Logs why a connection could not be opened.
#[derive(Debug)]
struct Logged;

impl r2d2::HandleError<diesel::r2d2::Error> for Logged {
    fn handle_error(&self, error: diesel::r2d2::Error) {
        tracing::warn!(%error, "no connection to the database");
    }
}

/// Opens and checks connections.
#[derive(Debug)]
pub(crate) struct Manager {
    target: Target,
    role: Role,
}

impl Manager {
    pub(crate) fn connect(target: &Target) -> Result<Conn, ConnectionError> {
        match target {
            Target::Mysql(url) => {
                let mut conn = MysqlConn::establish(url)?;
                conn.batch_execute(MYSQL_SETUP).map_err(ConnectionError::CouldntSetupConfiguration)?;
                Ok(Conn::Mysql(conn))
            }
            Target::Sqlite(path) => connect_sqlite(path).map(Conn::Sqlite),
        }
    }
}

/// Opens a connection for [`crate::transaction::in_transaction`] alone.
pub(crate) fn connect_writer(target: &Target) -> Result<Conn, Error> {
    let mut conn = Manager::connect(target)?;
    if let Conn::Mysql(c) = &mut conn {
        c.without_autocommit()?;
    }
    Ok(conn)
}

/// Opens a connection to a file that is there.
pub(crate) fn connect_sqlite(path: &str) -> Result<SqliteConnection, ConnectionError> {
    let mut conn = SqliteConnection::establish(&uri(path))?;
    conn.batch_execute(SQLITE_SETUP).map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(conn)
}

/// Returns the address of a file that is not made if it is missing (<https://www.sqlite.org/uri.html>).
fn uri(path: &str) -> String {
    format!("file:{}?mode=rw", path.replace('%', "%25").replace('?', "%3f").replace('#', "%23"))
}

/// Writers of a room wait for its row lock; a statement sees what was committed before it; text that does not fit is refused.
const MYSQL_SETUP: &str = "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED; \
     SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', SESSION innodb_lock_wait_timeout = 5";

/// `FULL` syncs the write-ahead log at each commit, so that what was acknowledged survives a power cut.
const SQLITE_SETUP: &str = "PRAGMA busy_timeout = 2000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
     PRAGMA foreign_keys = ON; PRAGMA cache_size = -16000; PRAGMA temp_store = MEMORY;";

impl ManageConnection for Manager {
    type Connection = Conn;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<Conn, Self::Error> {
        let mut conn = Self::connect(&self.target).map_err(diesel::r2d2::Error::ConnectionError)?;
        if let (Conn::Mysql(c), Role::Write) = (&mut conn, self.role) {
            c.without_autocommit().map_err(diesel::r2d2::Error::QueryError)?;
        }
        Ok(conn)
    }

    fn is_valid(&self, conn: &mut Conn) -> Result<(), Self::Error> {
        conn.ping().map_err(diesel::r2d2::Error::QueryError)
    }

    fn has_broken(&self, conn: &mut Conn) -> bool {
        std::thread::panicking() || conn.is_broken()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_chooses_the_database() {
        assert!(matches!(Target::parse("sqlite:data/c.db"), Ok(Target::Sqlite(p)) if p == "data/c.db"));
        assert!(matches!(Target::parse("sqlite:///tmp/c.db"), Ok(Target::Sqlite(p)) if p == "/tmp/c.db"));
    }

    #[test]
    fn the_seeds_spellings_are_read() {
        for url in ["mysql://u:p@h/d", "mariadb://u:p@h/d", "mysql+mysqlconnector://u:p@h/d"] {
            assert!(matches!(Target::parse(url), Ok(Target::Mysql(u)) if u == "mysql://u:p@h/d"), "{url}");
        }
    }

    #[test]
    fn any_other_address_is_refused() {
        for url in ["", "sqlite:", "postgres://h/d", "chatroom.db"] {
            assert!(matches!(Target::parse(url), Err(Error::Url(_))), "{url}");
        }
    }
}
