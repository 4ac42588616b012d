//! A TCP socket that fails when its peer does not read, and gives headers to errors that have none.

use std::io::{self, IoSlice};
use std::mem;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_web::rt::net::TcpStream;
use bytes::{Buf as _, BytesMut};
use metrics::Counter;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// How sockets are written to.
#[derive(Debug)]
pub(super) struct Writing {
    /// How long a peer may leave unread what is written to it.
    pub(super) timeout: Duration,
    /// Counts the sockets that failed.
    pub(super) unread: Counter,
    /// The lines that are added to the head of an error that no application has answered.
    pub(super) error_headers: String,
}

/// How Actix begins its answer to a first request that it cannot read, too large a one, and one that does not end.
const ERRORS: [&[u8]; 3] = [
    b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n",
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\n",
    b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n",
];

impl Writing {
    /// The head of such an error with more headers; nothing for anything else.
    fn completed(&self, head: &[u8]) -> Option<BytesMut> {
        let (begin, rest) = ERRORS.iter().find_map(|begin| Some((*begin, head.strip_prefix(*begin)?)))?;
        // What an application answers has more headers than these two.
        let bare = rest
            .split(|byte| *byte == b'\n')
            .map(<[u8]>::trim_ascii)
            .all(|line| line.is_empty() || line.starts_with(b"date: ") || line.starts_with(b"connection: "));
        bare.then(|| [begin, self.error_headers.as_bytes(), rest].concat().as_slice().into())
    }
}

/// A TCP socket whose peer must read.
#[derive(Debug)]
pub(super) struct Stream {
    socket: TcpStream,
    writing: Rc<Writing>,
    /// Whether nothing was written yet, so that what comes is the head of an answer.
    is_new: bool,
    /// What is to be written before anything else.
    first: BytesMut,
    /// Until when the peer must take more; none while it does.
    blocked: Option<Pin<Box<Sleep>>>,
}

impl Stream {
    pub(super) fn new(socket: TcpStream, writing: Rc<Writing>) -> Self {
        Self { socket, writing, is_new: true, first: BytesMut::new(), blocked: None }
    }

    pub(super) fn into_inner(self) -> TcpStream {
        self.socket
    }

    /// Writes what comes first.
    fn poll_first(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.first.is_empty() {
            let written = Pin::new(&mut self.socket).poll_write(cx, &self.first);
            match ready!(self.limited(cx, written))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => self.first.advance(written),
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Fails a write that has been blocked for too long.
    fn limited(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.blocked = None;
            return written;
        }
        let timeout = self.writing.timeout;
        ready!(self.blocked.get_or_insert_with(|| Box::pin(sleep(timeout))).as_mut().poll(cx));
        self.writing.unread.add();
        // Else the kernel would keep what is unread after the end.
        if let Err(error) = SockRef::from(&self.socket).set_linger(Some(Duration::ZERO)) {
            tracing::debug!(%error, "a connection is not reset");
        }
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_read(cx, into)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_first(cx))?;
        if mem::take(&mut self.is_new)
            && let Some(completed) = self.writing.completed(bytes)
        {
            // Written when the socket is flushed.
            self.first = completed;
            return Poll::Ready(Ok(bytes.len()));
        }
        let written = Pin::new(&mut self.socket).poll_write(cx, bytes);
        self.limited(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_first(cx))?;
        self.is_new = false;
        let written = Pin::new(&mut self.socket).poll_write_vectored(cx, bytes);
        self.limited(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_first(cx))?;
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_first(cx))?;
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}
