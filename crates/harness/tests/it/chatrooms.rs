//! Rooms: opening, listing, looking into one (endpoints 17 to 19).

use harness::people::{list, text};
use harness::{Person, Stack, on_each_database};
use serde_json::{Value, json};

/// The keys of a room in the list, sorted.
const ROOM: [&str; 20] = [
    "avatar_url",
    "chatroom_id",
    "chatroom_name",
    "created_at",
    "friend_name",
    "is_group",
    "last_message",
    "last_read_message_id",
    "last_read_seq",
    "last_seq",
    "nickname",
    "online",
    "peer_delivered_seq",
    "peer_read_seq",
    "request",
    "status",
    "unread_count",
    "updated_at",
    "user_id",
    "username",
];

fn assert_whole(room: &Value) {
    for key in ROOM {
        assert!(room.get(key).is_some(), "{key} is missing in {room}");
    }
}

async fn three(stack: &Stack) -> [Person; 3] {
    [stack.person("愛麗絲").await, stack.person("小明").await, stack.person("第三人").await]
}

on_each_database! {
    a_room_for_two_is_the_same_from_either_side,
    twelve_at_once_get_one_room,
    names_are_defaulted_and_may_be_none,
    a_group_is_for_three_or_more_and_each_is_new,
    opening_says_what_is_wrong,
    one_room_is_shown_with_everybody_in_it,
    a_room_that_one_is_not_in_is_not_there,
    the_room_that_spoke_last_is_first,
    a_new_room_is_sent_to_each_member_as_they_see_it,
}

async fn a_room_for_two_is_the_same_from_either_side(stack: &Stack) {
    let [alice, ming, _] = three(stack).await;
    let body = json!({ "members_id": [ming.id], "chatroom_name": "悄悄話" });
    let room = alice.post_json("/chatrooms/", &body).await.ok();
    assert_eq!((&room["chatroom_name"], &room["friend_name"]), (&json!("悄悄話"), &json!("小明")));
    let id = text(&room["chatroom_id"]);
    assert!(id.len() == 36 && id == id.to_lowercase() && id.as_bytes()[14] == b'7', "{id}");
    for (person, members) in
        [(&alice, vec![alice.id, ming.id]), (&alice, vec![ming.id, ming.id]), (&ming, vec![alice.id])]
    {
        let again = person.post_json("/chatrooms", &json!({ "members_id": members })).await.ok();
        assert_eq!((&again["chatroom_id"], &again["chatroom_name"]), (&json!(id), &json!("悄悄話")));
    }
    let (mine, theirs) = (alice.room(&id).await, ming.room(&id).await);
    assert_whole(&mine);
    assert_eq!((&mine["user_id"], &mine["username"]), (&json!(ming.id), &json!("小明")));
    assert_eq!((&theirs["user_id"], &theirs["username"]), (&json!(alice.id), &json!("愛麗絲")));
    assert_eq!(
        (&mine["is_group"], &mine["unread_count"], &mine["last_message"]),
        (&json!(false), &json!(0), &Value::Null)
    );
}

async fn twelve_at_once_get_one_room(stack: &Stack) {
    let [alice, ming, _] = three(stack).await;
    let (mine, theirs) = (alice.socket().await, ming.socket().await);
    let sides = [(&alice, &ming), (&ming, &alice)];
    let calls = sides.iter().cycle().take(12).map(|(me, other)| me.open_room(other));
    let rooms = futures_util::future::join_all(calls).await;
    assert!(rooms.iter().all(|room| *room == rooms[0]), "{rooms:?}");
    assert_eq!((alice.rooms().await.len(), ming.rooms().await.len()), (1, 1));
    // A message comes after every event that the opening could have caused.
    let mut barriers = [mine.listen("new_message"), theirs.listen("new_message")];
    alice.say(&rooms[0], "標記").await;
    for barrier in &mut barriers {
        barrier.next().await;
    }
    assert_eq!(
        (mine.received_of("chatroom_created").len(), theirs.received_of("chatroom_created").len()),
        (1, 1)
    );
}

