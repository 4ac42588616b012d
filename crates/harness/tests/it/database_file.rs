//! The file of an `SQLite` database: its owner's alone, one process's alone, and nothing acknowledged that is not in it.

use std::fs::{self, File};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use harness::process::{Ended, Process};
use harness::{Backend, Installation, Person, in_each_installation};
use serde_json::json;

use crate::process::{PROGRAM, assert_refused};

in_each_installation! {
    PROGRAM;
    its_files_are_its_owners_alone,
    a_second_process_is_refused,
    a_message_into_a_deleted_file_is_not_acknowledged,
    a_file_that_another_took_the_place_of_is_missed,
    a_deleted_log_of_writes_is_missed,
    an_emptied_file_is_missed,
    a_corrupt_page_is_named_and_nothing_is_written_after_it,
    a_file_that_is_no_database_is_named_corrupt,
    who_removes_the_lock_file_too_begins_anew,
}

/// Returns the path of the database's file, with what `SQLite` adds to its name; nothing on MariaDB, which has none.
fn path(installation: &Installation, suffix: &str) -> Option<PathBuf> {
    let file = installation.database_url().strip_prefix("sqlite://")?;
    assert_eq!(installation.backend, Backend::Sqlite);
    Some(format!("{file}{suffix}").into())
}

fn mode(path: &PathBuf) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Starts a server with two friends and their room.
async fn start(installation: &Installation) -> (Process, Person, String) {
    let server = installation.start().await;
    let (alice, ming) =
        (Person::join(&server.anon(), "愛麗絲").await, Person::join(&server.anon(), "小明").await);
    let room = alice.open_room(&ming).await;
    alice.say(&room, "還在").await;
    server.anon().get("/readyz").await.is(200);
    (server, alice, room)
}

/// Checks that a running server stores nothing, says so to clients and balancers, and names the file in its log.
async fn assert_stopped_writing(server: Process, alice: &Person, room: &str, says: &[&str]) {
    for _ in 0..2 {
        let refused = alice.send_message(room, &json!({ "content": "不見了" })).await;
        refused.refused(503, "unavailable", "The server cannot reach its database, try again later");
    }
    alice.patch(&format!("/user/{}", alice.id), &json!({ "status": "不見了" })).await.is(503);
    assert_eq!(alice.get("/readyz").await.is(503).json()["database"], "unavailable");
    alice.get("/livez").await.is(200);
    let Ended { lines, .. } = server.kill().await;
    let errors: Vec<_> = lines.iter().filter(|line| line.contains("ERROR")).collect();
    let [error] = errors.as_slice() else { panic!("one line was expected: {lines:#?}") };
    assert!(says.iter().all(|part| error.contains(part)), "{error}");
}

async fn its_files_are_its_owners_alone(installation: &Installation) {
    let Some(file) = path(installation, "") else { return };
    let files = ["", "-wal", "-shm", ".lock"].map(|suffix| path(installation, suffix).unwrap());
    let server = installation.start().await;
    assert_eq!(files.each_ref().map(mode), [0o600; 4]);
    server.kill().await;
    // One that an older version has left for everybody to read.
    for left in &files[..3] {
        fs::set_permissions(left, fs::Permissions::from_mode(0o644)).unwrap();
    }
    let server = installation.start().await;
    assert_eq!(files.each_ref().map(mode), [0o600; 4]);
    server.signal("TERM").await;
    assert_eq!(mode(&file), 0o600);
}

async fn a_second_process_is_refused(installation: &Installation) {
    let Some(file) = path(installation, "") else { return };
    let (server, alice, room) = start(installation).await;
    let link = installation.folder().join("link.db");
    std::os::unix::fs::symlink(&file, &link).unwrap();
    let link = format!("sqlite:{}", link.display());
    for arguments in [&[][..], &["serve"], &["migrate"]] {
        for url in [installation.database_url(), &link] {
            let refused = installation.end(arguments, &[("DATABASE_URL", url)]).await;
            assert_refused(&refused, 1, &["another Chatroom has", &file.display().to_string(), "stop it"]);
        }
    }
    alice.say(&room, "照舊").await;
    // Whichever way it ends, the next one may.
    server.kill().await;
    assert_eq!(installation.end(&["migrate"], &[]).await.code, Some(0));
    installation.start_with(&[("DATABASE_URL", &link)]).await.signal("TERM").await;
    installation.start().await.signal("TERM").await;
}

