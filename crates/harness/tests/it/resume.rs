//! Coming back: what was missed is the first thing that a socket receives, and nothing comes twice.

use harness::people::text;
use harness::socket::ConnectOptions;
use harness::{Person, Socket, Stack, on_each_database};
use serde_json::{Value, json};

/// Comes with more in the CONNECT packet than the token.
async fn enter(stack: &Stack, person: &Person, more: Value) -> Socket {
    let mut auth = json!({ "token": person.token() });
    auth.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    Socket::try_connect(&stack.origin(), &ConnectOptions { auth: Some(auth), ..ConnectOptions::default() })
        .await
        .unwrap()
}

async fn cursor(person: &Person) -> String {
    text(&person.get("/sync").await.ok()["cursor"])
}

/// What the messages say that a socket has received under a name.
fn texts(socket: &Socket, name: &str) -> Vec<String> {
    let content = |event: &Value| text(event.pointer("/message/content").unwrap_or(&event["content"]));
    socket.received_of(name).iter().map(content).collect()
}

/// The names of everything that a socket has received before `synced`.
async fn names_until(socket: &Socket, last: &str) -> Vec<String> {
    socket.first(last).await;
    socket.received().into_iter().map(|received| received.name).collect()
}

on_each_database! {
    a_socket_with_a_cursor_is_replayed_what_it_missed,
    a_client_that_missed_too_much_is_sent_to_sync,
    a_cursor_that_is_none_is_as_good_as_no_cursor,
    nobody_else_receives_cursors,
    a_client_that_recovers_has_its_name_its_rooms_and_what_it_missed,
    recovery_is_for_the_same_sign_in_and_not_for_ever_too_much,
    the_half_open_connection_before_is_closed,
    changes_while_a_socket_comes_back_come_once_and_in_order,
}

async fn a_socket_with_a_cursor_is_replayed_what_it_missed(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let since = cursor(&ming).await;
    alice.say(&room, "一").await;
    alice.say(&room, "二").await;
    alice.patch(&format!("/user/{}", alice.id), &json!({ "nickname": "小愛" })).await.ok();
    let socket = enter(stack, &ming, json!({ "since": since })).await;
    assert_eq!(
        names_until(&socket, "synced").await,
        ["new_message", "new_message", "user_updated", "synced"]
    );
    assert_eq!(texts(&socket, "new_message"), ["一", "二"]);
    assert_eq!(socket.first("synced").await["cursor"], cursor(&ming).await);
    let mut live = socket.listen("new_message");
    alice.say(&room, "三").await;
    assert_eq!(live.next().await["message"]["content"], "三");
}

async fn a_client_that_missed_too_much_is_sent_to_sync(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let (talker, present, since) = (alice.socket().await, ming.socket().await, cursor(&ming).await);
    let fill = async |count: usize| {
        // A sender is answered before others get the message: nothing may still be on its way.
        let mut published = present.listen("new_message");
        let sends = (0..count)
            .map(|n| talker.start("send_message", json!({ "chatroom_id": room, "content": n.to_string() })));
        for answer in futures_util::future::join_all(sends.collect::<Vec<_>>()).await {
            assert_eq!(answer["ok"], true, "{answer}");
        }
        for _ in 0..count {
            published.next().await;
        }
    };
    fill(500).await;
    let socket = enter(stack, &ming, json!({ "since": since })).await;
    socket.first("synced").await;
    assert_eq!(socket.received_of("new_message").len(), 500);
    fill(1).await;
    let socket = enter(stack, &ming, json!({ "since": since })).await;
    assert_eq!(names_until(&socket, "sync_required").await, ["sync_required"]);
    let mut live = socket.listen("new_message");
    fill(1).await;
    live.next().await;
    let long = "字".repeat(10_000);
    let since = cursor(&ming).await;
    let mut published = present.listen("new_message");
    for _ in 0..20 {
        alice.say(&room, &long).await;
        published.next().await;
    }
    let socket = enter(stack, &ming, json!({ "since": since })).await;
    assert_eq!(names_until(&socket, "sync_required").await, ["sync_required"], "few, but long");
}

async fn a_cursor_that_is_none_is_as_good_as_no_cursor(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    for since in [json!("nonsense"), json!(5), json!(null)] {
        let socket = enter(stack, &ming, json!({ "since": since })).await;
        let mut live = socket.listen("new_message");
        alice.say(&room, "你好").await;
        live.next().await;
        assert_eq!(socket.received_of("synced").len(), 0);
    }
    let socket = enter(stack, &ming, json!({ "since": "zzzzzzzz.1" })).await;
    socket.first("sync_required").await;
}