async fn names_are_defaulted_and_may_be_none(stack: &Stack) {
    let [alice, ming, third] = three(stack).await;
    let named = alice.post_json("/chatrooms/", &json!({ "members_id": [ming.id] })).await.ok();
    assert_eq!(named["chatroom_name"], "Default Chatroom");
    let unnamed = alice
        .post_json("/chatrooms/", &json!({ "members_id": [third.id], "chatroom_name": null }))
        .await
        .ok();
    assert_eq!(unnamed["chatroom_name"], Value::Null);
    let listed = alice.room(&text(&unnamed["chatroom_id"])).await;
    assert_eq!(listed["chatroom_name"], "private chatroom");
    alice.befriend(&ming).await;
    alice.befriend(&third).await;
    let longest = json!({ "members_id": [ming.id, third.id], "chatroom_name": "室".repeat(32) });
    alice.post_json("/chatrooms/", &longest).await.is(200);
}

async fn a_group_is_for_three_or_more_and_each_is_new(stack: &Stack) {
    let [alice, ming, third] = three(stack).await;
    let direct = alice.open_room(&ming).await;
    alice.befriend(&ming).await;
    alice.befriend(&third).await;
    let body = json!({ "members_id": [ming.id, third.id, ming.id], "chatroom_name": "三人行" });
    let group = alice.post_json("/chatrooms/", &body).await.ok();
    assert_eq!((&group["friend_name"], &group["chatroom_name"]), (&json!("三人行"), &json!("三人行")));
    let other = alice.post_json("/chatrooms/", &body).await.ok();
    assert_ne!(group["chatroom_id"], other["chatroom_id"]);
    assert_eq!(alice.open_room(&ming).await, direct, "a group of the same two and more is not their room");
    for person in [&alice, &ming, &third] {
        let room = person.room(&text(&group["chatroom_id"])).await;
        assert_whole(&room);
        assert_eq!(
            (&room["is_group"], &room["user_id"], &room["username"]),
            (&json!(true), &Value::Null, &json!("三人行"))
        );
    }
    assert_eq!(third.rooms().await.len(), 3, "two groups, and the room of two friends");
}

async fn opening_says_what_is_wrong(stack: &Stack) {
    let [alice, ming, _] = three(stack).await;
    for members in [json!([]), json!([alice.id]), json!([alice.id, alice.id])] {
        let answer = alice.post_json("/chatrooms/", &json!({ "members_id": members })).await;
        answer.refused(400, "too_few_members", "A chatroom must have at least 2 members");
    }
    for members in [json!([999_999_999]), json!([ming.id, -1]), json!([ming.id, i64::MAX])] {
        let answer = alice.post_json("/chatrooms/", &json!({ "members_id": members })).await;
        answer.refused(404, "not_found", "User not found");
    }
    for (body, errors) in [
        (json!({}), vec![("body.members_id", "missing")]),
        (json!({ "members_id": null }), vec![("body.members_id", "missing")]),
        (json!({ "members_id": "x" }), vec![("body.members_id", "list_type")]),
        (
            json!({ "members_id": ["x", {}, 1.5], "chatroom_name": 7 }),
            vec![
                ("body.members_id.0", "int_parsing"),
                ("body.members_id.1", "int_type"),
                ("body.members_id.2", "int_type"),
                ("body.chatroom_name", "string_type"),
            ],
        ),
        (
            json!({ "members_id": [ming.id], "chatroom_name": "室".repeat(33) }),
            vec![("body.chatroom_name", "string_too_long")],
        ),
        (json!([]), vec![("body", "model_attributes_type")]),
    ] {
        alice.post_json("/chatrooms/", &body).await.invalid(&errors);
    }
    let many: Vec<i64> = (1..=5000).collect();
    let answer = alice.post_json("/chatrooms/", &json!({ "members_id": many })).await;
    assert_eq!(answer.is(400).json()["code"], "too_many_members");
    let named = json!({ "members_id": [ming.id.to_string()] });
    alice.post_json("/chatrooms/", &named).await.is(200);
    assert_eq!(alice.rooms().await.len(), 1);
}

