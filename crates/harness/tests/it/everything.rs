//! Everything that the two documents name, used once: every endpoint, and every event of clients and of the server.

use std::collections::BTreeSet;

use harness::asyncapi::messages;
use harness::openapi::unseen;
use harness::people::{PASSWORD, list, path_of, text};
use harness::socket::ConnectOptions;
use harness::{Backend, Person, Receiver, Socket, Stack, server_errors};
use reqwest::Method;
use serde_json::{Value, json};

use crate::scheduled_messages::soon;
use crate::sessions::seconds_after;

#[test]
fn every_endpoint_answers_as_the_document_says() {
    server_errors::collect();
    let stack = actix_rt::System::new().block_on(async {
        let mut stack = Stack::start(Backend::Sqlite, |config| config.outbound.private_networks = true).await;
        let (alice, ming) = (stack.person("愛麗絲").await, stack.person("小明").await);
        account(&stack, &alice).await;
        people(&alice, &ming).await;
        bots(&alice).await;
        let room = alice.open_room(&ming).await;
        talk((&alice, &ming), &room).await;
        let group = alice.open_group(&[&ming, &stack.person("第三人").await], "三人行").await;
        ming.leave_group(&group).await.is(204);
        let (_, requested) = request(&stack, &alice).await;
        let answer = json!({ "answer": "accept" });
        alice.put_json(&format!("/chatrooms/{requested}/request"), &answer).await.is(204);
        manage((&alice, &ming), &group).await;
        webhooks(&alice, &group).await;
        files(&alice).await;
        administration(&stack, &ming).await;
        for path in ["/livez", "/readyz", "/openapi.json", "/asyncapi.json", "/"] {
            stack.anon().get(path).await.is(200);
        }
        stack.stop().await;
        stack
    });
    assert_eq!(unseen(), Vec::new());
    server_errors::assert_none();
    drop(stack);
}

async fn account(stack: &Stack, alice: &Person) {
    let path = format!("/user/{}", alice.id);
    for own in ["/user/me", "/auth/users/me", &path] {
        alice.get(own).await.ok();
    }
    alice.patch(&path, &json!({ "nickname": "小愛" })).await.ok();
    alice.get("/user/me/settings").await.ok();
    alice.patch("/user/me/settings", &json!({ "presence": "everyone" })).await.ok();
    alice.get("/push/key").await.ok();
    let keys = (
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "BTBZMqHH6r4Tts7J_aSIgg",
    );
    let device = json!({ "endpoint": "https://push.example/x", "p256dh": keys.0, "auth": keys.1 });
    let device = alice.post_json("/push/subscriptions", &device).await.is(201).json();
    alice.delete(&format!("/push/subscriptions/{}", text(&device["subscription_id"]))).await.is(204);
    let token = json!({ "name": "程式", "scopes": ["messages:read"] });
    let token = alice.post_json("/user/me/tokens", &token).await.is(201).json();
    alice.get("/user/me/tokens").await.ok();
    alice.delete(&format!("/user/me/tokens/{}", text(&token["token_id"]))).await.is(204);
    let gone = stack.person("過客").await;
    let tokens = gone.sign_in("過客", PASSWORD).await.ok();
    gone.post_json("/auth/refresh", &json!({ "refresh_token": tokens["refresh_token"] })).await.ok();
    gone.post("/auth/logout").await.ok();
    let gone = gone.elsewhere().await;
    let passwords = json!({ "current_password": PASSWORD, "new_password": PASSWORD });
    gone.post_json("/auth/password", &passwords).await.is(204);
    let other = gone.elsewhere().await;
    let sessions = list(&gone.get("/auth/sessions").await.ok());
    other.delete(&format!("/auth/sessions/{}", text(&sessions[0]["session_id"]))).await.is(204);
    gone.delete_account(PASSWORD).await.is(204);
}

async fn people(alice: &Person, ming: &Person) {
    let asks = format!("/friends/request?friend_id={}", ming.id);
    alice.post(&asks).await.ok();
    ming.get("/friends/requests/pending").await.ok();
    alice.get("/friends/requests/sent").await.ok();
    alice.delete(&asks).await.is(204);
    alice.post(&asks).await.ok();
    ming.delete(&format!("/friends/requests/reject?friend_id={}", alice.id)).await.is(204);
    alice.post(&asks).await.ok();
    ming.post(&format!("/friends/requests/accepted?friend_id={}", alice.id)).await.ok();
    alice.get("/friends/search?username=小明").await.ok();
    alice.get("/friends").await.ok();
    alice.delete(&format!("/friends?friend_id={}", ming.id)).await.is(204);
    ming.get("/user/me/invite").await.ok();
    let token = text(&ming.post("/user/me/invite").await.ok()["token"]);
    alice.get(&format!("/friends/invite/{token}")).await.ok();
    alice.post(&format!("/friends/invite/{token}")).await.ok();
    alice.post_json("/reports", &json!({ "user_id": ming.id, "reason": "spam" })).await.is(204);
    let blocks = format!("/friends/blocks/{}", ming.id);
    alice.put(&blocks).await.ok();
    alice.get("/friends/blocks").await.ok();
    alice.delete(&blocks).await.is(204);
}

