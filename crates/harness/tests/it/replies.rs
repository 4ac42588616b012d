//! Answers that quote what they answer.

use harness::people::text;
use harness::{Stack, on_each_database};
use serde_json::{Value, json};

on_each_database! {
    a_reply_shows_its_quote_everywhere,
    a_file_is_quoted_by_the_words_under_it,
    a_quote_follows_its_message,
    a_repeated_answer_is_one_message,
    answers_keep_their_order_among_other_messages,
    what_is_not_in_the_room_is_not_answered,
}

async fn a_reply_shows_its_quote_everywhere(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let (socket, joined, theirs) =
        (ming.socket().await, ming.elsewhere().await.socket_in(&room).await, alice.socket().await);
    let (mut new, mut receive) = (theirs.listen("new_message"), joined.listen("receive_message"));
    let asked = alice.say(&room, "明天幾點？").await;
    assert_eq!((&asked["reply_to"], receive.next().await["reply_to"].clone()), (&Value::Null, Value::Null));
    new.next().await;
    let quote = json!({
        "message_id": asked["message_id"], "seq": 1, "sender_id": alice.id, "user": asked["user"],
        "content": "明天幾點？", "message_type": "text", "deleted": false,
    });
    let first = ming.reply(&room, &asked, "三點").await;
    let event = json!({ "chatroom_id": room, "content": "四點", "reply_to": asked["message_id"] });
    let second = socket.ask_ok("send_message", event).await["message"].clone();
    for answer in [first, second] {
        assert_eq!(answer["reply_to"], quote);
        assert_eq!(new.next().await["message"], answer);
        assert_eq!(receive.next().await["reply_to"], quote);
        assert_eq!(alice.look(&answer).await.unwrap()["reply_to"], quote);
    }
    assert_eq!(alice.room(&room).await["last_message"]["reply_to"], quote);
    let written = json!({ "content": "五點", "reply_to": asked["message_id"].to_string() });
    let written = ming.send_message(&room, &written).await.ok();
    assert_eq!(written["reply_to"], quote, "a number may be written as text");
    let none = ming.send_message(&room, &json!({ "content": "六點", "reply_to": null })).await.ok();
    assert_eq!(none["reply_to"], Value::Null);
}

async fn a_file_is_quoted_by_the_words_under_it(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let url = "https://example.com/貓.png";
    let picture = json!({ "message_type": "image", "media_url": url, "caption": "我的貓" });
    let picture = alice.send_message(&room, &picture).await.ok();
    let quote = ming.reply(&room, &picture, "好可愛").await["reply_to"].clone();
    assert_eq!((&quote["content"], &quote["message_type"]), (&json!("我的貓"), &json!("image")));
    let bare = alice.send_message(&room, &json!({ "message_type": "image", "media_url": url })).await.ok();
    assert_eq!(ming.reply(&room, &bare, "又來").await["reply_to"]["content"], "");
    let long = alice.say(&room, &"長".repeat(10_000)).await;
    let quote = ming.reply(&room, &long, "太長").await["reply_to"].clone();
    assert_eq!(text(&quote["content"]), "長".repeat(120) + "…");
}

async fn a_quote_follows_its_message(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let first = alice.say(&room, "原來的話").await;
    let answer = ming.reply(&room, &first, "回").await;
    let quoted = async || alice.look(&answer).await.unwrap()["reply_to"].clone();
    alice.edit(&first, "改過的話").await.is(200);
    assert_eq!(quoted().await["content"], "改過的話");
    alice.unsend(&first).await.is(200);
    let gone = json!({
        "message_id": first["message_id"], "seq": 1, "sender_id": alice.id, "user": first["user"],
        "content": "", "message_type": "text", "deleted": true,
    });
    assert_eq!(quoted().await, gone);
    assert_eq!(ming.reply(&room, &first, "說了什麼？").await["reply_to"], gone);
}

async fn a_repeated_answer_is_one_message(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let (one, two) = (alice.say(&room, "一").await, alice.say(&room, "二").await);
    let answer = |to: &Value, key: Value| json!({ "content": "回", "reply_to": to["message_id"], "client_msg_id": key });
    let first = ming.send_message(&room, &answer(&one, json!("a"))).await.ok();
    assert_eq!(ming.send_message(&room, &answer(&one, json!("a"))).await.ok(), first);
    for other in [answer(&two, json!("a")), json!({ "content": "回", "client_msg_id": "a" })] {
        ming.send_message(&room, &other).await.is(409);
    }
    ming.send_message(&room, &answer(&two, json!("b"))).await.is(200);
    // A client without names is known by what it repeats, and what it answers is a part of that.
    let timed = |to: &Value| json!({ "content": "回", "reply_to": to["message_id"], "timestamp": "2026-11-22T11:29:15.001Z" });
    let left = ming.send_message(&room, &timed(&one)).await.ok();
    assert_eq!(ming.send_message(&room, &timed(&one)).await.ok(), left);
    assert_ne!(ming.send_message(&room, &timed(&two)).await.ok()["message_id"], left["message_id"]);
    assert_eq!(alice.texts(&room).await, ["一", "二", "回", "回", "回", "回"]);
}

async fn answers_keep_their_order_among_other_messages(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let first = alice.say(&room, "零").await;
    let socket = ming.socket().await;
    let content: Vec<String> = (1..=12).map(|n| n.to_string()).collect();
    let sends = content.iter().enumerate().map(|(at, content)| {
        let mut message = json!({ "chatroom_id": room, "content": content });
        if at % 2 == 0 {
            message["reply_to"] = first["message_id"].clone();
        }
        socket.start("send_message", message)
    });
    for answer in futures_util::future::join_all(sends.collect::<Vec<_>>()).await {
        assert_eq!(answer["ok"], true, "{answer}");
    }
    assert_eq!(alice.texts(&room).await[1..], content);
}

async fn what_is_not_in_the_room_is_not_answered(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let stranger = stack.person("陌生人").await;
    let here = alice.say(&room, "這裡的話").await["message_id"].clone();
    let group = alice.open_group(&[&ming, &stranger], "別處").await;
    let elsewhere = alice.say(&group, "別處的話").await["message_id"].clone();
    let socket = ming.socket().await;
    for id in [elsewhere, json!(0), json!(-1), json!(i64::MAX)] {
        let message = json!({ "chatroom_id": room, "content": "回", "reply_to": id });
        ming.send_message(&room, &message).await.refused(404, "not_found", "Message not found");
        let refused = socket.ask_refused("send_message", message, "not_found").await;
        assert_eq!(refused["detail"], "Message not found");
    }
    for (id, kind) in [(json!("x"), "int_parsing"), (json!(1.5), "int_type"), (json!({}), "int_type")] {
        let message = json!({ "content": "回", "reply_to": id });
        ming.send_message(&room, &message).await.invalid(&[("body.reply_to", kind)]);
    }
    let message = json!({ "content": "回", "reply_to": here });
    let outside = stranger.send_message(&room, &message).await;
    outside.refused(404, "not_found", "Chatroom not found");
    assert_eq!(alice.texts(&room).await, ["這裡的話"]);
}
