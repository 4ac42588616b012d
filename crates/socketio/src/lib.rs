//! The `socketio` crate.
