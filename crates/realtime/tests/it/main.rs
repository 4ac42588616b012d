//! Live connections from the outside: a real server on a free port, real `WebSocket`s, several workers.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod client;
mod server;

mod emit;
mod events;
mod handshake;
mod joining;
mod limits;
mod shutdown;
mod stress;
