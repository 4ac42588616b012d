//! Packets, encoded once and shared by all who get them; events as frames, and their broadcast to the sockets of topics.

use std::{str, sync::Arc};

use actix_http::ws::{CloseCode, OpCode, Parser};
use bytes::{Buf as _, Bytes, BytesMut};
use domain::id::{RoomId, SessionId, UserId};
use socketio::{
    encode::{self, Address},
    engine,
    packet::ROOT,
};

/// The most bytes of a WebSocket header.
const HEADER: usize = 10;

/// One Engine.IO packet, ready for a WebSocket; a copy shares the bytes.
#[derive(Debug, Clone)]
pub(crate) struct Packet(Bytes);

/// A packet without the header of its WebSocket frame.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Content<'a> {
    Text(&'a str),
    Binary(&'a [u8]),
}

impl Packet {
    /// A packet in text form, its type included.
    pub(crate) fn text(packet: &str) -> Self {
        Self::framed(packet.as_bytes(), OpCode::Text)
    }

    /// A binary message.
    pub(crate) fn binary(message: &[u8]) -> Self {
        Self::framed(message, OpCode::Binary)
    }

    /// The heartbeat of the server.
    pub(crate) const fn ping() -> Self {
        Self(Bytes::from_static(b"\x81\x012"))
    }

    /// The answer to the probe of an upgrade.
    pub(crate) const fn probed() -> Self {
        Self(Bytes::from_static(b"\x81\x063probe"))
    }

    /// The packet that ends a session.
    pub(crate) const fn close() -> Self {
        Self(Bytes::from_static(b"\x81\x011"))
    }

    /// The answer to a ping of the WebSocket protocol; not an Engine.IO packet.
    pub(crate) fn pong(payload: &[u8]) -> Self {
        Self::framed(payload, OpCode::Pong)
    }

    /// The last frame of a WebSocket.
    pub(crate) fn close_frame(code: CloseCode) -> Self {
        let mut wire = BytesMut::with_capacity(4);
        Parser::write_close(&mut wire, Some(code.into()), false);
        Self(wire.freeze())
    }

    fn framed(payload: &[u8], opcode: OpCode) -> Self {
        let mut wire = BytesMut::with_capacity(payload.len() + HEADER);
        Parser::write_message(&mut wire, payload, opcode, true, false);
        Self(wire.freeze())
    }

    /// The packet without its WebSocket header, for a body of long-polling.
    pub(crate) fn content(&self) -> Content<'_> {
        let (opcode, header) = match *self.0 {
            [opcode, 126, ..] => (opcode, 4),
            [opcode, 127, ..] => (opcode, HEADER),
            [opcode, ..] => (opcode, 2),
            [] => return Content::Binary(&[]),
        };
        let payload = self.0.get(header..).unwrap_or_default();
        if opcode & 0x0f == u8::from(OpCode::Binary) {
            return Content::Binary(payload);
        }
        // It was a string when it was framed.
        Content::Text(str::from_utf8(payload).unwrap_or_default())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The WebSocket frame, or what is left of it.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Removes bytes that have been written.
    pub(crate) fn advance(&mut self, written: usize) {
        self.0.advance(written);
    }
}

/// An event in its final form, for one namespace; a copy shares the bytes.
#[derive(Debug, Clone)]
pub struct Frame {
    packet: Packet,
    extra: Option<Arc<Extra>>,
}

impl From<Packet> for Frame {
    /// A single packet, for a session rather than for a namespace.
    fn from(packet: Packet) -> Self {
        Self { packet, extra: None }
    }
}

/// What a frame of the root namespace without attachments does not have.
#[derive(Debug)]
struct Extra {
    namespace: Box<str>,
    attachments: Vec<Packet>,
}

impl Frame {
    /// An event of the root namespace.
    ///
    /// The pieces are concatenated as they are and must together form the JSON of the arguments, commas between
    /// arguments included, so that one serialised value can stand in many frames.
    pub fn event(name: &str, pieces: &[&str]) -> Self {
        let mut text = message(length(name, pieces));
        encode::event(&mut text, ROOT, None, name, pieces);
        let frame = Self { packet: Packet::framed(text.as_bytes(), OpCode::Text), extra: None };
        debug_assert!(frame.is_event(), "not an event: {frame:?}");
        frame
    }

    /// An event of any namespace.
    pub fn event_in(namespace: &str, name: &str, pieces: &[&str]) -> Self {
        Self::emitted(Address { namespace, id: None }, name, pieces, &[])
    }

    /// An event whose arguments hold a placeholder, `{"_placeholder":true,"num":n}`, for each of the attachments.
    pub fn binary_event_in(namespace: &str, name: &str, pieces: &[&str], attachments: &[Bytes]) -> Self {
        Self::emitted(Address { namespace, id: None }, name, pieces, attachments)
    }

    /// An event that may ask for an acknowledgement.
    pub(crate) fn emitted(to: Address<'_>, name: &str, pieces: &[&str], attachments: &[Bytes]) -> Self {
        let frame =
            Self::written(to.namespace, attachments, length(name, pieces), |out| match attachments.len() {
                0 => encode::event(out, to.namespace, to.id, name, pieces),
                count => encode::binary_event(out, count, to, name, pieces),
            });
        debug_assert!(frame.is_event(), "not an event: {frame:?}");
        frame
    }

    /// The acknowledgement of the event with `id`; `args` is a JSON array.
    pub(crate) fn ack(namespace: &str, id: u64, args: &str, attachments: &[Bytes]) -> Self {
        Self::written(namespace, attachments, args.len() + 32, |out| match attachments.len() {
            0 => encode::ack(out, namespace, id, args),
            count => encode::binary_ack(out, count, namespace, id, args),
        })
    }

    /// The acceptance of a connection, with the secret by which it may recover.
    pub(crate) fn connected(namespace: &str, sid: &str, pid: Option<&str>) -> Self {
        Self::written(namespace, &[], 96, |out| encode::connected_as(out, namespace, sid, pid))
    }

    /// The refusal of a connection.
    pub(crate) fn connect_error(namespace: &str, reason: &str, data: Option<&str>) -> Self {
        Self::written(namespace, &[], reason.len() + 64, |out| {
            encode::connect_error(out, namespace, reason, data);
        })
    }

    /// Disconnects the client from a namespace.
    pub(crate) fn disconnect(namespace: &str) -> Self {
        Self::written(namespace, &[], namespace.len() + 8, |out| encode::disconnect(out, namespace))
    }

    fn written(namespace: &str, attachments: &[Bytes], size: usize, write: impl FnOnce(&mut String)) -> Self {
        let mut text = message(size + namespace.len());
        write(&mut text);
        let plain = namespace == ROOT && attachments.is_empty();
        let attachments = || attachments.iter().map(|bytes| Packet::binary(bytes)).collect();
        let extra = || Arc::new(Extra { namespace: namespace.into(), attachments: attachments() });
        Self { packet: Packet::framed(text.as_bytes(), OpCode::Text), extra: (!plain).then(extra) }
    }

    fn is_event(&self) -> bool {
        let Content::Text(text) = self.packet.content() else { return false };
        let most = self.extra.as_ref().map_or(0, |extra| extra.attachments.len());
        socketio::decode::packet_within(text.get(1..).unwrap_or_default(), most).is_ok()
    }

    /// The namespace that it belongs to.
    pub(crate) fn namespace(&self) -> &str {
        self.extra.as_ref().map_or(ROOT, |extra| &extra.namespace)
    }

    /// Number of its packets.
    pub(crate) fn packets(&self) -> usize {
        1 + self.attachments().len()
    }

    /// Number of bytes of its packets.
    pub(crate) fn len(&self) -> usize {
        self.packet.len() + self.attachments().iter().map(Packet::len).sum::<usize>()
    }

    fn attachments(&self) -> &[Packet] {
        self.extra.as_ref().map_or(&[], |extra| &extra.attachments)
    }

    /// Its packets, in the order in which they are to be sent.
    pub(crate) fn into_packets(self) -> impl Iterator<Item = Packet> {
        let count = self.attachments().len();
        let extra = self.extra;
        let attachment = move |index| extra.as_ref()?.attachments.get(index).cloned();
        std::iter::once(self.packet).chain((0..count).filter_map(attachment))
    }
}

/// Begins the text of a message packet.
fn message(capacity: usize) -> String {
    let mut text = String::with_capacity(capacity);
    text.push(engine::MESSAGE);
    text
}

/// The length of an event's text, or a little more.
fn length(name: &str, pieces: &[&str]) -> usize {
    pieces.iter().map(|piece| piece.len()).sum::<usize>() + name.len() + 32
}

/// One frame for many sockets; each gets it once, and only those of the frame's namespace do.
#[derive(Debug, Clone)]
pub struct Broadcast {
    /// The topics whose subscribers get the frame.
    pub topics: Vec<Topic>,
    /// The topics whose subscribers do not.
    pub except: Vec<Topic>,
    /// A socket that does not.
    pub except_socket: Option<SocketId>,
    /// What they get.
    pub frame: Frame,
    /// Whether the frame may be dropped for a client that is slow to read.
    pub volatile: bool,
    /// The position in the event log; a client that has caught up beyond it does not get the frame again.
    pub position: Option<i64>,
    /// What clients with connection state recovery get instead; see [`crate::hub::Hubs::has_recovering`].
    pub recoverable: Option<Frame>,
}

impl Broadcast {
    /// A frame for all subscribers of the topics, neither volatile nor of the event log.
    pub fn new(topics: Vec<Topic>, frame: Frame) -> Self {
        Self {
            topics,
            except: Vec::new(),
            except_socket: None,
            frame,
            volatile: false,
            position: None,
            recoverable: None,
        }
    }
}

impl From<Broadcast> for Vec<Broadcast> {
    fn from(broadcast: Broadcast) -> Self {
        vec![broadcast]
    }
}

/// What sockets subscribe to and events are sent to; Socket.IO calls it a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Topic {
    /// Every socket of a user.
    User(UserId),
    /// Every socket of one session of authentication.
    Session(SessionId),
    /// Every socket of one client with connection state recovery, by a number of its own.
    Recovery(u64),
    /// Every socket that has joined a room.
    Room(RoomId),
    /// The sockets of one user that have joined a room.
    RoomAs(RoomId, UserId),
}

/// Identifies a socket for as long as the process lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SocketId(pub u64);

#[cfg(test)]
mod tests;
