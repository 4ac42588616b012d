//! Socket.IO: the table of events, and who may connect.

mod connect;
mod handlers;

pub(crate) mod events;
