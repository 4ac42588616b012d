//! Receipts: how far each member of a room has received and read it.

use std::collections::HashSet;

use domain::event::{Logged, Origin};
use domain::event_table::LogEntry;
use domain::id::{MessageId, RoomId, UserId};
use domain::message::MessageSeq;
use domain::receipt::RoomReceipt;
use persistence::error::Error as Stored;
use persistence::{Conn, hidden, messages, receipts, rooms};

use crate::accounts::AuthUser;
use crate::context::Chat;
use crate::error::{Error, Resource};
use crate::events::receipt_moved;
use crate::log::record;

/// What happened to messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiptKind {
    /// They reached a device.
    Delivered,
    /// They were read, and so reached a device, too.
    Read,
}

/// Messages that a member has got.
#[derive(Debug, Clone, Copy)]
pub struct ReceiptUpdate {
    /// The room.
    pub room: RoomId,
    /// What happened to them.
    pub kind: ReceiptKind,
    /// The last of them; the newest if none is named.
    pub upto: Option<MessageId>,
}

/// Moves one's receipt in a room forward; it never moves back.
pub async fn advance(
    chat: &Chat,
    me: &AuthUser,
    update: ReceiptUpdate,
    origin: Option<Origin>,
) -> Result<RoomReceipt, Error> {
    let (id, ReceiptUpdate { room, kind, upto }) = (me.id, update);
    let moved = chat.db.transaction(move |conn| {
        let mut own = rooms::member(conn, room, id).map_err(|e| Error::or_not_found(e, Resource::Room))?;
        let seq = match upto {
            Some(message) => messages::seq_of(conn, room, message)
                .map_err(|e| Error::or_not_found(e, Resource::Message))?,
            None => rooms::last_seq(conn, room)?,
        };
        let seq =
            if kind == ReceiptKind::Read { past_hidden(conn, id, MessageSeq { room, seq })? } else { seq };
        let changed = own.advance(seq, if kind == ReceiptKind::Read { seq } else { 0 });
        let receipt = receipts::receipt(conn, room, own)?;
        if !changed {
            return Ok::<_, Error>((receipt, None));
        }
        receipts::put(conn, room, own)?;
        let members = receipts::of_room(conn, room)?;
        Ok((receipt, Some((members, record(conn, &[LogEntry::ReceiptMoved { room, user: id }])?))))
    });
    let (receipt, moved) = moved.await?;
    if let Some((members, rows)) = moved {
        chat.writer.members().read(room, id, receipt.last_read_seq);
        let events = receipt_moved(&receipt, members.into_iter().map(|member| member.user).collect());
        let logged =
            rows.first().map(|row| Logged { position: row.position, entry: row.entry, events, origin });
        chat.live.publish(logged.into_iter().collect());
    }
    Ok(receipt)
}

/// Returns the last of the messages right after `message` that the reader has hidden, since nothing of them is to be read.
fn past_hidden(conn: &mut Conn, reader: UserId, message: MessageSeq) -> Result<i64, Stored> {
    let hidden = hidden::unread(conn, &[message.room.bytes()], Some(reader))?;
    let hidden: HashSet<i64> = hidden.iter().map(|hidden| hidden.message.seq).collect();
    let mut last = message.seq;
    while hidden.contains(&(last + 1)) {
        last += 1;
    }
    Ok(last)
}
