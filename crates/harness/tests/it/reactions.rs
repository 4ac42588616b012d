//! Reactions: put by anybody in the room, counted, and taken off again.

use harness::people::{list, path_of, text};
use harness::{Stack, on_each_database};
use reqwest::Method;
use serde_json::{Value, json};

use crate::migrations::execute;

/// Twenty different ones and one more.
const EMOJI: [&str; 21] = [
    "😀", "😁", "😂", "🤣", "😃", "😄", "😅", "😆", "😉", "😊", "😋", "😎", "😍", "😘", "🥰", "😗", "😙",
    "🥲", "😚", "🙂", "🤗",
];

on_each_database! {
    reactions_are_counted_in_the_order_of_first_use,
    everybody_else_receives_them,
    what_is_so_already_changes_nothing,
    there_is_an_end_to_different_ones,
    two_never_put_one_too_many_at_once,
    only_members_react_and_only_to_what_is_there,
    what_is_no_emoji_is_refused,
    an_emoji_is_one_with_and_without_its_style,
    reactions_of_the_older_rule_become_one,
}

async fn reactions_are_counted_in_the_order_of_first_use(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let sent = alice.say(&room, "考上了！").await;
    assert_eq!(sent["reactions"], json!([]));
    ming.react(&sent, "🎉").await.is(200);
    let one = alice.react(&sent, "%F0%9F%91%8D").await.ok();
    assert_eq!(
        one["reactions"],
        json!([{ "emoji": "🎉", "count": 1, "user_ids": [ming.id] }, { "emoji": "👍", "count": 1, "user_ids": [alice.id] }])
    );
    alice.react(&sent, "🎉").await.is(200);
    let both = ming.react(&sent, "👍").await.ok()["reactions"].clone();
    assert_eq!(
        both,
        json!([
            { "emoji": "🎉", "count": 2, "user_ids": [ming.id, alice.id] },
            { "emoji": "👍", "count": 2, "user_ids": [alice.id, ming.id] },
        ])
    );
    for person in [&alice, &ming] {
        assert_eq!(person.look(&sent).await.unwrap()["reactions"], both);
        assert_eq!(person.room(&room).await["last_message"]["reactions"], both);
    }
    ming.unreact(&sent, "🎉").await.is(200);
    let left = alice.unreact(&sent, "🎉").await.ok()["reactions"].clone();
    assert_eq!(left, json!([{ "emoji": "👍", "count": 2, "user_ids": [alice.id, ming.id] }]));
    // Every spelling that a path can have: a keycap, a sign, a heart, and a whole family.
    for emoji in ["%23️⃣", "©️", "❤️", "👨‍👩‍👧‍👦"] {
        let reactions = list(&ming.react(&sent, emoji).await.ok()["reactions"]);
        assert_eq!(text(&reactions.last().unwrap()["emoji"]), emoji.replace("%23", "#"));
    }
    assert_eq!(list(&alice.look(&sent).await.unwrap()["reactions"]).len(), 5);
}

async fn everybody_else_receives_them(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let (mine, theirs) = (alice.socket().await, ming.socket().await);
    let (mut here, mut there) = (mine.listen("message_reacted"), theirs.listen("message_reacted"));
    let sent = alice.say(&room, "好消息").await;
    let reaction = |emoji: &str, on: Value| json!({ "chatroom_id": room, "message_id": sent["message_id"], "emoji": emoji, "on": on });
    let answer = theirs.ask_ok("react", reaction("🎉", json!(true))).await["message"].clone();
    assert_eq!(answer["reactions"][0]["user_ids"], json!([ming.id]));
    let event = here.next().await;
    assert!(event["pos"].is_i64());
    assert_eq!(
        (&event["message"]["reactions"], &event["message"]["content"]),
        (&answer["reactions"], &json!("好消息"))
    );
    mine.ask_ok("react", reaction("🎉", Value::Null)).await;
    assert_eq!(there.next().await["message"]["reactions"][0]["count"], 2);
    alice.react(&sent, "👍").await.is(200);
    for listener in [&mut here, &mut there] {
        assert_eq!(listener.next().await["message"]["reactions"][1]["emoji"], "👍");
    }
    mine.ask_ok("react", reaction("🎉", json!(false))).await;
    assert_eq!(there.next().await["message"]["reactions"][0]["user_ids"], json!([ming.id]));
}

