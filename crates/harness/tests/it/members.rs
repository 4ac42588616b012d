//! Members of groups: who is taken in and removed, how they are listed, and how many there may be.

use diesel::{RunQueryDsl as _, sql_query};
use harness::people::{list, text};
use harness::socket::split_position;
use harness::{Answer, Stack, on_each_database};
use persistence::Conn;
use serde_json::{Value, json};

use crate::groups::gone;
use crate::migrations::beside;
use crate::roles::{group, roles};

on_each_database! {
    what_is_said_of_a_group_must_be_well_formed,
    only_friends_are_taken_in_and_only_once,
    who_is_taken_in_reads_what_was_said_and_has_nothing_unread,
    who_was_removed_is_as_who_left,
    who_comes_back_gets_what_is_said_from_then_on,
    members_are_listed_in_pages,
    others_do_not_know_the_group,
    a_group_has_at_most_500_members,
    a_user_is_in_at_most_500_groups,
}

async fn what_is_said_of_a_group_must_be_well_formed(stack: &Stack) {
    let ([alice, ming, _], room) = group(stack).await;
    let long = json!({ "chatroom_name": "室".repeat(33), "avatar_url": "ftp://x" });
    alice.patch(&format!("/chatrooms/{room}"), &long).await.is(422);
    alice.update_group(&room, &json!({ "chatroom_name": "室".repeat(32) })).await.is(200);
    alice
        .post_json(&format!("/chatrooms/{room}/participants"), &json!({}))
        .await
        .invalid(&[("body.members_id", "missing")]);
    let member = format!("/chatrooms/{room}/participants/{}", ming.id);
    alice.patch(&member, &json!({})).await.invalid(&[("body.role", "missing")]);
    alice.patch(&member, &json!({ "role": "king" })).await.is(422);
    alice.delete(&format!("/chatrooms/{room}/participants/x")).await.is(422);
    for query in ["limit=0", "limit=x", "after_id=x"] {
        alice.get(&format!("/chatrooms/{room}/participants?{query}")).await.is(422);
    }
}

async fn only_friends_are_taken_in_and_only_once(stack: &Stack) {
    let ([alice, ming, carol], room) = group(stack).await;
    let (friend, stranger) = (stack.person("朋友").await, stack.person("陌生人").await);
    alice.befriend(&friend).await;
    for answer in [
        alice.add_members(&room, &[&friend, &stranger]).await,
        carol.add_members(&room, &[&friend]).await,
        alice.post_json(&format!("/chatrooms/{room}/participants"), &json!({ "members_id": [0] })).await,
    ] {
        answer.refused(404, "not_found", "User not found");
    }
    assert_eq!(roles(&alice, &room).await.len(), 3);
    let socket = friend.socket().await;
    let others = carol.socket().await;
    let added = list(&alice.add_members(&room, &[&friend, &ming, &friend, &alice]).await.ok());
    assert_eq!(added.len(), 1);
    assert_eq!((&added[0]["user_id"], &added[0]["role"]), (&json!(friend.id), &json!("member")));
    let created = socket.first("chatroom_created").await["chatroom"].clone();
    assert_eq!((&created["chatroom_id"], &created["role"]), (&json!(room), &json!("member")));
    let announced = split_position(others.first("member_added").await).1;
    assert_eq!(announced["participant"], added[0]);
    assert_eq!(announced["marks"]["user_id"], friend.id);
    let last_seq = alice.room(&room).await["last_seq"].clone();
    assert_eq!(list(&alice.add_members(&room, &[&friend]).await.ok()), [Value::Null; 0]);
    assert_eq!(alice.room(&room).await["last_seq"], last_seq, "nothing has happened");
}

async fn who_is_taken_in_reads_what_was_said_and_has_nothing_unread(stack: &Stack) {
    let ([alice, _, carol], room) = group(stack).await;
    let dave = stack.person("大衛").await;
    alice.befriend(&dave).await;
    for content in ["一", "二", "三"] {
        carol.say(&room, content).await;
    }
    let (start, socket) = (text(&dave.get("/sync").await.ok()["cursor"]), dave.socket().await);
    alice.add_members(&room, &[&dave]).await.is(200);
    assert_eq!(dave.room(&room).await["unread_count"], 0);
    carol.say(&room, "四").await;
    assert_eq!(dave.room(&room).await["unread_count"], 1);
    let message = socket.received_until(|event| event["message"]["content"] == "四").await;
    assert_eq!(message.last().unwrap()["unread_count"], 1);
    assert_eq!(dave.texts(&room).await, ["一", "二", "三", "四"]);
    // What was logged before they came is not theirs to catch up with: they have fetched it.
    let events = list(&dave.get(&format!("/sync?since={start}")).await.ok()["events"]);
    let names: Vec<String> = events.iter().map(|event| text(&event["event"])).collect();
    assert_eq!(names[..4], ["chatroom_created", "member_added", "new_message", "new_message"]);
}

