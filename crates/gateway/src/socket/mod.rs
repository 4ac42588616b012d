//! Socket.IO: who may connect, what an event of clients is, and what a client that comes back gets.

pub(crate) mod answer;
pub(crate) mod connect;
pub(crate) mod context;
pub(crate) mod events;
pub(crate) mod replay;
