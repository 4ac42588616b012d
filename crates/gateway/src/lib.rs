//! The gateway: HTTP and Socket.IO doors to the use cases of `chat`, composed into one program.

pub mod config;

mod problem;

mod cluster;
mod live;
mod wire;

mod origin;

mod extract;
mod headers;

mod http;
mod presence;
mod refill;
mod socket;

pub mod asyncapi;

pub mod server;

mod telemetry;

pub mod cli;
