//! `Idempotency-Key`: a request that is repeated under its key is done once.

use domain::time::Time;
use futures_util::future::join_all;
use harness::people::list;
use harness::{Answer, Person, Stack, on_each_database};
use reqwest::Method;
use serde_json::{Value, json};

on_each_database! {
    a_repeat_is_answered_like_the_first_and_done_once,
    the_same_key_for_another_request_is_refused,
    of_many_at_once_one_is_done,
    a_refused_request_leaves_its_key_free,
    a_key_is_good_for_a_day,
    a_key_is_one_users_and_one_endpoints,
    a_malformed_key_is_refused,
    without_a_sign_in_no_key_counts,
}

/// Asks to make a group, under a key.
async fn open(who: &Person, key: &str, body: &Value) -> Answer {
    who.send(who.request(Method::POST, "/chatrooms").header("idempotency-key", key).json(body)).await
}

async fn three(stack: &Stack) -> ([Person; 3], Value) {
    let people = [stack.person("愛麗絲").await, stack.person("小明").await, stack.person("卡蘿").await];
    let [alice, ming, carol] = &people;
    alice.befriend(ming).await;
    alice.befriend(carol).await;
    let body = json!({ "members_id": [ming.id, carol.id], "chatroom_name": "大家" });
    (people, body)
}

/// Counts the groups that were made as [`three`] says.
async fn groups(who: &Person) -> usize {
    let rooms = list(&who.get("/chatrooms").await.ok());
    rooms.iter().filter(|room| room["chatroom_name"] == "大家").count()
}

async fn a_repeat_is_answered_like_the_first_and_done_once(stack: &Stack) {
    let ([alice, ming, _], body) = three(stack).await;
    let first = open(&alice, "一", &body).await;
    first.is(422);
    let first = open(&alice, "key-1", &body).await;
    assert_eq!(first.header("idempotency-replayed"), "");
    let repeat = open(&alice, "key-1", &body).await;
    assert_eq!((first.ok(), repeat.header("idempotency-replayed")), (repeat.ok(), "true"));
    assert_eq!((groups(&alice).await, groups(&ming).await), (1, 1));
    open(&alice, "key-2", &body).await.ok();
    assert_eq!(groups(&alice).await, 2);
    // A key does not keep from anything where answers are not kept.
    let read = alice.request(Method::POST, "/chatrooms/0/read").header("idempotency-key", "key-1");
    alice.send(read).await.is(404);
}

async fn the_same_key_for_another_request_is_refused(stack: &Stack) {
    let ([alice, ming, carol], body) = three(stack).await;
    open(&alice, "key", &body).await.ok();
    let other = json!({ "members_id": [ming.id, carol.id], "chatroom_name": "別的" });
    let mismatch = "Idempotency-Key was used for another request";
    open(&alice, "key", &other).await.refused(422, "idempotency_mismatch", mismatch);
    assert_eq!(groups(&alice).await, 1);
    open(&alice, "key", &body).await.ok();
}

async fn of_many_at_once_one_is_done(stack: &Stack) {
    let ([alice, ..], body) = three(stack).await;
    let answers = join_all((0..10).map(|_| open(&alice, "key", &body))).await;
    let (done, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert!(!done.is_empty());
    assert!(done.iter().all(|answer| answer.json() == done[0].json()));
    let why = "The first request with this Idempotency-Key has not been answered yet";
    for answer in refused {
        answer.refused(409, "idempotency_in_progress", why);
    }
    assert_eq!(groups(&alice).await, 1);
}

async fn a_refused_request_leaves_its_key_free(stack: &Stack) {
    let ([alice, ming, carol], body) = three(stack).await;
    open(&alice, "key", &json!({ "members_id": [0], "chatroom_name": "沒人" })).await.is(404);
    open(&alice, "key", &body).await.ok();
    let asks = format!("/friends/request?friend_id={}", carol.id);
    let ask = async || ming.send(ming.request(Method::POST, &asks).header("idempotency-key", "key")).await;
    let first = ask().await.ok();
    assert_eq!(ask().await.ok(), first, "and not that it was asked already");
}

async fn a_key_is_good_for_a_day(stack: &Stack) {
    let ([alice, ..], body) = three(stack).await;
    let start = stack.clock().now();
    stack.clock().set(start);
    open(&alice, "key", &body).await.ok();
    let after = |seconds: i64| Time::parse(&(start.unix_seconds() + seconds).to_string()).unwrap();
    stack.clock().set(after(24 * 3600 - 1));
    let alice = alice.elsewhere().await;
    open(&alice, "key", &body).await.ok();
    assert_eq!(groups(&alice).await, 1);
    stack.clock().set(after(24 * 3600 + 2));
    open(&alice, "key", &body).await.ok();
    assert_eq!(groups(&alice).await, 2);
}

async fn a_key_is_one_users_and_one_endpoints(stack: &Stack) {
    let ([alice, ming, carol], body) = three(stack).await;
    open(&alice, "key", &body).await.ok();
    let theirs = json!({ "members_id": [alice.id] });
    open(&ming, "key", &theirs).await.ok();
    let asks = format!("/friends/request?friend_id={}", ming.id);
    carol.send(carol.request(Method::POST, &asks).header("idempotency-key", "key")).await.ok();
    assert_eq!(groups(&ming).await, 1);
    let (group, dave) = (alice.open_group(&[&ming, &carol], "三人").await, stack.person("大衛").await);
    alice.befriend(&dave).await;
    let add = alice.request(Method::POST, &format!("/chatrooms/{group}/participants"));
    alice.send(add.header("idempotency-key", "key").json(&json!({ "members_id": [dave.id] }))).await.ok();
}

async fn a_malformed_key_is_refused(stack: &Stack) {
    let ([alice, ..], body) = three(stack).await;
    for bad in ["", &"k".repeat(256)] {
        open(&alice, bad, &body).await.is(422);
    }
    assert_eq!(groups(&alice).await, 0);
    open(&alice, &"k".repeat(255), &body).await.ok();
}

async fn without_a_sign_in_no_key_counts(stack: &Stack) {
    let anon = stack.anon();
    let body = json!({ "members_id": [1] });
    anon.send(anon.request(Method::POST, "/chatrooms").header("idempotency-key", "key").json(&body))
        .await
        .is(401);
}
