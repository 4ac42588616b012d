//! Blocks: who is blocked is nobody to the one who blocks, and the other way round, and learns nothing of it.

use harness::people::{list, path_of, text};
use harness::socket::split_position;
use harness::{Answer, Person, Stack, on_each_database};
use serde_json::{Value, json};

on_each_database! {
    a_block_is_listed_and_taken_back,
    nobody_blocks_themselves_nor_whom_they_cannot_find,
    a_block_ends_a_friendship_and_no_unblock_restores_it,
    a_block_ends_requests_either_way,
    who_is_blocked_finds_nobody,
    who_blocks_is_told_so,
    nothing_is_sent_in_the_room_of_two,
    a_message_sent_before_may_be_repeated_and_unsent,
    in_a_group_both_go_on,
    own_devices_receive_it_and_the_other_does_not,
    a_block_and_a_room_made_at_once_agree,
    a_deleted_account_is_blocked_no_longer,
}

fn path(other: &Person) -> String {
    format!("/friends/blocks/{}", other.id)
}

async fn block(me: &Person, other: &Person) -> Value {
    me.put(&path(other)).await.ok()
}

async fn ask(me: &Person, other: &Person) -> Answer {
    me.post(&format!("/friends/request?friend_id={}", other.id)).await
}

fn closed(answer: &Answer) {
    answer.refused(403, "cannot_send", "Messages cannot be sent to this person");
}

async fn two(stack: &Stack) -> (Person, Person) {
    (stack.person("愛麗絲").await, stack.person("小明").await)
}

async fn a_block_is_listed_and_taken_back(stack: &Stack) {
    let ((alice, ming), carol) = (two(stack).await, stack.person("卡蘿").await);
    assert_eq!(alice.people("/friends/blocks").await, [0; 0]);
    let blocked = block(&alice, &ming).await;
    assert_eq!((&blocked["user_id"], &blocked["username"]), (&json!(ming.id), &json!("小明")));
    assert!(blocked.get("email").is_none() && blocked["blocked_at"].is_string(), "{blocked}");
    assert_eq!(block(&alice, &ming).await, blocked, "again changes nothing");
    block(&alice, &carol).await;
    assert_eq!(alice.people("/friends/blocks/").await, [carol.id, ming.id]);
    assert_eq!(ming.people("/friends/blocks").await, [0; 0]);
    for _ in 0..2 {
        assert_eq!(alice.delete(&path(&ming)).await.is(204).text(), "");
    }
    assert_eq!(alice.people("/friends/blocks").await, [carol.id]);
    for answer in [
        stack.anon().get("/friends/blocks").await,
        stack.anon().put(&path(&ming)).await,
        stack.anon().delete(&path(&ming)).await,
    ] {
        answer.unauthorized("Not authenticated");
    }
}

async fn nobody_blocks_themselves_nor_whom_they_cannot_find(stack: &Stack) {
    let (alice, ming) = two(stack).await;
    let socket = alice.socket().await;
    alice.put(&path(&alice)).await.refused(400, "oneself", "You cannot block yourself");
    socket.ask_refused("block_user", json!({ "user_id": alice.id }), "oneself").await;
    ming.patch(&format!("/user/{}", ming.id), &json!({ "discoverable": false })).await.is(200);
    for id in [ming.id, 999_999_999, 0, -1, i64::MAX] {
        let blocked = alice.put(&format!("/friends/blocks/{id}")).await;
        blocked.refused(404, "not_found", "User not found");
        socket.ask_refused("block_user", json!({ "user_id": id }), "not_found").await;
        alice.delete(&format!("/friends/blocks/{id}")).await.is(204);
        socket.ask_ok("unblock_user", json!({ "user_id": id })).await;
    }
    for wrong in ["abc", "1.5", "9223372036854775808"] {
        alice.put(&format!("/friends/blocks/{wrong}")).await.invalid(&[("path.user_id", "int_parsing")]);
        alice.delete(&format!("/friends/blocks/{wrong}")).await.invalid(&[("path.user_id", "int_parsing")]);
    }
    for name in ["block_user", "unblock_user"] {
        for wrong in [json!({}), json!(null), json!({ "user_id": "x" })] {
            socket.ask_refused(name, wrong, "validation").await;
        }
    }
}

async fn a_block_ends_a_friendship_and_no_unblock_restores_it(stack: &Stack) {
    let (alice, ming) = stack.friends().await;
    let there = ming.socket().await;
    let mut removed = there.listen("friend_removed");
    block(&alice, &ming).await;
    assert_eq!(split_position(removed.next().await).1, json!({ "user_id": alice.id }));
    assert!(alice.people("/friends/").await.is_empty() && ming.people("/friends/").await.is_empty());
    alice.delete(&path(&ming)).await.is(204);
    assert!(alice.people("/friends/").await.is_empty());
    ask(&ming, &alice).await.is(200);
}

