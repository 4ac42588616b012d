//! Incoming webhooks: addresses by which programs send messages to a room.

use futures_util::future::join_all;
use harness::people::{PASSWORD, list, text};
use harness::{Answer, Person, Stack, on_each_database};
use serde_json::{Value, json};

use crate::roles::group;

on_each_database! {
    what_is_posted_is_a_message_of_the_room,
    a_post_is_read_in_slacks_forms,
    a_repeat_under_its_key_sends_nothing,
    those_who_manage_a_group_manage_its_webhooks,
    both_of_a_room_of_two_may,
    a_webhook_is_the_rooms_and_not_its_makers,
    a_deleted_webhook_sends_nothing,
    a_webhook_is_not_in_its_room,
    what_is_no_post_is_refused where |config| config.limits.text_max = 20,
    a_blocked_room_takes_nothing,
    a_request_has_no_webhooks,
    a_room_has_so_many_webhooks,
    each_webhook_has_a_rate where |config| {
        config.rates.enabled = true;
        config.rates.hook = "2/1h".parse().unwrap();
    },
}

/// Makes a webhook of a room.
pub(crate) async fn webhook(person: &Person, room: &str) -> Value {
    let made = person.post_json(&format!("/chatrooms/{room}/webhooks"), &json!({ "name": "建置" })).await;
    made.is(201).json()
}

async fn post(stack: &Stack, webhook: &Value, said: &str) -> Answer {
    stack.anon().post_json(&text(&webhook["url"]), &json!({ "text": said })).await
}

fn assert_ok(answer: &Answer) {
    assert_eq!(answer.is(200).text(), "ok");
    assert!(answer.header("content-type").starts_with("text/plain"), "{answer}");
}

async fn what_is_posted_is_a_message_of_the_room(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let made = webhook(&alice, &room).await;
    let token = text(&made["token"]);
    assert_eq!((token.len(), text(&made["url"])), (43, format!("{}/hooks/{token}", stack.origin())));
    assert_eq!((&made["name"], &made["created_by"]), (&json!("建置"), &json!(alice.id)));
    let (socket, cursor) = (ming.socket().await, text(&ming.get("/sync").await.ok()["cursor"]));
    assert_ok(&post(stack, &made, "建置完成").await);
    let event = socket.first("new_message").await;
    let message = &event["message"];
    assert_eq!((&message["content"], &message["sender_id"]), (&json!("建置完成"), &made["user_id"]));
    assert_eq!((&message["user"]["nickname"], &message["user"]["is_bot"]), (&json!("建置"), &json!(true)));
    assert_eq!((&event["unread_count"], &message["seq"]), (&json!(1), &json!(1)));
    let missed = ming.get(&format!("/sync?since={cursor}")).await.ok();
    assert_eq!(missed["events"][0]["data"]["message"]["message_id"], message["message_id"]);
    assert_eq!(alice.look(message).await.unwrap()["content"], "建置完成");
    assert_eq!(list(&ming.get("/search?q=建置完成").await.ok()["items"]).len(), 1);
    ming.reply(&room, message, "好").await;
    ming.react(message, "👍").await.ok();
}

