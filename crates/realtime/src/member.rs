//! One client that has joined one namespace of a session: what it listens to, and what it hears.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::Arc,
};

use smallvec::SmallVec;

use crate::{
    asked::Asked,
    cast::Part,
    config::Config,
    counter::Counted,
    frame::Frame,
    gate::{Gate, Missed},
    seat::Seat,
    shared::Shared,
    topic::{SocketId, Topic},
};

/// A listener; several of them may share the seat of their session.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) id: SocketId,
    pub(crate) seat: Rc<Seat>,
    pub(crate) namespace: Box<str>,
    /// What it listens to; kept by the table.
    pub(crate) topics: RefCell<SmallVec<[Topic; 2]>>,
    /// What it was asked by the server.
    pub(crate) asked: Rc<Asked>,
    /// There if it asked for connection state recovery.
    recovering: Option<Counted>,
    gate: Gate,
    mark: Cell<u64>,
    gone: Cell<bool>,
}

impl Member {
    pub(crate) fn new(shared: &Arc<Shared>, seat: &Rc<Seat>, namespace: &str, recovers: bool) -> Rc<Self> {
        Rc::new(Self {
            id: SocketId(shared.next_number()),
            seat: Rc::clone(seat),
            namespace: namespace.into(),
            topics: RefCell::default(),
            asked: Rc::default(),
            recovering: recovers.then(|| shared.recovering.count()),
            gate: Gate::default(),
            mark: Cell::new(0),
            gone: Cell::new(false),
        })
    }

    /// Marks the member; false when it already carried this mark.
    pub(crate) fn mark(&self, mark: u64) -> bool {
        self.mark.replace(mark) != mark
    }

    /// Whether it is still there.
    pub(crate) fn present(&self) -> bool {
        !self.gone.get() && !self.seat.ended()
    }

    /// Notes that it is gone; false when it was already.
    pub(crate) fn leave(&self) -> bool {
        self.asked.forget();
        !self.gone.replace(true)
    }

    /// Sends a frame to this member alone.
    pub(crate) fn send(&self, frame: Frame) {
        if self.present() {
            self.seat.send(frame);
        }
    }

    /// Hears a part of a cast, now, or once it has heard what it missed before.
    pub(crate) fn hear(&self, part: &Part, config: &Config) {
        if part.frame.namespace() != &*self.namespace || self.gate.knows(part.place) {
            return;
        }
        let frame = part.recoverable.as_ref().filter(|_| self.recovering.is_some()).unwrap_or(&part.frame);
        if !self.gate.holds() {
            if part.volatile { self.seat.offer(frame.clone()) } else { self.seat.send(frame.clone()) }
        } else if !part.volatile && !self.gate.keep(part.place, frame, config) {
            self.seat.cut();
        }
    }

    /// Holds what it would hear, until [`Self::release`] is called as often.
    pub(crate) fn hold(&self) {
        self.gate.hold();
    }

    /// Hears what it missed, and after it what was held and is not among it.
    pub(crate) fn release(&self, missed: Option<Missed>) {
        if let Some(Missed { frames, upto }) = missed {
            self.gate.know(upto);
            self.seat.queue.replay(frames);
        }
        for frame in self.gate.release() {
            self.seat.send(frame);
        }
    }
}
