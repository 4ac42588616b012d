//! What carries the packets of a session: HTTP long-polling or a WebSocket. The only module that names
//! `actix-web-actors`.
//!
//! Not its `WebsocketContext`: that one runs inside the response body and freezes with a peer that stops reading. Here
//! the session actor reads from the socket on a context of its own, and a task of the WebSocket writes.

use std::{
    cell::{Cell, RefCell},
    error::Error,
    fmt,
    net::Shutdown,
    rc::Rc,
    str::Utf8Error,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use actix_http::ws::CloseCode;
use actix_web::{HttpRequest, HttpResponseBuilder, rt::net::TcpStream};
use actix_web_actors::ws::{self, HandshakeError};
use bytes::BytesMut;
use futures_util::task::AtomicWaker;
use socket2::SockRef;
use tokio::sync::oneshot;

use self::io::Reader;
use crate::{frame::Packet, request::RequestError};

mod io;

pub(crate) use actix_web_actors::ws::{Frame, Message, ProtocolError};

/// The body of a close packet.
pub(crate) const CLOSE: &str = "1";

/// The body of a noop packet.
pub(crate) const NOOP: &str = "6";

/// Bytes that the kernel may hold for a client, beside the session's queue.
const SEND_BUFFER: usize = 64 * 1024;

/// What carries the packets of a session.
#[derive(Debug)]
pub(crate) enum Transport {
    /// HTTP long-polling, with the GET that waits for packets, if one does.
    Polling(Option<PendingPoll>),
    WebSocket(Rc<WebSocket>),
}

/// A GET that waits for packets, and the number that tells it from others of its session.
#[derive(Debug)]
pub(crate) struct PendingPoll {
    pub(crate) number: u64,
    pub(crate) answer: oneshot::Sender<PollResult>,
}

/// The answer to a GET: a body of packets, or an error.
pub(crate) type PollResult = Result<String, RequestError>;

/// Why a session ends, or a WebSocket of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CloseReason {
    /// The server ends it.
    Server,
    /// The client ends it.
    Client,
    /// The server drains.
    Draining,
    /// The server cannot serve it now.
    Unavailable,
    /// The client broke the protocol.
    Protocol,
    /// A message was larger than allowed.
    TooLarge,
    /// A text was not UTF-8.
    NotText,
    /// No namespace was joined in time.
    NotJoined,
    /// The server failed.
    Internal,
    /// The connection is gone.
    Lost,
}

impl CloseReason {
    /// The code of the close frame (RFC 6455, 7.4.1).
    pub(crate) const fn code(self) -> CloseCode {
        match self {
            Self::Server | Self::Client => CloseCode::Normal,
            Self::Draining => CloseCode::Away,
            Self::Unavailable => CloseCode::Again,
            Self::Protocol => CloseCode::Protocol,
            Self::TooLarge => CloseCode::Size,
            Self::NotText => CloseCode::Invalid,
            Self::NotJoined => CloseCode::Policy,
            Self::Internal => CloseCode::Error,
            Self::Lost => CloseCode::Abnormal,
        }
    }
}

/// The most bytes that a session takes in one message, on whatever worker; a copy is the same number.
#[derive(Debug, Clone)]
pub(crate) struct MaxPayload(Arc<AtomicUsize>);

impl MaxPayload {
    pub(crate) fn new(bytes: usize) -> Self {
        Self(Arc::new(AtomicUsize::new(bytes)))
    }

    pub(crate) fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn set(&self, bytes: usize) {
        self.0.store(bytes, Ordering::Relaxed);
    }
}

/// A message of a client, or why there is none.
pub(crate) type Received = Result<Message, ProtocolError>;

/// Checks the upgrade and prepares its answer.
pub(crate) fn handshake(request: &HttpRequest) -> Result<HttpResponseBuilder, HandshakeError> {
    ws::handshake(request)
}

