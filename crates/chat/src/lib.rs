//! What a user can do: each use case is one function, called by REST and by Socket.IO alike.
//!
//! A use case writes in one transaction and then publishes its events through [`live::Live`].

pub mod clock;
pub mod error;

mod events;
mod members;

mod batches;

mod measurements;

pub mod message_writer;
mod receipt_writer;

mod sessions;

pub mod context;

pub mod log;

mod membership;

pub mod accounts;
pub mod admins;
pub mod audit;
pub mod file_addresses;
pub mod kept_answers;
pub mod uploads;

pub mod unused_uploads;

pub mod blocks;
pub mod message_requests;
pub mod presence;
pub mod profiles;
pub mod room_settings;

mod hidden;

pub mod receipts;
pub mod recovery;
pub mod rooms;
pub mod settings;

pub mod disappearing;

pub mod groups;
pub mod invites;

pub mod friends;

pub mod friend_invites;

pub mod bots;

pub mod outgoing_webhooks;

pub mod webhook_deliveries;

pub mod link_previews;

pub mod push_subscriptions;
pub mod pushes;

mod forwards;

pub mod messages;
pub mod scheduled_messages;

pub mod incoming_webhooks;

pub mod hiding;
pub mod revisions;

pub mod exports;

pub mod account_deletions;

pub mod search;

pub mod reactions;
pub mod reports;
pub mod statistics;
pub mod suspensions;
