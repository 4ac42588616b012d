//! What other servers of these protocols got wrong at one time or another.

use std::time::Duration;

use bytes::Bytes;
use realtime::{
    Config,
    frame::{Broadcast, Frame},
};
use tokio_tungstenite::tungstenite::Message;

use crate::{
    client::Client,
    http::{Poller, SEPARATOR, on_one_worker_and_on_four},
    server::{Server, session},
};

fn beating() -> Config {
    Config {
        ping_interval: Duration::from_millis(100),
        ping_timeout: Duration::from_secs(5),
        ..Config::default()
    }
}

fn short() -> Config {
    Config {
        ping_interval: Duration::from_millis(500),
        ping_timeout: Duration::from_millis(500),
        upgrade_timeout: Duration::from_millis(1500),
        ..Config::default()
    }
}

on_one_worker_and_on_four! {
    the_separator_before_an_attachment_stays_when_a_poll_waits,
    an_upgrade_does_not_swallow_the_answer_to_connect,
    a_noop_never_reaches_the_websocket,
    an_upgrade_that_never_completes_leaves_nothing_behind with short(),
    binary_that_begins_like_a_packet_is_binary,
    no_heartbeat_comes_between_a_probe_and_its_upgrade with beating(),
    no_poll_brings_more_than_sixteen_packets,
    a_large_packet_goes_alone with Config { max_payload: 1000, ..Config::default() },
    a_push_above_the_limit_does_not_end_the_session with Config { max_payload: 1000, ..Config::default() },
    names_of_events_may_be_anything_that_is_no_object,
    an_endless_id_costs_nothing,
    the_limit_is_a_megabyte_unless_somebody_says_otherwise,
    a_session_is_known_on_every_worker,
}

const PLACE: &str = r#"{"_placeholder":true,"num":0}"#;

async fn the_separator_before_an_attachment_stays_when_a_poll_waits(server: Server) {
    let client = Poller::join(&server, 1).await;
    let poll = client.park().await;
    let frame = Frame::binary_event_in("/", "file", &[PLACE], &[Bytes::from_static(&[1, 2, 3])]);
    server.hubs.emit(Broadcast::new(vec![session(1)], frame));
    assert_eq!(poll.await.unwrap().ok(), format!("451-[\"file\",{PLACE}]{SEPARATOR}bAQID"));
}

