//! Messages that are edited and unsent: by whom, and for how long.

use domain::time::Time;
use harness::people::{list, path_of, text};
use harness::{Stack, on_each_database};
use reqwest::Method;
use serde_json::{Value, json};

/// Stops the clock this many seconds after a message was sent.
pub(crate) fn age(stack: &Stack, message: &Value, seconds: i64) {
    let sent = Time::parse(&text(&message["timestamp"])).unwrap();
    stack.clock().set(Time::parse(&(sent.unix_seconds() + seconds).to_string()).unwrap());
}

/// The beginning of a PNG, which holds its size.
pub(crate) const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0";

pub(crate) const DAY: i64 = 24 * 60 * 60;

on_each_database! {
    an_edited_message_says_so_and_keeps_its_place,
    the_same_words_again_change_nothing,
    the_words_under_a_file_can_be_edited_and_taken_away,
    its_history_is_for_the_members_of_the_room,
    only_so_many_edits_are_kept,
    both_have_their_hours,
    an_operator_can_allow_neither where |config| {
        config.limits.edit_hours = 0;
        config.limits.unsend_hours = 0;
    },
    an_operator_sets_the_hours where |config| {
        config.limits.edit_hours = 1;
        config.limits.unsend_hours = 48;
    },
    nobody_else_may,
    what_cannot_be_is_refused,
}

async fn an_edited_message_says_so_and_keeps_its_place(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let (mine, theirs) = (alice.socket().await, ming.socket().await);
    let (mut here, mut there) = (mine.listen("message_updated"), theirs.listen("message_updated"));
    let sent = alice.say(&room, "明天三點").await;
    alice.say(&room, "車站見").await;
    assert_eq!(sent["edited_at"], Value::Null);
    let edited = alice.edit(&sent, "明天四點").await.ok();
    let mut wanted = sent.clone();
    (wanted["content"], wanted["edited_at"]) = (json!("明天四點"), edited["edited_at"].clone());
    assert_eq!(edited, wanted);
    assert!(text(&edited["edited_at"]) > text(&sent["timestamp"]));
    let mut event = there.next().await;
    event.as_object_mut().unwrap().remove("pos");
    assert_eq!(event, json!({ "message": edited }));
    assert_eq!(here.next().await["message"], edited, "by REST it comes from none of one's sockets");
    assert_eq!(ming.texts(&room).await, ["明天四點", "車站見"]);
    // By a socket it has its answer, and only the others receive.
    let request = json!({ "chatroom_id": room, "message_id": sent["message_id"], "content": "明天五點" });
    let answered = mine.ask_ok("edit_message", request).await["message"].clone();
    assert_eq!((&answered["content"], &answered["seq"]), (&json!("明天五點"), &json!(1)));
    assert_eq!(there.next().await["message"]["edited_at"], answered["edited_at"]);
    alice.edit(&sent, "明天六點").await.is(200);
    assert_eq!(here.next().await["message"]["content"], "明天六點");
    assert!(text(&alice.look(&sent).await.unwrap()["edited_at"]) > text(&answered["edited_at"]));
}

async fn the_same_words_again_change_nothing(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let (theirs, cursor) = (ming.socket().await, text(&ming.get("/sync").await.ok()["cursor"]));
    let sent = alice.say(&room, "一樣").await;
    assert_eq!(alice.edit(&sent, "一樣").await.ok(), sent);
    let mut received = theirs.listen("message_updated");
    alice.edit(&sent, "不一樣").await.is(200);
    alice.edit(&sent, "不一樣").await.is(200);
    alice.edit(&sent, "又不一樣").await.is(200);
    let content =
        received.take(2).await.iter().map(|event| text(&event["message"]["content"])).collect::<Vec<_>>();
    assert_eq!(content, ["不一樣", "又不一樣"]);
    let missed = list(&ming.get(&format!("/sync?since={cursor}")).await.ok()["events"]);
    assert_eq!(missed.len(), 3, "the message and two edits: {missed:?}");
    assert_eq!(list(&ming.versions(&sent).await.ok()).len(), 3);
}

