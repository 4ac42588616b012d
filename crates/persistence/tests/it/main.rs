//! What the database promises, on `SQLite` and on `MariaDB`.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot do what it must has failed"
)]

mod client_keys;
mod friends;
mod groups;
mod hidden;
mod log;
mod messages;
mod migrations;
mod reactions;
mod receipts;
mod replies;
mod revisions;
mod rooms;
mod round_trips;
mod search;
mod sessions;
mod uploads;
mod users;
mod write_batch;
