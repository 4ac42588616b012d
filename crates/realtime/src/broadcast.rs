//! A message to many sockets, and what they subscribe to.

use domain::id::{RoomId, SessionId, UserId};

use crate::frame::Frame;

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

/// What sockets subscribe to and events are sent to; Socket.IO calls it a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Topic {
    /// Every socket of a user.
    User(UserId),
    /// Every socket of one session of authentication.
    Session(SessionId),
    /// Every socket of one client with connection state recovery, by a number of its own.
    Recovery(u64),
    /// Every socket that has joined a room.
    Room(RoomId),
    /// The sockets of one user that have joined a room.
    RoomAs(RoomId, UserId),
}

/// Identifies a socket for as long as the process lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SocketId(pub u64);
