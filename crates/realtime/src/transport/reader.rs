//! Decodes the messages of a client from its socket.

use std::{
    io,
    task::{Context, Poll, ready},
};

use actix_http::ws::{Codec, Item};
use actix_web::rt::net::TcpStream;
use bytes::{Bytes, BytesMut};
use bytestring::ByteString;
use tokio_util::codec::Decoder as _;

use super::{Frame, Message, ProtocolError, Received, WebSocket};

/// The longest header of a frame that a client sends.
const HEADER: usize = 14;

/// Bytes read from a socket at a time.
const CHUNK: usize = 4096;

/// Decodes frames, joins fragments, and checks sizes and text.
///
/// After an error the boundaries of frames are unknown: everything up to the end of the connection is discarded.
pub(super) struct Reader {
    codec: Codec,
    buffer: BytesMut,
    fragments: Option<Fragments>,
    max: usize,
    broken: bool,
    finished: bool,
}

struct Fragments {
    text: bool,
    content: BytesMut,
}

impl WebSocket {
    /// The next message of the client; ready with nothing at the end of the connection.
    pub(crate) fn poll_message(&self, cx: &mut Context<'_>) -> Poll<Option<Received>> {
        let mut reader = self.reader.borrow_mut();
        loop {
            if reader.broken {
                reader.buffer.clear();
            } else if let Some(message) = reader.decode().transpose() {
                reader.broken = message.is_err();
                reader.finished |= matches!(message, Ok(Message::Close(_)));
                return Poll::Ready(Some(message));
            }
            if reader.buffer.is_empty() {
                reader.buffer = BytesMut::new();
            }
            if !ready!(reader.poll_read(&self.stream, cx)) {
                reader.finished = true;
                return Poll::Ready(None);
            }
        }
    }
}

impl Reader {
    /// `received` is what was read from the socket before.
    pub(super) fn new(received: BytesMut, max: usize) -> Self {
        let codec = Codec::new().max_size(max);
        Self { codec, buffer: received, fragments: None, max, broken: false, finished: false }
    }

    /// Whether the client has sent a close frame or the end of its stream.
    pub(super) const fn finished(&self) -> bool {
        self.finished
    }

    /// Reads more; false at the end of the connection, however it comes.
    ///
    /// Readiness counts against the budget of the task, so that a client that floods does not keep its worker busy.
    fn poll_read(&mut self, stream: &TcpStream, cx: &mut Context<'_>) -> Poll<bool> {
        let mut chunk = [0; CHUNK];
        while ready!(stream.poll_read_ready(cx)).is_ok() {
            match stream.try_read(&mut chunk) {
                Ok(read) => {
                    self.buffer.extend_from_slice(chunk.get(..read).unwrap_or_default());
                    return Poll::Ready(read > 0);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => break,
            }
        }
        Poll::Ready(false)
    }

    /// The next message in the buffer, if it is complete.
    fn decode(&mut self) -> Result<Option<Message>, ProtocolError> {
        while let Some(frame) = self.codec.decode(&mut self.buffer)? {
            let message = match frame {
                Frame::Text(content) => text(content)?,
                Frame::Binary(content) => Message::Binary(content),
                Frame::Ping(content) => Message::Ping(content),
                Frame::Pong(content) => Message::Pong(content),
                Frame::Close(reason) => Message::Close(reason),
                Frame::Continuation(item) => match self.join(item)? {
                    Some(message) => message,
                    None => continue,
                },
            };
            return Ok(Some(message));
        }
        // The codec waits for the whole frame before it checks its size.
        if self.buffer.len() > self.max + HEADER { Err(ProtocolError::Overflow) } else { Ok(None) }
    }

    /// The message that a fragment completes, if it does.
    fn join(&mut self, item: Item) -> Result<Option<Message>, ProtocolError> {
        let (content, last) = match item {
            Item::FirstText(content) => (self.begin(true, content), false),
            Item::FirstBinary(content) => (self.begin(false, content), false),
            Item::Continue(content) => (content, false),
            Item::Last(content) => (content, true),
        };
        let mut fragments = self.fragments.take().ok_or(ProtocolError::ContinuationNotStarted)?;
        if fragments.content.len() + content.len() > self.max {
            return Err(ProtocolError::Overflow);
        }
        fragments.content.extend_from_slice(&content);
        if !last {
            self.fragments = Some(fragments);
            return Ok(None);
        }
        let content = fragments.content.freeze();
        if fragments.text { text(content).map(Some) } else { Ok(Some(Message::Binary(content))) }
    }

    /// Begins a fragmented message and returns its first fragment.
    fn begin(&mut self, text: bool, content: Bytes) -> Bytes {
        self.fragments = Some(Fragments { text, content: BytesMut::new() });
        content
    }
}

fn text(content: Bytes) -> Result<Message, ProtocolError> {
    let text =
        ByteString::try_from(content).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    Ok(Message::Text(text))
}
