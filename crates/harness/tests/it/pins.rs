//! Pins: put by any member for all, listed the last pinned first, and taken off again.

use harness::people::{Person, list, path_of, text};
use harness::{Answer, Stack, on_each_database};
use reqwest::Method;
use serde_json::{Value, json};

on_each_database! {
    members_pin_and_unpin_for_all,
    other_sockets_receive_it,
    what_is_so_already_changes_nothing,
    the_pin_of_a_message_that_is_gone_is_gone,
    one_pin_too_many_takes_the_place_of_the_first,
    only_members_pin_and_only_what_is_there,
    a_pin_is_announced_once,
}

async fn pin(person: &Person, message: &Value) -> Answer {
    person.put(&format!("{}/pin", path_of(message))).await
}

async fn unpin(person: &Person, message: &Value) -> Answer {
    person.delete(&format!("{}/pin", path_of(message))).await
}

async fn pins(person: &Person, room: &str) -> Vec<Value> {
    list(&person.get(&format!("/chatrooms/{room}/pins")).await.ok())
}

async fn pinned(person: &Person, room: &str) -> Vec<String> {
    pins(person, room).await.iter().map(|pin| text(&pin["message"]["content"])).collect()
}

async fn members_pin_and_unpin_for_all(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let (first, second) = (alice.say(&room, "集合地點：東門").await, ming.say(&room, "帶傘").await);
    assert_eq!(pins(&alice, &room).await, [json!(null); 0]);
    let answer = pin(&ming, &first).await.ok();
    assert_eq!(answer["pinned_by"], ming.id);
    assert_eq!(answer["message"]["message_id"], first["message_id"]);
    pin(&alice, &second).await.is(200);
    for person in [&alice, &ming] {
        assert_eq!(pinned(person, &room).await, ["帶傘", "集合地點：東門"]);
    }
    assert_eq!(pins(&ming, &room).await[1], answer);
    assert_eq!(pins(&alice, &room).await[1]["message"]["read_status"], "read", "as the sender sees it");
    alice.edit(&first, "集合地點：西門").await.is(200);
    unpin(&alice, &second).await.is(204);
    assert_eq!(pinned(&ming, &room).await, ["集合地點：西門"]);
}

async fn other_sockets_receive_it(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let sent = alice.say(&room, "週五聚餐").await;
    let cursor = text(&ming.get("/sync").await.ok()["cursor"]);
    let (mine, theirs) = (alice.socket().await, ming.socket().await);
    let (mut here, mut there) = (mine.listen("message_pinned"), theirs.listen("message_pinned"));
    let request = json!({ "chatroom_id": room, "message_id": sent["message_id"] });
    let answer = mine.ask_ok("pin_message", request.clone()).await;
    let event = there.next().await;
    assert_eq!(
        (&event["chatroom_id"], &event["message_id"]),
        (&request["chatroom_id"], &request["message_id"])
    );
    assert_eq!(event["pin"]["pinned_at"], answer["pinned_at"]);
    assert_eq!(event["pin"]["message"]["content"], "週五聚餐");
    theirs.ask_ok("unpin_message", request.clone()).await;
    let event = here.next().await;
    assert_eq!((&event["message_id"], &event["pin"]), (&request["message_id"], &json!(null)));
    pin(&alice, &sent).await.is(200);
    for listener in [&mut here, &mut there] {
        assert_eq!(
            listener.next().await["pin"]["pinned_by"],
            alice.id,
            "not what was done on the same socket"
        );
    }
    let missed = list(&ming.get(&format!("/sync?since={cursor}")).await.ok()["events"]);
    let names: Vec<String> = missed.iter().map(|event| text(&event["event"])).collect();
    let pinned = ["message_pinned", "new_message"];
    assert_eq!(names, [&pinned[..], &pinned[..1], &pinned[..]].concat(), "what is said of a pin follows it");
    assert_eq!(missed[3]["data"]["pin"]["pinned_by"], alice.id);
}

async fn what_is_so_already_changes_nothing(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let sent = alice.say(&room, "公告").await;
    let cursor = text(&alice.get("/sync").await.ok()["cursor"]);
    unpin(&ming, &sent).await.is(204);
    let once = pin(&ming, &sent).await.ok();
    assert_eq!(pin(&alice, &sent).await.ok()["pinned_by"], once["pinned_by"]);
    unpin(&alice, &sent).await.is(204);
    unpin(&alice, &sent).await.is(204);
    let missed = list(&alice.get(&format!("/sync?since={cursor}")).await.ok()["events"]);
    assert_eq!(missed.len(), 3, "pinned, said so, unpinned: {missed:?}");
}

