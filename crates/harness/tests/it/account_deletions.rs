//! The end of accounts: hidden at once, restored by signing in within the grace, and then nothing is left.

use std::time::Duration;

use diesel::sql_types::{BigInt, Text};
use diesel::{QueryableByName, RunQueryDsl as _, sql_query};
use domain::time::Time;
use gateway::config::Config;
use harness::deadline::within;
use harness::people::{PASSWORD, list, text};
use harness::{Person, Stack, on_each_database};
use persistence::Conn;
use serde_json::{Value, json};

use crate::migrations::beside;
use crate::s3::stored;
use crate::scheduled_messages::soon;
use crate::sessions::seconds_after;

const MESSAGE: &str = "/upload/upload-message-file";
const AVATAR: &str = "/upload/upload-avatar";

/// A word that only Alice's texts have.
const CANARY: &str = "金絲雀";

fn with_grace(config: &mut Config) {
    config.limits.account_grace_days = 7;
}

on_each_database! {
    who_signs_in_again_in_time_is_there_again where super::with_grace,
    within_the_grace_nobody_sees_the_account where super::with_grace,
    the_grace_ends_to_the_microsecond where super::with_grace,
    after_the_grace_no_word_of_the_user_is_left where super::with_grace,
    messages_stay_for_their_readers_unless_they_are_erased where super::with_grace,
    without_a_grace_it_is_all_at_once,
    what_becomes_of_the_messages_is_one_of_two,
}

/// Deletes an account with its password; returns until when it can be restored.
async fn delete(person: &Person, messages: &str) -> Option<Time> {
    let body = json!({ "password": PASSWORD, "messages": messages });
    let answer = person.delete_json(&format!("/user/{}", person.id), &body).await;
    answer.is(204);
    Time::parse(answer.header("x-restorable-until"))
}

