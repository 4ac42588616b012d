//! A client in a namespace, below the hub.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use smallvec::SmallVec;
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::{
    broadcast::Broadcast,
    config::Config,
    frame::Frame,
    pending_acks::PendingAcks,
    replay::{Replay, ReplayBuffer},
    session::handle::SessionHandle,
    topic::{SocketId, Topic},
};

/// A socket as hub and session see it; several may share a session.
#[derive(Debug)]
pub(crate) struct SocketInner {
    pub(crate) id: SocketId,
    pub(crate) session: Rc<SessionHandle>,
    pub(crate) namespace: Box<str>,
    /// What it is subscribed to, kept by the hub; nothing once it has left its namespace.
    pub(crate) topics: RefCell<Option<SmallVec<[Topic; 2]>>>,
    pub(crate) acks: Rc<PendingAcks>,
    /// There for a client with connection state recovery.
    recovering: Option<TaskTrackerToken>,
    replay: ReplayBuffer,
    mark: Cell<u64>,
}

impl SocketInner {
    /// `recovering` is there for a client with connection state recovery.
    pub(crate) fn new(
        id: SocketId,
        session: Rc<SessionHandle>,
        namespace: &str,
        recovering: Option<TaskTrackerToken>,
    ) -> Self {
        Self {
            id,
            session,
            namespace: namespace.into(),
            topics: RefCell::new(Some(SmallVec::new())),
            acks: Rc::default(),
            recovering,
            replay: ReplayBuffer::default(),
            mark: Cell::new(0),
        }
    }

    /// Marks the socket; false when it carried this mark already.
    pub(crate) fn mark(&self, mark: u64) -> bool {
        self.mark.replace(mark) != mark
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.topics.borrow().is_some() && !self.session.ended()
    }

    /// Sends a frame to this socket alone.
    pub(crate) fn send(&self, frame: Frame) {
        if self.is_connected() {
            self.session.send(frame);
        }
    }

    /// Sends a broadcast, now, or after the replay that it waits for.
    pub(crate) fn deliver(&self, broadcast: &Broadcast, config: &Config) {
        let Broadcast { frame, recoverable, position, volatile, .. } = broadcast;
        if frame.namespace() != &*self.namespace || self.replay.knows(*position) {
            return;
        }
        let frame = recoverable.as_ref().filter(|_| self.recovering.is_some()).unwrap_or(frame);
        if self.replay.is_holding() {
            if !volatile && !self.replay.push(*position, frame, config) {
                self.session.abort();
            }
        } else if *volatile {
            self.session.send_volatile(frame.clone());
        } else {
            self.session.send(frame.clone());
        }
    }

    /// Holds broadcasts back until [`Self::release`] has been called as often.
    pub(crate) fn hold(&self) {
        self.replay.hold();
    }

    /// Sends a replay, and after it the broadcasts that were held back and are not among it.
    pub(crate) fn release(&self, replay: Option<Replay>) {
        if let Some(Replay { frames, upto }) = replay {
            self.replay.know(upto);
            self.session.queue.replay(frames);
        }
        for frame in self.replay.release() {
            self.session.send(frame);
        }
    }
}
