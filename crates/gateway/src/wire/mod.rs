//! Requests: what clients send, over REST and Socket.IO alike, parsed into values of the domain.

pub(crate) mod input;

mod borrowed;

mod fields;

mod number;

mod extras;

pub(crate) mod accounts;
pub(crate) mod api_tokens;
pub(crate) mod bots;
pub(crate) mod files;
pub(crate) mod friends;
pub(crate) mod groups;
pub(crate) mod incoming_webhooks;
pub(crate) mod messages;
pub(crate) mod outgoing_webhooks;
pub(crate) mod push;
pub(crate) mod reports;
pub(crate) mod room_settings;
pub(crate) mod rooms;
pub(crate) mod scheduled_messages;
pub(crate) mod search;
pub(crate) mod sending;
pub(crate) mod settings;
pub(crate) mod sync;

pub(crate) mod admin;