async fn a_message_into_a_deleted_file_is_not_acknowledged(installation: &Installation) {
    let Some(file) = path(installation, "") else { return };
    let (server, alice, room) = start(installation).await;
    fs::remove_file(&file).unwrap();
    let name = file.display().to_string();
    assert_stopped_writing(server, &alice, &room, &[&name, "is not there", "restore a backup"]).await;
    // The next start does not put an empty one in its place.
    for arguments in [&[][..], &["migrate"]] {
        let refused = installation.end(arguments, &[]).await;
        assert_refused(&refused, 1, &[&name, "is not there", "restore a backup", ".lock"]);
    }
    assert!(!file.exists());
}

async fn a_file_that_another_took_the_place_of_is_missed(installation: &Installation) {
    let Some(file) = path(installation, "") else { return };
    let (server, alice, room) = start(installation).await;
    let backup = file.with_extension("backup");
    fs::copy(&file, &backup).unwrap();
    fs::rename(&backup, &file).unwrap();
    let name = file.display().to_string();
    assert_stopped_writing(server, &alice, &room, &[&name, "another file"]).await;
}

async fn a_deleted_log_of_writes_is_missed(installation: &Installation) {
    let Some(log) = path(installation, "-wal") else { return };
    let (server, alice, room) = start(installation).await;
    fs::remove_file(&log).unwrap();
    assert_stopped_writing(server, &alice, &room, &[&log.display().to_string(), "is not there"]).await;
}

async fn an_emptied_file_is_missed(installation: &Installation) {
    let Some(file) = path(installation, "") else { return };
    let (server, alice, room) = start(installation).await;
    File::options().write(true).open(&file).unwrap().set_len(0).unwrap();
    let name = file.display().to_string();
    assert_stopped_writing(server, &alice, &room, &[&name, "is empty"]).await;
    let refused = installation.end(&[], &[]).await;
    assert_refused(&refused, 1, &[&name, "is empty", "restore a backup"]);
}

async fn a_corrupt_page_is_named_and_nothing_is_written_after_it(installation: &Installation) {
    const PAGE: usize = 4096;
    let Some(file) = path(installation, "") else { return };
    let (server, alice, room) = start(installation).await;
    server.signal("TERM").await;
    // The last connection to be closed moves what is in the log of writes into the file.
    assert_eq!(installation.end(&["migrate"], &[]).await.code, Some(0));
    let bytes = fs::read(&file).unwrap();
    let found = bytes.windows("還在".len()).position(|text| text == "還在".as_bytes()).unwrap();
    let mut written = File::options().write(true).open(&file).unwrap();
    written.seek(SeekFrom::Start((found / PAGE * PAGE) as u64)).unwrap();
    written.write_all(&[0xFF; 64]).unwrap();

    let server = installation.start().await;
    let alice = alice.moved_to(server.origin());
    server.anon().get("/readyz").await.is(200);
    let page = alice.get(&format!("/chatrooms/{room}/messages")).await;
    page.refused(503, "unavailable", "The server cannot reach its database, try again later");
    let name = file.display().to_string();
    assert_stopped_writing(server, &alice, &room, &[&name, "corrupt", "restore a backup"]).await;
}

async fn a_file_that_is_no_database_is_named_corrupt(installation: &Installation) {
    let Some(file) = path(installation, "") else { return };
    installation.start().await.signal("TERM").await;
    let whole = fs::read(&file).unwrap();
    let garbled = [&b"This is no database."[..], &whole[20..]].concat();
    let without_pages = [&whole[..4096], &vec![0xFF; whole.len() - 4096]].concat();
    for bytes in [garbled, without_pages] {
        fs::write(&file, bytes).unwrap();
        for arguments in [&[][..], &["migrate"]] {
            let refused = installation.end(arguments, &[]).await;
            assert_refused(&refused, 1, &["database", "is corrupt", "restore a backup"]);
        }
    }
    fs::write(&file, whole).unwrap();
    installation.start().await.signal("TERM").await;
}

async fn who_removes_the_lock_file_too_begins_anew(installation: &Installation) {
    let Some(file) = path(installation, "") else { return };
    let (server, alice, _) = start(installation).await;
    server.signal("TERM").await;
    fs::remove_file(&file).unwrap();
    fs::remove_file(path(installation, ".lock").unwrap()).unwrap();
    let server = installation.start().await;
    alice.moved_to(server.origin()).get("/user/me").await.is(401);
    Person::join(&server.anon(), "愛麗絲").await;
    server.signal("TERM").await;
}
