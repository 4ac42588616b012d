//! Engine.IO v4: the packets that carry everything else, and the handshake that opens a session.

use std::time::Duration;

use serde::Serialize;

use crate::error::Error;

/// The protocol version that clients name as `EIO` in their query.
pub const VERSION: &str = "4";

/// The digit of a message packet.
pub const MESSAGE: char = '4';

/// One Engine.IO packet in text form; its content is borrowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packet<'a> {
    /// The handshake, as JSON.
    Open(&'a str),
    /// The sender ends the session.
    Close,
    /// A heartbeat of the server, or the probe of an upgrade.
    Ping(&'a str),
    /// The answer to a ping, with the same content.
    Pong(&'a str),
    /// A message of the layer above.
    Message(&'a str),
    /// The client moves to its new transport.
    Upgrade,
    /// Nothing; it only ends a poll.
    Noop,
}

impl<'a> Packet<'a> {
    /// Reads one packet.
    pub fn decode(text: &'a str) -> Result<Self, Error> {
        let mut chars = text.chars();
        let kind = chars.next().ok_or(Error::Empty)?;
        let content = chars.as_str();
        match kind {
            '0' => Ok(Self::Open(content)),
            '2' => Ok(Self::Ping(content)),
            '3' => Ok(Self::Pong(content)),
            MESSAGE => Ok(Self::Message(content)),
            '1' | '5' | '6' if !content.is_empty() => Err(Error::Payload),
            '1' => Ok(Self::Close),
            '5' => Ok(Self::Upgrade),
            '6' => Ok(Self::Noop),
            _ => Err(Error::Type),
        }
    }

    /// Appends the packet to `out`.
    pub fn encode(&self, out: &mut String) {
        let (kind, content) = match *self {
            Self::Open(json) => ('0', json),
            Self::Close => ('1', ""),
            Self::Ping(content) => ('2', content),
            Self::Pong(content) => ('3', content),
            Self::Message(content) => (MESSAGE, content),
            Self::Upgrade => ('5', ""),
            Self::Noop => ('6', ""),
        };
        out.push(kind);
        out.push_str(content);
    }
}

/// The payload of the open packet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Open<'a> {
    /// The secret id of the session; it authorises requests.
    pub sid: &'a str,
    /// The transports that the session may still move to.
    pub upgrades: &'a [&'a str],
    /// The time between a pong and the next ping, in milliseconds on the wire.
    #[serde(serialize_with = "millis")]
    pub ping_interval: Duration,
    /// How long the client has for its pong, in milliseconds on the wire.
    #[serde(serialize_with = "millis")]
    pub ping_timeout: Duration,
    /// The largest message in bytes that the server accepts.
    pub max_payload: usize,
}

impl Open<'_> {
    /// The open packet, ready to be sent.
    pub fn packet(&self) -> String {
        let mut out = String::from("0");
        // Strings and numbers always have a JSON form.
        out.push_str(&serde_json::to_string(self).unwrap_or_default());
        out
    }
}

fn millis<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}
