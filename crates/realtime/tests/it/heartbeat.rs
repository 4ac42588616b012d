//! The server's pings, to the millisecond.

use std::time::{Duration, Instant};

use realtime::Config;
use tokio_tungstenite::tungstenite::Message;

use crate::{
    client::Client,
    http::{Poller, on_one_worker_and_on_four},
    server::{Seen, Server},
};

const INTERVAL: Duration = Duration::from_millis(300);
const TIMEOUT: Duration = Duration::from_secs(1);

fn short() -> Config {
    Config { ping_interval: INTERVAL, ping_timeout: TIMEOUT, ..Config::default() }
}

on_one_worker_and_on_four! {
    pings_polls_and_takes_their_pongs with short(),
    pings_websockets with short(),
    forgets_a_poller_that_does_not_answer with short(),
    cuts_a_websocket_that_does_not_answer with short(),
}

/// Never early; how late a busy machine is, is not for a test to say.
fn not_early(since: Instant) {
    assert!(since.elapsed() + Duration::from_millis(1) >= INTERVAL, "{:?}", since.elapsed());
}

async fn pings_polls_and_takes_their_pongs(server: Server) {
    let client = Poller::join(&server, 1).await;
    assert_eq!(client.get().await.ok(), "2");
    for _ in 0..3 {
        let ponged = Instant::now();
        assert_eq!(client.post("3").await.ok(), "ok");
        assert_eq!(client.get().await.ok(), "2");
        not_early(ponged);
    }
}

async fn pings_websockets(server: Server) {
    let mut client = Client::join(&server, 1).await;
    assert_eq!(client.message().await, Some(Message::text("2")));
    for _ in 0..3 {
        let ponged = Instant::now();
        client.send("3").await;
        assert_eq!(client.message().await, Some(Message::text("2")));
        not_early(ponged);
    }
}

async fn forgets_a_poller_that_does_not_answer(server: Server) {
    let opened = Instant::now();
    let client = Poller::join(&server, 1).await;
    assert_eq!(client.get().await.ok(), "2");
    let poll = client.park().await;
    assert_eq!([server.saw().await, server.saw().await], [Seen::Asked(1), Seen::Gone(1)]);
    assert!(opened.elapsed() >= INTERVAL + TIMEOUT, "{:?}", opened.elapsed());
    assert_eq!(poll.await.unwrap().ok(), "1", "a poll that waits learns of it");
    client.gone().await;

    let client = Poller::join(&server, 2).await;
    assert_eq!([server.saw().await, server.saw().await], [Seen::Asked(2), Seen::Gone(2)]);
    client.gone().await;
    server.connections(0).await;
}

async fn cuts_a_websocket_that_does_not_answer(server: Server) {
    let opened = Instant::now();
    let mut client = Client::join(&server, 1).await;
    assert_eq!(client.message().await, Some(Message::text("2")));
    assert_eq!(client.message().await, None);
    assert!(opened.elapsed() >= INTERVAL + TIMEOUT, "{:?}", opened.elapsed());
    server.connections(0).await;
}
