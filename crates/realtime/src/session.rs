//! One actor per connection: the state of its Engine.IO session and of the namespace in it.

use std::{rc::Rc, sync::Arc, time::Instant};

use actix::{Actor, ActorFutureExt as _, AsyncContext as _, Context, WrapFuture as _};
use actix_http::ws::CloseCode;
use serde_json::value::RawValue;
use socketio::{
    decode, engine,
    packet::{Event, Kind, Packet, ROOT},
};

use crate::{
    dispatch::{Accepted, Dispatch, Incoming, Refusal, Reply, Socket},
    frame::Frame,
    opening::{Opening, secret},
    seat::Seat,
    table::Table,
};

/// Understands what a client sends, in order, and hands it on.
pub(crate) struct Session<D: Dispatch> {
    pub(crate) dispatch: Arc<D>,
    pub(crate) table: Rc<Table>,
    pub(crate) seat: Rc<Seat>,
    opening: Opening,
    stage: Stage<D::Client>,
}

enum Stage<C> {
    Outside,
    Asking,
    Joined(C),
}

/// The peer broke the protocol.
#[derive(Debug)]
pub(crate) struct Violation;

impl From<socketio::error::Error> for Violation {
    fn from(error: socketio::error::Error) -> Self {
        tracing::debug!(%error, "closed: not a packet");
        Self
    }
}

impl<D: Dispatch> Actor for Session<D> {
    type Context = Context<Self>;

    fn stopped(&mut self, _: &mut Self::Context) {
        self.leave();
        self.seat.end(CloseCode::Normal);
    }
}

impl<D: Dispatch> Session<D> {
    pub(crate) fn new(dispatch: Arc<D>, table: Rc<Table>, seat: Rc<Seat>, opening: Opening) -> Self {
        Self { dispatch, table, seat, opening, stage: Stage::Outside }
    }

    /// Handles one Engine.IO packet.
    pub(crate) fn packet(&mut self, text: &str, ctx: &mut Context<Self>) -> Result<(), Violation> {
        match engine::Packet::decode(text)? {
            engine::Packet::Message(text) => self.message(decode::packet(text)?, ctx),
            engine::Packet::Pong("") => {
                self.seat.ponged(&self.table.shared.config);
                Ok(())
            }
            engine::Packet::Close => {
                self.seat.end(CloseCode::Normal);
                Ok(())
            }
            _ => Err(Violation),
        }
    }

    fn message(&mut self, packet: Packet<'_>, ctx: &mut Context<Self>) -> Result<(), Violation> {
        match (packet.namespace, packet.kind) {
            (ROOT, Kind::Connect { auth }) => self.connect(auth, ctx),
            (other, Kind::Connect { .. }) => {
                self.seat.send(Frame::connect_error(other, "Invalid namespace", None));
                Ok(())
            }
            (ROOT, Kind::Event { id, event }) => self.event(id, event),
            // We ask for no acknowledgements, so there is nothing that this one could answer.
            (ROOT, Kind::Ack { .. }) => self.joined().map(drop),
            (ROOT, Kind::Disconnect) => {
                self.joined()?;
                self.leave();
                Ok(())
            }
            _ => Err(Violation),
        }
    }

    fn joined(&self) -> Result<&D::Client, Violation> {
        if let Stage::Joined(client) = &self.stage { Ok(client) } else { Err(Violation) }
    }

    fn connect(&mut self, auth: Option<&RawValue>, ctx: &mut Context<Self>) -> Result<(), Violation> {
        if !matches!(self.stage, Stage::Outside) {
            return Err(Violation);
        }
        self.stage = Stage::Asking;
        let asked_at = Instant::now();
        let handshake = self.opening.handshake(ROOT, auth);
        let answer = Arc::clone(&self.dispatch).connect(handshake).into_actor(self);
        ctx.spawn(answer.map(move |answer, session, _| match answer {
            Ok(accepted) => session.accept(accepted, asked_at),
            Err(refusal) => session.refuse(&refusal),
        }));
        Ok(())
    }

    fn accept(&mut self, Accepted { client, topics }: Accepted<D::Client>, asked_at: Instant) {
        for topic in &topics {
            self.table.join(&self.seat, *topic);
        }
        self.stage = Stage::Joined(client);
        if self.table.shared.closings.any(&topics, asked_at) {
            return self.seat.dismiss(CloseCode::Normal);
        }
        self.seat.joined();
        match secret() {
            Some(sid) => self.seat.send(Frame::connected(&sid)),
            None => self.seat.end(CloseCode::Error),
        }
    }

    fn refuse(&mut self, refusal: &Refusal) {
        self.stage = Stage::Outside;
        let data = refusal.data.as_ref().map(ToString::to_string);
        self.seat.send(Frame::connect_error(ROOT, &refusal.message, data.as_deref()));
    }

    fn event(&self, id: Option<u64>, event: Event<'_>) -> Result<(), Violation> {
        let socket = Socket::new(&self.table, &self.seat, self.joined()?.clone());
        let incoming = Incoming {
            name: event.name.into_owned(),
            args: event.args.into_iter().map(ToOwned::to_owned).collect(),
        };
        let (dispatch, slot) = (Arc::clone(&self.dispatch), self.seat.occupy());
        // Not a future of this actor: what was asked is done even when the client does not stay for the answer.
        actix::spawn(async move {
            let Reply(args) = dispatch.event(socket.clone(), incoming).await;
            if let Some(id) = id {
                socket.send(Frame::ack(id, &args));
            }
            drop(slot);
        });
        Ok(())
    }

    fn leave(&mut self) {
        self.table.leave_all(&self.seat);
        if let Stage::Joined(client) = std::mem::replace(&mut self.stage, Stage::Outside) {
            self.seat.left(&self.table.shared.config);
            Arc::clone(&self.dispatch).disconnected(client);
        }
    }
}
