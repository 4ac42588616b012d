//! The answer to a GET of long-polling, and the GET that waits for it.

use tokio::sync::oneshot;

use crate::refused::Refused;

/// The answer to a GET.
#[derive(Debug)]
pub(crate) enum Polled {
    Payload(String),
    Refused(Refused),
}

impl Polled {
    /// The packet that means nothing.
    pub(crate) fn noop() -> Self {
        Self::Payload("6".to_owned())
    }
}

/// A GET that waits, and the number that tells it from the others of its session.
#[derive(Debug)]
pub(crate) struct Parked {
    pub(crate) number: u64,
    pub(crate) answer: oneshot::Sender<Polled>,
}
