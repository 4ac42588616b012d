//! Receipts that have moved, as they are stored and logged.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary};
use domain::event_table::LogEntry;
use domain::log::Scope;
use domain::receipt::{Receipt, RoomReceipt};
use domain::room::Membership;

use crate::cached::{cached, pad_in_list};
use crate::conn::Conn;
use crate::error::Error;
use crate::log;
use crate::pairs::union;
use crate::receipts::put;

/// A receipt that has moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MovedReceipt {
    /// The receipt.
    pub receipt: RoomReceipt,
    /// Whom it concerns: the room's members, or the member alone where others do not see that anything moved.
    pub to: Scope,
    /// Whether others do not see how far the member has read.
    pub is_private: bool,
}

impl MovedReceipt {
    /// Returns the entry of the log that says so.
    pub fn entry(&self) -> LogEntry {
        let member = Membership { room: self.receipt.room, user: self.receipt.user };
        LogEntry::ReceiptMoved { to: self.to, member }
    }
}

/// Stores receipts that have moved, and notes them in the log; returns the position of the first.
pub(crate) fn store(conn: &mut Conn, moved: &[MovedReceipt]) -> Result<i64, Error> {
    if moved.is_empty() {
        return Ok(0);
    }
    let entries: Vec<LogEntry> = moved.iter().map(MovedReceipt::entry).collect();
    let moved: Vec<RoomReceipt> = moved.iter().map(|moved| moved.receipt).collect();
    match conn {
        Conn::Mysql(c) => {
            let rows = pad_in_list(&moved);
            let values = "CAST(? AS BINARY(16)) AS chatroom_id, CAST(? AS SIGNED) AS user_id, \
                CAST(? AS SIGNED) AS delivered_seq, CAST(? AS SIGNED) AS read_seq";
            let query = format!(
                "UPDATE ({}) moved \
                 STRAIGHT_JOIN participants ON participants.chatroom_id = moved.chatroom_id \
                 AND participants.user_id = moved.user_id \
                 SET participants.last_delivered_seq = moved.delivered_seq, \
                 participants.last_read_seq = moved.read_seq",
                union(values, rows.len()),
            );
            let mut query = diesel::sql_query(query).into_boxed();
            for row in &rows {
                query = query
                    .bind::<Binary, _>(row.room.bytes())
                    .bind::<BigInt, _>(row.user.0)
                    .bind::<BigInt, _>(row.last_delivered_seq)
                    .bind::<BigInt, _>(row.last_read_seq);
            }
            cached(query).execute(c)?;
        }
        Conn::Sqlite(_) => {
            for row in moved {
                let (delivered_seq, read_seq) = (row.last_delivered_seq, row.last_read_seq);
                put(conn, row.room, Receipt { user: row.user, delivered_seq, read_seq })?;
            }
        }
    }
    log::append(conn, &entries)
}
