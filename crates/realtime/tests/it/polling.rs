//! HTTP long-polling.

use std::time::Duration;

use realtime::{
    Config,
    frame::{Broadcast, Frame, Topic},
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::{
    client::soon,
    http::{Poller, on_one_worker_and_on_four, request, text},
    server::{Seen, Server, room, session},
};

fn small() -> Config {
    Config { max_payload: 1000, ..Config::default() }
}

on_one_worker_and_on_four! {
    opens_with_what_a_client_needs,
    carries_packets_both_ways,
    carries_binary_messages_as_base64,
    holds_a_poll_until_there_is_something_to_say,
    a_second_poll_ends_the_session,
    a_second_push_ends_the_session,
    a_cancelled_poll_ends_the_session,
    a_push_that_breaks_off_ends_the_session,
    what_is_no_packet_ends_the_session,
    a_body_that_is_no_text_ends_the_session,
    refuses_a_body_above_the_limit_and_keeps_the_session with small(),
    reads_a_body_that_comes_in_pieces,
    says_no_to_other_methods_and_unknown_sessions,
    a_client_says_goodbye,
    the_server_says_goodbye_to_a_poll_that_waits,
    the_server_says_goodbye_to_the_next_poll,
    keeps_a_goodbye_only_for_a_while with Config { linger: Duration::from_millis(50), ..Config::default() },
    ends_a_session_that_does_not_join with Config { connect_timeout: Duration::from_millis(50), ..Config::default() },
    handles_events_no_faster_than_it_may with Config { max_pending: 3, ..Config::default() },
    refuses_a_websocket_session_by_polling,
}

async fn opens_with_what_a_client_needs(server: Server) {
    let path = "/socket.io/?EIO=4&transport=polling&t=abc&b64=1&room=5";
    let answer = request(server.address, "GET", path, &[], "").await;
    assert_eq!(answer.header("content-type"), Some("text/plain; charset=UTF-8"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert!(answer.header("content-length").is_some());
    assert!(answer.ok().starts_with(r#"0{"sid":""#));
    let open = Poller::open(&server, "socket.io").await.open;
    assert_eq!(open["upgrades"], serde_json::json!(["websocket"]));
    assert_eq!(open["maxPayload"], 1_000_000);
    assert_eq!(open.as_object().unwrap().len(), 5, "{open}");
    assert!(open["sid"].as_str().unwrap().len() >= 22, "128 bits take 22 characters");
    assert_eq!(server.hubs.connections(), 2);
}

async fn carries_packets_both_ways(server: Server) {
    let client = Poller::join(&server, 1).await;
    let answer = client.post("421[\"echo\",\"一\"]\u{1e}422[\"echo\",\"二\"]\u{1e}42[\"echo\"]").await;
    assert_eq!(answer.header("content-type"), Some("text/html"));
    assert_eq!(answer.ok(), "ok");
    let mut packets = client.packets().await;
    while packets.len() < 2 {
        packets.append(&mut client.packets().await);
    }
    assert_eq!(packets, ["431[\"一\"]", "432[\"二\"]"]);
}

async fn carries_binary_messages_as_base64(server: Server) {
    let client = Poller::open(&server, "engine.io").await;
    assert_eq!(client.post("4hello\u{1e}bAQIDBA==\u{1e}4\u{1e}b").await.ok(), "ok");
    assert_eq!(client.get().await.ok(), "4hello\u{1e}bAQIDBA==\u{1e}4\u{1e}b");
}

async fn holds_a_poll_until_there_is_something_to_say(server: Server) {
    let client = Poller::join(&server, 1).await;
    for n in 0..20 {
        let poll = client.park().await;
        assert!(!poll.is_finished());
        server.hubs.emit(Broadcast::new(vec![session(1)], Frame::event("n", &[&n.to_string()])));
        assert_eq!(poll.await.unwrap().ok(), format!(r#"42["n",{n}]"#));
    }
}

async fn a_second_poll_ends_the_session(server: Server) {
    let client = Poller::join(&server, 1).await;
    let first = client.park().await;
    client.get().await.refused(3);
    assert_eq!(first.await.unwrap().ok(), "1");
    client.gone().await;
    assert_eq!([server.saw().await, server.saw().await], [Seen::Asked(1), Seen::Gone(1)]);
    server.connections(0).await;
}

async fn a_second_push_ends_the_session(server: Server) {
    let client = Poller::join(&server, 1).await;
    let whole = text("POST", &client.path, &[], "42[\"echo\"]");
    let mut first = client.begin(&whole[..whole.len() - 3]).await;
    client.post("42[\"echo\"]").await.refused(3);
    client.gone().await;
    let mut answer = String::new();
    soon(first.read_to_string(&mut answer)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    server.connections(0).await;
}

async fn a_cancelled_poll_ends_the_session(server: Server) {
    let client = Poller::join(&server, 1).await;
    assert_eq!(server.saw().await, Seen::Asked(1));
    let poll = client.begin(&text("GET", &client.path, &[], "")).await;
    drop(poll);
    assert_eq!(server.saw().await, Seen::Gone(1));
    server.connections(0).await;
    client.gone().await;
}

async fn a_push_that_breaks_off_ends_the_session(server: Server) {
    let client = Poller::join(&server, 1).await;
    assert_eq!(server.saw().await, Seen::Asked(1));
    let whole = text("POST", &client.path, &[], "42[\"echo\"]");
    drop(client.begin(&whole[..whole.len() - 3]).await);
    assert_eq!(server.saw().await, Seen::Gone(1));
    client.gone().await;
}

async fn what_is_no_packet_ends_the_session(server: Server) {
    let bodies = [
        "abc",
        "",
        "7",
        "b!",
        "4\u{1e}",
        "2",
        "2probe",
        "5",
        "6",
        "0{}",
        "4",
        "4abc",
        "42[\"echo\"]\u{1e}1x",
        "bAQID",
    ];
    for body in bodies {
        let client = Poller::join(&server, 1).await;
        client.post(body).await.refused(3);
        client.gone().await;
    }
    let client = Poller::join(&server, 1).await;
    let poll = client.park().await;
    client.post("abc").await.refused(3);
    assert_eq!(poll.await.unwrap().ok(), "1", "a poll that waits learns of it");
    server.connections(0).await;
}

async fn a_body_that_is_no_text_ends_the_session(server: Server) {
    let client = Poller::join(&server, 1).await;
    let headers = [("content-type", "application/octet-stream")];
    request(client.address, "POST", &client.path, &headers, "4x").await.refused(3);
    client.gone().await;

    let client = Poller::join(&server, 1).await;
    let head = format!("POST {} HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\n", client.path);
    let mut stream = client.begin(&head).await;
    stream.write_all(b"4\xff\xfe").await.unwrap();
    let mut answer = Vec::new();
    soon(stream.read_buf(&mut answer)).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 400"));
    client.gone().await;
}

async fn refuses_a_body_above_the_limit_and_keeps_the_session(server: Server) {
    let client = Poller::join(&server, 1).await;
    let longest = format!(r#"421["echo","{}"]"#, "x".repeat(1000 - 14));
    assert_eq!(longest.len(), 1000);
    assert_eq!(client.post(&longest).await.ok(), "ok");
    assert_eq!(client.packets().await[0].len(), longest.len() - 7);
    assert_eq!(client.post(&format!("{longest} ")).await.status, 413);

    // Without a length it is counted while it comes.
    let head = format!("POST {} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n", client.path);
    let mut stream = client.begin(&head).await;
    stream.write_all(format!("3e9\r\n{longest} \r\n").as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    soon(stream.read_buf(&mut answer)).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 413"), "{answer:?}");

    assert_eq!(client.post(r#"422["still here"]"#).await.ok(), "ok");
    assert_eq!(client.packets().await, ["432[]"]);
}

async fn reads_a_body_that_comes_in_pieces(server: Server) {
    let client = Poller::join(&server, 1).await;
    let whole = text("POST", &client.path, &[], "421[\"echo\",\"一句話\"]");
    let (head, body) = whole.split_once("\r\n\r\n").unwrap();
    let mut stream = client.begin(&format!("{head}\r\n\r\n")).await;
    for byte in body.as_bytes() {
        stream.write_all(&[*byte]).await.unwrap();
    }
    let mut answer = String::new();
    soon(stream.read_to_string(&mut answer)).await.unwrap();
    assert!(answer.ends_with("\r\n\r\nok"), "{answer}");
    assert_eq!(client.packets().await, ["431[\"一句話\"]"]);
}

async fn says_no_to_other_methods_and_unknown_sessions(server: Server) {
    let client = Poller::join(&server, 1).await;
    for method in ["PUT", "DELETE", "PATCH", "OPTIONS"] {
        request(server.address, method, &client.path, &[], "").await.refused(3);
        request(server.address, method, "/socket.io/?EIO=4&transport=polling", &[], "").await.refused(2);
    }
    let cases = [
        ("GET", "?EIO=4&transport=polling&sid=abc", 1),
        ("POST", "?EIO=4&transport=polling&sid=abc", 1),
        ("POST", "?EIO=4&transport=polling", 2),
        ("GET", "?EIO=3&transport=polling", 5),
        ("GET", "?transport=polling", 5),
        ("GET", "?EIO=abc&transport=polling", 5),
        ("GET", "?EIO=4", 0),
        ("GET", "?EIO=4&transport=constructor", 0),
        ("GET", "?EIO=4&transport=websocket", 3),
        ("GET", &format!("?EIO=4&transport=websocket&sid={}", client.sid()), 3),
    ];
    for (method, query, code) in cases {
        request(server.address, method, &format!("/socket.io/{query}"), &[], "").await.refused(code);
    }
    let banned = [("x-banned", "yes")];
    request(server.address, "GET", "/socket.io/?EIO=4&transport=polling", &banned, "").await.refused(4);
    assert_eq!(client.post(r#"421["still here"]"#).await.ok(), "ok");
    assert_eq!(client.packets().await, ["431[]"]);
}

async fn a_client_says_goodbye(server: Server) {
    let client = Poller::join(&server, 1).await;
    let poll = client.park().await;
    assert_eq!(client.post("1").await.ok(), "ok");
    assert_eq!(poll.await.unwrap().ok(), "6");
    client.gone().await;

    let client = Poller::join(&server, 2).await;
    assert_eq!(client.post("421[\"echo\"]\u{1e}1").await.ok(), "ok");
    client.gone().await;
    server.connections(0).await;
}

async fn the_server_says_goodbye_to_a_poll_that_waits(server: Server) {
    let client = Poller::join(&server, 1).await;
    let poll = client.park().await;
    server.hubs.close(session(1));
    assert_eq!(poll.await.unwrap().ok(), "1");
    client.gone().await;
    server.connections(0).await;
}

async fn the_server_says_goodbye_to_the_next_poll(server: Server) {
    let client = Poller::join(&server, 1).await;
    server.hubs.emit(Broadcast::new(vec![session(1)], Frame::event("session_revoked", &[])));
    server.hubs.close(session(1));
    assert_eq!([server.saw().await, server.saw().await], [Seen::Asked(1), Seen::Gone(1)]);
    assert_eq!(client.get().await.ok(), "42[\"session_revoked\"]");
    assert_eq!(client.get().await.ok(), "1");
    client.gone().await;
    server.connections(0).await;
}

async fn keeps_a_goodbye_only_for_a_while(server: Server) {
    let client = Poller::join(&server, 1).await;
    server.hubs.close(session(1));
    server.connections(0).await;
    client.gone().await;
}

async fn ends_a_session_that_does_not_join(server: Server) {
    let client = Poller::open(&server, "socket.io").await;
    assert_eq!(client.get().await.ok(), "1");
    client.gone().await;
}

async fn handles_events_no_faster_than_it_may(server: Server) {
    let client = Poller::join(&server, 1).await;
    assert_eq!(server.saw().await, Seen::Asked(1));
    let body: Vec<_> = (0..20).map(|n| format!(r#"42{n}["wait",{n}]"#)).collect();
    let mut push = client.begin(&text("POST", &client.path, &[], &body.join("\u{1e}"))).await;
    for n in 0..3 {
        assert_eq!(server.saw().await, Seen::Began(n.to_string()));
    }
    for n in 0..20 {
        server.application.permits.add_permits(1);
        assert_eq!(server.saw().await, Seen::Done(n.to_string()));
        if n < 17 {
            assert_eq!(server.saw().await, Seen::Began((n + 3).to_string()));
        }
    }
    let mut answer = String::new();
    soon(push.read_to_string(&mut answer)).await.unwrap();
    assert!(answer.ends_with("ok"), "{answer}");
    let mut packets = Vec::new();
    while packets.len() < 20 {
        packets.append(&mut client.packets().await);
    }
    assert_eq!(packets, (0..20).map(|n| format!("43{n}[{n}]")).collect::<Vec<_>>());
}

async fn refuses_a_websocket_session_by_polling(server: Server) {
    let mut client = crate::client::Client::join(&server, 1).await;
    let sid = client.open["sid"].as_str().unwrap();
    let path = format!("/socket.io/?EIO=4&transport=polling&sid={sid}");
    request(server.address, "GET", &path, &[], "").await.refused(3);
    request(server.address, "POST", &path, &[], "42[\"x\"]").await.refused(3);
    client.ask(r#"["join",1]"#).await;
    server.hubs.emit(Broadcast::new(
        vec![room(1), Topic::Room(domain::id::RoomId(uuid::Uuid::nil()))],
        Frame::event("n", &[]),
    ));
    assert_eq!(client.next().await, r#"42["n"]"#);
}
