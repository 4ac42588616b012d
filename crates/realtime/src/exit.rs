//! The sending side of a WebSocket's connection: how far it has ended, and how it is cut.

use std::{
    cell::{Cell, RefCell},
    sync::Weak,
    task::{Context, Waker},
};

use crate::line::Line;

/// What can end a connection without knowing what it carries.
#[derive(Debug)]
pub(crate) struct Exit {
    line: Weak<Line>,
    ending: Cell<Ending>,
    sender: RefCell<Option<Waker>>,
}

/// How far the connection under an ended WebSocket has ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Ending {
    /// The client has not said goodbye yet.
    #[default]
    Awaited,
    /// The client knows, or will not be waited for any longer.
    Parted,
    /// Nothing more shall be sent.
    Severed,
    /// Nothing more can be sent: the response body is gone.
    Bodiless,
}

impl Exit {
    pub(crate) fn new(line: Weak<Line>) -> Self {
        Self { line, ending: Cell::default(), sender: RefCell::default() }
    }

    /// How far the connection has ended.
    pub(crate) fn ending(&self) -> Ending {
        self.ending.get()
    }

    /// Notes how far the connection has ended; it never goes back.
    pub(crate) fn advance(&self, ending: Ending) {
        self.ending.set(self.ending.get().max(ending));
        self.wake();
    }

    /// Ends the connection now.
    pub(crate) fn cut(&self) {
        self.advance(Ending::Severed);
        if let Some(line) = self.line.upgrade() {
            line.cut();
        }
    }

    /// Whether anything is left to end.
    pub(crate) fn is_open(&self) -> bool {
        self.ending() != Ending::Bodiless || self.line.strong_count() > 0
    }

    /// Registers who sends, to be woken when there is something else to do than what waits in a queue.
    pub(crate) fn listen(&self, cx: &Context<'_>) {
        let mut sender = self.sender.borrow_mut();
        if !sender.as_ref().is_some_and(|sender| sender.will_wake(cx.waker())) {
            *sender = Some(cx.waker().clone());
        }
    }

    pub(crate) fn wake(&self) {
        if let Some(sender) = &*self.sender.borrow() {
            sender.wake_by_ref();
        }
    }
}
