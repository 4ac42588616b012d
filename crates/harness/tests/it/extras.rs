//! What a message has beside its content: albums, voice messages, stickers, silence.

use harness::{Stack, on_each_database};
use serde_json::{Value, json};

on_each_database! {
    what_was_sent_with_a_file_comes_back_everywhere,
    an_album_is_full_with_twenty,
    what_does_not_belong_together_is_refused,
    an_unsent_message_has_nothing_left,
}

const URL: &str = "https://example.com/檔案";

fn sound(more: Value) -> Value {
    with(json!({ "message_type": "audio", "media_url": URL }), more)
}

fn picture(more: Value) -> Value {
    with(json!({ "message_type": "image", "media_url": URL }), more)
}

fn with(mut message: Value, more: Value) -> Value {
    let (Some(fields), Value::Object(more)) = (message.as_object_mut(), more) else { panic!("not objects") };
    fields.extend(more);
    message
}

async fn what_was_sent_with_a_file_comes_back_everywhere(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let (socket, theirs) = (alice.socket().await, ming.socket().await);
    let mut new = theirs.listen("new_message");
    let levels: Vec<i64> = (0..100).map(|at| at % 32).collect();
    for (message, more) in [
        (sound(json!({})), json!({ "kind": "voice", "duration_ms": 86_400_000, "waveform": levels })),
        (sound(json!({})), json!({ "duration_ms": 0, "waveform": [0, 31] })),
        (picture(json!({})), json!({ "kind": "sticker", "sticker": { "pack": "貓", "id": "笑" } })),
        (picture(json!({})), json!({ "kind": "sticker", "silent": true })),
        (picture(json!({})), json!({ "album_id": "相".repeat(64) })),
        (json!({ "content": "小聲說" }), json!({ "silent": true })),
    ] {
        let mut event = with(message, more.clone());
        event["chatroom_id"] = json!(room);
        let sent = socket.ask_ok("send_message", event).await["message"].clone();
        let fields = more.as_object().unwrap();
        for (name, value) in fields {
            assert_eq!(&sent[name], value, "{name}");
        }
        for name in
            ["kind", "duration_ms", "waveform", "sticker", "album_id", "silent", "forwarded", "mentions"]
        {
            assert_eq!(sent.get(name).is_some(), fields.contains_key(name), "{name}");
        }
        assert_eq!(new.next().await["message"], sent);
        let received = with(sent.clone(), json!({ "read_status": "delivered" }));
        assert_eq!(ming.look(&sent).await.unwrap(), received);
    }
}

async fn an_album_is_full_with_twenty(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let album = |name: &str| picture(json!({ "album_id": name }));
    for _ in 0..20 {
        alice.send_message(&room, &album("旅行")).await.ok();
    }
    let over = alice.send_message(&room, &album("旅行")).await;
    over.refused(400, "album_full", "An album can have at most 20 messages");
    alice.send_message(&room, &album("旅行 2")).await.ok();
    ming.send_message(&room, &album("旅行")).await.ok();
    let other = alice.open_group(&[&ming, &stack.person("阿美").await], "別處").await;
    alice.send_message(&other, &album("旅行")).await.ok();
    let socket = alice.socket().await;
    let event = with(album("旅行"), json!({ "chatroom_id": room }));
    socket.ask_refused("send_message", event, "album_full").await;
    assert_eq!(ming.texts(&room).await.len(), 22);
}

async fn what_does_not_belong_together_is_refused(stack: &Stack) {
    let (alice, _, room) = stack.pair().await;
    for (message, place, kind) in [
        (sound(json!({ "kind": "film" })), "body.kind", "enum"),
        (sound(json!({ "waveform": [0, 32] })), "body.waveform.1", "less_than_equal"),
        (sound(json!({ "waveform": [-1] })), "body.waveform.0", "greater_than_equal"),
        (sound(json!({ "waveform": 5 })), "body.waveform", "list_type"),
        (sound(json!({ "duration_ms": -1 })), "body.duration_ms", "greater_than_equal"),
        (sound(json!({ "duration_ms": 86_400_001 })), "body.duration_ms", "less_than_equal"),
        (picture(json!({ "album_id": "" })), "body.album_id", "string_too_short"),
        (picture(json!({ "album_id": "相".repeat(65) })), "body.album_id", "string_too_long"),
        (
            picture(json!({ "kind": "sticker", "sticker": { "pack": "", "id": "笑" } })),
            "body.sticker.pack",
            "string_too_short",
        ),
        (picture(json!({ "kind": "sticker", "sticker": { "pack": "貓" } })), "body.sticker.id", "missing"),
        (json!({ "content": "話", "silent": "maybe" }), "body.silent", "bool_type"),
    ] {
        alice.send_message(&room, &message).await.invalid(&[(place, kind)]);
    }
    let sticker = json!({ "sticker": { "pack": "貓", "id": "笑" } });
    for (message, rule) in [
        (picture(json!({ "kind": "voice" })), "A voice message is audio, and a sticker an image"),
        (sound(json!({ "kind": "sticker" })), "A voice message is audio, and a sticker an image"),
        (picture(json!({ "duration_ms": 1 })), "Only audio has a duration and a waveform"),
        (picture(json!({ "waveform": [1] })), "Only audio has a duration and a waveform"),
        (picture(sticker), "Only a sticker names its pack"),
        (sound(json!({ "waveform": vec![0; 101] })), "A waveform has at most 100 values"),
    ] {
        alice.send_message(&room, &message).await.refused(422, "validation", rule);
    }
}

async fn an_unsent_message_has_nothing_left(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let message = picture(json!({ "kind": "sticker", "album_id": "相簿", "silent": true }));
    let sent = alice.send_message(&room, &message).await.ok();
    let gone = alice.unsend(&sent).await.ok();
    for name in ["kind", "album_id", "silent"] {
        assert!(gone.get(name).is_none(), "{gone}");
    }
    assert_eq!(ming.look(&sent).await.unwrap().get("kind"), None);
}
