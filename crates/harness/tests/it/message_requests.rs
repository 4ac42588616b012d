//! Message requests: a stranger's one-to-one room, until who is written to accepts it.

use harness::people::{list, text};
use harness::socket::split_position;
use harness::{Answer, Person, Stack, on_each_database};
use serde_json::{Value, json};

on_each_database! {
    a_strangers_room_is_a_request,
    a_stranger_sends_three_messages_and_then_waits,
    accepting_opens_the_room_to_both,
    ignoring_changes_nothing_for_the_other,
    writing_back_accepts,
    becoming_friends_accepts,
    receipts_and_typing_are_not_shown_before,
    only_who_was_written_to_answers,
    both_members_receive_it,
    crossing_messages_accept_once,
}

/// Alice, who wrote to Ming as a stranger, and their room.
async fn request(stack: &Stack) -> (Person, Person, String) {
    let (alice, ming) = (stack.person("愛麗絲").await, stack.person("小明").await);
    let room = alice.open_room(&ming).await;
    alice.say(&room, "你好").await;
    (alice, ming, room)
}

async fn answer(person: &Person, room: &str, answer: &str) -> Answer {
    person.put_json(&format!("/chatrooms/{room}/request"), &json!({ "answer": answer })).await
}

async fn states(room: &str, people: [&Person; 2]) -> [Value; 2] {
    [people[0].room(room).await["request"].clone(), people[1].room(room).await["request"].clone()]
}

fn waits(answer: &Answer) {
    answer.refused(403, "request_pending", "This person has to accept your request first");
}

async fn a_strangers_room_is_a_request(stack: &Stack) {
    let (alice, ming, room) = request(stack).await;
    assert_eq!(states(&room, [&alice, &ming]).await, [json!("sent"), json!("received")]);
    assert_eq!(ming.get(&format!("/chatrooms/{room}")).await.ok()["request"], "received");
    let again = ming.post_json("/chatrooms", &json!({ "members_id": [alice.id] })).await.ok();
    assert_eq!((&again["chatroom_id"], &again["request"]), (&json!(room), &json!("received")));
    let carol = stack.person("卡蘿").await;
    alice.befriend(&carol).await;
    let friends = alice.open_room(&carol).await;
    assert_eq!(states(&friends, [&alice, &carol]).await, [Value::Null, Value::Null]);
    // Who was a friend is no stranger in the room that is there.
    alice.delete(&format!("/friends/?friend_id={}", carol.id)).await.is(204);
    for number in 0..5 {
        alice.say(&friends, &format!("{number}")).await;
    }
    let group = alice.open_group(&[&ming, &carol], "三人行").await;
    assert_eq!(states(&group, [&alice, &ming]).await, [Value::Null, Value::Null]);
}

async fn a_stranger_sends_three_messages_and_then_waits(stack: &Stack) {
    let (alice, ming, room) = request(stack).await;
    let socket = alice.socket().await;
    alice.say(&room, "在嗎").await;
    let third = json!({ "content": "我是愛麗絲", "client_msg_id": "三" });
    let sent = alice.send_message(&room, &third).await.ok();
    waits(&alice.send_message(&room, &json!({ "content": "喂" })).await);
    let event = json!({ "chatroom_id": room, "content": "喂" });
    socket.ask_refused("send_message", event, "request_pending").await;
    assert_eq!(alice.send_message(&room, &third).await.ok()["message_id"], sent["message_id"], "a repeat");
    assert_eq!(ming.texts(&room).await, ["你好", "在嗎", "我是愛麗絲"]);
    assert_eq!(ming.room(&room).await["unread_count"], 3);
    alice.unsend(&sent).await.is(200);
    waits(&alice.send_message(&room, &json!({ "content": "喂" })).await);
}

