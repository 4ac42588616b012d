//! The `chat` crate.
