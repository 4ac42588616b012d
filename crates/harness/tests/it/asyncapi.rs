//! The AsyncAPI document: what it says of itself, and that the manual's examples are what it says.

use std::collections::{BTreeMap, BTreeSet};

use harness::asyncapi::{check, check_acknowledgement, check_event};
use harness::people::text;
use harness::received_event::ReceivedEvent;
use serde_json::{Value, json};

use crate::documents::{assert_kept_and_shown, kept, refs, whole};

fn document() -> Value {
    gateway::asyncapi::document()
}

fn keys(value: &Value) -> BTreeSet<String> {
    value.as_object().unwrap().keys().cloned().collect()
}

#[test]
fn the_document_is_kept_in_docs_and_shown_by_the_program() {
    assert_kept_and_shown("asyncapi", &gateway::asyncapi::text());
}

#[test]
fn the_document_is_whole() {
    let document = document();
    assert_eq!(document["asyncapi"], "3.0.0");
    assert!(document["info"]["title"].is_string() && document["info"]["version"].is_string());
    let known =
        ["asyncapi", "id", "info", "defaultContentType", "servers", "channels", "operations", "components"];
    assert!(keys(&document).iter().all(|key| known.contains(&key.as_str())));
    let all = whole(&document);
    let channel = &document["channels"]["chat"]["messages"];
    assert_eq!(keys(channel), keys(&document["components"]["messages"]));
    let mut used = BTreeSet::new();
    for (name, operation) in document["operations"].as_object().unwrap() {
        assert!(["send", "receive"].iter().any(|action| operation["action"] == *action), "{name}");
        assert_eq!(operation["channel"]["$ref"], "#/channels/chat");
        assert_eq!(operation["action"] == "receive", operation["reply"].is_object(), "{name}");
        for linked in refs(operation) {
            used.extend(linked.strip_prefix("#/channels/chat/messages/").map(str::to_owned));
        }
    }
    assert_eq!(used, keys(channel), "every message belongs to an operation");
    let parts = keys(channel).into_iter().chain(keys(&document["components"]["schemas"]));
    let plain = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    assert!(parts.into_iter().all(|name| plain(&name)));
    for schema in keys(&document["components"]["schemas"]) {
        assert!(all.contains(&format!("#/components/schemas/{schema}").as_str()), "{schema} is for nothing");
    }
}

#[test]
fn what_the_document_does_not_say_is_caught() {
    let typing =
        json!({ "chatroom_id": "01a203a3-d4e1-742a-b5d0-5b87b7200c6b", "user_id": 1, "is_typing": true });
    let event = |name: &str, payload: &Value, offset: Option<&str>| ReceivedEvent {
        name: name.to_owned(),
        payload: payload.clone(),
        offset: offset.map(str::to_owned),
    };
    check_event(&event("typing", &typing, None), true).unwrap();
    check_event(&event("typing", &typing, Some("e.1")), true).unwrap_err();
    check_event(&event("no_such_event", &typing, None), false).unwrap_err();
    check_event(&event("message", &typing, None), false).unwrap_err();
    for (key, value) in [
        ("chatroom_id", json!("01A203A3-D4E1-742A-B5D0-5B87B7200C6B")),
        ("chatroom_id", json!(null)),
        ("user_id", json!("1")),
        ("user_id", json!(0)),
        ("is_typing", json!("true")),
        ("extra", json!(1)),
    ] {
        let mut wrong = typing.clone();
        wrong[key] = value;
        check_event(&event("typing", &wrong, None), false).unwrap_err();
    }
    let removed = json!({ "pos": 1, "user_id": 1 });
    check_event(&event("friend_removed", &removed, None), false).unwrap();
    check_event(&event("friend_removed", &removed, Some("e.1")), true).unwrap();
    check_event(&event("friend_removed", &removed, Some("e.1")), false).unwrap_err();
    check_event(&event("friend_removed", &removed, None), true).unwrap_err();
    check_event(&event("friend_removed", &json!({ "user_id": 1 }), None), false).unwrap_err();
    let (left, room) = (json!({ "ok": true, "chatroom_id": typing["chatroom_id"] }), &typing["chatroom_id"]);
    check_acknowledgement("leave_room", room, &left).unwrap();
    check_acknowledgement("leave_room", &json!(5), &left).unwrap_err();
    check_acknowledgement("leave_room", room, &json!({ "ok": true })).unwrap_err();
    let refused = |code: &str| json!({ "ok": false, "code": code, "detail": "-" });
    check_acknowledgement("leave_room", room, &refused("not_found")).unwrap();
    check_acknowledgement("leave_room", room, &refused("too_late")).unwrap_err();
    check_acknowledgement("leave_room", room, &refused("unknown_event")).unwrap_err();
    check_acknowledgement("no_such_event", room, &refused("unknown_event")).unwrap();
    check_acknowledgement("no_such_event", room, &json!({ "ok": true })).unwrap_err();
    let presence = json!({ "user_id": 1, "online": false, "last_seen": "2026-11-22T14:23:51.255502Z" });
    check("heard.presence", &presence).unwrap();
    let naive = json!({ "user_id": 1, "online": false, "last_seen": "2026-11-22T14:23:51" });
    check("heard.presence", &naive).unwrap_err();
}

/// The frames of the examples: whole lines again, `{..}` filled with the first message.
fn examples(text: &str) -> Vec<(bool, String)> {
    let mut frames: Vec<(bool, String)> = Vec::new();
    let mut open = false;
    for line in text.lines() {
        if let Some(frame) = line.strip_prefix("-> ").or_else(|| line.strip_prefix("<- ")) {
            frames.push((line.starts_with("->"), frame.to_owned()));
            open = true;
        } else if let (true, Some(rest)) = (open, line.strip_prefix("   ")) {
            frames.last_mut().unwrap().1.push_str(rest);
        } else {
            open = false;
        }
    }
    let first = frames.iter().find_map(|(_, frame)| frame.strip_prefix("43")).unwrap();
    let message = first.split_once(r#""message":"#).unwrap().1.strip_suffix("}]").unwrap().to_owned();
    frames.into_iter().map(|(sent, frame)| (sent, frame.replace("{..}", &message))).collect()
}

#[test]
fn the_examples_of_the_manual_are_what_the_document_says() {
    let manual = kept("docs/REALTIME.md");
    let mut asked = BTreeMap::new();
    for (sent, frame) in examples(&manual) {
        let (kind, rest) = frame.split_at(2);
        let (id, json) = rest.split_at(rest.find(['[', '{']).unwrap());
        let value: Value = serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {frame}"));
        match (sent, kind) {
            (true, "40") => check("asked.CONNECT", &value).unwrap(),
            (false, "44") => check("refused.CONNECT", &value).unwrap(),
            (true, "42") => drop(asked.insert(id.to_owned(), (text(&value[0]), value[1].clone()))),
            (false, "43") => {
                let (name, payload) = asked.remove(id).unwrap();
                check_acknowledgement(&name, &payload, &value[0]).unwrap();
            }
            (false, "42") => {
                let offset = value[2].as_str().map(str::to_owned);
                let recovers = offset.is_some();
                let event = ReceivedEvent { name: text(&value[0]), payload: value[1].clone(), offset };
                check_event(&event, recovers).unwrap();
            }
            _ => panic!("not a frame: {frame}"),
        }
    }
    assert!(asked.is_empty(), "without an answer: {asked:?}");
}
