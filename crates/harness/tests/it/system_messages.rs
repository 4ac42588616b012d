//! System messages: what happened in a group, in its timeline.

use harness::people::{list, path_of, text};
use harness::{Person, Stack, on_each_database};
use serde_json::{Value, json};

on_each_database! {
    everything_that_happens_in_a_group_is_said_in_it,
    they_do_not_count_as_unread,
    they_are_not_changed,
    they_come_in_the_order_of_the_log,
}

/// Lets all happen in a group that can.
async fn do_everything([alice, ming, dave]: [&Person; 3], room: &str) {
    ming.patch(&format!("/user/{}", ming.id), &json!({ "nickname": "明哥" })).await.is(200);
    alice
        .update_group(room, &json!({ "chatroom_name": "讀書會", "avatar_url": "https://example.com/a" }))
        .await
        .is(200);
    alice.update_group(room, &json!({ "chatroom_name": "" })).await.is(200);
    alice.add_members(room, &[dave]).await.is(200);
    alice.set_role(room, ming, "admin").await.is(200);
    ming.remove_member(room, dave).await.is(204);
    alice.set_role(room, ming, "owner").await.is(200);
    alice.leave_group(room).await.is(204);
    let link = ming.post_json(&format!("/chatrooms/{room}/invites"), &json!({})).await.is(201).json();
    alice.post(&format!("/invites/{}/accept", text(&link["token"]))).await.is(200);
    ming.leave_group(room).await.is(204);
}

async fn everything_that_happens_in_a_group_is_said_in_it(stack: &Stack) {
    let ([alice, ming, carol], room) = stack.group().await;
    let dave = stack.person("大衛").await;
    alice.befriend(&dave).await;
    do_everything([&alice, &ming, &dave], &room).await;
    let said = carol.system_messages(&room).await;
    let happened: Vec<Value> = said.iter().map(|message| message["system"].clone()).collect();
    let system = |action: &str, actor: &Person, subjects: &[&Person], more: [Value; 2]| {
        let subjects: Vec<i64> = subjects.iter().map(|person| person.id).collect();
        let [name, role] = more;
        json!({ "action": action, "actor": actor.id, "subjects": subjects, "name": name, "role": role })
    };
    let none = || [Value::Null, Value::Null];
    assert_eq!(
        happened,
        [
            system("created", &alice, &[], [json!("大家"), Value::Null]),
            system("renamed", &alice, &[], [json!("讀書會"), Value::Null]),
            system("avatar_changed", &alice, &[], none()),
            system("renamed", &alice, &[], none()),
            system("added", &alice, &[&dave], none()),
            system("role_changed", &alice, &[&ming], [Value::Null, json!("admin")]),
            system("removed", &ming, &[&dave], none()),
            system("handed_over", &alice, &[&ming], [Value::Null, json!("owner")]),
            system("left", &alice, &[], none()),
            system("joined", &alice, &[], none()),
            system("left", &ming, &[], none()),
            system("handed_over", &ming, &[&carol], none()),
        ]
    );
    let texts: Vec<String> = said.iter().map(|message| text(&message["content"])).collect();
    assert_eq!(texts[..2], ["愛麗絲 created the group “大家”", "愛麗絲 named the group “讀書會”"]);
    assert_eq!(texts[5..7], ["愛麗絲 made 明哥 admin", "明哥 removed 大衛"]);
    for message in &said {
        assert_eq!((&message["message_type"], &message["client_msg_id"]), (&json!("text"), &Value::Null));
        assert_eq!(message["sender_id"], message["system"]["actor"]);
    }
    let seqs: Vec<i64> = said.iter().map(|message| message["seq"].as_i64().unwrap()).collect();
    assert_eq!(seqs, (1..=12).collect::<Vec<_>>());
    let shown = carol.room(&room).await;
    assert_eq!((&shown["last_message"], &shown["last_seq"]), (&said[11], &json!(12)));
    assert_eq!(carol.get("/search?q=讀書會").await.ok()["items"], json!([]), "nobody wrote it");
    let direct = alice.open_room(&ming).await;
    assert_eq!(alice.system_messages(&direct).await, [Value::Null; 0]);
    assert!(alice.say(&direct, "嗨").await.get("system").is_none());
}

