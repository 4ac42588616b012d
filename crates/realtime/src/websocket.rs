//! Sessions over WebSocket; the only file that names `actix-web-actors`.
//!
//! Not its `WebsocketContext`: that one runs inside the response body and freezes with a peer that stops reading. Here
//! the response body only empties a queue, and the session actor lives on a context of its own.

use std::{
    convert::Infallible,
    error::Error,
    io,
    pin::Pin,
    rc::Rc,
    str::Utf8Error,
    task::{Context, Poll, ready},
};

use actix::{Actor, StreamHandler};
use actix_http::ws::{Codec, Item};
use actix_web::{
    HttpRequest, HttpResponseBuilder,
    body::{BodySize, MessageBody},
    dev::Payload,
};
use actix_web_actors::ws::{self, CloseCode, HandshakeError, Message, ProtocolError};
use bytes::{Bytes, BytesMut};
use bytestring::ByteString;
use futures_util::Stream;
use tokio_util::codec::Decoder as _;

use crate::{
    dispatch::Dispatch,
    frame::Frame,
    seat::Seat,
    session::{Session, Violation},
    table::Table,
};

/// The longest header of a frame that a client sends.
const HEADER: usize = 14;

/// An empty input buffer larger than this is given back.
const KEEP: usize = 4096;

/// Checks the upgrade and prepares its answer.
pub(crate) fn handshake(request: &HttpRequest) -> Result<HttpResponseBuilder, HandshakeError> {
    ws::handshake(request)
}

/// The messages of a client: frames decoded, fragments joined, sizes and text checked.
pub(crate) struct Messages {
    payload: Payload,
    codec: Codec,
    buffer: BytesMut,
    fragments: Option<Fragments>,
    table: Rc<Table>,
    seat: Rc<Seat>,
}

struct Fragments {
    text: bool,
    content: BytesMut,
}

impl Messages {
    pub(crate) fn new(payload: Payload, table: Rc<Table>, seat: Rc<Seat>) -> Self {
        let codec = Codec::new().max_size(table.shared.config.max_payload);
        Self { payload, codec, buffer: BytesMut::new(), fragments: None, table, seat }
    }

    /// The next whole message among what has arrived.
    fn decode(&mut self) -> Result<Option<Message>, ProtocolError> {
        while let Some(frame) = self.codec.decode(&mut self.buffer)? {
            let message = match frame {
                ws::Frame::Text(content) => Some(text(content)?),
                ws::Frame::Binary(content) => Some(Message::Binary(content)),
                ws::Frame::Ping(content) => Some(Message::Ping(content)),
                ws::Frame::Pong(content) => Some(Message::Pong(content)),
                ws::Frame::Close(reason) => Some(Message::Close(reason)),
                ws::Frame::Continuation(item) => self.join(item)?,
            };
            if message.is_some() {
                return Ok(message);
            }
        }
        // The codec waits for the whole frame before it looks at its size.
        if self.buffer.len() > self.max() + HEADER {
            return Err(ProtocolError::Overflow);
        }
        Ok(None)
    }

    fn join(&mut self, item: Item) -> Result<Option<Message>, ProtocolError> {
        let max = self.max();
        let (content, last) = match item {
            Item::FirstText(content) => (self.begin(true, content), false),
            Item::FirstBinary(content) => (self.begin(false, content), false),
            Item::Continue(content) => (content, false),
            Item::Last(content) => (content, true),
        };
        let fragments = self.fragments.as_mut().ok_or(ProtocolError::ContinuationNotStarted)?;
        if fragments.content.len() + content.len() > max {
            return Err(ProtocolError::Overflow);
        }
        fragments.content.extend_from_slice(&content);
        if !last {
            return Ok(None);
        }
        let whole = self.fragments.take().ok_or(ProtocolError::ContinuationNotStarted)?;
        let content = whole.content.freeze();
        if whole.text { text(content).map(Some) } else { Ok(Some(Message::Binary(content))) }
    }

