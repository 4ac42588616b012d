//! Uploaded files: received, recognised by their content, stored, and opened for reading.
//!
//! A file uses only those listed above it.

pub mod error;

pub mod format;
pub mod limits;
pub mod name;

mod stored_name;

mod folder;
mod metadata;

pub mod bucket;

mod backend;

mod animation;
mod decode;
mod mp4;
mod thumbnails;
mod upright;

mod picture;
mod prepare;
pub mod sniff;

pub mod writer;

pub mod archive;

pub mod store;

pub mod migration;
