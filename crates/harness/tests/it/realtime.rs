//! The Socket.IO options: who comes in, and which event reaches whom.

use futures_util::{SinkExt as _, StreamExt as _};
use harness::socket::{ConnectError, ConnectOptions, split_position, upgrade};
use harness::{Socket, Stack, on_each_database};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

fn not_authenticated() -> ConnectError {
    ConnectError::Connect(json!({ "message": "Not authenticated", "data": { "code": "unauthorized" } }))
}

async fn enter(
    stack: &Stack,
    auth: Option<Value>,
    headers: &[(&'static str, &str)],
) -> Result<Socket, ConnectError> {
    let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    Socket::try_connect(&stack.origin(), &ConnectOptions { path: "/socket.io/", auth, headers }).await
}

on_each_database! {
    both_paths_lead_in_with_and_without_a_slash,
    a_token_comes_in_by_packet_header_or_query,
    without_a_proof_nobody_comes_in,
    a_cookie_comes_in_from_our_own_pages_only,
    a_listed_origin_needs_a_token_all_the_same where |config| config.allowed_origins = vec!["https://chat.example".into()],
    what_is_no_socket_is_refused,
    one_is_who_the_token_says,
    every_event_is_acknowledged_known_or_not,
    a_room_is_joined_by_members_in_any_spelling,
    a_joined_socket_receives_receive_message_and_the_others_new_message,
    the_sending_socket_is_answered_and_the_senders_others_receive,
    a_room_that_was_left_goes_back_to_new_message,
    a_group_receives_and_nobody_else_does,
    a_socket_that_never_joins_is_sent_and_asked_nothing,
}

async fn both_paths_lead_in_with_and_without_a_slash(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    for path in ["/socket.io/", "/socket.io", "/ws/socket.io/", "/ws/socket.io"] {
        let options = ConnectOptions { path, ..ConnectOptions::of_the_seed(alice.token()) };
        let socket = Socket::try_connect(&stack.origin(), &options).await.unwrap();
        socket.ask_ok("set_user_id", json!(alice.id)).await;
        let handshake = &socket.handshake;
        assert!(handshake["sid"].as_str().unwrap().len() >= 20, "{handshake}");
        assert!(
            handshake["pingInterval"].is_u64()
                && handshake["pingTimeout"].is_u64()
                && handshake["maxPayload"].is_u64(),
            "{handshake}"
        );
    }
}

async fn a_token_comes_in_by_packet_header_or_query(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let token = alice.token();
    let bearer = format!("Bearer {token}");
    enter(stack, Some(json!({ "token": token })), &[]).await.unwrap();
    enter(stack, Some(json!({ "token": bearer })), &[]).await.unwrap();
    enter(stack, None, &[("authorization", &bearer)]).await.unwrap();
    enter(stack, Some(json!({})), &[("authorization", &bearer)]).await.unwrap();
}

async fn without_a_proof_nobody_comes_in(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    for auth in [
        None,
        Some(json!({})),
        Some(json!({ "token": "" })),
        Some(json!({ "token": "x" })),
        Some(json!({ "token": null })),
        Some(json!({ "token": 7 })),
        Some(json!({ "token": alice.token().replace('.', "x") })),
        Some(json!({ "user_id": alice.id })),
    ] {
        assert_eq!(enter(stack, auth.clone(), &[]).await.unwrap_err(), not_authenticated(), "{auth:?}");
    }
    assert_eq!(
        enter(stack, None, &[("authorization", "Basic eA==")]).await.unwrap_err(),
        not_authenticated()
    );
}

async fn a_cookie_comes_in_from_our_own_pages_only(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let origin = stack.origin();
    let socket = enter(stack, None, &[("cookie", &alice.cookie), ("origin", &origin)]).await.unwrap();
    socket.ask_ok("set_user_id", json!(alice.id)).await;
    assert_eq!(enter(stack, None, &[("cookie", &alice.cookie)]).await.unwrap_err(), not_authenticated());
    for foreign in ["https://evil.example", "http://127.0.0.1:1", "null"] {
        let token = json!({ "token": alice.token() });
        let refused =
            enter(stack, Some(token), &[("cookie", &alice.cookie), ("origin", foreign)]).await.unwrap_err();
        assert_eq!(refused, ConnectError::Upgrade(400, format!("{foreign} is not an accepted origin.")));
    }
}

async fn a_listed_origin_needs_a_token_all_the_same(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let listed = [("origin", "https://chat.example"), ("cookie", alice.cookie.as_str())];
    enter(stack, Some(json!({ "token": alice.token() })), &listed).await.unwrap();
    assert_eq!(enter(stack, None, &listed).await.unwrap_err(), not_authenticated());
    let answer = alice
        .send(alice.request(reqwest::Method::GET, "/user/me").header("origin", "https://chat.example"))
        .await;
    assert_eq!(answer.is(200).header("access-control-allow-origin"), "https://chat.example");
    assert_eq!(answer.header("access-control-allow-credentials"), "true");
    let foreign = alice
        .send(alice.request(reqwest::Method::GET, "/user/me").header("origin", "https://evil.example"))
        .await;
    assert_eq!(foreign.header("access-control-allow-origin"), "");
}

async fn what_is_no_socket_is_refused(stack: &Stack) {
    let anon = stack.anon();
    for query in [
        "",
        "?EIO=4&transport=websocket",
        "?EIO=3&transport=websocket",
        "?EIO=4&transport=carrier-pigeon",
        "?EIO=4&transport=websocket&sid=x",
    ] {
        for path in ["/socket.io/", "/ws/socket.io/"] {
            anon.get(&format!("{path}{query}")).await.is(400);
        }
    }
}

async fn one_is_who_the_token_says(stack: &Stack) {
    let (alice, ming) = stack.friends().await;
    let socket = alice.socket().await;
    socket.ask_ok("set_user_id", json!(alice.id)).await;
    socket.ask_ok("set_user_id", json!(alice.id.to_string())).await;
    for other in [json!(ming.id), json!(null), json!({}), json!("x"), json!(1.5), json!([alice.id])] {
        socket.ask_refused("set_user_id", other, "forbidden").await;
    }
}

async fn every_event_is_acknowledged_known_or_not(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let socket = alice.socket().await;
    for name in ["message", "no_such_event", "", "事件"] {
        socket.ask_refused(name, json!({ "x": 1 }), "unknown_event").await;
    }
    let nothing = socket.start_with("send_message", Vec::new()).await;
    assert_eq!((&nothing["ok"], &nothing["code"]), (&json!(false), &json!("validation")));
    // Without an acknowledgement asked for, nothing comes back, and nothing breaks.
    socket.emit("no_such_event", json!(1));
    socket.ask_ok("set_user_id", json!(alice.id)).await;
}

async fn a_room_is_joined_by_members_in_any_spelling(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let (socket, stranger) = (alice.socket().await, stack.person("陌生人").await.socket().await);
    let mut received = socket.listen("receive_message");
    for spelling in [
        json!(room),
        json!(room.to_uppercase()),
        json!(room.replace('-', "")),
        json!({ "chatroom_id": room }),
    ] {
        assert_eq!(socket.ask_ok("join_room", spelling).await["chatroom_id"], room.as_str());
    }
    for unknown in
        [json!("01890a5d-ac96-774b-bcce-b302099a8057"), json!("abc"), json!({ "chatroom_id": "abc" })]
    {
        let refused = socket.ask_refused("join_room", unknown, "not_found").await;
        assert_eq!(refused["detail"], "Chatroom not found");
    }
    for wrong in [json!(null), json!(5), json!({}), json!([]), json!({ "chatroom_id": 5 })] {
        socket.ask_refused("join_room", wrong, "validation").await;
    }
    for options in [json!(room), json!({ "chatroom_id": room })] {
        let refused = stranger.ask_refused("join_room", options, "not_found").await;
        assert_eq!(refused["detail"], "Chatroom not found");
    }
    stranger
        .ask_refused("send_message", json!({ "chatroom_id": room, "content": "偷偷" }), "not_found")
        .await;
    ming.say(&room, "你好").await;
    assert_eq!(received.next().await["content"], "你好");
    assert!(stranger.received().is_empty());
}

async fn a_joined_socket_receives_receive_message_and_the_others_new_message(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let joined = [alice.socket_in(&room).await, ming.socket_in(&room).await];
    let plain = [alice.elsewhere().await.socket().await, ming.elsewhere().await.socket().await];
    let mut receive: Vec<_> = joined.iter().map(|socket| socket.listen("receive_message")).collect();
    let mut new: Vec<_> = plain.iter().map(|socket| socket.listen("new_message")).collect();
    let sent = joined[0].say(&room, "你好").await;
    for (listener, mine) in receive.iter_mut().zip([true, false]) {
        let mut event = split_position(listener.next().await).1;
        assert_eq!((&event["isSentByViewer"], &event["img"]), (&json!(mine), &json!("")));
        event.as_object_mut().unwrap().retain(|key, _| !["isSentByViewer", "img"].contains(&key.as_str()));
        assert_eq!(event, sent);
    }
    for (listener, unread) in new.iter_mut().zip([0, 1]) {
        assert_eq!(
            split_position(listener.next().await).1,
            json!({ "message": sent, "unread_count": unread })
        );
    }
    // A message by REST comes from no socket, so each of them receives of it.
    alice.say(&room, "第二句").await;
    for listener in &mut receive {
        assert_eq!(listener.next().await["content"], "第二句");
    }
    for listener in &mut new {
        assert_eq!(listener.next().await["message"]["content"], "第二句");
    }
    assert!(
        joined.iter().all(|socket| socket.received_of("new_message").is_empty()),
        "one or the other, never both"
    );
    assert!(plain.iter().all(|socket| socket.received_of("receive_message").is_empty()));
}

async fn the_sending_socket_is_answered_and_the_senders_others_receive(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let (mine, phone, theirs) = (alice.socket().await, alice.socket().await, ming.socket().await);
    let mut others = [phone.listen("new_message"), theirs.listen("new_message")];
    let sent = mine.say(&room, "你好").await;
    for listener in &mut others {
        assert_eq!(listener.next().await["message"], sent);
    }
    let mut barrier = mine.listen("new_message");
    ming.say(&room, "標記").await;
    assert_eq!(barrier.next().await["message"]["content"], "標記");
    assert_eq!(mine.received_of("new_message").len(), 1);
}

async fn a_room_that_was_left_goes_back_to_new_message(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let socket = ming.socket_in(&room).await;
    let (mut receive, mut new) = (socket.listen("receive_message"), socket.listen("new_message"));
    alice.say(&room, "一").await;
    receive.next().await;
    for options in [json!({ "chatroom_id": room }), json!(room)] {
        socket.ask_ok("leave_room", options).await;
    }
    alice.say(&room, "二").await;
    assert_eq!(new.next().await["message"]["content"], "二");
    assert_eq!(socket.received_of("receive_message").len(), 1);
    for wrong in [json!(5), json!({}), json!(null)] {
        socket.ask_refused("leave_room", wrong, "validation").await;
    }
}

async fn a_group_receives_and_nobody_else_does(stack: &Stack) {
    let (alice, ming, third) =
        (stack.person("愛麗絲").await, stack.person("小明").await, stack.person("第三人").await);
    let stranger = stack.person("陌生人").await;
    let (group, direct) =
        (alice.open_group(&[&ming, &third], "三人行").await, alice.open_room(&stranger).await);
    let sockets = [alice.socket().await, ming.socket().await, third.socket().await, stranger.socket().await];
    let mut received: Vec<_> = sockets.iter().map(|socket| socket.listen("new_message")).collect();
    alice.say(&group, "大家好").await;
    alice.say(&direct, "只有你").await;
    for listener in &mut received[..3] {
        assert_eq!(listener.next().await["message"]["content"], "大家好");
    }
    assert_eq!(received[3].next().await["message"]["content"], "只有你");
    assert_eq!(
        (sockets[1].received_of("new_message").len(), sockets[3].received_of("new_message").len()),
        (1, 1)
    );
    let everything = format!("{:?}", sockets.iter().map(Socket::received).collect::<Vec<_>>());
    assert!(!everything.contains("@example.com"), "{everything}");
}

async fn a_socket_that_never_joins_is_sent_and_asked_nothing(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let (mut stream, _) = upgrade(&stack.origin(), &ConnectOptions::default()).await.unwrap();
    let event = json!(["send_message", { "chatroom_id": room, "content": "偷偷" }]);
    stream.send(Message::text(format!("42{event}"))).await.unwrap();
    // An event before CONNECT breaks the protocol, and the connection ends.
    while let Some(Ok(message)) = harness::deadline::within("the end", stream.next()).await {
        assert!(!message.is_text(), "{message}");
    }
    alice.say(&room, "標記").await;
    assert_eq!(ming.texts(&room).await, ["標記"]);
}
