//! The `realtime` crate.
