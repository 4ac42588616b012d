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
mod link_previews;
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

use domain::id::UserId;
use domain::time::Time;
use persistence::Conn;
use persistence::account_deletions::{self, Deletion};
use persistence::error::Error;

/// Deletes an account that nobody can restore.
fn end_account(conn: &mut Conn, user: UserId, at: Time) -> Result<(), Error> {
    account_deletions::close(conn, &Deletion { user, purge_at: at, erase_messages: false }, at)?;
    account_deletions::anonymise(conn, user, at).map(drop)
}
