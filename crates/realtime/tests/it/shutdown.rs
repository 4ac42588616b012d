//! How the server ends.

use std::{sync::Arc, time::Duration};

use realtime::{Drain, frame::Frame};
use tokio_tungstenite::tungstenite::Message;

use crate::{
    client::{Client, PATH, refused, soon},
    http::{Poller, request},
    server::{Seen, Server},
};

fn with_notice(over: Duration) -> Drain {
    let notice = Arc::new(|pause: Duration| {
        let millis = pause.as_millis().to_string();
        Frame::event("restart", &[r#"{"retry_after_ms":"#, &millis, "}"])
    });
    let pause = Duration::from_millis(100)..Duration::from_millis(900);
    Drain { over, patience: Duration::from_secs(10), pause, notice: Some(notice) }
}

/// The pause that a packet asks for.
fn pause(packet: &str) -> u64 {
    let pause =
        packet.strip_prefix(r#"42["restart",{"retry_after_ms":"#).and_then(|rest| rest.strip_suffix("}]"));
    pause.unwrap_or_else(|| panic!("{packet}")).parse().unwrap()
}

#[tokio::test]
async fn ends_every_connection_and_takes_no_more() {
    let server = Server::start().await;
    let mut clients = vec![Client::open(&server).await];
    for user in 0..10 {
        clients.push(Client::join(&server, user).await);
    }
    assert_eq!(server.hubs.connections(), 11);
    let ends = async {
        for mut client in clients {
            let last = client.message().await;
            assert!(
                matches!(&last, Some(Message::Close(Some(frame))) if u16::from(frame.code) == 1001),
                "no packet says so, or stock clients would not come back: {last:?}"
            );
            client.closed().await;
        }
    };
    soon(async { tokio::join!(server.realtime.shutdown(), ends) }).await;
    assert_eq!(server.hubs.connections(), 0);
    let refused = refused(&server, PATH, None).await;
    assert_eq!(refused.status(), 503);
    assert!(refused.headers().contains_key("retry-after"));
    let polling = request(server.address, "GET", "/socket.io/?EIO=4&transport=polling", &[], "").await;
    assert_eq!((polling.status, polling.header("connection")), (503, Some("close")));
    soon(server.realtime.shutdown()).await;
}

#[tokio::test]
async fn sends_each_client_a_time_to_come_back() {
    let server = Server::start().await;
    let mut clients = Vec::new();
    for user in 0..20 {
        clients.push(Client::join(&server, user).await);
    }
    let outside = Client::open(&server).await;
    let ends = async {
        let mut pauses = Vec::new();
        for mut client in clients {
            pauses.push(pause(&client.next().await));
            assert_eq!(client.closed().await, Some(1001));
        }
        assert_eq!(outside.closed().await, Some(1001), "who has not joined is sent nothing");
        pauses
    };
    let ((), mut pauses) =
        soon(async { tokio::join!(server.realtime.drain(with_notice(Duration::from_millis(200))), ends) })
            .await;
    assert!(pauses.iter().all(|pause| (100..900).contains(pause)), "{pauses:?}");
    pauses.sort_unstable();
    pauses.dedup();
    assert!(pauses.len() > 5, "not all at once: {pauses:?}");
}

#[tokio::test]
async fn sends_the_notice_also_when_all_end_at_once() {
    let server = Server::start().await;
    let mut clients = Vec::new();
    for user in 0..20 {
        clients.push(Client::join(&server, user).await);
    }
    let ends = async {
        for mut client in clients {
            pause(&client.next().await);
            assert_eq!(client.closed().await, Some(1001));
        }
    };
    soon(async { tokio::join!(server.realtime.drain(with_notice(Duration::ZERO)), ends) }).await;
}

#[tokio::test]
async fn sends_the_notice_by_polling_and_then_503() {
    let server = Server::start().await;
    let (waiting, coming) = (Poller::join(&server, 1).await, Poller::join(&server, 2).await);
    let poll = waiting.park().await;
    let ends = async {
        pause(&poll.await.unwrap().ok());
        let end = waiting.get().await;
        assert_eq!((end.status, end.header("retry-after")), (503, Some("2")), "{end:?}");
        waiting.gone().await;
        pause(&coming.get().await.ok());
        assert_eq!(coming.get().await.status, 503);
        coming.gone().await;
    };
    soon(async { tokio::join!(server.realtime.drain(with_notice(Duration::from_millis(100))), ends) }).await;
    assert_eq!(server.hubs.connections(), 0);
}

#[tokio::test]
async fn does_not_wait_for_those_who_stopped_polling() {
    let server = Server::start().await;
    let _gone = Poller::join(&server, 1).await;
    soon(server.realtime.drain(with_notice(Duration::ZERO))).await;
    assert_eq!(server.hubs.connections(), 0);
}

#[tokio::test]
async fn answers_what_was_asked_before_it_ends() {
    let server = Server::start().await;
    let mut client = Client::join(&server, 1).await;
    client.send(r#"421["wait",1]"#).await;
    assert_eq!([server.saw().await, server.saw().await], [Seen::Asked(1), Seen::Began("1".into())]);
    let ends = async {
        pause(&client.next().await);
        client.ask(r#"["still here"]"#).await;
        server.application.permits.add_permits(1);
        assert_eq!(client.next().await, "431[1]");
        assert_eq!(client.closed().await, Some(1001));
    };
    soon(async { tokio::join!(server.realtime.drain(with_notice(Duration::ZERO)), ends) }).await;
}
