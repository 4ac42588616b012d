//! Who is here, and who is typing: sent to friends and members, and stored nowhere.

use harness::{Person, Stack, on_each_database};
use serde_json::{Value, json};

async fn online(viewer: &Person, friend: &Person) -> Value {
    let friends = viewer.get("/friends/").await.ok();
    friends.as_array().unwrap().iter().find(|person| person["user_id"] == friend.id).unwrap()["online"]
        .clone()
}

on_each_database! {
    a_friend_is_here_from_the_first_connection_to_the_last,
    a_room_list_shows_who_is_here,
    a_stranger_is_sent_no_presence_even_in_a_shared_room,
    a_connection_lost_without_a_close_is_offline_too,
    typing_is_sent_to_the_others_in_the_room,
    typing_and_delivery_can_be_sent_over_rest,
}

async fn a_friend_is_here_from_the_first_connection_to_the_last(stack: &Stack) {
    let (alice, ming) = stack.friends().await;
    let watch = alice.socket().await;
    let mut received = watch.listen("presence");
    assert_eq!(online(&alice, &ming).await, false);

    let phone = ming.socket().await;
    assert_eq!(received.next().await, json!({ "user_id": ming.id, "online": true, "last_seen": null }));
    assert_eq!(online(&alice, &ming).await, true);
    let laptop = ming.elsewhere().await.socket().await;
    phone.leave().await;
    assert_eq!(online(&alice, &ming).await, true);
    laptop.leave().await;
    let gone = received.next().await;
    assert_eq!((&gone["user_id"], &gone["online"]), (&json!(ming.id), &json!(false)));
    assert!(gone["last_seen"].as_str().unwrap().ends_with('Z'), "{gone}");
    let friend = alice.get("/friends/").await.ok()[0].clone();
    assert_eq!((&friend["online"], &friend["last_seen"]), (&json!(false), &gone["last_seen"]));
    // The second device connected and left without an event.
    assert_eq!(watch.received_of("presence").len(), 2);
}

async fn a_room_list_shows_who_is_here(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    assert_eq!(alice.room(&room).await["online"], false);
    let mut received = alice.socket().await.listen("presence");
    let socket = ming.socket().await;
    received.next().await;
    assert_eq!(alice.room(&room).await["online"], true);
    assert_eq!(alice.get(&format!("/chatrooms/{room}")).await.ok()["online"], true);
    socket.leave().await;
    received.next().await;
    assert_eq!(alice.room(&room).await["online"], false);
}

async fn a_stranger_is_sent_no_presence_even_in_a_shared_room(stack: &Stack) {
    let (alice, ming) = stack.friends().await;
    let stranger = stack.person("陌生人").await;
    let room = stranger.open_room(&ming).await;
    let (watch, friend) = (stranger.socket().await, alice.socket().await);
    let mut friends_events = friend.listen("presence");
    let socket = ming.socket().await;
    friends_events.next().await;
    assert_eq!(stranger.room(&room).await["online"], false);
    let mut barrier = watch.listen("new_message");
    ming.say(&room, "標記").await;
    barrier.next().await;
    assert_eq!(watch.received_of("presence"), Vec::<Value>::new());
    assert_eq!(stranger.get("/friends/search?username=小明").await.ok()["online"], false);
    socket.leave().await;
}

async fn a_connection_lost_without_a_close_is_offline_too(stack: &Stack) {
    let (alice, ming) = stack.friends().await;
    let watch = alice.socket().await;
    let mut received = watch.listen("presence");
    drop(ming.socket().await);
    assert_eq!(received.next().await["online"], true);
    assert_eq!(received.next().await["online"], false);
    // A logout ends the connections, and with them the presence.
    let socket = ming.socket().await;
    assert_eq!(received.next().await["online"], true);
    ming.post("/auth/logout").await.is(200);
    socket.closed().await;
    assert_eq!(received.next().await["online"], false);
}

async fn typing_is_sent_to_the_others_in_the_room(stack: &Stack) {
    let (alice, ming, third) =
        (stack.person("愛麗絲").await, stack.person("小明").await, stack.person("第三人").await);
    let stranger = stack.person("陌生人").await;
    let group = alice.open_group(&[&ming, &third], "三人行").await;
    let sockets = [alice.socket().await, ming.socket().await, third.socket().await, stranger.socket().await];
    let mut received: Vec<_> = sockets[1..3].iter().map(|socket| socket.listen("typing")).collect();
    for is_typing in [true, false] {
        sockets[0].ask_ok("typing", json!({ "chatroom_id": group, "is_typing": is_typing })).await;
        for listener in &mut received {
            let expected = json!({ "chatroom_id": group, "user_id": alice.id, "is_typing": is_typing });
            assert_eq!(listener.next().await, expected);
        }
    }
    assert!(sockets[0].received_of("typing").is_empty(), "one's own typing sends no event to oneself");
    sockets[3].ask_refused("typing", json!({ "chatroom_id": group, "is_typing": true }), "not_found").await;
    sockets[0].ask_refused("typing", json!({}), "validation").await;
    sockets[0]
        .ask_refused("typing", json!({ "chatroom_id": group, "is_typing": "maybe" }), "validation")
        .await;
    let mut barriers: Vec<_> = sockets[..3].iter().map(|socket| socket.listen("new_message")).collect();
    third.say(&group, "標記").await;
    for barrier in &mut barriers {
        barrier.next().await;
    }
    let counts: Vec<usize> = sockets.iter().map(|socket| socket.received_of("typing").len()).collect();
    assert_eq!(counts, [0, 2, 2, 0]);
}

async fn typing_and_delivery_can_be_sent_over_rest(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let stranger = stack.person("路人").await;
    let sent = alice.say(&room, "你好").await;
    let socket = alice.socket().await;
    let (mut typing, mut status) = (socket.listen("typing"), socket.listen("message_status"));
    let (typed, delivered) = (format!("/chatrooms/{room}/typing"), format!("/chatrooms/{room}/delivered"));
    for (body, is_typing) in [(json!({}), true), (json!({ "is_typing": false }), false)] {
        ming.post_json(&typed, &body).await.is(204);
        let event = typing.next().await;
        assert_eq!((&event["user_id"], &event["is_typing"]), (&json!(ming.id), &json!(is_typing)));
    }
    let receipt = ming.post_json(&delivered, &json!({ "message_id": sent["message_id"] })).await.ok();
    assert_eq!((&receipt["last_delivered_seq"], &receipt["last_read_seq"]), (&json!(1), &json!(0)));
    assert_eq!(status.next().await["last_delivered_seq"], 1);
    for path in [&typed, &delivered] {
        stack.anon().post_json(path, &json!({})).await.unauthorized("Not authenticated");
        stranger.post_json(path, &json!({})).await.refused(404, "not_found", "Chatroom not found");
    }
    ming.post_json(&typed, &json!({ "is_typing": "perhaps" })).await.is(422);
    ming.post_json(&delivered, &json!({ "message_id": "none" })).await.is(422);
}
