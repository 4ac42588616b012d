//! Messages that change after they were sent: edited or unsent by their sender.

use domain::change::{self, Change};
use domain::event::Origin;
use domain::id::{MessageId, RoomId, UserId};
use domain::invalid::Invalid;
use domain::message::{Kind, Message};
use domain::revision::{self, EDITS_MAX, Version};
use domain::text::Body;
use domain::time::Time;
use persistence::revisions::Held;
use persistence::{Conn, hidden, messages, revisions, rooms};

use crate::accounts::Me;
use crate::changes::{announce, record};
use crate::context::Chat;
use crate::error::{Error, Refusal, Thing};
use crate::messages::seen;

/// What a message is to say; nothing will do under a file only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words(pub Option<Body>);

/// Makes a message of one's own say something else; of a file these are the words under it, and may be none.
///
/// The same words again change nothing.
pub async fn edit(
    chat: &Chat,
    me: &Me,
    (room, id): (RoomId, MessageId),
    words: Words,
    origin: Option<Origin>,
) -> Result<Message, Error> {
    let (user, now, window) = (me.id, chat.now(), chat.limits.edit);
    let edited = chat.db.transaction(move |conn| {
        let held = hold(conn, user, (room, id))?;
        let may = held.standing.edit(user, now, window);
        may.map_err(|why| refused(why, Refusal::TooLateToEdit(window.hours)))?;
        let told = rewrite(conn, &held, words.0.as_ref(), now)?;
        Ok::<_, Error>((seen(conn, user, (room, held.seq))?, record(conn, told)?))
    });
    let (message, told) = edited.await?;
    announce(chat, told, origin).await;
    Ok(message)
}

/// Takes a message of one's own back from everybody; of one that was taken back nothing changes.
pub async fn unsend(
    chat: &Chat,
    me: &Me,
    (room, id): (RoomId, MessageId),
    origin: Option<Origin>,
) -> Result<Message, Error> {
    let (user, now, window) = (me.id, chat.now(), chat.limits.unsend);
    let unsent = chat.db.transaction(move |conn| {
        let held = hold(conn, user, (room, id))?;
        let may = held.standing.unsend(user, now, window);
        let mut told = Vec::new();
        if may.map_err(|why| refused(why, Refusal::TooLateToUnsend(window.hours)))? {
            revisions::erase(conn, &held, now)?;
            told.push(Change::in_room(room, change::Kind::MessageUnsent(held.seq)));
        }
        Ok::<_, Error>((seen(conn, user, (room, held.seq))?, record(conn, told)?))
    });
    let (message, told) = unsent.await?;
    announce(chat, told, origin).await;
    Ok(message)
}

/// Returns what a message said and says, the oldest first; nothing of one that was unsent.
pub async fn versions(chat: &Chat, me: &Me, (room, id): (RoomId, MessageId)) -> Result<Vec<Version>, Error> {
    let user = me.id;
    chat.db
        .read(move |conn| {
            rooms::member(conn, room, user).map_err(|e| Error::or_not_found(e, Thing::Room))?;
            let seq = messages::seq_of(conn, room, id).map_err(|e| Error::or_not_found(e, Thing::Message))?;
            still_there(conn, user, (room, seq))?;
            Ok(revisions::versions(conn, room, id)?)
        })
        .await
}

/// Locks a message of a room that the user is in, together with whoever answers it.
fn hold(conn: &mut Conn, user: UserId, (room, id): (RoomId, MessageId)) -> Result<Held, Error> {
    rooms::member(conn, room, user).map_err(|e| Error::or_not_found(e, Thing::Room))?;
    let held = revisions::hold_to_change(conn, room, id);
    let held = held.map_err(|e| Error::or_not_found(e, Thing::Message))?;
    still_there(conn, user, (room, held.seq))?;
    Ok(held)
}

/// Refuses what the user has deleted for themselves: it is no longer there for them.
pub(crate) fn still_there(conn: &mut Conn, user: UserId, (room, seq): (RoomId, i64)) -> Result<(), Error> {
    if hidden::is(conn, (user, room, seq))? { Err(Error::NotFound(Thing::Message)) } else { Ok(()) }
}

fn rewrite(conn: &mut Conn, held: &Held, words: Option<&Body>, now: Time) -> Result<Vec<Change>, Error> {
    // Each version is later than the one before it, whatever the clock says.
    let written_at = now.max(held.says.written_at.next());
    let says = match (held.kind, words) {
        (Kind::Text, None) => {
            return Err(Error::Invalid { field: "content", reason: Invalid::TooShort(1) });
        }
        (Kind::Text, Some(words)) => {
            Version { content: words.as_str().to_owned(), caption: None, written_at }
        }
        (_, words) => {
            let caption = words.map(|words| words.as_str().to_owned());
            Version { caption, written_at, ..held.says.clone() }
        }
    };
    if (&says.content, &says.caption) == (&held.says.content, &held.says.caption) {
        return Ok(Vec::new());
    }
    if revisions::edits(conn, held)? >= EDITS_MAX {
        return Err(Error::Refused(Refusal::TooManyEdits(EDITS_MAX)));
    }
    revisions::rewrite(conn, held, &says)?;
    Ok(vec![Change::in_room(held.room, change::Kind::MessageEdited(held.seq))])
}

fn refused(why: revision::Refusal, too_late: Refusal) -> Error {
    match why {
        revision::Refusal::NotYours => Error::Forbidden,
        revision::Refusal::Unsent => Error::Refused(Refusal::Unsent),
        revision::Refusal::TooLate => Error::Refused(too_late),
    }
}
