//! Roles: what each may do in a group, how it is handed over, and how it looks.

use harness::people::{PASSWORD, list, text};
use harness::socket::split_position;
use harness::{Answer, Person, Stack, on_each_database};
use serde_json::{Value, json};

on_each_database! {
    each_role_may_do_what_the_table_says,
    a_group_is_given_a_name_and_a_picture,
    a_group_is_handed_over,
    the_owner_who_leaves_has_a_successor,
    the_owner_who_deletes_their_account_has_a_successor,
    events_of_clients_do_the_same,
}

const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\0\0\0\0";

/// Alice, the owner; Ming, an admin; Carol, a member; and their group.
pub(crate) async fn group(stack: &Stack) -> ([Person; 3], String) {
    let (people, room) = stack.group().await;
    people[0].set_role(&room, &people[1], "admin").await.is(200);
    (people, room)
}

fn forbidden(answer: &Answer) {
    answer.refused(403, "forbidden", "Forbidden");
}

/// Returns the role of each member, by their ids.
pub(crate) async fn roles(person: &Person, room: &str) -> Vec<(i64, String)> {
    let shown = person.get(&format!("/chatrooms/{room}")).await.ok();
    let role = |member: &Value| (member["user_id"].as_i64().unwrap(), text(&member["role"]));
    list(&shown["participants"]).iter().map(role).collect()
}

async fn each_role_may_do_what_the_table_says(stack: &Stack) {
    let ([alice, ming, carol], room) = group(stack).await;
    let dave = stack.person("大衛").await;
    for (person, role) in [(&alice, "owner"), (&ming, "admin"), (&carol, "member")] {
        assert_eq!(person.room(&room).await["role"], role);
    }
    let look = json!({ "chatroom_name": "不可以" });
    let invites = format!("/chatrooms/{room}/invites");
    for answer in [
        carol.update_group(&room, &look).await,
        carol.update_group(&room, &json!({ "avatar_url": "" })).await,
        carol.remove_member(&room, &ming).await,
        carol.remove_member(&room, &alice).await,
        carol.set_role(&room, &ming, "member").await,
        carol.set_role(&room, &carol, "owner").await,
        carol.post_json(&invites, &json!({})).await,
        carol.get(&invites).await,
        ming.remove_member(&room, &alice).await,
        ming.set_role(&room, &carol, "admin").await,
        ming.set_role(&room, &ming, "owner").await,
    ] {
        forbidden(&answer);
    }
    alice.set_role(&room, &carol, "admin").await.is(200);
    forbidden(&ming.remove_member(&room, &carol).await);
    alice.set_role(&room, &carol, "member").await.is(200);
    ming.update_group(&room, &json!({ "chatroom_name": "可以", "avatar_url": "" })).await.is(200);
    carol.befriend(&dave).await;
    carol.add_members(&room, &[&dave]).await.is(200);
    ming.remove_member(&room, &dave).await.is(204);
    alice.remove_member(&room, &ming).await.is(204);
    assert_eq!(roles(&alice, &room).await, [(alice.id, "owner".into()), (carol.id, "member".into())]);
}

async fn a_group_is_given_a_name_and_a_picture(stack: &Stack) {
    let ([alice, ming, _], room) = group(stack).await;
    let (here, there) = (alice.socket().await, ming.socket().await);
    let mut received = there.listen("chatroom_updated");
    let look = json!({ "chatroom_name": "讀書會", "avatar_url": "https://example.com/群.png" });
    let shown = alice.update_group(&room, &look).await.ok();
    for key in ["chatroom_name", "friend_name", "username"] {
        assert_eq!(shown[key], "讀書會", "{key}");
    }
    assert_eq!((&shown["avatar_url"], &shown["is_group"]), (&look["avatar_url"], &json!(true)));
    let updated = json!({ "chatroom_id": room, "chatroom_name": "讀書會", "avatar_url": look["avatar_url"] });
    assert_eq!(split_position(received.next().await).1, updated);
    assert_eq!(split_position(here.first("chatroom_updated").await).1, updated, "REST has no socket");
    // What is so already is not sent again.
    let last_seq = alice.room(&room).await["last_seq"].clone();
    for same in [json!({}), look, json!({ "chatroom_name": null, "avatar_url": null })] {
        alice.update_group(&room, &same).await.is(200);
    }
    assert_eq!(alice.room(&room).await["last_seq"], last_seq);
    let cleared = alice.update_group(&room, &json!({ "chatroom_name": " ", "avatar_url": "" })).await.ok();
    assert_eq!((&cleared["chatroom_name"], &cleared["avatar_url"]), (&Value::Null, &Value::Null));
    assert_eq!(received.next().await["chatroom_name"], Value::Null);
    let file = alice.upload("/upload/upload-group-avatar", ("圖.png", "image/png"), PICTURE).await.ok();
    assert_eq!(alice.get("/user/me").await.ok()["avatar_url"], Value::Null, "it is not her own");
    let own = alice.update_group(&room, &json!({ "avatar_url": file["url"] })).await.ok();
    assert_eq!(own["avatar_url"], file["url"]);
    // It stays with the group when the account of who uploaded it goes.
    alice.delete_account(PASSWORD).await.is(204);
    ming.get(&text(&file["url"])).await.is(200);
}

