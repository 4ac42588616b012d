//! What a socket can listen to.

use domain::id::{RoomId, SessionId, UserId};

/// Something that sockets listen to and events are sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Topic {
    /// Every socket of a user.
    User(UserId),
    /// Every socket of one sign-in.
    Session(SessionId),
    /// Every socket of one client that recovers its connection, by a number of its own.
    Recovery(u64),
    /// Every socket that has joined a room.
    Room(RoomId),
    /// The sockets of one user that have joined a room.
    RoomAs(RoomId, UserId),
}

/// Names one connection for as long as the process lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SocketId(pub u64);
