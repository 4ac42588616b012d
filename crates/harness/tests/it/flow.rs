//! A day in the life of an unmodified client of the seed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use harness::people::{PASSWORD, cookie, text};
use harness::socket::ConnectOptions;
use harness::{Caller, EventStream, Socket, Stack, on_each_database};
use serde_json::{Value, json};

/// The seed's client: a token, the `user_id` inside it, a cookie that it does not know of, and one socket.
struct Client {
    caller: Caller,
    id: i64,
    cookie: String,
    socket: Socket,
}

/// What a client of the seed reads out of its token.
fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

/// Registers, signs in, looks around, and connects without credentials of its own: the cookie speaks for it.
async fn arrive(stack: &Stack, name: &str) -> Client {
    let anon = stack.anon();
    let email = format!("{name}@example.com");
    let registered = anon.register(&json!({ "username": name, "password": PASSWORD, "email": email })).await;
    assert_eq!(registered.is(201).json()["username"], name);
    let signed_in = anon.sign_in(name, PASSWORD).await;
    let body = signed_in.ok();
    assert_eq!(body["token_type"], "bearer");
    let claims = claims(&text(&body["access_token"]));
    assert_eq!(claims["sub"], name);
    let (id, cookie) = (claims["user_id"].as_i64().unwrap(), cookie(&signed_in));

    let caller = anon.with_token(&text(&body["access_token"]));
    let me = caller.get("/user/me").await.ok();
    assert_eq!((me["user_id"].as_i64(), &me["email"]), (Some(id), &json!(email)));
    assert_eq!(caller.get("/chatrooms/").await.ok(), json!([]));
    assert_eq!(caller.get("/friends/requests/pending").await.ok(), json!([]));

    let headers = vec![("cookie", cookie.clone()), ("origin", stack.origin())];
    let options = ConnectOptions { path: "/ws/socket.io/", auth: None, headers };
    let socket = Socket::try_connect(&stack.origin(), &options).await.unwrap();
    socket.emit("set_user_id", json!(id));
    Client { caller, id, cookie, socket }
}

/// Finds each other by e-mail, asks, accepts, and opens the room from the accepting side.
async fn befriend(asker: &Client, asked: &Client, email: &str) -> String {
    let found = asker.caller.get(&format!("/friends/search?email={email}")).await.ok();
    assert_eq!(found["user_id"], asked.id);
    assert!(found.get("email").is_none(), "{found}");
    assert_eq!(asker.caller.get("/friends/requests/sent").await.ok(), json!([]));
    asker.caller.post(&format!("/friends/request?friend_id={}", asked.id)).await.is(200);
    asked.caller.post(&format!("/friends/requests/accepted?friend_id={}", asker.id)).await.is(200);

    let body = json!({ "members_id": [asker.id, asked.id], "chatroom_name": "Default Chatroom" });
    let room = text(&asked.caller.post_json("/chatrooms/", &body).await.ok()["chatroom_id"]);
    for client in [asker, asked] {
        let rooms = client.caller.get("/chatrooms/").await.ok();
        assert_eq!(rooms[0]["chatroom_id"], room.as_str());
        let last = client.caller.get(&format!("/chatrooms/{room}/messages?limit=1")).await.ok();
        assert_eq!(last, json!([]));
    }
    room
}

/// Sends one text as the seed's client does: by the socket and by REST, with one timestamp.
async fn send_twice(client: &Client, room: &str, content: &str, timestamp: &str) {
    client.socket.emit(
        "send_message",
        json!({
            "chatroom_id": room, "content": content, "isSentByViewer": true, "message_type": "text", "timestamp": timestamp,
            "user": { "id": 1, "userName": "somebody else", "email": "somebody@else.example" },
        }),
    );
    let body = json!({
        "chatroom_id": room, "content": content, "message_type": "text", "read_status": "unread",
        "sender_id": client.id, "timestamp": timestamp,
    });
    client.caller.post_json(&format!("/chatrooms/{room}/message"), &body).await.is(200);
}

