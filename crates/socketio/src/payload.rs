//! Bodies of HTTP long-polling: packets one after the other, binary messages as base64.

use std::str::Split;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;

use crate::{engine::Packet, error::Error};

/// The separator of packets in a body.
pub const SEPARATOR: char = '\u{1e}';

/// The prefix of a binary message.
pub const BINARY: char = 'b';

/// The most packets of one body that every client reads; some drop the connection over a seventeenth.
pub const MAX_PACKETS: usize = 16;

/// One packet of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part<'a> {
    /// A packet in text form.
    Text(Packet<'a>),
    /// A binary message.
    Binary(Bytes),
}

impl<'a> Part<'a> {
    /// Reads one packet.
    pub fn decode(text: &'a str) -> Result<Self, Error> {
        match text.strip_prefix(BINARY) {
            // The rest is base64, which may begin with the digit of a packet type.
            Some(base64) => binary(base64).map(|message| Self::Binary(message.into())),
            None => Packet::decode(text).map(Self::Text),
        }
    }
}

fn binary(base64: &str) -> Result<Vec<u8>, Error> {
    if base64.contains('\n') {
        // Java clients wrap their lines.
        let joined: String = base64.chars().filter(|char| !matches!(char, '\r' | '\n')).collect();
        return STANDARD.decode(joined).or(Err(Error::Base64));
    }
    STANDARD.decode(base64).or(Err(Error::Base64))
}

/// Reads the packets of a body in their order, up to the first that is none; an empty body holds no packet and is an
/// error.
pub fn decode(body: &str) -> Parts<'_> {
    Parts(Some(body.split(SEPARATOR)))
}

/// The packets of a body; ends after the first error.
#[derive(Debug, Clone)]
pub struct Parts<'a>(Option<Split<'a, char>>);

impl<'a> Iterator for Parts<'a> {
    type Item = Result<Part<'a>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let part = Part::decode(self.0.as_mut()?.next()?);
        if part.is_err() {
            self.0 = None;
        }
        Some(part)
    }
}

impl std::iter::FusedIterator for Parts<'_> {}

/// A body in the making.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Builder {
    body: String,
    packets: usize,
}

impl Builder {
    /// An empty body with room for `bytes`.
    pub fn with_capacity(bytes: usize) -> Self {
        Self { body: String::with_capacity(bytes), packets: 0 }
    }

    /// How many packets the body holds.
    pub const fn packets(&self) -> usize {
        self.packets
    }

    /// How many bytes the body holds.
    pub const fn len(&self) -> usize {
        self.body.len()
    }

    /// Whether the body holds no packet yet.
    pub const fn is_empty(&self) -> bool {
        self.packets == 0
    }

    /// How many bytes the body will have after a text packet of `bytes`.
    pub const fn len_with_text(&self, bytes: usize) -> usize {
        let separator = if self.is_empty() { 0 } else { SEPARATOR.len_utf8() };
        self.len().saturating_add(separator).saturating_add(bytes)
    }

    /// How many bytes the body will have after a binary message of `bytes`.
    pub const fn len_with_binary(&self, bytes: usize) -> usize {
        self.len_with_text(bytes.div_ceil(3).saturating_mul(4).saturating_add(BINARY.len_utf8()))
    }

    /// Appends a packet in text form, type included.
    ///
    /// A separator within it has no form in a body, and is refused.
    pub fn text(&mut self, packet: &str) -> Result<(), Error> {
        if packet.contains(SEPARATOR) {
            return Err(Error::Separator);
        }
        self.separate();
        self.body.push_str(packet);
        Ok(())
    }

    /// Appends a binary message.
    pub fn binary(&mut self, message: &[u8]) {
        self.separate();
        self.body.push(BINARY);
        STANDARD.encode_string(message, &mut self.body);
    }

    /// The body.
    pub fn finish(self) -> String {
        self.body
    }

    fn separate(&mut self) {
        if !self.is_empty() {
            self.body.push(SEPARATOR);
        }
        self.packets += 1;
    }
}