#[derive(QueryableByName)]
struct Place {
    #[diesel(sql_type = Text)]
    line: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// Returns every column of every table that has a text somewhere, as `table.column`.
pub(crate) fn places(stack: &Stack, word: &str) -> Vec<String> {
    const SQLITE: &str =
        "SELECT m.name || '.' || c.name AS line FROM sqlite_master m, pragma_table_info(m.name) c
        WHERE m.type = 'table'";
    const MYSQL: &str = "SELECT CONCAT(table_name, '.', column_name) AS line FROM information_schema.columns
        WHERE table_schema = DATABASE()";
    let hex = word.bytes().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().concat();
    beside(stack.database_url(), move |conn| {
        let columns: Vec<Place> = match conn {
            Conn::Sqlite(c) => sql_query(SQLITE).load(c)?,
            Conn::Mysql(c) => sql_query(MYSQL).load(c)?,
        };
        let mut found = Vec::new();
        for Place { line } in columns {
            let (table, column) = line.split_once('.').unwrap();
            let query =
                format!("SELECT COUNT(*) AS number FROM {table} WHERE HEX({table}.{column}) LIKE '%{hex}%'");
            let count: Count = match conn {
                Conn::Sqlite(c) => sql_query(query).get_result(c)?,
                Conn::Mysql(c) => sql_query(query).get_result(c)?,
            };
            if count.number > 0 {
                found.push(line);
            }
        }
        Ok(found)
    })
}

/// Waits until nothing is left to do for deleted accounts.
async fn until_purged(stack: &Stack) {
    const WAITING: &str = "SELECT COUNT(*) AS number FROM account_deletions";
    let waiting = || {
        beside(stack.database_url(), |conn| {
            let count: Count = match conn {
                Conn::Sqlite(c) => sql_query(WAITING).get_result(c)?,
                Conn::Mysql(c) => sql_query(WAITING).get_result(c)?,
            };
            Ok(count.number)
        })
    };
    let all = async {
        while waiting() > 0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    within("the purge of deleted accounts", all).await;
}

async fn who_signs_in_again_in_time_is_there_again(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let group = alice.open_group(&[&ming, &stack.person("卡蘿").await], "大家").await;
    alice.patch(&format!("/user/{}", alice.id), &json!({ "nickname": "小愛", "status": "忙" })).await.is(200);
    let picture = alice.upload(AVATAR, ("我.png", "image/png"), b"dummy").await.ok();
    alice.say(&room, "再見").await;
    let before = alice.get("/user/me").await.ok();
    assert!(delete(&alice, "erase").await.is_some());
    alice.get("/user/me").await.unauthorized("Could not validate credentials");
    stack.anon().get(&text(&picture["url"])).await.is(404);

    let socket = ming.socket().await;
    let (mut accepted, mut updated) = (socket.listen("friend_accepted"), socket.listen("user_updated"));
    stack.anon().sign_in("愛麗絲", "不對的密碼").await.is(401);
    let answer = stack.anon().sign_in("愛麗絲@example.com", PASSWORD).await.ok();
    assert_eq!(answer["restored"], true);
    assert_eq!(updated.next().await["user"]["nickname"], "小愛");
    assert_eq!(accepted.next().await["friend"]["user_id"], alice.id);
    let again = stack.anon().sign_in("愛麗絲", PASSWORD).await.ok();
    assert_eq!(again["restored"], false);
    let alice = alice.elsewhere().await;
    let mut after = alice.get("/user/me").await.ok();
    after["updated_at"] = before["updated_at"].clone();
    assert_eq!(after, before);
    assert_eq!(ming.people("/friends/").await, [alice.id]);
    assert_eq!(alice.texts(&room).await, ["再見"]);
    alice.say(&group, "我回來了").await;
    // The group has an owner all the time, and it is not who was gone.
    assert_eq!(alice.room(&group).await["role"], "member");
    stack.anon().get(&text(&picture["url"])).await.is(200);
}

async fn within_the_grace_nobody_sees_the_account(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    alice.say(&room, "再見").await;
    let socket = ming.socket().await;
    let mut removed = socket.listen("friend_removed");
    let (device, mine) = (alice.elsewhere().await, alice.socket().await);
    delete(&alice, "keep").await;
    mine.closed().await;
    device.get("/user/me").await.unauthorized("Could not validate credentials");
    assert_eq!(removed.next().await["user_id"], alice.id);
    assert!(ming.people("/friends/").await.is_empty());
    let name = format!("deleted_{}", alice.id);
    assert_eq!(ming.room(&room).await["username"], name.as_str());
    assert_eq!(ming.read_page(&room, "limit=1").await[0]["user"]["username"], name.as_str());
    for query in ["username=愛麗絲", "email=愛麗絲@example.com"] {
        ming.get(&format!("/friends/search?{query}")).await.is(404);
    }
    ming.get(&format!("/user/{}", alice.id)).await.is(403);
    // The name is kept for who may come back.
    let taken = stack.anon().register(&json!({ "username": "愛麗絲", "password": PASSWORD })).await;
    assert_eq!(taken.is(422).json()["code"], "username_taken");
}

async fn the_grace_ends_to_the_microsecond(stack: &Stack) {
    let (alice, ming) = (stack.person("愛麗絲").await, stack.person("小明").await);
    stack.clock().set(seconds_after(stack.clock().now(), 0));
    let ends = delete(&alice, "keep").await.unwrap();
    assert_eq!(ends, seconds_after(stack.clock().now(), 7 * 24 * 3_600));
    delete(&ming, "keep").await.unwrap();
    stack.clock().set(ends.before(Duration::from_micros(1)));
    assert_eq!(stack.anon().sign_in("愛麗絲", PASSWORD).await.ok()["restored"], true);
    stack.clock().set(ends);
    until_purged(stack).await;
    stack.anon().sign_in("小明", PASSWORD).await.is(401);
    stack.anon().sign_in("愛麗絲", PASSWORD).await.is(200);
    stack.anon().register(&json!({ "username": "小明", "password": PASSWORD })).await.is(201);
}

/// Leaves the word wherever a user can.
async fn write_everywhere(alice: &Person, ming: &Person, room: &str) {
    let said = |what: &str| format!("{CANARY}{what}");
    let profile = json!({ "nickname": said("暱稱"), "status": said("狀態") });
    alice.patch(&format!("/user/{}", alice.id), &profile).await.is(200);
    alice.upload(AVATAR, (&said(".png"), "image/png"), b"dummy").await.is(200);
    alice.upload(MESSAGE, (&said("沒傳.txt"), "text/plain"), b"unsent").await.is(200);
    let sent = alice.upload(MESSAGE, (&said("傳了.txt"), "text/plain"), b"sent").await.ok();
    let file = json!({ "message_type": "file", "media_url": sent["url"], "caption": said("說明") });
    alice.send_message(room, &file).await.is(200);
    let message = alice.say(room, &said("第一版")).await;
    alice.edit(&message, &said("第二版")).await.is(200);
    ming.reply(room, &message, "嗯").await;
    alice.set_room(room, &json!({ "draft": said("草稿") })).await.is(200);
    let later = json!({ "content": said("以後"), "send_at": soon(1_000) });
    alice.post_json(&format!("/chatrooms/{room}/scheduled"), &later).await.is(201);
    let token = json!({ "name": said("程式"), "scopes": ["messages:read"] });
    alice.post_json("/user/me/tokens", &token).await.is(201);
    let report = json!({ "user_id": ming.id, "reason": "other", "note": said("檢舉") });
    alice.post_json("/reports", &report).await.is(204);
    alice.get("/user/me/invite").await.is(200);
    alice.put(&format!("/friends/blocks/{}", ming.id)).await.is(200);
}

async fn after_the_grace_no_word_of_the_user_is_left(stack: &Stack) {
    let alice = stack.person(&format!("{CANARY}愛麗絲")).await;
    let ming = stack.person("小明").await;
    alice.befriend(&ming).await;
    let room = alice.open_room(&ming).await;
    write_everywhere(&alice, &ming, &room).await;
    let before = places(stack, CANARY);
    for place in [
        "users.username",
        "users.email",
        "users.nickname",
        "messages.content",
        "messages.caption",
        "message_versions.content",
        "media.file_name",
        "room_settings.draft",
        "scheduled_messages.message",
        "sessions.name",
        "reports.note",
    ] {
        assert!(before.contains(&place.to_owned()), "{place} is not in {before:?}");
    }
    let ends = delete(&alice, "erase").await.unwrap();
    assert!(places(stack, CANARY).contains(&"account_deletions.username".to_owned()));
    stack.clock().set(ends);
    until_purged(stack).await;
    assert_eq!(places(stack, CANARY), Vec::<String>::new());
    assert_eq!(stored(stack), 0);
    let ming = ming.elsewhere().await;
    let page = ming.read_page(&room, "limit=10").await;
    assert_eq!(
        page.iter().map(|message| message["deleted"].clone()).collect::<Vec<_>>(),
        [true, true, false]
    );
}

async fn messages_stay_for_their_readers_unless_they_are_erased(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let keeper = stack.person("卡蘿").await;
    keeper.befriend(&ming).await;
    let other = keeper.open_room(&ming).await;
    for number in 0..60 {
        alice.say(&room, &format!("第 {number} 句")).await;
    }
    let sent = keeper.upload(MESSAGE, ("信.txt", "text/plain"), b"kept").await.ok();
    keeper.send_message(&other, &json!({ "message_type": "file", "media_url": sent["url"] })).await.is(200);
    let ends = delete(&alice, "erase").await.unwrap();
    delete(&keeper, "keep").await.unwrap();
    assert_eq!(ming.texts(&room).await.len(), 60);
    let cursor = text(&ming.get("/sync").await.ok()["cursor"]);
    stack.clock().set(seconds_after(ends, 60));
    until_purged(stack).await;
    let ming = ming.elsewhere().await;
    let page = ming.read_page(&room, "limit=100").await;
    assert!(page.len() == 60 && page.iter().all(|message| message["deleted"] == true));
    assert_eq!(ming.get(&text(&sent["url"])).await.is(200).text(), "kept");
    let missed = ming.get(&format!("/sync?since={cursor}")).await.ok();
    let unsent = list(&missed["events"]).iter().filter(|event| event["event"] == "message_deleted").count();
    assert_eq!(unsent, 60);
}

async fn without_a_grace_it_is_all_at_once(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    alice.say(&room, "再見").await;
    alice.upload(MESSAGE, ("信.txt", "text/plain"), b"unsent").await.is(200);
    assert_eq!(delete(&alice, "erase").await, None);
    assert_eq!(stored(stack), 0);
    assert_eq!(ming.read_page(&room, "limit=1").await[0]["deleted"], true);
    stack.anon().sign_in("愛麗絲", PASSWORD).await.is(401);
    stack.anon().register(&json!({ "username": "愛麗絲", "password": PASSWORD })).await.is(201);
}

async fn what_becomes_of_the_messages_is_one_of_two(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let path = format!("/user/{}", alice.id);
    for (messages, kind) in [(json!("burn"), "enum"), (json!(7), "string_type")] {
        let body = json!({ "password": PASSWORD, "messages": messages });
        alice.delete_json(&path, &body).await.invalid(&[("body.messages", kind)]);
    }
    let body = json!({ "password": PASSWORD, "messages": Value::Null });
    alice.delete_json(&path, &body).await.is(204);
}