/// Checks what the seed's client reads of the event, and that it is the message that REST knows.
fn assert_received(event: &Value, stored: &Value, mine: bool) {
    assert_eq!(event["isSentByViewer"], mine, "{event}");
    assert_eq!(event["img"], "", "{event}");
    for key in ["chatroom_id", "content", "message_type", "timestamp", "message_id", "seq"] {
        assert_eq!(event[key], stored[key], "{key}");
    }
    assert!(event["user"]["id"].is_i64() && event["user"]["userName"].is_string(), "{event}");
    assert!(!event.to_string().contains("@example.com"), "{event}");
}

async fn talk(alice: &Client, ming: &Client, room: &str) {
    for client in [alice, ming] {
        assert_eq!(client.socket.ask("join_room", json!(room)).await["ok"], true);
    }
    let (mut mine, mut theirs): (EventStream, EventStream) =
        (alice.socket.listen("receive_message"), ming.socket.listen("receive_message"));
    let content = ["你好", "吃飽了嗎?", "晚上見 🌙"];
    for (at, content) in content.iter().enumerate() {
        send_twice(alice, room, content, &format!("2026-11-22T11:29:15.{at:03}Z")).await;
    }
    let stored = ming.caller.get(&format!("/chatrooms/{room}/messages?limit=50")).await.ok();
    assert_eq!(stored.as_array().unwrap().len(), content.len(), "each is stored once: {stored}");
    for (at, content) in content.iter().enumerate() {
        assert_eq!(stored[at]["content"], *content);
        assert_eq!(stored[at]["user"]["id"], alice.id);
        assert_received(&theirs.next().await, &stored[at], false);
        assert_received(&mine.next().await, &stored[at], true);
    }
}

/// Sends a picture as the seed's client does: uploaded, then its address as `content`.
async fn show_picture(alice: &Client, ming: &Client, room: &str) {
    let mut theirs = ming.socket.listen("receive_message");
    let request = alice.caller.upload("/upload/upload-message-file", ("貓.png", "image/png"), b"dummy").await;
    let uploaded = request.ok();
    assert_eq!(uploaded["message_type"], "image");
    let body = json!({
        "chatroom_id": room, "content": uploaded["url"], "message_type": "image", "read_status": "unread", "media_url": null,
    });
    let sent = alice.caller.post_json(&format!("/chatrooms/{room}/message"), &body).await.ok();
    assert_eq!((&sent["content"], &sent["media_url"]), (&uploaded["url"], &uploaded["url"]));
    let received = theirs.next().await;
    assert_eq!((&received["content"], &received["message_type"]), (&uploaded["url"], &json!("image")));
    // An <img> sends no token; the cookie that came with the sign-in opens the file.
    let show = Caller::new(alice.caller.origin().to_owned());
    let show = show.request(reqwest::Method::GET, &text(&uploaded["url"])).header("cookie", &ming.cookie);
    assert_eq!(ming.caller.send(show).await.is(200).text(), "dummy");
}

async fn new_picture_of_oneself(client: &Client) {
    let uploaded =
        client.caller.upload("/upload/upload-avatar", ("我.png", "image/png"), b"dummy").await.ok();
    let path = format!("/user/{}", client.id);
    let changed = client.caller.patch(&path, &json!({ "avatar_url": uploaded["url"] })).await.ok();
    assert_eq!(changed["avatar_url"], uploaded["url"]);
    client.caller.get(&text(&uploaded["url"])).await.is(200);
}

on_each_database! {
    a_client_of_the_seed_lives_a_day,
}

async fn a_client_of_the_seed_lives_a_day(stack: &Stack) {
    let (alice, ming) = (arrive(stack, "alice").await, arrive(stack, "小明").await);
    let room = befriend(&alice, &ming, "小明@example.com").await;
    talk(&alice, &ming, &room).await;
    show_picture(&alice, &ming, &room).await;
    new_picture_of_oneself(&alice).await;

    let goodbye = alice.caller.post("/auth/logout").await.ok();
    assert_eq!(goodbye["msg"], "Successfully logged out");
    alice.socket.closed().await;
    alice.caller.get("/user/me").await.unauthorized("Could not validate credentials");
    for client in [&alice, &ming] {
        let received = client.socket.received_of("receive_message");
        assert_eq!(received.len(), 4, "three texts and a picture, each once: {received:#?}");
        let everything = format!("{:?}", client.socket.received());
        assert!(
            !everything.contains("@example.com") && !everything.contains("@else.example"),
            "{everything}"
        );
    }
}
