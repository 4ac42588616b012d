//! Live connections: Engine.IO sessions on Actix, and the hubs that route events between their sockets.
//!
//! The crate knows users, rooms and sockets, but not what a message means: events of clients go to a
//! [`dispatch::Dispatch`], events for clients come through [`hub::Hubs::emit`].

pub mod broadcast;
pub mod config;
pub mod dispatch;
pub mod endpoint;
pub mod frame;
pub mod hub;
pub mod request;
pub mod server;

mod heartbeat;
mod replay;
mod send_queue;
mod session;
mod transport;
