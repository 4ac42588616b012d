//! Socket.IO: who may connect, and what clients send.

pub(crate) mod answer;
pub(crate) mod connect;
mod context;
pub(crate) mod events;
mod handlers;
pub(crate) mod replay;
pub(crate) mod table;
