//! What a socket can subscribe to.

use domain::id::{RoomId, SessionId, UserId};

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
