//! Handles the messages of a WebSocket that carries the session, or asks to.

use std::rc::Rc;

use actix::{ActorContext as _, Context, StreamHandler};
use socketio::engine::Packet;

use super::{Session, Violation, state::CloseReason};
use crate::{
    dispatch::Dispatch,
    websocket::{Inbound, InboundKind, Message, WebSocket, close_reason},
};

impl<D: Dispatch> StreamHandler<Inbound> for Session<D> {
    fn handle(&mut self, Inbound { socket, kind }: Inbound, ctx: &mut Context<Self>) {
        match kind {
            InboundKind::Message(Ok(message)) if socket.carries() => self.message(&socket, message, ctx),
            InboundKind::Message(Ok(message)) => self.probe(&socket, &message, ctx),
            InboundKind::Message(Err(error)) => {
                tracing::debug!(%error, "not a message");
                self.close_websocket(&socket, close_reason(&error), ctx);
            }
            InboundKind::Disconnected if socket.carries() => self.handle.lose(),
            InboundKind::Disconnected => self.close_websocket(&socket, CloseReason::Lost, ctx),
            InboundKind::Closed if socket.carries() => ctx.stop(),
            InboundKind::Closed => self.close_websocket(&socket, CloseReason::Server, ctx),
        }
    }

    // The session may go on without this WebSocket.
    fn finished(&mut self, _: &mut Context<Self>) {}
}

impl<D: Dispatch> Session<D> {
    fn message(&mut self, socket: &WebSocket, message: Message, ctx: &mut Context<Self>) {
        let handled = match message {
            Message::Text(text) => match Packet::decode(&text) {
                Ok(packet) => self.packet(&packet, ctx),
                Err(error) => Err(error.into()),
            },
            Message::Binary(message) => self.binary(message),
            Message::Ping(content) => {
                socket.answer_ping(&content);
                Ok(())
            }
            Message::Pong(_) | Message::Nop => Ok(()),
            Message::Close(_) => {
                self.handle.close(CloseReason::Client);
                Ok(())
            }
            Message::Continuation(_) => Err(Violation),
        };
        if let Err(Violation) = handled {
            self.handle.close(CloseReason::Protocol);
        }
    }

    /// Closes a WebSocket, and the session if it carries it.
    fn close_websocket(&mut self, socket: &Rc<WebSocket>, reason: CloseReason, ctx: &mut Context<Self>) {
        if socket.carries() {
            self.handle.close(reason);
        } else if self.upgrade.as_ref().is_some_and(|upgrade| Rc::ptr_eq(&upgrade.socket, socket)) {
            self.abandon_upgrade(reason, ctx);
        } else {
            socket.close(reason);
        }
    }
}