/// How far a WebSocket has come to carry its session (Engine.IO protocol, "Upgrade").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UpgradeStage {
    /// It is open; everything goes on by polling.
    Opened,
    /// The client has probed, and stops to poll: every GET is answered with a noop.
    Probed,
    /// The client has upgraded, but its last POST is still being handled: its messages are left unread.
    Confirmed,
    /// The session's packets go this way.
    Carries,
}

/// A WebSocket that carries a session, or asks to.
pub(crate) struct WebSocket {
    stream: TcpStream,
    reader: RefCell<Reader>,
    stage: Cell<UpgradeStage>,
    /// Whether a probe is to be answered.
    probed: Cell<bool>,
    /// The answer to the last ping of the WebSocket protocol.
    pong: RefCell<Option<Packet>>,
    closing: Cell<Option<CloseReason>>,
    writer: AtomicWaker,
}

impl fmt::Debug for WebSocket {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("WebSocket").field("stream", &self.stream).finish_non_exhaustive()
    }
}

impl WebSocket {
    /// `received` is what the client has sent after its handshake and was read with it.
    pub(crate) fn new(stream: TcpStream, received: BytesMut, max_payload: MaxPayload) -> Self {
        if let Err(error) = SockRef::from(&stream).set_send_buffer_size(SEND_BUFFER) {
            tracing::debug!(%error, "cannot bound the send buffer");
        }
        Self {
            stream,
            reader: RefCell::new(Reader::new(received, max_payload)),
            stage: Cell::new(UpgradeStage::Opened),
            probed: Cell::new(false),
            pong: RefCell::default(),
            closing: Cell::new(None),
            writer: AtomicWaker::new(),
        }
    }

    pub(crate) fn stage(&self) -> UpgradeStage {
        self.stage.get()
    }

    pub(crate) fn carries(&self) -> bool {
        self.stage() == UpgradeStage::Carries
    }

    /// Answers a probe; true if it is the first one.
    pub(crate) fn answer_probe(&self) -> bool {
        self.probed.set(true);
        self.writer.wake();
        let is_first = self.stage() == UpgradeStage::Opened;
        if is_first {
            self.stage.set(UpgradeStage::Probed);
        }
        is_first
    }

    /// Notes that the client has upgraded.
    pub(crate) fn confirm(&self) {
        self.stage.set(UpgradeStage::Confirmed);
    }

    /// Carries the session from now on.
    pub(crate) fn carry(&self) {
        self.stage.set(UpgradeStage::Carries);
        self.writer.wake();
    }

    /// Answers a ping of the WebSocket protocol; replaces an answer that still waits (RFC 6455, 5.5.3).
    pub(crate) fn answer_ping(&self, content: &[u8]) {
        *self.pong.borrow_mut() = Some(Packet::pong(content));
        self.writer.wake();
    }

    /// Closes this WebSocket, whatever becomes of the session.
    pub(crate) fn close(&self, reason: CloseReason) {
        if self.closing.get().is_none() {
            self.closing.set(Some(reason));
        }
        self.writer.wake();
    }

    /// Ends the connection at once, and drops what the system still holds for it.
    pub(crate) fn abort(&self) {
        let socket = SockRef::from(&self.stream);
        let reset = socket.set_linger(Some(Duration::ZERO));
        if let Err(error) = reset.and_then(|()| socket.shutdown(Shutdown::Both)) {
            tracing::trace!(%error, "connection was gone already");
        }
    }
}

/// Why a WebSocket is closed after an error.
pub(crate) fn close_reason(error: &ProtocolError) -> CloseReason {
    match error {
        ProtocolError::Overflow => CloseReason::TooLarge,
        ProtocolError::Io(error)
            if error.get_ref().is_some_and(<dyn Error + Send + Sync>::is::<Utf8Error>) =>
        {
            CloseReason::NotText
        }
        _ => CloseReason::Protocol,
    }
}
