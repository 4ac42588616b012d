//! What the program behind the connections has to provide: who may join, and what an event does.

use std::{net::SocketAddr, rc::Rc, sync::Arc};

use actix_http::ws::CloseCode;
use actix_web::http::header::HeaderMap;
use futures_util::future::LocalBoxFuture;
use serde_json::{Value, value::RawValue};

use crate::{
    frame::Frame,
    seat::Seat,
    table::Table,
    topic::{SocketId, Topic},
};

/// Answers what clients ask.
pub trait Dispatch: Send + Sync + 'static {
    /// What is remembered about a client that has joined.
    type Client: Clone + Unpin + 'static;

    /// Decides whether a client may join.
    ///
    /// Dropped when the client goes before the answer is there.
    fn connect(
        self: Arc<Self>,
        handshake: Handshake,
    ) -> LocalBoxFuture<'static, Result<Accepted<Self::Client>, Refusal>>;

    /// Handles one event.
    ///
    /// Called in the order of arrival; the futures of one client are first polled in that order, run beside each
    /// other, and run to their end even when the client goes.
    fn event(
        self: Arc<Self>,
        socket: Socket<Self::Client>,
        event: Incoming,
    ) -> LocalBoxFuture<'static, Reply>;

    /// Learns that a client that had joined is gone; called exactly once for each.
    fn disconnected(self: Arc<Self>, client: Self::Client);
}

/// What a client that wants to join has told about itself.
#[derive(Debug, Clone)]
pub struct Handshake {
    /// The namespace that it asks for.
    pub namespace: String,
    /// The JSON object that it sent along.
    pub auth: Option<Box<RawValue>>,
    /// Of the headers of its request, those that say who asks: credentials, origin, software, language, proxies.
    pub headers: HeaderMap,
    /// The query of its request.
    pub query: Vec<(String, String)>,
    /// The host that it asked, as seen through proxies.
    pub host: String,
    /// The scheme that it used, as seen through proxies.
    pub scheme: String,
    /// Whether its request came from a page of this very host; only then may a cookie speak for it.
    pub same_origin: bool,
    /// The other end of the TCP connection.
    pub peer: Option<SocketAddr>,
}

/// A client that may join.
#[derive(Debug, Clone)]
pub struct Accepted<C> {
    /// What is to be remembered about it.
    pub client: C,
    /// What it listens to from the start: joined before it learns that it was accepted.
    pub topics: Vec<Topic>,
}

/// Why a client may not join; it is told both.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// The reason in words.
    pub message: String,
    /// More about it, for programs.
    pub data: Option<Value>,
}

/// An event that a client has sent.
#[derive(Debug, Clone)]
pub struct Incoming {
    /// Its name.
    pub name: String,
    /// Its arguments.
    pub args: Vec<Box<RawValue>>,
}

/// The JSON array of what an event is acknowledged with; not sent when the client did not ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply(pub String);

/// A client that has joined; a copy is the same one. Outlives its connection, and then does nothing.
#[derive(Debug, Clone)]
pub struct Socket<C> {
    table: Rc<Table>,
    seat: Rc<Seat>,
    tenancy: u64,
    client: C,
}

impl<C> Socket<C> {
    pub(crate) fn new(table: &Rc<Table>, seat: &Rc<Seat>, client: C) -> Self {
        Self { table: Rc::clone(table), seat: Rc::clone(seat), tenancy: seat.tenancy(), client }
    }

    /// The name of its connection.
    pub fn id(&self) -> SocketId {
        self.seat.id
    }

    /// What is remembered about it.
    pub fn client(&self) -> &C {
        &self.client
    }

    /// Listens to a topic from now on.
    pub fn join(&self, topic: Topic) {
        if self.present() {
            self.table.join(&self.seat, topic);
        }
    }

    /// Stops listening to a topic.
    pub fn leave(&self, topic: Topic) {
        if self.present() {
            self.table.leave(&self.seat, topic);
        }
    }

    /// Sends a frame to this client alone; may overtake what has been emitted but not delivered yet.
    pub fn send(&self, frame: Frame) {
        if self.present() {
            self.seat.send(frame);
        }
    }

    /// Ends the connection after what waits has gone out; what was emitted a moment ago may come too late.
    pub fn close(&self) {
        if self.present() {
            self.seat.dismiss(CloseCode::Normal);
        }
    }

    /// Whether the client is still there; another one may have joined on the same connection.
    fn present(&self) -> bool {
        !self.seat.ended() && self.seat.tenancy() == self.tenancy
    }
}
