//! Engine.IO without Socket.IO above it.

use std::{future::ready, sync::Arc, time::Duration};

use actix_web::HttpRequest;
use futures_util::future::{FutureExt as _, LocalBoxFuture};
use realtime::{
    AdmitError, ConnectError, Connection, Dispatch, EngineMessage, EngineSocket, Handshake, Incoming, Reply,
    Socket,
};
use tokio_tungstenite::tungstenite::Message;

use crate::{
    client::Client,
    http::{Poller, on_one_worker_and_on_four},
    server::Server,
};

on_one_worker_and_on_four! {
    echoes_messages,
    ends_with_a_packet_that_is_none,
    ends_when_the_program_says_so,
    moves_between_transports,
}

/// For sessions that never join a namespace.
pub(crate) const NO_CONNECT_TIMEOUT: Duration = Duration::from_hours(24);

/// Echoes messages, and ends the session on `bye`.
pub(crate) struct Echo;

impl Dispatch for Echo {
    type Client = ();
    type Permit = ();
    type Credentials = ();

    fn admit(&self, _: &HttpRequest) -> Result<(), AdmitError> {
        Ok(())
    }

    fn credentials(&self, _: &HttpRequest) {}

    fn engine_message(&self, socket: &EngineSocket<'_>, message: &EngineMessage<'_>) -> bool {
        if matches!(message, EngineMessage::Text("bye")) {
            socket.close();
        }
        socket.send(message);
        true
    }

    fn connect(
        self: Arc<Self>,
        _: Handshake<Self>,
    ) -> LocalBoxFuture<'static, Result<Connection<()>, ConnectError>> {
        ready(Err(ConnectError::Refused { message: "No namespaces".to_owned(), data: None })).boxed_local()
    }

    fn event(self: Arc<Self>, _: Socket<()>, _: Incoming) -> LocalBoxFuture<'static, Reply> {
        ready(Reply::new("[]")).boxed_local()
    }

    fn disconnected(self: Arc<Self>, (): ()) {}
}

const PATH: &str = "/engine.io/?EIO=4&transport=websocket";

async fn echoes_messages(server: Server) {
    let mut client = Client::bare(server.address, PATH).await;
    assert!(client.next().await.starts_with(r#"0{"sid":"#));
    for text in ["4hello", "4", "4你好", "4bAQIDBA=="] {
        client.send(text).await;
        assert_eq!(client.next().await, text);
    }
    for bytes in [vec![1, 2, 3, 4], vec![], vec![b'4'], vec![0; 70_000]] {
        client.raw(Message::binary(bytes.clone())).await;
        assert_eq!(client.message().await, Some(Message::binary(bytes)));
    }
}

async fn ends_with_a_packet_that_is_none(server: Server) {
    for packet in ["abc", "", "2", "5", "6", "0"] {
        let mut client = Client::bare(server.address, PATH).await;
        client.next().await;
        client.send(packet).await;
        assert_eq!(client.closed().await, Some(1002), "{packet}");
    }
}

async fn ends_when_the_program_says_so(server: Server) {
    let mut client = Client::bare(server.address, PATH).await;
    client.next().await;
    client.send("4bye").await;
    assert_eq!(client.next().await, "1");
    assert_eq!(client.closed().await, Some(1000));
    let client = Poller::open(&server, "engine.io").await;
    assert_eq!(client.post("4one\u{1e}4bye\u{1e}4two").await.ok(), "ok");
    assert_eq!(client.get().await.ok(), "4one");
    assert_eq!(client.get().await.ok(), "1");
    client.get().await.refused(1);
}

async fn moves_between_transports(server: Server) {
    let client = Poller::open(&server, "engine.io").await;
    assert_eq!(client.post("4one\u{1e}bAQID").await.ok(), "ok");
    let mut socket = client.upgrade().await;
    assert_eq!(socket.next().await, "4one");
    assert_eq!(socket.message().await, Some(Message::binary(vec![1, 2, 3])));
    socket.send("4two").await;
    assert_eq!(socket.next().await, "4two");
}