async fn who_was_removed_is_as_who_left(stack: &Stack) {
    let ([alice, ming, carol], room) = group(stack).await;
    let direct = ming.open_room(&carol).await;
    let (socket, others) = (carol.socket_in(&room).await, ming.socket().await);
    let start = text(&carol.get("/sync").await.ok()["cursor"]);
    alice.remove_member(&room, &carol).await.is(204);
    let removed = json!({ "chatroom_id": room, "user_id": carol.id, "removed_by": alice.id });
    for socket in [&socket, &others] {
        assert_eq!(split_position(socket.first("member_left").await).1, removed);
    }
    gone(&carol.get(&format!("/chatrooms/{room}")).await);
    gone(&carol.get(&format!("/chatrooms/{room}/participants")).await);
    gone(&carol.leave_group(&room).await);
    socket.ask_refused("join_room", json!({ "chatroom_id": room }), "not_found").await;
    alice.remove_member(&room, &carol).await.refused(404, "not_found", "User not found");
    alice.set_role(&room, &carol, "admin").await.refused(404, "not_found", "User not found");
    alice.say(&room, "她走了").await;
    ming.say(&direct, "標記").await;
    socket.received_until(|event| event["message"]["content"] == "標記").await;
    assert!(socket.received().iter().all(|event| event.payload["message"]["content"] != "她走了"));
    let events = list(&carol.get(&format!("/sync?since={start}")).await.ok()["events"]);
    assert_eq!((&events[0]["event"], &events[0]["data"]), (&json!("member_left"), &removed));
    // To remove oneself is to leave.
    ming.remove_member(&room, &ming).await.is(204);
    assert_eq!(roles(&alice, &room).await, [(alice.id, "owner".to_owned())]);
}

async fn who_comes_back_gets_what_is_said_from_then_on(stack: &Stack) {
    let ([alice, ming, carol], room) = group(stack).await;
    let socket = carol.socket_in(&room).await;
    let start = text(&carol.get("/sync").await.ok()["cursor"]);
    for round in 0..3 {
        alice.say(&room, &format!("在-{round}")).await;
        alice.remove_member(&room, &carol).await.is(204);
        ming.say(&room, &format!("不在-{round}")).await;
        alice.add_members(&room, &[&carol]).await.is(200);
        ming.say(&room, &format!("回來-{round}")).await;
        let last = format!("回來-{round}");
        let got = socket.received_until(|event| event["message"]["content"] == *last).await;
        assert_eq!(got.last().unwrap()["unread_count"], 1);
        carol.post(&format!("/chatrooms/{room}/read")).await.is(200);
    }
    let contents: Vec<String> = socket
        .received()
        .iter()
        .filter_map(|event| Some(event.payload["message"]["content"].as_str()?.to_owned()))
        .collect();
    assert!(contents.iter().all(|content| !content.starts_with("不在")), "{contents:?}");
    let joined = socket.ask_ok("join_room", json!({ "chatroom_id": room })).await;
    assert_eq!(joined["unread_count"], 0);
    let events = list(&carol.get(&format!("/sync?since={start}")).await.ok()["events"]);
    let said: Vec<&str> =
        events.iter().filter_map(|event| event["data"]["message"]["content"].as_str()).collect();
    assert!(said.contains(&"回來-2") && !said.contains(&"回來-1"), "from the last time on: {said:?}");
    let texts = carol.texts(&room).await;
    assert_eq!(texts.len(), 9, "all is there to be read: {texts:?}");
}

async fn members_are_listed_in_pages(stack: &Stack) {
    let ([alice, ming, carol], room) = group(stack).await;
    let page = async |query: &str| carol.get(&format!("/chatrooms/{room}/participants{query}")).await.ok();
    let ids = |page: &Value| {
        list(&page["participants"])
            .iter()
            .map(|member| member["user_id"].as_i64().unwrap())
            .collect::<Vec<_>>()
    };
    let all = page("").await;
    assert_eq!((ids(&all), &all["next"]), (vec![alice.id, ming.id, carol.id], &Value::Null));
    assert_eq!(all["participants"][1]["role"], "admin");
    assert!(all["participants"][0]["joined_at"].is_string());
    let first = page("?limit=2").await;
    assert_eq!((ids(&first), &first["next"]), (vec![alice.id, ming.id], &json!(ming.id)));
    let last = page(&format!("?limit=2&after_id={}", first["next"])).await;
    assert_eq!((ids(&last), &last["next"]), (vec![carol.id], &Value::Null));
    assert_eq!(page("?limit=3").await["next"], Value::Null);
    let direct = alice.open_room(&ming).await;
    let two = ming.get(&format!("/chatrooms/{direct}/participants")).await.ok();
    assert_eq!(ids(&two), [alice.id, ming.id]);
}

