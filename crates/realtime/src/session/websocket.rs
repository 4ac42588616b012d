//! Each WebSocket of a session: one that carries it, and one that asks to (Engine.IO protocol, "Upgrade").
//!
//! No packet is lost, doubled or reordered by an upgrade.

use std::{
    pin::Pin,
    rc::Rc,
    task::{Context as TaskContext, Poll, ready},
};

use actix::{
    ActorContext as _, Addr, AsyncContext as _, Context, Handler, Message as ActixMessage, SpawnHandle,
    StreamHandler,
};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::Stream;
use socketio::engine::Packet;

use super::{Session, Violation, handle::SessionHandle};
use crate::{
    Dispatch,
    request::RequestError,
    server::{Upgraded, on_upgrade},
    transport::{self, CloseReason, Message, Received, Transport, UpgradeStage, WebSocket, close_reason},
};

/// A WebSocket that asks to carry a session.
#[derive(Debug)]
pub(crate) struct Upgrade {
    pub(super) socket: Rc<WebSocket>,
    timeout: SpawnHandle,
}

/// The socket of a WebSocket that asks to carry the session; it may come from another worker.
#[derive(Debug, ActixMessage)]
#[rtype(result = "()")]
struct Opened(Upgraded<std::net::TcpStream>);

/// Opens a WebSocket that asks to carry the session.
pub(crate) fn open<D: Dispatch>(
    session: Addr<Session<D>>,
    request: &HttpRequest,
) -> Result<HttpResponse, RequestError> {
    let mut response = transport::handshake(request).or(Err(RequestError::Request))?;
    let opened = move |upgraded: Upgraded| match upgraded.detach() {
        Ok(detached) => session.do_send(Opened(detached)),
        Err(error) => tracing::warn!(%error, "cannot hand a socket over"),
    };
    if on_upgrade(request, opened) { Ok(response.finish()) } else { Err(RequestError::Request) }
}

impl<D: Dispatch> Handler<Opened> for Session<D> {
    type Result = ();

    fn handle(&mut self, Opened(detached): Opened, ctx: &mut Context<Self>) {
        self.check();
        let socket = match detached.attach() {
            Ok(upgraded) => self.open_websocket(upgraded, ctx),
            Err(error) => return tracing::warn!(%error, "cannot take a socket over"),
        };
        if self.handle.has_websocket() || self.upgrade.is_some() || self.handle.ended() {
            return socket.close(CloseReason::Server);
        }
        let timeout = ctx.run_later(self.hub.process.config.upgrade_timeout, |session, ctx| {
            tracing::debug!("upgrade timeout");
            session.abandon_upgrade(CloseReason::Server, ctx);
        });
        self.upgrade = Some(Upgrade { socket, timeout });
    }
}

impl<D: Dispatch> Session<D> {
    /// Starts to read from and to write to a WebSocket of this session.
    pub(crate) fn open_websocket(&self, upgraded: Upgraded, ctx: &mut Context<Self>) -> Rc<WebSocket> {
        let config = &self.hub.process.config;
        let Upgraded { stream, received, head } = upgraded;
        let socket = Rc::new(WebSocket::new(stream, received, self.handle.max_payload.clone()));
        let (counted, grace) =
            ((self.handle.share_open(), self.hub.process.websockets.token()), config.grace());
        let written = Rc::clone(&socket).write(Rc::clone(&self.handle), head, grace);
        actix::spawn(async move {
            written.await;
            drop(counted);
        });
        let inbounds = Inbounds::new(Rc::clone(&socket), Rc::clone(&self.handle), config.max_pending);
        <Self as StreamHandler<Inbound>>::add_stream(inbounds, ctx);
        socket
    }

    /// Has the session carried by a WebSocket.
    pub(crate) fn carry(&self, socket: Rc<WebSocket>) {
        socket.carry();
        *self.handle.transport() = Transport::WebSocket(socket);
    }

    /// Whether the client has probed, and nothing may be sent by polling any more.
    pub(super) fn has_probed(&self) -> bool {
        self.upgrade.as_ref().is_some_and(|upgrade| upgrade.socket.stage() != UpgradeStage::Opened)
    }

    fn is_upgrading_to(&self, socket: &Rc<WebSocket>) -> bool {
        self.upgrade.as_ref().is_some_and(|upgrade| Rc::ptr_eq(&upgrade.socket, socket))
    }

    /// Handles a message of a WebSocket that does not carry the session.
    pub(super) fn probe(&mut self, socket: &Rc<WebSocket>, message: &Message, ctx: &mut Context<Self>) {
        if !self.is_upgrading_to(socket) {
            return;
        }
        let packet = match message {
            Message::Text(text) => Packet::decode(text).ok(),
            Message::Ping(content) => return socket.answer_ping(content),
            Message::Pong(_) | Message::Nop => return,
            Message::Close(_) => return self.abandon_upgrade(CloseReason::Server, ctx),
            Message::Binary(_) | Message::Continuation(_) => None,
        };
        match packet {
            Some(Packet::Ping("probe")) => {
                if socket.answer_probe() {
                    self.handle.begin_upgrade();
                    self.release_pending_poll();
                }
            }
            Some(Packet::Upgrade) => {
                // What was sent by POST comes before anything that is sent by WebSocket.
                socket.confirm();
                self.finish_upgrade(ctx);
            }
            _ => self.abandon_upgrade(CloseReason::Protocol, ctx),
        }
    }