async fn nobody_else_receives_cursors(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let (plain, recovers) =
        (ming.socket_in(&room).await, enter(stack, &ming, json!({ "recover": true })).await);
    assert_eq!(
        (plain.accepted.as_object().unwrap().len(), recovers.accepted.as_object().unwrap().len()),
        (1, 2)
    );
    let (mut here, mut there) = (plain.listen("receive_message"), recovers.listen("new_message"));
    alice.say(&room, "你好").await;
    here.next().await;
    there.next().await;
    assert!(plain.received().iter().all(|received| received.offset.is_none()));
    assert!(recovers.received_of("session").len() == 1, "it has an offset before anything else happens");
    let logged = |received: &&harness::received_event::ReceivedEvent| {
        ["session", "new_message"].contains(&received.name.as_str())
    };
    assert!(recovers.received().iter().filter(logged).all(|received| received.offset.is_some()));
}

async fn a_client_that_recovers_has_its_name_its_rooms_and_what_it_missed(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let other = alice.open_group(&[&ming, &stack.person("卡蘿").await], "另一間").await;
    let first = enter(stack, &ming, json!({ "recover": true })).await;
    first.ask_ok("join_room", json!({ "chatroom_id": room })).await;
    let mut received = first.listen("receive_message");
    alice.say(&room, "零").await;
    received.next().await;
    let (accepted, offset) =
        (first.accepted.clone(), first.received().last().unwrap().offset.clone().unwrap());
    first.leave().await;
    alice.say(&room, "一").await;
    alice.say(&other, "別處").await;
    alice.say(&room, "二").await;
    let back = enter(stack, &ming, json!({ "pid": accepted["pid"], "offset": offset })).await;
    assert_eq!(back.accepted, accepted);
    let mut live = back.listen("receive_message");
    alice.say(&room, "三").await;
    live.next_where(|event| event["content"] == "三").await;
    assert_eq!(texts(&back, "receive_message"), ["一", "二", "三"]);
    assert_eq!(texts(&back, "new_message"), ["別處"]);
    assert_eq!(back.received_of("session").len(), 0);
    back.ask_ok("leave_room", json!({ "chatroom_id": room })).await;
    let offset = back.received().iter().rev().find_map(|received| received.offset.clone()).unwrap();
    back.leave().await;
    alice.say(&room, "四").await;
    let again = enter(stack, &ming, json!({ "pid": accepted["pid"], "offset": offset })).await;
    assert_eq!(again.accepted["sid"], accepted["sid"], "it can recover more than once");
    again.first("new_message").await;
    assert_eq!(texts(&again, "new_message"), ["四"], "the room that it left is left");
}

async fn recovery_is_for_the_same_sign_in_and_not_for_ever_too_much(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let socket = enter(stack, &ming, json!({ "recover": true })).await;
    socket.first("session").await;
    let (accepted, offset) = (socket.accepted.clone(), socket.received()[0].offset.clone().unwrap());
    socket.leave().await;
    let claims = json!({ "pid": accepted["pid"], "offset": offset });
    let elsewhere = ming.elsewhere().await;
    for (person, claims) in [
        (&alice, claims.clone()),
        (&elsewhere, claims.clone()),
        (&ming, json!({ "pid": "x", "offset": offset })),
        (&ming, json!({ "pid": accepted["pid"], "offset": "x" })),
        (&ming, json!({ "pid": accepted["pid"], "offset": "zzzzzzzz.1" })),
        (&ming, json!({ "pid": accepted["pid"] })),
    ] {
        let other = enter(stack, person, claims).await;
        assert_ne!(other.accepted["sid"], accepted["sid"]);
        assert_ne!(other.accepted["pid"], accepted["pid"]);
        other.first("session").await;
    }
    let talker = alice.socket().await;
    let sends = (0..501)
        .map(|n| talker.start("send_message", json!({ "chatroom_id": room, "content": n.to_string() })));
    futures_util::future::join_all(sends.collect::<Vec<_>>()).await;
    let late = enter(stack, &ming, claims).await;
    assert_ne!(late.accepted["sid"], accepted["sid"], "who missed too much begins anew");
    late.first("session").await;
    assert_eq!(late.received_of("new_message").len(), 0);
}

async fn the_half_open_connection_before_is_closed(stack: &Stack) {
    let (_, ming, _) = stack.pair().await;
    let first = enter(stack, &ming, json!({ "recover": true })).await;
    first.first("session").await;
    let claims = json!({ "pid": first.accepted["pid"], "offset": first.received()[0].offset });
    let second = enter(stack, &ming, claims).await;
    assert_eq!(second.accepted, first.accepted);
    first.closed().await;
    second.ask_ok("sync", json!({})).await;
}

async fn changes_while_a_socket_comes_back_come_once_and_in_order(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let (talker, start) = (alice.socket().await, cursor(&ming).await);
    let mut asked = Vec::new();
    let mut sockets = Vec::new();
    for round in 0..10 {
        for n in 0..20 {
            let content = (round * 20 + n).to_string();
            asked.push(talker.start("send_message", json!({ "chatroom_id": room, "content": content })));
        }
        sockets.push(enter(stack, &ming, json!({ "since": start })).await);
    }
    futures_util::future::join_all(asked).await;
    let expected: Vec<String> = (0..200).map(|n| n.to_string()).collect();
    for socket in &sockets {
        socket.received_until(|event| event["message"]["content"] == "199").await;
        assert_eq!(texts(socket, "new_message"), expected);
    }
}
