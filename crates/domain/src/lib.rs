//! The words and rules of the product: what a user, a friendship, a room and a message are, and who may do what.
//!
//! No I/O, no clock, no SQL. Values are parsed once, at the edge, and trusted inside.

pub mod id;
pub mod invalid;
pub mod time;

pub mod text;

pub mod media;
pub mod user;

pub mod friendship;
pub mod room;

pub mod receipt;

pub mod reaction;
pub mod revision;

pub mod message;
pub mod page;

pub mod change;
pub mod event;
pub mod live;
