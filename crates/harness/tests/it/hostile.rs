//! Input that nobody honest sends: never a 500, never a lost connection, never a changed row.

use futures_util::{SinkExt as _, StreamExt as _};
use harness::deadline::within;
use harness::socket::{ConnectOptions, upgrade};
use harness::{Caller, Stack, on_each_database};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

/// Values that fit no field; each replaces every field in turn.
fn nonsense() -> Vec<Value> {
    let mut deep = json!(1);
    for _ in 0..100 {
        deep = json!([deep]);
    }
    vec![
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(1.5),
        json!(i64::MAX),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(1e300),
        json!(""),
        json!(" "),
        json!("\u{0}"),
        json!("a\u{0}b"),
        json!("\u{FEFF}"),
        json!("\u{202E}"),
        json!("😀".repeat(70_000 / 4)),
        json!("長".repeat(70_000)),
        json!("-0"),
        json!("9223372036854775808"),
        json!("' OR 1=1 --"),
        json!("../../../etc/passwd"),
        json!("${jndi:ldap://x}"),
        json!("e\u{301}".repeat(500)),
        json!([]),
        json!({}),
        json!([null]),
        json!({ "": "" }),
        deep,
    ]
}

/// Refused or taken, but answered, and not with an error of the server.
async fn survives(caller: &Caller, method: &str, path: &str, body: &Value) {
    let answer = caller.send(caller.request(method.parse().unwrap(), path).json(body)).await;
    assert!(answer.status < 500, "{answer} to {}", body.to_string().chars().take(200).collect::<String>());
}

on_each_database! {
    no_field_of_rest_breaks_the_server,
    no_field_of_an_event_breaks_the_server,
    no_query_or_path_breaks_the_server,
    a_packet_that_is_none_ends_its_connection_and_no_other,
    text_that_is_no_utf8_ends_its_connection_and_no_other,
    requests_that_are_none_are_refused_or_dropped,
    the_same_field_twice_and_a_body_that_stops_short_are_harmless,
}

async fn no_field_of_rest_breaks_the_server(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let base = [
        (
            "POST",
            "/auth/register".to_owned(),
            json!({ "username": "新人", "password": "八個字的密碼喔喔", "email": "n@e" }),
        ),
        (
            "POST",
            "/auth/token".to_owned(),
            json!({ "username": "愛麗絲", "password": "x", "grant_type": "password" }),
        ),
        ("POST", "/auth/refresh".to_owned(), json!({ "refresh_token": "x" })),
        (
            "PATCH",
            format!("/user/{}", alice.id),
            json!({ "nickname": "愛", "avatar_url": "", "status": "", "discoverable": true }),
        ),
        ("POST", "/friends/request".to_owned(), json!({ "friend_id": ming.id })),
        ("POST", "/friends/requests/accepted".to_owned(), json!({ "friend_id": ming.id })),
        ("DELETE", "/friends/requests/reject".to_owned(), json!({ "friend_id": 999 })),
        ("POST", "/chatrooms/".to_owned(), json!({ "members_id": [ming.id], "chatroom_name": "室" })),
        (
            "POST",
            format!("/chatrooms/{room}/message"),
            json!({
                "content": "好", "message_type": "text", "media_url": null, "caption": "說明", "client_msg_id": "k", "timestamp": "2026-11-22T00:00:00Z", "chatroom_id": room,
            }),
        ),
        (
            "POST",
            format!("/chatrooms/{room}/message"),
            json!({ "content": "https://e.example/a", "message_type": "image", "caption": "說明" }),
        ),
        ("POST", format!("/chatrooms/{room}/read"), json!({ "message_id": 1 })),
    ];
    for (method, path, body) in &base {
        for value in nonsense() {
            for field in body.as_object().unwrap().keys() {
                let mut body = body.clone();
                body[field] = value.clone();
                survives(&alice, method, path, &body).await;
            }
            survives(&alice, method, path, &value).await;
        }
    }
    alice.get("/user/me").await.is(200);
    ming.say(&room, "還活著").await;
}

async fn no_field_of_an_event_breaks_the_server(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let socket = alice.socket().await;
    let base = [
        (
            "send_message",
            json!({ "chatroom_id": room, "content": "好", "message_type": "text", "client_msg_id": "k", "timestamp": "2026-11-22T00:00:00Z", "caption": "x", "media_url": "x" }),
        ),
        ("mark_read", json!({ "chatroom_id": room, "message_id": 1 })),
        ("mark_delivered", json!({ "chatroom_id": room, "message_id": 1 })),
        ("typing", json!({ "chatroom_id": room, "is_typing": true })),
        ("join_room", json!({ "chatroom_id": room })),
        ("leave_room", json!({ "chatroom_id": room })),
        ("set_user_id", json!({ "x": 1 })),
    ];
    for (name, payload) in &base {
        for value in nonsense() {
            for field in payload.as_object().unwrap().keys() {
                let mut payload = payload.clone();
                payload[field] = value.clone();
                let answer = socket.ask(name, payload).await;
                assert!(answer["ok"].is_boolean() && answer["code"] != "internal", "{name} {field} {answer}");
            }
            let answer = socket.ask(name, value).await;
            assert!(answer["ok"].is_boolean() && answer["code"] != "internal", "{name} {answer}");
        }
    }
    ming.say(&room, "還活著").await;
    socket.ask_ok("set_user_id", json!(alice.id)).await;
}