async fn administration(stack: &Stack, ming: &Person) {
    let admin = stack.admin("管理員").await;
    for page in ["users", "reports", "statistics", "audit"] {
        admin.get(&format!("/admin/{page}")).await.ok();
    }
    let report = text(&admin.get("/admin/reports").await.ok()["items"][0]["report_id"]);
    admin.put_json(&format!("/admin/reports/{report}"), &json!({ "state": "closed" })).await.ok();
    let suspension = format!("/admin/users/{}/suspension", ming.id);
    admin.put(&suspension).await.ok();
    admin.delete(&suspension).await.ok();
}

async fn bots(alice: &Person) {
    let bot = alice.post_json("/bots", &json!({ "username": "helper" })).await.is(201).json();
    alice.get("/bots").await.ok();
    let path = format!("/bots/{}", bot["user_id"]);
    alice.patch(&path, &json!({ "status": "忙" })).await.ok();
    let (receiver, webhooks) = (Receiver::start().await, format!("{path}/webhooks"));
    let webhook = json!({ "url": receiver.url("/"), "events": ["new_message"] });
    let webhook = alice.post_json(&webhooks, &webhook).await.is(201).json();
    alice.get(&webhooks).await.ok();
    let webhook = format!("{webhooks}/{}", text(&webhook["webhook_id"]));
    let room = alice.post_json("/chatrooms", &json!({ "members_id": [bot["user_id"]] })).await.ok();
    alice.say(&text(&room["chatroom_id"]), "喂").await;
    let delivery = receiver.next().await.header("webhook-id").to_owned();
    alice.get(&format!("{webhook}/deliveries")).await.ok();
    alice.post(&format!("{webhook}/deliveries/{delivery}/redeliver")).await.is(204);
    alice.patch(&webhook, &json!({ "enabled": false })).await.ok();
    alice.delete(&webhook).await.is(204);
    let (tokens, token) = (format!("{path}/tokens"), json!({ "name": "程式", "scopes": ["messages:read"] }));
    let token = alice.post_json(&tokens, &token).await.is(201).json();
    alice.get(&tokens).await.ok();
    alice.delete(&format!("{tokens}/{}", text(&token["token_id"]))).await.is(204);
    alice.delete(&path).await.is(204);
}

async fn talk((alice, ming): (&Person, &Person), room: &str) {
    let path = format!("/chatrooms/{room}");
    let message = json!({ "content": "哈囉" });
    let sent = alice.post_json(&format!("{path}/messages"), &message).await.ok();
    let other = alice.post_json(&format!("{path}/message"), &message).await.ok();
    for page in ["/chatrooms", &path, &format!("{path}/messages"), "/search?q=哈囉", "/sync"] {
        ming.get(page).await.ok();
    }
    for kind in ["delivered", "read"] {
        ming.post(&format!("{path}/{kind}")).await.ok();
    }
    ming.post(&format!("{path}/typing")).await.is(204);
    ming.react(&sent, "👍").await.ok();
    ming.unreact(&sent, "👍").await.ok();
    ming.put(&format!("{}/pin", path_of(&sent))).await.ok();
    alice.get(&format!("{path}/pins")).await.ok();
    ming.delete(&format!("{}/pin", path_of(&sent))).await.is(204);
    alice.edit(&sent, "哈囉！").await.ok();
    alice.versions(&sent).await.ok();
    later(alice, &path).await;
    alice.get(&format!("{}/receipts", path_of(&sent))).await.ok();
    alice.unsend(&sent).await.ok();
    alice.delete(&format!("{}?for=me", path_of(&other))).await.is(204);
    let since = ming.get("/sync").await.ok()["cursor"].clone();
    alice.say(room, "再見").await;
    ming.get(&format!("/sync?since={}", since.as_str().unwrap())).await.ok();
}

/// A stranger writes, and is accepted.
async fn request(stack: &Stack, alice: &Person) -> (Person, String) {
    let stranger = stack.person("陌生人").await;
    let room = stranger.open_room(alice).await;
    stranger.say(&room, "你好").await;
    (stranger, room)
}

