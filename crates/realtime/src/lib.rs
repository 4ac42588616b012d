//! Live connections: Engine.IO sessions on Actix, and the hubs that route events between their sockets.
//!
//! The crate knows users, rooms and sockets, but not what a message means: events of clients go to a
//! [`Dispatch`], events for clients come through [`hub::Hubs::emit`].

pub mod endpoint;
pub mod frame;
pub mod hub;
pub mod request;
pub mod server;

mod send_queue;
mod session;
mod transport;

use std::{fmt, sync::Arc, time::Duration};

use actix_web::HttpRequest;
use bytes::Bytes;
use futures_util::future::LocalBoxFuture;
use serde_json::{Value, value::RawValue};
use socketio::{engine, packet::ROOT};

use crate::{
    frame::{Frame, Packet, Topic},
    session::handle::SessionHandle,
};

pub use crate::{
    hub::{
        process::{Drain, Notice},
        socket::{Ack, AckError, Socket},
    },
    request::Handshake,
};

/// The limits and intervals of every connection.
#[derive(Debug, Clone)]
pub struct Config {
    /// Time from a pong to the next ping.
    pub ping_interval: Duration,
    /// Time that a client has to answer a ping.
    pub ping_timeout: Duration,
    /// Time that an upgrade of the transport may take before it is abandoned.
    pub upgrade_timeout: Duration,
    /// How long packets are kept for the next poll after the end of a session.
    pub linger: Duration,
    /// Time that a session may take to join its first namespace.
    pub connect_timeout: Duration,
    /// The largest message of a client, in bytes.
    pub max_payload: usize,
    /// The largest message of a client that has not joined a namespace yet, in bytes.
    pub max_payload_unjoined: usize,
    /// Number of bytes that may be queued for one client before its session ends.
    pub queue_bytes: usize,
    /// Number of packets that may be queued for one client before its session ends.
    pub queue_frames: usize,
    /// Time that a client may leave queued packets unread before its session ends, at most.
    pub stall_timeout: Duration,
    /// Number of events of one client that are handled at once; the rest is left in its socket.
    pub max_pending: usize,
    /// The origins, beside the server's own, whose pages may connect; each as `scheme://host[:port]`.
    pub origins: Vec<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            ping_interval: Duration::from_secs(20),
            ping_timeout: Duration::from_secs(10),
            upgrade_timeout: Duration::from_secs(10),
            linger: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(10),
            max_payload: 1_000_000,
            max_payload_unjoined: 16 * 1024,
            queue_bytes: 1024 * 1024,
            queue_frames: 1024,
            stall_timeout: Duration::from_secs(15),
            max_pending: 256,
            origins: Vec::new(),
        }
    }
}

impl Config {
    /// Time between two checks for sessions that do not read.
    pub(crate) fn tick(&self) -> Duration {
        (self.stall_timeout / 20).clamp(Duration::from_millis(10), Duration::from_millis(500))
    }

    /// Time after which a session counts as stalled; less than `stall_timeout` by what a check may be late.
    pub(crate) fn stall_after(&self) -> Duration {
        self.stall_timeout.saturating_sub(self.tick() * 2)
    }

    /// Time for the last bytes of a connection that has ended.
    pub(crate) fn grace(&self) -> Duration {
        self.stall_timeout.min(Duration::from_secs(5))
    }
}