async fn others_do_not_know_the_group(stack: &Stack) {
    let ([alice, ming, _], room) = group(stack).await;
    let (stranger, direct) = (stack.person("陌生人").await, alice.open_room(&ming).await);
    alice.befriend(&stranger).await;
    let path = format!("/chatrooms/{room}");
    let unknown = "/chatrooms/01890a5d-ac96-774b-bcce-b302099a8057";
    for path in [path.as_str(), unknown, &format!("/chatrooms/{direct}")] {
        let member = format!("{path}/participants/{}", alice.id);
        for answer in [
            stranger.patch(path, &json!({ "chatroom_name": "我的" })).await,
            stranger.get(&format!("{path}/participants")).await,
            stranger.post_json(&format!("{path}/participants"), &json!({ "members_id": [alice.id] })).await,
            stranger.delete(&member).await,
            stranger.patch(&member, &json!({ "role": "admin" })).await,
        ] {
            gone(&answer);
        }
    }
    let direct = format!("/chatrooms/{direct}");
    let member = format!("{direct}/participants/{}", ming.id);
    for answer in [
        alice.patch(&direct, &json!({ "chatroom_name": "我們" })).await,
        alice.post_json(&format!("{direct}/participants"), &json!({ "members_id": [stranger.id] })).await,
        alice.delete(&member).await,
        alice.patch(&member, &json!({ "role": "admin" })).await,
    ] {
        answer.refused(400, "not_a_group", "The chatroom is not a group");
    }
    let anon = stack.anon();
    let member = format!("{path}/participants/{}", ming.id);
    for answer in [
        anon.patch(&path, &json!({})).await,
        anon.get(&format!("{path}/participants")).await,
        anon.post_json(&format!("{path}/participants"), &json!({})).await,
        anon.delete(&member).await,
        anon.patch(&member, &json!({})).await,
    ] {
        answer.unauthorized("Not authenticated");
    }
}

/// Runs a statement beside the server.
fn execute(url: &str, statement: String) {
    beside(url, move |conn| match conn {
        Conn::Sqlite(c) => Ok(sql_query(&statement).execute(c)?),
        Conn::Mysql(c) => Ok(sql_query(&statement).execute(c)?),
    });
}

async fn a_group_has_at_most_500_members(stack: &Stack) {
    let ([alice, ..], room) = group(stack).await;
    let (last, over) = (stack.person("最後").await, stack.person("多餘").await);
    alice.befriend(&last).await;
    alice.befriend(&over).await;
    let accounts: Vec<String> = (0..496)
        .map(|number| format!("('x{number}', 'x{number}', '', '2026-11-22 11:29:15', '2026-11-22 11:29:15')"))
        .collect();
    let id = room.replace('-', "");
    let columns = "username, username_key, hashed_password, created_at, updated_at";
    let url = stack.database_url();
    execute(url, format!("INSERT INTO users ({columns}) VALUES {}", accounts.join(", ")));
    let members = "INSERT INTO participants (chatroom_id, user_id, role, joined_at)";
    let theirs = "'member', created_at FROM users WHERE username LIKE 'x%'";
    execute(url, format!("{members} SELECT x'{id}', user_id, {theirs}"));
    assert_eq!(roles(&alice, &room).await.len(), 499);
    let two = alice.add_members(&room, &[&last, &over]).await;
    two.refused(400, "too_many_members", "A chatroom can have at most 500 members");
    assert_eq!(roles(&alice, &room).await.len(), 499, "all or none");
    alice.add_members(&room, &[&last]).await.is(200);
    let one = alice.add_members(&room, &[&over]).await;
    one.refused(400, "too_many_members", "A chatroom can have at most 500 members");
    let link = alice.post_json(&format!("/chatrooms/{room}/invites"), &json!({})).await.is(201).json();
    let accept = over.post(&format!("/invites/{}/accept", text(&link["token"]))).await;
    accept.refused(404, "not_found", "Invite not found");
}

async fn a_user_is_in_at_most_500_groups(stack: &Stack) {
    let ([alice, ming, carol], room) = group(stack).await;
    let rooms: Vec<String> =
        (0..498).map(|number| format!("(x'{number:032x}', 'group', '2026-11-22 11:29:15')")).collect();
    let url = stack.database_url();
    execute(
        url,
        format!("INSERT INTO chatrooms (chatroom_id, kind, created_at) VALUES {}", rooms.join(", ")),
    );
    let members = "INSERT INTO participants (chatroom_id, user_id, role, joined_at)";
    let theirs = "'member', created_at FROM chatrooms WHERE created_at = '2026-11-22 11:29:15'";
    execute(url, format!("{members} SELECT chatroom_id, {}, {theirs}", carol.id));
    assert_eq!(carol.rooms().await.len(), 500, "with the room of two friends");
    let other = alice.open_group(&[&ming, &carol], "第五百個").await;
    let refused = |answer: &Answer| {
        answer.refused(400, "too_many_groups", "A user can be in at most 500 groups");
    };
    let members = json!({ "members_id": [ming.id, carol.id] });
    refused(&alice.post_json("/chatrooms", &members).await);
    carol.leave_group(&other).await.is(204);
    alice.add_members(&other, &[&carol]).await.is(200);
    carol.leave_group(&room).await.is(204);
    let third = alice.open_group(&[&ming, &carol], "又一個").await;
    refused(&alice.add_members(&room, &[&carol]).await);
    assert!(carol.rooms().await.iter().any(|room| room["chatroom_id"] == third.as_str()));
}
