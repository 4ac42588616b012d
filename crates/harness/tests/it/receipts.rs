//! How far everybody has received and read: derived for each viewer, and only ever forward.

use harness::people::text;
use harness::{Person, Stack, on_each_database};
use serde_json::{Value, json};

/// What a person sees of the fate of each message.
async fn fates(person: &Person, room: &str) -> Vec<String> {
    let page = person.get(&format!("/chatrooms/{room}/messages?limit=200")).await.ok();
    let said = page.as_array().unwrap().iter().filter(|message| message.get("system").is_none());
    said.map(|message| text(&message["read_status"])).collect()
}

async fn unread(person: &Person, room: &str) -> i64 {
    person.room(room).await["unread_count"].as_i64().unwrap()
}

async fn read(person: &Person, room: &str, upto: Option<&Value>) -> Value {
    let body = upto.map_or(json!({}), |id| json!({ "message_id": id }));
    person.post_json(&format!("/chatrooms/{room}/read"), &body).await.ok()
}

on_each_database! {
    a_message_is_unread_then_delivered_then_read,
    unread_counts_what_others_said_after_ones_receipt,
    a_receipt_never_moves_back,
    receipts_move_by_the_socket_as_by_rest,
    joining_by_bare_id_reads_and_joining_by_object_does_not,
    in_a_group_the_slowest_counts,
    everybody_else_receives_it_and_the_requesting_socket_does_not,
    each_receives_their_own_count_of_unread,
    an_impossible_receipt_is_refused,
    members_see_who_has_received_and_read_a_message,
}

async fn a_message_is_unread_then_delivered_then_read(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    assert_eq!(alice.say(&room, "看到嗎").await["read_status"], "unread");
    assert_eq!(fates(&alice, &room).await, ["unread"]);
    // To fetch is to receive, not to read: the seed's client fetches every room at its start.
    assert_eq!(fates(&ming, &room).await, ["delivered"]);
    assert_eq!(fates(&alice, &room).await, ["delivered"]);
    assert_eq!(unread(&ming, &room).await, 1);
    let receipt = read(&ming, &room, None).await;
    let id = alice.room(&room).await["last_message"]["message_id"].clone();
    assert_eq!(
        receipt,
        json!({
            "chatroom_id": room, "user_id": ming.id, "last_delivered_seq": 1, "last_read_seq": 1,
            "last_delivered_id": id, "last_read_id": id, "unread_count": 0,
        })
    );
    assert_eq!(
        (fates(&alice, &room).await, fates(&ming, &room).await),
        (vec!["read".to_owned()], vec!["read".to_owned()])
    );
    assert_eq!(alice.read_page(&room, "limit=1").await[0]["read_by_count"], 1);
    let mine = alice.room(&room).await;
    assert_eq!((&mine["peer_read_seq"], &mine["peer_delivered_seq"]), (&json!(1), &json!(1)));
    assert_eq!(mine["last_message"]["read_status"], "read");
}

async fn unread_counts_what_others_said_after_ones_receipt(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let mut said = Vec::new();
    for n in 0..5 {
        said.push(alice.say(&room, &format!("{n}")).await["message_id"].clone());
    }
    assert_eq!((unread(&alice, &room).await, unread(&ming, &room).await), (0, 5));
    let receipt = read(&ming, &room, Some(&said[1])).await;
    assert_eq!(
        (&receipt["last_read_seq"], &receipt["last_read_id"], &receipt["unread_count"]),
        (&json!(2), &said[1], &json!(3))
    );
    assert_eq!(unread(&ming, &room).await, 3);
    let seen = ming.room(&room).await;
    assert_eq!((&seen["last_read_seq"], &seen["last_read_message_id"]), (&json!(2), &said[1]));
    // A reply reads what is above it.
    ming.say(&room, "都看到了").await;
    assert_eq!((unread(&alice, &room).await, unread(&ming, &room).await), (1, 0));
    assert_eq!(fates(&alice, &room).await, ["read", "read", "read", "read", "read", "delivered"]);
}

async fn a_receipt_never_moves_back(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let first = alice.say(&room, "一").await["message_id"].clone();
    alice.say(&room, "二").await;
    let newest = read(&ming, &room, None).await;
    assert_eq!(read(&ming, &room, Some(&first)).await, newest);
    let socket = ming.socket().await;
    let moved = socket.ask_ok("mark_delivered", json!({ "chatroom_id": room, "message_id": first })).await;
    assert_eq!((&moved["last_delivered_seq"], &moved["last_read_seq"]), (&json!(2), &json!(2)));
    assert_eq!(unread(&ming, &room).await, 0);
}

