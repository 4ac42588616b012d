//! A WebSocket as it comes in; the only file that names `actix-web-actors`.
//!
//! Not its `WebsocketContext`: that one runs inside the response body and freezes with a peer that stops reading. Here
//! the response body only empties a queue, and the session actor lives on a context of its own.

use std::{
    error::Error,
    io,
    pin::Pin,
    rc::Rc,
    str::Utf8Error,
    task::{Context, Poll, ready},
};

use actix_http::ws::{Codec, Item};
use actix_web::{HttpRequest, HttpResponseBuilder, dev::Payload};
use actix_web_actors::ws::{self, HandshakeError, ProtocolError};
use bytes::{Bytes, BytesMut};
use bytestring::ByteString;
use futures_util::{Stream, StreamExt as _};
use tokio_util::codec::Decoder as _;

use crate::{table::Table, wire::Wire};

pub(crate) use actix_web_actors::ws::{CloseCode, Message};

/// The longest header of a frame that a client sends.
const HEADER: usize = 14;

/// An empty input buffer larger than this is given back.
const KEEP: usize = 4096;

/// A message of a client, or why there is none.
pub(crate) type Received = Result<Message, ProtocolError>;

/// Checks the upgrade and prepares its answer.
pub(crate) fn handshake(request: &HttpRequest) -> Result<HttpResponseBuilder, HandshakeError> {
    ws::handshake(request)
}

/// The messages of a client: frames decoded, fragments joined, sizes and text checked.
///
/// After an error it only waits for the end of the connection.
pub(crate) struct Reader {
    payload: Payload,
    codec: Codec,
    buffer: BytesMut,
    fragments: Option<Fragments>,
    broken: bool,
    max: usize,
}

struct Fragments {
    text: bool,
    content: BytesMut,
}

impl Reader {
    pub(crate) fn new(payload: Payload, max: usize) -> Self {
        let codec = Codec::new().max_size(max);
        Self { payload, codec, buffer: BytesMut::new(), fragments: None, broken: false, max }
    }

    /// The message that a frame completes, if it does.
    fn complete(&mut self, frame: ws::Frame) -> Result<Option<Message>, ProtocolError> {
        match frame {
            ws::Frame::Text(content) => text(content).map(Some),
            ws::Frame::Binary(content) => Ok(Some(Message::Binary(content))),
            ws::Frame::Ping(content) => Ok(Some(Message::Ping(content))),
            ws::Frame::Pong(content) => Ok(Some(Message::Pong(content))),
            ws::Frame::Close(reason) => Ok(Some(Message::Close(reason))),
            ws::Frame::Continuation(item) => self.join(item),
        }
    }

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

    /// Makes room for a fragmented message and hands its first fragment back.
    fn begin(&mut self, text: bool, content: Bytes) -> Bytes {
        self.fragments = Some(Fragments { text, content: BytesMut::new() });
        content
    }

    /// The next frame; ready with nothing at the end of the connection.
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<ws::Frame, ProtocolError>>> {
        loop {
            if let Some(frame) = self.codec.decode(&mut self.buffer).transpose() {
                return Poll::Ready(Some(frame));
            }
            // The codec waits for the whole frame before it looks at its size.
            if self.buffer.len() > self.max + HEADER {
                return Poll::Ready(Some(Err(ProtocolError::Overflow)));
            }
            if self.buffer.is_empty() && self.buffer.capacity() > KEEP {
                self.buffer = BytesMut::new();
            }
            match ready!(Pin::new(&mut self.payload).poll_next(cx)) {
                Some(Ok(chunk)) => self.buffer.extend_from_slice(&chunk),
                // However a connection breaks, it is over.
                Some(Err(_)) | None => return Poll::Ready(None),
            }
        }
    }
}

impl Stream for Reader {
    type Item = Received;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Received>> {
        while !self.broken {
            let Some(frame) = ready!(self.poll_frame(cx)) else { return Poll::Ready(None) };
            if let Some(message) = frame.and_then(|frame| self.complete(frame)).transpose() {
                // No frame can be told from another any more.
                self.broken = message.is_err();
                return Poll::Ready(Some(message));
            }
        }
        self.buffer = BytesMut::new();
        while let Some(Ok(_)) = ready!(Pin::new(&mut self.payload).poll_next(cx)) {}
        Poll::Ready(None)
    }
}

fn text(content: Bytes) -> Result<Message, ProtocolError> {
    let text =
        ByteString::try_from(content).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    Ok(Message::Text(text))
}

/// What a session hears over a WebSocket of its, no faster than its events are handled.
pub(crate) struct Messages<S> {
    source: Option<S>,
    wire: Rc<Wire>,
    table: Rc<Table>,
    finished: bool,
}

/// One thing that is heard.
pub(crate) struct Heard {
    pub(crate) wire: Rc<Wire>,
    pub(crate) what: What,
}

pub(crate) enum What {
    Received(Received),
    /// The connection has ended.
    End,
    /// Whatever else the client says here is not heard.
    Over,
}

impl<S: Stream<Item = Received> + Unpin + 'static> Messages<S> {
    pub(crate) const fn new(source: S, wire: Rc<Wire>, table: Rc<Table>) -> Self {
        Self { source: Some(source), wire, table, finished: false }
    }

    fn poll_what(&mut self, cx: &mut Context<'_>) -> Poll<What> {
        let seat = &self.wire.seat;
        seat.listen(cx);
        if self.wire.over() {
            if let Some(source) = self.source.take() {
                actix::spawn(farewell(source, Rc::clone(&self.wire)));
            }
            return Poll::Ready(What::Over);
        }
        let crowded = self.wire.carries() && seat.crowded(&self.table.shared.config);
        let Some(source) = self.source.as_mut().filter(|_| !crowded && !self.wire.held()) else {
            return Poll::Pending;
        };
        let Some(received) = ready!(source.poll_next_unpin(cx)) else {
            self.source = None;
            self.wire.part();
            return Poll::Ready(What::End);
        };
        Poll::Ready(What::Received(received))
    }
}

impl<S: Stream<Item = Received> + Unpin + 'static> Stream for Messages<S> {
    type Item = Heard;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Heard>> {
        if self.finished {
            return Poll::Ready(None);
        }
        let what = ready!(self.poll_what(cx));
        self.finished = matches!(what, What::Over);
        Poll::Ready(Some(Heard { wire: Rc::clone(&self.wire), what }))
    }
}

/// Waits until the client has said goodbye or is gone; what else it says is not heard.
async fn farewell(mut source: impl Stream<Item = Received> + Unpin, wire: Rc<Wire>) {
    loop {
        match source.next().await {
            Some(Ok(Message::Close(_))) | None => break,
            Some(_) => {}
        }
    }
    wire.part();
}

/// The code that says why a message was none.
pub(crate) fn close_code(error: &ProtocolError) -> CloseCode {
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
