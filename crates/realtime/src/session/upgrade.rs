//! The upgrade from long-polling to a WebSocket (Engine.IO protocol, "Upgrade"): no packet is lost, doubled or reordered.

use std::rc::Rc;

use actix::{Addr, AsyncContext as _, Context, Handler, Message as ActixMessage, SpawnHandle, StreamHandler};
use actix_http::ws::CloseCode;
use actix_web::{HttpRequest, HttpResponse};
use socketio::engine::Packet;
use tokio::sync::oneshot;

use super::{Session, layer::Upper, poll::refuse};
use crate::{
    refused::Refused,
    serve::{Upgraded, on_upgrade},
    transport::{Polled, Transport},
    websocket::{self, Incoming, Message, Messages, WebSocket},
};

/// A WebSocket that asks to carry a session.
#[derive(Debug)]
pub(crate) struct Upgrade {
    socket: Rc<WebSocket>,
    timeout: SpawnHandle,
    pub(crate) probed: bool,
    /// The GETs that have come since, and are kept for a moment.
    pub(crate) polls: Vec<oneshot::Sender<Polled>>,
    /// Whether the client has changed over, while its last words on the old transport are still being understood.
    confirmed: bool,
}

impl Upgrade {
    /// Whether it is this one.
    pub(crate) fn is(&self, socket: &Rc<WebSocket>) -> bool {
        Rc::ptr_eq(&self.socket, socket)
    }

    /// Closes it; there is nothing left to carry.
    pub(crate) fn close(self, code: CloseCode) {
        self.socket.close(code);
    }
}

/// A WebSocket that has come in for a session, perhaps on another worker than the session's.
#[derive(Debug, ActixMessage)]
#[rtype(result = "()")]
pub(crate) struct Arrived(Upgraded<std::net::TcpStream>);

/// Opens a WebSocket that asks to carry the session.
pub(crate) fn open<U: Upper>(
    session: Addr<Session<U>>,
    request: &HttpRequest,
) -> Result<HttpResponse, Refused> {
    let mut response = websocket::handshake(request).or(Err(Refused::Request))?;
    let arrive = move |upgraded: Upgraded| match upgraded.detach() {
        Ok(detached) => session.do_send(Arrived(detached)),
        Err(error) => tracing::warn!(%error, "cannot hand a connection over"),
    };
    if on_upgrade(request, arrive) { Ok(response.finish()) } else { Err(Refused::Request) }
}

impl<U: Upper> Handler<Arrived> for Session<U> {
    type Result = ();

    fn handle(&mut self, Arrived(detached): Arrived, ctx: &mut Context<Self>) {
        self.check();
        let socket = match detached.attach() {
            Ok(upgraded) => self.open_websocket(upgraded, ctx),
            Err(error) => return tracing::warn!(%error, "cannot take a connection over"),
        };
        if self.seat.has_wire() || self.upgrade.is_some() || self.seat.ended() {
            return socket.close(CloseCode::Normal);
        }
        let timeout = ctx.run_later(self.table.shared.config.upgrade_timeout, |session, ctx| {
            tracing::debug!("a change of transport was not completed");
            session.abandon(CloseCode::Normal, ctx);
        });
        let polls = Vec::new();
        self.upgrade = Some(Upgrade { socket, timeout, probed: false, polls, confirmed: false });
    }
}

impl<U: Upper> Session<U> {
    /// Starts to read from and write to a WebSocket of this session.
    pub(crate) fn open_websocket(&self, upgraded: Upgraded, ctx: &mut Context<Self>) -> Rc<WebSocket> {
        let config = &self.table.shared.config;
        let Upgraded { stream, received, head } = upgraded;
        let socket = Rc::new(WebSocket::new(stream, received, config.max_payload));
        let (open, grace) = (self.seat.share_open(), config.grace());
        let written = Rc::clone(&socket).write(Rc::clone(&self.seat), head, grace);
        actix::spawn(async move {
            written.await;
            drop(open);
        });
        let messages = Messages::new(Rc::clone(&socket), Rc::clone(&self.seat), config.max_pending);
        <Self as StreamHandler<Incoming>>::add_stream(messages, ctx);
        socket
    }

    /// Has the session carried by a WebSocket.
    pub(crate) fn carry(&self, socket: Rc<WebSocket>) {
        socket.carry();
        *self.seat.transport() = Transport::WebSocket(socket);
    }

    /// Handles a message of a WebSocket that does not carry the session.
    pub(crate) fn probe(&mut self, socket: &Rc<WebSocket>, message: &Message, ctx: &mut Context<Self>) {
        let Some(upgrade) = self.upgrade.as_mut().filter(|upgrade| upgrade.is(socket)) else {
            return;
        };
        let packet = match message {
            Message::Text(text) => Packet::decode(text).ok(),
            Message::Ping(content) => return socket.answer_ping(content),
            Message::Pong(_) | Message::Nop => return,
            Message::Close(_) => return self.abandon(CloseCode::Normal, ctx),
            Message::Binary(_) | Message::Continuation(_) => None,
        };
        match packet {
            Some(Packet::Ping("probe")) => {
                socket.answer_probe();
                if !std::mem::replace(&mut upgrade.probed, true) {
                    self.seat.pause();
                    self.release_parked();
                }
            }
            Some(Packet::Upgrade) => {
                upgrade.confirmed = true;
                // What was sent on the old transport comes before anything that is sent on the new one.
                socket.pause(true);
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
        let Some(Upgrade { socket, timeout, polls, .. }) = self.upgrade.take_if(|upgrade| upgrade.confirmed)
        else {
            return;
        };
        ctx.cancel_future(timeout);
        for poll in polls {
            refuse(poll, Refused::Request);
        }
        self.release_parked();
        socket.pause(false);
        self.carry(socket);
        self.seat.wake_session();
        self.resume();
    }

    /// Closes the WebSocket that did not come to carry the session; the old transport is used on.
    pub(crate) fn abandon(&mut self, code: CloseCode, ctx: &mut Context<Self>) {
        if let Some(Upgrade { socket, timeout, polls, .. }) = self.upgrade.take() {
            ctx.cancel_future(timeout);
            socket.close(code);
            self.resume();
            self.release_polls(polls, false, ctx);
        }
    }

    fn resume(&self) {
        self.seat.resume(&self.table.shared.config);
        self.table.timers.arm(&self.seat);
    }
}