async fn later(alice: &Person, room: &str) {
    let path = format!("{room}/scheduled");
    let message = json!({ "content": "晚安", "send_at": soon(1_000) });
    let message = alice.post_json(&path, &message).await.is(201).json();
    alice.get(&path).await.ok();
    let one = format!("{path}/{}", text(&message["scheduled_id"]));
    alice.patch(&one, &json!({ "content": "早安" })).await.ok();
    alice.delete(&one).await.is(204);
}

async fn manage((alice, ming): (&Person, &Person), group: &str) {
    let path = format!("/chatrooms/{group}");
    alice.update_group(group, &json!({ "chatroom_name": "新名字" })).await.ok();
    alice.add_members(group, &[ming]).await.ok();
    alice.get(&format!("{path}/participants?limit=1")).await.ok();
    alice.set_role(group, ming, "admin").await.ok();
    alice.remove_member(group, ming).await.is(204);
    let invites = format!("{path}/invites");
    let invite = alice.post_json(&invites, &json!({ "max_uses": 1 })).await.is(201).json();
    alice.get(&invites).await.ok();
    let link = format!("/invites/{}", text(&invite["token"]));
    alice.get(&link).await.ok();
    alice.post(&format!("{link}/accept")).await.ok();
    alice.delete(&format!("{invites}/{}", text(&invite["invite_id"]))).await.is(204);
    alice.set_room(group, &json!({ "pinned": true })).await.ok();
}

async fn webhooks(alice: &Person, group: &str) {
    let webhook = crate::incoming_webhooks::webhook(alice, group).await;
    alice.post_json(&text(&webhook["url"]), &json!({ "text": "建置完成" })).await.is(200);
    let path = format!("/chatrooms/{group}/webhooks");
    alice.get(&path).await.ok();
    alice.delete(&format!("{path}/{}", text(&webhook["webhook_id"]))).await.is(204);
}

