//! What stands above an Engine.IO session, and understands its messages.

use std::sync::Arc;

use actix::Context;
use actix_web::HttpRequest;
use bytes::Bytes;

use super::Session;
use crate::{config::Config, frame::Frame, opening::Opening, topic::SocketId};

/// Makes what stands above each session of an endpoint.
pub(crate) trait Layer: Send + Sync + 'static {
    /// What stands above one session.
    type Upper: Upper;

    /// Whether a session may be opened at all.
    fn admits(&self, request: &HttpRequest) -> Result<(), String>;

    fn upper(self: &Arc<Self>, opening: Opening, config: &Config) -> Self::Upper;
}

/// What stands above one session.
pub(crate) trait Upper: Sized + Unpin + 'static {
    /// Called once, when the session has opened.
    fn opened(_session: &mut Session<Self>) {}

    /// Learns of a later request of the client.
    fn renewed(_session: &mut Session<Self>, _opening: Opening) {}

    /// Handles a text message.
    fn text(
        session: &mut Session<Self>,
        message: &str,
        ctx: &mut Context<Session<Self>>,
    ) -> Result<(), Violation>;

    /// Handles a binary message.
    fn binary(session: &mut Session<Self>, message: Bytes) -> Result<(), Violation>;

    /// Lets a member leave its namespace.
    fn evict(_session: &mut Session<Self>, _member: SocketId) {}

    /// Sends a frame, if the client has joined its namespace.
    fn tell(_session: &mut Session<Self>, _frame: Frame) {}

    /// Called once, when the session is over.
    fn over(_session: &mut Session<Self>) {}
}

/// The peer broke the protocol.
#[derive(Debug)]
pub(crate) struct Violation;

impl From<socketio::error::Error> for Violation {
    fn from(error: socketio::error::Error) -> Self {
        tracing::debug!(%error, "closed: not a packet");
        Self
    }
}
