//! What is sent to many sockets at once.

use crate::{
    frame::Frame,
    topic::{SocketId, Topic},
};

/// Frames for many sockets; a socket that several parts reach hears them in the order of the parts.
#[derive(Debug, Clone, Default)]
pub struct Cast {
    /// What goes to whom.
    pub parts: Vec<Part>,
}

/// One frame and the sockets that hear it, each once; those of another namespace than the frame's do not.
#[derive(Debug, Clone)]
pub struct Part {
    /// The listeners of any of these hear it,
    pub to: Vec<Topic>,
    /// but no listener of any of these,
    pub except: Vec<Topic>,
    /// and not this one.
    pub except_socket: Option<SocketId>,
    /// What they hear.
    pub frame: Frame,
    /// Whether the frame may be lost to a client that is slow to read.
    pub volatile: bool,
    /// The place of the change in the log, by which a client that has caught up beyond it does not hear it again.
    pub place: Option<i64>,
    /// What those hear instead who asked for connection state recovery; see [`crate::hub::Hubs::has_recovering`].
    pub recoverable: Option<Frame>,
}

impl Part {
    /// A frame for all listeners of the topics, not volatile and not of the log.
    pub fn new(to: Vec<Topic>, frame: Frame) -> Self {
        Self {
            to,
            except: Vec::new(),
            except_socket: None,
            frame,
            volatile: false,
            place: None,
            recoverable: None,
        }
    }
}

impl From<Part> for Cast {
    fn from(part: Part) -> Self {
        Self { parts: vec![part] }
    }
}
