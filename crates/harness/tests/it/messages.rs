//! Messages: sending, what they carry, and sending the same one twice (endpoints 20 and 21).

use harness::people::text;
use harness::{Person, Stack, on_each_database};
use serde_json::{Value, json};

/// Sends the same message by REST and Socket.IO at once.
async fn by_rest_and_socket(
    person: &Person,
    socket: &harness::Socket,
    room: &str,
    message: &Value,
) -> (Value, Value) {
    let mut event = message.clone();
    event["chatroom_id"] = json!(room);
    let (acknowledged, answered) =
        tokio::join!(socket.ask("send_message", event), person.send_message(room, message));
    (acknowledged["message"].clone(), answered.ok())
}

on_each_database! {
    a_message_has_every_field,
    what_the_sender_claims_about_itself_is_ignored,
    texts_are_kept_to_the_letter,
    a_message_that_says_nothing_or_too_much_is_refused,
    a_file_is_an_address_in_either_field_and_comes_back_in_both,
    a_named_message_is_stored_once_for_ever,
    a_name_means_one_message_of_one_sender,
    names_that_differ_by_a_blank_or_a_case_are_different,
    twelve_at_once_under_one_name_store_one,
    the_double_send_of_the_seeds_client_is_stored_and_received_once,
    without_a_name_or_a_time_the_same_words_are_two_messages,
}

async fn a_message_has_every_field(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let mut sent = alice.say(&room, "你好 👋").await;
    assert_eq!(ming.read_page(&room, "limit=1").await[0]["message_id"], sent["message_id"]);
    let moment = text(&sent["timestamp"]);
    assert!(moment.len() == 27 && moment.ends_with('Z'), "{moment}");
    assert!(sent["message_id"].as_i64().unwrap() > 0);
    let fields = sent.as_object_mut().unwrap();
    fields.retain(|key, _| !["timestamp", "message_id"].contains(&key.as_str()));
    assert_eq!(
        sent,
        json!({
            "chatroom_id": room, "seq": 1, "sender_id": alice.id, "content": "你好 👋", "caption": null, "message_type": "text",
            "user": { "id": alice.id, "username": "愛麗絲", "userName": "愛麗絲", "nickname": null, "profilePictureUrl": null },
            "media_url": null, "media": null, "read_status": "unread", "read_by_count": 0, "client_msg_id": null,
            "reply_to": null, "reactions": [], "edited_at": null, "deleted": false,
        })
    );
}

async fn what_the_sender_claims_about_itself_is_ignored(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let lies = json!({
        "content": "是我", "message_type": "text", "read_status": "read", "sender_id": ming.id, "message_id": 7, "seq": 99,
        "user": { "id": ming.id }, "chatroom_id": room.to_uppercase(), "unknown": {},
    });
    for path in ["message", "message/", "messages", "messages/"] {
        let sent = alice.post_json(&format!("/chatrooms/{room}/{path}"), &lies).await.ok();
        assert_eq!(
            (&sent["sender_id"], &sent["user"]["id"], &sent["read_status"]),
            (&json!(alice.id), &json!(alice.id), &json!("unread"))
        );
    }
    assert_eq!(
        ming.read_page(&room, "").await.iter().filter_map(|m| m["seq"].as_i64()).collect::<Vec<_>>(),
        [1, 2, 3, 4]
    );
    let elsewhere = ming.open_group(&[&alice, &stack.person("第三人").await], "別處").await;
    let answer = alice.send_message(&room, &json!({ "content": "放錯地方", "chatroom_id": elsewhere })).await;
    assert_eq!(answer.is(400).json()["code"], "room_mismatch");
    assert_eq!(ming.texts(&elsewhere).await, Vec::<String>::new());
}

async fn texts_are_kept_to_the_letter(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let family = "👨‍👩‍👧‍👦 𠮷野家 ｶﾞｷﾞ العربية \u{202E}反\u{202C} e\u{301}";
    for content in [
        "  前後空白  ",
        "一行\n兩行\t\"引號\" \\ </script>",
        family,
        "'; DROP TABLE messages; --",
        &"長".repeat(10_000),
        "%_\\",
        "null",
    ] {
        assert_eq!(alice.say(&room, content).await["content"], content);
        assert_eq!(ming.texts(&room).await.last().unwrap(), content);
    }
}

