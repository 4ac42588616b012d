//! The messages of Engine.IO sessions without Socket.IO.

use std::rc::Rc;

use bytes::Bytes;

use super::handle::SessionHandle;
use crate::frame::Packet;

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
