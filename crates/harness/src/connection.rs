//! A WebSocket connection whose errors are returned, for clients that reconnect.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tokio::io::Interest;
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

/// How long connecting may take.
const OPENING: Duration = Duration::from_secs(10);

/// Why a connection could not be made, or ended.
pub type ConnectionError = Box<dyn std::error::Error + Send + Sync>;

/// A WebSocket that has joined the main namespace.
#[derive(Debug)]
pub struct Connection {
    /// What the CONNECT packet was answered with.
    pub accepted: Value,
    stream: WebSocketStream<TcpStream>,
}

/// Options of a connection.
#[derive(Debug, Clone, Copy, Default)]
pub struct ConnectionOptions {
    /// The size of the kernel's receive buffer in bytes; the system's default if none.
    pub receive_buffer: Option<u32>,
    /// The address of this machine that it comes from; the system's choice if none.
    pub source: Option<IpAddr>,
}

impl Connection {
    /// Connects; `auth` is what the CONNECT packet says.
    pub async fn open(
        address: SocketAddr,
        auth: &Value,
        options: ConnectionOptions,
    ) -> Result<Self, ConnectionError> {
        tokio::time::timeout(OPENING, Self::connect(address, auth, options)).await?
    }

    async fn connect(
        address: SocketAddr,
        auth: &Value,
        options: ConnectionOptions,
    ) -> Result<Self, ConnectionError> {
        let request = format!("ws://{address}/socket.io/?EIO=4&transport=websocket").into_client_request()?;
        let socket = TcpSocket::new_v4()?;
        if let Some(bytes) = options.receive_buffer {
            socket.set_recv_buffer_size(bytes)?;
        }
        if let Some(source) = options.source {
            socket.bind(SocketAddr::from((source, 0)))?;
        }
        let stream = socket.connect(address).await?;
        stream.set_nodelay(true)?;
        // Small buffers: thousands of these live in one process.
        let config = WebSocketConfig::default().read_buffer_size(4 * 1024).write_buffer_size(0);
        let (stream, _) = tokio_tungstenite::client_async_with_config(request, stream, Some(config)).await?;
        let mut connection = Self { accepted: Value::Null, stream };
        connection.answer("0").await?;
        connection.send(format!("40{auth}")).await?;
        let answer = connection.answer("40").await?;
        connection.accepted = serde_json::from_str(&answer)?;
        Ok(connection)
    }

    /// Returns what follows `start` in the next packet.
    async fn answer(&mut self, start: &str) -> Result<String, ConnectionError> {
        let packet = self.receive(false).await?;
        packet.strip_prefix(start).map(str::to_owned).ok_or_else(|| format!("not connected: {packet}").into())
    }

    /// Sends a packet at once.
    pub async fn send(&mut self, packet: String) -> Result<(), ConnectionError> {
        Ok(self.stream.send(Message::text(packet)).await?)
    }

    /// Returns the next packet. Pings are answered and not returned, unless `mute`.
    pub async fn receive(&mut self, mute: bool) -> Result<Utf8Bytes, ConnectionError> {
        loop {
            match self.stream.next().await.ok_or("the connection has ended")?? {
                Message::Text(text) if text.as_str() == "2" && !mute => self.send("3".to_owned()).await?,
                Message::Text(text) => return Ok(text),
                Message::Close(_) => return Err("the server closed the connection".into()),
                _ => {}
            }
        }
    }

    /// Resets the TCP connection, without a close frame.
    pub fn cut(self) {
        // Fails if the connection has ended already.
        drop(self.stream.get_ref().set_zero_linger());
    }

    /// Waits until the other side has reset the connection; nothing of it is read.
    pub async fn reset(&self) {
        loop {
            match self.stream.get_ref().ready(Interest::ERROR).await {
                Ok(ready) if !ready.is_error() => {}
                _ => return,
            }
        }
    }
}