    /// Makes room for a fragmented message and hands its first fragment back.
    fn begin(&mut self, text: bool, content: Bytes) -> Bytes {
        self.fragments = Some(Fragments { text, content: BytesMut::new() });
        content
    }

    fn max(&self) -> usize {
        self.table.shared.config.max_payload
    }

    /// Waits for more bytes; ready with nothing at the end of the connection.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Option<()>> {
        if self.buffer.is_empty() && self.buffer.capacity() > KEEP {
            self.buffer = BytesMut::new();
        }
        match ready!(Pin::new(&mut self.payload).poll_next(cx)) {
            Some(Ok(chunk)) => {
                self.buffer.extend_from_slice(&chunk);
                Poll::Ready(Some(()))
            }
            // However a connection breaks, it is over.
            Some(Err(_)) | None => Poll::Ready(None),
        }
    }
}

fn text(content: Bytes) -> Result<Message, ProtocolError> {
    let text =
        ByteString::try_from(content).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    Ok(Message::Text(text))
}

impl Stream for Messages {
    type Item = Result<Message, ProtocolError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if self.seat.ended() {
                return Poll::Ready(None);
            }
            self.seat.listen(cx);
            if self.seat.crowded(&self.table.shared.config) {
                return Poll::Pending;
            }
            if let Some(message) = self.decode().transpose() {
                return Poll::Ready(Some(message));
            }
            if ready!(self.poll_read(cx)).is_none() {
                return Poll::Ready(None);
            }
        }
    }
}

impl<D: Dispatch> StreamHandler<Result<Message, ProtocolError>> for Session<D> {
    fn handle(&mut self, message: Result<Message, ProtocolError>, ctx: &mut <Self as Actor>::Context) {
        let outcome = match message {
            Ok(Message::Text(text)) => self.packet(&text, ctx),
            Ok(Message::Ping(content)) => {
                self.seat.send(Frame::pong(&content));
                Ok(())
            }
            Ok(Message::Pong(_) | Message::Nop) => Ok(()),
            Ok(Message::Close(_)) => {
                self.end(CloseCode::Normal, ctx);
                Ok(())
            }
            Ok(Message::Binary(_) | Message::Continuation(_)) => Err(Violation),
            Err(error) => {
                tracing::debug!(%error, "closed: not a message");
                self.end(close_code(&error), ctx);
                Ok(())
            }
        };
        if let Err(Violation) = outcome {
            self.end(CloseCode::Protocol, ctx);
        }
    }
}

fn close_code(error: &ProtocolError) -> CloseCode {
    match error {
        ProtocolError::Overflow => CloseCode::Size,
        ProtocolError::Io(error)
            if error.get_ref().is_some_and(<dyn Error + Send + Sync>::is::<Utf8Error>) =>
        {
            CloseCode::Invalid
        }
        _ => CloseCode::Protocol,
    }
}

/// The response body: what waits for the client, as it comes, and a close frame at the end.
///
/// Frames are passed on one by one; the dispatcher gathers them in its write buffer and writes that at once.
pub(crate) struct Outflow {
    table: Rc<Table>,
    seat: Rc<Seat>,
    closed: bool,
}

impl Outflow {
    pub(crate) fn new(table: Rc<Table>, seat: Rc<Seat>) -> Self {
        Self { table, seat, closed: false }
    }
}

impl MessageBody for Outflow {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        let frame = match ready!(self.seat.outbox.poll(cx)) {
            None if self.closed => return Poll::Ready(None),
            None => {
                self.closed = true;
                Frame::goodbye(self.seat.close_code())
            }
            Some(frame) => frame,
        };
        Poll::Ready(Some(Ok(frame.into_bytes())))
    }
}

impl Drop for Outflow {
    fn drop(&mut self) {
        self.table.unseat(&self.seat);
    }
}
