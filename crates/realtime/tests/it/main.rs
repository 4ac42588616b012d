//! Live connections from the outside: a real server on a free port, real `WebSocket`s, several workers.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::cognitive_complexity,
    reason = "a test fails by panicking, and tells its story from top to bottom"
)]

mod client;
mod http;
mod server;

mod acks;
mod defects;
mod emit;
mod engine;
mod events;
mod handshake;
mod heartbeat;
mod joining;
mod limits;
mod namespaces;
mod polling;
mod recovery;
mod shutdown;
mod stress;
mod upgrade;
