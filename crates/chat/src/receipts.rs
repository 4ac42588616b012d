//! Receipts: how far each member of a room has received and read it.

use domain::event::{LogEntry, Logged, Origin};
use domain::id::{MessageId, RoomId};
use domain::receipt::Receipt;
use persistence::{messages, receipts, rooms};

use crate::accounts::AuthUser;
use crate::context::Chat;
use crate::error::{Error, Resource};
use crate::events::receipt_moved;
use crate::log::record;

/// Which mark to move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Messages reached a device.
    Delivered,
    /// Messages were read; then they were received, too.
    Read,
}

/// Marks everything up to a message, or up to the newest; a mark never moves back.
pub async fn mark(
    chat: &Chat,
    me: &AuthUser,
    (mark, room): (Mark, RoomId),
    upto: Option<MessageId>,
    origin: Option<Origin>,
) -> Result<Receipt, Error> {
    let id = me.id;
    let moved = chat.db.transaction(move |conn| {
        let mut marks = rooms::member(conn, room, id).map_err(|e| Error::or_not_found(e, Resource::Room))?;
        let seq = match upto {
            Some(message) => messages::seq_of(conn, room, message)
                .map_err(|e| Error::or_not_found(e, Resource::Message))?,
            None => rooms::last_seq(conn, room)?,
        };
        let changed = marks.advance(seq, if mark == Mark::Read { seq } else { 0 });
        let receipt = receipts::receipt(conn, room, marks)?;
        if !changed {
            return Ok::<_, Error>((receipt, None));
        }
        receipts::put(conn, room, marks)?;
        let members = receipts::of_room(conn, room)?;
        Ok((receipt, Some((members, record(conn, &[LogEntry::ReceiptMoved { room, user: id }])?))))
    });
    let (receipt, moved) = moved.await?;
    if let Some((members, rows)) = moved {
        chat.listeners.read(room, id, receipt.last_read_seq);
        let events = receipt_moved(&receipt, members.into_iter().map(|marks| marks.user).collect());
        let logged =
            rows.first().map(|row| Logged { position: row.position, entry: row.entry, events, origin });
        chat.live.publish(logged.into_iter().collect());
    }
    Ok(receipt)
}
