//! The database: one Diesel code for `SQLite`, `MariaDB` and `MySQL`, chosen by the URL's scheme.
//!
//! One file per noun; each holds its private rows and functions of a connection. What must happen together
//! happens inside [`db::Db::transaction`]. A file uses only those listed above it.

#[macro_use]
mod conn;
mod schema;

pub mod error;
mod pool;
mod sqlite_file;

mod upgrade;

pub mod migrate;

mod transaction;

pub mod usage;

pub mod db;

mod cached;
mod ids;
mod literals;
mod pairs;

pub mod admins;
pub mod viewer;

pub mod audit;
pub mod kept_answers;
pub mod sessions;

pub mod api_tokens;

pub mod uploads;
pub mod users;

pub mod unused_uploads;

pub mod account_deletions;
pub mod accounts;
pub mod exports;

pub mod rooms;

pub mod members;

pub mod blocks;
pub mod bots;
pub mod settings;

pub mod friends;

pub mod privacy;

pub mod log;

pub mod disappearing;

mod locked_rooms;

pub mod groups;
pub mod incoming_webhooks;
pub mod invites;
pub mod message_requests;
pub mod pins;
pub mod room_settings;
pub mod system_messages;

pub mod hidden;
pub mod receipts;

mod mentions;
mod quotes;
pub mod reactions;

pub mod messages;
pub mod scheduled_messages;

pub mod search;

pub mod revisions;

pub mod link_previews;

pub mod room_views;

pub mod outgoing_webhooks;

pub mod webhook_deliveries;

pub mod push;

pub mod friend_invites;
pub mod recoveries;
pub mod reports;
pub mod statistics;

pub use conn::Conn;
