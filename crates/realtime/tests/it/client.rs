//! A client that sees every frame.

use std::{net::SocketAddr, time::Duration};

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Error, Message, client::IntoClientRequest as _, http::Response},
};

use crate::server::Server;

pub(crate) const PATH: &str = "/socket.io/?EIO=4&transport=websocket";

/// Nothing that a test waits for takes longer than this.
pub(crate) async fn soon<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(20), future).await.expect("nothing happened in time")
}

/// One connection; answers heartbeats while it waits for something else.
pub(crate) struct Client {
    pub(crate) socket: WebSocketStream<TcpStream>,
    pub(crate) open: Value,
    pub(crate) sid: String,
}

impl Client {
    /// Opens a session without joining.
    pub(crate) async fn open(server: &Server) -> Self {
        Self::open_on(TcpStream::connect(server.address).await.unwrap(), server).await
    }

    async fn open_on(stream: TcpStream, server: &Server) -> Self {
        stream.set_nodelay(true).unwrap();
        let url = format!("ws://{}{PATH}", server.address);
        let (socket, _) = soon(client_async(url, stream)).await.unwrap();
        let mut client = Self { socket, open: Value::Null, sid: String::new() };
        let open = client.next().await;
        client.open = serde_json::from_str(open.strip_prefix('0').unwrap()).unwrap();
        client
    }

    /// Opens a WebSocket that asks to carry a session, or any other.
    pub(crate) async fn bare(address: SocketAddr, path: &str) -> Self {
        Self::bare_on(TcpStream::connect(address).await.unwrap(), address, path).await
    }

    /// Opens it on a connection that can hold little which it has not read.
    pub(crate) async fn bare_narrow(address: SocketAddr, path: &str) -> Self {
        Self::bare_on(narrow(address).await, address, path).await
    }

    async fn bare_on(stream: TcpStream, address: SocketAddr, path: &str) -> Self {
        stream.set_nodelay(true).unwrap();
        let (socket, _) = soon(client_async(format!("ws://{address}{path}"), stream)).await.unwrap();
        Self { socket, open: Value::Null, sid: String::new() }
    }

    /// Opens a session and joins as `user`.
    pub(crate) async fn join(server: &Server, user: i64) -> Self {
        let mut client = Self::open(server).await;
        client.connect(user).await;
        client
    }

    /// Joins as `user` on a connection that can hold little which it has not read.
    pub(crate) async fn join_narrow(server: &Server, user: i64) -> Self {
        let mut client = Self::open_on(narrow(server.address).await, server).await;
        client.connect(user).await;
        client
    }

    async fn connect(&mut self, user: i64) {
        self.send(&format!(r#"40{{"user":{user}}}"#)).await;
        let reply: Value = serde_json::from_str(self.next().await.strip_prefix("40").unwrap()).unwrap();
        reply["sid"].as_str().unwrap().clone_into(&mut self.sid);
    }

    pub(crate) async fn send(&mut self, packet: &str) {
        self.raw(Message::text(packet)).await;
    }

    pub(crate) async fn raw(&mut self, message: Message) {
        soon(self.socket.send(message)).await.unwrap();
    }

    /// Sends an event and waits for its acknowledgement, which must be the next packet.
    pub(crate) async fn ask(&mut self, event: &str) {
        self.send(&format!("427{event}")).await;
        let reply = self.next().await;
        assert!(reply.starts_with("437["), "{reply}");
    }

    /// The next packet that is not a heartbeat.
    pub(crate) async fn next(&mut self) -> String {
        loop {
            match self.message().await {
                Some(Message::Text(text)) if text == "2" => self.send("3").await,
                Some(Message::Text(text)) => return text.to_string(),
                other => panic!("not a packet: {other:?}"),
            }
        }
    }

    pub(crate) async fn message(&mut self) -> Option<Message> {
        match soon(self.socket.next()).await {
            Some(Ok(message)) => Some(message),
            // However the connection broke, it is over.
            Some(Err(_)) | None => None,
        }
    }

    /// Waits for the end of the connection; the code of its close frame, if there was one.
    pub(crate) async fn closed(mut self) -> Option<u16> {
        let mut code = None;
        while let Some(message) = self.message().await {
            match message {
                Message::Close(frame) => code = frame.map(|frame| frame.code.into()),
                // From here on nothing new comes; what was on its way may still arrive.
                Message::Text(_) => {}
                other => panic!("not expected before the end: {other:?}"),
            }
        }
        code
    }
}

async fn narrow(address: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    socket.connect(address).await.unwrap()
}

/// Asks for an upgrade that is to be refused.
pub(crate) async fn refused(server: &Server, path: &str, origin: Option<&str>) -> Response<Option<Vec<u8>>> {
    match upgrade(server, path, origin).await {
        Err(Error::Http(response)) => *response,
        Err(error) => panic!("{error}"),
        Ok(()) => panic!("not refused"),
    }
}

/// Asks for an upgrade.
pub(crate) async fn upgrade(server: &Server, path: &str, origin: Option<&str>) -> Result<(), Error> {
    let mut request = format!("ws://{}{path}", server.address).into_client_request().unwrap();
    if let Some(origin) = origin {
        request.headers_mut().insert("origin", origin.parse().unwrap());
    }
    let stream = TcpStream::connect(server.address).await.unwrap();
    soon(client_async(request, stream)).await.map(drop)
}
