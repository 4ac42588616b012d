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

use super::{CloseCode, WebSocket};
use crate::{frame::Packet, seat::Seat};

/// Time for a client to answer the close frame.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// What is to be written next.
enum Output {
    Packet(Packet),
    /// The packets of the session's queue.
    Queue,
    Close(CloseCode),
}

impl WebSocket {
    /// Writes `head`, then everything that is to be sent, until the WebSocket or the session it carries is over.
    ///
    /// Once it is over, what is left to be written has `grace`.
    pub(crate) async fn write(self: Rc<Self>, session: Rc<Seat>, head: Bytes, grace: Duration) {
        let overdue = async {
            poll_fn(|cx| self.poll_over(&session, cx)).await;
            sleep(grace).await;
        };
        let ended = tokio::select! {
            ended = self.write_to_end(&session, &head) => ended,
            () = overdue => Err(io::ErrorKind::TimedOut.into()),
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "connection lost");
            self.abort();
        }
        if self.carries() {
            session.lose();
        } else {
            self.close(CloseCode::Abnormal);
            session.wake_session();
        }
    }

    async fn write_to_end(&self, session: &Seat, head: &[u8]) -> io::Result<()> {
        self.write_all(head).await?;
        loop {
            match poll_fn(|cx| self.poll_output(session, cx)).await {
                Output::Packet(packet) => self.write_all(packet.as_bytes()).await?,
                Output::Queue => self.write_queue(session).await?,
                Output::Close(CloseCode::Abnormal) => return Ok(()),
                Output::Close(code) => return self.say_close(code).await,
            }
        }
    }

    fn poll_output(&self, session: &Seat, cx: &Context<'_>) -> Poll<Output> {
        self.writer.register(cx.waker());
        if self.probed.take() {
            return Poll::Ready(Output::Packet(Packet::probed()));
        } else if let Some(pong) = self.pong.take() {
            return Poll::Ready(Output::Packet(pong));
        } else if let Some(code) = self.closing.get() {
            return Poll::Ready(Output::Close(code));
        } else if !self.carries() {
            return Poll::Pending;
        }
        let packets = ready!(session.queue.poll_packets(cx));
        Poll::Ready(if packets { Output::Queue } else { Output::Close(session.close_code()) })
    }

    fn poll_over(&self, session: &Seat, cx: &Context<'_>) -> Poll<()> {
        self.writer.register(cx.waker());
        if self.carries() {
            session.queue.listen(cx);
        }
        if self.is_over(session) { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Writes packets of the queue, at least one of them whole.
    async fn write_queue(&self, session: &Seat) -> io::Result<()> {
        loop {
            match session.queue.write(|slices| self.stream.try_write_vectored(slices)) {
                Ok(()) if session.queue.is_partial() => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.stream.writable().await?,
                written => return written,
            }
        }
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
    async fn say_close(&self, code: CloseCode) -> io::Result<()> {
        self.write_all(Packet::goodbye(code).as_bytes()).await?;
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
