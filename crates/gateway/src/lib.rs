//! The gateway: HTTP and Socket.IO over the use cases of `chat`, composed into one program.

mod network;

pub mod config;

pub mod refusals;

mod rates;

mod memory;

mod connections;

mod validation;

mod problem;

mod wire;

mod origin;
mod schemas;

mod extract;
mod ranges;

mod headers;

mod metrics;

mod api;
mod http;
mod receive;
mod refill;
mod repeated;
mod search_index;
mod socket;

pub mod asyncapi;
pub mod openapi;

pub mod server;

mod telemetry;

pub mod cli;
