//! A client in a namespace, and the acknowledgements that it owes.

use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
    time::Duration,
};

use ahash::AHashMap;
use bytes::Bytes;
use serde_json::value::RawValue;
use smallvec::SmallVec;
use socketio::encode::Address;
use tokio::sync::oneshot;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::{Hub, process::ProcessState};
use crate::{
    Config, Replay,
    frame::{Broadcast, Frame, SocketId, Topic},
    send_queue::ReplayBuffer,
    session::handle::{Command, SessionHandle},
};

/// A client that has joined a namespace; a copy is the same one. Outlives its connection, and then does nothing.
#[derive(Debug, Clone)]
pub struct Socket<C> {
    hub: Rc<Hub>,
    inner: Rc<SocketInner>,
    client: C,
}

impl<C> Socket<C> {
    pub(crate) const fn new(hub: Rc<Hub>, inner: Rc<SocketInner>, client: C) -> Self {
        Self { hub, inner, client }
    }

    /// Its id in this process.
    pub fn id(&self) -> SocketId {
        self.inner.id
    }

    /// The namespace that it has joined.
    pub fn namespace(&self) -> &str {
        &self.inner.namespace
    }

    /// The data of [`crate::Connection::client`].
    pub const fn client(&self) -> &C {
        &self.client
    }

    /// Subscribes to a topic.
    pub fn join(&self, topic: Topic) {
        self.hub.subscribe(&self.inner, topic);
    }

    /// Unsubscribes from a topic.
    pub fn leave(&self, topic: Topic) {
        if self.inner.is_connected() {
            self.hub.unsubscribe(&self.inner, topic);
        }
    }

    /// Sends a frame to this client alone; may overtake broadcasts that are not delivered yet.
    pub fn send(&self, frame: Frame) {
        self.inner.send(frame);
    }

    /// Sends an event at once, and waits for its acknowledgement as long as `timeout`.
    pub fn emit_with_ack(
        &self,
        name: &str,
        pieces: &[&str],
        timeout: Duration,
    ) -> impl Future<Output = Result<Ack, AckError>> + use<C> {
        let pending = self.inner.is_connected().then(|| {
            let (pending, ack) = self.inner.acks.add();
            let to = Address { namespace: &self.inner.namespace, id: Some(pending.id) };
            self.inner.send(Frame::emitted(to, name, pieces, &[]));
            (pending, ack)
        });
        async move {
            let Some((_pending, ack)) = pending else { return Err(AckError::Gone) };
            match tokio::time::timeout(timeout, ack).await {
                Ok(ack) => ack.or(Err(AckError::Gone)),
                Err(_) => Err(AckError::TimedOut),
            }
        }
    }

    /// Lets the client catch up: holds broadcasts to it back, waits for `replay`, and sends that first.
    ///
    /// Returns the position that the client then has, or the error of `replay`; broadcasts are sent on in either case,
    /// and also when this is dropped.
    pub async fn resume<E>(&self, replay: impl Future<Output = Result<Replay, E>>) -> Result<i64, E> {
        let hold = Hold::new(Rc::clone(&self.inner));
        let replay = replay.await?;
        let upto = replay.upto;
        hold.release(replay);
        Ok(upto)
    }

    /// Disconnects the client from its namespace; the session stays.
    pub fn disconnect(&self) {
        if self.inner.is_connected() {
            self.inner.session.command(Command::Disconnect(self.inner.id));
        }
    }

    /// Ends the session after what is queued has gone out; broadcasts that are not delivered yet may be lost.
    pub fn close(&self) {
        if self.inner.is_connected() {
            self.inner.session.close_with_packet();
        }
    }
}

/// Holds broadcasts to a socket back until it is dropped.
#[derive(Debug)]
struct Hold(Option<Rc<SocketInner>>);

impl Hold {
    fn new(socket: Rc<SocketInner>) -> Self {
        socket.hold();
        Self(Some(socket))
    }

    fn release(mut self, replay: Replay) {
        if let Some(socket) = self.0.take() {
            socket.release(Some(replay));
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if let Some(socket) = self.0.take() {
            socket.release(None);
        }
    }
}

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
    /// A socket, subscribed to nothing; `recovers` with connection state recovery.
    pub(crate) fn new(
        process: &ProcessState,
        session: Rc<SessionHandle>,
        namespace: &str,
        recovers: bool,
    ) -> Self {
        Self {
            id: SocketId(process.next_number()),
            session,
            namespace: namespace.into(),
            topics: RefCell::new(Some(SmallVec::new())),
            acks: Rc::default(),
            recovering: recovers.then(|| process.recovering.token()),
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

    /// Sends a broadcast, now, or after the replay that it waits for; aborts a session that lets too much wait.
    pub(crate) fn deliver(&self, broadcast: &Broadcast, config: &Config) {
        let Broadcast { frame, recoverable, position, volatile, .. } = broadcast;
        if frame.namespace() != &*self.namespace || self.replay.knows(*position) {
            return;
        }
        let frame = recoverable.as_ref().filter(|_| self.recovering.is_some()).unwrap_or(frame);
        let queue = &self.session.queue;
        let fits = if self.replay.is_holding() {
            *volatile || self.replay.push(*position, frame, config)
        } else {
            *volatile && queue.busy() || queue.push(frame.clone())
        };
        if !fits {
            self.session.overflow();
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
