//! Groups: who may be taken in, and leaving.

use futures_util::future::{join, join_all};
use harness::people::{list, text};
use harness::polling::Polling;
use harness::socket::{ConnectOptions, split_position};
use harness::{Answer, Person, Socket, Stack, on_each_database};
use serde_json::{Value, json};

on_each_database! {
    only_friends_are_taken_into_a_group,
    a_group_that_was_left_is_gone_for_who_left_it,
    leaving_is_refused_to_others_and_in_a_room_of_two,
    those_who_stay_and_all_devices_of_who_left_receive_it,
    who_left_receives_nothing_of_the_group_any_more,
    what_is_sent_while_somebody_leaves_is_sent_to_them_before_or_not_at_all,
    a_socket_that_comes_back_does_not_come_back_into_the_group,
    the_last_one_may_leave,
}

/// Refused as for a room that does not exist.
pub(crate) fn gone(answer: &Answer) {
    answer.refused(404, "not_found", "Chatroom not found");
}

async fn only_friends_are_taken_into_a_group(stack: &Stack) {
    let (alice, friend) = stack.friends().await;
    let (asked, asking) = (stack.person("受邀").await, stack.person("邀請").await);
    let (fellow, stranger) = (stack.person("同室").await, stack.person("陌生人").await);
    alice.post(&format!("/friends/request?friend_id={}", asked.id)).await.is(200);
    asking.post(&format!("/friends/request?friend_id={}", alice.id)).await.is(200);
    alice.open_room(&fellow).await;
    let former = stack.person("舊友").await;
    alice.befriend(&former).await;
    alice.delete(&format!("/friends/?friend_id={}", former.id)).await.is(204);
    let rooms = alice.rooms().await.len();
    for other in [asked.id, asking.id, fellow.id, stranger.id, former.id, 999_999_999] {
        let body = json!({ "members_id": [friend.id, other], "chatroom_name": "不請自來" });
        alice.post_json("/chatrooms", &body).await.refused(404, "not_found", "User not found");
    }
    assert_eq!(alice.rooms().await.len(), rooms);
    assert!(stranger.rooms().await.is_empty());
    asked.post(&format!("/friends/requests/accepted?friend_id={}", alice.id)).await.is(200);
    let body = json!({ "members_id": [friend.id, asked.id] });
    alice.post_json("/chatrooms", &body).await.is(200);
    // A room of two is open to strangers, as the contract has it.
    alice.open_room(&stranger).await;
}

async fn a_group_that_was_left_is_gone_for_who_left_it(stack: &Stack) {
    let ([alice, ming, carol], room) = stack.group().await;
    let file =
        alice.upload("/upload/upload-message-file", ("檔.txt", "text/plain"), "內容".as_bytes()).await.ok();
    let sent = ming.say(&room, "我的話").await;
    alice.send_message(&room, &json!({ "message_type": "file", "media_url": file["url"] })).await.is(200);
    let hidden = alice.say(&room, "藏起來").await;
    let start = text(&ming.get("/sync").await.ok()["cursor"]);
    ming.hide(&hidden).await.is(204);
    ming.get(&text(&file["url"])).await.is(200);
    ming.leave_group(&room).await.is(204);

    let path = format!("/chatrooms/{room}");
    for page in [path.clone(), format!("{path}/messages"), format!("{path}/pins")] {
        gone(&ming.get(&page).await);
    }
    for post in ["message", "read", "delivered", "typing"] {
        gone(&ming.post_json(&format!("{path}/{post}"), &json!({ "content": "還在嗎" })).await);
    }
    for answer in [
        ming.edit(&sent, "改").await,
        ming.unsend(&sent).await,
        ming.hide(&sent).await,
        ming.react(&sent, "👍").await,
        ming.versions(&sent).await,
        ming.leave_group(&room).await,
    ] {
        gone(&answer);
    }
    ming.get(&text(&file["url"])).await.is(404);
    assert!(ming.rooms().await.iter().all(|listed| listed["chatroom_id"] != room.as_str()));
    let synced = list(&ming.get(&format!("/sync?since={start}")).await.ok()["events"]);
    let (names, of): (Vec<_>, Vec<_>) =
        synced.iter().map(|event| (text(&event["event"]), event["data"].clone())).unzip();
    assert_eq!(names, ["member_left"]);
    assert_eq!(of, [json!({ "chatroom_id": room, "user_id": ming.id, "removed_by": null })]);
    ming.get(&format!("/user/{}", carol.id)).await.refused(403, "forbidden", "Forbidden");

    let shown = alice.get(&path).await.ok();
    let members = list(&shown["participants"]);
    assert_eq!(members.iter().map(|member| &member["user_id"]).collect::<Vec<_>>(), [alice.id, carol.id]);
    assert_eq!(list(&shown["marks"]).len(), 2);
    assert_eq!(carol.texts(&room).await[0], "我的話", "what was said stays for the others");
    // Those who have read it are all who are left.
    carol.post(&format!("{path}/read")).await.is(200);
    assert_eq!(alice.look(&hidden).await.unwrap()["read_status"], "read");
}