async fn the_words_under_a_file_can_be_edited_and_taken_away(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let url = "https://example.com/貓.png";
    let picture = json!({ "message_type": "image", "media_url": url });
    let sent = alice.send_message(&room, &picture).await.ok();
    for (content, caption) in [("我的貓", json!("我的貓")), ("他的貓", json!("他的貓")), (" ", Value::Null)]
    {
        let edited = alice.edit(&sent, content).await.ok();
        assert_eq!(
            (&edited["caption"], &edited["content"], &edited["media_url"]),
            (&caption, &json!(url), &json!(url))
        );
        assert_eq!(ming.look(&sent).await.unwrap()["caption"], caption);
    }
    let captions: Vec<Value> =
        list(&ming.versions(&sent).await.ok()).iter().map(|version| version["caption"].clone()).collect();
    assert_eq!(captions, [json!(null), json!("我的貓"), json!("他的貓"), json!(null)]);
}

async fn its_history_is_for_the_members_of_the_room(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let stranger = stack.person("陌生人").await;
    let sent = alice.say(&room, "一").await;
    let first = json!({ "content": "一", "caption": null, "written_at": sent["timestamp"] });
    assert_eq!(ming.versions(&sent).await.ok(), json!([first]));
    let second = alice.edit(&sent, "二").await.ok();
    let second = json!({ "content": "二", "caption": null, "written_at": second["edited_at"] });
    for person in [&alice, &ming] {
        assert_eq!(person.versions(&sent).await.ok(), json!([first, second]));
    }
    stranger.versions(&sent).await.refused(404, "not_found", "Chatroom not found");
    stack.anon().get(&format!("{}/history", path_of(&sent))).await.unauthorized("Not authenticated");
    alice.unsend(&sent).await.is(200);
    assert_eq!(ming.versions(&sent).await.ok(), json!([]));
    let second = alice.say(&room, "藏起來").await;
    ming.hide(&second).await.is(204);
    ming.versions(&second).await.refused(404, "not_found", "Message not found");
    alice.versions(&second).await.is(200);
}

async fn only_so_many_edits_are_kept(stack: &Stack) {
    let (alice, _, room) = stack.pair().await;
    let sent = alice.say(&room, "零").await;
    for number in 1..=100 {
        alice.edit(&sent, &number.to_string()).await.is(200);
    }
    alice.edit(&sent, "再一次").await.refused(
        400,
        "too_many_edits",
        "A message can be edited 100 times at most",
    );
    alice.edit(&sent, "100").await.is(200);
    alice.unsend(&sent).await.is(200);
}

async fn both_have_their_hours(stack: &Stack) {
    let (alice, _, room) = stack.pair().await;
    let (sent, socket) = (alice.say(&room, "昨天").await, alice.socket().await);
    age(stack, &sent, DAY - 60);
    alice.edit(&sent, "還來得及").await.is(200);
    age(stack, &sent, DAY + 1);
    let late = "A message can be edited within 24 hours";
    alice.edit(&sent, "太晚了").await.refused(400, "too_late", late);
    let mut request = json!({ "chatroom_id": room, "message_id": sent["message_id"], "content": "太晚了" });
    assert_eq!(socket.ask_refused("edit_message", request.clone(), "too_late").await["detail"], late);
    request.as_object_mut().unwrap().remove("content");
    socket.ask_refused("delete_message", request, "too_late").await;
    alice.unsend(&sent).await.refused(400, "too_late", "A message can be unsent within 24 hours");
    assert_eq!(alice.texts(&room).await, ["還來得及"]);
    alice.hide(&sent).await.is(204);
    let other = alice.say(&room, "前天").await;
    age(stack, &other, DAY - 60);
    alice.unsend(&other).await.is(200);
}

async fn an_operator_can_allow_neither(stack: &Stack) {
    let (alice, _, room) = stack.pair().await;
    let sent = alice.say(&room, "不能改").await;
    alice.edit(&sent, "改").await.refused(400, "too_late", "Messages can not be edited on this server");
    alice.unsend(&sent).await.refused(400, "too_late", "Messages can not be unsent on this server");
    assert_eq!(alice.texts(&room).await, ["不能改"]);
}

