//! Packets with binary attachments, put together from the frames that they come in.

use bytes::Bytes;
use serde_json::value::RawValue;

use crate::{
    decode,
    error::Error,
    packet::{Event, Kind, MAX_ATTACHMENTS, Packet},
};

/// What one packet may bring along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most attachments; 999 at the highest.
    pub attachments: usize,
    /// The most bytes of all its attachments together.
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { attachments: MAX_ATTACHMENTS, bytes: 1_000_000 }
    }
}

/// A packet with all its attachments.
#[derive(Debug, Clone)]
pub struct Assembled {
    /// The namespace, with its leading slash.
    pub namespace: String,
    /// The content.
    pub message: Message,
    /// The attachments of the placeholders `{"_placeholder":true,"num":n}` within the arguments, by `n`; at least one.
    pub attachments: Vec<Bytes>,
}

/// A packet with attachments; its arguments have the placeholders as received, all in range.
#[derive(Debug, Clone)]
pub enum Message {
    /// Something happened.
    Event {
        /// Set when the sender wants an acknowledgement.
        id: Option<u64>,
        /// The name; a numeric name is given by its digits.
        name: String,
        /// The arguments.
        args: Vec<Box<RawValue>>,
    },
    /// Answers the event that carried the same id.
    Ack {
        /// The id of the event.
        id: u64,
        /// The answer.
        args: Vec<Box<RawValue>>,
    },
}

/// Reads the messages of one connection in their order, and keeps what waits for its attachments.
///
/// After an error nothing is kept, and the connection is to be closed.
#[derive(Debug)]
pub struct Assembler {
    limits: Limits,
    waiting: Option<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    packet: Assembled,
    missing: usize,
    /// How many bytes may still be received.
    room: usize,
}

impl Assembler {
    /// An assembler that waits for nothing.
    pub const fn new(limits: Limits) -> Self {
        Self { limits, waiting: None }
    }

    /// Returns whether attachments are missing, so that a deadline for them can be enforced.
    pub const fn is_waiting(&self) -> bool {
        self.waiting.is_some()
    }

    /// Reads a text; none when the packet waits for its attachments.
    ///
    /// A packet that announces zero attachments is complete, and comes out as a plain event or acknowledgement.
    pub fn text<'a>(&mut self, text: &'a str) -> Result<Option<Packet<'a>>, Error> {
        if self.waiting.take().is_some() {
            return Err(Error::Interrupted);
        }
        let Packet { namespace, kind } = decode::packet_within(text, self.limits.attachments)?;
        let (missing, message) = match kind {
            Kind::BinaryEvent { id, attachments: 0, event } => {
                return Ok(Some(Packet { namespace, kind: Kind::Event { id, event } }));
            }
            Kind::BinaryAck { id, attachments: 0, args } => {
                return Ok(Some(Packet { namespace, kind: Kind::Ack { id, args } }));
            }
            Kind::BinaryEvent { id, attachments, event: Event { name, args } } => {
                (attachments, Message::Event { id, name: name.into_owned(), args: owned(&args) })
            }
            Kind::BinaryAck { id, attachments, args } => {
                (attachments, Message::Ack { id, args: owned(&args) })
            }
            kind => return Ok(Some(Packet { namespace, kind })),
        };
        let attachments = Vec::with_capacity(missing);
        let packet = Assembled { namespace: namespace.to_owned(), message, attachments };
        self.waiting = Some(Waiting { packet, missing, room: self.limits.bytes });
        Ok(None)
    }

    /// Takes a binary frame; the packet, once this was its last.
    pub fn binary(&mut self, frame: Bytes) -> Result<Option<Assembled>, Error> {
        let mut waiting = self.waiting.take().ok_or(Error::Unannounced)?;
        waiting.room = waiting.room.checked_sub(frame.len()).ok_or(Error::TooLarge)?;
        waiting.packet.attachments.push(frame);
        waiting.missing -= 1;
        if waiting.missing == 0 {
            return Ok(Some(waiting.packet));
        }
        self.waiting = Some(waiting);
        Ok(None)
    }
}

fn owned(args: &[&RawValue]) -> Vec<Box<RawValue>> {
    args.iter().map(|arg| (*arg).to_owned()).collect()
}
