//! What the program behind the connections has to provide: who may join, and what an event does.

use std::{fmt, net::SocketAddr, sync::Arc};

use actix_web::{HttpRequest, http::header::HeaderMap};
use bytes::Bytes;
use futures_util::future::LocalBoxFuture;
use serde_json::{Value, value::RawValue};
use socketio::packet::ROOT;

use crate::topic::Topic;

pub use crate::{
    asked::{Answer, Unanswered},
    gate::Missed,
    socket::Socket,
};

/// Answers what clients ask.
pub trait Dispatch: Send + Sync + 'static {
    /// What is remembered about a client that has joined.
    type Client: Clone + Unpin + 'static;

    /// Whether a session may be opened at all; the reason why not is told to whoever asks.
    fn admits(&self, _request: &HttpRequest) -> Result<(), String> {
        Ok(())
    }

    /// Whether there is such a namespace; the root is the only one unless this says otherwise.
    fn knows(&self, namespace: &str) -> bool {
        namespace == ROOT
    }

    /// Decides whether a client may join.
    ///
    /// Dropped when the client goes before the answer is there.
    fn connect(
        self: Arc<Self>,
        handshake: Handshake,
    ) -> LocalBoxFuture<'static, Result<Accepted<Self::Client>, Refusal>>;

    /// Learns that a client has joined; what is sent to it here is the first thing that it hears.
    fn joined(self: Arc<Self>, _socket: Socket<Self::Client>) {}

    /// Handles one event.
    ///
    /// Called in the order of arrival; the futures of one client are first polled in that order, run beside each
    /// other, and run to their end even when the client goes.
    fn event(
        self: Arc<Self>,
        socket: Socket<Self::Client>,
        event: Incoming,
    ) -> LocalBoxFuture<'static, Reply>;

    /// Learns that a client that had been accepted is gone; called exactly once for each.
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
pub struct Accepted<C> {
    /// What is to be remembered about it.
    pub client: C,
    /// What it listens to from the start: joined before it learns that it was accepted.
    pub topics: Vec<Topic>,
    /// The name that it had before, when it recovers; a new one otherwise.
    pub sid: Option<String>,
    /// The secret by which it may recover what it misses; told to it, if there is one.
    pub pid: Option<String>,
    /// Whether it asked for connection state recovery, and hears [`crate::cast::Part::recoverable`].
    pub recovers: bool,
    /// Finds what it missed, once it listens; what it would hear meanwhile is held until then.
    pub resume: Option<LocalBoxFuture<'static, Result<Missed, Refusal>>>,
}

impl<C> Accepted<C> {
    /// A client that comes anew and listens to these topics.
    pub fn new(client: C, topics: Vec<Topic>) -> Self {
        Self { client, topics, sid: None, pid: None, recovers: false, resume: None }
    }
}

impl<C: fmt::Debug> fmt::Debug for Accepted<C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the secret.
        formatter
            .debug_struct("Accepted")
            .field("client", &self.client)
            .field("topics", &self.topics)
            .field("sid", &self.sid)
            .field("recovers", &self.recovers)
            .field("resumes", &self.resume.is_some())
            .finish_non_exhaustive()
    }
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
    /// Its arguments; a placeholder `{"_placeholder":true,"num":n}` within them stands for the attachment `n`.
    pub args: Vec<Box<RawValue>>,
    /// Its binary attachments.
    pub attachments: Vec<Bytes>,
}

/// What an event is acknowledged with; not sent when the client did not ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The JSON array of the arguments.
    pub args: String,
    /// What the placeholders `{"_placeholder":true,"num":n}` within the arguments stand for, one each.
    pub attachments: Vec<Bytes>,
}

impl Reply {
    /// A reply without attachments; `args` is a JSON array.
    pub fn new(args: impl Into<String>) -> Self {
        Self { args: args.into(), attachments: Vec::new() }
    }
}
