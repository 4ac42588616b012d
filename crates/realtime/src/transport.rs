//! What carries the packets of a session.

use std::rc::Rc;

use tokio::sync::oneshot;

use crate::{request_error::RequestError, websocket::WebSocket};

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

/// The body of a close packet.
pub(crate) const CLOSE: &str = "1";

/// The body of a noop packet.
pub(crate) const NOOP: &str = "6";