async fn they_do_not_count_as_unread(stack: &Stack) {
    let ([alice, ming, carol], room) = stack.group().await;
    let socket = ming.socket().await;
    let unread = async || ming.room(&room).await["unread_count"].clone();
    assert_eq!(unread().await, 0);
    alice.say(&room, "一").await;
    alice.update_group(&room, &json!({ "chatroom_name": "新名字" })).await.is(200);
    alice.say(&room, "二").await;
    assert_eq!(unread().await, 2);
    let counted = |events: &[Value]| -> Vec<i64> {
        events.iter().filter_map(|event| event["unread_count"].as_i64()).collect()
    };
    let sent = socket.received_until(|event| event["message"]["content"] == "二").await;
    assert_eq!(counted(&sent)[counted(&sent).len() - 3..], [1, 1, 2]);
    let renamed = ming.system_messages(&room).await.pop().unwrap();
    ming.hide(&renamed).await.is(204);
    assert_eq!(unread().await, 2, "what is hidden does not count twice");
    alice.say(&room, "三").await;
    assert_eq!(unread().await, 3);
    let status = ming.post(&format!("/chatrooms/{room}/read")).await.ok();
    assert_eq!(status["unread_count"], 0);
    carol.leave_group(&room).await.is(204);
    let events = list(&ming.get("/sync").await.ok()["events"]);
    assert!(events.is_empty());
    assert_eq!(unread().await, 0);
    let status = ming.post(&format!("/chatrooms/{room}/delivered")).await.ok();
    assert_eq!(status["unread_count"], 0);
}

async fn they_are_not_changed(stack: &Stack) {
    let ([alice, ming, _], room) = stack.group().await;
    let message = alice.system_messages(&room).await[0].clone();
    let pin = format!("{}/pin", path_of(&message));
    for answer in [
        alice.edit(&message, "改").await,
        alice.unsend(&message).await,
        ming.unsend(&message).await,
        alice.react(&message, "👍").await,
        alice.put(&pin).await,
    ] {
        answer.refused(400, "system_message", "System messages can not be changed");
    }
    let socket = alice.socket().await;
    let named = json!({ "chatroom_id": room, "message_id": message["message_id"] });
    for name in ["delete_message", "pin_message"] {
        socket.ask_refused(name, named.clone(), "system_message").await;
    }
    assert_eq!(alice.look(&message).await.unwrap(), message);
    // They can be answered, and hidden.
    let reply = ming.reply(&room, &message, "歡迎").await;
    assert_eq!(reply["reply_to"]["content"], message["content"]);
    ming.hide(&message).await.is(204);
    assert_eq!(ming.look(&message).await, None);
    assert!(alice.look(&message).await.is_some());
}

async fn they_come_in_the_order_of_the_log(stack: &Stack) {
    let ([alice, ming, carol], room) = stack.group().await;
    let start = text(&carol.get("/sync").await.ok()["cursor"]);
    let socket = carol.socket_in(&room).await;
    let talk = async {
        for number in 0..20 {
            ming.say(&room, &format!("{number}")).await;
        }
    };
    let rename = async {
        for number in 0..20 {
            alice.update_group(&room, &json!({ "chatroom_name": format!("名-{number}") })).await.is(200);
        }
    };
    futures_util::future::join(talk, rename).await;
    alice.say(&room, "標記").await;
    socket.received_until(|event| event["content"] == "標記").await;
    let mut received: Vec<i64> =
        socket.received_of("receive_message").iter().map(|event| event["seq"].as_i64().unwrap()).collect();
    let first = received[0];
    assert_eq!(received, (first..first + 41).collect::<Vec<_>>(), "each once, in order");
    let events = list(&carol.get(&format!("/sync?since={start}")).await.ok()["events"]);
    let synced = events.iter().filter_map(|event| event["data"]["message"]["seq"].as_i64());
    received.retain(|seq| *seq >= first);
    assert_eq!(synced.collect::<Vec<_>>(), received);
}