async fn a_block_ends_requests_either_way(stack: &Stack) {
    let ((alice, ming), carol) = (two(stack).await, stack.person("卡蘿").await);
    ask(&ming, &alice).await.is(200);
    ask(&alice, &carol).await.is(200);
    let (asker, asked) = (ming.socket().await, carol.socket().await);
    let mut removed = asked.listen("friend_removed");
    block(&alice, &ming).await;
    block(&alice, &carol).await;
    removed.next().await;
    for (person, side) in [(&alice, "pending"), (&alice, "sent"), (&ming, "sent"), (&carol, "pending")] {
        assert!(person.people(&format!("/friends/requests/{side}")).await.is_empty(), "{side}");
    }
    carol.post(&format!("/friends/requests/accepted?friend_id={}", alice.id)).await.is(404);
    assert!(asker.received_of("friend_removed").is_empty(), "as with a rejection");
}

async fn who_is_blocked_finds_nobody(stack: &Stack) {
    let (alice, ming) = two(stack).await;
    block(&alice, &ming).await;
    for (query, nobody) in
        [("email=愛麗絲@example.com", "email=nobody@example.com"), ("username=愛麗絲", "username=沒有人")]
    {
        let (hidden, absent) = (
            ming.get(&format!("/friends/search?{query}")).await,
            ming.get(&format!("/friends/search?{nobody}")).await,
        );
        assert_eq!((hidden.status, hidden.json()), (404, absent.json()));
    }
    let nobody = |answer: &Answer| {
        answer.refused(404, "not_found", "User not found");
    };
    nobody(&ask(&ming, &alice).await);
    nobody(&ming.post_json("/chatrooms", &json!({ "members_id": [alice.id] })).await);
    // Whether one is blocked is not to be found out by blocking in turn.
    nobody(&ming.put(&path(&alice)).await);
    ming.get(&format!("/user/{}", alice.id)).await.refused(403, "forbidden", "Forbidden");
    assert!(ming.people("/friends/requests/sent").await.is_empty() && ming.rooms().await.is_empty());
    alice.delete(&path(&ming)).await.is(204);
    assert_eq!(ming.get("/friends/search?username=愛麗絲").await.ok()["user_id"], alice.id);
}

async fn who_blocks_is_told_so(stack: &Stack) {
    let (alice, ming) = two(stack).await;
    block(&alice, &ming).await;
    let told = |answer: &Answer| {
        answer.refused(403, "blocked", "You have blocked this person");
    };
    told(&ask(&alice, &ming).await);
    told(&alice.post_json("/chatrooms", &json!({ "members_id": [ming.id] })).await);
    alice.get("/friends/search?username=小明").await.refused(404, "not_found", "User not found");
    assert!(ming.people("/friends/requests/pending").await.is_empty() && ming.rooms().await.is_empty());
}

async fn nothing_is_sent_in_the_room_of_two(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let (sent, other) = (alice.say(&room, "你好").await, ming.say(&room, "再見").await);
    let sockets = [alice.socket_in(&room).await, ming.socket_in(&room).await];
    let before = ming.room(&room).await;
    block(&alice, &ming).await;
    let message = json!({ "chatroom_id": room, "content": "還在嗎" });
    for (person, socket, own, foreign) in
        [(&alice, &sockets[0], &sent, &other), (&ming, &sockets[1], &other, &sent)]
    {
        closed(&person.send_message(&room, &message).await);
        socket.ask_refused("send_message", message.clone(), "cannot_send").await;
        closed(&person.edit(own, "改").await);
        closed(&person.react(foreign, "👍").await);
        closed(&person.put(&format!("{}/pin", path_of(own))).await);
        for what in ["read", "delivered"] {
            let receipt = person.post(&format!("/chatrooms/{room}/{what}")).await.ok();
            assert_eq!(receipt["user_id"], person.id);
        }
        person.post(&format!("/chatrooms/{room}/typing")).await.is(204);
        assert_eq!(person.texts(&room).await, ["你好", "再見"]);
    }
    assert_eq!(ming.room(&room).await["peer_read_seq"], before["peer_read_seq"]);
    assert_eq!(ming.open_room(&alice).await, room, "the room is there still");
    alice.delete(&path(&ming)).await.is(204);
    ming.say(&room, "你回來了").await;
    for socket in &sockets {
        let after = socket.received_until(|event| event["content"] == "你回來了").await;
        let names = ["typing", "message_updated", "message_reacted", "message_pinned"];
        assert!(names.iter().all(|name| socket.received_of(name).is_empty()), "{after:?}");
        let receipts = socket.received_of("message_status");
        assert!(receipts.iter().all(|receipt| receipt["last_read_seq"] == 2), "{receipts:?}");
    }
    // Each blocks the other: one unblocking opens nothing.
    block(&alice, &ming).await;
    block(&ming, &alice).await;
    alice.delete(&path(&ming)).await.is(204);
    closed(&alice.send_message(&room, &message).await);
    ming.delete(&path(&alice)).await.is(204);
    alice.say(&room, "和好").await;
}

