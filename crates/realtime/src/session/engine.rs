//! Engine.IO without Socket.IO above it, for the protocol's own conformance suite.

use std::{future::ready, rc::Rc, sync::Arc};

use bytes::Bytes;
use futures_util::future::{FutureExt as _, LocalBoxFuture};

use super::handle::SessionHandle;
use crate::{
    dispatch::{ConnectError, Connection, Dispatch, Handshake, Incoming, Reply, Socket},
    frame::Packet,
};

/// Handles the messages of Engine.IO sessions.
pub trait EngineHandler: Send + Sync + 'static {
    /// Handles a text message.
    fn text(&self, socket: &EngineSocket, message: &str);

    /// Handles a binary message.
    fn binary(&self, socket: &EngineSocket, message: Bytes);
}

/// An Engine.IO session; outlives its connection, and then does nothing.
#[derive(Debug)]
pub struct EngineSocket(pub(super) Rc<SessionHandle>);

impl EngineSocket {
    /// Sends a text message.
    pub fn send_text(&self, message: &str) {
        self.0.send_packet(Packet::text(&format!("4{message}")));
    }

    /// Sends a binary message.
    pub fn send_binary(&self, message: &[u8]) {
        self.0.send_packet(Packet::binary(message));
    }

    /// Ends the session after what is queued has gone out.
    pub fn close(&self) {
        self.0.close_with_packet();
    }
}

/// An application without Socket.IO.
#[derive(Debug)]
pub struct EngineOnly<H>(pub H);

impl<H: EngineHandler> Dispatch for EngineOnly<H> {
    type Client = ();

    fn engine(&self) -> Option<&dyn EngineHandler> {
        Some(&self.0)
    }

    fn connect(
        self: Arc<Self>,
        _: Handshake,
    ) -> LocalBoxFuture<'static, Result<Connection<()>, ConnectError>> {
        ready(Err(ConnectError { message: "No namespaces".to_owned(), data: None })).boxed_local()
    }

    fn event(self: Arc<Self>, _: Socket<()>, _: Incoming) -> LocalBoxFuture<'static, Reply> {
        ready(Reply::new("[]")).boxed_local()
    }

    fn disconnected(self: Arc<Self>, (): ()) {}
}