async fn what_is_so_already_changes_nothing(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let sent = alice.say(&room, "嗨").await;
    let cursor = text(&alice.get("/sync").await.ok()["cursor"]);
    ming.unreact(&sent, "👍").await.is(200);
    let put = ming.react(&sent, "👍").await.ok();
    assert_eq!(ming.react(&sent, "👍").await.ok(), put);
    ming.unreact(&sent, "👍").await.is(200);
    ming.unreact(&sent, "👍").await.is(200);
    let missed = list(&alice.get(&format!("/sync?since={cursor}")).await.ok()["events"]);
    assert_eq!(missed.len(), 2, "{missed:?}");
}

async fn there_is_an_end_to_different_ones(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let sent = alice.say(&room, "嗨").await;
    for emoji in &EMOJI[..20] {
        ming.react(&sent, emoji).await.is(200);
    }
    let full = "A message can have at most 20 different reactions";
    alice.react(&sent, EMOJI[20]).await.refused(400, "too_many_reactions", full);
    // Those that are there others may still use.
    alice.react(&sent, EMOJI[19]).await.is(200);
    ming.unreact(&sent, EMOJI[0]).await.is(200);
    let last = alice.react(&sent, EMOJI[20]).await.ok();
    assert_eq!(list(&last["reactions"]).len(), 20);
}

async fn two_never_put_one_too_many_at_once(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let sent = alice.say(&room, "嗨").await;
    for emoji in &EMOJI[..19] {
        ming.react(&sent, emoji).await.is(200);
    }
    let (one, other) = tokio::join!(alice.react(&sent, EMOJI[19]), ming.react(&sent, EMOJI[20]));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400]);
    assert_eq!(list(&alice.look(&sent).await.unwrap()["reactions"]).len(), 20);
}

async fn only_members_react_and_only_to_what_is_there(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let stranger = stack.person("陌生人").await;
    let group = alice.open_group(&[&ming, &stranger], "別處").await;
    let mut elsewhere = alice.say(&group, "別處的話").await;
    elsewhere["chatroom_id"] = json!(room);
    let sent = alice.say(&room, "這裡的話").await;
    let (member, outside) = (ming.socket().await, stranger.socket().await);
    let mut lost = sent.clone();
    for id in [elsewhere["message_id"].clone(), json!(0), json!(-1), json!(i64::MAX)] {
        lost["message_id"] = id.clone();
        ming.react(&lost, "👍").await.refused(404, "not_found", "Message not found");
        ming.unreact(&lost, "👍").await.refused(404, "not_found", "Message not found");
        let event = json!({ "chatroom_id": room, "message_id": id, "emoji": "👍" });
        member.ask_refused("react", event, "not_found").await;
    }
    stranger.react(&sent, "👍").await.refused(404, "not_found", "Chatroom not found");
    stranger.unreact(&sent, "👍").await.refused(404, "not_found", "Chatroom not found");
    let event = json!({ "chatroom_id": room, "message_id": sent["message_id"], "emoji": "👍" });
    outside.ask_refused("react", event, "not_found").await;
    for method in [Method::PUT, Method::DELETE] {
        let anon = stack.anon();
        let request = anon.request(method, &format!("{}/reactions/👍", path_of(&sent)));
        anon.send(request).await.unauthorized("Not authenticated");
    }
    ming.hide(&sent).await.is(204);
    ming.react(&sent, "👍").await.refused(404, "not_found", "Message not found");
    assert_eq!(alice.look(&sent).await.unwrap()["reactions"], json!([]));
}

