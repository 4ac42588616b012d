//! Reads the messages of a client from its socket, writes what a WebSocket has to send, and ends its connection.

use std::{
    future::poll_fn,
    io, mem,
    rc::Rc,
    task::{Context, Poll, ready},
    time::Duration,
};

use actix_http::ws::{Codec, Item};
use bytes::{Bytes, BytesMut};
use bytestring::ByteString;
use tokio::time::{sleep, timeout};
use tokio_util::codec::Decoder as _;

use super::{CloseReason, Frame, MaxPayload, Message, ProtocolError, Received, WebSocket};
use crate::{frame::Packet, session::handle::SessionHandle};

/// The longest header of a frame that a client sends.
const HEADER: usize = 14;

/// Bytes read from a socket at a time.
const CHUNK: usize = 4096;

/// Time for a client to answer the close frame.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// Decodes frames, joins fragments, and checks sizes and text.
///
/// After an error the boundaries of frames are unknown: everything up to the end of the connection is discarded.
pub(super) struct Reader {
    codec: Codec,
    buffer: BytesMut,
    fragments: Option<Fragments>,
    max: MaxPayload,
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
            // Readiness counts against the budget of the task, so that a client that floods does not keep its worker busy.
            let mut chunk = [0; CHUNK];
            let ready = ready!(self.stream.poll_read_ready(cx));
            match ready.and_then(|()| self.stream.try_read(&mut chunk)) {
                Ok(read) if read > 0 => {
                    reader.buffer.extend_from_slice(chunk.get(..read).unwrap_or_default());
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Ok(_) | Err(_) => {
                    reader.finished = true;
                    return Poll::Ready(None);
                }
            }
        }
    }
}

impl Reader {
    /// `received` is what was read from the socket before.
    pub(super) fn new(received: BytesMut, max: MaxPayload) -> Self {
        Self { codec: Codec::new(), buffer: received, fragments: None, max, broken: false, finished: false }
    }

    /// Whether the client has sent a close frame or the end of its stream.
    pub(super) const fn finished(&self) -> bool {
        self.finished
    }

    /// The next message in the buffer, if it is complete.
    fn decode(&mut self) -> Result<Option<Message>, ProtocolError> {
        let max = self.max.get();
        self.codec = mem::take(&mut self.codec).max_size(max);
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
        if self.buffer.len() > max + HEADER { Err(ProtocolError::Overflow) } else { Ok(None) }
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
        if fragments.content.len() + content.len() > self.max.get() {
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

/// What is to be written next.
enum Output {
    Packet(Packet),
    /// The packets of the session's queue.
    Queue,
    Close(CloseReason),
}

impl WebSocket {
    /// Writes `head`, then everything that is to be sent, until the WebSocket or the session it carries is over.
    ///
    /// Once it is over, what is left to be written has `grace`.
    pub(crate) async fn write(self: Rc<Self>, session: Rc<SessionHandle>, head: Bytes, grace: Duration) {
        let written = tokio::select! {
            written = self.write_to_end(&session, head) => written,
            () = self.overdue(&session, grace) => Err(io::ErrorKind::TimedOut.into()),
        };
        if written.is_err() {
            self.abort();
        }
        if self.carries() {
            session.lose();
        } else {
            self.close(CloseReason::Lost);
            session.wake();
        }
    }

    /// Whether messages of the client are handled no more.
    pub(crate) fn is_over(&self, session: &SessionHandle) -> bool {
        self.closing.get().is_some() || self.carries() && session.ended()
    }

    /// Waits until the WebSocket is over, and `grace` longer.
    async fn overdue(&self, session: &SessionHandle, grace: Duration) {
        poll_fn(|cx| self.poll_over(session, cx)).await;
        sleep(grace).await;
    }

    async fn write_to_end(&self, session: &SessionHandle, head: Bytes) -> io::Result<()> {
        self.write_all(&head).await?;
        // It holds the write buffer of the HTTP connection.
        drop(head);
        loop {
            match poll_fn(|cx| self.poll_output(session, cx)).await {
                Output::Packet(packet) => self.write_all(packet.as_bytes()).await?,
                Output::Queue => match session.queue.write(|slices| self.stream.try_write_vectored(slices)) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                        self.stream.writable().await?;
                    }
                    written => written?,
                },
                Output::Close(CloseReason::Lost) => return Ok(()),
                Output::Close(reason) => return self.send_close(reason).await,
            }
        }
    }

    fn poll_output(&self, session: &SessionHandle, cx: &Context<'_>) -> Poll<Output> {
        self.writer.register(cx.waker());
        if self.carries() && session.queue.is_partial() {
            return Poll::Ready(Output::Queue);
        } else if self.probed.take() {
            return Poll::Ready(Output::Packet(Packet::probed()));
        } else if let Some(pong) = self.pong.take() {
            return Poll::Ready(Output::Packet(pong));
        } else if let Some(reason) = self.closing.get() {
            return Poll::Ready(Output::Close(reason));
        } else if !self.carries() {
            return Poll::Pending;
        }
        let packets = ready!(session.queue.poll_packets(cx));
        Poll::Ready(if packets { Output::Queue } else { Output::Close(session.close_reason()) })
    }

    fn poll_over(&self, session: &SessionHandle, cx: &Context<'_>) -> Poll<()> {
        self.writer.register(cx.waker());
        if self.carries() {
            session.queue.listen(cx);
        }
        if self.is_over(session) { Poll::Ready(()) } else { Poll::Pending }
    }

    async fn write_all(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            match self.stream.try_write(bytes) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.stream.writable().await?,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Sends a close frame, and waits for that of the client (RFC 6455, 7.1.1).
    async fn send_close(&self, reason: CloseReason) -> io::Result<()> {
        self.write_all(Packet::close_frame(reason.code()).as_bytes()).await?;
        let answered = poll_fn(|cx| {
            while !self.reader.borrow().finished() {
                drop(ready!(self.poll_message(cx)));
            }
            Poll::Ready(())
        });
        // A client that does not answer has had its time.
        drop(timeout(CLOSE_TIMEOUT, answered).await);
        Ok(())
    }
}
