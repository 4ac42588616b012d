//! Acknowledgements that the server waits for.

use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
};

use ahash::AHashMap;
use bytes::Bytes;
use serde_json::value::RawValue;
use tokio::sync::oneshot;

/// The acknowledgement of a client.
#[derive(Debug, Clone)]
pub struct Ack {
    /// The arguments; a placeholder `{"_placeholder":true,"num":n}` stands for the attachment `n`.
    pub args: Vec<Box<RawValue>>,
    /// The attachments.
    pub attachments: Vec<Bytes>,
}

/// Why there is no acknowledgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AckError {
    /// The client took longer than it was given; a late acknowledgement is ignored.
    TimedOut,
    /// The client is gone.
    Gone,
}

/// The acknowledgements that one socket owes, by their ids.
#[derive(Debug, Default)]
pub(crate) struct PendingAcks {
    next: Cell<u64>,
    pending: RefCell<AHashMap<u64, oneshot::Sender<Ack>>>,
}

impl PendingAcks {
    /// Gives out the next id; the acknowledgement is awaited until the first of what is returned is dropped.
    pub(crate) fn add(self: &Rc<Self>) -> (PendingAck, oneshot::Receiver<Ack>) {
        let id = self.next.get();
        self.next.set(id + 1);
        let (sender, ack) = oneshot::channel();
        self.pending.borrow_mut().insert(id, sender);
        (PendingAck { acks: Rc::downgrade(self), id }, ack)
    }

    /// Resolves an acknowledgement; an unknown one, or a second one, is ignored.
    pub(crate) fn resolve(&self, id: u64, ack: Ack) {
        let pending = self.pending.borrow_mut().remove(&id);
        if pending.is_none_or(|pending| pending.send(ack).is_err()) {
            tracing::debug!(id, "an acknowledgement of nothing");
        }
    }

    /// Fails all that are pending with [`AckError::Gone`].
    pub(crate) fn clear(&self) {
        self.pending.take();
    }
}

/// An acknowledgement that is awaited until this is dropped.
#[derive(Debug)]
pub(crate) struct PendingAck {
    acks: Weak<PendingAcks>,
    pub(crate) id: u64,
}

impl Drop for PendingAck {
    fn drop(&mut self) {
        if let Some(acks) = self.acks.upgrade() {
            acks.pending.borrow_mut().remove(&self.id);
        }
    }
}
