//! Uploads that nothing shows: removed after a day, and nothing that is shown with them.

use std::fs::{self, File};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use domain::id::MediaId;
use harness::deadline::within;
use harness::people::text;
use harness::{Person, Stack, on_each_database};
use serde_json::{Value, json};

use crate::sessions::seconds_after;

const MESSAGE: &str = "/upload/upload-message-file";
const AVATAR: &str = "/upload/upload-avatar";
const GROUP_AVATAR: &str = "/upload/upload-group-avatar";
const PNG: (&str, &str) = ("圖.png", "image/png");
const HOUR: i64 = 3_600;

on_each_database! {
    what_nothing_shows_is_removed_after_a_day where |config| config.limits.upload_unused_look_ms = 20,
    a_file_without_a_row_is_removed where |config| config.limits.upload_unused_look_ms = 20,
    what_an_upload_left_midway_is_removed where |config| config.limits.upload_unused_look_ms = 20,
}

/// Returns where the file of an upload is.
fn path(stack: &Stack, url: &str) -> PathBuf {
    let (folder, name) = url.split_once("/static/").unwrap().1.split_once('/').unwrap();
    stack.data().join("media").join(folder).join(name.get(34..36).unwrap()).join(name)
}

async fn upload(person: &Person, to: &str) -> String {
    text(&person.upload(to, PNG, b"dummy").await.ok()["url"])
}

async fn send(person: &Person, room: &str, url: &str) -> Value {
    person.send_message(room, &json!({ "message_type": "image", "media_url": url })).await.ok()
}

async fn until_gone(files: &[PathBuf]) {
    let all_gone = async {
        while files.iter().any(|file| file.exists()) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    within("the removal of what nothing shows", all_gone).await;
}

async fn what_nothing_shows_is_removed_after_a_day(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let start = seconds_after(stack.clock().now(), 0);
    stack.clock().set(seconds_after(start, -1));
    let earlier = upload(&alice, MESSAGE).await;
    stack.clock().set(start);
    let never_sent = upload(&alice, MESSAGE).await;
    let (sent, unsent) = (upload(&alice, MESSAGE).await, upload(&alice, MESSAGE).await);
    send(&alice, &room, &sent).await;
    let message = send(&alice, &room, &unsent).await;
    let hidden = upload(&alice, MESSAGE).await;
    let to_hide = send(&alice, &room, &hidden).await;
    let (borrowed, replaced) = (upload(&alice, AVATAR).await, upload(&alice, AVATAR).await);
    let present = upload(&alice, AVATAR).await;
    ming.patch(&format!("/user/{}", ming.id), &json!({ "avatar_url": borrowed })).await.is(200);
    alice.unsend(&message).await.is(200);
    alice.hide(&to_hide).await.is(204);
    let groups = upload(&alice, GROUP_AVATAR).await;
    let group = alice.open_group(&[&ming, &stack.person("卡蘿").await], "大家").await;
    alice.update_group(&group, &json!({ "avatar_url": groups })).await.is(200);
    let gone = [&never_sent, &unsent, &replaced].map(|url| path(stack, url));
    let kept = [&sent, &hidden, &borrowed, &present, &groups].map(|url| path(stack, url));

    // Not a moment before a day is over, which a file of the second before shows.
    stack.clock().set(seconds_after(start, 24 * HOUR));
    until_gone(&[path(stack, &earlier)]).await;
    assert!(gone.iter().chain(&kept).all(|file| file.exists()));
    stack.clock().set(seconds_after(start, 24 * HOUR + 1));
    until_gone(&gone).await;
    assert!(kept.iter().all(|file| file.exists()));
    for url in [&earlier, &never_sent, &unsent, &replaced] {
        alice.get(url).await.is(404);
    }
    for url in [&sent, &hidden, &borrowed, &present, &groups] {
        ming.get(url).await.is(200);
    }
    alice.send_message(&room, &json!({ "message_type": "image", "media_url": never_sent })).await.is(422);
}

async fn a_file_without_a_row_is_removed(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let kept = path(stack, &upload(&alice, MESSAGE).await);
    let beside = |id: &str, extension: &str| {
        let shard = stack.data().join("media/message").join(id.get(34..36).unwrap());
        fs::create_dir_all(&shard).unwrap();
        let file = shard.join(format!("{id}.{extension}"));
        fs::write(&file, "留下的").unwrap();
        file
    };
    let left = beside(&MediaId::generate().to_string(), "png");
    // One from before this database, and one that is not the server's.
    let foreign = beside("01890a5d-ac96-774b-bcce-b302099a8057", "png");
    let other = beside(&MediaId::generate().to_string(), "backup");
    stack.clock().set(seconds_after(stack.clock().now(), 23 * HOUR));
    let newer = upload(&alice, MESSAGE).await;
    stack.clock().set(seconds_after(stack.clock().now(), 2 * HOUR));
    until_gone(&[left, kept]).await;
    assert!([foreign, other, path(stack, &newer)].iter().all(|file| file.exists()));
}

async fn what_an_upload_left_midway_is_removed(stack: &Stack) {
    let [left, running] = ["left", "running"].map(|name| stack.data().join("media/tmp").join(name));
    for file in [&running, &left] {
        fs::write(file, "一半").unwrap();
    }
    let long_ago = SystemTime::now() - Duration::from_hours(2);
    File::options().write(true).open(&left).unwrap().set_modified(long_ago).unwrap();
    until_gone(&[left]).await;
    assert!(running.exists());
}
