//! Messages that are sent later.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use diesel::connection::SimpleConnection as _;
use futures_util::future::join_all;
use harness::people::{list, text};
use harness::{Person, Stack, on_each_database};
use persistence::Conn;
use serde_json::{Value, json};

use crate::migrations::beside;

on_each_database! {
    a_message_is_sent_once_when_its_time_has_come,
    what_waits_is_listed_changed_and_deleted,
    what_the_room_refuses_stays_with_its_code,
    who_has_left_sends_nothing,
    a_user_has_at_most_a_hundred,
    those_scheduled_at_once_share_the_limit,
    an_outage_delays_what_it_meets_and_nothing_else,
    what_cannot_wait_is_refused,
}

/// The time so many seconds from now, as seconds since 1970.
pub(crate) fn soon(seconds: u64) -> Value {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    json!((now + Duration::from_secs(seconds)).as_secs_f64())
}

fn path(room: &str) -> String {
    format!("/chatrooms/{room}/scheduled")
}

async fn schedule(person: &Person, room: &str, message: &Value) -> Value {
    person.post_json(&path(room), message).await.is(201).json()
}

async fn waiting(person: &Person, room: &str) -> Vec<Value> {
    list(&person.get(&path(room)).await.ok())
}

async fn a_message_is_sent_once_when_its_time_has_come(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let (mine, theirs) = (alice.socket().await, ming.socket().await);
    let (mut changed, mut new) = (mine.listen("scheduled_messages"), theirs.listen("new_message"));
    let message = json!({ "content": "生日快樂", "silent": true, "send_at": soon(1) });
    let waits = schedule(&alice, &room, &message).await;
    assert_eq!((&waits["content"], &waits["failed"]), (&json!("生日快樂"), &Value::Null));
    assert_eq!(changed.next().await["scheduled"], json!([waits]));
    assert_eq!(waiting(&ming, &room).await, [Value::Null; 0], "nobody else sees it");
    let sent = new.next().await["message"].clone();
    assert_eq!((&sent["content"], &sent["silent"]), (&json!("生日快樂"), &json!(true)));
    assert_eq!(sent["client_msg_id"], json!(format!("scheduled-{}", text(&waits["scheduled_id"]))));
    assert_eq!(changed.next().await["scheduled"], json!([]));
    assert_eq!(waiting(&alice, &room).await, [Value::Null; 0]);
    assert_eq!(ming.texts(&room).await, ["生日快樂"]);
}

async fn what_waits_is_listed_changed_and_deleted(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let later = schedule(&alice, &room, &json!({ "content": "晚", "send_at": soon(2_000) })).await;
    let next = schedule(&alice, &room, &json!({ "content": "早", "send_at": soon(1_000) })).await;
    assert_eq!(waiting(&alice, &room).await, [next.clone(), later.clone()]);
    let one = |message: &Value| format!("{}/{}", path(&room), text(&message["scheduled_id"]));
    let changed = alice.patch(&one(&later), &json!({ "content": "更早", "send_at": soon(500) })).await.ok();
    assert_eq!(changed["content"], "更早");
    assert_eq!(waiting(&alice, &room).await, [changed.clone(), next.clone()]);
    for person in [&ming, &stack.person("陌生人").await] {
        person.patch(&one(&next), &json!({ "content": "改" })).await.is(404);
        person.delete(&one(&next)).await.is(404);
    }
    alice.delete(&one(&next)).await.is(204);
    alice.delete(&one(&next)).await.refused(404, "not_found", "Scheduled message not found");
    assert_eq!(waiting(&alice, &room).await, [changed]);
    assert_eq!(ming.texts(&room).await, [""; 0]);
}

async fn what_the_room_refuses_stays_with_its_code(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let said = ming.say(&room, "會收回的話").await;
    let from = json!({ "chatroom_id": room, "message_id": said["message_id"] });
    let socket = alice.socket().await;
    let mut changed = socket.listen("scheduled_messages");
    ming.unsend(&said).await.is(200);
    schedule(&alice, &room, &json!({ "forwarded_from": from, "send_at": soon(1) })).await;
    changed.next().await;
    assert_eq!(changed.next().await["scheduled"][0]["failed"], "message_unsent");
    assert_eq!(waiting(&alice, &room).await[0]["failed"], "message_unsent");
}

