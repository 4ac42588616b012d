//! Searching the messages of one's rooms, and keeping their index up with the log.

use std::collections::HashMap;

use domain::id::{MessageId, RoomId};
use domain::message::{Message, MessageSeq};
use domain::search::{Match, Search};
use persistence::search::{self, HitPage};
use persistence::viewer::Viewer;
use persistence::{Conn, log, messages, receipts};

use crate::accounts::AuthUser;
use crate::context::Chat;
use crate::error::Error;
use crate::membership;

/// How many positions of the log are indexed in one transaction.
const INDEXED_AT_ONCE: i64 = 1_024;

/// A message that was searched for.
#[derive(Debug)]
pub struct FoundMessage {
    /// The message.
    pub message: Message,
    /// Where the terms are in it.
    pub matches: Vec<Match>,
}

/// Messages that were searched for, the newest first.
#[derive(Debug)]
pub struct FoundPage {
    /// The messages.
    pub found: Vec<FoundMessage>,
    /// The message after which to go on, if there may be more.
    pub next: Option<MessageId>,
}

/// Searches the messages of a room that the user is in, or of all their rooms.
///
/// Whatever was committed before is found, indexed or not. A page may be short, or empty, and have a next one.
pub async fn messages(
    chat: &Chat,
    me: &AuthUser,
    room: Option<RoomId>,
    search: Search,
) -> Result<FoundPage, Error> {
    let viewer = chat.viewer(me.id);
    let found = chat.db.read(move |conn| {
        let only = room.map(|room| membership::find(conn, viewer, room)).transpose()?;
        let page = search::page(conn, viewer.user, only.as_ref(), &search)?;
        load(conn, viewer, page)
    });
    found.await
}

/// Loads the messages of a page as a member sees them.
fn load(conn: &mut Conn, viewer: Viewer, HitPage { hits, next }: HitPage) -> Result<FoundPage, Error> {
    let at: Vec<MessageSeq> = hits.iter().map(|hit| hit.document.at).collect();
    let mut rooms: Vec<&[u8]> = at.iter().map(|at| at.room.bytes()).collect();
    rooms.sort_unstable();
    rooms.dedup();
    let receipts = receipts::of_rooms(conn, &rooms, Some(viewer.user))?;
    // What was unsent meanwhile, or is gone, has nothing left that could match.
    let loaded = messages::at(conn, viewer, &at)?.into_iter().filter(|message| !message.deleted);
    let mut loaded: HashMap<MessageSeq, Message> = loaded.map(|message| (message.at(), message)).collect();
    let found = hits.into_iter().filter_map(|hit| {
        let message = loaded.remove(&hit.document.at)?;
        let receipts = receipts.get(&message.room).map(Vec::as_slice).unwrap_or_default();
        Some(FoundMessage {
            message: messages::seen_by(message, viewer.user, receipts),
            matches: hit.matches,
        })
    });
    Ok(FoundPage { found: found.collect(), next })
}

/// Indexes the next messages of the log if enough of it is not indexed; returns whether there are more.
pub async fn index(chat: &Chat) -> Result<bool, Error> {
    let enough = chat.limits.search_unindexed.max(1);
    let ends = |conn: &mut Conn| Ok::<_, Error>((search::indexed_to(conn)?, log::head(conn)?.position));
    let (indexed, head) = chat.db.read(ends).await?;
    if head - indexed < enough {
        return Ok(false);
    }
    let left = chat.db.transaction(|conn| Ok::<_, Error>(search::index(conn, INDEXED_AT_ONCE)?));
    Ok(left.await? >= enough)
}
