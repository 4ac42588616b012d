//! What a session hears over its WebSocket, or over one that asks to carry it.

use std::rc::Rc;

use actix::{Actor, ActorContext as _, StreamHandler};
use socketio::engine::Packet;

use super::{
    Session,
    layer::{Upper, Violation},
};
use crate::{
    websocket::{CloseCode, Heard, Message, What, close_code},
    wire::Wire,
};

impl<U: Upper> StreamHandler<Heard> for Session<U> {
    fn handle(&mut self, Heard { wire, what }: Heard, ctx: &mut <Self as Actor>::Context) {
        match what {
            What::Received(Ok(message)) if wire.carries() => self.message(&wire, message, ctx),
            What::Received(Ok(message)) => self.probe(&wire, &message, ctx),
            What::Received(Err(error)) => {
                tracing::debug!(%error, "closed: not a message");
                self.lose(&wire, close_code(&error), ctx);
            }
            What::End if wire.carries() => self.seat.lose(),
            What::End => self.lose(&wire, CloseCode::Abnormal, ctx),
            What::Over if wire.carries() => ctx.stop(),
            What::Over => self.lose(&wire, CloseCode::Normal, ctx),
        }
    }

    // The session may go on without this WebSocket.
    fn finished(&mut self, _: &mut Self::Context) {}
}

impl<U: Upper> Session<U> {
    fn message(&mut self, wire: &Wire, message: Message, ctx: &mut <Self as Actor>::Context) {
        let understood = match message {
            Message::Text(text) => match Packet::decode(&text) {
                Ok(packet) => self.packet(&packet, ctx),
                Err(error) => Err(error.into()),
            },
            Message::Binary(message) => self.binary(message),
            Message::Ping(content) => {
                wire.answer_ping(&content);
                Ok(())
            }
            Message::Pong(_) | Message::Nop => Ok(()),
            Message::Close(_) => {
                wire.part();
                self.seat.end(CloseCode::Normal);
                Ok(())
            }
            Message::Continuation(_) => Err(Violation),
        };
        if let Err(Violation) = understood {
            self.seat.end(CloseCode::Protocol);
        }
    }

    /// Closes a WebSocket, and what it carried.
    fn lose(&mut self, wire: &Rc<Wire>, code: CloseCode, ctx: &mut <Self as Actor>::Context) {
        if wire.carries() {
            self.seat.end(code);
        } else if self.upgrade.as_ref().is_some_and(|upgrade| upgrade.is(wire)) {
            self.abandon(code, ctx);
        } else {
            wire.close(code);
        }
    }
}
