//! Messages that are unsent: what is left of them.

use harness::people::{list, text};
use harness::{Stack, on_each_database};
use serde_json::json;

use crate::revisions::{DAY, PNG, age};

on_each_database! {
    of_an_unsent_message_nothing_can_be_read,
    to_unsend_again_is_done_already,
    nothing_survives_of_what_is_edited_while_it_is_unsent,
}

async fn of_an_unsent_message_nothing_can_be_read(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let theirs = ming.socket().await;
    let cursor = text(&ming.get("/sync").await.ok()["cursor"]);
    let mut received = theirs.listen("message_deleted");
    let file = alice.upload("/upload/upload-message-file", ("秘密.png", "image/png"), PNG).await.ok();
    let message = json!({ "message_type": "image", "media_url": file["url"], "caption": "秘密一", "client_msg_id": "鍵" });
    let sent = alice.send_message(&room, &message).await.ok();
    ming.get(&text(&file["url"])).await.is(200);
    alice.edit(&sent, "秘密二").await.is(200);
    ming.react(&sent, "🤫").await.is(200);
    ming.reply(&room, &sent, "哇").await;
    let left = alice.unsend(&sent).await.ok();
    assert_eq!(
        left,
        json!({
            "message_id": sent["message_id"], "chatroom_id": room, "seq": 1, "sender_id": alice.id, "user": sent["user"],
            "content": "", "caption": null, "message_type": "text", "media_url": null, "media": null,
            "read_status": "read", "read_by_count": 1, "timestamp": sent["timestamp"], "client_msg_id": "鍵",
            "reply_to": null, "reactions": [], "edited_at": null, "deleted": true,
        })
    );
    let event = received.next().await;
    assert_eq!((&event["message"]["deleted"], &event["message"]["content"]), (&json!(true), &json!("")));
    ming.get(&text(&file["url"])).await.is(404);
    ming.react(&sent, "👍").await.refused(400, "message_unsent", "The message was unsent");
    alice.edit(&sent, "回來").await.refused(400, "message_unsent", "The message was unsent");
    let again = alice.send_message(&room, &message).await.ok();
    assert_eq!(again, left, "sent again under its key it stays as it is");
    let answers = [
        ming.get(&format!("/chatrooms/{room}/messages")).await,
        ming.get(&format!("/chatrooms/{room}")).await,
        ming.get("/chatrooms").await,
        ming.get(&format!("/sync?since={cursor}")).await,
        ming.versions(&sent).await,
        ming.unreact(&sent, "🤫").await,
        alice.get(&format!("/chatrooms/{room}/messages")).await,
    ];
    for answer in answers {
        let body = answer.is(200).text();
        assert!(!["秘密", "🤫", "/static/"].iter().any(|secret| body.contains(secret)), "{answer}");
    }
    assert_eq!(ming.texts(&room).await, ["", "哇"]);
}

async fn to_unsend_again_is_done_already(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let sent = alice.say(&room, "收回").await;
    let cursor = text(&ming.get("/sync").await.ok()["cursor"]);
    let socket = alice.socket().await;
    let request = json!({ "chatroom_id": room, "message_id": sent["message_id"] });
    let left = socket.ask_ok("delete_message", request.clone()).await["message"].clone();
    assert_eq!((&left["deleted"], &left["content"]), (&json!(true), &json!("")));
    age(stack, &sent, 2 * DAY);
    socket.ask_ok("delete_message", request).await;
    alice.unsend(&sent).await.is(200);
    ming.unsend(&sent).await.refused(403, "forbidden", "Forbidden");
    let missed = list(&ming.get(&format!("/sync?since={cursor}")).await.ok()["events"]);
    assert_eq!(missed.len(), 1, "{missed:?}");
}

async fn nothing_survives_of_what_is_edited_while_it_is_unsent(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let theirs = ming.socket().await;
    let mut deleted = theirs.listen("message_deleted");
    for _ in 0..5 {
        let sent = alice.say(&room, "秘密").await;
        let content: Vec<String> = (0..6).map(|n| format!("秘密 {n}")).collect();
        let edits = futures_util::future::join_all(content.iter().map(|content| alice.edit(&sent, content)));
        let (edits, unsent, _) = tokio::join!(edits, alice.unsend(&sent), ming.reply(&room, &sent, "咦"));
        unsent.is(200);
        for edit in edits {
            assert!(edit.status == 200 || edit.json()["code"] == "message_unsent", "{edit}");
        }
        assert_eq!(deleted.next().await["message"]["message_id"], sent["message_id"]);
        assert_eq!(ming.versions(&sent).await.ok(), json!([]));
        for person in [&alice, &ming] {
            let page = person.get(&format!("/chatrooms/{room}/messages")).await.text();
            assert!(!page.contains("秘密"), "{page}");
        }
    }
    // Who received the end of it receives no more of what it said.
    let events = theirs.received();
    for (at, event) in events.iter().enumerate().filter(|(_, event)| event.name == "message_deleted") {
        let id = &event.payload["message"]["message_id"];
        let later = events[at..].iter().map(|event| &event.payload["message"]);
        let later = later.filter(|m| m["message_id"] == *id || m["reply_to"]["message_id"] == *id);
        assert!(later.clone().count() > 0);
        assert!(later.into_iter().all(|message| !message.to_string().contains("秘密")), "{events:#?}");
    }
}
