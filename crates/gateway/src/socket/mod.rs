//! Socket.IO: the table of events, and who may connect.

mod connect;
mod handlers;
mod resume;

pub(crate) mod events;
