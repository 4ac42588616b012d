//! What a user can do: each use case is one function, called by REST and by Socket.IO alike.
//!
//! A use case writes in one transaction and publishes afterwards through [`domain::live::Live`] what became true.

pub mod clock;
pub mod error;

mod events;
mod listeners;
mod sessions;

pub mod context;

pub mod log;

pub mod accounts;
pub mod uploads;

pub mod friends;
pub mod profiles;

pub mod recovery;

pub mod presence;
pub mod receipts;

pub mod messages;

pub mod hiding;
pub mod reactions;
pub mod revisions;

pub mod rooms;
