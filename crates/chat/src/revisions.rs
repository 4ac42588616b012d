//! Messages that change after they were sent: edited or unsent by their sender.

use domain::event::Origin;
use domain::event_table::LogEntry;
use domain::extras::Mention;
use domain::invalid::Invalid;
use domain::message::{Message, MessageKind, MessageRef};
use domain::revision::{self, EDITS_MAX, Revision};
use domain::text::Body;
use domain::time::Time;
use persistence::members::RoomMember;
use persistence::revisions::LockedMessage;
use persistence::viewer::Viewer;
use persistence::{Conn, revisions};

use crate::accounts::AuthUser;
use crate::blocks::refuse_room;
use crate::context::Chat;
use crate::error::{Error, Refusal, Resource};
use crate::log::{publish, record};
use crate::messages::seen;
use crate::{hidden, membership};

/// The new text of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewText {
    /// The text; none will do under a file only.
    pub text: Option<Body>,
    /// Whom it mentions.
    pub mentions: Vec<Mention>,
}

/// Changes the text of one's own message; of a file it is the text under it, and may be none.
///
/// The same text again changes nothing.
pub async fn edit(
    chat: &Chat,
    me: &AuthUser,
    message: MessageRef,
    text: NewText,
    origin: Option<Origin>,
) -> Result<Message, Error> {
    let (viewer, window) = (chat.viewer(me.id), chat.limits.edit);
    let Viewer { user, now } = viewer;
    let edited = chat.db.transaction(move |conn| {
        let (member, mut locked) = lock_open(conn, viewer, message)?;
        let may = locked.state.edit(user, now, window);
        may.map_err(|why| refused(why, Refusal::TooLateToEdit(window.hours)))?;
        let changed = rewrite(conn, &mut locked, text.text.as_ref(), now)?
            | revisions::set_mentions(conn, &locked, &text.mentions)?;
        let entry = LogEntry::MessageEdited { room: locked.at.room, seq: locked.at.seq };
        let message = seen(conn, &member, locked.at.seq)?;
        Ok::<_, Error>((message, record(conn, changed.then_some(entry).as_slice())?))
    });
    let (message, rows) = edited.await?;
    publish(chat, rows, origin).await;
    Ok(message)
}

/// Unsends one's own message; one that was unsent before stays as it is.
pub async fn unsend(
    chat: &Chat,
    me: &AuthUser,
    message: MessageRef,
    origin: Option<Origin>,
) -> Result<Message, Error> {
    let (viewer, window) = (chat.viewer(me.id), chat.limits.unsend);
    let Viewer { user, now } = viewer;
    let unsent = chat.db.transaction(move |conn| {
        let (member, locked) = lock(conn, viewer, message)?;
        let may = locked.state.unsend(user, now, window);
        let changes = may.map_err(|why| refused(why, Refusal::TooLateToUnsend(window.hours)))?;
        if changes {
            revisions::unsend(conn, &locked, now)?;
        }
        let entry = LogEntry::MessageUnsent { room: locked.at.room, seq: locked.at.seq };
        let message = seen(conn, &member, locked.at.seq)?;
        Ok::<_, Error>((message, record(conn, changes.then_some(entry).as_slice())?))
    });
    let (message, rows) = unsent.await?;
    publish(chat, rows, origin).await;
    Ok(message)
}

/// Returns the revisions of a message, the oldest first and the present one last; none of one that was unsent.
pub async fn list(chat: &Chat, me: &AuthUser, message: MessageRef) -> Result<Vec<Revision>, Error> {
    let (viewer, MessageRef { room, message: id }) = (chat.viewer(me.id), message);
    chat.db
        .read(move |conn| {
            let member = membership::find(conn, viewer, room)?;
            hidden::find(conn, &member, id)?;
            Ok(revisions::list(conn, &member, id)?)
        })
        .await
}

/// Locks a message of a room that the user is in; replies to it that are sent meanwhile wait.
pub(crate) fn lock(
    conn: &mut Conn,
    viewer: Viewer,
    message: MessageRef,
) -> Result<(RoomMember, LockedMessage), Error> {
    let member = membership::find(conn, viewer, message.room)?;
    let locked = revisions::lock_with_room(conn, &member, message.message);
    let locked = locked.map_err(|e| Error::or_not_found(e, Resource::Message))?;
    hidden::still_there(conn, &member, locked.at.seq)?;
    Ok((member, locked))
}

/// Locks a message as [`lock`] does, and refuses it in a room where one of the two members blocks the other.
pub(crate) fn lock_open(
    conn: &mut Conn,
    viewer: Viewer,
    message: MessageRef,
) -> Result<(RoomMember, LockedMessage), Error> {
    let (member, locked) = lock(conn, viewer, message)?;
    refuse_room(conn, &member)?;
    Ok((member, locked))
}

/// Returns whether anything changed.
fn rewrite(
    conn: &mut Conn,
    locked: &mut LockedMessage,
    text: Option<&Body>,
    now: Time,
) -> Result<bool, Error> {
    // Each revision is later than the one before it, whatever the clock says.
    let written_at = now.max(locked.revision.written_at.next());
    let revision = match (locked.kind, text) {
        (MessageKind::Text, None) => {
            return Err(Error::Invalid { field: "content", reason: Invalid::TooShort(1) });
        }
        (MessageKind::Text, Some(text)) => {
            Revision { content: text.as_str().to_owned(), caption: None, written_at }
        }
        (_, text) => {
            let caption = text.map(|text| text.as_str().to_owned());
            Revision { caption, written_at, ..locked.revision.clone() }
        }
    };
    if (&revision.content, &revision.caption) == (&locked.revision.content, &locked.revision.caption) {
        return Ok(false);
    }
    if revisions::edit_count(conn, locked)? >= EDITS_MAX {
        return Err(Error::Refused(Refusal::TooManyEdits(EDITS_MAX)));
    }
    revisions::edit(conn, locked, &revision)?;
    Ok(true)
}

fn refused(why: revision::RevisionRefusal, too_late: Refusal) -> Error {
    match why {
        revision::RevisionRefusal::System => Error::Refused(Refusal::SystemMessage),
        revision::RevisionRefusal::NotYours => Error::Forbidden,
        revision::RevisionRefusal::Unsent => Error::Refused(Refusal::Unsent),
        revision::RevisionRefusal::TooLate => Error::Refused(too_late),
    }
}