async fn files(alice: &Person) {
    let picture = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\0\0\0\0";
    for path in ["avatar", "group-avatar", "message-file"].map(|what| format!("/upload/upload-{what}")) {
        let stored = alice.upload(&path, ("圖.png", "image/png"), picture).await.ok();
        let url = stored["url"].as_str().unwrap();
        alice.get(url).await.is(200);
        alice.send(alice.request(Method::GET, url).header("range", "bytes=0-3")).await.is(206);
        if path.ends_with("message-file") {
            alice.post(&format!("/media/{}/address", text(&stored["media_id"]))).await.ok();
        }
    }
    let socket = alice.socket().await;
    alice.post("/user/me/export").await.is(201);
    socket.first("export_ready").await;
    let url = text(&alice.get("/user/me/export").await.ok()["url"]);
    alice.get(&url).await.is(200);
    alice.send(alice.request(Method::GET, &url).header("range", "bytes=0-3")).await.is(206);
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
fn every_event_is_sent_and_accepted() {
    server_errors::collect();
    let stack = actix_rt::System::new().block_on(async {
        let mut stack = Stack::start(Backend::Sqlite, |config| {
            config.sockets.heads_ms = 50;
            config.sockets.drain_ms = 50;
            config.previews.enabled = true;
            config.previews.private_networks = true;
        })
        .await;
        let mut scenario = Scenario::default();
        let sockets = talk_on_sockets(&stack, &mut scenario).await;
        stack.stop().await;
        for socket in &sockets {
            socket.closed().await;
            scenario.note(socket);
        }
        assert_eq!(scenario.received.into_iter().collect::<Vec<_>>(), messages("heard."));
        let mut asked = messages("asked.");
        asked.retain(|name| name != "CONNECT");
        assert_eq!(scenario.asked.into_iter().collect::<Vec<_>>(), asked);
        stack
    });
    server_errors::assert_none();
    drop(stack);
}

async fn talk_on_sockets(stack: &Stack, scenario: &mut Scenario) -> Vec<Socket> {
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
    let third = stack.person("第三人").await;
    let group = alice.open_group(&[&ming, &third], "三人行").await;
    manage_on_sockets(scenario, (&hers[0], &theirs), (&group, third.id)).await;
    scenario.ask(&theirs, "leave_group", json!({ "chatroom_id": group })).await;
    let (_, requested) = request(stack, &alice).await;
    scenario.ask(&hers[0], "answer_request", json!({ "chatroom_id": requested, "answer": "accept" })).await;
    hers[1].first("chatroom_request").await;
    hers[1].first("member_left").await;
    hers[1].first("room_settings").await;
    hers[1].first("message_hidden").await;
    let later = json!({ "content": "晚安", "send_at": soon(1_000) });
    alice.post_json(&format!("/chatrooms/{room}/scheduled"), &later).await.is(201);
    hers[1].first("scheduled_messages").await;
    alice.post("/user/me/export").await.is(201);
    hers[1].first("export_ready").await;
    alice.patch(&format!("/user/{}", alice.id), &json!({ "nickname": "小愛" })).await.ok();
    theirs.first("user_updated").await;
    alice.patch("/user/me/settings", &json!({ "presence": "everyone" })).await.ok();
    hers[1].first("settings_updated").await;
    theirs.first("heads").await;
    link_to_a_page(&alice, (&room, &theirs)).await;
    let_messages_disappear(stack, &alice, (&room, &theirs)).await;
    let back = come_back(stack, &ming, &start).await;
    alice.delete(&format!("/friends/?friend_id={}", ming.id)).await.is(204);
    theirs.first("friend_removed").await;
    scenario.ask(&hers[0], "block_user", json!({ "user_id": ming.id })).await;
    scenario.ask(&hers[0], "unblock_user", json!({ "user_id": ming.id })).await;
    hers[1].first("user_unblocked").await;
    let gone = ming.elsewhere().await;
    let ended = gone.socket().await;
    gone.post("/auth/logout").await.ok();
    ended.closed().await;
    [theirs, inside, ended].into_iter().chain(hers).chain(back).collect()
}

async fn link_to_a_page(alice: &Person, (room, theirs): (&str, &Socket)) {
    let page = Receiver::start().await;
    page.serve_page("/", "<title>頁</title>");
    alice.say(room, &page.url("/")).await;
    theirs.first("message_previewed").await;
}

async fn let_messages_disappear(stack: &Stack, alice: &Person, (room, theirs): (&str, &Socket)) {
    alice.update_group(room, &json!({ "disappear_after": 300 })).await.ok();
    theirs.first("disappear_after_changed").await;
    alice.say(room, "會不見").await;
    stack.clock().set(seconds_after(stack.clock().now(), 302));
    theirs.first("message_expired").await;
}

/// Comes back in each way that there is.
async fn come_back(stack: &Stack, person: &Person, start: &str) -> [Socket; 3] {
    let back = [
        enter(stack, person, json!({ "recover": true })).await,
        enter(stack, person, json!({ "since": start })).await,
        enter(stack, person, json!({ "since": "zzzzzzzz.1" })).await,
    ];
    for (socket, first) in back.iter().zip(["session", "synced", "sync_required"]) {
        socket.first(first).await;
    }
    back
}

async fn manage_on_sockets(
    scenario: &mut Scenario,
    (hers, theirs): (&Socket, &Socket),
    (group, third): (&str, i64),
) {
    let of = |more: Value| {
        let mut payload = json!({ "chatroom_id": group });
        payload.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        payload
    };
    scenario.ask(hers, "update_group", of(json!({ "chatroom_name": "新名字" }))).await;
    scenario.ask(hers, "set_role", of(json!({ "user_id": third, "role": "admin" }))).await;
    scenario.ask(hers, "remove_member", of(json!({ "user_id": third }))).await;
    scenario.ask(hers, "add_members", of(json!({ "members_id": [third] }))).await;
    for name in ["chatroom_updated", "role_changed", "member_left", "member_added"] {
        theirs.first(name).await;
    }
    scenario.ask(hers, "set_room_settings", of(json!({ "draft": "草稿" }))).await;
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
    scenario.ask(theirs, "search_messages", json!({ "q": "哈囉" })).await;
    scenario.ask(theirs, "react", about(json!({ "emoji": "👍" }))).await;
    hers.first("message_reacted").await;
    scenario.ask(theirs, "pin_message", about(json!({}))).await;
    hers.first("message_pinned").await;
    scenario.ask(theirs, "unpin_message", about(json!({}))).await;
    scenario.ask(hers, "edit_message", about(json!({ "content": "哈囉！" }))).await;
    scenario.ask(hers, "delete_message", about(json!({}))).await;
    theirs.first("message_deleted").await;
    scenario.ask(hers, "delete_message", about(json!({ "for": "me" }))).await;
    for name in messages("asked.")
        .iter()
        .filter(|name| !["CONNECT", "leave_room", "set_user_id", "sync"].contains(&name.as_str()))
    {
        let incomplete = [
            "send_message",
            "edit_message",
            "react",
            "search_messages",
            "add_members",
            "remove_member",
            "set_role",
            "block_user",
            "unblock_user",
            "answer_request",
        ];
        let code = if incomplete.contains(&name.as_str()) { "validation" } else { "not_found" };
        scenario.refused(hers, name, code).await;
    }
}
