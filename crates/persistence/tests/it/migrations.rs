//! The schema's history: there, back and there again, by one server or by many at once.

use std::path::Path;

use diesel::connection::SimpleConnection as _;
use diesel::sql_types::Text;
use diesel::{Connection as _, QueryableByName, RunQueryDsl, SqliteConnection, sql_query};
use diesel_async::{AsyncConnection as _, AsyncMysqlConnection, SimpleAsyncConnection as _};
use persistence::Conn;
use persistence::db::Db;
use persistence::error::Error;
use persistence::{log, migrate};
use testdb::base::{block_on, open};
use testdb::{Backend, TestDb};

macro_rules! on_each_empty_database {
    ($(fn $name:ident($backend:ident: Backend, $url:ident: &str) $scenario:block)*) => {$(
        mod $name {
            use super::*;

            fn scenario($backend: Backend, $url: &str) $scenario

            #[test]
            fn sqlite() {
                on_empty(Backend::Sqlite, scenario);
            }

            #[test]
            fn mariadb() {
                on_empty(Backend::MariaDb, scenario);
            }
        }
    )*};
}

fn on_empty(backend: Backend, scenario: fn(Backend, &str)) {
    if backend.is_wanted() {
        let test = TestDb::empty(backend);
        scenario(backend, test.url());
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

    fn an_older_database_keeps_its_rows(backend: Backend, url: &str) {
        prepare(backend, url);
        let ran = migrate::up(url).unwrap();
        assert_eq!(ran.first().map(String::as_str), Some("20261129000001"), "{ran:?}");
        let rows = "SELECT CONCAT(chatrooms.dm_key, ' ', participants.role, ' ', messages.content, ' ',
                message_versions.content, ' ', reactions.emoji) AS line
            FROM chatrooms JOIN participants ON participants.chatroom_id = chatrooms.chatroom_id
            JOIN messages ON messages.chatroom_id = chatrooms.chatroom_id
            JOIN message_versions ON message_versions.chatroom_id = chatrooms.chatroom_id
            JOIN reactions ON reactions.chatroom_id = chatrooms.chatroom_id";
        assert_eq!(lines(&open(url), rows), ["1:2 owner 還在 在 👍"]);
        let (empty, upgraded) = (TestDb::empty(backend), open(url));
        let head = block_on(upgraded.read(log::head)).unwrap();
        assert_eq!(head.position, 1_000, "ids of new messages are above those that were given before");
        assert_ne!(head.epoch, "before", "cursors of the history before are void");
        assert_eq!(block_on(upgraded.read(move |conn| log::after(conn, head.position, 9))).unwrap(), []);
        migrate::up(empty.url()).unwrap();
        assert_eq!(schema(&upgraded, backend), schema(&open(empty.url()), backend));
        let again = "INSERT INTO chatrooms (chatroom_id, kind, dm_key, created_at)
            VALUES (x'0190a7e05b1c7d3e8f2a1b2c3d4e5f61', 'direct', '1:2', '2026-11-22 11:29:15')";
        let twice = block_on(upgraded.transaction(move |conn| execute(conn, again)));
        assert!(matches!(twice, Err(Error::Conflict)), "two people have one room: {twice:?}");
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

/// The first two migrations of a backend, which had columns that are gone.
fn two_migrations(backend: Backend) -> String {
    let folder = match backend {
        Backend::Sqlite => "sqlite",
        Backend::MariaDb => "mysql",
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations").join(folder);
    let up = |name: &str| std::fs::read_to_string(folder.join(name).join("up.sql")).unwrap();
    let versions = "CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY NOT NULL,
        run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP);
        INSERT INTO __diesel_schema_migrations (version) VALUES ('20261122000001'), ('20261122000002');";
    [&up("2026-11-22-000001_start"), &up("2026-11-22-000002_log"), versions].concat()
}

/// Somebody who made a room, and a message in it that was edited and answered with an emoji.
const ROWS: &str = "
    INSERT INTO users (username, username_key, hashed_password, created_at, updated_at)
        VALUES ('愛麗絲', '愛麗絲', '*', '2026-11-22 11:29:15', '2026-11-22 11:29:15');
    INSERT INTO chatrooms (chatroom_id, kind, dm_key, last_seq, created_by, created_at)
        VALUES (x'0190a7e05b1c7d3e8f2a1b2c3d4e5f60', 'direct', '1:2', 1, 1, '2026-11-22 11:29:15');
    INSERT INTO participants (chatroom_id, user_id, role, request_state, joined_at, last_read_seq)
        VALUES (x'0190a7e05b1c7d3e8f2a1b2c3d4e5f60', 1, 'owner', 'x', '2026-11-22 11:29:15', 1);
    INSERT INTO messages (message_id, chatroom_id, seq, sender_id, content, kind, timestamp)
        VALUES (1, x'0190a7e05b1c7d3e8f2a1b2c3d4e5f60', 1, 1, '還在', 'x', '2026-11-22 11:29:15');
    INSERT INTO message_versions (chatroom_id, seq, version, content, written_at)
        VALUES (x'0190a7e05b1c7d3e8f2a1b2c3d4e5f60', 1, 1, '在', '2026-11-22 11:29:15');
    INSERT INTO reactions (chatroom_id, seq, user_id, emoji, created_at)
        VALUES (x'0190a7e05b1c7d3e8f2a1b2c3d4e5f60', 1, 1, '👍', '2026-11-22 11:29:15');
    UPDATE id_blocks SET next_id = 1001;
    INSERT INTO changes (pos, topic, kind, subject) VALUES (1, x'0190a7e05b1c7d3e8f2a1b2c3d4e5f60', 'sent', 1);
    UPDATE log_head SET epoch = 'before', pos = 1;";

#[test]
fn both_databases_have_the_same_tables_and_columns() {
    if !Backend::Sqlite.is_wanted() || !Backend::MariaDb.is_wanted() {
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
struct Row {
    #[diesel(sql_type = Text)]
    line: String,
}

fn lines(db: &Db, query: &'static str) -> Vec<String> {
    let rows: Vec<Row> = block_on(db.read(move |conn| match conn {
        Conn::Mysql(c) => Ok::<_, Error>(sql_query(query).load(c)?),
        Conn::Sqlite(c) => Ok(sql_query(query).load(c)?),
    }))
    .unwrap();
    rows.into_iter().map(|row| row.line).collect()
}

/// Makes a database of the version before columns were dropped, with rows in it.
fn prepare(backend: Backend, url: &str) {
    let script = two_migrations(backend) + ROWS;
    let url = url.to_owned();
    match backend {
        Backend::Sqlite => {
            let mut conn = SqliteConnection::establish(url.strip_prefix("sqlite://").unwrap()).unwrap();
            conn.batch_execute(&script).unwrap();
        }
        Backend::MariaDb => block_on(async {
            AsyncMysqlConnection::establish(&url).await.unwrap().batch_execute(&script).await.unwrap();
        }),
    }
}

fn execute(conn: &mut Conn, statement: &str) -> Result<(), Error> {
    match conn {
        Conn::Mysql(c) => sql_query(statement).execute(c)?,
        Conn::Sqlite(c) => sql_query(statement).execute(c)?,
    };
    Ok(())
}