async fn the_pin_of_a_message_that_is_gone_is_gone(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let (kept, taken) = (alice.say(&room, "留著").await, alice.say(&room, "收回").await);
    for message in [&kept, &taken] {
        pin(&alice, message).await.is(200);
    }
    alice.unsend(&taken).await.is(200);
    assert_eq!(pinned(&ming, &room).await, ["留著"]);
    pin(&alice, &taken).await.refused(400, "message_unsent", "The message was unsent");
    ming.hide(&kept).await.is(204);
    assert_eq!(pinned(&ming, &room).await, [""; 0]);
    assert_eq!(pinned(&alice, &room).await, ["留著"]);
    for refused in [pin(&ming, &kept).await, unpin(&ming, &kept).await] {
        refused.refused(404, "not_found", "Message not found");
    }
}

async fn one_pin_too_many_takes_the_place_of_the_first(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let theirs = ming.socket().await;
    for number in 0..50 {
        let sent = alice.say(&room, &number.to_string()).await;
        pin(&alice, &sent).await.is(200);
    }
    let all = pinned(&ming, &room).await;
    assert_eq!((all.len(), all[49].as_str()), (50, "0"));
    let last = alice.say(&room, "50").await;
    let mut events = theirs.listen("message_pinned");
    pin(&alice, &last).await.is(200);
    let seen = [events.next().await, events.next().await];
    assert_eq!((&seen[0]["message_id"], &seen[1]["pin"]), (&last["message_id"], &json!(null)));
    let all = pinned(&ming, &room).await;
    assert_eq!((all.len(), all[0].as_str(), all[49].as_str()), (50, "50", "1"));
}

async fn only_members_pin_and_only_what_is_there(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let stranger = stack.person("陌生人").await;
    let group = alice.open_group(&[&ming, &stranger], "別處").await;
    let mut elsewhere = alice.say(&group, "別處的話").await;
    elsewhere["chatroom_id"] = json!(room);
    let sent = alice.say(&room, "這裡的話").await;
    let (member, outside) = (ming.socket().await, stranger.socket().await);
    let event = json!({ "chatroom_id": room, "message_id": sent["message_id"] });
    for refused in [pin(&ming, &elsewhere).await, unpin(&ming, &elsewhere).await] {
        refused.refused(404, "not_found", "Message not found");
    }
    for refused in [pin(&stranger, &sent).await, unpin(&stranger, &sent).await] {
        refused.refused(404, "not_found", "Chatroom not found");
    }
    stranger.get(&format!("/chatrooms/{room}/pins")).await.refused(404, "not_found", "Chatroom not found");
    for name in ["pin_message", "unpin_message"] {
        outside.ask_refused(name, event.clone(), "not_found").await;
        for (field, value) in
            [("message_id", json!("x")), ("message_id", json!(null)), ("chatroom_id", json!(5))]
        {
            let mut event = event.clone();
            event[field] = value;
            member.ask_refused(name, event, "validation").await;
        }
    }
    let anon = stack.anon();
    for (method, path) in [
        (Method::PUT, format!("{}/pin", path_of(&sent))),
        (Method::DELETE, format!("{}/pin", path_of(&sent))),
        (Method::GET, format!("/chatrooms/{room}/pins")),
    ] {
        anon.send(anon.request(method, &path)).await.unauthorized("Not authenticated");
    }
    ming.put(&format!("/chatrooms/{room}/messages/x/pin"))
        .await
        .invalid(&[("path.message_id", "int_parsing")]);
    ming.get("/chatrooms/x/pins").await.refused(404, "not_found", "Chatroom not found");
    assert_eq!(pins(&alice, &room).await, [json!(null); 0]);
}

async fn a_pin_is_announced_once(stack: &Stack) {
    let ([alice, ming, _], group) = stack.group().await;
    let room = alice.open_room(&ming).await;
    for room in [group, room] {
        let sent = alice.say(&room, "地址").await;
        ming.post(&format!("/chatrooms/{room}/read")).await.is(200);
        let before = alice.system_messages(&room).await.len();
        for _ in 0..2 {
            pin(&ming, &sent).await.is(200);
        }
        unpin(&alice, &sent).await.is(204);
        let said = alice.system_messages(&room).await.split_off(before);
        let system = json!({
            "action": "pinned", "actor": ming.id, "subjects": [], "name": null, "role": null,
            "message_id": sent["message_id"],
        });
        assert_eq!((said.len(), &said[0]["system"]), (1, &system));
        assert_eq!(said[0]["content"], "小明 pinned a message");
        for person in [&alice, &ming] {
            assert_eq!(person.room(&room).await["unread_count"], 0);
        }
    }
}