/// Handles the connections and events of clients.
pub trait Dispatch: Send + Sync + Sized + 'static {
    /// The application's data of a socket.
    type Client: Clone + Unpin + 'static;
    /// What a session holds from its handshake to its end.
    type Permit: Clone + Unpin + 'static;
    /// What a session keeps of a request of its client, to know who that is.
    type Credentials: Clone + Send + Unpin + 'static;

    /// Decides whether a session may be opened.
    fn admit(&self, request: &HttpRequest) -> Result<Self::Permit, AdmitError>;

    /// Finds the credentials in the request that opens a session.
    ///
    /// Those of a later request that has an origin count instead: browsers send one with the POST that joins, but not
    /// with the GET that opens the session.
    fn credentials(&self, request: &HttpRequest) -> Self::Credentials;

    /// Handles a message of plain Engine.IO; false leaves it to Socket.IO, as it is unless this says otherwise.
    fn engine_message(&self, _socket: &EngineSocket<'_>, _message: &EngineMessage<'_>) -> bool {
        false
    }

    /// Whether there is such a namespace; only the root unless this says otherwise.
    fn knows(&self, namespace: &str) -> bool {
        namespace == ROOT
    }

    /// Decides whether a client may connect to a namespace.
    ///
    /// The future is dropped when the client goes before it is ready.
    fn connect(
        self: Arc<Self>,
        handshake: Handshake<Self>,
    ) -> LocalBoxFuture<'static, Result<Connection<Self::Client>, ConnectError>>;

    /// Called when a client has connected; what is sent to it here is the first that it gets.
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

    /// Called once for each accepted connection, when it is gone.
    fn disconnected(self: Arc<Self>, client: Self::Client);
}

/// A message of Engine.IO, below the Socket.IO protocol.
#[derive(Debug, Clone)]
pub enum EngineMessage<'a> {
    /// A text.
    Text(&'a str),
    /// Bytes.
    Binary(Bytes),
}

/// The other end of a message of Engine.IO; does nothing once the session has ended.
#[derive(Debug)]
pub struct EngineSocket<'a>(pub(crate) &'a SessionHandle);

impl EngineSocket<'_> {
    /// Sends a message.
    pub fn send(&self, message: &EngineMessage<'_>) {
        self.0.send(match message {
            EngineMessage::Text(text) => Packet::text(&format!("{}{text}", engine::MESSAGE)),
            EngineMessage::Binary(bytes) => Packet::binary(bytes),
        });
    }

    /// Ends the session after what is queued has gone out.
    pub fn close(&self) {
        self.0.close_with_packet();
    }
}

/// An accepted request to connect.
pub struct Connection<C> {
    /// The application's data of the socket.
    pub client: C,
    /// What it subscribes to before it is sent the acceptance.
    pub topics: Vec<Topic>,
    /// The id that a recovered socket had before; nothing for a new one.
    pub sid: Option<String>,
    /// The secret by which it may recover, sent with the acceptance.
    pub pid: Option<String>,
    /// Whether it has connection state recovery, and gets [`frame::Broadcast::recoverable`].
    pub recovers: bool,
    /// Finds what it has missed, once it is subscribed; broadcasts are held back until then.
    pub replay: Option<LocalBoxFuture<'static, Result<Replay, ConnectError>>>,
}

impl<C> Connection<C> {
    /// A new client that subscribes to these topics.
    pub fn new(client: C, topics: Vec<Topic>) -> Self {
        Self { client, topics, sid: None, pid: None, recovers: false, replay: None }
    }
}

impl<C: fmt::Debug> fmt::Debug for Connection<C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the secret `pid`.
        formatter
            .debug_struct("Connection")
            .field("client", &self.client)
            .field("topics", &self.topics)
            .field("sid", &self.sid)
            .field("recovers", &self.recovers)
            .field("replays", &self.replay.is_some())
            .finish_non_exhaustive()
    }
}

/// The events that a returning client has missed; broadcasts up to position `upto` are not sent to it again.
#[derive(Debug, Clone, Default)]
pub struct Replay {
    /// What it is sent first, in this order, whatever the size.
    pub frames: Vec<Frame>,
    /// The position in the event log up to which it then knows everything.
    pub upto: i64,
}

/// Why a session is not opened.
#[derive(Debug, Clone)]
pub enum AdmitError {
    /// It may not be: 403.
    Forbidden(String),
    /// It may be later: 503 and `Retry-After`.
    Unavailable(&'static str),
}

/// Why a client does not connect.
#[derive(Debug, Clone)]
pub enum ConnectError {
    /// It may not; stock clients that are sent this do not come back by themselves.
    Refused {
        /// The reason as text.
        message: String,
        /// The reason for programs.
        data: Option<Value>,
    },
    /// The server cannot decide it now; the transport is closed without an answer, and stock clients come back.
    Unavailable,
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

/// The acknowledgement of an event; not sent if the client did not ask for one.
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
