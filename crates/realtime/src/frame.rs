//! Packets encoded once, shared by everyone who hears them.

use actix_http::ws::{CloseCode, OpCode, Parser};
use bytes::{Bytes, BytesMut};
use socketio::{encode, engine, packet::ROOT};

/// The room that a WebSocket header takes at most.
const HEADER: usize = 10;

/// A packet in its final form; a copy shares the bytes.
#[derive(Debug, Clone)]
pub struct Frame(Bytes);

impl Frame {
    /// An event of the root namespace.
    ///
    /// The pieces are concatenated as they are and must together form the JSON of the arguments, commas between
    /// arguments included, so that one serialised value can stand in many frames.
    pub fn event(name: &str, pieces: &[&str]) -> Self {
        let size = pieces.iter().map(|piece| piece.len()).sum::<usize>() + name.len() + 8;
        let text = message(size, |out| encode::event(out, ROOT, None, name, pieces));
        debug_assert!(
            socketio::decode::packet(text.get(1..).unwrap_or_default()).is_ok(),
            "not an event: {text}"
        );
        Self::text(&text)
    }

    /// The answer to the event that came with `id`; `args` is a JSON array.
    pub(crate) fn ack(id: u64, args: &str) -> Self {
        Self::text(&message(args.len() + 24, |out| encode::ack(out, ROOT, id, args)))
    }

    /// Tells the client that it has joined, and under which name.
    pub(crate) fn connected(sid: &str) -> Self {
        Self::text(&message(sid.len() + 16, |out| encode::connected(out, ROOT, sid)))
    }

    /// Tells the client that it may not join `namespace`, and why.
    pub(crate) fn connect_error(namespace: &str, reason: &str, data: Option<&str>) -> Self {
        Self::text(&message(reason.len() + 64, |out| encode::connect_error(out, namespace, reason, data)))
    }

    /// One Engine.IO packet in text form.
    pub(crate) fn text(packet: &str) -> Self {
        let mut wire = BytesMut::with_capacity(packet.len() + HEADER);
        Parser::write_message(&mut wire, packet, OpCode::Text, true, false);
        Self(wire.freeze())
    }

    /// The heartbeat of the server.
    pub(crate) const fn ping() -> Self {
        Self(Bytes::from_static(b"\x81\x012"))
    }

    /// The packet that ends a session.
    pub(crate) const fn close() -> Self {
        Self(Bytes::from_static(b"\x81\x011"))
    }

    /// The answer to a ping of the WebSocket protocol itself.
    pub(crate) fn pong(payload: &[u8]) -> Self {
        let mut wire = BytesMut::with_capacity(payload.len() + HEADER);
        Parser::write_message(&mut wire, payload, OpCode::Pong, true, false);
        Self(wire.freeze())
    }

    /// The last frame of a WebSocket.
    pub(crate) fn goodbye(code: CloseCode) -> Self {
        let mut wire = BytesMut::with_capacity(4);
        Parser::write_close(&mut wire, Some(code.into()), false);
        Self(wire.freeze())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn into_bytes(self) -> Bytes {
        self.0
    }
}

fn message(size: usize, write: impl FnOnce(&mut String)) -> String {
    let mut text = String::with_capacity(size + 1);
    text.push(engine::MESSAGE);
    write(&mut text);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_an_event_in_one_unmasked_text_frame() {
        let frame = Frame::event("typing", &[r#"{"is_typing":"#, "true", "}"]);
        let text = br#"42["typing",{"is_typing":true}]"#;
        assert_eq!(frame.0[..2], [0x81, u8::try_from(text.len()).unwrap()]);
        assert_eq!(&frame.0[2..], text);
    }

    #[test]
    fn prepared_frames_are_what_the_encoder_would_write() {
        assert_eq!(Frame::ping().0, Frame::text("2").0);
        assert_eq!(Frame::close().0, Frame::text("1").0);
        assert_eq!(&Frame::goodbye(CloseCode::Size).0[..], b"\x88\x02\x03\xf1");
    }
}