async fn an_upgrade_does_not_swallow_the_answer_to_connect(server: Server) {
    let client = Poller::open(&server, "socket.io").await;
    assert_eq!(client.post(r#"40{"user":1}"#).await.ok(), "ok");
    let mut socket = client.upgrade().await;
    assert!(socket.next().await.starts_with(r#"40{"sid":""#));
    socket.ask(r#"["echo"]"#).await;
}

async fn a_noop_never_reaches_the_websocket(server: Server) {
    let client = Poller::join(&server, 1).await;
    let poll = client.park().await;
    let mut socket = client.websocket().await;
    socket.send("2probe").await;
    assert_eq!(socket.next().await, "3probe");
    assert_eq!(poll.await.unwrap().ok(), "6");
    assert_eq!(client.get().await.ok(), "6");
    let poll = client.park().await;
    socket.send("5").await;
    let answer = poll.await.unwrap();
    assert!(answer.status == 400 || answer.body == "6", "{answer:?}");
    socket.ask(r#"["echo"]"#).await;
}

async fn an_upgrade_that_never_completes_leaves_nothing_behind(server: Server) {
    let mut sockets = Vec::new();
    for user in 0..5 {
        let client = Poller::join(&server, user).await;
        let mut socket = client.websocket().await;
        if user % 2 == 0 {
            socket.send("2probe").await;
        }
        sockets.push(socket);
    }
    server.connections(0).await;
    for socket in sockets {
        assert_eq!(socket.closed().await, Some(1000));
    }
}

async fn binary_that_begins_like_a_packet_is_binary(server: Server) {
    let client = Poller::open(&server, "engine.io").await;
    for body in ["b4AAA", "b0123", "b6666", "b1111", "b2pro"] {
        assert_eq!(client.post(body).await.ok(), "ok");
        assert_eq!(client.get().await.ok(), body);
    }
}

async fn no_heartbeat_comes_between_a_probe_and_its_upgrade(server: Server) {
    let client = Poller::join(&server, 1).await;
    let mut socket = client.websocket().await;
    socket.send("2probe").await;
    assert_eq!(socket.next().await, "3probe");
    // Each takes a moment, all together several intervals.
    for _ in 0..20 {
        assert_eq!(client.get().await.ok(), "6");
    }
    socket.send("5").await;
    assert_eq!(socket.message().await, Some(Message::text("2")), "then the heart beats on");
    socket.send("3").await;
    assert_eq!(socket.message().await, Some(Message::text("2")));
}

async fn no_poll_brings_more_than_sixteen_packets(server: Server) {
    let client = Poller::join(&server, 1).await;
    assert_eq!(client.post(r#"42["burst",100]"#).await.ok(), "ok");
    let mut received = Vec::new();
    while received.len() < 100 {
        let mut packets = client.packets().await;
        assert!(packets.len() <= 16, "{}", packets.len());
        received.append(&mut packets);
    }
    assert_eq!(received, (0..100).map(|n| format!(r#"42["n",{n}]"#)).collect::<Vec<_>>());
}

async fn a_large_packet_goes_alone(server: Server) {
    let client = Poller::join(&server, 1).await;
    let large = |n: u32, size: usize| {
        let text = format!(r#"{n},"{}""#, "x".repeat(size));
        server.hubs.emit(Broadcast::new(vec![session(1)], Frame::event("n", &[&text])));
    };
    large(1, 10);
    large(2, 2000);
    large(3, 10);
    large(4, 600);
    large(5, 600);
    let mut bodies = Vec::new();
    while bodies.iter().map(Vec::len).sum::<usize>() < 5 {
        bodies.push(client.packets().await);
    }
    for body in &bodies {
        let size = body.iter().map(String::len).sum::<usize>() + body.len() - 1;
        assert!(size <= 1000 || body.len() == 1, "{size} bytes in {} packets", body.len());
    }
    let heads: Vec<_> = bodies.concat().iter().map(|packet| packet[..8].to_owned()).collect();
    assert_eq!(heads, (1..=5).map(|n| format!(r#"42["n",{n}"#)).collect::<Vec<_>>());
}

async fn a_push_above_the_limit_does_not_end_the_session(server: Server) {
    let client = Poller::join(&server, 1).await;
    assert_eq!(client.post(&"4".repeat(1001)).await.status, 413);
    assert_eq!(client.post(r#"421["echo"]"#).await.ok(), "ok");
    assert_eq!(client.packets().await, ["431[]"]);
}

async fn names_of_events_may_be_anything_that_is_no_object(server: Server) {
    let mut client = Client::join(&server, 1).await;
    for name in [r#""toString""#, r#""__proto__""#, r#""constructor""#, r#""""#, "0", "-1.5", r#""\u0000""#] {
        client.send(&format!("427[{name},1]")).await;
        assert_eq!(client.next().await, "437[1]", "{name}");
    }
    for name in [r#"{"toString":"foo"}"#, "null", "[]", "true"] {
        let mut client = Client::join(&server, 1).await;
        client.send(&format!("42[{name}]")).await;
        assert_eq!(client.closed().await, Some(1002), "{name}");
    }
}

async fn an_endless_id_costs_nothing(server: Server) {
    let mut client = Client::join(&server, 1).await;
    client.send(&format!("42{}[\"echo\"]", "1".repeat(900_000))).await;
    assert_eq!(client.closed().await, Some(1002));
}

async fn the_limit_is_a_megabyte_unless_somebody_says_otherwise(server: Server) {
    let mut client = Client::join(&server, 1).await;
    client.send(&"4".repeat(1_000_001)).await;
    assert_eq!(client.closed().await, Some(1009));
    let client = Poller::join(&server, 1).await;
    assert_eq!(client.post(&"4".repeat(1_000_001)).await.status, 413);
}

async fn a_session_is_known_on_every_worker(server: Server) {
    let client = Poller::join(&server, 1).await;
    for n in 0..50 {
        assert_eq!(client.post(&format!(r#"42{n}["echo",{n}]"#)).await.ok(), "ok");
        assert_eq!(client.packets().await, [format!("43{n}[{n}]")]);
    }
}