async fn accepting_opens_the_room_to_both(stack: &Stack) {
    let (alice, ming, room) = request(stack).await;
    assert_eq!(answer(&ming, &room, "accept").await.is(204).text(), "");
    assert_eq!(states(&room, [&alice, &ming]).await, [Value::Null, Value::Null]);
    for number in 0..4 {
        alice.say(&room, &format!("{number}")).await;
    }
    ming.post(&format!("/chatrooms/{room}/read")).await.is(200);
    let seen = alice.room(&room).await;
    assert_eq!((&seen["peer_read_seq"], &seen["last_seq"]), (&json!(5), &json!(5)));
    answer(&ming, &room, "accept").await.refused(404, "not_found", "Message request not found");
}

async fn ignoring_changes_nothing_for_the_other(stack: &Stack) {
    let (alice, ming, room) = request(stack).await;
    let start = text(&alice.get("/sync").await.ok()["cursor"]);
    for _ in 0..2 {
        answer(&ming, &room, "ignore").await.is(204);
    }
    assert_eq!(states(&room, [&alice, &ming]).await, [json!("sent"), json!("ignored")]);
    assert_eq!(alice.get(&format!("/sync?since={start}")).await.ok()["events"], json!([]));
    alice.say(&room, "在嗎").await;
    assert_eq!(ming.texts(&room).await, ["你好", "在嗎"]);
    answer(&ming, &room, "accept").await.is(204);
    assert_eq!(states(&room, [&alice, &ming]).await, [Value::Null, Value::Null]);
}

async fn writing_back_accepts(stack: &Stack) {
    let (alice, ming, room) = request(stack).await;
    let start = text(&alice.get("/sync").await.ok()["cursor"]);
    answer(&ming, &room, "ignore").await.is(204);
    let (hers, his) = (alice.socket().await, ming.socket().await);
    ming.say(&room, "你好啊").await;
    for socket in [&hers, &his] {
        let changed = split_position(socket.first("chatroom_request").await).1;
        assert_eq!(changed, json!({ "chatroom_id": room, "request": null }));
    }
    assert_eq!(states(&room, [&alice, &ming]).await, [Value::Null, Value::Null]);
    let synced = list(&alice.get(&format!("/sync?since={start}")).await.ok()["events"]);
    let names: Vec<String> = synced.iter().map(|event| text(&event["event"])).collect();
    assert_eq!(names, ["new_message", "chatroom_request"]);
    for number in 0..4 {
        alice.say(&room, &format!("{number}")).await;
    }
    assert_eq!(hers.received_of("chatroom_request").len(), 1);
}

async fn becoming_friends_accepts(stack: &Stack) {
    let (alice, ming, room) = request(stack).await;
    let socket = alice.socket().await;
    alice.befriend(&ming).await;
    assert_eq!(socket.first("chatroom_request").await["request"], Value::Null);
    assert_eq!(states(&room, [&alice, &ming]).await, [Value::Null, Value::Null]);
    assert_eq!(alice.open_room(&ming).await, room);
}

async fn receipts_and_typing_are_not_shown_before(stack: &Stack) {
    let (alice, ming, room) = request(stack).await;
    let (hers, his) = (alice.socket().await, ming.socket().await);
    ming.texts(&room).await;
    for what in ["delivered", "read"] {
        let receipt = ming.post(&format!("/chatrooms/{room}/{what}")).await.ok();
        assert_eq!(receipt["last_read_seq"], 0);
    }
    for person in [&alice, &ming] {
        person.post(&format!("/chatrooms/{room}/typing")).await.is(204);
    }
    let seen = alice.room(&room).await;
    assert_eq!((&seen["peer_delivered_seq"], &seen["peer_read_seq"]), (&json!(0), &json!(0)));
    assert_eq!(alice.read_page(&room, "limit=9").await[0]["read_status"], "unread");
    answer(&ming, &room, "accept").await.is(204);
    for socket in [&hers, &his] {
        socket.first("chatroom_request").await;
        assert!(socket.received_of("typing").is_empty() && socket.received_of("message_status").is_empty());
    }
    ming.post(&format!("/chatrooms/{room}/read")).await.is(200);
    assert_eq!(hers.first("message_status").await["last_read_seq"], 1);
    ming.post(&format!("/chatrooms/{room}/typing")).await.is(204);
    assert_eq!(hers.first("typing").await["user_id"], ming.id);
}

