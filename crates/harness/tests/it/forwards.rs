//! Forwarding: the content of a message the sender has, sent on to a room that they are in.

use harness::people::text;
use harness::{Stack, on_each_database};
use serde_json::{Value, json};

on_each_database! {
    a_forwarded_text_says_so_and_not_whose_it_was,
    a_forwarded_file_is_read_by_the_members_of_its_new_room,
    what_the_sender_does_not_have_is_not_forwarded,
    a_message_is_forwarded_once_under_one_name,
    an_address_that_names_no_message_is_refused,
}

fn from(message: &Value) -> Value {
    json!({ "forwarded_from": { "chatroom_id": message["chatroom_id"], "message_id": message["message_id"] } })
}

async fn a_forwarded_text_says_so_and_not_whose_it_was(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let other = stack.person("阿美").await;
    let target = ming.open_group(&[&alice, &other], "別處").await;
    let said = alice.say(&room, "明天不用上班").await;
    let (socket, theirs) = (ming.socket().await, other.socket().await);
    let mut new = theirs.listen("new_message");
    let first = ming.send_message(&target, &from(&said)).await.ok();
    assert_eq!((&first["content"], &first["forwarded"]), (&json!("明天不用上班"), &json!(true)));
    assert_eq!((&first["sender_id"], &first["reply_to"]), (&json!(ming.id), &Value::Null));
    assert!(!first.to_string().contains(&room), "{first}");
    assert_eq!(new.next().await["message"], first);
    let mut event = from(&said);
    event["chatroom_id"] = json!(target);
    event["silent"] = json!(true);
    let second = socket.ask_ok("send_message", event).await["message"].clone();
    assert_eq!((&second["forwarded"], &second["silent"]), (&json!(true), &json!(true)));
    assert_eq!(other.look(&second).await.unwrap()["forwarded"], true);
    let again = other.send_message(&target, &from(&first)).await.ok();
    assert_eq!((&again["content"], &again["forwarded"]), (&json!("明天不用上班"), &json!(true)));
    assert!(said.get("forwarded").is_none(), "{said}");
}

async fn a_forwarded_file_is_read_by_the_members_of_its_new_room(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let other = stack.person("阿美").await;
    let target = ming.open_group(&[&alice, &other], "別處").await;
    let picture = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\0\0\0\0";
    let uploaded = alice.upload("/upload/upload-message-file", ("貓.png", "image/png"), picture).await.ok();
    let url = text(&uploaded["url"]);
    let picture = json!({
        "message_type": uploaded["message_type"], "media_url": url, "caption": "看看", "album_id": "相簿",
    });
    let sent = alice.send_message(&room, &picture).await.ok();
    other.get(&url).await.is(404);
    let forwarded = ming.send_message(&target, &from(&sent)).await.ok();
    for field in ["media", "media_url", "caption", "message_type"] {
        assert_eq!(forwarded[field], sent[field], "{field}");
    }
    assert!(forwarded.get("album_id").is_none(), "{forwarded}");
    other.get(&url).await.is(200);
}

async fn what_the_sender_does_not_have_is_not_forwarded(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let stranger = stack.person("陌生人").await;
    let group = alice.open_group(&[&ming, &stranger], "三人行").await;
    let said = alice.say(&room, "只有我們知道").await;
    let outside = stranger.send_message(&group, &from(&said)).await;
    outside.refused(404, "not_found", "Chatroom not found");
    ming.hide(&said).await.is(204);
    ming.send_message(&group, &from(&said)).await.refused(404, "not_found", "Message not found");
    let mut nowhere = from(&said);
    nowhere["forwarded_from"]["chatroom_id"] = json!(group);
    ming.send_message(&group, &nowhere).await.refused(404, "not_found", "Message not found");
    alice.unsend(&said).await.is(200);
    alice.send_message(&group, &from(&said)).await.refused(400, "message_unsent", "The message was unsent");
    let system = alice.system_messages(&group).await[0].clone();
    let refused = alice.send_message(&room, &from(&system)).await;
    refused.refused(400, "system_message", "System messages can not be changed");
    let there = alice.say(&group, "大家好").await;
    let refused = stranger.send_message(&room, &from(&there)).await;
    refused.refused(404, "not_found", "Chatroom not found");
    stack.anon().post_json(&format!("/chatrooms/{room}/messages"), &from(&there)).await.is(401);
    assert_eq!(alice.texts(&group).await, ["大家好"]);
}

async fn a_message_is_forwarded_once_under_one_name(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let target = ming.open_group(&[&alice, &stack.person("阿美").await], "別處").await;
    let said = alice.say(&room, "改之前").await;
    let mut message = from(&said);
    message["client_msg_id"] = json!("轉寄-1");
    let first = ming.send_message(&target, &message).await.ok();
    alice.edit(&said, "改之後").await.is(200);
    assert_eq!(ming.send_message(&target, &message).await.ok(), first);
    alice.unsend(&said).await.is(200);
    assert_eq!(ming.send_message(&target, &message).await.ok(), first, "what was forwarded stands");
    ming.send_message(&target, &json!({ "content": "改之前", "client_msg_id": "轉寄-1" })).await.is(409);
    message["client_msg_id"] = json!("轉寄-2");
    ming.send_message(&target, &message).await.refused(400, "message_unsent", "The message was unsent");
    assert_eq!(alice.texts(&target).await, ["改之前"]);
}

async fn an_address_that_names_no_message_is_refused(stack: &Stack) {
    let (alice, _, room) = stack.pair().await;
    for (source, place, kind) in [
        (json!(7), "body.forwarded_from", "model_attributes_type"),
        (json!({ "chatroom_id": room }), "body.forwarded_from.message_id", "missing"),
        (json!({ "message_id": 1 }), "body.forwarded_from.chatroom_id", "missing"),
        (json!({ "chatroom_id": room, "message_id": "x" }), "body.forwarded_from.message_id", "int_parsing"),
    ] {
        alice.send_message(&room, &json!({ "forwarded_from": source })).await.invalid(&[(place, kind)]);
    }
}