    /// Changes the transport, once the client has upgraded and no POST is being handled.
    pub(super) fn finish_upgrade(&mut self, ctx: &mut Context<Self>) {
        if self.post.is_some() {
            return;
        }
        let confirmed = |upgrade: &mut Upgrade| upgrade.socket.stage() == UpgradeStage::Confirmed;
        let Some(Upgrade { socket, timeout }) = self.upgrade.take_if(confirmed) else { return };
        ctx.cancel_future(timeout);
        self.release_pending_poll();
        self.carry(socket);
        self.handle.wake();
        self.end_upgrade();
    }

    /// Closes the WebSocket that does not come to carry the session; polling goes on.
    pub(super) fn abandon_upgrade(&mut self, reason: CloseReason, ctx: &mut Context<Self>) {
        if let Some(Upgrade { socket, timeout }) = self.upgrade.take() {
            ctx.cancel_future(timeout);
            socket.close(reason);
            self.end_upgrade();
        }
    }

    fn end_upgrade(&self) {
        self.handle.end_upgrade(&self.hub.process.config);
        self.hub.heartbeat.arm(&self.handle);
    }
}

/// What a WebSocket of a session brings, read no faster than events are handled.
struct Inbounds {
    socket: Rc<WebSocket>,
    session: Rc<SessionHandle>,
    max_pending: usize,
    disconnected: bool,
    closed: bool,
}

/// What a WebSocket brings.
struct Inbound {
    socket: Rc<WebSocket>,
    kind: InboundKind,
}

enum InboundKind {
    Message(Received),
    /// The connection is gone.
    Disconnected,
    /// The WebSocket or the session it carries is over; nothing follows.
    Closed,
}

impl Inbounds {
    const fn new(socket: Rc<WebSocket>, session: Rc<SessionHandle>, max_pending: usize) -> Self {
        Self { socket, session, max_pending, disconnected: false, closed: false }
    }
}

impl Stream for Inbounds {
    type Item = Inbound;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Option<Inbound>> {
        if self.closed {
            return Poll::Ready(None);
        }
        self.session.listen(cx);
        let kind = if self.socket.is_over(&self.session) {
            self.closed = true;
            InboundKind::Closed
        } else {
            let full = self.socket.carries() && self.session.is_full(self.max_pending);
            if self.disconnected || full || self.socket.stage() == UpgradeStage::Confirmed {
                return Poll::Pending;
            }
            let received = ready!(self.socket.poll_message(cx));
            self.disconnected = received.is_none();
            received.map_or(InboundKind::Disconnected, InboundKind::Message)
        };
        Poll::Ready(Some(Inbound { socket: Rc::clone(&self.socket), kind }))
    }
}

impl<D: Dispatch> StreamHandler<Inbound> for Session<D> {
    fn handle(&mut self, Inbound { socket, kind }: Inbound, ctx: &mut Context<Self>) {
        let message = match kind {
            InboundKind::Message(Ok(message)) if socket.carries() => message,
            InboundKind::Message(Ok(message)) => return self.probe(&socket, &message, ctx),
            InboundKind::Message(Err(error)) => {
                tracing::debug!(%error, "not a message");
                return self.close_websocket(&socket, close_reason(&error), ctx);
            }
            InboundKind::Disconnected if socket.carries() => return self.handle.lose(),
            InboundKind::Disconnected => return self.close_websocket(&socket, CloseReason::Lost, ctx),
            InboundKind::Closed if socket.carries() => return ctx.stop(),
            InboundKind::Closed => return self.close_websocket(&socket, CloseReason::Server, ctx),
        };
        let handled = match message {
            Message::Text(text) => match Packet::decode(&text) {
                Ok(packet) => self.packet(&packet, ctx),
                Err(error) => Err(error.into()),
            },
            Message::Binary(message) => self.binary(message),
            Message::Ping(content) => return socket.answer_ping(&content),
            Message::Pong(_) | Message::Nop => return,
            Message::Close(_) => return self.handle.close(CloseReason::Client),
            Message::Continuation(_) => Err(Violation),
        };
        if let Err(Violation) = handled {
            self.handle.close(CloseReason::Protocol);
        }
    }

    // The session may go on without this WebSocket.
    fn finished(&mut self, _: &mut Context<Self>) {}
}

impl<D: Dispatch> Session<D> {
    /// Closes a WebSocket, and the session if it carries it.
    fn close_websocket(&mut self, socket: &Rc<WebSocket>, reason: CloseReason, ctx: &mut Context<Self>) {
        if socket.carries() {
            self.handle.close(reason);
        } else if self.is_upgrading_to(socket) {
            self.abandon_upgrade(reason, ctx);
        } else {
            socket.close(reason);
        }
    }
}
