//! Live connections: Engine.IO sessions on Actix, and the hubs that route events between them.
//!
//! This crate knows users, rooms and sockets, but not what a message means: what comes in goes to a
//! [`dispatch::Dispatch`], what goes out comes through [`hub::Hubs::emit`].

pub mod config;
pub mod topic;

pub mod frame;
pub mod presence;

pub mod line;

mod clock;
mod outbox;

mod seat;
mod timers;
mod wire;

mod asked;
mod gate;
mod member;

mod directory;

pub mod drain;
mod shared;

pub mod cast;

mod table;

pub mod hub;

mod socket;

pub mod dispatch;

pub mod opening;

mod layer;
mod session;

mod cors;
mod poll;
mod push;
mod refused;
mod registry;
mod relay;
mod upgrade;
mod websocket;

mod endpoint;

mod namespaces;

pub mod engine;
pub mod server;