async fn a_message_sent_before_may_be_repeated_and_unsent(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let message = json!({ "content": "你好", "client_msg_id": "一" });
    let sent = ming.send_message(&room, &message).await.ok();
    block(&alice, &ming).await;
    assert_eq!(ming.send_message(&room, &message).await.ok()["message_id"], sent["message_id"]);
    ming.unsend(&sent).await.is(200);
    assert_eq!(alice.texts(&room).await, [""]);
}

async fn in_a_group_both_go_on(stack: &Stack) {
    let ((alice, ming), carol) = (two(stack).await, stack.person("卡蘿").await);
    let group = alice.open_group(&[&ming, &carol], "大家").await;
    let there = ming.socket().await;
    block(&carol, &ming).await;
    let sent = carol.say(&group, "你好").await;
    assert_eq!(there.first("new_message").await["message"]["message_id"], sent["message_id"]);
    ming.react(&sent, "👍").await.is(200);
    ming.say(&group, "好").await;
    assert_eq!(carol.texts(&group).await, ["你好", "好"]);
    assert_eq!(list(&ming.get(&format!("/chatrooms/{group}")).await.ok()["participants"]).len(), 3);
    // Beyond the group the one who blocks is nobody to the other.
    ming.get(&format!("/user/{}", carol.id)).await.refused(403, "forbidden", "Forbidden");
    carol.get(&format!("/user/{}", ming.id)).await.is(200);
    ask(&ming, &carol).await.is(404);
    ming.post_json("/chatrooms", &json!({ "members_id": [carol.id] })).await.is(404);
    // Who is known from a group may be blocked by number, also in turn.
    block(&ming, &carol).await;
}

async fn own_devices_receive_it_and_the_other_does_not(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let start = text(&alice.get("/sync").await.ok()["cursor"]);
    let (here, elsewhere) = (alice.socket().await, alice.elsewhere().await.socket().await);
    let there = ming.socket().await;
    let mut received = elsewhere.listen("user_blocked");
    let acknowledged = here.ask_ok("block_user", json!({ "user_id": ming.id })).await;
    let blocked = split_position(received.next().await).1;
    assert_eq!((&blocked["user"]["user_id"], &acknowledged["user_id"]), (&json!(ming.id), &json!(ming.id)));
    let mut received = elsewhere.listen("user_unblocked");
    here.ask_ok("unblock_user", json!({ "user_id": ming.id })).await;
    assert_eq!(split_position(received.next().await).1, json!({ "user_id": ming.id }));
    alice.say(&room, "標記").await;
    there.first("new_message").await;
    here.first("new_message").await;
    for (socket, names) in
        [(&there, ["user_blocked", "user_unblocked"]), (&here, ["user_blocked", "user_unblocked"])]
    {
        assert!(names.iter().all(|name| socket.received_of(name).is_empty()));
    }
    block(&alice, &ming).await;
    let synced = |person: &Person, since: String| {
        let person = person.clone();
        async move { list(&person.get(&format!("/sync?since={since}")).await.ok()["events"]) }
    };
    let mine: Vec<String> =
        synced(&alice, start.clone()).await.iter().map(|event| text(&event["event"])).collect();
    let of = |name: &str| mine.iter().filter(|event| *event == name).count();
    assert_eq!((of("user_blocked"), of("user_unblocked")), (2, 1), "{mine:?}");
    let theirs = synced(&ming, start).await;
    assert!(theirs.iter().all(|event| !text(&event["event"]).contains("block")), "{theirs:?}");
}

async fn a_block_and_a_room_made_at_once_agree(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    for round in 0..8 {
        let other = stack.person(&format!("路人{round}")).await;
        let members = json!({ "members_id": [alice.id] });
        let (blocked, opened) =
            futures_util::future::join(alice.put(&path(&other)), other.post_json("/chatrooms", &members))
                .await;
        blocked.is(200);
        if opened.status == 200 {
            closed(
                &other.send_message(&text(&opened.json()["chatroom_id"]), &json!({ "content": "嗨" })).await,
            );
        } else {
            opened.refused(404, "not_found", "User not found");
        }
    }
}

async fn a_deleted_account_is_blocked_no_longer(stack: &Stack) {
    let (alice, ming) = two(stack).await;
    let socket = alice.socket().await;
    block(&alice, &ming).await;
    ming.delete_account(harness::people::PASSWORD).await.is(204);
    assert_eq!(split_position(socket.first("user_unblocked").await).1, json!({ "user_id": ming.id }));
    assert_eq!(alice.people("/friends/blocks").await, [0; 0]);
}
