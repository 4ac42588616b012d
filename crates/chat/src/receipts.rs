//! Receipts: how far each member of a room has received and read it.

use domain::event::Origin;
use domain::id::{MessageId, RoomId};
use domain::message::MessageRef;
use domain::receipt::{MessageReceipts, RoomReceipt};
use persistence::receipts::NewReceipt;
use persistence::viewer::NOBODY;
use persistence::{groups, receipts};

use crate::accounts::AuthUser;
use crate::context::Chat;
use crate::error::Error;
use crate::receipt_writer::Advanced;
use crate::{hidden, membership, room_settings};

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

/// Moves one's receipt in a room forward; it never moves back. A room that is read is no longer marked unread.
pub async fn advance(
    chat: &Chat,
    me: &AuthUser,
    update: ReceiptUpdate,
    origin: Option<Origin>,
) -> Result<RoomReceipt, Error> {
    let ReceiptUpdate { room, kind, upto } = update;
    let read = kind == ReceiptKind::Read;
    let advanced = chat.receipts.write(NewReceipt { room, user: me.id, upto, read }, origin).await?;
    let Advanced { receipt, marked_unread } = advanced;
    if read && marked_unread {
        room_settings::unmark(chat, me, room).await?;
    }
    Ok(receipt)
}

/// Returns who has received and read a message, other than its sender.
pub async fn of_message(chat: &Chat, me: &AuthUser, message: MessageRef) -> Result<MessageReceipts, Error> {
    let (viewer, MessageRef { room, message: id }) = (chat.viewer(me.id), message);
    let read = chat.db.read(move |conn| {
        let member = membership::find(conn, viewer, room)?;
        let message = hidden::load(conn, &member, id)?;
        let members = groups::participants(conn, &member, NOBODY, i64::MAX)?;
        Ok(MessageReceipts::of(members, &receipts::of_room(conn, &member)?, message.sender, message.seq))
    });
    read.await
}
