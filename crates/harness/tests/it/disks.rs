//! A disk that fills up: refused in time, and nothing lost or left behind.

use std::path::{Path, PathBuf};

use harness::people::text;
use harness::process::Process;
use harness::{Backend, Installation, Person, in_each_installation};
use serde_json::json;

use crate::process::PROGRAM;

in_each_installation! {
    PROGRAM;
    an_upload_that_finds_no_space_is_refused_and_leaves_nothing,
    a_share_of_the_disk_is_left_free,
    a_message_that_finds_no_space_is_refused_and_none_is_lost,
}

/// Returns the path under which a file of the server's own disk is seen from here.
fn inside(server: &Process, path: &Path) -> PathBuf {
    Path::new("/proc").join(server.id().to_string()).join("root").join(path.strip_prefix("/").unwrap())
}

/// Counts the bytes of all files under a folder.
fn bytes(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries.map(|e| if e.path().is_dir() { bytes(&e.path()) } else { e.metadata().unwrap().len() }).sum()
}

async fn an_upload_that_finds_no_space_is_refused_and_leaves_nothing(installation: &Installation) {
    let media = installation.data().join("media");
    let Some(server) = installation.start_on_small_disk((&media, "1m"), &[]).await else { return };
    let alice = Person::join(&server.anon(), "愛麗絲").await;
    let path = "/upload/upload-message-file";
    let file = vec![b'a'; 600_000];
    let first = alice.upload(path, ("一.txt", "text/plain"), &file).await.ok();
    for _ in 0..3 {
        let full = alice.upload(path, ("二.txt", "text/plain"), &file).await;
        full.refused(507, "no_space", "The server has no space left");
        assert_eq!(bytes(&inside(&server, &media)), 600_000);
    }
    // What fits is still taken, and what was taken is still there.
    alice.upload(path, ("三.txt", "text/plain"), b"short").await.is(200);
    assert_eq!(alice.get(&text(&first["url"])).await.is(200).body, file);
    assert_eq!(server.signal("TERM").await.code, Some(0));
}

async fn a_share_of_the_disk_is_left_free(installation: &Installation) {
    let media = installation.data().join("media");
    let half = [("CHATROOM__LIMITS__UPLOAD_FREE_PERCENT", "50")];
    let Some(server) = installation.start_on_small_disk((&media, "1m"), &half).await else { return };
    let alice = Person::join(&server.anon(), "愛麗絲").await;
    let path = "/upload/upload-message-file";
    alice.upload(path, ("一.txt", "text/plain"), &vec![b'a'; 400_000]).await.is(200);
    // More than half of it is free before this one, and less after it.
    let second = alice.upload(path, ("二.txt", "text/plain"), &vec![b'a'; 200_000]).await.ok();
    for (path, name, kind) in
        [(path, "三.txt", "text/plain"), ("/upload/upload-avatar", "我.png", "image/png")]
    {
        let refused = alice.upload(path, (name, kind), b"short").await;
        refused.refused(507, "no_space", "The server has no space left");
    }
    assert_eq!(bytes(&inside(&server, &media)), 600_000);
    // Once there is room again, it is taken again.
    let name = text(&second["url"]).rsplit('/').next().unwrap().to_owned();
    let second = inside(&server, &media).join("message").join(name.get(34..36).unwrap()).join(name);
    std::fs::remove_file(second).unwrap();
    alice.upload(path, ("三.txt", "text/plain"), b"short").await.is(200);
    assert_eq!(server.signal("TERM").await.code, Some(0));
}

async fn a_message_that_finds_no_space_is_refused_and_none_is_lost(installation: &Installation) {
    // MariaDB's disk is not this server's affair.
    if installation.backend != Backend::Sqlite {
        return;
    }
    let folder = installation.data().join("database");
    let url = format!("sqlite:{}", folder.join("chatroom.db").display());
    let Some(server) = installation.start_on_small_disk((&folder, "3m"), &[("DATABASE_URL", &url)]).await
    else {
        return;
    };
    let (alice, ming) =
        (Person::join(&server.anon(), "愛麗絲").await, Person::join(&server.anon(), "小明").await);
    alice.befriend(&ming).await;
    let room = alice.open_room(&ming).await;
    let content = "長".repeat(10_000);
    let mut stored = 0;
    let full = loop {
        let answer = alice.send_message(&room, &json!({ "content": content })).await;
        if answer.status != 200 {
            break answer;
        }
        stored += 1;
        assert!(stored < 200, "3 MiB hold no 200 of these");
    };
    full.refused(507, "no_space", "The server has no space left");
    assert!(stored > 10, "{stored}");
    let found = ming.read_page(&room, "limit=200").await;
    assert_eq!(found.len(), stored, "what was refused is not there, what was acknowledged is");
    assert_eq!(found.last().unwrap()["seq"], stored);
    assert_eq!(server.signal("TERM").await.code, Some(0));
}
