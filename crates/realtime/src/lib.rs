//! Live connections: Engine.IO sessions on Actix, and the hubs that route events between them.
//!
//! This crate knows users, rooms and sockets, but not what a message means: what comes in goes to a
//! [`dispatch::Dispatch`], what goes out comes through [`hub::Hubs::emit`].

pub mod config;
pub mod topic;

pub mod frame;
pub mod presence;

mod clock;
mod counter;
mod refused;
mod send_queue;

mod seat;
mod transport;

mod timers;

mod asked;
mod gate;

pub mod cast;

mod directory;

pub mod drain;

mod shared;

mod member;

mod table;

pub mod hub;

mod socket;

pub mod dispatch;

pub mod opening;

mod websocket;

mod registry;

mod session;

mod cors;

mod endpoint;

mod namespaces;

pub mod engine;
pub mod serve;
pub mod server;
