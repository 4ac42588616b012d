//! Invite links of groups.

use domain::time::Time;
use harness::people::{list, text};
use harness::{Answer, Person, Stack, on_each_database};
use serde_json::{Value, json};

on_each_database! {
    who_has_the_link_joins_the_group,
    a_link_that_is_over_is_as_one_that_never_was,
    a_link_is_good_for_as_many_as_it_says,
    links_are_managed_by_owner_and_admins,
    invites_say_what_is_wrong,
}

async fn invite(person: &Person, room: &str, more: Value) -> Value {
    person.post_json(&format!("/chatrooms/{room}/invites"), &more).await.is(201).json()
}

async fn accept(person: &Person, invite: &Value) -> Answer {
    person.post(&format!("/invites/{}/accept", text(&invite["token"]))).await
}

fn gone(answer: &Answer) {
    answer.refused(404, "not_found", "Invite not found");
}

async fn who_has_the_link_joins_the_group(stack: &Stack) {
    let ([alice, ming, _], room) = stack.group().await;
    let stranger = stack.person("陌生人").await;
    let link = invite(&alice, &room, json!({})).await;
    let token = text(&link["token"]);
    assert_eq!(link["url"], format!("{}/join/{token}", stack.origin()));
    assert_eq!((token.len(), &link["uses"], &link["created_by"]), (22, &json!(0), &json!(alice.id)));
    let shown = stranger.get(&format!("/invites/{token}")).await.ok();
    assert_eq!(shown, json!({ "chatroom_name": "大家", "avatar_url": null, "member_count": 3 }));
    let (theirs, others) = (stranger.socket().await, ming.socket().await);
    let joined = accept(&stranger, &link).await.ok();
    assert_eq!((&joined["chatroom_id"], &joined["role"]), (&json!(room), &json!("member")));
    assert_eq!(theirs.first("chatroom_created").await["chatroom"]["chatroom_id"], room.as_str());
    assert_eq!(others.first("member_added").await["participant"]["user_id"], stranger.id);
    assert_eq!(accept(&stranger, &link).await.ok()["chatroom_id"], room.as_str(), "they stay in it");
    assert_eq!(accept(&alice, &link).await.ok()["role"], "owner");
    let listed = list(&alice.get(&format!("/chatrooms/{room}/invites")).await.ok());
    assert_eq!((listed.len(), &listed[0]["uses"]), (1, &json!(1)), "each who joined counts once");
    assert!(listed[0].get("token").is_none(), "it is not shown again");
    assert_eq!(stranger.texts(&room).await, [""; 0]);
    stranger.say(&room, "大家好").await;
    // Who left comes back by it, and who was removed does not.
    stranger.leave_group(&room).await.is(204);
    accept(&stranger, &link).await.is(200);
    alice.remove_member(&room, &stranger).await.is(204);
    gone(&accept(&stranger, &link).await);
    gone(&stranger.get(&format!("/invites/{token}")).await);
    alice.befriend(&stranger).await;
    alice.add_members(&room, &[&stranger]).await.is(200);
}

async fn a_link_that_is_over_is_as_one_that_never_was(stack: &Stack) {
    let ([alice, ..], room) = stack.group().await;
    let stranger = stack.person("陌生人").await;
    let end = stack.clock().now().unix_seconds() + 3_600;
    let expiring = invite(&alice, &room, json!({ "expires_at": end })).await;
    let revoked = invite(&alice, &room, json!({})).await;
    stranger.get(&format!("/invites/{}", text(&expiring["token"]))).await.is(200);
    let path = format!("/chatrooms/{room}/invites");
    alice.delete(&format!("{path}/{}", text(&revoked["invite_id"]))).await.is(204);
    stack.clock().set(Time::parse(&end.to_string()).unwrap());
    let unknown = json!({ "token": "AAAAAAAAAAAAAAAAAAAAAA" });
    for link in [&expiring, &revoked, &unknown, &json!({ "token": "x" })] {
        gone(&stranger.get(&format!("/invites/{}", text(&link["token"]))).await);
        gone(&accept(&stranger, link).await);
    }
    assert_eq!(list(&alice.get(&path).await.ok()), [Value::Null; 0]);
    for id in [text(&revoked["invite_id"]), "x".to_owned()] {
        gone(&alice.delete(&format!("{path}/{id}")).await);
    }
}

