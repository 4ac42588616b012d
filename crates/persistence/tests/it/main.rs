//! What the database promises, on `SQLite` and on `MariaDB`.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot do what it must has failed"
)]

#[macro_use]
mod base;
mod posts;
mod witness;

mod friends;
mod hidden;
mod lane;
mod lane_keys;
mod lane_order;
mod log;
mod messages;
mod migrations;
mod reactions;
mod receipts;
mod replies;
mod revisions;
mod rooms;
mod sessions;
mod uploads;
mod users;
