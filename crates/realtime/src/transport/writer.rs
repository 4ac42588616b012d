//! Writes what a WebSocket has to send, and ends its connection.

use std::{
    future::poll_fn,
    io,
    rc::Rc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use tokio::time::{sleep, timeout};

use super::{CloseReason, WebSocket};
use crate::{frame::Packet, session::handle::SessionHandle};

/// Time for a client to answer the close frame.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

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
