//! The `harness` crate.