async fn a_group_is_handed_over(stack: &Stack) {
    let ([alice, ming, carol], room) = group(stack).await;
    let socket = carol.socket().await;
    let mut received = socket.listen("role_changed");
    alice.set_role(&room, &alice, "member").await.refused(
        400,
        "owner_stays",
        "Hand the group over to another member first",
    );
    alice.set_role(&room, &alice, "owner").await.is(200);
    let owner = alice.set_role(&room, &ming, "owner").await.ok();
    assert_eq!((&owner["user_id"], &owner["role"]), (&json!(ming.id), &json!("owner")));
    for (person, role) in [(&ming, "owner"), (&alice, "admin")] {
        let changed = json!({ "chatroom_id": room, "user_id": person.id, "role": role });
        assert_eq!(split_position(received.next().await).1, changed);
    }
    let all = [(alice.id, "admin".into()), (ming.id, "owner".into()), (carol.id, "member".into())];
    assert_eq!(roles(&carol, &room).await, all);
    forbidden(&alice.set_role(&room, &carol, "admin").await);
    ming.remove_member(&room, &alice).await.is(204);
}

async fn the_owner_who_leaves_has_a_successor(stack: &Stack) {
    let ([alice, ming, carol], room) = group(stack).await;
    let socket = carol.socket().await;
    let mut received = socket.listen("role_changed");
    alice.leave_group(&room).await.is(204);
    let changed = json!({ "chatroom_id": room, "user_id": ming.id, "role": "owner" });
    assert_eq!(split_position(received.next().await).1, changed, "the admin");
    let left = split_position(socket.first("member_left").await).1;
    assert_eq!(left, json!({ "chatroom_id": room, "user_id": alice.id, "removed_by": null }));
    ming.leave_group(&room).await.is(204);
    assert_eq!(roles(&carol, &room).await, [(carol.id, "owner".to_owned())], "or else a member");
    carol.add_members(&room, &[&alice]).await.is(200);
    assert_eq!(alice.room(&room).await["role"], "member", "who comes back is a member");
    carol.leave_group(&room).await.is(204);
    alice.leave_group(&room).await.is(204);
}

async fn the_owner_who_deletes_their_account_has_a_successor(stack: &Stack) {
    let ([alice, ming, carol], room) = group(stack).await;
    ming.delete_account(PASSWORD).await.is(204);
    alice.delete_account(PASSWORD).await.is(204);
    assert_eq!(carol.room(&room).await["role"], "owner", "an account that is there");
    carol.remove_member(&room, &alice).await.is(204);
}

async fn events_of_clients_do_the_same(stack: &Stack) {
    let ([alice, ming, carol], room) = group(stack).await;
    let dave = stack.person("大衛").await;
    alice.befriend(&dave).await;
    let (here, there) = (alice.socket().await, ming.socket().await);
    let of = |more: Value| {
        let mut payload = json!({ "chatroom_id": room });
        payload.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        payload
    };
    let updated = here.ask_ok("update_group", of(json!({ "chatroom_name": "新名字" }))).await;
    assert_eq!(updated["chatroom"]["chatroom_name"], "新名字");
    let added = here.ask_ok("add_members", of(json!({ "members_id": [dave.id] }))).await;
    assert_eq!(added["participants"][0]["user_id"], dave.id);
    let changed = here.ask_ok("set_role", of(json!({ "user_id": carol.id, "role": "admin" }))).await;
    assert_eq!(changed["participant"]["role"], "admin");
    here.ask_ok("remove_member", of(json!({ "user_id": dave.id }))).await;
    for name in ["chatroom_updated", "member_added", "role_changed", "member_left"] {
        there.first(name).await;
    }
    alice.say(&room, "標記").await;
    here.received_until(|event| event["message"]["content"] == "標記").await;
    for name in ["chatroom_updated", "member_added", "role_changed", "member_left"] {
        assert!(here.received_of(name).is_empty(), "{name}: it has the acknowledgement");
    }
    let said = here.received_of("new_message");
    assert!(said.iter().any(|event| event["message"]["system"]["action"] == "renamed"), "{said:?}");
    let member = carol.socket().await;
    alice.set_role(&room, &carol, "member").await.is(200);
    for (name, payload) in [
        ("update_group", of(json!({ "chatroom_name": "不" }))),
        ("remove_member", of(json!({ "user_id": ming.id }))),
        ("set_role", of(json!({ "user_id": ming.id, "role": "member" }))),
    ] {
        member.ask_refused(name, payload, "forbidden").await;
    }
    for name in ["update_group", "add_members", "remove_member", "set_role"] {
        here.ask_refused(name, json!({ "chatroom_id": 5 }), "validation").await;
    }
}
