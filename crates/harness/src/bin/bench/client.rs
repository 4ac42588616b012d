//! The least Socket.IO client that distinguishes what the bench counts: text frames over one `WebSocket`.

use std::net::{Ipv4Addr, SocketAddr};

use futures_util::{SinkExt as _, StreamExt as _};
use memchr::memmem;
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use crate::Failure;

/// A connection that has joined the main namespace.
#[derive(Debug)]
pub(crate) struct Client(WebSocketStream<TcpStream>);

/// What each message carries at its beginning, so that every listener knows whose it is and when it left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) sender: u64,
    /// The sender's messages are numbered 1, 2, 3.
    pub(crate) number: u64,
    /// When it left, in nanoseconds since the benchmark began.
    pub(crate) left: u64,
}

/// What was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Received {
    /// Somebody's message, and its seq.
    Message(Stamp, i64),
    /// The acknowledgement of one's own message with this number, and its seq.
    Acknowledged(u64, i64),
    /// The refusal of one's own message.
    Refused,
    /// Anything else.
    Other,
    /// The end of the connection.
    Closed,
}

/// The prefix of the stamp in each message; in JSON it follows the key without a blank.
const STAMP_PREFIX: &[u8] = br#""content":"~"#;

impl Client {
    pub(crate) async fn connect(address: SocketAddr, token: &str) -> Result<Self, Failure> {
        Self::connect_from(Ipv4Addr::UNSPECIFIED, address, token).await
    }

    /// Connects from one of this machine's addresses.
    pub(crate) async fn connect_from(
        source: Ipv4Addr,
        address: SocketAddr,
        token: &str,
    ) -> Result<Self, Failure> {
        let request = format!("ws://{address}/socket.io/?EIO=4&transport=websocket").into_client_request()?;
        let socket = TcpSocket::new_v4()?;
        if !source.is_unspecified() {
            socket.bind(SocketAddr::from((source, 0)))?;
        }
        let stream = socket.connect(address).await?;
        stream.set_nodelay(true)?;
        // Small buffers: ten thousand of these live in one process.
        let config = WebSocketConfig::default().read_buffer_size(4 * 1024).write_buffer_size(0);
        let (socket, _) = tokio_tungstenite::client_async_with_config(request, stream, Some(config)).await?;
        let mut client = Self(socket);
        client.expect("0").await?;
        client.send(format!(r#"40{{"token":"{token}"}}"#)).await?;
        client.expect("40").await?;
        Ok(client)
    }

    async fn expect(&mut self, start: &str) -> Result<(), Failure> {
        let text = self.text().await.ok_or("the connection closed in the handshake")?;
        if text.starts_with(start) {
            Ok(())
        } else {
            Err(format!("the handshake was answered with {text}").into())
        }
    }

    /// Sends a packet at once.
    pub(crate) async fn send(&mut self, packet: String) -> Result<(), Failure> {
        Ok(self.0.send(Message::text(packet)).await?)
    }

    /// Returns the next thing that is received; keep-alives are answered on the way.
    pub(crate) async fn receive(&mut self) -> Received {
        loop {
            let Some(text) = self.text().await else { return Received::Closed };
            match text.as_str() {
                "2" => match self.send("3".to_owned()).await {
                    Ok(()) => {}
                    Err(_closed) => return Received::Closed,
                },
                packet => return read(packet.as_bytes()),
            }
        }
    }

    async fn text(&mut self) -> Option<Utf8Bytes> {
        loop {
            match self.0.next().await? {
                Ok(Message::Text(text)) => return Some(text),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// Closes the connection without waiting for the other side.
    pub(crate) async fn close(mut self) {
        // It may be closed already, which is as good.
        drop(self.0.close(None).await);
    }
}

/// Makes the packet of a message, whose number is its acknowledgement's too; `padding` makes it longer.
pub(crate) fn packet(room: &str, stamp: Stamp, (named, padding): (bool, &str)) -> String {
    let Stamp { sender, number, left } = stamp;
    let key = if named { format!(r#","client_msg_id":"{left}-{sender}-{number}""#) } else { String::new() };
    format!(
        r#"42{number}["send_message",{{"chatroom_id":"{room}","content":"~{sender}.{number}.{left}~明天下午三點在車站見，記得帶傘，也別忘了相機{padding}","message_type":"text"{key}}}]"#
    )
}

/// Reads a packet as far as is needed, without parsing it all: the generator shares the machine with the server.
fn read(packet: &[u8]) -> Received {
    let seq = || number_after(packet, br#""seq":"#).and_then(|seq| i64::try_from(seq).ok());
    if let Some(rest) = packet.strip_prefix(b"43") {
        let accepted = memmem::find(rest, br#"[{"ok":true"#).is_some();
        return match (digits(rest), seq()) {
            (Some((id, _)), Some(seq)) if accepted => Received::Acknowledged(id, seq),
            _ => Received::Refused,
        };
    }
    match (packet.starts_with(b"42"), stamp(packet), seq()) {
        (true, Some(stamp), Some(seq)) => Received::Message(stamp, seq),
        _ => Received::Other,
    }
}

fn stamp(packet: &[u8]) -> Option<Stamp> {
    let at = memmem::find(packet, STAMP_PREFIX)?;
    let (sender, rest) = digits(packet.get(at + STAMP_PREFIX.len()..)?)?;
    let (number, rest) = digits(rest.strip_prefix(b".")?)?;
    let (left, _) = digits(rest.strip_prefix(b".")?)?;
    Some(Stamp { sender, number, left })
}

fn number_after(packet: &[u8], key: &[u8]) -> Option<u64> {
    let at = memmem::find(packet, key)?;
    digits(packet.get(at + key.len()..)?).map(|(number, _)| number)
}

/// Reads the digits at the beginning; returns their number and what follows.
fn digits(text: &[u8]) -> Option<(u64, &[u8])> {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end)?;
    Some((std::str::from_utf8(digits).ok()?.parse().ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_known_by_its_stamp() {
        let stamp = Stamp { sender: 7, number: 12, left: 345 };
        let sent = packet("room", stamp, (true, ""));
        assert!(
            sent.starts_with(r#"4212["send_message",{"chatroom_id":"room","content":"~7.12.345~"#),
            "{sent}"
        );
        let received = br#"42["new_message",{"message":{"message_id":9,"seq":41,"content":"~7.12.345~x"},"unread_count":1}]"#;
        assert_eq!(read(received), Received::Message(stamp, 41));
        assert_eq!(read(br#"42["presence",{"user_id":1}]"#), Received::Other);
    }

    #[test]
    fn an_acknowledgement_has_the_seq_or_a_refusal() {
        assert_eq!(read(br#"4312[{"ok":true,"message":{"seq":41}}]"#), Received::Acknowledged(12, 41));
        assert_eq!(read(br#"4312[{"ok":false,"code":"busy","detail":"x"}]"#), Received::Refused);
    }
}
