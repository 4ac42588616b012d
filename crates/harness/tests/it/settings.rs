//! Privacy settings: who finds a user, who writes to them, and who sees that they are there.

use harness::people::{list, path_of, text};
use harness::socket::split_position;
use harness::{Answer, Person, Stack, on_each_database};
use serde_json::{Value, json};

on_each_database! {
    settings_are_shown_and_changed,
    what_is_no_setting_is_refused,
    own_devices_receive_a_change,
    who_may_be_found_is_set_for_each_way,
    friends_of_friends_find_somebody,
    presence_is_hidden_from_all_and_of_all,
    presence_is_shown_beyond_friends,
    only_friends_write_to_who_wants_it_so,
    who_shows_no_read_receipts_sees_none,
    that_something_was_read_is_not_seen_by_the_other,
    groups_show_what_was_read_all_the_same,
}

async fn set(person: &Person, settings: Value) -> Value {
    person.patch("/user/me/settings", &settings).await.ok()
}

async fn settings_are_shown_and_changed(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let first = json!({
        "find_me_by_email": "everyone", "find_me_by_username": "everyone", "presence": "friends",
        "message_requests": "everyone", "push_preview": true,
        "read_receipts": true,
    });
    assert_eq!(alice.get("/user/me/settings").await.ok(), first);
    assert_eq!(set(&alice, json!({})).await, first);
    let changed = json!({
        "find_me_by_email": "nobody", "find_me_by_username": "friends_of_friends", "presence": "everyone",
        "message_requests": "friends", "push_preview": false,
        "read_receipts": false,
    });
    assert_eq!(set(&alice, changed.clone()).await, changed);
    assert_eq!(set(&alice, json!({ "presence": null })).await, changed);
    // The profile's `discoverable` sets both ways of being found.
    for (discoverable, finders) in [(true, "everyone"), (false, "nobody")] {
        alice.patch(&format!("/user/{}", alice.id), &json!({ "discoverable": discoverable })).await.is(200);
        let settings = alice.get("/user/me/settings/").await.ok();
        assert_eq!(settings["find_me_by_email"], finders);
        assert_eq!(
            (&settings["find_me_by_username"], &settings["presence"]),
            (&json!(finders), &json!("everyone"))
        );
    }
    stack.anon().get("/user/me/settings").await.unauthorized("Not authenticated");
    stack.anon().patch("/user/me/settings", &json!({})).await.unauthorized("Not authenticated");
}

async fn what_is_no_setting_is_refused(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    for name in ["find_me_by_email", "find_me_by_username", "presence", "message_requests"] {
        for wrong in [json!("all"), json!(""), json!(1), json!(true)] {
            let answer = alice.patch("/user/me/settings", &json!({ name: wrong })).await;
            assert_eq!(answer.is(422).json()["detail"][0]["loc"], json!(["body", name]));
        }
    }
    alice.patch("/user/me/settings", &json!({ "message_requests": "nobody" })).await.is(422);
    for wrong in [json!("maybe"), json!(2)] {
        let answer = alice.patch("/user/me/settings", &json!({ "read_receipts": wrong })).await;
        answer.invalid(&[("body.read_receipts", "bool_type")]);
    }
}

async fn own_devices_receive_a_change(stack: &Stack) {
    let (alice, ming) = stack.friends().await;
    let start = text(&ming.get("/sync").await.ok()["cursor"]);
    let socket = alice.socket().await;
    let settings = set(&alice, json!({ "message_requests": "friends" })).await;
    let received = split_position(socket.first("settings_updated").await).1;
    assert_eq!(received, json!({ "settings": settings }));
    set(&alice, json!({ "message_requests": "friends" })).await;
    alice.say(&alice.open_room(&ming).await, "標記").await;
    socket.first("new_message").await;
    assert_eq!(socket.received_of("settings_updated").len(), 1, "what stays so is no change");
    let synced = ming.get(&format!("/sync?since={start}")).await.text();
    assert!(!synced.contains("settings_updated"), "{synced}");
}

async fn who_may_be_found_is_set_for_each_way(stack: &Stack) {
    let (alice, ming) = (stack.person("愛麗絲").await, stack.person("小明").await);
    let search = async |query: &str| ming.get(&format!("/friends/search?{query}")).await;
    let (email, name) = ("email=愛麗絲@example.com", "username=愛麗絲");
    set(&alice, json!({ "find_me_by_email": "nobody" })).await;
    let absent = search("email=nobody@example.com").await;
    let hidden = search(email).await;
    assert_eq!((hidden.status, hidden.json()), (404, absent.json()));
    assert_eq!(search(name).await.ok()["user_id"], alice.id);
    set(&alice, json!({ "find_me_by_email": "everyone", "find_me_by_username": "nobody" })).await;
    search(name).await.refused(404, "not_found", "User not found");
    assert_eq!(search(email).await.ok()["user_id"], alice.id);
    let ask = format!("/friends/request?friend_id={}", alice.id);
    ming.post(&ask).await.is(200);
    ming.delete(&ask).await.is(204);
    set(&alice, json!({ "find_me_by_email": "nobody" })).await;
    ming.post(&ask).await.refused(404, "not_found", "User not found");
}

