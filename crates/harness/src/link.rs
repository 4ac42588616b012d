//! A connection that may break: what a client that has to come back is made of.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tokio::io::Interest;
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

/// How long a server may take to let a client in.
const OPENING: Duration = Duration::from_secs(10);

/// Why there is no connection, or none any more.
pub type Lost = Box<dyn std::error::Error + Send + Sync>;

/// A WebSocket that has joined the main namespace.
#[derive(Debug)]
pub struct Link {
    /// What the CONNECT packet was answered with.
    pub accepted: Value,
    stream: WebSocketStream<TcpStream>,
}

/// How a client's connection is made.
#[derive(Debug, Clone, Copy, Default)]
pub struct Manner {
    /// How many bytes the kernel may receive for a client that does not read; as many as it likes if not given.
    pub receive_buffer: Option<u32>,
}

impl Link {
    /// Connects; `auth` is what the CONNECT packet says.
    pub async fn open(address: SocketAddr, auth: &Value, manner: Manner) -> Result<Self, Lost> {
        tokio::time::timeout(OPENING, Self::enter(address, auth, manner)).await?
    }

    async fn enter(address: SocketAddr, auth: &Value, manner: Manner) -> Result<Self, Lost> {
        let request = format!("ws://{address}/socket.io/?EIO=4&transport=websocket").into_client_request()?;
        let socket = TcpSocket::new_v4()?;
        if let Some(bytes) = manner.receive_buffer {
            socket.set_recv_buffer_size(bytes)?;
        }
        let stream = socket.connect(address).await?;
        stream.set_nodelay(true)?;
        // Small buffers: thousands of these live in one process.
        let config = WebSocketConfig::default().read_buffer_size(4 * 1024).write_buffer_size(0);
        let (stream, _) = tokio_tungstenite::client_async_with_config(request, stream, Some(config)).await?;
        let mut link = Self { accepted: Value::Null, stream };
        link.answer("0").await?;
        link.send(format!("40{auth}")).await?;
        let answer = link.answer("40").await?;
        link.accepted = serde_json::from_str(&answer)?;
        Ok(link)
    }

    /// Returns what follows `start` in the next packet.
    async fn answer(&mut self, start: &str) -> Result<String, Lost> {
        let packet = self.hear(false).await?;
        packet.strip_prefix(start).map(str::to_owned).ok_or_else(|| format!("not let in: {packet}").into())
    }

    /// Sends a packet at once.
    pub async fn send(&mut self, packet: String) -> Result<(), Lost> {
        Ok(self.stream.send(Message::text(packet)).await?)
    }

    /// Returns the next packet; pings are answered on the way, unless the client is mute: it returns them.
    pub async fn hear(&mut self, mute: bool) -> Result<Utf8Bytes, Lost> {
        loop {
            match self.stream.next().await.ok_or("the connection has ended")?? {
                Message::Text(text) if text.as_str() == "2" && !mute => self.send("3".to_owned()).await?,
                Message::Text(text) => return Ok(text),
                Message::Close(_) => return Err("the server closed the connection".into()),
                _ => {}
            }
        }
    }

    /// Breaks the connection as a dead network does: without a goodbye of any layer above TCP.
    pub fn cut(self) {
        // A connection that is gone already cannot be cut.
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
