//! `MariaDB` databases: made, filled from a template's statements, and dropped.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};
use std::{panic, process, thread};

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error, Opts};

use crate::must::must;
use crate::paths;

/// The table of the statements that make a database like the template, by key.
const REGISTRY: &str = "CREATE DATABASE IF NOT EXISTS chatroom_test_templates CHARACTER SET utf8mb4;
    CREATE TABLE IF NOT EXISTS chatroom_test_templates.templates (
        id VARCHAR(64) CHARACTER SET ascii PRIMARY KEY, statements LONGTEXT NOT NULL)";

pub(crate) struct Database {
    server: &'static str,
    name: String,
    url: String,
}

impl Database {
    pub(crate) fn empty(server: &'static str) -> Self {
        let database = Self::named(server, unique_name("chatroom_test"));
        let create = database.create();
        wait("create a test database", async { connect(server).await?.query_drop(create).await });
        database
    }

    pub(crate) fn migrated(server: &'static str, key: &str, migrate: impl FnOnce(&str)) -> Self {
        let statements = match known(server, key) {
            Some(statements) => statements,
            None => learn(server, key, migrate),
        };
        let database = Self::named(server, unique_name("chatroom_test"));
        let script = format!("{}; USE {}; {statements}", database.create(), database.name);
        wait("copy the template", async { connect(server).await?.query_drop(script).await });
        database
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    fn named(server: &'static str, name: String) -> Self {
        let url = with_name(server, &name);
        Self { server, name, url }
    }

    fn create(&self) -> String {
        format!("CREATE DATABASE {} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci", self.name)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // A connection that a test left in a transaction must not block other tests.
        let script = format!("SET lock_wait_timeout = 5; DROP DATABASE IF EXISTS {}", self.name);
        let dropped = finish(async { connect(self.server).await?.query_drop(script).await });
        if let Err(error) = dropped {
            eprintln!("the test database {} was not dropped: {error}", self.name);
        }
    }
}

fn known(server: &str, key: &str) -> Option<String> {
    let query = "SELECT statements FROM chatroom_test_templates.templates WHERE id = ?";
    finish(async { connect(server).await?.exec_first(query, (key,)).await }).ok().flatten()
}

/// Migrates a template, and stores the statements that repeat it.
fn learn(server: &'static str, key: &str, migrate: impl FnOnce(&str)) -> String {
    let _lock = paths::lock(&paths::target().join("mysql-templates"));
    if let Some(statements) = known(server, key) {
        return statements;
    }
    let template = Database::named(server, unique_name("chatroom_template"));
    let create = template.create();
    wait("create a template", async { connect(server).await?.query_drop(create).await });
    migrate(template.url());
    wait("learn the template", async {
        let mut conn = connect(template.url()).await?;
        let statements = read_statements(&mut conn).await?;
        conn.query_drop(REGISTRY).await?;
        let insert = "INSERT IGNORE INTO chatroom_test_templates.templates VALUES (?, ?)";
        conn.exec_drop(insert, (key, &statements)).await?;
        Ok(statements)
    })
}

/// Returns the statements that make a copy of the connection's database: its tables, then their rows.
async fn read_statements(conn: &mut Conn) -> Result<String, Error> {
    let others: Option<u64> = conn
        .query_first(
            "SELECT (SELECT COUNT(*) FROM information_schema.triggers WHERE trigger_schema = DATABASE())
                  + (SELECT COUNT(*) FROM information_schema.routines WHERE routine_schema = DATABASE())
                  + (SELECT COUNT(*) FROM information_schema.views WHERE table_schema = DATABASE())",
        )
        .await?;
    assert!(others == Some(0), "templates with triggers, routines or views are not copied yet");
    let tables: Vec<String> = conn.query("SHOW TABLES").await?;
    let mut statements = vec!["SET foreign_key_checks = 0".to_owned()];
    for table in &tables {
        let made: Option<(String, String)> = conn.query_first(format!("SHOW CREATE TABLE `{table}`")).await?;
        statements.extend(made.map(|(_, statement)| statement));
    }
    for table in &tables {
        statements.extend(read_rows(conn, table).await?);
    }
    statements.push("SET foreign_key_checks = 1".to_owned());
    Ok(statements.join(";\n"))
}

/// Returns the statement that repeats a table's rows, quoted by the server itself.
async fn read_rows(conn: &mut Conn, table: &str) -> Result<Option<String>, Error> {
    let columns: Vec<(String, bool)> = conn
        .exec(
            "SELECT column_name, data_type LIKE '%binary' OR data_type LIKE '%blob'
             FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = ?
             AND extra NOT LIKE '%GENERATED%' ORDER BY ordinal_position",
            (table,),
        )
        .await?;
    let names = columns.iter().map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let quoted = columns.iter().map(|(name, binary)| {
        if *binary {
            format!("IFNULL(CONCAT('x''', HEX(`{name}`), ''''), 'NULL')")
        } else {
            format!("QUOTE(`{name}`)")
        }
    });
    let values = quoted.collect::<Vec<_>>().join(", ");
    let rows: Vec<String> =
        conn.query(format!("SELECT CONCAT('(', CONCAT_WS(', ', {values}), ')') FROM `{table}`")).await?;
    Ok((!rows.is_empty()).then(|| format!("INSERT INTO `{table}` ({names}) VALUES {}", rows.join(", "))))
}

async fn connect(url: &str) -> Result<Conn, Error> {
    Conn::new(Opts::from_url(url)?).await
}

/// Returns `url` with `name` as its database.
pub(crate) fn with_name(url: &str, name: &str) -> String {
    let (address, query) = url.split_once('?').unwrap_or((url, ""));
    let host_at = address.find("://").map_or(0, |at| at + 3);
    let (scheme, host) = address.split_at(host_at);
    let host = host.split('/').next().unwrap_or_default();
    let separator = if query.is_empty() { "" } else { "?" };
    format!("{scheme}{host}/{name}{separator}{query}")
}

fn unique_name(prefix: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    format!("{prefix}_{}_{count}_{:x}", process::id(), now.as_micros())
}

fn wait<T: Send>(what: &str, work: impl Future<Output = Result<T, Error>> + Send) -> T {
    must(what, Path::new("on the test server"), finish(work))
}

/// Runs `work` on a thread of its own, so that it works inside a test's runtime as well as outside.
fn finish<T: Send>(work: impl Future<Output = Result<T, Error>> + Send) -> Result<T, Error> {
    let run = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let limited = async { tokio::time::timeout(Duration::from_mins(2), work).await };
        runtime.block_on(limited).map_err(std::io::Error::from)?
    };
    thread::scope(|scope| scope.spawn(run).join()).unwrap_or_else(|panicked| panic::resume_unwind(panicked))
}

#[cfg(test)]
mod tests {
    use super::with_name;

    #[test]
    fn a_database_is_named_in_every_form_of_url() {
        for (url, expected) in [
            ("mysql://root@localhost/?socket=/a/b.sock", "mysql://root@localhost/x?socket=/a/b.sock"),
            ("mysql://me:pass@db:3307", "mysql://me:pass@db:3307/x"),
            ("mysql://me:pass@db:3307/other?require_ssl=true", "mysql://me:pass@db:3307/x?require_ssl=true"),
        ] {
            assert_eq!(with_name(url, "x"), expected);
        }
    }
}
