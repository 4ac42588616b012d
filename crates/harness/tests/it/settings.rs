//! Privacy settings: who finds a user, who writes to them, and who sees that they are there.

use harness::people::text;
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
}

async fn set(person: &Person, settings: Value) -> Value {
    person.patch("/user/me/settings", &settings).await.ok()
}

async fn settings_are_shown_and_changed(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let first = json!({
        "find_me_by_email": "everyone", "find_me_by_username": "everyone", "presence": "friends",
        "message_requests": "everyone", "push_preview": true,
    });
    assert_eq!(alice.get("/user/me/settings").await.ok(), first);
    assert_eq!(set(&alice, json!({})).await, first);
    let changed = json!({
        "find_me_by_email": "nobody", "find_me_by_username": "friends_of_friends", "presence": "everyone",
        "message_requests": "friends", "push_preview": false,
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
