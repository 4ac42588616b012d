//! The schema's history: there, back and there again, by one server or by many at once.

use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl, sql_query};
use persistence::Conn;
use persistence::db::Db;
use persistence::error::Error;
use persistence::migrate;
use testdb::{Backend, TestDb};

use crate::base::{block_on, open, wanted};

macro_rules! on_each_empty_database {
    ($(fn $name:ident($backend:ident: Backend, $url:ident: &str) $story:block)*) => {$(
        mod $name {
            use super::*;

            fn story($backend: Backend, $url: &str) $story

            #[test]
            fn sqlite() {
                on_empty(Backend::Sqlite, story);
            }

            #[test]
            fn mariadb() {
                on_empty(Backend::MariaDb, story);
            }
        }
    )*};
}

fn on_empty(backend: Backend, story: fn(Backend, &str)) {
    if wanted(backend) {
        let test = TestDb::empty(backend);
        story(backend, test.url());
    }
}

on_each_empty_database! {
    fn twice_is_once(_backend: Backend, url: &str) {
        assert!(!migrate::up(url).unwrap().is_empty());
        assert_eq!(migrate::up(url).unwrap(), [""; 0]);
    }

    fn servers_that_start_at_once_migrate_once(_backend: Backend, url: &str) {
        let ran: Vec<String> = std::thread::scope(|scope| {
            let servers: Vec<_> = (0..4).map(|_| scope.spawn(|| migrate::up(url).unwrap())).collect();
            servers.into_iter().flat_map(|server| server.join().unwrap()).collect()
        });
        let mut once = ran.clone();
        once.sort_unstable();
        once.dedup();
        assert!(!ran.is_empty());
        assert_eq!(ran, once, "each migration ran once, in its order");
    }

    fn there_and_back_and_there_again(backend: Backend, url: &str) {
        migrate::up(url).unwrap();
        let db = open(url);
        let first = schema(&db, backend);
        assert!(first.len() > 50, "{first:#?}");
        migrate::down(url).unwrap();
        assert_eq!(schema(&db, backend).len(), 0, "nothing is left");
        migrate::up(url).unwrap();
        assert_eq!(schema(&db, backend), first);
    }

    fn a_newer_schema_is_refused(backend: Backend, url: &str) {
        migrate::up(url).unwrap();
        let db = open(url);
        let before = schema(&db, backend);
        let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('99991231000001')";
        block_on(db.transaction(move |conn| execute(conn, newer))).unwrap();
        let outcome = migrate::up(url);
        assert!(matches!(&outcome, Err(Error::Newer(version)) if version == "99991231000001"), "{outcome:?}");
        assert_eq!(schema(&db, backend), before, "it is left as it was");
    }
}

#[test]
fn both_databases_have_the_same_tables_and_columns() {
    if !wanted(Backend::Sqlite) || !wanted(Backend::MariaDb) {
        return;
    }
    let columns = |backend, query: &'static str| {
        let test = TestDb::empty(backend);
        migrate::up(test.url()).unwrap();
        lines(&open(test.url()), query)
    };
    let sqlite = columns(
        Backend::Sqlite,
        "SELECT m.name || '.' || c.name || CASE c.\"notnull\" WHEN 1 THEN ' NOT NULL' ELSE '' END AS line
         FROM sqlite_master m, pragma_table_info(m.name) c
         WHERE m.type = 'table' AND m.name NOT LIKE '\\_\\_%' ESCAPE '\\' AND m.name NOT LIKE 'sqlite%' ORDER BY 1",
    );
    let mariadb = columns(
        Backend::MariaDb,
        "SELECT CONCAT(table_name, '.', column_name, IF(is_nullable = 'NO', ' NOT NULL', '')) AS line
         FROM information_schema.columns
         WHERE table_schema = DATABASE() AND table_name NOT LIKE '\\_\\_%' ORDER BY BINARY line",
    );
    assert_eq!(sqlite, mariadb);
}

/// Describes all tables, columns, indexes and constraints, line by line.
fn schema(db: &Db, backend: Backend) -> Vec<String> {
    match backend {
        Backend::Sqlite => lines(
            db,
            "SELECT m.name || ' ' || m.sql || ' ' || COALESCE(c.name, '') AS line
             FROM sqlite_master m LEFT JOIN pragma_table_info(m.name) c
             WHERE m.name NOT LIKE '\\_\\_%' ESCAPE '\\' AND m.name NOT LIKE 'sqlite%' ORDER BY 1",
        ),
        Backend::MariaDb => lines(
            db,
            "SELECT CONCAT_WS(' ', table_name, column_name, column_type, is_nullable, IFNULL(column_default, '-'),
                    IFNULL(collation_name, '-'), extra, ordinal_position) AS line
             FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name NOT LIKE '\\_\\_%'
             UNION ALL SELECT CONCAT_WS(' ', table_name, index_name, seq_in_index, column_name, non_unique)
             FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name NOT LIKE '\\_\\_%'
             UNION ALL SELECT CONCAT_WS(' ', constraint_name, table_name, referenced_table_name, delete_rule)
             FROM information_schema.referential_constraints WHERE constraint_schema = DATABASE()
             UNION ALL SELECT CONCAT_WS(' ', constraint_name, check_clause)
             FROM information_schema.check_constraints WHERE constraint_schema = DATABASE() ORDER BY line",
        ),
    }
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

fn lines(db: &Db, query: &'static str) -> Vec<String> {
    let rows: Vec<Line> = block_on(db.read(move |conn| match conn {
        Conn::Mysql(c) => Ok::<_, Error>(sql_query(query).load(c)?),
        Conn::Sqlite(c) => Ok(sql_query(query).load(c)?),
    }))
    .unwrap();
    rows.into_iter().map(|row| row.line).collect()
}

fn execute(conn: &mut Conn, statement: &str) -> Result<(), Error> {
    match conn {
        Conn::Mysql(c) => sql_query(statement).execute(c)?,
        Conn::Sqlite(c) => sql_query(statement).execute(c)?,
    };
    Ok(())
}
