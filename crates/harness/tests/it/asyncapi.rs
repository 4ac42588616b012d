//! The AsyncAPI document: what it says of itself, and that everything in it is received and sent.

use std::collections::{BTreeMap, BTreeSet};

use harness::asyncapi::{check, check_acknowledgement, check_event, messages};
use harness::people::text;
use harness::received_event::ReceivedEvent;
use harness::socket::ConnectOptions;
use harness::{Backend, Person, Socket, Stack, server_errors};
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

/// Everything that was received and acknowledged in one scenario.
#[derive(Default)]
struct Scenario {
    received: BTreeSet<String>,
    asked: BTreeSet<String>,
}

impl Scenario {
    async fn ask(&mut self, socket: &Socket, name: &str, payload: Value) -> Value {
        let answer = socket.ask_ok(name, payload.clone()).await;
        self.asked.insert(name.to_owned());
        show(&format!("-> {}\n<- {}", json!([name, payload]), json!([answer])));
        answer
    }

    async fn refused(&self, socket: &Socket, name: &str, code: &str) {
        let payload = json!({ "chatroom_id": "01a203a3-d4e1-742a-b5d0-5b87b7200c6b", "message_id": 1 });
        socket.ask_refused(name, payload, code).await;
    }

    fn note(&mut self, socket: &Socket) {
        for event in socket.received() {
            if self.received.insert(event.name.clone()) {
                let offset = event.offset.map(Value::from);
                let args: Vec<Value> = [json!(event.name), event.payload].into_iter().chain(offset).collect();
                show(&format!("<- 42{}", Value::from(args)));
            }
        }
    }
}

/// Prints frames for the examples of docs/REALTIME.md, with `--no-capture`.
#[expect(clippy::print_stdout, reason = "`--no-capture` prints it")]
fn show(line: &str) {
    println!("{line}");
}

async fn enter(stack: &Stack, person: &Person, more: Value) -> Socket {
    let mut auth = json!({ "token": person.token() });
    auth.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    Socket::try_connect(&stack.origin(), &ConnectOptions { auth: Some(auth), ..ConnectOptions::default() })
        .await
        .unwrap()
}

#[test]
fn everything_in_the_document_is_sent_and_accepted() {
    server_errors::collect();
    actix_rt::System::new().block_on(async {
        let mut stack = Stack::start(Backend::Sqlite, |config| {
            config.sockets.heads_ms = 50;
            config.sockets.drain_ms = 50;
        })
        .await;
        let mut scenario = Scenario::default();
        let sockets = play(&stack, &mut scenario).await;
        stack.stop().await;
        for socket in &sockets {
            socket.closed().await;
            scenario.note(socket);
        }
        assert_eq!(scenario.received.into_iter().collect::<Vec<_>>(), messages("heard."));
        let mut asked = messages("asked.");
        asked.retain(|name| name != "CONNECT");
        assert_eq!(scenario.asked.into_iter().collect::<Vec<_>>(), asked);
    });
    server_errors::assert_none();
}

async fn play(stack: &Stack, scenario: &mut Scenario) -> Vec<Socket> {
    let (alice, ming) = (stack.person("愛麗絲").await, stack.person("小明").await);
    let theirs = ming.socket().await;
    alice.post(&format!("/friends/request?friend_id={}", ming.id)).await.ok();
    ming.post(&format!("/friends/requests/accepted?friend_id={}", alice.id)).await.ok();
    let hers = [alice.socket().await, alice.socket().await];
    let room = text(&theirs.first("chatroom_created").await["chatroom"]["chatroom_id"]);
    let start = text(&scenario.ask(&theirs, "sync", json!({})).await["cursor"]);
    let inside = ming.socket_in(&room).await;
    converse(scenario, (&hers[0], &theirs), &room).await;
    scenario.ask(&theirs, "set_user_id", json!(ming.id)).await;
    scenario.ask(&theirs, "join_room", json!({ "chatroom_id": room })).await;
    scenario.ask(&theirs, "leave_room", json!({ "chatroom_id": room })).await;
    scenario.ask(&theirs, "sync", json!({ "since": start, "limit": 2 })).await;
    hers[1].first("message_hidden").await;
    alice.patch(&format!("/user/{}", alice.id), &json!({ "nickname": "小愛" })).await.ok();
    theirs.first("user_updated").await;
    theirs.first("heads").await;
    let back = [
        enter(stack, &ming, json!({ "recover": true })).await,
        enter(stack, &ming, json!({ "since": start })).await,
        enter(stack, &ming, json!({ "since": "zzzzzzzz.1" })).await,
    ];
    for (socket, first) in back.iter().zip(["session", "synced", "sync_required"]) {
        socket.first(first).await;
    }
    alice.delete(&format!("/friends/?friend_id={}", ming.id)).await.is(204);
    theirs.first("friend_removed").await;
    let gone = ming.elsewhere().await;
    let ended = gone.socket().await;
    gone.post("/auth/logout").await.ok();
    ended.closed().await;
    [theirs, inside, ended].into_iter().chain(hers).chain(back).collect()
}

async fn converse(scenario: &mut Scenario, (hers, theirs): (&Socket, &Socket), room: &str) {
    let say = json!({ "chatroom_id": room, "content": "哈囉", "client_msg_id": "s1" });
    let sent = scenario.ask(hers, "send_message", say).await["message"].clone();
    let about = |more: Value| {
        let mut payload = json!({ "chatroom_id": room, "message_id": sent["message_id"] });
        payload.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        payload
    };
    scenario.ask(theirs, "mark_delivered", json!({ "chatroom_id": room })).await;
    scenario.ask(theirs, "mark_read", about(json!({}))).await;
    scenario.ask(theirs, "typing", json!({ "chatroom_id": room, "is_typing": true })).await;
    scenario.ask(theirs, "react", about(json!({ "emoji": "👍" }))).await;
    hers.first("message_reacted").await;
    scenario.ask(hers, "edit_message", about(json!({ "content": "哈囉！" }))).await;
    scenario.ask(hers, "delete_message", about(json!({}))).await;
    theirs.first("message_deleted").await;
    scenario.ask(hers, "delete_message", about(json!({ "for": "me" }))).await;
    for name in messages("asked.")
        .iter()
        .filter(|name| !["CONNECT", "leave_room", "set_user_id", "sync"].contains(&name.as_str()))
    {
        let code = if ["send_message", "edit_message", "react"].contains(&name.as_str()) {
            "validation"
        } else {
            "not_found"
        };
        scenario.refused(hers, name, code).await;
    }
}
