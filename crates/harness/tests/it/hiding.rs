//! Deleting a message for oneself: gone from one's own view on every device, and nobody else notices.

use harness::people::{list, path_of, text};
use harness::socket::split_position;
use harness::{Stack, on_each_database};
use serde_json::{Value, json};

on_each_database! {
    a_hidden_message_is_gone_for_one_and_there_for_all_others,
    ones_own_devices_receive_it_and_nobody_else_does,
    later_changes_are_not_sent_to_the_user_who_hid_it,
    what_quotes_it_shows_nothing_of_it,
    anybody_in_the_room_may_and_nobody_else,
    every_change_of_a_message_is_replayed_as_it_was_live,
    what_one_has_hidden_is_not_unread,
    a_room_whose_newest_message_is_hidden_can_be_read_to_its_end,
}

async fn a_hidden_message_is_gone_for_one_and_there_for_all_others(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let mut sent = Vec::new();
    for content in ["一", "二", "三", "四"] {
        sent.push(alice.say(&room, content).await);
    }
    for message in [&sent[1], &sent[3]] {
        ming.hide(message).await.is(204);
        ming.hide(message).await.is(204);
    }
    assert_eq!(ming.texts(&room).await, ["一", "三"]);
    let page = ming.read_page(&room, "limit=2").await;
    assert_eq!(page.iter().map(|m| text(&m["content"])).collect::<Vec<_>>(), ["一", "三"], "pages stay full");
    assert_eq!(ming.room(&room).await["last_message"]["content"], "三");
    assert_eq!(ming.get(&format!("/chatrooms/{room}")).await.ok()["last_message"]["content"], "三");
    assert_eq!(ming.room(&room).await["last_seq"], 4);
    assert_eq!(alice.texts(&room).await, ["一", "二", "三", "四"]);
    assert_eq!(alice.room(&room).await["last_message"]["content"], "四");
    for message in [&sent[0], &sent[2]] {
        ming.hide(message).await.is(204);
    }
    assert_eq!(ming.room(&room).await["last_message"], Value::Null);
    assert_eq!(ming.texts(&room).await, [""; 0]);
    alice.say(&room, "五").await;
    assert_eq!(ming.room(&room).await["last_message"]["content"], "五");
}

async fn ones_own_devices_receive_it_and_nobody_else_does(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let (hers, phone, laptop) =
        (alice.socket().await, ming.socket().await, ming.elsewhere().await.socket().await);
    let mut received = [phone.listen("message_hidden"), laptop.listen("message_hidden")];
    let sent = [alice.say(&room, "一").await, ming.say(&room, "二").await, ming.say(&room, "三").await];
    let cursor = text(&ming.get("/sync").await.ok()["cursor"]);
    let named = |message: &Value| json!({ "chatroom_id": room, "message_id": message["message_id"], "seq": message["seq"] });
    ming.hide(&sent[0]).await.is(204);
    for listener in &mut received {
        assert_eq!(split_position(listener.next().await).1, named(&sent[0]));
    }
    // The device that does it has its answer.
    let request = json!({ "chatroom_id": room, "message_id": sent[1]["message_id"], "for": "me" });
    let mut answer = phone.ask_ok("delete_message", request.clone()).await;
    answer.as_object_mut().unwrap().remove("ok");
    assert_eq!(answer, named(&sent[1]));
    phone.ask_ok("delete_message", request).await;
    ming.hide(&sent[2]).await.is(204);
    let laptop = received[1].take(2).await.into_iter().map(|event| split_position(event).1);
    assert_eq!(laptop.collect::<Vec<_>>(), [named(&sent[1]), named(&sent[2])]);
    assert_eq!(split_position(received[0].next().await).1, named(&sent[2]));
    let missed = list(&ming.get(&format!("/sync?since={cursor}")).await.ok()["events"]);
    assert_eq!(
        missed.iter().map(|event| event["data"].clone()).collect::<Vec<_>>(),
        sent.each_ref().map(named)
    );
    let mut barrier = hers.listen("new_message");
    ming.say(&room, "標記").await;
    barrier.next().await;
    assert_eq!(list(&alice.get(&format!("/sync?since={cursor}")).await.ok()["events"]).len(), 1);
    assert_eq!(hers.received_of("message_hidden"), [Value::Null; 0]);
}

