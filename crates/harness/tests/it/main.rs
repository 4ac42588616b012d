//! The product from the outside: a real gateway, a real database, real HTTP and real Socket.IO.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cognitive_complexity,
    reason = "a test fails by panicking, and each of its assertions counts as a branch"
)]

mod documents;
mod flow;
mod layout;

mod account_deletions;
mod admin;
mod api_tokens;
mod asyncapi;
mod audit;
mod auth;
mod blocks;
mod bots;
mod chatrooms;
mod everything;
mod exports;
mod file_addresses;
mod files;
mod friend_invites;
mod friends;
mod groups;
mod headers;
mod idempotency;
mod incoming_webhooks;
mod invites;
mod link_previews;
mod members;
mod message_requests;
mod messages;
mod openapi;
mod order;
mod outgoing_webhooks;
mod pages;
mod passwords;
mod push;
mod receipts;
mod reports;
mod roles;
mod room_settings;
mod sessions;
mod settings;
mod system_messages;
mod throttle;
mod thumbnails;
mod uploads;
mod users;

mod extras;
mod forwards;
mod hiding;
mod mentions;
mod pins;
mod reactions;
mod replies;
mod revisions;
mod s3;
mod scheduled_messages;
mod search;
mod unsending;
mod unused_uploads;

mod presence;
mod realtime;
mod resume;
mod sync;

mod bodies;
mod connections;
mod corpus;
mod hostile;
mod limits;
mod metrics;
mod problems;

mod authorisation;
mod client_state;
mod clients;
mod cluster;
mod database_file;
mod disappearing;
mod disks;
mod jitter;
mod migrations;
mod names;
mod process;
mod reconnecting;
mod restart;
mod stalls;