async fn a_message_that_says_nothing_or_too_much_is_refused(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let socket = alice.socket().await;
    for (message, place, kind) in [
        (json!({}), "body.content", "missing"),
        (json!({ "content": null }), "body.content", "missing"),
        (json!({ "content": "" }), "body.content", "string_too_short"),
        (json!({ "content": " \n\t　" }), "body.content", "string_too_short"),
        (json!({ "content": "長".repeat(10_001) }), "body.content", "string_too_long"),
        (json!({ "content": "長".repeat(70_000) }), "body.content", "string_too_long"),
        (json!({ "content": 5 }), "body.content", "string_type"),
        (json!({ "content": "好", "message_type": "sticker" }), "body.message_type", "enum"),
        (json!({ "content": "好", "message_type": 1 }), "body.message_type", "string_type"),
        (json!({ "content": "好", "client_msg_id": "" }), "body.client_msg_id", "string_too_short"),
        (
            json!({ "content": "好", "client_msg_id": "鍵".repeat(65) }),
            "body.client_msg_id",
            "string_too_long",
        ),
        (json!({ "content": "好", "client_msg_id": {} }), "body.client_msg_id", "string_type"),
        (json!({ "content": "好", "timestamp": "昨天" }), "body.timestamp", "datetime_from_date_parsing"),
        (json!({ "message_type": "image" }), "body.content", "missing"),
    ] {
        alice.send_message(&room, &message).await.invalid(&[(place, kind)]);
        let mut event = message;
        event["chatroom_id"] = json!(room);
        let refused = socket.ask_refused_any("send_message", event).await;
        assert_eq!(
            (&refused["code"], refused["detail"][0]["type"].as_str()),
            (&json!("validation"), Some(kind)),
            "{refused}"
        );
    }
    alice.send_message(&room, &json!({ "content": "a\u{0}b" })).await.is(422);
    assert_eq!(ming.texts(&room).await, Vec::<String>::new());
    let errors = alice
        .send_message(&room, &json!({ "content": "好", "message_type": "sticker" }))
        .await
        .invalid(&[("body.message_type", "enum")]);
    assert_eq!(errors[0]["msg"], "Input should be 'text', 'image', 'audio', 'file' or 'video'");
    assert_eq!(errors[0]["ctx"], json!({ "expected": "'text', 'image', 'audio', 'file' or 'video'" }));
}

async fn a_file_is_an_address_in_either_field_and_comes_back_in_both(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let url = "https://example.com/貓.png";
    for message in [
        json!({ "message_type": "image", "content": url }),
        json!({ "message_type": "image", "media_url": url }),
        json!({ "message_type": "image", "media_url": url, "content": "不是網址", "caption": "我的貓" }),
    ] {
        let sent = alice.send_message(&room, &message).await.ok();
        assert_eq!((&sent["content"], &sent["media_url"]), (&json!(url), &json!(url)));
        assert_eq!(sent["caption"], message["caption"]);
    }
    for kind in ["audio", "video", "file"] {
        let sent = alice.send_message(&room, &json!({ "message_type": kind, "media_url": url })).await.ok();
        assert_eq!(sent["message_type"], kind);
    }
    for url in [
        "javascript:alert(1)",
        "javascript://%0a../static/message/0190a7e0-5b1c-7d3e-8f2a-1b2c3d4e5f60",
        "javascript://x/static/message/0190a7e0-5b1c-7d3e-8f2a-1b2c3d4e5f60",
        "https://e.example/\n",
        "/static/message/0190a7e0-5b1c-7d3e-8f2a-1b2c3d4e5f60.png/../../x",
        "data:image/png;base64,AA",
        "file:///etc/passwd",
        "ftp://e.example/x",
        "//e.example/x",
        "貓.png",
    ] {
        alice.send_message(&room, &json!({ "message_type": "image", "media_url": url })).await.is(422);
    }
    let long = format!("https://e.example/{}", "a".repeat(512));
    alice
        .send_message(&room, &json!({ "message_type": "image", "media_url": long }))
        .await
        .invalid(&[("body.media_url", "string_too_long")]);
    assert_eq!(ming.read_page(&room, "").await.len(), 6);
}

async fn a_named_message_is_stored_once_for_ever(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let theirs = ming.socket().await;
    let mut received = theirs.listen("new_message");
    let message = json!({ "content": "只有一次", "client_msg_id": "鍵-1" });
    let first = alice.send_message(&room, &message).await.ok();
    assert_eq!(first["client_msg_id"], "鍵-1");
    for _ in 0..3 {
        assert_eq!(alice.send_message(&room, &message).await.ok(), first);
    }
    let socket = alice.elsewhere().await.socket().await;
    let again = socket
        .ask_ok(
            "send_message",
            json!({ "chatroom_id": room, "content": "只有一次", "client_msg_id": "鍵-1" }),
        )
        .await;
    assert_eq!(again["message"], first);
    alice.say(&room, "標記").await;
    assert_eq!(received.next().await["message"]["content"], "只有一次");
    assert_eq!(received.next().await["message"]["content"], "標記");
    assert_eq!(ming.texts(&room).await, ["只有一次", "標記"]);
}

