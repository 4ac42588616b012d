//! What the server has asked a client, and not been answered yet.

use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
};

use ahash::AHashMap;
use bytes::Bytes;
use serde_json::value::RawValue;
use tokio::sync::oneshot;

/// What a client has answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The arguments; a placeholder `{"_placeholder":true,"num":n}` stands for the attachment `n`.
    pub args: Vec<Box<RawValue>>,
    /// The attachments.
    pub attachments: Vec<Bytes>,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unanswered {
    /// The client took longer than it was given; an answer that still comes is ignored.
    TimedOut,
    /// The client is gone.
    Gone,
}

/// The open questions to one client, by the ids of their acknowledgements.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    next: Cell<u64>,
    open: RefCell<AHashMap<u64, oneshot::Sender<Answer>>>,
}

impl Asked {
    /// Opens a question.
    pub(crate) fn open(&self) -> (u64, oneshot::Receiver<Answer>) {
        let id = self.next.get();
        self.next.set(id + 1);
        let (sender, answer) = oneshot::channel();
        self.open.borrow_mut().insert(id, sender);
        (id, answer)
    }

    /// Hands on an answer; one to nothing, or to what was answered already, is ignored.
    pub(crate) fn answer(&self, id: u64, answer: Answer) {
        let asked = self.open.borrow_mut().remove(&id);
        if asked.is_none_or(|asked| asked.send(answer).is_err()) {
            tracing::debug!(id, "an answer to nothing");
        }
    }

    /// Closes all questions unanswered.
    pub(crate) fn forget(&self) {
        self.open.take();
    }
}

/// Forgets a question when nobody waits for its answer any more.
#[derive(Debug)]
pub(crate) struct Question {
    asked: Weak<Asked>,
    id: u64,
}

impl Question {
    pub(crate) fn new(asked: &Rc<Asked>, id: u64) -> Self {
        Self { asked: Rc::downgrade(asked), id }
    }
}

impl Drop for Question {
    fn drop(&mut self) {
        if let Some(asked) = self.asked.upgrade() {
            asked.open.borrow_mut().remove(&self.id);
        }
    }
}
