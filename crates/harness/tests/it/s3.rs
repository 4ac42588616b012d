//! Files in a bucket: all that is true of the folder, what happens while the store is away, and moving between the two.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use gateway::config::{Config, S3};
use harness::deadline::within;
use harness::people::text;
use harness::process::{Ended, Process};
use harness::{Installation, Person, Stack, in_each_installation, on_each_database};
use reqwest::Method;
use serde_json::{Value, json};
use testdb::TestS3;

use crate::process::{PROGRAM, assert_refused};
use crate::sessions::seconds_after;
use crate::thumbnails::{
    a_message_says_where_the_copies_of_its_picture_are, a_picture_is_served_in_smaller_sizes,
    a_picture_of_oneself_has_a_square_copy_and_goes_with_it, jpeg, picture,
    what_has_no_copy_is_served_as_it_is,
};
use crate::uploads::{
    a_cookie_opens_a_picture_and_a_dead_one_does_not, a_file_is_described_and_read_back,
    a_file_over_the_limit_is_refused_and_leaves_nothing,
    a_picture_of_oneself_is_for_everybody_with_its_address, addresses_that_lead_nowhere_are_not_found,
    each_kind_of_file_has_its_kind_of_message, only_members_read_what_was_sent_to_their_room,
    part_of_a_file_can_be_had, what_could_act_is_refused_however_it_is_called,
};

const MESSAGE: &str = "/upload/upload-message-file";

/// The S3 server of this process, if a scenario has asked for one.
static SERVER: OnceLock<TestS3> = OnceLock::new();

/// Keeps the files of a server in a bucket.
pub(crate) fn in_bucket(config: &mut Config) {
    let server = SERVER.get_or_init(TestS3::start);
    config.s3 = S3 {
        bucket: Some(server.bucket().to_owned()),
        endpoint: Some(server.endpoint()),
        access_key_id: Some(server.key().to_owned()),
        secret_access_key: Some(server.key().to_owned()),
        ..S3::default()
    };
}

/// Counts the files that a server keeps, wherever it does, and those that it has left aside.
pub(crate) fn stored(stack: &Stack) -> usize {
    files(&stack.data().join("media")) + SERVER.get().map_or(0, TestS3::objects)
}

/// Counts the files under a folder, in any depth.
fn files(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| if entry.path().is_dir() { files(&entry.path()) } else { 1 }).sum()
}

on_each_database! {
    a_file_is_described_and_read_back where super::in_bucket,
    each_kind_of_file_has_its_kind_of_message where super::in_bucket,
    only_members_read_what_was_sent_to_their_room where super::in_bucket,
    a_cookie_opens_a_picture_and_a_dead_one_does_not where super::in_bucket,
    part_of_a_file_can_be_had where super::in_bucket,
    a_picture_of_oneself_is_for_everybody_with_its_address where super::in_bucket,
    what_could_act_is_refused_however_it_is_called where super::in_bucket,
    addresses_that_lead_nowhere_are_not_found where super::in_bucket,
    a_picture_is_served_in_smaller_sizes where super::in_bucket,
    a_message_says_where_the_copies_of_its_picture_are where super::in_bucket,
    a_picture_of_oneself_has_a_square_copy_and_goes_with_it where super::in_bucket,
    what_has_no_copy_is_served_as_it_is where super::in_bucket,
    a_file_over_the_limit_is_refused_and_leaves_nothing where |config| {
        super::in_bucket(config);
        config.limits.upload_max_bytes = 100_000;
    },
    a_long_file_goes_in_parts_and_comes_back_whole where super::in_bucket,
    while_the_store_is_away_it_is_said_and_nothing_is_lost where super::in_bucket,
    what_nothing_shows_leaves_the_bucket_after_a_day where |config| {
        super::in_bucket(config);
        config.limits.upload_unused_look_ms = 20;
    },
}

async fn a_long_file_goes_in_parts_and_comes_back_whole(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let bytes: Vec<u8> = (0..9_000_000_u32).map(|at| b'a' + u8::try_from(at % 23).unwrap()).collect();
    let url = text(&alice.upload(MESSAGE, ("長.txt", "text/plain"), &bytes).await.ok()["url"]);
    assert!(alice.get(&url).await.is(200).body == bytes);
    let part = alice.request(Method::GET, &url).header("range", "bytes=8388600-8388620");
    assert_eq!(alice.send(part).await.is(206).body, bytes[8_388_600..=8_388_620]);
    assert_eq!(stored(stack), 1);
}

async fn while_the_store_is_away_it_is_said_and_nothing_is_lost(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let server = SERVER.get().unwrap();
    let sent = alice.upload(MESSAGE, ("信.txt", "text/plain"), b"before").await.ok();
    let message = json!({ "message_type": "file", "media_url": sent["url"] });
    alice.send_message(&room, &message).await.is(200);
    server.kill();
    let says = "The server cannot reach its files, try again later";
    let refused = ming.get(&text(&sent["url"])).await;
    refused.refused(503, "unavailable", says);
    assert_eq!(refused.header("retry-after"), "1");
    alice.upload(MESSAGE, ("信.txt", "text/plain"), b"meanwhile").await.refused(503, "unavailable", says);
    assert_eq!((stored(stack), stack.refusals().get("files")), (1, 2));
    // Messages need no files.
    ming.say(&room, "信呢?").await;
    server.restart();
    assert_eq!(ming.get(&text(&sent["url"])).await.is(200).text(), "before");
    let after = alice.upload(MESSAGE, ("信.txt", "text/plain"), b"after").await.ok();
    assert_eq!(alice.get(&text(&after["url"])).await.is(200).text(), "after");
    assert_eq!(stored(stack), 2);
}