async fn later_changes_are_not_sent_to_the_user_who_hid_it(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let (hers, his) = (alice.socket().await, ming.socket().await);
    let mut received = hers.listen("message_deleted");
    let sent = alice.say(&room, "不想看").await;
    ming.hide(&sent).await.is(204);
    let cursor = text(&ming.get("/sync").await.ok()["cursor"]);
    alice.edit(&sent, "還是不想看").await.is(200);
    alice.react(&sent, "👍").await.is(200);
    alice.unsend(&sent).await.is(200);
    received.next().await;
    let mut next = his.listen("new_message");
    alice.say(&room, "標記").await;
    next.next().await;
    let logged = his.received().into_iter().filter(|event| event.payload["pos"].is_i64());
    let names: Vec<String> = logged.map(|event| event.name).collect();
    assert_eq!(names, ["new_message", "message_hidden", "new_message"]);
    let missed = list(&ming.get(&format!("/sync?since={cursor}")).await.ok()["events"]);
    assert_eq!(missed.iter().map(|event| text(&event["event"])).collect::<Vec<_>>(), ["new_message"]);
    assert_eq!(ming.texts(&room).await, ["標記"]);
}

async fn what_quotes_it_shows_nothing_of_it(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let sent = alice.say(&room, "不想看").await;
    let cursor = text(&ming.get("/sync").await.ok()["cursor"]);
    let answer = alice.reply(&room, &sent, "真的").await;
    ming.hide(&sent).await.is(204);
    let seen = ming.look(&answer).await.unwrap();
    assert_eq!((&seen["reply_to"]["deleted"], &seen["reply_to"]["content"]), (&json!(true), &json!("")));
    assert_eq!(ming.room(&room).await["last_message"]["reply_to"], seen["reply_to"]);
    let missed = ming.get(&format!("/sync?since={cursor}")).await;
    assert!(!missed.text().contains("不想看"), "{missed}");
    assert_eq!(alice.look(&answer).await.unwrap()["reply_to"]["content"], "不想看");
    ming.send_message(&room, &json!({ "content": "回", "reply_to": sent["message_id"] })).await.refused(
        404,
        "not_found",
        "Message not found",
    );
}

async fn anybody_in_the_room_may_and_nobody_else(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let stranger = stack.person("陌生人").await;
    let group = alice.open_group(&[&ming, &stranger], "別處").await;
    let mut elsewhere = alice.say(&group, "別處的話").await;
    elsewhere["chatroom_id"] = json!(room);
    let sent = alice.say(&room, "這裡的話").await;
    stranger.hide(&sent).await.refused(404, "not_found", "Chatroom not found");
    ming.hide(&elsewhere).await.refused(404, "not_found", "Message not found");
    stack.anon().delete(&format!("{}?for=me", path_of(&sent))).await.unauthorized("Not authenticated");
    let (member, outside) = (ming.socket().await, stranger.socket().await);
    let event = |id: &Value, who: Value| json!({ "chatroom_id": room, "message_id": id, "for": who });
    outside.ask_refused("delete_message", event(&sent["message_id"], json!("me")), "not_found").await;
    member.ask_refused("delete_message", event(&elsewhere["message_id"], json!("me")), "not_found").await;
    for who in [json!("everybody"), json!(5), json!("")] {
        member.ask_refused("delete_message", event(&sent["message_id"], who), "validation").await;
    }
    // One's own, others', and what is left of unsent ones.
    alice.unsend(&sent).await.is(200);
    for person in [&alice, &ming] {
        person.hide(&sent).await.is(204);
        assert_eq!(person.texts(&room).await, [""; 0]);
    }
}

