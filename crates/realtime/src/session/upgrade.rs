//! The way from HTTP long-polling to a WebSocket, without a packet lost or doubled.

use std::{
    rc::Rc,
    sync::{Arc, Weak},
};

use actix::{Addr, AsyncContext as _, Context, Handler, Message as ActixMessage, SpawnHandle, StreamHandler};
use actix_http::ws::CloseCode;
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use socketio::engine::Packet;
use tokio::sync::{mpsc, oneshot};

use super::{Session, layer::Upper, poll::refuse};
use crate::{
    line::Line,
    polled::Polled,
    refused::Refused,
    relay,
    websocket::{self, Heard, Message, Messages, Reader, Received},
    wire::{Body, Outflow, Wire},
};

/// A WebSocket that asks to carry a session.
#[derive(Debug)]
pub(crate) struct Upgrade {
    wire: Rc<Wire>,
    timeout: SpawnHandle,
    pub(crate) probed: bool,
    /// The GETs that have come since, and are kept for a moment.
    pub(crate) polls: Vec<oneshot::Sender<Polled>>,
    /// Whether the client has changed over, while its last words on the old transport are still being understood.
    confirmed: bool,
}

impl Upgrade {
    /// Whether it is this one.
    pub(crate) fn is(&self, wire: &Rc<Wire>) -> bool {
        Rc::ptr_eq(&self.wire, wire)
    }

    /// Closes it; there is nothing left to carry.
    pub(crate) fn close(self, code: CloseCode) {
        self.wire.close(code);
    }
}

/// A WebSocket that has come in for a session, perhaps on another worker than the session's.
#[derive(ActixMessage)]
#[rtype(result = "()")]
pub(crate) struct Arrived {
    inbound: mpsc::Receiver<Received>,
    outbound: mpsc::Sender<Bytes>,
    line: Weak<Line>,
}

/// Opens a WebSocket that asks to carry the session.
pub(crate) fn open<U: Upper>(
    session: &Addr<Session<U>>,
    request: &HttpRequest,
    payload: web::Payload,
    max: usize,
) -> Result<HttpResponse, Refused> {
    let mut response = websocket::handshake(request).or(Err(Refused::Request))?;
    let line = line(request);
    let (outbound, packets) = mpsc::channel(relay::CHUNKS);
    let (sender, inbound) = mpsc::channel(relay::MESSAGES);
    actix::spawn(relay::receive(Reader::new(payload.into_inner(), max), sender));
    session.do_send(Arrived { inbound, outbound, line: Weak::clone(&line) });
    Ok(response.body(Body::new(relay::stream(packets), line)))
}

/// The connection of a request, to be kept within reach of the hub.
pub(crate) fn line(request: &HttpRequest) -> Weak<Line> {
    let line = request.conn_data::<Arc<Line>>();
    line.inspect(|line| line.narrow());
    line.map_or_else(Weak::new, Arc::downgrade)
}

impl<U: Upper> Handler<Arrived> for Session<U> {
    type Result = ();

    fn handle(&mut self, Arrived { inbound, outbound, line }: Arrived, ctx: &mut Context<Self>) {
        self.check();
        let wire = Wire::new(&self.seat, line);
        self.table.watch(&wire);
        actix::spawn(relay::send(Outflow::new(Rc::clone(&wire)), outbound));
        let inbound = relay::stream(inbound);
        let messages = Messages::new(inbound, Rc::clone(&wire), Rc::clone(&self.table));
        <Self as StreamHandler<Heard>>::add_stream(messages, ctx);
        if self.seat.has_wire() || self.upgrade.is_some() || self.seat.ended() {
            return wire.close(CloseCode::Normal);
        }
        let timeout = ctx.run_later(self.table.shared.config.upgrade_timeout, |session, ctx| {
            tracing::debug!("a change of transport was not completed");
            session.abandon(CloseCode::Normal, ctx);
        });
        let polls = Vec::new();
        self.upgrade = Some(Upgrade { wire, timeout, probed: false, polls, confirmed: false });
    }
}

impl<U: Upper> Session<U> {
    /// Hears what comes over a WebSocket that does not carry the session.
    pub(crate) fn probe(&mut self, wire: &Rc<Wire>, message: &Message, ctx: &mut Context<Self>) {
        let Some(upgrade) = self.upgrade.as_mut().filter(|upgrade| upgrade.is(wire)) else {
            return;
        };
        let packet = match message {
            Message::Text(text) => Packet::decode(text).ok(),
            Message::Ping(content) => return wire.answer_ping(content),
            Message::Pong(_) | Message::Nop => return,
            Message::Close(_) => {
                wire.part();
                return self.abandon(CloseCode::Normal, ctx);
            }
            Message::Binary(_) | Message::Continuation(_) => None,
        };
        match packet {
            Some(Packet::Ping("probe")) => {
                wire.answer_probe();
                if !std::mem::replace(&mut upgrade.probed, true) {
                    self.seat.pause();
                    self.release_parked();
                }
            }
            Some(Packet::Upgrade) => {
                upgrade.confirmed = true;
                // What was said on the old transport comes before anything that is said on the new one.
                wire.hold(true);
                self.finish_upgrade(ctx);
            }
            _ => self.abandon(CloseCode::Protocol, ctx),
        }
    }

    /// Changes over, once both sides are ready for it.
    pub(crate) fn finish_upgrade(&mut self, ctx: &mut Context<Self>) {
        if self.push.is_some() {
            return;
        }
        let Some(Upgrade { wire, timeout, polls, .. }) = self.upgrade.take_if(|upgrade| upgrade.confirmed)
        else {
            return;
        };
        ctx.cancel_future(timeout);
        for poll in polls {
            refuse(poll, Refused::Request);
        }
        self.release_parked();
        wire.carry();
        wire.hold(false);
        self.resume();
    }

    /// Closes the WebSocket that did not come to carry the session; the old transport is used on.
    pub(crate) fn abandon(&mut self, code: CloseCode, ctx: &mut Context<Self>) {
        if let Some(Upgrade { wire, timeout, polls, .. }) = self.upgrade.take() {
            ctx.cancel_future(timeout);
            wire.close(code);
            self.resume();
            self.release_polls(polls, false, ctx);
        }
    }

    fn resume(&self) {
        self.seat.resume(&self.table.shared.config);
        self.table.timers.arm(&self.seat);
    }
}
