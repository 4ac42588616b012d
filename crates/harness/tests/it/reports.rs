//! Reports of users and messages to the administrators.

use harness::people::{list, text};
use harness::{Person, Stack, on_each_database};
use serde_json::{Value, json};

on_each_database! {
    a_user_is_reported_with_a_note,
    a_message_is_kept_as_it_was,
    who_is_not_there_is_reported_as_anybody,
    only_what_one_sees_is_reported,
    a_report_that_is_malformed_is_refused,
    reports_are_limited where |config| {
        config.rates.enabled = true;
        config.rates.report = "2/1h".parse().unwrap();
    },
}

async fn report(person: &Person, body: Value) -> harness::Answer {
    person.post_json("/reports", &body).await
}

/// Returns the reports as an administrator reads them, the last one first.
async fn stored(stack: &Stack) -> Vec<Value> {
    let admin = stack.admin("管理員").await;
    list(&admin.get("/admin/reports").await.ok()["items"])
}

async fn a_user_is_reported_with_a_note(stack: &Stack) {
    let (alice, ming) = (stack.person("愛麗絲").await, stack.person("小明").await);
    let note = "他".repeat(1_000);
    let reasons = ["spam", "harassment", "hate", "violence", "sexual", "impersonation", "other"];
    for reason in reasons {
        report(&alice, json!({ "user_id": ming.id, "reason": reason, "note": note })).await.is(204);
    }
    report(&alice, json!({ "user_id": ming.id, "reason": "other", "note": " " })).await.is(204);
    let found = stored(stack).await;
    assert_eq!(found.len(), 8);
    assert!(found.iter().all(|it| it["reporter"]["user_id"] == alice.id));
    assert!(found.iter().all(|it| it["reported"]["user_id"] == ming.id));
    assert!(found.iter().all(|it| it["chatroom_id"].is_null() && it["evidence"].is_null()));
    let notes: Vec<_> = found.iter().filter_map(|it| it["note"].as_str()).collect();
    assert_eq!(notes, [note.as_str(); 7]);
    for reason in reasons {
        assert!(found.iter().any(|it| it["reason"] == reason));
    }
}

async fn a_message_is_kept_as_it_was(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let sent = ming.say(&room, "你真討厭").await;
    let body = json!({ "chatroom_id": room, "message_id": sent["message_id"], "reason": "harassment" });
    report(&alice, body).await.is(204);
    ming.unsend(&sent).await.is(200);
    let found = stored(stack).await.pop().unwrap();
    assert_eq!((&found["reported"]["user_id"], &found["evidence"]), (&json!(ming.id), &json!("你真討厭")));
    assert_eq!((&found["chatroom_id"], &found["seq"]), (&json!(room), &json!(1)));
}

async fn who_is_not_there_is_reported_as_anybody(stack: &Stack) {
    let (alice, ming) = (stack.person("愛麗絲").await, stack.person("小明").await);
    ming.put(&format!("/friends/blocks/{}", alice.id)).await.is(200);
    for id in [ming.id, 999_999_999, 0, -1] {
        let answer = report(&alice, json!({ "user_id": id, "reason": "spam" })).await;
        assert_eq!(answer.is(204).text(), "");
    }
    assert_eq!(stored(stack).await.len(), 1);
}

async fn only_what_one_sees_is_reported(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let (sent, own) = (ming.say(&room, "你好").await, alice.say(&room, "我好").await);
    let hidden = ming.say(&room, "藏").await;
    alice.hide(&hidden).await.is(204);
    let about = |room: &str, message: &Value| json!({ "chatroom_id": room, "message_id": message["message_id"], "reason": "spam" });
    let stranger = stack.person("陌生人").await;
    report(&stranger, about(&room, &sent)).await.refused(404, "not_found", "Chatroom not found");
    let other = text(&json!("01890a5d-ac96-774b-bcce-b302099a8057"));
    report(&alice, about(&other, &sent)).await.refused(404, "not_found", "Chatroom not found");
    report(&alice, about(&room, &hidden)).await.refused(404, "not_found", "Message not found");
    let nothing = json!({ "message_id": 999_999 });
    report(&alice, about(&room, &nothing)).await.refused(404, "not_found", "Message not found");
    for body in [about(&room, &own), json!({ "user_id": alice.id, "reason": "spam" })] {
        report(&alice, body).await.refused(400, "oneself", "You cannot report yourself");
    }
    stack.anon().post_json("/reports", &about(&room, &sent)).await.unauthorized("Not authenticated");
    assert!(stored(stack).await.is_empty());
}

async fn a_report_that_is_malformed_is_refused(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let cases = [
        (json!({ "reason": "spam" }), "body.user_id", "missing"),
        (json!({ "user_id": ming.id }), "body.reason", "missing"),
        (json!({ "chatroom_id": room, "reason": "spam" }), "body.message_id", "missing"),
        (json!({ "message_id": 1, "reason": "spam" }), "body.chatroom_id", "missing"),
        (json!({ "user_id": "x", "reason": "spam" }), "body.user_id", "int_parsing"),
        (
            json!({ "user_id": ming.id, "reason": "spam", "note": "他".repeat(1_001) }),
            "body.note",
            "string_too_long",
        ),
    ];
    for (body, place, rule) in cases {
        report(&alice, body).await.invalid(&[(place, rule)]);
    }
    report(&alice, json!({ "user_id": ming.id, "reason": "boring" })).await.is(422);
    assert!(stored(stack).await.is_empty());
}

async fn reports_are_limited(stack: &Stack) {
    let (alice, ming) = (stack.person("愛麗絲").await, stack.person("小明").await);
    let body = json!({ "user_id": ming.id, "reason": "spam" });
    for _ in 0..2 {
        report(&alice, body.clone()).await.is(204);
    }
    assert_eq!(report(&alice, body).await.is(429).json()["code"], "rate_limited");
    report(&ming, json!({ "user_id": alice.id, "reason": "spam" })).await.is(204);
}
