//! One WebSocket: what it sends, and how it ends. It carries a session, or asks to.

use std::{
    cell::{Cell, RefCell},
    convert::Infallible,
    pin::Pin,
    rc::Rc,
    sync::Weak,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use actix_http::ws::CloseCode;
use actix_web::body::{BodySize, MessageBody};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};

use crate::{
    config::Config,
    counter::Counted,
    exit::{Ending, Exit},
    frame::Packet,
    line::Line,
    seat::{Carrier, Seat},
};

/// How long a client has to answer the goodbye of the server.
const FAREWELL: Duration = Duration::from_secs(1);

/// A WebSocket as session and hub see it.
#[derive(Debug)]
pub(crate) struct Wire {
    pub(crate) seat: Rc<Seat>,
    exit: Rc<Exit>,
    /// Whether the session's packets go this way.
    carries: Cell<bool>,
    /// Whether what the client says here has to wait.
    held: Cell<bool>,
    /// Whether a probe is to be answered.
    probed: Cell<bool>,
    /// The answer to the last ping of the WebSocket protocol.
    pong: RefCell<Option<Packet>>,
    closed: Cell<Option<(Instant, CloseCode)>>,
    open: RefCell<Option<Rc<Counted>>>,
}

impl Wire {
    pub(crate) fn new(seat: &Rc<Seat>, line: Weak<Line>) -> Rc<Self> {
        Rc::new(Self {
            seat: Rc::clone(seat),
            exit: Rc::new(Exit::new(line)),
            carries: Cell::new(false),
            held: Cell::new(false),
            probed: Cell::new(false),
            pong: RefCell::default(),
            closed: Cell::new(None),
            open: RefCell::default(),
        })
    }

    /// Carries the session from now on.
    pub(crate) fn carry(&self) {
        *self.seat.carrier() = Carrier::WebSocket(Rc::clone(&self.exit));
        *self.open.borrow_mut() = self.seat.share_open();
        self.carries.set(true);
        self.exit.wake();
    }

    pub(crate) fn carries(&self) -> bool {
        self.carries.get()
    }

    /// Leaves what the client says here unread, or reads on.
    pub(crate) fn hold(&self, held: bool) {
        self.held.set(held);
        self.seat.wake_session();
    }

    pub(crate) fn held(&self) -> bool {
        self.held.get()
    }

    /// Answers a probe.
    pub(crate) fn answer_probe(&self) {
        self.probed.set(true);
        self.exit.wake();
    }

    /// Answers a ping of the WebSocket protocol; an answer that still waits is replaced, as that protocol allows.
    pub(crate) fn answer_ping(&self, content: &[u8]) {
        *self.pong.borrow_mut() = Some(Packet::pong(content));
        self.exit.wake();
    }

    /// What it says by itself, before anything of the session.
    fn own_packet(&self) -> Option<Packet> {
        if self.probed.take() { Some(Packet::probed()) } else { self.pong.take() }
    }

    /// Closes this WebSocket, whatever becomes of the session.
    pub(crate) fn close(&self, code: CloseCode) {
        if self.closed.get().is_none() {
            self.closed.set(Some((Instant::now(), code)));
        }
        self.exit.wake();
        self.seat.wake_session();
    }

    /// Whether nothing that the client says here is heard any more.
    pub(crate) fn over(&self) -> bool {
        self.closed.get().is_some() || self.carries() && self.seat.ended()
    }

    /// Notes that the client needs no more time to say goodbye.
    pub(crate) fn part(&self) {
        self.exit.advance(Ending::Parted);
    }

    /// Does what is due after the end; false once nothing is left to watch.
    pub(crate) fn sweep(&self, now: Instant, config: &Config) -> bool {
        let ended_at = self.closed.get().map(|(at, _)| at);
        let ended_at = ended_at.or_else(|| self.seat.ended_at().filter(|_| self.carries()));
        if let Some(ended_at) = ended_at {
            if now >= ended_at + config.grace() {
                self.exit.cut();
            } else if now >= ended_at + FAREWELL {
                self.part();
            }
        }
        self.exit.is_open()
    }

    /// Notes that nothing can be sent any more.
    fn lose(&self) {
        self.exit.advance(Ending::Bodiless);
        self.open.take();
        if self.carries() {
            self.seat.lose();
        } else {
            self.close(CloseCode::Abnormal);
        }
    }
}

/// What a WebSocket sends: what waits for the client, as it comes, and a close frame at the end.
#[derive(Debug)]
pub(crate) struct Outflow {
    wire: Rc<Wire>,
    said_goodbye: bool,
}

impl Outflow {
    pub(crate) const fn new(wire: Rc<Wire>) -> Self {
        Self { wire, said_goodbye: false }
    }

    fn poll_packet(&mut self, cx: &Context<'_>) -> Poll<Option<Packet>> {
        let wire = &self.wire;
        if wire.exit.ending() >= Ending::Severed {
            return Poll::Ready(None);
        }
        wire.exit.listen(cx);
        if self.said_goodbye {
            return if wire.exit.ending() >= Ending::Parted { Poll::Ready(None) } else { Poll::Pending };
        }
        if let Some(packet) = wire.own_packet() {
            return Poll::Ready(Some(packet));
        }
        let code = match wire.closed.get() {
            Some((_, code)) => code,
            None if wire.carries() => match ready!(wire.seat.outbox.poll(cx)) {
                Some(packet) => return Poll::Ready(Some(packet)),
                None => wire.seat.close_code(),
            },
            None => return Poll::Pending,
        };
        self.said_goodbye = true;
        Poll::Ready(Some(Packet::goodbye(code)))
    }
}

impl Stream for Outflow {
    type Item = Bytes;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        self.poll_packet(cx).map(|packet| packet.map(Packet::into_bytes))
    }
}

impl Drop for Outflow {
    fn drop(&mut self) {
        self.wire.lose();
    }
}

/// The response body of a WebSocket; when it ends, so does the sending side of the connection.
///
/// Packets are passed on one by one; the dispatcher gathers them in its write buffer and writes that at once.
pub(crate) struct Body<S> {
    packets: S,
    line: Weak<Line>,
    ended: bool,
}

impl<S> Body<S> {
    pub(crate) const fn new(packets: S, line: Weak<Line>) -> Self {
        Self { packets, line, ended: false }
    }
}

impl<S: Stream<Item = Bytes> + Unpin> MessageBody for Body<S> {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        if !self.ended {
            if let Some(packet) = ready!(self.packets.poll_next_unpin(cx)) {
                return Poll::Ready(Some(Ok(packet)));
            }
            // The dispatcher writes all that it has before it comes again.
            self.ended = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if let Some(line) = self.line.upgrade() {
            line.finish();
        }
        Poll::Ready(None)
    }
}
