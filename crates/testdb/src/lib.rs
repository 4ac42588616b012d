//! The `testdb` crate.