async fn what_nothing_shows_leaves_the_bucket_after_a_day(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let photo = jpeg(&picture(640, 400), 1);
    let sent = alice.upload(MESSAGE, ("貓.jpg", "image/jpeg"), &photo).await.ok();
    let message = json!({ "message_type": "image", "media_url": sent["url"] });
    alice.send_message(&room, &message).await.is(200);
    alice.upload(MESSAGE, ("貓.jpg", "image/jpeg"), &photo).await.is(200);
    let all = stored(stack);
    stack.clock().set(seconds_after(stack.clock().now(), 25 * 3_600));
    let half = async {
        while stored(stack) > all / 2 {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    within("the removal of what nothing shows", half).await;
    assert_eq!(stored(stack), all / 2);
    ming.get(&text(&sent["url"])).await.is(200);
}

in_each_installation! {
    PROGRAM;
    a_bucket_that_cannot_be_used_is_named_at_the_start,
    files_move_to_the_bucket_and_back,
}

/// The settings of a bucket.
fn settings<'a>(server: &TestS3, endpoint: &'a str) -> [(&'a str, &'a str); 4] {
    let key = server.key();
    [
        ("S3_BUCKET_NAME", server.bucket()),
        ("S3_ENDPOINT", endpoint),
        ("AWS_ACCESS_KEY_ID", key),
        ("AWS_SECRET_ACCESS_KEY", key),
    ]
}

async fn a_bucket_that_cannot_be_used_is_named_at_the_start(installation: &Installation) {
    let server = TestS3::start();
    let endpoint = server.endpoint();
    let with = async |changed: (&'static str, &str)| {
        let mut all = settings(&server, &endpoint).to_vec();
        all.retain(|(name, _)| *name != changed.0);
        all.push(changed);
        installation.end(&[], &all).await
    };
    let says = ["cannot use the bucket", endpoint.as_str()];
    assert_refused(&with(("S3_BUCKET_NAME", "nobody")).await, 1, &[says[0], "nobody", says[1], "S3_BUCKET"]);
    assert_refused(&with(("AWS_ACCESS_KEY_ID", "NOBODY")).await, 1, &says);
    server.kill();
    assert_refused(&with(("AWS_REGION", "us-east-1")).await, 1, &says);
    assert_refused(&with(("S3_ENDPOINT", "s3.example")).await, 2, &["S3_ENDPOINT is `s3.example`"]);
    let half = installation.end(&[], &settings(&server, &endpoint)[..3]).await;
    assert_refused(&half, 2, &["S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY"]);
}

async fn upload(process: &Process, name: &str) -> (Person, Value) {
    let person = Person::join(&process.anon(), name).await;
    let uploaded = person.upload(MESSAGE, ("貓.jpg", "image/jpeg"), &jpeg(&picture(640, 400), 1)).await.ok();
    (person, uploaded)
}

/// Reads an upload and its smaller copy from a server.
async fn read(process: &Process, (person, uploaded): &(Person, Value)) -> (usize, usize) {
    let person = person.moved_to(process.origin());
    let path =
        text(&uploaded["url"]).split_once("/static").map(|(_, path)| format!("/static{path}")).unwrap();
    let whole = person.get(&path).await.is(200).body.len();
    (whole, person.get(&format!("{path}?size=320")).await.is(200).body.len())
}

fn said(ended: &Ended) -> String {
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    ended.lines.join("\n")
}

async fn files_move_to_the_bucket_and_back(installation: &Installation) {
    let server = TestS3::start();
    let endpoint = server.endpoint();
    let bucket = settings(&server, &endpoint);
    let move_to = async |to, more: &[&str]| {
        let arguments = [&["media", "migrate", "--to", to], more].concat();
        said(&installation.end(&arguments, &bucket).await)
    };
    let unset = installation.end(&["media", "migrate", "--to", "s3"], &[]).await;
    assert_refused(&unset, 2, &["there is no bucket; set S3_BUCKET"]);

    let process = installation.start().await;
    let first = upload(&process, "愛麗絲").await;
    let lengths = read(&process, &first).await;
    process.signal("TERM").await;
    let number = files(&installation.data().join("media"));
    assert!(number > 1 && lengths.1 < lengths.0);
    assert!(move_to("s3", &[]).await.contains(&format!("Copied {number} files")));
    // A copy that is not whole is made anew; the rest is there.
    let cut = server.cut_one();
    let again = move_to("s3", &[]).await;
    assert!(again.contains("Copied 1 files"), "{again} {}", cut.display());
    assert!(again.contains(&format!("{} were there already, deleted 0", number - 1)), "{again}");
    assert_eq!((server.objects(), files(&installation.data().join("media"))), (number, number));

    let process = installation.start_with(&bucket).await;
    assert_eq!(read(&process, &first).await, lengths);
    let second = upload(&process, "小明").await;
    process.signal("TERM").await;
    assert_eq!(server.objects(), 2 * number);
    let back = move_to("folder", &["--delete-source"]).await;
    assert!(back.contains(&format!("Copied {number} files")), "{back}");
    assert!(back.contains(&format!("{number} were there already, deleted {}", 2 * number)), "{back}");
    assert_eq!((server.objects(), files(&installation.data().join("media"))), (0, 2 * number));

    let process = installation.start().await;
    for uploaded in [&first, &second] {
        assert_eq!(read(&process, uploaded).await, lengths);
    }
    process.signal("TERM").await;
}