async fn one_room_is_shown_with_everybody_in_it(stack: &Stack) {
    let [alice, ming, third] = three(stack).await;
    let group = alice.open_group(&[&ming, &third], "三人行").await;
    ming.say(&group, "到齊了").await;
    let room = alice.get(&format!("/chatrooms/{group}")).await.ok();
    assert_whole(&room);
    assert_eq!(room["last_message"]["content"], "到齊了");
    assert_eq!(
        (&room["unread_count"], &room["last_seq"]),
        (&json!(1), &json!(2)),
        "after the system message"
    );
    let mut members: Vec<i64> =
        list(&room["participants"]).iter().filter_map(|p| p["user_id"].as_i64()).collect();
    members.sort_unstable();
    assert_eq!(members, [alice.id, ming.id, third.id]);
    assert!(!room.to_string().contains("@example.com"), "{room}");
    for spelling in [
        format!("/chatrooms/{group}/"),
        format!("/chatrooms/{}", group.replace('-', "")),
        format!("/chatrooms/{}", group.to_uppercase()),
    ] {
        assert_eq!(alice.get(&spelling).await.ok()["chatroom_id"], group.as_str(), "{spelling}");
    }
}

async fn a_room_that_one_is_not_in_is_not_there(stack: &Stack) {
    let [alice, ming, third] = three(stack).await;
    let room = alice.open_room(&ming).await;
    alice.say(&room, "秘密").await;
    let unknown = "01890a5d-ac96-774b-bcce-b302099a8057";
    for id in [room.as_str(), unknown, "abc", "1", "%00", "..%2f..", "%E6%88%BF"] {
        for (method, path, body) in [
            ("GET", format!("/chatrooms/{id}"), None),
            ("GET", format!("/chatrooms/{id}/messages?limit=1"), None),
            ("POST", format!("/chatrooms/{id}/message"), Some(json!({ "content": "偷偷" }))),
            ("POST", format!("/chatrooms/{id}/messages"), Some(json!({ "content": "偷偷" }))),
            ("POST", format!("/chatrooms/{id}/read"), Some(json!({}))),
        ] {
            let mut request = third.request(method.parse().unwrap(), &path);
            if let Some(body) = &body {
                request = request.json(body);
            }
            third.send(request).await.refused(404, "not_found", "Chatroom not found");
        }
    }
    assert_eq!(ming.texts(&room).await, ["秘密"]);
}

async fn the_room_that_spoke_last_is_first(stack: &Stack) {
    let [alice, ming, third] = three(stack).await;
    let (one, two) = (alice.open_room(&ming).await, alice.open_room(&third).await);
    let order =
        async || alice.rooms().await.iter().map(|room| text(&room["chatroom_id"])).collect::<Vec<_>>();
    assert_eq!(order().await, [two.clone(), one.clone()]);
    ming.say(&one, "我先").await;
    assert_eq!(order().await, [one.clone(), two.clone()]);
    alice.say(&two, "換我").await;
    assert_eq!(order().await, [two.clone(), one]);
    let room = alice.room(&two).await;
    assert_eq!(room["last_message"]["timestamp"], room["updated_at"]);
    assert_eq!(room["last_message"]["content"], "換我");
}

async fn a_new_room_is_sent_to_each_member_as_they_see_it(stack: &Stack) {
    let [alice, ming, third] = three(stack).await;
    ming.befriend(&third).await;
    let sockets = [alice.socket().await, ming.socket().await, third.socket().await];
    let mut received: Vec<_> = sockets.iter().map(|socket| socket.listen("chatroom_created")).collect();
    let direct = alice.open_room(&ming).await;
    let mine = received[0].next().await["chatroom"].clone();
    let theirs = received[1].next().await["chatroom"].clone();
    assert_whole(&mine);
    assert_eq!((&mine["chatroom_id"], &mine["username"]), (&json!(direct), &json!("小明")));
    assert_eq!((&theirs["chatroom_id"], &theirs["username"]), (&json!(direct), &json!("愛麗絲")));
    ming.befriend(&alice).await;
    let group = ming.open_group(&[&alice, &third], "三人行").await;
    for listener in &mut received {
        let room = listener.next().await["chatroom"].clone();
        assert_eq!((&room["chatroom_id"], &room["is_group"]), (&json!(group), &json!(true)));
    }
    assert_eq!(sockets[2].received_of("chatroom_created").len(), 1, "the room of the others was not sent");
}