async fn only_who_was_written_to_answers(stack: &Stack) {
    let (alice, ming, room) = request(stack).await;
    let stranger = stack.person("陌生人").await;
    let (hers, his, outside) = (alice.socket().await, ming.socket().await, stranger.socket().await);
    let path = format!("/chatrooms/{room}/request");
    stack.anon().put_json(&path, &json!({ "answer": "accept" })).await.unauthorized("Not authenticated");
    for word in ["accept", "ignore"] {
        let event = json!({ "chatroom_id": room, "answer": word });
        answer(&alice, &room, word).await.refused(404, "not_found", "Message request not found");
        hers.ask_refused("answer_request", event.clone(), "not_found").await;
        answer(&stranger, &room, word).await.refused(404, "not_found", "Chatroom not found");
        outside.ask_refused("answer_request", event, "not_found").await;
        for none in ["01890a5d-ac96-774b-bcce-b302099a8057", "abc"] {
            answer(&ming, none, word).await.refused(404, "not_found", "Chatroom not found");
        }
    }
    ming.put_json(&path, &json!({})).await.invalid(&[("body.answer", "missing")]);
    for wrong in [json!("yes"), json!(""), json!(7)] {
        ming.put_json(&path, &json!({ "answer": wrong })).await.is(422);
        his.ask_refused("answer_request", json!({ "chatroom_id": room, "answer": wrong }), "validation")
            .await;
    }
    assert_eq!(states(&room, [&alice, &ming]).await, [json!("sent"), json!("received")]);
}

async fn both_members_receive_it(stack: &Stack) {
    let (alice, ming, room) = request(stack).await;
    let (hers, here, elsewhere) =
        (alice.socket().await, ming.socket().await, ming.elsewhere().await.socket().await);
    here.ask_ok("answer_request", json!({ "chatroom_id": room, "answer": "ignore" })).await;
    let mut answers = elsewhere.listen_from_start("chatroom_request");
    assert_eq!(split_position(answers.next().await).1, json!({ "chatroom_id": room, "request": "ignored" }));
    here.ask_ok("answer_request", json!({ "chatroom_id": room, "answer": "accept" })).await;
    for listener in [&mut answers, &mut hers.listen_from_start("chatroom_request")] {
        let changed = split_position(listener.next().await).1;
        assert_eq!(changed, json!({ "chatroom_id": room, "request": null }));
    }
    let mut barrier = here.listen("new_message");
    alice.say(&room, "標記").await;
    barrier.next().await;
    assert!(here.received_of("chatroom_request").is_empty(), "it has the acknowledgement");
}

async fn crossing_messages_accept_once(stack: &Stack) {
    let (alice, ming, room) = request(stack).await;
    let start = text(&ming.get("/sync").await.ok()["cursor"]);
    let say = |number: usize| {
        let (person, room) = (if number.is_multiple_of(2) { &ming } else { &alice }, &room);
        async move { person.send_message(room, &json!({ "content": format!("{number}") })).await }
    };
    let answers = futures_util::future::join_all((0..8).map(say)).await;
    assert!(answers.iter().all(|answer| matches!(answer.status, 200 | 403)), "{answers:#?}");
    assert!(answers.iter().step_by(2).all(|answer| answer.status == 200));
    let page = ming.get(&format!("/sync?since={start}")).await.ok();
    let events = list(&page["events"]);
    let changed = events.iter().filter(|event| event["event"] == "chatroom_request").count();
    assert_eq!(changed, 1, "{page}");
    assert_eq!(states(&room, [&alice, &ming]).await, [Value::Null, Value::Null]);
}
