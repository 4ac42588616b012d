//! Mentions: parts of a text that name members, counted until they are read.

use harness::{Person, Stack, on_each_database};
use serde_json::{Value, json};

on_each_database! {
    a_mention_is_in_the_message_and_counts_until_it_is_read,
    all_members_are_mentioned_at_once,
    who_is_not_in_the_room_is_not_mentioned,
    an_edited_text_mentions_whom_it_names_now,
    mentions_outside_their_text_are_refused,
}

const APART: &str = "Mentions follow each other within the text, without overlapping";

fn mention(who: &Person, start: i64, length: i64) -> Value {
    json!({ "user_id": who.id, "start": start, "length": length })
}

async fn count(person: &Person, room: &str) -> i64 {
    person.room(room).await["mention_count"].as_i64().unwrap()
}

async fn group(stack: &Stack) -> (Person, Person, Person, String) {
    let (alice, ming) = (stack.person("愛麗絲").await, stack.person("小明").await);
    let mei = stack.person("阿美").await;
    let room = alice.open_group(&[&ming, &mei], "三人行").await;
    (alice, ming, mei, room)
}

async fn a_mention_is_in_the_message_and_counts_until_it_is_read(stack: &Stack) {
    let (alice, ming, mei, room) = group(stack).await;
    let theirs = ming.socket().await;
    let mut new = theirs.listen("new_message");
    let mentions = json!([mention(&ming, 0, 3), mention(&alice, 7, 4)]);
    let message = json!({ "content": "@小明 你好 @愛麗絲", "mentions": mentions });
    let sent = alice.send_message(&room, &message).await.ok();
    assert_eq!(sent["mentions"], mentions);
    assert_eq!(new.next().await["message"]["mentions"], mentions);
    let caption = json!({
        "message_type": "image", "media_url": "https://example.com/貓.png", "caption": "@小明",
        "mentions": [mention(&ming, 0, 3)],
    });
    let picture = alice.send_message(&room, &caption).await.ok();
    assert_eq!(ming.look(&picture).await.unwrap()["mentions"], json!([mention(&ming, 0, 3)]));
    assert_eq!((count(&alice, &room).await, count(&mei, &room).await), (0, 0));
    assert_eq!(count(&ming, &room).await, 2);
    ming.hide(&picture).await.is(204);
    assert_eq!(count(&ming, &room).await, 1);
    alice.unsend(&sent).await.is(200);
    assert_eq!(count(&ming, &room).await, 0);
    alice.send_message(&room, &message).await.ok();
    assert_eq!(count(&ming, &room).await, 1);
    ming.post(&format!("/chatrooms/{room}/read")).await.ok();
    assert_eq!(count(&ming, &room).await, 0);
}

async fn all_members_are_mentioned_at_once(stack: &Stack) {
    let (alice, ming, mei, room) = group(stack).await;
    let message = json!({ "content": "@大家 開會", "mentions": [{ "start": 0, "length": 3 }] });
    let sent = alice.send_message(&room, &message).await.ok();
    assert_eq!(sent["mentions"], json!([{ "user_id": null, "start": 0, "length": 3 }]));
    let counts = [count(&alice, &room).await, count(&ming, &room).await, count(&mei, &room).await];
    assert_eq!(counts, [0, 1, 1]);
}

async fn who_is_not_in_the_room_is_not_mentioned(stack: &Stack) {
    let (alice, ming, mei, room) = group(stack).await;
    let stranger = stack.person("陌生人").await;
    mei.leave_group(&room).await.is(204);
    let nobody = json!({ "user_id": 99_999_999, "start": 6, "length": 1 });
    let mentions = json!([mention(&stranger, 0, 1), mention(&mei, 1, 1), mention(&ming, 2, 1), nobody]);
    let sent =
        alice.send_message(&room, &json!({ "content": "甲乙丙丁戊己庚", "mentions": mentions })).await.ok();
    assert_eq!(sent["mentions"], json!([mention(&ming, 2, 1)]));
    let none = json!({ "content": "甲", "mentions": [mention(&mei, 0, 1)] });
    assert!(alice.send_message(&room, &none).await.ok().get("mentions").is_none());
    let outside = stranger.send_message(&room, &none).await;
    outside.refused(404, "not_found", "Chatroom not found");
}

async fn an_edited_text_mentions_whom_it_names_now(stack: &Stack) {
    let (alice, ming, mei, room) = group(stack).await;
    let message = json!({ "content": "@小明", "mentions": [mention(&ming, 0, 3)] });
    let sent = alice.send_message(&room, &message).await.ok();
    let path = harness::people::path_of(&sent);
    let edit = json!({ "content": "@阿美 @小明", "mentions": [mention(&mei, 0, 3)] });
    let edited = alice.patch(&path, &edit).await.ok();
    assert_eq!(edited["mentions"], json!([mention(&mei, 0, 3)]));
    assert_eq!((count(&ming, &room).await, count(&mei, &room).await), (0, 1));
    let edited = alice.edit(&sent, "算了").await.ok();
    assert!(edited.get("mentions").is_none(), "{edited}");
    assert_eq!(count(&mei, &room).await, 0);
    let outside = json!({ "content": "@阿美", "mentions": [mention(&mei, 0, 4)] });
    alice.patch(&path, &outside).await.refused(422, "validation", APART);
}

async fn mentions_outside_their_text_are_refused(stack: &Stack) {
    let (alice, ming, _, room) = group(stack).await;
    let socket = alice.socket().await;
    for (mentions, place, kind) in [
        (json!([mention(&ming, -1, 1)]), "body.mentions.0.start", "greater_than_equal"),
        (json!([mention(&ming, 0, 0)]), "body.mentions.0.length", "greater_than_equal"),
        (json!([{ "user_id": "x", "start": 0, "length": 1 }]), "body.mentions.0.user_id", "int_parsing"),
        (json!([{ "start": 0 }]), "body.mentions.0.length", "missing"),
        (json!("小明"), "body.mentions", "list_type"),
    ] {
        let message = json!({ "chatroom_id": room, "content": "👨‍👩", "mentions": mentions });
        alice.send_message(&room, &message).await.invalid(&[(place, kind)]);
        socket.ask_refused("send_message", message, "validation").await;
    }
    for mentions in [json!([mention(&ming, 0, 4)]), json!([mention(&ming, 0, 2), mention(&ming, 1, 1)])] {
        let message = json!({ "content": "👨‍👩", "mentions": mentions });
        alice.send_message(&room, &message).await.refused(422, "validation", APART);
    }
    let fits = json!({ "content": "👨‍👩", "mentions": [mention(&ming, 0, 3)] });
    alice.send_message(&room, &fits).await.ok();
    let many = |count: i64| {
        let mentions: Vec<Value> = (0..count).map(|start| mention(&ming, start, 1)).collect();
        json!({ "content": "字".repeat(60), "mentions": mentions })
    };
    alice.send_message(&room, &many(50)).await.ok();
    let over = alice.send_message(&room, &many(51)).await;
    over.refused(422, "validation", "A message has at most 50 mentions");
}
