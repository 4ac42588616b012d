//! The Socket.IO endpoint.

use std::{fmt, sync::Arc};

use actix_web::web;

use crate::{dispatch::Dispatch, drain::Drain, endpoint::Endpoint, hub::Hubs};

/// The Socket.IO endpoint; a copy is the same one.
pub struct Realtime<D: Dispatch>(Endpoint<D>);

impl<D: Dispatch> Clone for Realtime<D> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<D: Dispatch> fmt::Debug for Realtime<D> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Realtime").field(&self.0.hubs).finish()
    }
}

impl<D: Dispatch> Realtime<D> {
    /// An endpoint whose clients are answered by `dispatch` and reached through `hubs`.
    pub fn new(hubs: Hubs, dispatch: Arc<D>) -> Self {
        Self(Endpoint::new(hubs, dispatch))
    }

    /// Serves the endpoint under `path`, with and without a slash at its end.
    pub fn mount(&self, app: &mut web::ServiceConfig, path: &str) {
        self.0.mount(app, path);
    }

    /// Refuses new connections, ends all others at once, and returns when the last one is gone.
    pub async fn shutdown(&self) {
        self.drain(Drain::at_once()).await;
    }

    /// Refuses new connections, tells all others when to come back, ends them one after the other, and returns when the
    /// last one is gone.
    ///
    /// Their transport is closed and nothing else, so that stock clients come back by themselves.
    pub async fn drain(&self, drain: Drain) {
        self.0.hubs.drain(drain).await;
    }
}
