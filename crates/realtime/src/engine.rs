//! Engine.IO without Socket.IO above it, for the protocol's own conformance suite.

use std::{future::ready, sync::Arc};

use futures_util::future::{FutureExt as _, LocalBoxFuture};

use crate::dispatch::{ConnectError, Connection, Dispatch, Handshake, Incoming, Reply, Socket};

pub use crate::session::engine::{EngineHandler, EngineSocket};

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
