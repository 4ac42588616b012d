//! Copies of all that is one's own: made in the background, fetched by their user for a day, and gone then.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _};
use std::time::Duration;

use domain::time::Time;
use harness::deadline::within;
use harness::people::text;
use harness::{Answer, Caller, Installation, Person, Stack, in_each_installation, on_each_database};
use serde_json::{Value, json};
use zip::ZipArchive;

use crate::account_deletions::places;
use crate::migrations::execute;
use crate::process::PROGRAM;
use crate::s3::stored;

const EXPORT: &str = "/user/me/export";
const MESSAGE: &str = "/upload/upload-message-file";

on_each_database! {
    a_copy_has_all_that_its_user_sees_and_no_more,
    a_copy_is_kept_in_the_bucket_like_all_files where |config| crate::s3::in_bucket(config),
    its_user_alone_fetches_it,
    a_copy_ends_after_a_day,
    a_new_copy_takes_the_place_of_the_one_before,
    a_copy_is_asked_for_once_a_day where |config| config.rates.enabled = true,
    a_deleted_account_has_no_copy,
}

in_each_installation! {
    PROGRAM;
    a_copy_that_was_interrupted_is_made_at_the_next_start,
}

/// Asks for a copy, and waits until it is ready.
async fn export(person: &Person) -> Value {
    let socket = person.socket().await;
    let mut ready = socket.listen("export_ready");
    person.post(EXPORT).await.is(201);
    let event = ready.next().await;
    let shown = person.get(EXPORT).await.ok();
    assert_eq!((&event["export"]["state"], &shown["state"]), (&json!("ready"), &json!("ready")));
    assert_eq!(event["export"]["expires_at"], shown["expires_at"]);
    shown
}

/// Reads an archive: its files by their names.
fn unpacked(answer: &Answer) -> BTreeMap<String, Vec<u8>> {
    let mut archive = ZipArchive::new(Cursor::new(answer.is(200).body.to_vec())).unwrap();
    let mut files = BTreeMap::new();
    for number in 0..archive.len() {
        let mut file = archive.by_index(number).unwrap();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        files.insert(file.name().unwrap().into_owned(), bytes);
    }
    files
}

fn parsed(files: &BTreeMap<String, Vec<u8>>, name: &str) -> Value {
    serde_json::from_slice(&files[name]).unwrap()
}

async fn a_copy_has_all_that_its_user_sees_and_no_more(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let carol = stack.person("卡蘿").await;
    let other = ming.open_room(&carol).await;
    ming.say(&other, "別人的秘密").await;
    let theirs = ming.upload(MESSAGE, ("別人的.txt", "text/plain"), b"not hers").await.ok();
    let message = alice.say(&room, "第一版").await;
    alice.edit(&message, "第二版").await.is(200);
    ming.say(&room, "嗨").await;
    let hidden = ming.say(&room, "看不見").await;
    alice.hide(&hidden).await.is(204);
    for number in 0..210 {
        ming.say(&room, &format!("第 {number} 句")).await;
    }
    let file = alice.upload(MESSAGE, ("../信.txt", "text/plain"), b"hers").await.ok();

    let shown = export(&alice).await;
    let answer = stack.anon().get(&text(&shown["url"])).await;
    assert_eq!(answer.header("content-type"), "application/zip");
    assert!(answer.header("content-disposition").starts_with("attachment"));
    assert_eq!(answer.header("cache-control"), "private, no-store");
    assert_eq!(shown["size"], answer.body.len());
    let files = unpacked(&answer);
    let account = parsed(&files, "account.json");
    assert_eq!(account["profile"], alice.get("/user/me").await.ok());
    assert_eq!(account["friends"][0]["user_id"], ming.id);
    assert_eq!(account["sessions"].as_array().unwrap().len(), 1);
    assert_eq!(account["settings"], alice.get("/user/me/settings").await.ok());
    assert_eq!(parsed(&files, "rooms.json")[0]["chatroom_id"], room.as_str());
    let messages = parsed(&files, &format!("messages/{room}.json"));
    let texts: Vec<&str> =
        messages.as_array().unwrap().iter().map(|message| message["content"].as_str().unwrap()).collect();
    assert_eq!(texts[..3], ["第二版", "嗨", "第 0 句"]);
    assert_eq!((texts.len(), texts[211]), (212, "第 209 句"));
    let revisions: Vec<Value> =
        messages[0]["revisions"].as_array().unwrap().iter().map(|it| it["content"].clone()).collect();
    assert_eq!(revisions, ["第一版", "第二版"]);
    assert_eq!(messages[1]["revisions"], Value::Null);
    assert_eq!(files[&format!("files/{}-信.txt", text(&file["media_id"]))], b"hers");
    assert_eq!(files.len(), 4, "{:?}", files.keys());
    assert!(!files.keys().any(|name| name.contains(&text(&theirs["media_id"]))));
    assert!(!files.values().any(|bytes| String::from_utf8_lossy(bytes).contains("別人的秘密")));
    assert!(places(stack, "export_requested").contains(&"audit_log.action".to_owned()));
}