async fn a_name_means_one_message_of_one_sender(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let other = alice.open_group(&[&ming, &stack.person("第三人").await], "別處").await;
    let named = |content: &str| json!({ "content": content, "client_msg_id": "鍵" });
    alice.send_message(&room, &named("甲")).await.is(200);
    let refused = alice.send_message(&room, &named("乙")).await;
    refused.refused(409, "client_msg_id_reused", "client_msg_id was used for another message");
    alice.send_message(&other, &named("甲")).await.is(409);
    let socket = alice.socket().await;
    socket
        .ask_refused(
            "send_message",
            json!({ "chatroom_id": room, "content": "丙", "client_msg_id": "鍵" }),
            "client_msg_id_reused",
        )
        .await;
    ming.send_message(&room, &named("我的甲")).await.is(200);
    let header = alice.request(reqwest::Method::POST, &format!("/chatrooms/{room}/message"));
    let header = header
        .header("idempotency-key", "標頭".escape_unicode().to_string())
        .json(&json!({ "content": "標頭" }));
    let (one, two) = (alice.send(header.try_clone().unwrap()).await.ok(), alice.send(header).await.ok());
    assert_eq!(one, two);
    assert_eq!(ming.texts(&room).await, ["甲", "我的甲", "標頭"]);
}

async fn names_that_differ_by_a_blank_or_a_case_are_different(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let longest = "鍵".repeat(64);
    let names = ["a", "a ", "A", "á", "ａ", " a", "a\t", longest.as_str()];
    for (at, name) in names.iter().enumerate() {
        alice
            .send_message(&room, &json!({ "content": format!("{at}"), "client_msg_id": name }))
            .await
            .is(200);
    }
    assert_eq!(ming.texts(&room).await.len(), names.len());
}

async fn twelve_at_once_under_one_name_store_one(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let message = json!({ "content": "搶著說", "client_msg_id": "同一個" });
    let answers = futures_util::future::join_all((0..12).map(|_| alice.send_message(&room, &message))).await;
    let ids: Vec<Value> = answers.iter().map(|answer| answer.ok()["message_id"].clone()).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!(ming.texts(&room).await, ["搶著說"]);
    assert_eq!(alice.say(&room, "下一句").await["seq"], 2);
}

async fn the_double_send_of_the_seeds_client_is_stored_and_received_once(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let (mine, theirs) = (alice.socket_in(&room).await, ming.socket_in(&room).await);
    let (mut here, mut there) = (mine.listen("receive_message"), theirs.listen("receive_message"));
    for at in 0..10 {
        let message = json!({ "content": "一樣的話", "message_type": "text", "timestamp": format!("2026-11-22T11:29:15.{at:03}Z") });
        let (acknowledged, answered) = by_rest_and_socket(&alice, &mine, &room, &message).await;
        assert_eq!(acknowledged["message_id"], answered["message_id"]);
        assert_eq!(acknowledged["seq"], at + 1);
    }
    alice.say(&room, "標記").await;
    for listener in [&mut here, &mut there] {
        let received = listener.take(11).await;
        let seqs: Vec<_> = received.iter().filter_map(|m| m["seq"].as_i64()).collect();
        assert_eq!(seqs, (1..=11).collect::<Vec<_>>());
    }
    assert_eq!(ming.texts(&room).await.len(), 11);
}

async fn without_a_name_or_a_time_the_same_words_are_two_messages(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let at = |second: &str| json!({ "content": "哈", "timestamp": format!("2026-11-22T11:29:{second}Z") });
    for message in
        [json!({ "content": "哈" }), json!({ "content": "哈" }), at("15.001"), at("15.002"), at("15.001")]
    {
        alice.send_message(&room, &message).await.is(200);
    }
    ming.send_message(&room, &at("15.001")).await.is(200);
    assert_eq!(ming.texts(&room).await, ["哈"; 5]);
    // The server's clock stamps messages, whatever the client says.
    let stamps = ming.read_page(&room, "").await;
    assert!(
        stamps.iter().all(|message| !text(&message["timestamp"]).starts_with("2026-11-22T11:29:15.00")),
        "{stamps:?}"
    );
}
