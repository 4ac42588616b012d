//! Plain Engine.IO, for the protocol's own conformance suite.

use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpRequest;
use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use realtime::Config;
use realtime::{
    AdmitError, ConnectError, Connection, Dispatch, EngineMessage, EngineSocket, Handshake, Incoming, Reply,
    Socket,
};

/// No session joins a namespace, so none may be ended for that, or limited.
const CONNECT_TIMEOUT: Duration = Duration::from_hours(24);

/// The settings of a server without namespaces.
pub(crate) fn config(config: Config) -> Config {
    Config { connect_timeout: CONNECT_TIMEOUT, max_payload_unjoined: config.max_payload, ..config }
}

/// Sends every message back.
pub(crate) struct Echo;

impl Dispatch for Echo {
    type Client = ();
    type Permit = ();
    type Credentials = ();

    fn admit(&self, _: &HttpRequest) -> Result<(), AdmitError> {
        Ok(())
    }

    fn credentials(&self, _: &HttpRequest) {}

    fn engine_message(&self, socket: &EngineSocket<'_>, message: &EngineMessage<'_>) -> bool {
        socket.send(message);
        true
    }

    fn connect(
        self: Arc<Self>,
        _: Handshake<Self>,
    ) -> LocalBoxFuture<'static, Result<Connection<()>, ConnectError>> {
        ready(Err(ConnectError::Refused { message: "No namespaces".to_owned(), data: None })).boxed_local()
    }

    fn event(self: Arc<Self>, _: Socket<()>, _: Incoming) -> LocalBoxFuture<'static, Reply> {
        ready(Reply::new("[]")).boxed_local()
    }

    fn disconnected(self: Arc<Self>, (): ()) {}
}
