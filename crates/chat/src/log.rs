//! The event log: entries recorded with what they are about, published after the commit, read by clients that missed
//! some.

use std::sync::Arc;

use domain::event::{Logged, MissedEvent, Origin};
use domain::event_table::LogEntry;
use domain::id::{RoomId, UserId};
use domain::log::Cursor;
use live::{Live, Reach};
use persistence::Conn;
use persistence::error::Error as Stored;
use persistence::log::{self, LogRow};
use persistence::viewer::Viewer;

use crate::context::Chat;
use crate::error::Error;
use crate::events::build;

/// How many entries [`after`] returns at most.
const PAGE: i64 = 500;

/// How many entries are made events of at once, where their size is limited.
const SLICE: usize = 32;

/// How much is read of the log at once.
#[derive(Debug, Clone, Copy)]
pub struct PageSize {
    /// The most entries.
    pub entries: i64,
    /// The most bytes of events, unless the first entry alone has more.
    pub bytes: usize,
}

/// Appends entries to the log; the last thing of a transaction, as [`log::append`] says.
pub(crate) fn record(conn: &mut Conn, entries: &[LogEntry]) -> Result<Vec<LogRow>, Stored> {
    let first = log::append(conn, entries)?;
    Ok((first..).zip(entries).map(|(position, entry)| LogRow { position, entry: *entry }).collect())
}

/// Publishes entries that were just committed; the connection that caused them gets of these the messages alone, which
/// the server wrote.
///
/// If the database cannot be read now, they are published by the refill of the gateway, which finds them missing.
pub(crate) async fn publish(chat: &Chat, rows: Vec<LogRow>, origin: Option<Origin>) {
    if rows.is_empty() {
        return;
    }
    match load(chat, rows).await {
        Ok(logged) => {
            let caused = |logged: Logged| {
                let is_message = matches!(logged.entry, LogEntry::MessageSent { .. });
                Logged { origin: origin.filter(|_| !is_message), ..logged }
            };
            chat.live.publish(logged.into_iter().map(caused).collect(), Reach::AllNodes);
        }
        Err(error) => tracing::warn!(%error, "events are published later"),
    }
}

/// Publishes entries, and drops what is cached of their room: who is in it has changed, or what they have to read.
pub(crate) async fn publish_room(chat: &Chat, room: RoomId, rows: Vec<LogRow>, origin: Option<Origin>) {
    if !rows.is_empty() {
        chat.writer.members().forget(room);
    }
    publish(chat, rows, origin).await;
}

async fn load(chat: &Chat, rows: Vec<LogRow>) -> Result<Vec<Logged>, Stored> {
    let (live, now) = (Arc::clone(&chat.live), chat.now());
    chat.db.read(move |conn| build(conn, &live, &rows, (None, now))).await
}

/// Returns the position of the newest entry.
pub async fn head(chat: &Chat) -> Result<Cursor, Error> {
    Ok(chat.db.read(log::head).await?)
}

/// Returns the event of the entry at a position, as a user gets it; nothing if it is not theirs, or not any more.
pub(crate) async fn event_at(
    chat: &Chat,
    user: UserId,
    position: i64,
) -> Result<Option<MissedEvent>, Stored> {
    let (live, now) = (Arc::clone(&chat.live), chat.now());
    let read = chat.db.read(move |conn| {
        let mut rows = log::after_for(conn, user, position - 1, 1)?;
        rows.retain(|row| row.position == position);
        build(conn, &live, &rows, (Some(user), now))
    });
    Ok(read.await?.into_iter().flat_map(MissedEvent::of).next())
}

/// Returns the entries after a position, oldest first, as many as are read at once.
pub async fn after(chat: &Chat, position: i64) -> Result<Vec<Logged>, Error> {
    let (live, now) = (Arc::clone(&chat.live), chat.now());
    let read = chat.db.read(move |conn| {
        let rows = log::after(conn, position, PAGE)?;
        build(conn, &live, &rows, (None, now))
    });
    Ok(read.await?)
}

/// Publishes to the clients of this node what another has committed, or what was read from the log.
///
/// What is cached of the rooms is dropped: they were changed for all their members, or for one who hid a message.
pub fn publish_here(chat: &Chat, logged: Vec<Logged>) {
    for Logged { entry, .. } in &logged {
        if let Some(room) = entry.room() {
            chat.writer.members().forget(room);
        }
    }
    chat.live.publish(logged, Reach::ThisNode);
}

/// Entries that a client has missed.
#[derive(Debug)]
pub struct LogPage {
    /// The entries, oldest first.
    pub logged: Vec<Logged>,
    /// Where to go on from.
    pub cursor: Cursor,
    /// Whether there are more after it.
    pub more: bool,
    /// Whether the cursor was of another history: nothing that the client has can be relied on.
    pub reset: bool,
}

/// Returns whether a user has missed no more than `most` entries since `since`, and can be sent them.
pub async fn within(chat: &Chat, user: UserId, since: &Cursor, most: i64) -> Result<bool, Error> {
    let since = since.clone();
    let read = chat.db.read(move |conn| {
        let head = log::head(conn)?;
        if !since.is_up_to(&head) {
            return Ok(false);
        }
        let rows = log::after_for(conn, user, since.position, most.saturating_add(1))?;
        Ok::<_, Stored>(i64::try_from(rows.len()).is_ok_and(|count| count <= most))
    });
    Ok(read.await?)
}

/// Returns what a user has missed since `since`, oldest first; without a cursor, where to begin.
pub async fn since(
    chat: &Chat,
    user: UserId,
    since: Option<Cursor>,
    size: PageSize,
) -> Result<LogPage, Error> {
    let (live, viewer) = (Arc::clone(&chat.live), chat.viewer(user));
    // It is never closed.
    let _page = chat.pages.acquire().await.ok();
    let read = chat.db.read(move |conn| {
        // Read first: what is committed after it comes with the next cursor.
        let head = log::head(conn)?;
        let Some(since) = since.filter(|since| since.is_up_to(&head)) else {
            return Ok(LogPage { logged: Vec::new(), cursor: head, more: false, reset: true });
        };
        let mut rows = log::after_for(conn, user, since.position, size.entries.saturating_add(1))?;
        rows.retain(|row| row.position <= head.position);
        let found = rows.len();
        rows.truncate(usize::try_from(size.entries).unwrap_or_default());
        let logged = build_within(conn, &live, (&rows, viewer), size.bytes)?;
        let more = logged.len() < found;
        let last = logged.last().map_or(since.position, |logged| logged.position);
        let position = if more { last } else { head.position };
        Ok::<_, Stored>(LogPage { logged, cursor: Cursor { position, ..head }, more, reset: false })
    });
    Ok(read.await?)
}

/// Makes the events of the first entries, as many as fit.
fn build_within(
    conn: &mut Conn,
    live: &Live,
    (rows, viewer): (&[LogRow], Viewer),
    most_bytes: usize,
) -> Result<Vec<Logged>, Stored> {
    let (mut all, mut bytes) = (Vec::with_capacity(rows.len()), 0);
    for rows in rows.chunks(SLICE) {
        for logged in build(conn, live, rows, (Some(viewer.user), viewer.now))? {
            bytes += logged.events.iter().map(|event| event.body.get().len()).sum::<usize>();
            if bytes > most_bytes && !all.is_empty() {
                return Ok(all);
            }
            all.push(logged);
        }
    }
    Ok(all)
}
