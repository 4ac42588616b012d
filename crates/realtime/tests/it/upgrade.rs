//! From long-polling to a WebSocket.

use std::time::Duration;

use realtime::{
    Config,
    frame::{Broadcast, Frame},
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_tungstenite::tungstenite::Message;

use crate::{
    client::{Client, soon},
    http::{Poller, on_one_worker_and_on_four, text},
    server::{Seen, Server, session},
};

fn hasty() -> Config {
    Config { upgrade_timeout: Duration::from_secs(1), ..Config::default() }
}

fn beating() -> Config {
    Config {
        ping_interval: Duration::from_millis(150),
        ping_timeout: Duration::from_secs(5),
        ..Config::default()
    }
}

on_one_worker_and_on_four! {
    moves_a_session_and_goes_on,
    answers_polls_until_the_client_probes,
    answers_every_poll_meanwhile_with_nothing,
    moves_without_waiting_for_an_answer_to_the_probe,
    keeps_what_is_sent_meanwhile_in_order,
    handles_what_came_by_post_before_what_comes_by_websocket,
    closes_a_second_websocket_only,
    closes_a_websocket_that_says_something_else,
    gives_up_a_change_that_does_not_come with hasty(),
    goes_on_polling_when_the_websocket_goes,
    tells_of_an_end_that_comes_meanwhile,
    keeps_its_heart_beating with beating(),
    lets_a_moved_session_go_with_its_websocket,
    carries_bursts_over_the_change,
    answers_pings_of_the_websocket_protocol_meanwhile,
}

async fn moves_a_session_and_goes_on(server: Server) {
    let client = Poller::join(&server, 1).await;
    let poll = client.park().await;
    let mut socket = client.websocket().await;
    socket.send("2probe").await;
    assert_eq!(socket.next().await, "3probe");
    assert_eq!(poll.await.unwrap().ok(), "6", "a poll that waits is ended");
    socket.send("5").await;
    socket.ask(r#"["echo"]"#).await;
    client.get().await.refused(3);
    client.post("42[\"x\"]").await.refused(3);
    server.hubs.emit(Broadcast::new(vec![session(1)], Frame::event("n", &["1"])));
    assert_eq!(socket.next().await, r#"42["n",1]"#);
    assert_eq!(server.hubs.connections(), 1);
}

async fn answers_polls_until_the_client_probes(server: Server) {
    let client = Poller::join(&server, 1).await;
    let emit = |n: &str| server.hubs.emit(Broadcast::new(vec![session(1)], Frame::event("n", &[n])));
    let mut socket = client.websocket().await;
    socket.raw(Message::Ping(Vec::new().into())).await;
    assert_eq!(socket.message().await, Some(Message::Pong(Vec::new().into())), "the session has it");
    emit("1");
    assert_eq!(client.get().await.ok(), r#"42["n",1]"#);
    let poll = client.park().await;
    assert!(!poll.is_finished());
    emit("2");
    assert_eq!(poll.await.unwrap().ok(), r#"42["n",2]"#);
    socket.send("2probe").await;
    assert_eq!(socket.next().await, "3probe");
    emit("3");
    assert_eq!(client.get().await.ok(), "6");
    socket.send("5").await;
    assert_eq!(socket.next().await, r#"42["n",3]"#);
}

async fn answers_every_poll_meanwhile_with_nothing(server: Server) {
    let client = Poller::join(&server, 1).await;
    let mut socket = client.websocket().await;
    socket.send("2probe").await;
    assert_eq!(socket.next().await, "3probe");
    server.hubs.emit(Broadcast::new(vec![session(1)], Frame::event("n", &["1"])));
    for _ in 0..5 {
        assert_eq!(client.get().await.ok(), "6");
    }
    socket.send("5").await;
    assert_eq!(socket.next().await, r#"42["n",1]"#);
    socket.ask(r#"["no noop has come here"]"#).await;
}

async fn moves_without_waiting_for_an_answer_to_the_probe(server: Server) {
    for user in 0..20 {
        let client = Poller::join(&server, user).await;
        let mut socket = client.websocket().await;
        socket.send("2probe").await;
        socket.send("5").await;
        let mut answer = client.get().await;
        // On a busy machine the poll may come to the session before the packet that was sent before it.
        while answer.status == 200 {
            assert_eq!(answer.ok(), "6");
            answer = client.get().await;
        }
        answer.refused(3);
        assert_eq!(socket.next().await, "3probe");
        socket.ask(r#"["echo"]"#).await;
    }
}

async fn keeps_what_is_sent_meanwhile_in_order(server: Server) {
    let client = Poller::join(&server, 1).await;
    let emit =
        |n: usize| server.hubs.emit(Broadcast::new(vec![session(1)], Frame::event("n", &[&n.to_string()])));
    (0..10).for_each(emit);
    let mut socket = client.websocket().await;
    (10..20).for_each(emit);
    socket.send("2probe").await;
    assert_eq!(socket.next().await, "3probe");
    (20..30).for_each(emit);
    socket.send("5").await;
    (30..40).for_each(emit);
    for n in 0..40 {
        assert_eq!(socket.next().await, format!(r#"42["n",{n}]"#));
    }
    socket.ask(r#"["nothing more"]"#).await;
}

async fn handles_what_came_by_post_before_what_comes_by_websocket(server: Server) {
    let client = Poller::join(&server, 1).await;
    let whole = text("POST", &client.path, &[], "421[\"echo\",1]\u{1e}422[\"echo\",2]");
    let mut push = client.begin(&whole[..whole.len() - 3]).await;
    let mut socket = client.websocket().await;
    socket.send("2probe").await;
    assert_eq!(socket.next().await, "3probe");
    socket.send("5").await;
    socket.send(r#"423["echo",3]"#).await;
    push.write_all(&whole.as_bytes()[whole.len() - 3..]).await.unwrap();
    let mut answer = String::new();
    soon(push.read_to_string(&mut answer)).await.unwrap();
    assert!(answer.ends_with("ok"), "{answer}");
    for n in 1..=3 {
        assert_eq!(socket.next().await, format!("43{n}[{n}]"));
    }
}

async fn closes_a_second_websocket_only(server: Server) {
    let client = Poller::join(&server, 1).await;
    let mut socket = client.websocket().await;
    let early = client.websocket().await;
    assert_eq!(early.closed().await, Some(1000));
    socket.send("2probe").await;
    assert_eq!(socket.next().await, "3probe");
    let mut probing = client.websocket().await;
    probing.send("2probe").await;
    assert_eq!(probing.closed().await, Some(1000));
    socket.send("5").await;
    socket.ask(r#"["echo"]"#).await;
    let late = client.websocket().await;
    assert_eq!(late.closed().await, Some(1000));
    socket.ask(r#"["still here"]"#).await;
    server.connections(1).await;
}

async fn closes_a_websocket_that_says_something_else(server: Server) {
    let client = Poller::join(&server, 1).await;
    for packet in ["2", "4x", "42[\"echo\"]", "3probe", "1", "6", "x", "", "0{}", "2probes"] {
        let mut socket = client.websocket().await;
        socket.send(packet).await;
        assert_eq!(socket.closed().await, Some(1002), "{packet}");
        let mut socket = client.websocket().await;
        socket.send("2probe").await;
        assert_eq!(socket.next().await, "3probe");
        socket.send(packet).await;
        assert_eq!(socket.closed().await, Some(1002), "{packet}");
    }
    let mut socket = client.websocket().await;
    socket.raw(Message::binary(vec![1])).await;
    assert_eq!(socket.closed().await, Some(1002));
    assert_eq!(client.post(r#"421["still here"]"#).await.ok(), "ok");
    assert_eq!(client.packets().await, ["431[]"]);
}

async fn gives_up_a_change_that_does_not_come(server: Server) {
    let client = Poller::join(&server, 1).await;
    let mut socket = client.websocket().await;
    socket.send("2probe").await;
    assert_eq!(socket.next().await, "3probe");
    server.hubs.emit(Broadcast::new(vec![session(1)], Frame::event("n", &["1"])));
    assert_eq!(socket.closed().await, Some(1000));
    assert_eq!(client.packets().await, [r#"42["n",1]"#]);
    let silent = client.websocket().await;
    assert_eq!(silent.closed().await, Some(1000));
    let mut socket = client.upgrade().await;
    socket.ask(r#"["echo"]"#).await;
    server.connections(1).await;
}

async fn goes_on_polling_when_the_websocket_goes(server: Server) {
    let client = Poller::join(&server, 1).await;
    for _ in 0..3 {
        drop(probing(&client).await);
    }
    let mut polite = probing(&client).await;
    polite.socket.close(None).await.unwrap();
    assert_eq!(polite.closed().await, Some(1000));
    server.hubs.emit(Broadcast::new(vec![session(1)], Frame::event("n", &["1"])));
    assert_eq!(client.packets().await, [r#"42["n",1]"#]);
    let mut socket = client.upgrade().await;
    socket.ask(r#"["echo"]"#).await;
}

/// Opens a WebSocket that asks to carry the session, once the last one has been missed.
async fn probing(client: &Poller) -> Client {
    loop {
        let mut socket = client.websocket().await;
        socket.send("2probe").await;
        if socket.message().await == Some(Message::text("3probe")) {
            return socket;
        }
    }
}

async fn tells_of_an_end_that_comes_meanwhile(server: Server) {
    let client = Poller::join(&server, 1).await;
    let mut socket = client.websocket().await;
    socket.send("2probe").await;
    assert_eq!(socket.next().await, "3probe");
    server.hubs.emit(Broadcast::new(vec![session(1)], Frame::event("last", &[])));
    server.hubs.close(session(1));
    assert_eq!([server.saw().await, server.saw().await], [Seen::Asked(1), Seen::Gone(1)]);
    socket.send("5").await;
    assert_eq!(socket.next().await, r#"42["last"]"#, "nothing is lost");
    assert_eq!(socket.closed().await, Some(1000));
    client.gone().await;
    server.connections(0).await;
}

async fn keeps_its_heart_beating(server: Server) {
    let client = Poller::join(&server, 1).await;
    assert_eq!(client.get().await.ok(), "2", "the ping goes before the change, its answer comes after");
    let mut socket = client.upgrade().await;
    socket.send("3").await;
    for _ in 0..3 {
        assert_eq!(socket.message().await, Some(Message::text("2")));
        socket.send("3").await;
    }
}

async fn lets_a_moved_session_go_with_its_websocket(server: Server) {
    let client = Poller::join(&server, 1).await;
    assert_eq!(server.saw().await, Seen::Asked(1));
    drop(client.upgrade().await);
    assert_eq!(server.saw().await, Seen::Gone(1));
    let client = Poller::join(&server, 2).await;
    let mut socket = client.upgrade().await;
    socket.send("1").await;
    assert_eq!(socket.closed().await, Some(1000));
    let client = Poller::join(&server, 3).await;
    let mut socket = client.upgrade().await;
    socket.send("2").await;
    assert_eq!(socket.closed().await, Some(1002));
    client.gone().await;
    server.connections(0).await;
}

async fn carries_bursts_over_the_change(server: Server) {
    for user in 0..5 {
        let client = Poller::join(&server, user).await;
        let ask: Vec<_> = (0..200).map(|n| format!(r#"42{n}["echo",{n}]"#)).collect();
        for part in ask[..100].chunks(16) {
            assert_eq!(client.post(&part.join("\u{1e}")).await.ok(), "ok");
        }
        let mut received = client.packets().await;
        assert!(received.len() <= 16, "{}", received.len());
        let mut socket = client.upgrade().await;
        for packet in &ask[100..] {
            socket.send(packet).await;
        }
        while received.len() < 200 {
            received.push(socket.next().await);
        }
        assert_eq!(received, (0..200).map(|n| format!("43{n}[{n}]")).collect::<Vec<_>>());
    }
}

async fn answers_pings_of_the_websocket_protocol_meanwhile(server: Server) {
    let client = Poller::join(&server, 1).await;
    let mut socket = client.websocket().await;
    socket.raw(Message::Ping(b"abc".to_vec().into())).await;
    assert_eq!(socket.message().await, Some(Message::Pong(b"abc".to_vec().into())));
    socket.send("2probe").await;
    assert_eq!(socket.next().await, "3probe");
}