async fn what_is_no_emoji_is_refused(stack: &Stack) {
    let (alice, _, room) = stack.pair().await;
    let (sent, socket) = (alice.say(&room, "嗨").await, alice.socket().await);
    for (emoji, kind) in [
        ("讚", "value_error"),
        ("+1", "value_error"),
        ("👍👍", "value_error"),
        ("👍 ", "value_error"),
        ("\u{202e}", "value_error"),
        ("👍👍👍👍👍👍👍👍👍👍👍", "string_too_long"),
        ("", "string_too_short"),
    ] {
        let event = json!({ "chatroom_id": room, "message_id": sent["message_id"], "emoji": emoji });
        let refused = socket.ask_refused("react", event, "validation").await;
        if kind == "value_error" {
            assert_eq!(refused["detail"], "emoji must be one emoji");
            alice.react(&sent, &emoji.replace('+', "%2B").replace(' ', "%20")).await.refused(
                422,
                "validation",
                "emoji must be one emoji",
            );
        } else {
            assert_eq!(refused["detail"][0]["type"], kind);
        }
    }
    for (field, value) in
        [("emoji", json!(5)), ("emoji", json!(null)), ("on", json!("maybe")), ("message_id", json!("x"))]
    {
        let mut event = json!({ "chatroom_id": room, "message_id": sent["message_id"], "emoji": "👍" });
        event[field] = value;
        socket.ask_refused("react", event, "validation").await;
    }
    alice.get(&format!("{}/reactions/👍", path_of(&sent))).await.is(405);
    alice.put(&format!("{}/reactions/a%2Fb", path_of(&sent))).await.is(422);
    alice.put(&format!("{}/reactions/%ff", path_of(&sent))).await.is(422);
    alice
        .put(&format!("/chatrooms/{room}/messages/x/reactions/👍"))
        .await
        .invalid(&[("path.message_id", "int_parsing")]);
    assert_eq!(alice.look(&sent).await.unwrap()["reactions"], json!([]));
}

async fn an_emoji_is_one_with_and_without_its_style(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let sent = alice.say(&room, "愛").await;
    alice.react(&sent, "❤").await.is(200);
    alice.react(&sent, "❤\u{FE0F}").await.is(200);
    let seen = ming.react(&sent, "❤\u{FE0E}").await.ok()["reactions"].clone();
    assert_eq!(seen, json!([{ "emoji": "❤\u{FE0F}", "count": 2, "user_ids": [alice.id, ming.id] }]));
    alice.unreact(&sent, "❤").await.is(200);
    assert_eq!(ming.unreact(&sent, "❤\u{FE0F}").await.ok()["reactions"], json!([]));
}

async fn reactions_of_the_older_rule_become_one(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let sent = alice.say(&room, "愛").await;
    alice.react(&sent, "👍").await.is(200);
    alice.react(&sent, "❤\u{FE0F}").await.is(200);
    ming.react(&sent, "❤\u{FE0F}").await.is(200);
    let url = stack.database_url();
    let of = |user: i64| format!("WHERE user_id = {user} AND emoji");
    // Alice has both spellings, and Ming the one without the style.
    execute(url, format!("UPDATE reactions SET emoji = '❤' {} = '👍'", of(alice.id)));
    execute(url, format!("UPDATE reactions SET emoji = '❤' {} = '❤\u{FE0F}'", of(ming.id)));
    execute(url, "DELETE FROM __diesel_schema_migrations WHERE version = '20261129900002'");
    // Another server starts.
    execute(url, format!("UPDATE users SET status = '起來了' WHERE user_id = {}", ming.id));
    let seen = ming.look(&sent).await.unwrap()["reactions"].clone();
    assert_eq!(seen, json!([{ "emoji": "❤\u{FE0F}", "count": 2, "user_ids": [alice.id, ming.id] }]));
}
