//! The upgrade to a WebSocket and the handshake of Engine.IO.

use futures_util::StreamExt as _;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::deadline::within;

/// Options of a connection.
#[derive(Debug, Clone)]
pub struct ConnectOptions {
    /// The path.
    pub path: &'static str,
    /// The payload of its CONNECT packet.
    pub auth: Option<Value>,
    /// Headers of the upgrade request.
    pub headers: Vec<(&'static str, String)>,
}

impl Default for ConnectOptions {
    fn default() -> Self {
        Self { path: "/socket.io/", auth: None, headers: Vec::new() }
    }
}

impl ConnectOptions {
    /// The path that the seed's client uses, with a token.
    pub fn of_the_seed(token: &str) -> Self {
        Self { path: "/ws/socket.io/", auth: Some(json!({ "token": token })), headers: Vec::new() }
    }
}

/// Why a client could not connect.
#[derive(Debug, Clone, PartialEq)]
pub enum ConnectError {
    /// The upgrade was answered with this status and body.
    Upgrade(u16, String),
    /// The CONNECT packet was answered with this error.
    Connect(Value),
    /// The connection closed instead.
    Closed,
}

/// The WebSocket of a client.
pub(super) type Stream = WebSocketStream<TcpStream>;

/// Opens the WebSocket and reads the Engine.IO handshake.
pub async fn upgrade(origin: &str, options: &ConnectOptions) -> Result<(Stream, Value), ConnectError> {
    let address = origin.trim_start_matches("http://");
    let url = format!("ws://{address}{}?EIO=4&transport=websocket", options.path);
    let mut request = url.into_client_request().unwrap_or_else(|error| panic!("not a request: {error}"));
    for (name, value) in &options.headers {
        let value = HeaderValue::from_str(value).unwrap_or_else(|error| panic!("not a header: {error}"));
        request.headers_mut().insert(HeaderName::from_static(name), value);
    }
    let stream = within("the TCP connection", TcpStream::connect(address)).await;
    let stream = stream.unwrap_or_else(|error| panic!("cannot connect to {address}: {error}"));
    match within("the upgrade", tokio_tungstenite::client_async(request, stream)).await {
        Ok((mut stream, _)) => {
            let handshake = within("the handshake", packet(&mut stream)).await.ok_or(ConnectError::Closed)?;
            Ok((stream, parse(handshake.trim_start_matches('0'))))
        }
        Err(Error::Http(response)) => {
            let body = response.body().as_deref().unwrap_or_default();
            Err(ConnectError::Upgrade(response.status().as_u16(), String::from_utf8_lossy(body).into_owned()))
        }
        Err(error) => panic!("the upgrade failed: {error}"),
    }
}

/// Reads the next packet that is text; nothing when the connection closes.
pub(super) async fn packet(stream: &mut Stream) -> Option<String> {
    loop {
        match stream.next().await? {
            Ok(Message::Text(text)) => return Some(text.as_str().to_owned()),
            Ok(Message::Close(_)) | Err(_) => return None,
            Ok(_) => {}
        }
    }
}

/// Parses JSON that must be valid.
pub(super) fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("not JSON: {error}: {text}"))
}