async fn friends_of_friends_find_somebody(stack: &Stack) {
    let (alice, ming) = stack.friends().await;
    let (fellow, stranger) = (stack.person("朋友的朋友").await, stack.person("陌生人").await);
    ming.befriend(&fellow).await;
    let near =
        json!({ "find_me_by_email": "friends_of_friends", "find_me_by_username": "friends_of_friends" });
    set(&alice, near).await;
    for query in ["email=愛麗絲@example.com", "username=愛麗絲"] {
        for (person, status) in [(&ming, 200), (&fellow, 200), (&stranger, 404), (&alice, 200)] {
            person.get(&format!("/friends/search?{query}")).await.is(status);
        }
    }
    let ask = format!("/friends/request?friend_id={}", alice.id);
    stranger.post(&ask).await.is(404);
    fellow.post(&ask).await.is(200);
}

fn friend(answer: &Answer) -> (bool, bool) {
    let friend = &answer.ok()[0];
    (friend["online"] == true, friend["last_seen"].is_string())
}

async fn presence_is_hidden_from_all_and_of_all(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let watch = ming.socket().await;
    let mut seen = watch.listen("presence");
    alice.socket().await.leave().await;
    for online in [true, false] {
        assert_eq!(seen.next().await["online"], online);
    }
    let hers = alice.socket().await;
    assert_eq!(seen.next().await["online"], true);
    assert_eq!(friend(&ming.get("/friends").await), (true, true));
    set(&alice, json!({ "presence": "nobody" })).await;
    assert_eq!(seen.next().await, json!({ "user_id": alice.id, "online": false, "last_seen": null }));
    for person in [&alice, &ming] {
        assert_eq!(friend(&person.get("/friends").await), (false, false), "{}", person.name);
        assert_eq!(person.room(&room).await["online"], false);
    }
    hers.leave().await;
    let hers = alice.socket().await;
    set(&alice, json!({ "presence": "friends" })).await;
    assert_eq!(seen.next().await["online"], true, "and nothing in between");
    assert!(friend(&alice.get("/friends").await).0);
    drop(hers);
}

async fn presence_is_shown_beyond_friends(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    alice.delete(&format!("/friends/?friend_id={}", ming.id)).await.is(204);
    let (watch, _hers) = (ming.socket().await, alice.socket().await);
    let mut seen = watch.listen("presence");
    assert_eq!(ming.room(&room).await["online"], false);
    set(&alice, json!({ "presence": "everyone" })).await;
    assert_eq!(seen.next().await["online"], true);
    assert_eq!(
        (&ming.room(&room).await["online"], &alice.room(&room).await["online"]),
        (&json!(true), &json!(false))
    );
    // Not to somebody whose request is not accepted, and not to whom one blocks.
    let stranger = stack.person("陌生人").await;
    let asked = stranger.open_room(&alice).await;
    assert_eq!(stranger.room(&asked).await["online"], false);
    alice.put(&format!("/friends/blocks/{}", ming.id)).await.is(200);
    // Her connection itself may be reported after the change of the setting: online once more.
    while seen.next().await["online"] == true {}
    assert_eq!(ming.room(&room).await["online"], false);
}

async fn only_friends_write_to_who_wants_it_so(stack: &Stack) {
    let (alice, ming) = (stack.person("愛麗絲").await, stack.person("小明").await);
    let before = stack.person("從前").await;
    let room = before.open_room(&alice).await;
    set(&alice, json!({ "message_requests": "friends" })).await;
    let members = json!({ "members_id": [alice.id] });
    let refused = ming.post_json("/chatrooms", &members).await;
    refused.refused(403, "cannot_send", "Messages cannot be sent to this person");
    assert!(alice.rooms().await.iter().all(|found| found["chatroom_id"] == room.as_str()));
    before.say(&room, "先來的").await;
    // She herself writes to whom she likes.
    let hers = alice.open_room(&ming).await;
    alice.say(&hers, "你好").await;
    ming.say(&hers, "你好").await;
    ming.befriend(&alice).await;
}

