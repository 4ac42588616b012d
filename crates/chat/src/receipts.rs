//! Receipts: how far each member of a room has received and read it.

use domain::event::Origin;
use domain::id::{MessageId, RoomId};
use domain::message::{MessageRef, MessageSeq};
use domain::receipt::{MessageReceipts, RoomReceipt};
use persistence::receipts::NewReceipt;
use persistence::viewer::NOBODY;
use persistence::{groups, messages, receipts, rooms};

use crate::accounts::AuthUser;
use crate::context::Chat;
use crate::error::{Error, Resource};
use crate::hidden::still_there;
use crate::receipt_writer::Advanced;
use crate::room_settings;

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
    let user = viewer.user;
    let read = chat.db.read(move |conn| {
        rooms::member(conn, room, user).map_err(|e| Error::or_not_found(e, Resource::Room))?;
        let seq = messages::seq_of(conn, room, id).map_err(|e| Error::or_not_found(e, Resource::Message))?;
        let at = MessageSeq { room, seq };
        still_there(conn, viewer, at)?;
        let found = messages::at(conn, viewer, &[at])?.pop().ok_or(Error::NotFound(Resource::Message))?;
        let members = groups::participants(conn, room, NOBODY, i64::MAX)?;
        Ok(MessageReceipts::of(members, &receipts::of_room(conn, room, Some(user))?, found.sender, seq))
    });
    read.await
}