async fn who_has_left_sends_nothing(stack: &Stack) {
    let (alice, ming) = (stack.person("愛麗絲").await, stack.person("小明").await);
    let group = alice.open_group(&[&ming, &stack.person("阿美").await], "三人行").await;
    let (mine, theirs) = (ming.socket().await, alice.socket().await);
    schedule(&ming, &group, &json!({ "content": "再見", "send_at": soon(1) })).await;
    ming.leave_group(&group).await.is(204);
    ming.get(&path(&group)).await.refused(404, "not_found", "Chatroom not found");
    let room = ming.open_room(&alice).await;
    let mut new = theirs.listen("new_message");
    schedule(&ming, &room, &json!({ "content": "在這裡", "send_at": soon(2) })).await;
    assert_eq!(new.next().await["message"]["content"], "在這裡", "what was due before is settled");
    assert_eq!(alice.texts(&group).await, [""; 0]);
    drop(mine);
}

async fn a_user_has_at_most_a_hundred(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let message = json!({ "content": "等", "send_at": soon(1_000) });
    for _ in 0..100 {
        schedule(&alice, &room, &message).await;
    }
    let over = alice.post_json(&path(&room), &message).await;
    over.refused(400, "too_many_scheduled", "A user can have at most 100 scheduled messages");
    schedule(&ming, &room, &message).await;
}

async fn what_cannot_wait_is_refused(stack: &Stack) {
    let (alice, _, room) = stack.pair().await;
    for (message, place, kind) in [
        (json!({ "content": "等" }), "body.send_at", "missing"),
        (json!({ "content": "等", "send_at": "明天" }), "body.send_at", "datetime_from_date_parsing"),
        (json!({ "content": "", "send_at": soon(9) }), "body.content", "string_too_short"),
    ] {
        alice.post_json(&path(&room), &message).await.invalid(&[(place, kind)]);
    }
    for send_at in [soon(0), soon(366 * 24 * 60 * 60)] {
        let message = json!({ "content": "等", "send_at": send_at });
        let refused = alice.post_json(&path(&room), &message).await;
        refused.refused(422, "validation", "send_at must be in the future, and at most 365 days ahead");
    }
    let message = json!({ "content": "等", "send_at": soon(9) });
    stack.person("陌生人").await.post_json(&path(&room), &message).await.refused(
        404,
        "not_found",
        "Chatroom not found",
    );
    stack.anon().post_json(&path(&room), &message).await.is(401);
    stack.anon().get(&path(&room)).await.is(401);
}

async fn those_scheduled_at_once_share_the_limit(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let group = alice.open_group(&[&ming, &stack.person("阿美").await], "三人行").await;
    let message = json!({ "content": "等", "send_at": soon(1_000) });
    for _ in 0..95 {
        schedule(&alice, &room, &message).await;
    }
    let paths = [path(&room), path(&group)];
    let asked = (0..12).map(|number| alice.post_json(&paths[number % 2], &message));
    let answers = join_all(asked).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 5);
    assert!(answers.iter().all(|answer| [201, 400].contains(&answer.status)));
}

/// Runs statements that no driver prepares.
fn run(stack: &Stack, statements: [&'static str; 2]) {
    beside(stack.database_url(), move |conn| {
        let [sqlite, mysql] = statements;
        match conn {
            Conn::Sqlite(c) => c.batch_execute(sqlite)?,
            Conn::Mysql(c) => c.batch_execute(mysql)?,
        }
        Ok(())
    });
}

async fn an_outage_delays_what_it_meets_and_nothing_else(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    // As when the disk has no room for this one message.
    run(
        stack,
        [
            "CREATE TRIGGER full BEFORE INSERT ON messages WHEN NEW.content = '太長'
             BEGIN SELECT RAISE(ABORT, 'no space left'); END",
            "CREATE TRIGGER full BEFORE INSERT ON messages FOR EACH ROW IF NEW.content = '太長'
             THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no space left'; END IF",
        ],
    );
    let mut new = ming.socket().await.listen("new_message");
    let at = soon(1);
    for content in ["太長", "短"] {
        schedule(&alice, &room, &json!({ "content": content, "send_at": at })).await;
    }
    assert_eq!(new.next().await["message"]["content"], "短");
    assert_eq!(waiting(&alice, &room).await[0]["failed"], Value::Null);
    run(stack, ["DROP TRIGGER full"; 2]);
    assert_eq!(new.next().await["message"]["content"], "太長");
    assert_eq!(ming.texts(&room).await, ["短", "太長"]);
}
