//! Handles the messages of a WebSocket that carries the session, or asks to.

use std::rc::Rc;

use actix::{Actor, ActorContext as _, StreamHandler};
use socketio::engine::Packet;

use super::{
    Session,
    layer::{Upper, Violation},
};
use crate::websocket::{CloseCode, Incoming, Message, WebSocket, What, close_code};

impl<U: Upper> StreamHandler<Incoming> for Session<U> {
    fn handle(&mut self, Incoming { socket, what }: Incoming, ctx: &mut <Self as Actor>::Context) {
        match what {
            What::Received(Ok(message)) if socket.carries() => self.message(&socket, message, ctx),
            What::Received(Ok(message)) => self.probe(&socket, &message, ctx),
            What::Received(Err(error)) => {
                tracing::debug!(%error, "closed: not a message");
                self.lose(&socket, close_code(&error), ctx);
            }
            What::End if socket.carries() => self.seat.lose(),
            What::End => self.lose(&socket, CloseCode::Abnormal, ctx),
            What::Over if socket.carries() => ctx.stop(),
            What::Over => self.lose(&socket, CloseCode::Normal, ctx),
        }
    }

    // The session may go on without this WebSocket.
    fn finished(&mut self, _: &mut Self::Context) {}
}

impl<U: Upper> Session<U> {
    fn message(&mut self, socket: &WebSocket, message: Message, ctx: &mut <Self as Actor>::Context) {
        let understood = match message {
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
                self.seat.end(CloseCode::Normal);
                Ok(())
            }
            Message::Continuation(_) => Err(Violation),
        };
        if let Err(Violation) = understood {
            self.seat.end(CloseCode::Protocol);
        }
    }

    /// Closes a WebSocket, and the session if it carries it.
    fn lose(&mut self, socket: &Rc<WebSocket>, code: CloseCode, ctx: &mut <Self as Actor>::Context) {
        if socket.carries() {
            self.seat.end(code);
        } else if self.upgrade.as_ref().is_some_and(|upgrade| upgrade.is(socket)) {
            self.abandon(code, ctx);
        } else {
            socket.close(code);
        }
    }
}
