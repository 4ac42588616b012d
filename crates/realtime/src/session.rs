//! One actor per session: the state of its Engine.IO connection, whichever transport carries it.

use std::{
    pin::Pin,
    rc::Rc,
    sync::Arc,
    task::{Context as TaskContext, Poll},
    time::{Duration, Instant},
};

use actix::{Actor, ActorContext as _, AsyncContext as _, Context, StreamHandler};
use actix_http::ws::CloseCode;
use bytes::Bytes;
use futures_util::Stream;
use socketio::engine::Packet;

use self::{
    layer::{Upper, Violation},
    poll::HOLD,
    push::Push,
    upgrade::Upgrade,
};
use crate::{
    registry::Registry,
    seat::{Errand, LastWord, Seat},
    table::Table,
};

pub(crate) mod layer;
pub(crate) mod poll;
pub(crate) mod push;
pub(crate) mod upgrade;

mod hear;

/// How long a server that stops waits for a client that is between two polls.
const DEPARTURE: Duration = Duration::from_secs(1);

/// Understands what a client sends, in order, and hands it on.
pub(crate) struct Session<U: Upper> {
    pub(crate) table: Rc<Table>,
    pub(crate) seat: Rc<Seat>,
    pub(crate) upper: U,
    /// The POST that is being read.
    push: Option<Push>,
    /// The WebSocket that asks to carry the session.
    upgrade: Option<Upgrade>,
    sid: String,
    registry: Arc<Registry<Session<U>>>,
    over: bool,
}

impl<U: Upper> Actor for Session<U> {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.add_errands(ctx);
        U::opened(self);
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        self.finish();
        self.registry.remove(&self.sid);
        self.answer_push();
        if let Some(upgrade) = self.upgrade.take() {
            upgrade.close(CloseCode::Normal);
        }
        if !self.seat.ended() {
            self.seat.lose();
        }
        self.seat.release();
    }
}

impl<U: Upper> Session<U> {
    pub(crate) fn new(
        upper: U,
        table: Rc<Table>,
        seat: Rc<Seat>,
        sid: String,
        registry: Arc<Registry<Self>>,
    ) -> Self {
        Self { table, seat, upper, push: None, upgrade: None, sid, registry, over: false }
    }

    fn add_errands(&self, ctx: &mut Context<Self>) {
        <Self as StreamHandler<Asked>>::add_stream(Errands { seat: Rc::clone(&self.seat), over: false }, ctx);
    }

    /// Handles one Engine.IO packet in text form.
    pub(crate) fn packet(&mut self, packet: &Packet<'_>, ctx: &mut Context<Self>) -> Result<(), Violation> {
        match *packet {
            Packet::Message(text) => U::text(self, text, ctx),
            Packet::Pong("") => {
                self.seat.ponged(&self.table.shared.config);
                self.table.timers.arm(&self.seat);
                Ok(())
            }
            Packet::Close => {
                self.close();
                Ok(())
            }
            _ => Err(Violation),
        }
    }

    /// Handles one binary message.
    pub(crate) fn binary(&mut self, message: Bytes) -> Result<(), Violation> {
        U::binary(self, message)
    }

    /// Ends the session because the client said so.
    fn close(&mut self) {
        if !self.seat.has_wire() {
            self.seat.queue.abort();
        }
        self.seat.part_by(LastWord::Noop);
        self.seat.end(CloseCode::Normal);
    }

    /// Ends the session because the client broke the protocol.
    pub(crate) fn refuse(&self, code: CloseCode) {
        if self.seat.has_wire() { self.seat.end(code) } else { self.seat.cut() }
    }

    /// Does what has become due before the hub's timer noticed.
    pub(crate) fn check(&self) {
        self.table.check(&self.seat, Instant::now());
    }

    /// Lets the layer above go, once.
    fn finish(&mut self) {
        if !std::mem::replace(&mut self.over, true) {
            U::over(self);
        }
    }

    /// Tells whoever polls that the session is over, or stays until somebody does.
    fn ended(&mut self, ctx: &mut Context<Self>) {
        self.finish();
        if self.seat.has_wire() {
            // The WebSocket says when it has heard the last of the client.
            return;
        }
        self.answer_parked();
        let linger = match self.seat.last_word() {
            _ if self.seat.silent() => return ctx.stop(),
            // The client said so itself, and as long as it has no answer to that a GET of its own may be on its way.
            LastWord::Noop => HOLD,
            LastWord::Away => {
                self.answer_push();
                DEPARTURE
            }
            _ => {
                self.answer_push();
                self.table.shared.config.linger
            }
        };
        ctx.run_later(linger, |_, ctx| ctx.stop());
    }
}

/// What the session is asked to do by others on its worker; last of all, that it is over.
struct Errands {
    seat: Rc<Seat>,
    over: bool,
}

/// One of them.
enum Asked {
    Errand(Errand),
    Over,
}

impl Stream for Errands {
    type Item = Asked;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Option<Asked>> {
        self.seat.listen(cx);
        if let Some(errand) = self.seat.next_errand() {
            return Poll::Ready(Some(Asked::Errand(errand)));
        }
        if self.seat.ended() && !std::mem::replace(&mut self.over, true) {
            return Poll::Ready(Some(Asked::Over));
        }
        Poll::Pending
    }
}

impl<U: Upper> StreamHandler<Asked> for Session<U> {
    fn handle(&mut self, asked: Asked, ctx: &mut Self::Context) {
        match asked {
            Asked::Errand(Errand::Evict(member)) => U::evict(self, member),
            Asked::Errand(Errand::Tell(frame)) => U::tell(self, frame),
            Asked::Over => self.ended(ctx),
        }
    }
}
