//! Live connections: Engine.IO sessions on Actix, and the hubs that route events between them.
//!
//! This crate knows users, rooms and sockets, but not what a message means: what comes in goes to a
//! [`dispatch::Dispatch`], what goes out comes through [`hub::Hubs::emit`].

pub mod config;
pub mod topic;

pub mod frame;
pub mod presence;

pub mod line;

mod outbox;

mod seat;

mod directory;

mod shared;

pub mod cast;

mod table;

pub mod hub;

pub mod dispatch;

pub mod opening;

mod session;

mod websocket;

pub mod server;
