//! What a member sets for a room, for themselves alone, on all their devices.

use harness::people::{list, text};
use harness::socket::split_position;
use harness::{Stack, on_each_database};
use serde_json::{Value, json};

on_each_database! {
    what_is_set_is_on_all_devices_of_the_user_and_nobody_elses,
    reading_ends_that_a_room_is_marked_unread,
    a_message_ends_that_a_room_is_archived_unless_it_is_muted,
    a_draft_is_held_to_its_limit,
    settings_are_refused_to_others,
    settings_say_what_is_wrong,
}

const UNSET: [(&str, Value); 5] = [
    ("muted_until", Value::Null),
    ("archived", Value::Bool(false)),
    ("pinned", Value::Bool(false)),
    ("marked_unread", Value::Bool(false)),
    ("draft", Value::Null),
];

async fn what_is_set_is_on_all_devices_of_the_user_and_nobody_elses(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let shown = alice.room(&room).await;
    for (key, value) in UNSET {
        assert_eq!(shown[key], value, "{key}");
    }
    let start = text(&alice.get("/sync").await.ok()["cursor"]);
    let (here, there) = (alice.socket().await, alice.elsewhere().await.socket().await);
    let other = ming.socket().await;
    let changes = json!({
        "chatroom_id": room, "muted_until": "2100-01-01T00:00:00Z", "archived": true, "pinned": true,
        "marked_unread": true, "draft": "明天見",
    });
    let set = here.ask_ok("set_room_settings", changes).await;
    let expected = json!({
        "muted_until": "2100-01-01T00:00:00.000000Z", "archived": true, "pinned": true, "marked_unread": true,
        "draft": "明天見",
    });
    let mut event = expected.clone();
    event["chatroom_id"] = json!(room);
    assert_eq!(split_position(there.first("room_settings").await).1, event);
    let events = list(&alice.get(&format!("/sync?since={start}")).await.ok()["events"]);
    assert_eq!((&events[0]["event"], &events[0]["data"]), (&json!("room_settings"), &event));
    let (shown, view) = (alice.room(&room).await, alice.get(&format!("/chatrooms/{room}")).await.ok());
    for (key, value) in expected.as_object().unwrap() {
        assert!([&set[key], &shown[key], &view[key]].iter().all(|shown| *shown == value), "{key}");
    }
    for (key, value) in UNSET {
        assert_eq!(ming.room(&room).await[key], value, "{key}");
    }
    // What is absent stays, and what is so already is no event.
    alice.set_room(&room, &json!({ "pinned": true, "archived": null })).await.is(200);
    let one = alice.set_room(&room, &json!({ "draft": null, "muted_until": null })).await.ok();
    assert_eq!(
        (&one["draft"], &one["muted_until"], &one["pinned"]),
        (&Value::Null, &Value::Null, &json!(true))
    );
    ming.say(&room, "標記").await;
    for socket in [&here, &there, &other] {
        socket.received_until(|event| event["message"]["content"] == "標記").await;
    }
    assert_eq!(there.received_of("room_settings").len(), 2);
    assert_eq!(here.received_of("room_settings").len(), 1, "of its own it has the acknowledgement");
    assert!(other.received_of("room_settings").is_empty());
}

async fn reading_ends_that_a_room_is_marked_unread(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    ming.say(&room, "在嗎").await;
    alice.post(&format!("/chatrooms/{room}/read")).await.is(200);
    alice.set_room(&room, &json!({ "marked_unread": true })).await.is(200);
    let shown = alice.room(&room).await;
    assert_eq!((&shown["marked_unread"], &shown["unread_count"]), (&json!(true), &json!(0)));
    alice.post(&format!("/chatrooms/{room}/delivered")).await.is(200);
    assert_eq!(alice.room(&room).await["marked_unread"], true);
    let (here, there) = (alice.socket().await, alice.elsewhere().await.socket().await);
    here.ask_ok("mark_read", json!({ "chatroom_id": room })).await;
    for socket in [&here, &there] {
        assert_eq!(socket.first("room_settings").await["marked_unread"], false);
    }
    assert_eq!(alice.room(&room).await["marked_unread"], false);
}

async fn a_message_ends_that_a_room_is_archived_unless_it_is_muted(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let archived = async || alice.room(&room).await["archived"].clone();
    alice.set_room(&room, &json!({ "archived": true })).await.is(200);
    assert_eq!(archived().await, true);
    ming.say(&room, "在嗎").await;
    assert_eq!(archived().await, false);
    alice.set_room(&room, &json!({ "archived": true, "muted_until": "2100-01-01T00:00:00Z" })).await.is(200);
    ming.say(&room, "在嗎？").await;
    assert_eq!(archived().await, true);
    alice.set_room(&room, &json!({ "muted_until": null })).await.is(200);
    assert_eq!(archived().await, true, "until the next message");
    ming.say(&room, "喂").await;
    assert_eq!(archived().await, false);
    alice.set_room(&room, &json!({ "archived": true })).await.is(200);
    alice.set_room(&room, &json!({ "archived": false })).await.is(200);
    assert_eq!(archived().await, false);
}

async fn a_draft_is_held_to_its_limit(stack: &Stack) {
    let (alice, _, room) = stack.pair().await;
    let longest = "草".repeat(10_000);
    let set = alice.set_room(&room, &json!({ "draft": longest })).await.ok();
    assert_eq!(set["draft"], longest);
    let over = alice.set_room(&room, &json!({ "draft": format!("{longest}稿") })).await;
    over.invalid(&[("body.draft", "string_too_long")]);
    assert_eq!(alice.room(&room).await["draft"], longest);
    for none in [json!(" \n"), json!(""), Value::Null] {
        alice.set_room(&room, &json!({ "draft": "草稿" })).await.is(200);
        assert_eq!(alice.set_room(&room, &json!({ "draft": none })).await.ok()["draft"], Value::Null);
    }
}

async fn settings_are_refused_to_others(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let stranger = stack.person("陌生人").await;
    let group = alice.open_group(&[&ming, &stranger], "大家").await;
    stranger.set_room(&group, &json!({ "pinned": true })).await.is(200);
    stranger.leave_group(&group).await.is(204);
    for id in [room.as_str(), &group, "01890a5d-ac96-774b-bcce-b302099a8057", "abc"] {
        let refused = stranger.set_room(id, &json!({ "pinned": true })).await;
        refused.refused(404, "not_found", "Chatroom not found");
    }
    let payload = json!({ "chatroom_id": room, "pinned": true });
    stranger.socket().await.ask_refused("set_room_settings", payload, "not_found").await;
    let path = format!("/chatrooms/{room}/settings");
    stack.anon().patch(&path, &json!({ "pinned": true })).await.unauthorized("Not authenticated");
}

async fn settings_say_what_is_wrong(stack: &Stack) {
    let (alice, _, room) = stack.pair().await;
    let wrong = json!({
        "muted_until": "明天", "archived": "maybe", "pinned": 7, "marked_unread": {}, "draft": 5,
    });
    let refused = alice.set_room(&room, &wrong).await.is(422).json();
    assert_eq!(list(&refused["detail"]).len(), 5, "{refused}");
    let socket = alice.socket().await;
    for payload in [json!(null), json!({}), json!({ "chatroom_id": room, "draft": "\u{0}x" })] {
        socket.ask_refused("set_room_settings", payload, "validation").await;
    }
    alice.set_room(&room, &json!({ "muted_until": "0001-01-01T00:00:00Z" })).await.is(422);
    alice.set_room(&room, &json!({ "muted_until": 0 })).await.is(200);
}
