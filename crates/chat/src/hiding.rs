//! Deleting a message for oneself: it is removed from one's own view alone.

use domain::event::Origin;
use domain::event_table::LogEntry;
use domain::message::MessageRef;
use persistence::{hidden, messages};

use crate::accounts::AuthUser;
use crate::context::Chat;
use crate::error::{Error, Resource};
use crate::log::{publish_room, record};
use crate::membership;

/// Deletes a message for oneself, also one that was unsent; returns its `seq`.
pub async fn hide(
    chat: &Chat,
    me: &AuthUser,
    MessageRef { room, message }: MessageRef,
    origin: Option<Origin>,
) -> Result<i64, Error> {
    let viewer = chat.viewer(me.id);
    let hidden = chat.db.transaction(move |conn| {
        let member = membership::find(conn, viewer, room)?;
        let seq = messages::seq_of(conn, &member, message)
            .map_err(|e| Error::or_not_found(e, Resource::Message))?;
        let hidden = hidden::hide(conn, &member, seq)?;
        let entry = LogEntry::MessageHidden { to: member.user(), message: member.message(seq) };
        Ok::<_, Error>((seq, record(conn, hidden.then_some(entry).as_slice())?))
    });
    let (seq, rows) = hidden.await?;
    publish_room(chat, room, rows, origin).await;
    Ok(seq)
}