async fn a_post_is_read_in_slacks_forms(stack: &Stack) {
    let (alice, _, room) = stack.pair().await;
    let made = webhook(&alice, &room).await;
    let (url, anon) = (text(&made["url"]), stack.anon());
    let body = json!({ "text": "一", "username": "別人", "channel": "#別處", "blocks": [1] });
    assert_ok(&anon.post_json(&url, &body).await);
    assert_ok(&anon.post_form(&url, &[("payload", r#"{"text":"二"}"#)]).await);
    assert_ok(&anon.post_raw(&url, "text/plain", r#"{"text":"三"}"#).await);
    assert_ok(&alice.post_json(&format!("{url}/"), &json!({ "text": "四" })).await);
    assert_eq!(alice.texts(&room).await, ["一", "二", "三", "四"]);
    assert!(alice.read_page(&room, "").await.iter().all(|message| message["user"]["nickname"] == "建置"));
}

async fn a_repeat_under_its_key_sends_nothing(stack: &Stack) {
    let (alice, _, room) = stack.pair().await;
    let (made, other) = (webhook(&alice, &room).await, webhook(&alice, &room).await);
    let keyed = async |webhook: &Value, key: String, said: &str| {
        let (anon, body) = (stack.anon(), json!({ "text": said }));
        let request = anon.request(reqwest::Method::POST, &text(&webhook["url"]));
        anon.send(request.header("idempotency-key", key).json(&body)).await
    };
    let longest = "k".repeat(255);
    let answers = join_all((0..3).map(|_| keyed(&made, longest.clone(), "一次"))).await;
    answers.iter().for_each(assert_ok);
    keyed(&made, longest.clone(), "另一則").await.is(409);
    assert_ok(&keyed(&other, longest, "另一則").await);
    for key in [String::new(), "k".repeat(256)] {
        keyed(&made, key, "一次").await.is(422);
    }
    assert_eq!(alice.texts(&room).await, ["一次", "另一則"]);
}

async fn those_who_manage_a_group_manage_its_webhooks(stack: &Stack) {
    let ([alice, ming, carol], room) = group(stack).await;
    let stranger = stack.person("陌生人").await;
    let path = format!("/chatrooms/{room}/webhooks");
    let body = json!({ "name": "建置" });
    let (first, second) = (webhook(&alice, &room).await, webhook(&ming, &room).await);
    let listed = alice.get(&path).await.ok();
    assert_eq!(listed, ming.get(&path).await.ok());
    assert_eq!(
        (&listed[0]["webhook_id"], &listed[1]["webhook_id"]),
        (&second["webhook_id"], &first["webhook_id"])
    );
    assert!(listed[0].get("token").is_none() && listed[0].get("url").is_none(), "{listed}");
    let one = format!("{path}/{}", text(&first["webhook_id"]));
    for answer in [carol.get(&path).await, carol.post_json(&path, &body).await, carol.delete(&one).await] {
        answer.refused(403, "forbidden", "Forbidden");
    }
    for answer in
        [stranger.get(&path).await, stranger.post_json(&path, &body).await, stranger.delete(&one).await]
    {
        answer.refused(404, "not_found", "Chatroom not found");
    }
    let anon = stack.anon();
    for answer in [anon.get(&path).await, anon.post_json(&path, &body).await, anon.delete(&one).await] {
        answer.is(401);
    }
    alice.post_json(&path, &json!({})).await.invalid(&[("body.name", "missing")]);
    alice.post_json(&path, &json!({ "name": " " })).await.invalid(&[("body.name", "string_too_short")]);
    alice
        .post_json(&path, &json!({ "name": "字".repeat(33) }))
        .await
        .invalid(&[("body.name", "string_too_long")]);
    ming.delete(&one).await.is(204);
    ming.delete(&one).await.refused(404, "not_found", "Webhook not found");
    alice.delete(&format!("{path}/1")).await.refused(404, "not_found", "Webhook not found");
}

async fn both_of_a_room_of_two_may(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let (first, _) = (webhook(&alice, &room).await, webhook(&ming, &room).await);
    let path = format!("/chatrooms/{room}/webhooks");
    ming.delete(&format!("{path}/{}", text(&first["webhook_id"]))).await.is(204);
    assert_eq!(list(&alice.get(&path).await.ok()).len(), 1);
}

async fn a_webhook_is_the_rooms_and_not_its_makers(stack: &Stack) {
    let ([alice, ming, carol], room) = group(stack).await;
    let made = webhook(&ming, &room).await;
    ming.leave_group(&room).await.is(204);
    assert_ok(&post(stack, &made, "還在").await);
    ming.delete_account(PASSWORD).await.is(204);
    assert_ok(&post(stack, &made, "仍在").await);
    assert_eq!(alice.texts(&room).await, ["還在", "仍在"]);
    alice.leave_group(&room).await.is(204);
    assert_ok(&post(stack, &made, "剩一人").await);
    carol.leave_group(&room).await.is(204);
    post(stack, &made, "沒人了").await.refused(404, "not_found", "Webhook not found");
}

async fn a_deleted_webhook_sends_nothing(stack: &Stack) {
    let (alice, _, room) = stack.pair().await;
    let (made, other) = (webhook(&alice, &room).await, webhook(&alice, &room).await);
    assert_ok(&post(stack, &made, "之前").await);
    let path = format!("/chatrooms/{room}/webhooks/{}", text(&made["webhook_id"]));
    alice.delete(&path).await.is(204);
    post(stack, &made, "之後").await.refused(404, "not_found", "Webhook not found");
    assert_ok(&post(stack, &other, "另一個").await);
    assert_eq!(alice.texts(&room).await, ["之前", "另一個"]);
    assert_eq!(alice.read_page(&room, "").await[0]["user"]["nickname"], "建置");
}

async fn a_webhook_is_not_in_its_room(stack: &Stack) {
    let ([alice, ming, _], room) = stack.group().await;
    let made = webhook(&alice, &room).await;
    assert_ok(&post(stack, &made, "大家好").await);
    let shown = alice.get(&format!("/chatrooms/{room}")).await.ok();
    assert_eq!((list(&shown["participants"]).len(), list(&shown["marks"]).len()), (3, 3));
    ming.get(&format!("/user/{}", made["user_id"])).await.is(403);
    alice.post_json("/chatrooms", &json!({ "members_id": [made["user_id"]] })).await.is(404);
    let name = text(&alice.read_page(&room, "").await.last().unwrap()["user"]["username"]);
    stack.anon().sign_in(&name, "").await.is(401);
    ming.get(&format!("/friends/search?username={name}")).await.is(404);
}

async fn what_is_no_post_is_refused(stack: &Stack) {
    let (alice, _, room) = stack.pair().await;
    let made = webhook(&alice, &room).await;
    let (url, anon) = (text(&made["url"]), stack.anon());
    anon.post_json(&url, &json!({})).await.invalid(&[("body.text", "missing")]);
    anon.post_json(&url, &json!({ "text": " " })).await.invalid(&[("body.text", "string_too_short")]);
    assert_ok(&post(stack, &made, &"字".repeat(20)).await);
    post(stack, &made, &"字".repeat(21)).await.invalid(&[("body.text", "string_too_long")]);
    anon.post_form(&url, &[("payload", "{")]).await.is(422);
    anon.post_form(&url, &[("payload", "{}")]).await.invalid(&[("body.text", "missing")]);
    anon.post_raw(&url, "application/xml", "<text/>").await.is(415);
    for token in ["x", &"A".repeat(43)] {
        let answer = anon.post_json(&format!("/hooks/{token}"), &json!({ "text": "好" })).await;
        answer.refused(404, "not_found", "Webhook not found");
    }
    anon.get(&url).await.is(405);
    assert_eq!(alice.texts(&room).await.len(), 1);
}

async fn a_blocked_room_takes_nothing(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let made = webhook(&alice, &room).await;
    ming.put(&format!("/friends/blocks/{}", alice.id)).await.ok();
    assert_eq!(post(stack, &made, "喂").await.is(403).json()["code"], "cannot_send");
    assert_eq!(ming.texts(&room).await, Vec::<String>::new());
}

async fn a_request_has_no_webhooks(stack: &Stack) {
    let (alice, stranger) = (stack.person("愛麗絲").await, stack.person("陌生人").await);
    let room = stranger.open_room(&alice).await;
    let path = format!("/chatrooms/{room}/webhooks");
    for person in [&stranger, &alice] {
        let answer = person.post_json(&path, &json!({ "name": "建置" })).await;
        assert_eq!(answer.is(403).json()["code"], "request_pending");
    }
    stranger.say(&room, "你好").await;
    alice.say(&room, "你好").await;
    assert_ok(&post(stack, &webhook(&stranger, &room).await, "建置完成").await);
}

async fn a_room_has_so_many_webhooks(stack: &Stack) {
    let (alice, _, room) = stack.pair().await;
    for _ in 0..20 {
        webhook(&alice, &room).await;
    }
    let path = format!("/chatrooms/{room}/webhooks");
    let many = alice.post_json(&path, &json!({ "name": "建置" })).await;
    many.refused(400, "too_many_webhooks", "There can be at most 20 webhooks");
    let first = text(&alice.get(&path).await.ok()[0]["webhook_id"]);
    alice.delete(&format!("{path}/{first}")).await.is(204);
    webhook(&alice, &room).await;
}

async fn each_webhook_has_a_rate(stack: &Stack) {
    let (alice, _, room) = stack.pair().await;
    let (made, other) = (webhook(&alice, &room).await, webhook(&alice, &room).await);
    assert_ok(&post(stack, &made, "一").await);
    assert_ok(&post(stack, &made, "二").await);
    assert_eq!(post(stack, &made, "三").await.is(429).json()["code"], "rate_limited");
    assert_ok(&post(stack, &other, "四").await);
    assert_eq!(stack.refusals().get("rates.hook"), 1);
    assert_eq!(alice.texts(&room).await, ["一", "二", "四"]);
}
