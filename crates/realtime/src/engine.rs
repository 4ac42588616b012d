//! Engine.IO without Socket.IO above it, for programs that speak a protocol of their own.

use std::{rc::Rc, sync::Arc};

use actix::Context;
use actix_http::ws::CloseCode;
use actix_web::{HttpRequest, web};
use bytes::Bytes;

use crate::{
    config::Config,
    endpoint::Endpoint,
    frame::Packet,
    hub::Hubs,
    opening::Opening,
    seat::Seat,
    session::{
        Session,
        layer::{Layer, Upper, Violation},
    },
};

/// Answers the messages of Engine.IO sessions.
pub trait Talk: Send + Sync + 'static {
    /// Hears a text message.
    fn text(&self, client: &Peer, message: &str);

    /// Hears a binary message.
    fn binary(&self, client: &Peer, message: Bytes);
}

/// The way back to a client; outlives its session, and then does nothing.
#[derive(Debug)]
pub struct Peer(Rc<Seat>);

impl Peer {
    /// Sends a text message.
    pub fn send_text(&self, message: &str) {
        self.0.send_packet(Packet::text(&format!("4{message}")));
    }

    /// Sends a binary message.
    pub fn send_binary(&self, message: &[u8]) {
        self.0.send_packet(Packet::binary(message));
    }

    /// Ends the session after what waits has gone out.
    pub fn close(&self) {
        self.0.dismiss(CloseCode::Normal);
    }
}

/// An Engine.IO endpoint.
pub struct Engine<T: Talk>(Endpoint<Talking<T>>);

impl<T: Talk> Clone for Engine<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Talk> Engine<T> {
    /// An endpoint whose clients are answered by `talk`.
    pub fn new(hubs: Hubs, talk: T) -> Self {
        Self(Endpoint::new(hubs, Arc::new(Talking(Arc::new(talk)))))
    }

    /// Serves the endpoint under `path`, with and without a slash at its end.
    pub fn mount(&self, app: &mut web::ServiceConfig, path: &str) {
        self.0.mount(app, path);
    }
}

struct Talking<T>(Arc<T>);

impl<T: Talk> Layer for Talking<T> {
    type Upper = Talker<T>;

    fn admits(&self, _: &HttpRequest) -> Result<(), String> {
        Ok(())
    }

    fn upper(self: &Arc<Self>, _: Opening, _: &Config) -> Talker<T> {
        Talker(Arc::clone(&self.0))
    }
}

struct Talker<T>(Arc<T>);

impl<T: Talk> Upper for Talker<T> {
    fn opened(session: &mut Session<Self>) {
        // There is nothing to join.
        session.seat.joined();
    }

    fn text(
        session: &mut Session<Self>,
        message: &str,
        _: &mut Context<Session<Self>>,
    ) -> Result<(), Violation> {
        session.upper.0.text(&Peer(Rc::clone(&session.seat)), message);
        Ok(())
    }

    fn binary(session: &mut Session<Self>, message: Bytes) -> Result<(), Violation> {
        session.upper.0.binary(&Peer(Rc::clone(&session.seat)), message);
        Ok(())
    }
}
