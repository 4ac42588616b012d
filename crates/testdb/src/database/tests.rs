use std::cell::Cell;
use std::fs;
use std::path::PathBuf;
use std::time::SystemTime;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts};

use super::*;
use crate::paths;

fn file(db: &TestDb) -> PathBuf {
    PathBuf::from(db.url().strip_prefix("sqlite://").unwrap())
}

/// A key that no other run has used.
fn fresh_key() -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    format!("test-{}-{}", std::process::id(), now.as_nanos())
}

#[tokio::main(flavor = "current_thread")]
async fn query(url: &str, statement: &str) -> Result<Vec<String>, mysql_async::Error> {
    Conn::new(Opts::from_url(url)?).await?.query(statement).await
}

#[test]
fn each_sqlite_test_has_a_file_of_its_own_that_goes_with_it() {
    let (one, two) = (TestDb::sqlite(), TestDb::sqlite());
    assert_ne!(one.url(), two.url());
    let path = file(&one);
    fs::write(&path, "資料").unwrap();
    fs::write(path.with_extension("db-wal"), "更多").unwrap();
    drop(one);
    assert!(!path.parent().unwrap().exists());
    assert!(file(&two).parent().unwrap().exists());
}

#[test]
fn a_sqlite_template_is_migrated_once_and_copied() {
    let (key, calls) = (fresh_key(), Cell::new(0));
    let make = || {
        TestDb::migrated(Backend::Sqlite, &key, |url| {
            calls.set(calls.get() + 1);
            fs::write(url.strip_prefix("sqlite://").unwrap(), "綱要").unwrap();
        })
    };
    let (one, two) = (make(), make());
    fs::write(file(&one), "改過").unwrap();
    assert_eq!(fs::read_to_string(file(&two)).unwrap(), "綱要");
    assert_eq!(calls.get(), 1);
    fs::remove_file(paths::target().join(format!("sqlite-{key}.db"))).unwrap();
}

#[test]
fn what_a_killed_test_left_in_memory_is_swept() {
    let left = paths::memory().join("chatroom-test-4294967295-abc");
    fs::create_dir_all(left.join("inside")).unwrap();
    let mine = TestDb::sqlite();
    paths::sweep();
    assert!(!left.exists());
    assert!(file(&mine).parent().unwrap().exists());
}

#[test]
fn each_mariadb_test_has_a_database_of_its_own_that_goes_with_it() {
    let (one, two) = (TestDb::mariadb(), TestDb::mariadb());
    query(one.url(), "CREATE TABLE 訊息 (內容 TEXT)").unwrap();
    query(one.url(), "INSERT INTO 訊息 VALUES ('你好🎉')").unwrap();
    assert_eq!(query(one.url(), "SELECT 內容 FROM 訊息").unwrap(), ["你好🎉"]);
    assert_eq!(query(two.url(), "SHOW TABLES").unwrap(), Vec::<String>::new());
    let url = one.url().to_owned();
    drop(one);
    assert!(query(&url, "SELECT 1").unwrap_err().to_string().contains("Unknown database"));
}

#[test]
fn a_mariadb_template_is_migrated_once_and_copied_with_keys_and_rows() {
    let (key, calls) = (fresh_key(), Cell::new(0));
    let make = || {
        TestDb::migrated(Backend::MariaDb, &key, |url| {
            calls.set(calls.get() + 1);
            for statement in [
                // The one that refers comes first in the alphabet.
                "CREATE TABLE rooms (id BINARY(2) PRIMARY KEY, name TEXT NULL, at DATETIME(6) NOT NULL,
                    length INT GENERATED ALWAYS AS (CHAR_LENGTH(name)) STORED)",
                "CREATE TABLE messages (id BIGINT AUTO_INCREMENT PRIMARY KEY, room BINARY(2) NOT NULL,
                    FOREIGN KEY (room) REFERENCES rooms (id))",
                "INSERT INTO rooms (id, name, at) VALUES
                    (x'00FF', '它叫 \\'房間\\'', '2026-11-22 01:02:03.456789'), (x'5C27', NULL, NOW(6))",
                "INSERT INTO messages (room) VALUES (x'5C27')",
            ] {
                query(url, statement).unwrap();
            }
        })
    };
    let (one, two) = (make(), make());
    assert_eq!(calls.get(), 1);
    query(one.url(), "DELETE FROM messages").unwrap();
    assert_eq!(query(two.url(), "SELECT HEX(room) FROM messages").unwrap(), ["5C27"]);
    let rows = query(
        two.url(),
        "SELECT CONCAT_WS('|', HEX(id), IFNULL(name, '-'), DATE_FORMAT(at, '%s.%f'), IFNULL(length, '-'))
         FROM rooms WHERE id = x'00FF'",
    );
    assert_eq!(rows.unwrap(), ["00FF|它叫 '房間'|03.456789|7"]);
    assert_eq!(
        query(two.url(), "SELECT 'x' FROM rooms WHERE id = x'5C27' AND name IS NULL").unwrap().len(),
        1
    );
    let refused = query(two.url(), "INSERT INTO messages (room) VALUES (x'0000')").unwrap_err();
    assert!(refused.to_string().contains("foreign key constraint"), "{refused}");
}

#[tokio::test]
async fn a_database_can_be_had_inside_a_runtime() {
    let db = TestDb::mariadb();
    let mut conn = Conn::new(Opts::from_url(db.url()).unwrap()).await.unwrap();
    let charset: Option<String> = conn.query_first("SELECT @@character_set_database").await.unwrap();
    assert_eq!(charset.as_deref(), Some("utf8mb4"));
}

#[test]
fn a_folders_key_follows_its_files() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("0001")).unwrap();
    fs::write(folder.path().join("0001/up.sql"), "CREATE").unwrap();
    let first = key_of_folder(folder.path());
    assert_eq!(first, key_of_folder(folder.path()));
    fs::write(folder.path().join("0001/up.sql"), "CREATE TABLE").unwrap();
    let second = key_of_folder(folder.path());
    fs::rename(folder.path().join("0001"), folder.path().join("0002")).unwrap();
    let third = key_of_folder(folder.path());
    assert!(first != second && second != third && first != third);
}
