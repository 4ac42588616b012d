//! Engine.IO v4 and Socket.IO v5 as values and bytes: no sockets, no timers, no runtime.
//!
//! Decoding borrows from the text that came in and refuses everything that the protocols do not allow; arguments of
//! events stay raw JSON, so that nothing is parsed that nobody reads.

pub mod error;

pub mod engine;

pub mod payload;

pub mod packet;

pub mod encode;

mod placeholder;

pub mod decode;

pub mod assembly;