async fn a_copy_is_kept_in_the_bucket_like_all_files(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let file = alice.upload(MESSAGE, ("信.txt", "text/plain"), b"hers").await.ok();
    let url = text(&export(&alice).await["url"]);
    let files = unpacked(&stack.anon().get(&url).await);
    assert_eq!(files[&format!("files/{}-信.txt", text(&file["media_id"]))], b"hers");
    let part = alice.request(reqwest::Method::GET, &url).header("range", "bytes=0-1");
    assert_eq!(alice.send(part).await.is(206).body, b"PK"[..]);
    assert_eq!(stored(stack), 2);
}

async fn its_user_alone_fetches_it(stack: &Stack) {
    let (alice, ming) = stack.friends().await;
    stack.anon().post(EXPORT).await.unauthorized("Not authenticated");
    stack.anon().get(EXPORT).await.unauthorized("Not authenticated");
    ming.get(EXPORT).await.refused(404, "not_found", "Export not found");
    let url = text(&export(&alice).await["url"]);
    let path = url.split('?').next().unwrap();
    alice.get(path).await.is(200);
    ming.get(path).await.refused(404, "not_found", "Not Found");
    stack.anon().get(path).await.unauthorized("Not authenticated");
    for changed in
        [url.replace("exp=", "exp=9"), url.replace("sig=", "sig=A"), url.replace("exports", "message")]
    {
        assert!([401, 404].contains(&stack.anon().get(&changed).await.status), "{changed}");
    }
    for name in ["x", "x.zip", "01890a5d-ac96-774b-bcce-b302099a8057.zip"] {
        alice.get(&format!("/static/exports/{name}")).await.refused(404, "not_found", "Not Found");
    }
    // A token of a program is not enough.
    let body = json!({ "name": "程式", "scopes": ["files:read", "profile:read"] });
    let token = alice.post_json("/user/me/tokens", &body).await.is(201).json();
    let program: Caller = alice.with_token(&text(&token["token"]));
    for path in [EXPORT, path] {
        assert_eq!(program.get(path).await.is(403).json()["code"], "insufficient_scope");
    }
    alice.post("/auth/logout").await.is(200);
    stack.anon().get(&url).await.is(401);
}

/// Waits until the server keeps no files.
async fn until_none_is_stored(stack: &Stack) {
    let none = async {
        while stored(stack) > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    within("the end of a copy", none).await;
}

async fn a_copy_ends_after_a_day(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let shown = export(&alice).await;
    let (url, ends) = (text(&shown["url"]), Time::parse(&text(&shown["expires_at"])).unwrap());
    stack.clock().set(ends.before(Duration::from_micros(1)));
    let alice = alice.elsewhere().await;
    stack.anon().get(&url).await.is(200);
    stack.clock().set(ends);
    stack.anon().get(&url).await.is(401);
    alice.get(EXPORT).await.refused(404, "not_found", "Export not found");
    alice.get(url.split('?').next().unwrap()).await.is(404);
    until_none_is_stored(stack).await;
}

async fn a_new_copy_takes_the_place_of_the_one_before(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let first = text(&export(&alice).await["url"]);
    let second = text(&export(&alice).await["url"]);
    stack.anon().get(&first).await.is(404);
    stack.anon().get(&second).await.is(200);
    assert_eq!(stored(stack), 1);
}

async fn a_copy_is_asked_for_once_a_day(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    alice.post(EXPORT).await.is(201);
    let refused = alice.post(EXPORT).await;
    assert_eq!(refused.is(429).json()["code"], "rate_limited");
    assert_eq!(stack.refusals().get("rates.export"), 1);
}

async fn a_deleted_account_has_no_copy(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let url = text(&export(&alice).await["url"]);
    alice.delete_account(harness::people::PASSWORD).await.is(204);
    stack.anon().get(&url).await.is(401);
    assert_eq!(stored(stack), 0);
}

async fn a_copy_that_was_interrupted_is_made_at_the_next_start(installation: &Installation) {
    let process = installation.start().await;
    let alice = Person::join(&process.anon(), "愛麗絲").await;
    alice.post(EXPORT).await.is(201);
    process.kill().await;
    // As if it had not been finished; who made it has said nothing for long.
    execute(
        installation.database_url(),
        "UPDATE exports SET size = NULL, expires_at = NULL, claimed_at = '2020-01-01 00:00:00'",
    );
    let process = installation.start().await;
    let alice = alice.moved_to(process.origin());
    let shown = async {
        loop {
            let shown = alice.get(EXPORT).await.ok();
            if shown["state"] == "ready" {
                return shown;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let shown = within("the copy", shown).await;
    assert!(unpacked(&process.anon().get(&text(&shown["url"])).await).contains_key("account.json"));
    process.signal("TERM").await;
}
