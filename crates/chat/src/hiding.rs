//! Deleting a message for oneself: it is gone from one's own view, and nobody else notices.

use domain::change::{self, Change};
use domain::event::Origin;
use domain::id::{MessageId, RoomId};
use domain::message::MessageSeq;
use persistence::hidden::{self, HiddenMessage};
use persistence::{messages, rooms};

use crate::accounts::Me;
use crate::changes::{announce, record};
use crate::context::Chat;
use crate::error::{Error, Thing};

/// Deletes a message for oneself, also one that was unsent; returns its place in the room.
pub async fn hide(
    chat: &Chat,
    me: &Me,
    (room, id): (RoomId, MessageId),
    origin: Option<Origin>,
) -> Result<i64, Error> {
    let user = me.id;
    let hidden = chat.db.transaction(move |conn| {
        rooms::member(conn, room, user).map_err(|e| Error::or_not_found(e, Thing::Room))?;
        let seq = messages::seq_of(conn, room, id).map_err(|e| Error::or_not_found(e, Thing::Message))?;
        let mut told = Vec::new();
        if hidden::hide(conn, HiddenMessage { user, message: MessageSeq { room, seq } })? {
            told.push(Change::for_user(user, change::Kind::MessageHidden(room, seq)));
        }
        Ok::<_, Error>((seq, record(conn, told)?))
    });
    let (seq, told) = hidden.await?;
    announce(chat, told, origin).await;
    Ok(seq)
}