async fn leaving_is_refused_to_others_and_in_a_room_of_two(stack: &Stack) {
    let ([alice, ming, _], room) = stack.group().await;
    let direct = alice.open_room(&ming).await;
    let stranger = stack.person("陌生人").await;
    let (socket, outside) = (alice.socket().await, stranger.socket().await);
    let path = format!("/chatrooms/{room}/participants/me");
    stack.anon().delete(&path).await.unauthorized("Not authenticated");
    alice.leave_group(&direct).await.refused(400, "not_a_group", "The chatroom is not a group");
    socket.ask_refused("leave_group", json!({ "chatroom_id": direct }), "not_a_group").await;
    for id in [room.as_str(), direct.as_str(), "01890a5d-ac96-774b-bcce-b302099a8057", "abc"] {
        gone(&stranger.leave_group(id).await);
        outside.ask_refused("leave_group", json!({ "chatroom_id": id }), "not_found").await;
    }
    for wrong in [json!(null), json!({}), json!({ "chatroom_id": 5 }), json!("x")] {
        socket.ask_refused("leave_group", wrong, "validation").await;
    }
    assert_eq!(list(&alice.get(&format!("/chatrooms/{room}")).await.ok()["participants"]).len(), 3);
    assert_eq!(alice.room(&direct).await["user_id"], ming.id);
}

async fn those_who_stay_and_all_devices_of_who_left_receive_it(stack: &Stack) {
    let ([alice, ming, carol], room) = stack.group().await;
    let here = ming.socket().await;
    let others = [ming.elsewhere().await.socket().await, alice.socket().await, carol.socket().await];
    let mut received = others.each_ref().map(|socket| socket.listen("member_left"));
    here.ask_ok("leave_group", json!({ "chatroom_id": room })).await;
    for listener in &mut received {
        let left = split_position(listener.next().await).1;
        assert_eq!(left, json!({ "chatroom_id": room, "user_id": ming.id, "removed_by": null }));
    }
    let mut barrier = here.listen("new_message");
    alice.say(&alice.open_room(&ming).await, "標記").await;
    barrier.next().await;
    assert!(here.received_of("member_left").is_empty(), "it has the acknowledgement");
    assert!(others.iter().all(|socket| socket.received_of("member_left").len() == 1));
}

/// Lets those who stay do everything that a group sends.
async fn go_on(alice: &Person, carol: &Person, room: &str) {
    let message = alice.say(room, "他走了").await;
    carol.reply(room, &message, "是啊").await;
    alice.edit(&message, "他走了嗎").await.is(200);
    carol.react(&message, "😢").await.is(200);
    carol.unreact(&message, "😢").await.is(200);
    carol.put(&format!("{}/pin", harness::people::path_of(&message))).await.is(200);
    for what in ["delivered", "read"] {
        carol.post(&format!("/chatrooms/{room}/{what}")).await.is(200);
    }
    carol.post(&format!("/chatrooms/{room}/typing")).await.is(204);
    alice.unsend(&message).await.is(200);
    carol.patch(&format!("/user/{}", carol.id), &json!({ "nickname": "新名字" })).await.is(200);
    carol.socket().await.leave().await;
    carol.leave_group(room).await.is(204);
}

async fn who_left_receives_nothing_of_the_group_any_more(stack: &Stack) {
    let ([alice, ming, carol], room) = stack.group().await;
    let direct = alice.open_room(&ming).await;
    let watching = carol.socket().await;
    let polling = Polling::open(&ming).await;
    let joined = ming.socket_in(&room).await;
    let sockets = [ming.socket().await, joined, ming.elsewhere().await.socket_in(&room).await];
    // The group is cached, and the cache has Ming.
    let mut last = sockets.each_ref().map(|socket| socket.listen("member_left"));
    alice.say(&room, "大家好").await;
    carol.post(&format!("/chatrooms/{room}/read")).await.is(200);
    ming.leave_group(&room).await.is(204);
    for listener in &mut last {
        listener.next().await;
    }
    let before = sockets.each_ref().map(|socket| socket.received().len());
    go_on(&alice, &carol, &room).await;
    watching.first("member_left").await;
    alice.say(&direct, "標記").await;
    for (socket, before) in sockets.iter().zip(before) {
        socket.received_until(|event| event["message"]["content"] == "標記").await;
        let after: Vec<_> =
            socket.received().split_off(before).into_iter().map(|event| event.payload).collect();
        let about = |event: &&Value| event["message"]["chatroom_id"] != direct.as_str();
        assert_eq!(after.iter().filter(about).collect::<Vec<_>>(), Vec::<&Value>::new());
    }
    let mut polled = String::new();
    while !polled.contains("標記") {
        polled += &polling.get().await.is(200).text();
    }
    let (before, after) = polled.split_once("member_left").unwrap();
    assert!(before.contains("大家好") && after.contains(&direct));
    // Of the group, it gets the event of leaving alone.
    assert_eq!((after.matches(&room).count(), after.contains("新名字")), (1, false), "{after}");
}