/// What somebody sees of the newest message, and of how far the other has got in a room of two.
async fn seen(viewer: &Person, other: &Person, room: &str) -> Value {
    let message = viewer.read_page(room, "limit=1").await.remove(0);
    let whole = viewer.get(&format!("/chatrooms/{room}")).await.ok();
    let receipt = list(&whole["marks"]).into_iter().find(|receipt| receipt["user_id"] == other.id);
    let receipts = viewer.get(&format!("{}/receipts", path_of(&message))).await.ok();
    let names =
        |kind: &str| list(&receipts[kind]).iter().map(|user| text(&user["username"])).collect::<Vec<_>>();
    json!([
        message["read_status"],
        message["read_by_count"],
        whole["last_message"]["read_status"],
        [whole["peer_delivered_seq"], whole["peer_read_seq"]],
        [receipt.as_ref().unwrap()["last_delivered_seq"], receipt.as_ref().unwrap()["last_read_seq"]],
        names("delivered"),
        names("read"),
    ])
}

async fn who_shows_no_read_receipts_sees_none(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    set(&alice, json!({ "read_receipts": false })).await;
    let read = format!("/chatrooms/{room}/read");
    for (sender, reader, seq) in [(&ming, &alice, 1), (&alice, &ming, 2)] {
        let sent = sender.say(&room, "看到了嗎").await;
        let receipt = reader.post(&read).await.ok();
        assert_eq!((&receipt["last_read_seq"], &receipt["unread_count"]), (&json!(seq), &json!(0)));
        let delivered = json!(["delivered", 0, "delivered", [seq, 0], [seq, 0], [reader.name], []]);
        assert_eq!(seen(sender, reader, &room).await, delivered);
        let own = reader.look(&sent).await.unwrap();
        assert_eq!(
            (&own["read_status"], reader.room(&room).await["unread_count"].as_i64()),
            (&json!("read"), Some(0))
        );
        let found = list(&sender.get("/search?q=看到了嗎").await.ok()["items"]);
        assert_eq!(found[0]["message"]["read_status"], "delivered", "{found:?}");
    }
    set(&alice, json!({ "read_receipts": true })).await;
    assert_eq!(seen(&alice, &ming, &room).await, json!(["read", 1, "read", [2, 2], [2, 2], [], [ming.name]]));
}

async fn that_something_was_read_is_not_seen_by_the_other(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    set(&alice, json!({ "read_receipts": false })).await;
    let start = text(&ming.get("/sync").await.ok()["cursor"]);
    let (phone, laptop, theirs) = (alice.socket().await, alice.socket().await, ming.socket().await);
    let of = |seq: i64, read: i64| json!([alice.id, seq, read]);
    let parts =
        |event: &Value| json!([event["user_id"], event["last_delivered_seq"], event["last_read_seq"]]);
    let first = ming.say(&room, "一").await;
    phone.ask_ok("mark_delivered", json!({ "chatroom_id": room })).await;
    phone.ask_ok("mark_read", json!({ "chatroom_id": room })).await;
    ming.say(&room, "二").await;
    // At once received and read.
    phone.ask_ok("mark_read", json!({ "chatroom_id": room })).await;
    alice.say(&room, "標記").await;
    for socket in [&theirs, &laptop] {
        socket.received_until(|event| event["message"]["content"] == "標記").await;
    }
    let all = |events: Vec<Value>| events.iter().map(parts).collect::<Vec<_>>();
    assert_eq!(all(laptop.received_of("message_status")), [of(1, 0), of(1, 1), of(2, 2)]);
    let received = theirs.received_of("message_status");
    assert_eq!(all(received.clone()), [of(1, 0), of(2, 0)]);
    assert!(received.iter().all(|event| event["unread_count"] == 0 && event["last_read_id"].is_null()));
    assert_eq!(received[0]["last_delivered_id"], first["message_id"]);
    let synced = async |person: &Person| {
        let events = list(&person.get(&format!("/sync?since={start}")).await.ok()["events"]);
        let status = events.into_iter().filter(|event| event["event"] == "message_status");
        status.map(|event| parts(&event["data"])).collect::<Vec<_>>()
    };
    // As it is by then: what she has said, she has read.
    assert_eq!(synced(&alice).await, [of(3, 3), of(3, 3), of(3, 3)]);
    assert_eq!(synced(&ming).await, [of(3, 0), of(3, 0)]);
}

async fn groups_show_what_was_read_all_the_same(stack: &Stack) {
    let ([alice, ming, _], room) = stack.group().await;
    set(&alice, json!({ "read_receipts": false })).await;
    let theirs = ming.socket().await;
    ming.say(&room, "一").await;
    alice.post(&format!("/chatrooms/{room}/read")).await.is(200);
    assert_eq!(theirs.first("message_status").await["last_read_seq"], 2);
    assert_eq!(ming.read_page(&room, "limit=1").await[0]["read_by_count"], 1);
}