async fn no_query_or_path_breaks_the_server(stack: &Stack) {
    let (alice, _, room) = stack.pair().await;
    let values = [
        "",
        "0",
        "-1",
        "1.5",
        "abc",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775809",
        "1e5",
        "%00",
        "%F0%9F%98%80",
        "%27%20OR%201=1",
        "true",
        "NaN",
        "%2e%2e%2f",
        "2026-13-45",
        "1%00",
    ];
    let long = "a".repeat(5_000);
    for value in values.into_iter().chain([long.as_str()]) {
        for path in [
            format!("/user/{value}"),
            format!("/chatrooms/{value}"),
            format!("/chatrooms/{value}/messages"),
            format!("/static/message/{value}"),
            format!("/static/avatars/{value}"),
            format!("/chatrooms/{room}/messages?limit={value}"),
            format!("/chatrooms/{room}/messages?before={value}"),
            format!("/chatrooms/{room}/messages?before_id={value}"),
            format!("/chatrooms/{room}/messages?after_id={value}&before={value}"),
            format!("/friends/search?email={value}"),
            format!("/friends/search?username={value}"),
            format!("/{value}"),
        ] {
            let answer = alice.get(&path).await;
            assert!(answer.status < 500, "{answer}");
        }
        for path in
            [format!("/friends/?friend_id={value}"), format!("/friends/requests/reject?friend_id={value}")]
        {
            assert!(alice.delete(&path).await.status < 500);
        }
        assert!(alice.post(&format!("/friends/request?friend_id={value}")).await.status < 500);
    }
}

async fn a_packet_that_is_none_ends_its_connection_and_no_other(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let bystander = ming.socket().await;
    let packets = [
        Message::text("42"),
        Message::text("42[]"),
        Message::text("42[1]"),
        Message::text("42{\"a\":1}"),
        Message::text("9"),
        Message::text("4"),
        Message::text(""),
        Message::text("420[\"x\"]]"),
        Message::text("42[\"x\",\"\\ud800\"]"),
        Message::text(format!("42[\"x\",{}1{}]", "[".repeat(50_000), "]".repeat(50_000))),
        Message::text("40"),
        Message::text("451-[\"x\",{\"_placeholder\":true,\"num\":0}]"),
        Message::binary(vec![4, 2]),
        Message::text("4299999999999999999999[\"set_user_id\",1]"),
    ];
    for packet in packets {
        let socket = alice.socket().await;
        let shown: String = format!("{packet:?}").chars().take(80).collect();
        socket.send_raw(packet);
        // Whether it is ended or ignored is its own affair.
        socket.emit("send_message", json!({ "chatroom_id": room, "content": shown }));
        bystander.ask_ok("set_user_id", json!(ming.id)).await;
    }
    let socket = alice.socket().await;
    socket.send_raw(Message::text(format!("42[\"x\",\"{}\"]", "a".repeat(1_100_000))));
    socket.closed().await;
    bystander.say(&room, "還活著").await;
}

async fn text_that_is_no_utf8_ends_its_connection_and_no_other(stack: &Stack) {
    let (_, ming, room) = stack.pair().await;
    let (mut stream, _) = upgrade(&stack.origin(), &ConnectOptions::default()).await.unwrap();
    // A text frame by hand: final, masked with zeros, two bytes that are no UTF-8.
    stream.get_mut().write_all(&[0x81, 0x82, 0, 0, 0, 0, 0xff, 0xfe]).await.unwrap();
    stream.flush().await.unwrap();
    while let Some(Ok(message)) = within("the end", stream.next()).await {
        assert!(message.is_close(), "{message}");
    }
    ming.say(&room, "還活著").await;
}

async fn requests_that_are_none_are_refused_or_dropped(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let huge = format!("GET /user/me HTTP/1.1\r\nHost: x\r\nCookie: {}\r\n\r\n", "a".repeat(300_000));
    let many = format!("GET /user/me HTTP/1.1\r\nHost: x\r\n{}\r\n", "X-A: b\r\n".repeat(3_000));
    let raw: [&[u8]; 7] = [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"\r\n\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /auth/token HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n", huge.as_bytes(), many.as_bytes(),
    ];
    for bytes in raw {
        let mut stream = TcpStream::connect(stack.address()).await.unwrap();
        // The server may hang up while this is being sent.
        drop(stream.write_all(bytes).await);
        drop(stream.shutdown().await);
        let mut answer = Vec::new();
        drop(within("an answer or the end", stream.read_to_end(&mut answer)).await);
        let text = String::from_utf8_lossy(&answer).into_owned();
        assert!(!text.starts_with("HTTP/1.1 5"), "{text}");
        alice.get("/user/me").await.is(200);
    }
    // The HTTP library notes each of them; nothing of ours does.
    let seen = harness::server_errors::take();
    assert!(seen.iter().all(|line| line.starts_with("actix_http::")), "{seen:?}");
}

async fn the_same_field_twice_and_a_body_that_stops_short_are_harmless(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let path = format!("/chatrooms/{room}/message");
    let twice = alice.post_raw(&path, "application/json", "{\"content\":\"一\",\"content\":\"二\"}").await;
    assert!(twice.status < 500, "{twice}");
    let mut stream = TcpStream::connect(stack.address()).await.unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{{\"content\":",
        alice.token()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    drop(stream);
    ming.say(&room, "還活著").await;
    assert!(ming.texts(&room).await.len() <= 2);
}