async fn an_operator_sets_the_hours(stack: &Stack) {
    let (alice, _, room) = stack.pair().await;
    let sent = alice.say(&room, "昨天").await;
    age(stack, &sent, 60 * 60 + 1);
    alice.edit(&sent, "改").await.refused(400, "too_late", "A message can be edited within 1 hour");
    age(stack, &sent, 2 * DAY - 60);
    alice.unsend(&sent).await.is(200);
}

async fn nobody_else_may(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let stranger = stack.person("陌生人").await;
    let sent = alice.say(&room, "我的話").await;
    ming.edit(&sent, "他的話").await.refused(403, "forbidden", "Forbidden");
    ming.unsend(&sent).await.refused(403, "forbidden", "Forbidden");
    for answer in [stranger.edit(&sent, "路過").await, stranger.unsend(&sent).await] {
        answer.refused(404, "not_found", "Chatroom not found");
    }
    let named = json!({ "chatroom_id": room, "message_id": sent["message_id"], "content": "x" });
    let (member, outside) = (ming.socket().await, stranger.socket().await);
    for event in ["edit_message", "delete_message"] {
        member.ask_refused(event, named.clone(), "forbidden").await;
        outside.ask_refused(event, named.clone(), "not_found").await;
    }
    for method in [Method::PATCH, Method::DELETE] {
        let anon = stack.anon();
        anon.send(anon.request(method, &path_of(&sent))).await.unauthorized("Not authenticated");
    }
    assert_eq!(ming.texts(&room).await, ["我的話"]);
}

async fn what_cannot_be_is_refused(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let group = alice.open_group(&[&ming, &stack.person("第三人").await], "別處").await;
    let elsewhere = alice.say(&group, "別處的話").await["message_id"].clone();
    let sent = alice.say(&room, "這裡的話").await;
    let socket = alice.socket().await;
    for id in [elsewhere, json!(0), json!(-1), json!(i64::MAX)] {
        let lost = json!({ "chatroom_id": room, "message_id": id, "content": "x" });
        for answer in [alice.edit(&lost, "x").await, alice.unsend(&lost).await, alice.versions(&lost).await] {
            answer.refused(404, "not_found", "Message not found");
        }
        for event in ["edit_message", "delete_message"] {
            socket.ask_refused(event, lost.clone(), "not_found").await;
        }
    }
    let path = format!("/chatrooms/{room}/messages/abc");
    for answer in [alice.patch(&path, &json!({ "content": "x" })).await, alice.delete(&path).await] {
        answer.invalid(&[("path.message_id", "int_parsing")]);
    }
    for (body, kind) in [
        (json!({}), "missing"),
        (json!({ "content": null }), "missing"),
        (json!({ "content": " \n" }), "string_too_short"),
        (json!({ "content": "長".repeat(10_001) }), "string_too_long"),
        (json!({ "content": 5 }), "string_type"),
    ] {
        alice.patch(&path_of(&sent), &body).await.invalid(&[("body.content", kind)]);
        let mut event = body;
        (event["chatroom_id"], event["message_id"]) = (json!(room), sent["message_id"].clone());
        socket.ask_refused("edit_message", event, "validation").await;
    }
    for event in ["edit_message", "delete_message"] {
        for payload in
            [json!({}), json!({ "chatroom_id": room }), json!({ "chatroom_id": room, "message_id": "x" })]
        {
            socket.ask_refused(event, payload, "validation").await;
        }
        socket
            .ask_refused(event, json!({ "chatroom_id": "abc", "message_id": 1, "content": "x" }), "not_found")
            .await;
    }
    alice.delete(&format!("{}?for=you", path_of(&sent))).await.invalid(&[("query.for", "enum")]);
    assert_eq!(alice.texts(&room).await, ["這裡的話"]);
    assert_eq!(alice.delete(&format!("{}/?for=all", path_of(&sent))).await.ok()["deleted"], true);
}
