//! Socket.IO packets out of text and the binary frames that follow, strictly: what the protocol does not allow is an
//! [`Error`], never a guess.

use std::{borrow::Cow, fmt};

use bytes::Bytes;
use serde::de::{Deserializer, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::{
    error::Error,
    packet::{Args, Event, Kind, MAX_ARGS, MAX_ATTACHMENTS, MAX_NAMESPACE, Packet, RESERVED, ROOT},
    placeholder,
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
        let Packet { namespace, kind } = packet_within(text, self.limits.attachments)?;
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

/// Reads one packet, the text of an Engine.IO message, with at most [`MAX_ATTACHMENTS`].
pub fn packet(text: &str) -> Result<Packet<'_>, Error> {
    packet_within(text, MAX_ATTACHMENTS)
}

/// Reads one packet with at most `max_attachments`, and never more than 999.
pub fn packet_within(text: &str, max_attachments: usize) -> Result<Packet<'_>, Error> {
    let mut chars = text.chars();
    let kind = chars.next().ok_or(Error::Empty)?;
    let rest = chars.as_str();
    let (attachments, rest) = match kind {
        '5' | '6' => attachments(rest, max_attachments)?,
        '0'..='4' => (0, rest),
        _ => return Err(Error::Type),
    };
    let (namespace, rest) = namespace(rest)?;
    let (id, payload) = id(rest)?;
    // JSON may begin with a space, but some read that as one more digit.
    if payload.starts_with([' ', '\t', '\r', '\n']) {
        return Err(Error::Payload);
    }
    let kind = match (kind, id) {
        ('0', None) => Kind::Connect { auth: auth(payload)? },
        ('1', None) if payload.is_empty() => Kind::Disconnect,
        ('1', None) => return Err(Error::Payload),
        ('2', id) => Kind::Event { id, event: event(payload)? },
        ('3', Some(id)) => Kind::Ack { id, args: args(payload)? },
        ('4', None) => Kind::ConnectError { data: refusal(payload)? },
        ('5', id) => {
            let event = event(payload)?;
            placeholders(&event.args, attachments)?;
            Kind::BinaryEvent { id, attachments, event }
        }
        ('6', Some(id)) => {
            let args = args(payload)?;
            placeholders(&args, attachments)?;
            Kind::BinaryAck { id, attachments, args }
        }
        _ => return Err(Error::Id),
    };
    Ok(Packet { namespace, kind })
}

fn attachments(text: &str, max: usize) -> Result<(usize, &str), Error> {
    let (digits, rest) = text.split_once('-').ok_or(Error::Attachments)?;
    // Three digits are enough for any limit, and leave nothing to overflow.
    let padded = digits.len() > 1 && digits.starts_with('0');
    if padded || digits.len() > 3 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Error::Attachments);
    }
    let count: usize = digits.parse().or(Err(Error::Attachments))?;
    if count > max { Err(Error::Attachments) } else { Ok((count, rest)) }
}

fn placeholders(args: &[&RawValue], attachments: usize) -> Result<(), Error> {
    args.iter().try_for_each(|arg| placeholder::check(arg, attachments))
}

fn namespace(text: &str) -> Result<(&str, &str), Error> {
    if !text.starts_with('/') {
        return Ok((ROOT, text));
    }
    let (namespace, rest) = text.split_once(',').unwrap_or((text, ""));
    if namespace.len() > MAX_NAMESPACE || namespace.bytes().any(|byte| byte.is_ascii_control()) {
        return Err(Error::Namespace);
    }
    Ok((namespace, rest))
}

fn id(text: &str) -> Result<(Option<u64>, &str), Error> {
    let end = text.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let Some((digits, rest)) = text.split_at_checked(end).filter(|(digits, _)| !digits.is_empty()) else {
        return Ok((None, text));
    };
    // Counted first: a run of a million digits must not cost more than a look at its length.
    if digits.len() > 20 {
        return Err(Error::Id);
    }
    Ok((Some(digits.parse().or(Err(Error::Id))?), rest))
}

fn auth(payload: &str) -> Result<Option<&RawValue>, Error> {
    if payload.is_empty() {
        return Ok(None);
    }
    let value = raw(payload)?;
    if value.get().starts_with('{') { Ok(Some(value)) } else { Err(Error::Payload) }
}

fn refusal(payload: &str) -> Result<&RawValue, Error> {
    let value = raw(payload)?;
    if value.get().starts_with(['{', '"']) { Ok(value) } else { Err(Error::Payload) }
}

fn raw(payload: &str) -> Result<&RawValue, Error> {
    serde_json::from_str(payload).or(Err(Error::Payload))
}

fn args(payload: &str) -> Result<Args<'_>, Error> {
    array(payload, Arguments)
}

fn event(payload: &str) -> Result<Event<'_>, Error> {
    let (first, args) = array(payload, NameAndArguments)?;
    let name = name(first.get())?;
    if RESERVED.contains(&name.as_ref()) { Err(Error::Reserved) } else { Ok(Event { name, args }) }
}

fn array<'a, V: Visitor<'a>>(payload: &'a str, visitor: V) -> Result<V::Value, Error> {
    let mut json = serde_json::Deserializer::from_str(payload);
    let value = json.deserialize_seq(visitor).or(Err(Error::Payload))?;
    json.end().or(Err(Error::Payload))?;
    Ok(value)
}

fn name(json: &str) -> Result<Cow<'_, str>, Error> {
    match json.as_bytes() {
        [b'"', inner @ .., b'"'] if !inner.contains(&b'\\') => {
            json.get(1..json.len() - 1).map(Cow::Borrowed).ok_or(Error::Payload)
        }
        [b'"', ..] => serde_json::from_str(json).map(Cow::Owned).or(Err(Error::Payload)),
        [b'-' | b'0'..=b'9', ..] => Ok(Cow::Borrowed(json)),
        _ => Err(Error::Payload),
    }
}

/// A JSON array.
struct Arguments;

impl<'de> Visitor<'de> for Arguments {
    type Value = Args<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "an array of at most {MAX_ARGS} arguments")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Self::Value, A::Error> {
        let mut args = Args::new();
        while let Some(arg) = array.next_element()? {
            if args.len() == MAX_ARGS {
                return Err(serde::de::Error::invalid_length(MAX_ARGS + 1, &self));
            }
            args.push(arg);
        }
        Ok(args)
    }
}

/// A JSON array with at least one element: the name of an event, and the rest.
struct NameAndArguments;

impl<'de> Visitor<'de> for NameAndArguments {
    type Value = (&'de RawValue, Args<'de>);

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a non-empty array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Self::Value, A::Error> {
        let name = array.next_element()?.ok_or_else(|| serde::de::Error::invalid_length(0, &self))?;
        Ok((name, Arguments.visit_seq(array)?))
    }
}

fn owned(args: &[&RawValue]) -> Vec<Box<RawValue>> {
    args.iter().map(|arg| (*arg).to_owned()).collect()
}