async fn receipts_move_by_the_socket_as_by_rest(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let said = [alice.say(&room, "一").await, alice.say(&room, "二").await, alice.say(&room, "三").await];
    let socket = ming.socket().await;
    let delivered = socket
        .ask_ok("mark_delivered", json!({ "chatroom_id": room, "message_id": said[1]["message_id"] }))
        .await;
    assert_eq!((&delivered["last_delivered_seq"], &delivered["last_read_seq"]), (&json!(2), &json!(0)));
    assert_eq!(fates(&alice, &room).await, ["delivered", "delivered", "unread"]);
    let moved =
        socket.ask_ok("mark_read", json!({ "chatroom_id": room, "message_id": said[0]["message_id"] })).await;
    assert_eq!(
        (&moved["last_read_id"], &moved["unread_count"], &moved["user_id"]),
        (&said[0]["message_id"], &json!(2), &json!(ming.id))
    );
    assert_eq!(fates(&alice, &room).await, ["read", "delivered", "unread"]);
    let all = socket.ask_ok("mark_read", json!({ "chatroom_id": room })).await;
    assert_eq!((&all["last_read_seq"], &all["unread_count"]), (&json!(3), &json!(0)));
}

async fn joining_by_bare_id_reads_and_joining_by_object_does_not(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let last = alice.say(&room, "你好").await["message_id"].clone();
    let socket = ming.socket().await;
    let joined = socket.ask_ok("join_room", json!({ "chatroom_id": room })).await;
    assert_eq!(
        (&joined["chatroom_id"], &joined["last_message_id"], &joined["unread_count"]),
        (&json!(room), &last, &json!(1))
    );
    assert_eq!(unread(&ming, &room).await, 1);
    let mut status = alice.socket().await.listen("message_status");
    let joined = socket.ask_ok("join_room", json!(room)).await;
    assert_eq!((&joined["last_message_id"], &joined["unread_count"]), (&last, &json!(0)));
    assert_eq!(unread(&ming, &room).await, 0);
    assert_eq!(status.next().await["last_read_id"], last);
    assert_eq!(fates(&alice, &room).await, ["read"]);
}

async fn in_a_group_the_slowest_counts(stack: &Stack) {
    let (alice, ming, third) =
        (stack.person("愛麗絲").await, stack.person("小明").await, stack.person("第三人").await);
    let group = alice.open_group(&[&ming, &third], "三人行").await;
    alice.say(&group, "到了嗎").await;
    let seen = async || {
        let message = alice.read_page(&group, "limit=1").await.remove(0);
        (text(&message["read_status"]), message["read_by_count"].as_i64().unwrap())
    };
    assert_eq!(seen().await, ("unread".to_owned(), 0));
    read(&ming, &group, None).await;
    assert_eq!(seen().await, ("unread".to_owned(), 1));
    assert_eq!(fates(&third, &group).await, ["delivered"]);
    assert_eq!(seen().await, ("delivered".to_owned(), 1));
    // What others see of it is how far they themselves are.
    assert_eq!(fates(&ming, &group).await, ["read"]);
    read(&third, &group, None).await;
    assert_eq!(seen().await, ("read".to_owned(), 2));
    let room = alice.room(&group).await;
    assert_eq!((&room["peer_delivered_seq"], &room["peer_read_seq"]), (&json!(2), &json!(2)));
    ming.say(&group, "到了").await;
    assert_eq!(
        (unread(&alice, &group).await, unread(&ming, &group).await, unread(&third, &group).await),
        (1, 0, 1)
    );
}

async fn everybody_else_receives_it_and_the_requesting_socket_does_not(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let (mine, phone, laptop) =
        (alice.socket().await, ming.socket().await, ming.elsewhere().await.socket().await);
    let (mut there, mut other) = (mine.listen("message_status"), laptop.listen("message_status"));
    let last = alice.say(&room, "你好").await["message_id"].clone();
    phone.ask_ok("mark_read", json!({ "chatroom_id": room })).await;
    let status = there.next().await;
    assert_eq!(status["chatroom_id"], room.as_str());
    assert_eq!(
        (&status["user_id"], &status["last_read_id"], &status["last_delivered_id"]),
        (&json!(ming.id), &last, &last)
    );
    assert_eq!((&status["last_read_seq"], &status["last_delivered_seq"]), (&json!(1), &json!(1)));
    assert_eq!(other.next().await["last_read_seq"], 1);
    // Repeating a receipt sends no event.
    phone.ask_ok("mark_read", json!({ "chatroom_id": room })).await;
    read(&ming, &room, None).await;
    alice.say(&room, "標記").await;
    phone.ask_ok("mark_delivered", json!({ "chatroom_id": room })).await;
    let next = there.next().await;
    assert_eq!((&next["last_delivered_seq"], &next["last_read_seq"]), (&json!(2), &json!(1)));
    assert_eq!(phone.received_of("message_status"), Vec::<Value>::new());
}

