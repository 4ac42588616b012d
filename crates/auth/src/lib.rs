//! The `auth` crate.
