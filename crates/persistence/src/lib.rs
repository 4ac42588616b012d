//! The `persistence` crate.
