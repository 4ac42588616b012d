//! Bytes that people upload: taken in, told apart by content, kept, and handed out again.

pub mod error;
pub mod format;
pub mod name;
pub mod sniff;
pub mod store;
pub mod writer;

mod folder;
mod picture;
