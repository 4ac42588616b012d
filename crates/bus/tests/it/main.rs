//! The bus against a real Redis, and what may happen to one.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod faults;
mod node;
mod presence;
mod publish;
mod strain;
mod wire;
