//! The codec as a whole, against the protocols, the official parsers, and those who mean harm.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod assembly;
mod attacks;
mod engine_io;
mod properties;
mod reference;
mod socket_io;
mod transcript;
