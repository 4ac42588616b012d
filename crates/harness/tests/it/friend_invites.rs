//! Invites: a link by which whoever has it becomes a friend of who made it.

use harness::people::text;
use harness::{Answer, Person, Stack, on_each_database};
use serde_json::{Value, json};

on_each_database! {
    an_invite_is_shown_again_and_renewed,
    who_has_the_link_becomes_a_friend,
    a_link_goes_beyond_the_settings_but_not_beyond_blocks,
    oneself_and_friends_are_refused,
    what_is_no_invite_is_not_found,
}

async fn token(person: &Person) -> String {
    text(&person.get("/user/me/invite").await.ok()["token"])
}

async fn see(person: &Person, token: &str) -> Answer {
    person.get(&format!("/friends/invite/{token}")).await
}

async fn accept(person: &Person, token: &str) -> Answer {
    person.post(&format!("/friends/invite/{token}")).await
}

fn none(answer: &Answer) {
    answer.refused(404, "not_found", "Invite not found");
}

async fn an_invite_is_shown_again_and_renewed(stack: &Stack) {
    let (alice, ming) = (stack.person("愛麗絲").await, stack.person("小明").await);
    let first = alice.get("/user/me/invite").await.ok();
    assert_eq!(alice.elsewhere().await.get("/user/me/invite/").await.ok(), first);
    let one = text(&first["token"]);
    assert_eq!((one.len(), text(&first["url"])), (43, format!("{}/invite/{one}", stack.origin())));
    let two = text(&alice.post("/user/me/invite").await.ok()["token"]);
    assert_ne!(one, two);
    assert_eq!(token(&alice).await, two);
    none(&see(&ming, &one).await);
    none(&accept(&ming, &one).await);
    assert_eq!(see(&ming, &two).await.ok()["user_id"], alice.id);
    assert_ne!(token(&ming).await, two);
}

async fn who_has_the_link_becomes_a_friend(stack: &Stack) {
    let (alice, ming) = (stack.person("愛麗絲").await, stack.person("小明").await);
    let link = token(&alice).await;
    let card = see(&ming, &link).await.ok();
    assert_eq!((&card["username"], &card["online"]), (&json!("愛麗絲"), &json!(false)));
    assert!(card.get("email").is_none(), "{card}");
    let socket = alice.socket().await;
    let accepted = accept(&ming, &link).await.ok();
    assert_eq!((&accepted["status"], &accepted["friend"]["user_id"]), (&json!("accepted"), &json!(alice.id)));
    let befriended = socket.first("friend_accepted").await;
    assert_eq!(befriended["friend"]["user_id"], ming.id);
    assert_eq!(alice.people("/friends/").await, [ming.id]);
    let room = text(&accepted["chatroom_id"]);
    assert_eq!(ming.room(&room).await["request"], Value::Null);
    // One who had asked, and a stranger's room, are taken over.
    let carol = stack.person("卡蘿").await;
    let asked = carol.open_room(&alice).await;
    carol.post(&format!("/friends/request?friend_id={}", alice.id)).await.is(200);
    assert_eq!(accept(&carol, &link).await.ok()["chatroom_id"], json!(asked));
    assert_eq!(carol.room(&asked).await["request"], Value::Null);
    assert!(alice.people("/friends/requests/pending").await.is_empty());
}

async fn a_link_goes_beyond_the_settings_but_not_beyond_blocks(stack: &Stack) {
    let (alice, ming) = (stack.person("愛麗絲").await, stack.person("小明").await);
    let (link, his) = (token(&alice).await, token(&ming).await);
    alice.patch(&format!("/user/{}", alice.id), &json!({ "discoverable": false })).await.is(200);
    alice.patch("/user/me/settings", &json!({ "message_requests": "friends" })).await.is(200);
    ming.put(&format!("/friends/blocks/{}", stack.person("別人").await.id)).await.is(200);
    see(&ming, &link).await.is(200);
    alice.post_json("/chatrooms", &json!({ "members_id": [ming.id] })).await.is(200);
    alice.put(&format!("/friends/blocks/{}", ming.id)).await.is(200);
    none(&see(&ming, &link).await);
    none(&accept(&ming, &link).await);
    accept(&alice, &his).await.refused(403, "blocked", "You have blocked this person");
    alice.delete(&format!("/friends/blocks/{}", ming.id)).await.is(204);
    accept(&ming, &link).await.is(200);
}

async fn oneself_and_friends_are_refused(stack: &Stack) {
    let (alice, ming) = stack.friends().await;
    let link = token(&alice).await;
    accept(&alice, &link).await.refused(400, "oneself", "You cannot add yourself as a friend.");
    accept(&ming, &link).await.refused(400, "already_friends", "Already friends");
    for path in [format!("/friends/invite/{link}"), "/user/me/invite".to_owned()] {
        stack.anon().get(&path).await.unauthorized("Not authenticated");
        stack.anon().post(&path).await.unauthorized("Not authenticated");
    }
}

async fn what_is_no_invite_is_not_found(stack: &Stack) {
    let (alice, ming) = (stack.person("愛麗絲").await, stack.person("小明").await);
    let link = token(&alice).await;
    for wrong in
        ["x", "%E9%82%80", &"A".repeat(43), link.strip_suffix(|_: char| true).unwrap(), &format!("{link}A")]
    {
        none(&see(&ming, wrong).await);
        none(&accept(&ming, wrong).await);
    }
    alice.delete_account(harness::people::PASSWORD).await.is(204);
    none(&see(&ming, &link).await);
    none(&accept(&ming, &link).await);
}