async fn a_link_is_good_for_as_many_as_it_says(stack: &Stack) {
    let ([alice, ..], room) = stack.group().await;
    let mut people = Vec::new();
    for number in 0..4 {
        people.push(stack.person(&format!("第{number}人")).await);
    }
    let link = invite(&alice, &room, json!({ "max_uses": 2 })).await;
    let answers = futures_util::future::join_all(people.iter().map(|person| accept(person, &link))).await;
    let joined = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(joined, 2);
    answers.iter().filter(|answer| answer.status != 200).for_each(gone);
    assert_eq!(list(&alice.get(&format!("/chatrooms/{room}")).await.ok()["participants"]).len(), 5);
}

async fn links_are_managed_by_owner_and_admins(stack: &Stack) {
    let ([alice, ming, carol], room) = stack.group().await;
    let (stranger, direct) = (stack.person("陌生人").await, alice.open_room(&ming).await);
    alice.set_role(&room, &ming, "admin").await.is(200);
    let path = format!("/chatrooms/{room}/invites");
    let first = invite(&alice, &room, json!({})).await;
    let one = format!("{path}/{}", text(&first["invite_id"]));
    let all = async |person: &Person, path: &str| {
        [
            person.get(path).await,
            person.post_json(path, &json!({})).await,
            person.delete(&format!("{path}/{}", text(&first["invite_id"]))).await,
        ]
    };
    for answer in all(&carol, &path).await {
        answer.refused(403, "forbidden", "Forbidden");
    }
    for answer in all(&stranger, &path).await {
        answer.refused(404, "not_found", "Chatroom not found");
    }
    for answer in all(&alice, &format!("/chatrooms/{direct}/invites")).await {
        answer.refused(400, "not_a_group", "The chatroom is not a group");
    }
    let anon = stack.anon();
    for answer in [
        anon.get(&path).await,
        anon.post_json(&path, &json!({})).await,
        anon.delete(&one).await,
        anon.get(&format!("/invites/{}", text(&first["token"]))).await,
        anon.post(&format!("/invites/{}/accept", text(&first["token"]))).await,
    ] {
        answer.unauthorized("Not authenticated");
    }
    for _ in 1..20 {
        invite(&ming, &room, json!({})).await;
    }
    let over = ming.post_json(&path, &json!({})).await;
    over.refused(400, "too_many_invites", "A group can have at most 20 invites");
    ming.delete(&one).await.is(204);
    let last = invite(&ming, &room, json!({})).await;
    let listed = list(&alice.get(&path).await.ok());
    assert_eq!((listed.len(), &listed[0]["invite_id"]), (20, &last["invite_id"]), "the last made first");
}

async fn invites_say_what_is_wrong(stack: &Stack) {
    let ([alice, ..], room) = stack.group().await;
    let path = format!("/chatrooms/{room}/invites");
    for (body, field) in [
        (json!({ "max_uses": 0 }), "max_uses"),
        (json!({ "max_uses": "x" }), "max_uses"),
        (json!({ "expires_at": "明天" }), "expires_at"),
    ] {
        let refused = alice.post_json(&path, &body).await.is(422).json();
        assert!(refused["detail"].to_string().contains(field), "{refused}");
    }
    let past = alice.post_json(&path, &json!({ "expires_at": "2020-01-01T00:00:00Z" })).await;
    assert_eq!(past.is(422).json()["code"], "validation");
    let longest =
        invite(&alice, &room, json!({ "max_uses": i64::MAX, "expires_at": "9999-12-31T23:59:59Z" })).await;
    assert_eq!(longest["max_uses"], i64::MAX);
}