/// Returns the positions of what a socket received of a room, but that somebody left it.
fn positions(socket: &Socket, room: &str) -> Vec<i64> {
    let of_room = |event: &Value| event["chatroom_id"] == room || event["message"]["chatroom_id"] == room;
    let received = socket.received().into_iter().filter(|event| event.name != "member_left");
    received
        .filter(|event| of_room(&event.payload))
        .filter_map(|event| event.payload["pos"].as_i64())
        .collect()
}

async fn what_is_sent_while_somebody_leaves_is_sent_to_them_before_or_not_at_all(stack: &Stack) {
    let (alice, ming) = stack.friends().await;
    let carol = stack.person("卡蘿").await;
    let direct = alice.open_room(&ming).await;
    let senders = [alice.socket().await, carol.socket().await, alice.elsewhere().await.socket().await];
    let sockets = [ming.socket().await, ming.socket().await];
    for round in 0..12 {
        let room = alice.open_group(&[&ming, &carol], "大家").await;
        sockets[1].ask_ok("join_room", json!({ "chatroom_id": room })).await;
        alice.say(&room, "開始").await;
        let talk = join_all(senders.iter().map(|socket| async {
            for number in 0..10 {
                socket.say(&room, &format!("{number}")).await;
                socket.ask_ok("mark_read", json!({ "chatroom_id": room })).await;
            }
        }));
        let leave = async {
            sockets[0].received_until(|event| event["message"]["content"] == "1").await;
            // Joining at the same time keeps nobody in the group.
            let (joined, left) =
                join(sockets[0].ask("join_room", json!({ "chatroom_id": room })), ming.leave_group(&room))
                    .await;
            left.is(204);
            joined
        };
        join(talk, leave).await;
        alice.say(&direct, &format!("標記-{round}")).await;
        let last = format!("標記-{round}");
        for socket in &sockets {
            socket.received_until(|event| event["message"]["content"] == *last).await;
            let left =
                socket.received_of("member_left").into_iter().find(|event| event["chatroom_id"] == room);
            let left = left.unwrap()["pos"].as_i64().unwrap();
            let after: Vec<i64> = positions(socket, &room).into_iter().filter(|pos| *pos > left).collect();
            assert_eq!(after, [0; 0], "round {round}: left at {left}");
        }
    }
}

async fn a_socket_that_comes_back_does_not_come_back_into_the_group(stack: &Stack) {
    let ([alice, ming, _], room) = stack.group().await;
    let direct = alice.open_room(&ming).await;
    let enter = async |more: Value| {
        let mut auth = json!({ "token": ming.token() });
        auth.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let options = ConnectOptions { auth: Some(auth), ..ConnectOptions::default() };
        Socket::try_connect(&stack.origin(), &options).await.unwrap()
    };
    let first = enter(json!({ "recover": true })).await;
    first.ask_ok("join_room", json!({ "chatroom_id": room })).await;
    let since = text(&ming.get("/sync").await.ok()["cursor"]);
    let claims = json!({ "pid": first.accepted["pid"], "offset": first.received()[0].offset });
    first.leave().await;
    alice.say(&room, "在你走之前").await;
    ming.leave_group(&room).await.is(204);
    alice.say(&room, "在你走之後").await;
    for back in [enter(claims).await, enter(json!({ "since": since })).await] {
        back.first("member_left").await;
        alice.say(&room, "看不到").await;
        alice.say(&direct, "標記").await;
        back.received_until(|event| event["message"]["content"] == "標記").await;
        let of_room: Vec<_> = back
            .received()
            .into_iter()
            .filter(|event| event.name != "member_left" && event.payload.to_string().contains(&room))
            .collect();
        assert!(of_room.is_empty(), "{of_room:?}");
        back.ask_refused("join_room", json!({ "chatroom_id": room }), "not_found").await;
    }
}

async fn the_last_one_may_leave(stack: &Stack) {
    let ([alice, ming, carol], room) = stack.group().await;
    alice.say(&room, "最後一個關燈").await;
    for person in [&alice, &ming, &carol] {
        person.leave_group(&room).await.is(204);
        gone(&person.get(&format!("/chatrooms/{room}")).await);
    }
    let other = alice.open_group(&[&ming, &carol], "大家").await;
    assert_ne!(other, room);
}