async fn each_receives_their_own_count_of_unread(stack: &Stack) {
    let (alice, ming, third) =
        (stack.person("愛麗絲").await, stack.person("小明").await, stack.person("第三人").await);
    let group = alice.open_group(&[&ming, &third], "三人行").await;
    let laptop = alice.elsewhere().await.socket().await;
    let sockets = [laptop, ming.socket().await, third.socket().await];
    let mut received: Vec<_> = sockets.iter().map(|socket| socket.listen("new_message")).collect();
    let counts = async |received: &mut Vec<harness::EventStream>| {
        let mut counts = Vec::new();
        for listener in received {
            counts.push(listener.next().await["unread_count"].as_i64().unwrap());
        }
        counts
    };
    alice.say(&group, "一").await;
    assert_eq!(counts(&mut received).await, [0, 1, 1]);
    read(&ming, &group, None).await;
    alice.say(&group, "二").await;
    assert_eq!(counts(&mut received).await, [0, 1, 2]);
    third.say(&group, "三").await;
    assert_eq!(counts(&mut received).await, [1, 2, 0]);
    sockets[1].ask_ok("join_room", json!(group)).await;
    alice.say(&group, "四").await;
    assert_eq!(received[0].next().await["unread_count"], 0);
    assert_eq!(received[2].next().await["unread_count"], 1);
    assert_eq!(
        (unread(&alice, &group).await, unread(&ming, &group).await, unread(&third, &group).await),
        (0, 1, 1)
    );
}

async fn an_impossible_receipt_is_refused(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let stranger = stack.person("陌生人").await;
    let other = alice.open_group(&[&ming, &stranger], "別處").await;
    let elsewhere = alice.say(&other, "別處的話").await["message_id"].clone();
    alice.say(&room, "這裡的話").await;
    let path = format!("/chatrooms/{room}/read");
    for id in [elsewhere.clone(), json!(0), json!(-1), json!(i64::MAX)] {
        ming.post_json(&path, &json!({ "message_id": id })).await.refused(
            404,
            "not_found",
            "Message not found",
        );
    }
    for (id, kind) in [
        (json!("x"), "int_parsing"),
        (json!(1.5), "int_type"),
        (json!({}), "int_type"),
        (json!(9_223_372_036_854_775_808_u64), "int_type"),
    ] {
        ming.post_json(&path, &json!({ "message_id": id })).await.invalid(&[("body.message_id", kind)]);
    }
    stranger.post(&path).await.refused(404, "not_found", "Chatroom not found");
    let (socket, outside) = (ming.socket().await, stranger.socket().await);
    for event in ["mark_read", "mark_delivered"] {
        socket.ask_refused(event, json!({ "chatroom_id": room, "message_id": elsewhere }), "not_found").await;
        outside.ask_refused(event, json!({ "chatroom_id": room }), "not_found").await;
        socket.ask_refused(event, json!({}), "validation").await;
        socket.ask_refused(event, json!({ "chatroom_id": room, "message_id": "x" }), "validation").await;
    }
    assert_eq!(unread(&ming, &room).await, 1);
    ming.post(&format!("{path}/")).await.is(200);
}

async fn members_see_who_has_received_and_read_a_message(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let (mei, stranger) = (stack.person("阿美").await, stack.person("陌生人").await);
    let group = alice.open_group(&[&ming, &mei], "三人行").await;
    let said = alice.say(&group, "誰看過？").await;
    let path = format!("{}/receipts", harness::people::path_of(&said));
    let ids = |people: &Value| -> Vec<i64> {
        people.as_array().unwrap().iter().map(|person| person["user_id"].as_i64().unwrap()).collect()
    };
    let who = async |person: &Person| {
        let receipts = person.get(&path).await.ok();
        (ids(&receipts["read"]), ids(&receipts["delivered"]))
    };
    assert_eq!(who(&alice).await, (vec![], vec![]));
    fates(&ming, &group).await;
    assert_eq!(who(&alice).await, (vec![], vec![ming.id]));
    read(&mei, &group, None).await;
    for person in [&alice, &ming, &mei] {
        assert_eq!(who(person).await, (vec![mei.id], vec![ming.id]), "any member sees it");
    }
    read(&ming, &group, None).await;
    assert_eq!(who(&alice).await, (vec![ming.id, mei.id], vec![]));
    assert_eq!(alice.look(&said).await.unwrap()["read_by_count"], 2);
    stranger.get(&path).await.refused(404, "not_found", "Chatroom not found");
    stack.anon().get(&path).await.is(401);
    ming.hide(&said).await.is(204);
    ming.get(&path).await.refused(404, "not_found", "Message not found");
    let elsewhere = format!("/chatrooms/{room}/messages/{}/receipts", said["message_id"]);
    alice.get(&elsewhere).await.refused(404, "not_found", "Message not found");
    let unreadable = format!("/chatrooms/{room}/messages/x/receipts");
    alice.get(&unreadable).await.invalid(&[("path.message_id", "int_parsing")]);
}
