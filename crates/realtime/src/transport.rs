//! What carries the packets of a session.

use std::rc::Rc;

use tokio::sync::oneshot;

use crate::{refused::Refused, websocket::WebSocket};

/// What carries the packets of a session.
#[derive(Debug)]
pub(crate) enum Transport {
    /// HTTP long-polling, with the GET that waits for packets, if one does.
    Polling(Option<PendingPoll>),
    WebSocket(Rc<WebSocket>),
}

/// A GET that waits for packets, and the number that tells it from the others of its session.
#[derive(Debug)]
pub(crate) struct PendingPoll {
    pub(crate) number: u64,
    pub(crate) answer: oneshot::Sender<Polled>,
}

/// The answer to a GET.
#[derive(Debug)]
pub(crate) enum Polled {
    Payload(String),
    Refused(Refused),
}

impl Polled {
    /// A noop packet.
    pub(crate) fn noop() -> Self {
        Self::Payload("6".to_owned())
    }
}
