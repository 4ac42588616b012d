//! What clients send, turned into values of the domain.

pub(crate) mod input;

pub(crate) mod accounts;
pub(crate) mod friends;
pub(crate) mod messages;
pub(crate) mod rooms;
pub(crate) mod sync;
