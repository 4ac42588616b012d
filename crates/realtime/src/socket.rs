//! A client in a namespace.

use std::{rc::Rc, time::Duration};

use socketio::encode::Address;

use self::inner::SocketInner;
use crate::{
    frame::Frame,
    hub::Hub,
    pending_acks::{Ack, AckError},
    replay::Replay,
    session::handle::Command,
    topic::{SocketId, Topic},
};

pub(crate) mod inner;

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

    /// The data of [`crate::dispatch::Connection::client`].
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
