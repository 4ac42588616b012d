//! A message to many sockets.

use crate::{
    frame::Frame,
    topic::{SocketId, Topic},
};

/// One frame for many sockets; each gets it once, and only those of the frame's namespace do.
#[derive(Debug, Clone)]
pub struct Broadcast {
    /// The topics whose subscribers get the frame.
    pub topics: Vec<Topic>,
    /// The topics whose subscribers do not.
    pub except: Vec<Topic>,
    /// A socket that does not.
    pub except_socket: Option<SocketId>,
    /// What they get.
    pub frame: Frame,
    /// Whether the frame may be dropped for a client that is slow to read.
    pub volatile: bool,
    /// The position in the event log; a client that has caught up beyond it does not get the frame again.
    pub position: Option<i64>,
    /// What clients with connection state recovery get instead; see [`crate::hub::Hubs::has_recovering`].
    pub recoverable: Option<Frame>,
}

impl Broadcast {
    /// A frame for all subscribers of the topics, neither volatile nor of the event log.
    pub fn new(topics: Vec<Topic>, frame: Frame) -> Self {
        Self {
            topics,
            except: Vec::new(),
            except_socket: None,
            frame,
            volatile: false,
            position: None,
            recoverable: None,
        }
    }
}

impl From<Broadcast> for Vec<Broadcast> {
    fn from(broadcast: Broadcast) -> Self {
        vec![broadcast]
    }
}
