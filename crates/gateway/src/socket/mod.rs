//! Socket.IO: the table of events, and who may connect.

pub(crate) mod answer;
pub(crate) mod connect;
mod handlers;
pub(crate) mod resume;

pub(crate) mod events;