async fn every_change_of_a_message_is_replayed_as_it_was_live(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let mut since = text(&ming.get("/sync").await.ok()["cursor"]);
    let (start, socket, mut again) = (since.clone(), ming.socket().await, Vec::new());
    let mut look = async |again: &mut Vec<Value>| {
        let answer = ming.get(&format!("/sync?since={since}")).await.ok();
        again.extend(list(&answer["events"]));
        since = text(&answer["cursor"]);
    };
    let sent = alice.say(&room, "你好").await;
    look(&mut again).await;
    let answer = alice.reply(&room, &sent, "是我").await;
    look(&mut again).await;
    alice.edit(&sent, "你們好").await.ok();
    look(&mut again).await;
    alice.react(&answer, "👋").await.ok();
    look(&mut again).await;
    alice.unsend(&sent).await.ok();
    look(&mut again).await;
    ming.hide(&answer).await.is(204);
    look(&mut again).await;
    let names: Vec<String> = again.iter().map(|event| text(&event["event"])).collect();
    let expected = [
        "new_message",
        "new_message",
        "message_updated",
        "message_reacted",
        "message_deleted",
        "message_hidden",
    ];
    assert_eq!(names, expected);
    let received = socket.received_until(|event| event["pos"] == again[5]["pos"]).await;
    let logged = received.into_iter().filter(|event| event["pos"].is_i64());
    for (replayed, live) in again.iter().zip(logged) {
        let (pos, data) = split_position(live);
        assert_eq!((json!(pos), data), (replayed["pos"].clone(), replayed["data"].clone()));
    }
    // Asked for all at once, each event is as things are by now: nothing of what was unsent or hidden.
    let all = ming.get(&format!("/sync?since={start}")).await;
    let names: Vec<String> = list(&all.ok()["events"]).iter().map(|event| text(&event["event"])).collect();
    let expected = ["new_message", "new_message", "message_updated", "message_deleted", "message_hidden"];
    assert_eq!(names, expected, "an empty message comes first, so that no seq is missing");
    assert!(!all.text().contains('好') && !all.text().contains("是我"), "{all}");
}

async fn what_one_has_hidden_is_not_unread(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let socket = ming.socket().await;
    let mut received = socket.listen("new_message");
    let mut sent = Vec::new();
    for content in ["一", "二", "三", "四"] {
        sent.push(alice.say(&room, content).await);
        received.next().await;
    }
    let cursor = text(&ming.get("/sync").await.ok()["cursor"]);
    for message in [&sent[1], &sent[3]] {
        ming.hide(message).await.is(204);
    }
    assert_eq!(ming.room(&room).await["unread_count"], 2);
    assert_eq!(ming.get(&format!("/chatrooms/{room}")).await.ok()["unread_count"], 2);
    let elsewhere = ming.elsewhere().await.socket().await;
    let joined = elsewhere.ask_ok("join_room", json!({ "chatroom_id": room })).await;
    assert_eq!(joined["unread_count"], 2);
    // An unsent message still counts: what is left of it is shown.
    alice.unsend(&sent[2]).await.is(200);
    alice.say(&room, "五").await;
    assert_eq!(received.next().await["unread_count"], 3);
    let missed = list(&ming.get(&format!("/sync?since={cursor}")).await.ok()["events"]);
    assert_eq!(missed.last().unwrap()["data"]["unread_count"], 3);
    let first = json!({ "chatroom_id": room, "message_id": sent[0]["message_id"] });
    assert_eq!(socket.ask_ok("mark_read", first).await["unread_count"], 2);
    assert_eq!(ming.room(&room).await["unread_count"], 2);
    alice.say(&room, "六").await;
    assert_eq!(received.next().await["unread_count"], 3);
    assert_eq!(alice.room(&room).await["unread_count"], 0);
}

async fn a_room_whose_newest_message_is_hidden_can_be_read_to_its_end(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let sent = [alice.say(&room, "一").await, alice.say(&room, "二").await, alice.say(&room, "三").await];
    for message in [&sent[1], &sent[2]] {
        ming.hide(message).await.is(204);
    }
    let newest = ming.room(&room).await["last_message"]["message_id"].clone();
    assert_eq!(newest, sent[0]["message_id"]);
    let body = json!({ "message_id": newest });
    let receipt = ming.post_json(&format!("/chatrooms/{room}/read"), &body).await.ok();
    assert_eq!((&receipt["last_read_seq"], &receipt["unread_count"]), (&json!(3), &json!(0)));
    assert_eq!(ming.room(&room).await["unread_count"], 0);
    let mut counts = ming.socket().await.listen("new_message");
    alice.say(&room, "四").await;
    assert_eq!(counts.next().await["unread_count"], 1);
}
