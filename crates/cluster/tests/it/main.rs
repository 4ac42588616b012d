//! Nodes on a real Redis, and on one that fails.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod faults;
mod node;
mod presence;
mod publish;
mod strain;
mod wire;
