//! Deleting a message for oneself: it is removed from one's own view alone.

use domain::event::Origin;
use domain::event_table::LogEntry;
use domain::message::{MessageRef, MessageSeq};
use persistence::hidden::{self, HiddenMessage};
use persistence::{messages, rooms};

use crate::accounts::AuthUser;
use crate::context::Chat;
use crate::error::{Error, Resource};
use crate::log::{publish, record};

/// Deletes a message for oneself, also one that was unsent; returns its `seq`.
pub async fn hide(
    chat: &Chat,
    me: &AuthUser,
    MessageRef { room, message }: MessageRef,
    origin: Option<Origin>,
) -> Result<i64, Error> {
    let user = me.id;
    let hidden = chat.db.transaction(move |conn| {
        rooms::member(conn, room, user).map_err(|e| Error::or_not_found(e, Resource::Room))?;
        let seq =
            messages::seq_of(conn, room, message).map_err(|e| Error::or_not_found(e, Resource::Message))?;
        let message = MessageSeq { room, seq };
        let hidden = hidden::hide(conn, HiddenMessage { user, message })?;
        let entry = LogEntry::MessageHidden { to: user, message };
        Ok::<_, Error>((seq, record(conn, hidden.then_some(entry).as_slice())?))
    });
    let (seq, rows) = hidden.await?;
    if !rows.is_empty() {
        chat.writer.members().forget(room);
    }
    publish(chat, rows, origin).await;
    Ok(seq)
}
