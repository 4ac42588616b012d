//! Receipts: how far each member of a room has received and read it.

use domain::change::{self, Change, Scope};
use domain::event::{Entry, Event, Origin};
use domain::id::{MessageId, RoomId};
use domain::receipt::Receipt;
use persistence::{log, messages, receipts, rooms};

use crate::accounts::Me;
use crate::context::Chat;
use crate::error::{Error, Thing};

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
    me: &Me,
    (mark, room): (Mark, RoomId),
    upto: Option<MessageId>,
    origin: Option<Origin>,
) -> Result<Receipt, Error> {
    let id = me.id;
    let moved = chat.db.transaction(move |conn| {
        let mut marks = rooms::member(conn, room, id).map_err(|e| Error::or_not_found(e, Thing::Room))?;
        let seq = match upto {
            Some(message) => {
                messages::seq_of(conn, room, message).map_err(|e| Error::or_not_found(e, Thing::Message))?
            }
            None => rooms::last_seq(conn, room)?,
        };
        let changed = marks.advance(seq, if mark == Mark::Read { seq } else { 0 });
        let receipt = receipts::receipt(conn, room, marks)?;
        if !changed {
            return Ok::<_, Error>((receipt, None));
        }
        receipts::put(conn, room, marks)?;
        let members = receipts::of_room(conn, room)?;
        let first = log::append(conn, &[Change::in_room(room, change::Kind::MarksMoved(id))])?;
        Ok((receipt, Some((first, members))))
    });
    let (receipt, moved) = moved.await?;
    if let Some((first, members)) = moved {
        chat.writer.members().read(room, id, receipt.last_read_seq);
        let to = members.into_iter().map(|marks| marks.user).collect();
        let events = vec![Event::MarksMoved { receipt, to }];
        chat.live.publish(first, vec![Entry { scope: Scope::Room(room), events, origin }]);
    }
    Ok(receipt)
}
