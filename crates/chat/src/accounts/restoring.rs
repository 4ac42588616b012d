//! Accounts that come back: their users have deleted them, and sign in again in time.

use domain::event_table::LogEntry;
use domain::id::UserId;
use domain::time::Time;
use persistence::error::Error as Stored;
use persistence::log::LogRow;
use persistence::{Conn, account_deletions, friends};

use crate::log::record;

/// Restores an account; false if it was restored before.
pub(super) fn restore(conn: &mut Conn, user: UserId, at: Time) -> Result<bool, Stored> {
    account_deletions::restore(conn, user, at)
}

/// Records for all who know a user that they are there again; the last thing of a transaction.
pub(super) fn announce(conn: &mut Conn, user: UserId) -> Result<Vec<LogRow>, Stored> {
    let friends = friends::ids(conn, user)?.into_iter().map(|to| LogEntry::FriendAccepted { to, user });
    let profile = friends::audience(conn, user)?.into_iter().map(|to| LogEntry::ProfileChanged { to, user });
    record(conn, &profile.chain(friends).collect::<Vec<_>>())
}
