//! Live connections: Engine.IO sessions on Actix, and the hubs that route events between their sockets.
//!
//! The crate knows users, rooms and sockets, but not what a message means: events of clients go to a
//! [`dispatch::Dispatch`], events for clients come through [`hub::Hubs::emit`].

pub mod broadcast;
pub mod config;
pub mod dispatch;
pub mod drain;
pub mod endpoint;
pub mod frame;
pub mod handshake;
pub mod hub;
pub mod server;
pub mod topic;

mod heartbeat;
mod pending_acks;
mod replay;
mod request_error;
mod send_queue;
mod session;
mod socket;
mod transport;
mod websocket;
