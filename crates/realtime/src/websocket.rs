//! Sessions over WebSocket; the only file that names `actix-web-actors`.
//!
//! Not its `WebsocketContext`: that one runs inside the response body and freezes with a peer that stops reading. Here
//! the response body only empties a queue, and the session actor lives on a context of its own.

use std::{
    convert::Infallible,
    error::Error,
    future::poll_fn,
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
use futures_util::{Stream, StreamExt as _};
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
    input: Option<Input>,
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
        let max = table.shared.config.max_payload;
        let input = Input { payload, codec: Codec::new().max_size(max), buffer: BytesMut::new(), max };
        Self { input: Some(input), fragments: None, table, seat }
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
        let max = self.table.shared.config.max_payload;
        let mut fragments = self.fragments.take().ok_or(ProtocolError::ContinuationNotStarted)?;
        if fragments.content.len() + content.len() > max {
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
}

impl Stream for Messages {
    type Item = Result<Message, ProtocolError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if self.seat.ended() {
                if let Some(input) = self.input.take() {
                    actix::spawn(input.farewell(Rc::clone(&self.seat)));
                }
                return Poll::Ready(None);
            }
            self.seat.listen(cx);
            if self.seat.crowded(&self.table.shared.config) {
                return Poll::Pending;
            }
            let Some(input) = &mut self.input else { return Poll::Ready(None) };
            let Some(frame) = ready!(input.poll_frame(cx)) else {
                self.seat.part();
                return Poll::Ready(None);
            };
            if let Some(message) = frame.and_then(|frame| self.complete(frame)).transpose() {
                return Poll::Ready(Some(message));
            }
        }
    }
}

/// The frames of a client.
struct Input {
    payload: Payload,
    codec: Codec,
    buffer: BytesMut,
    max: usize,
}

impl Input {
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

    /// Waits until the client has said goodbye or is gone; what else it says is not heard.
    async fn farewell(mut self, seat: Rc<Seat>) {
        loop {
            match poll_fn(|cx| self.poll_frame(cx)).await {
                Some(Ok(ws::Frame::Close(_))) | None => break,
                Some(Ok(_)) => {}
                Some(Err(_)) => {
                    // No frame can be told from another any more; what remains is to wait for the end.
                    while let Some(Ok(_)) = self.payload.next().await {}
                    break;
                }
            }
        }
        seat.part();
    }
}

fn text(content: Bytes) -> Result<Message, ProtocolError> {
    let text =
        ByteString::try_from(content).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    Ok(Message::Text(text))
}

impl<D: Dispatch> StreamHandler<Result<Message, ProtocolError>> for Session<D> {
    fn handle(&mut self, message: Result<Message, ProtocolError>, ctx: &mut <Self as Actor>::Context) {
        // An ended session ends its stream, and that the actor.
        match message {
            Ok(Message::Text(text)) => {
                if let Err(Violation) = self.packet(&text, ctx) {
                    self.seat.end(CloseCode::Protocol);
                }
            }
            Ok(Message::Ping(content)) => self.seat.send(Frame::pong(&content)),
            Ok(Message::Pong(_) | Message::Nop) => {}
            Ok(Message::Close(_)) => {
                self.seat.part();
                self.seat.end(CloseCode::Normal);
            }
            Ok(Message::Binary(_) | Message::Continuation(_)) => self.seat.end(CloseCode::Protocol),
            Err(error) => {
                tracing::debug!(%error, "closed: not a message");
                self.seat.end(close_code(&error));
            }
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
    stage: Stage,
}

#[derive(Debug, Clone, Copy)]
enum Stage {
    Open,
    Closing,
    Closed,
}

impl Outflow {
    pub(crate) fn new(table: Rc<Table>, seat: Rc<Seat>) -> Self {
        Self { table, seat, stage: Stage::Open }
    }

    fn poll_frame(&mut self, cx: &Context<'_>) -> Poll<Option<Frame>> {
        match self.stage {
            _ if self.seat.severed() => Poll::Ready(None),
            Stage::Open => {
                let frame = ready!(self.seat.outbox.poll(cx)).unwrap_or_else(|| {
                    self.stage = Stage::Closing;
                    Frame::goodbye(self.seat.close_code())
                });
                Poll::Ready(Some(frame))
            }
            Stage::Closing => {
                // The dispatcher writes all that it has before it comes again.
                self.stage = Stage::Closed;
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Stage::Closed if self.seat.parted() => {
                self.seat.hang_up();
                Poll::Ready(None)
            }
            Stage::Closed => {
                self.seat.outbox.listen(cx);
                Poll::Pending
            }
        }
    }
}

impl MessageBody for Outflow {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        self.poll_frame(cx).map(|frame| frame.map(|frame| Ok(frame.into_bytes())))
    }
}

impl Drop for Outflow {
    fn drop(&mut self) {
        self.table.unseat(&self.seat);
    }
}
