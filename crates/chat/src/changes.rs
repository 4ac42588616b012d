//! Changes: told after the commit, and told again to whoever has missed them, out of the log.

use domain::change::{Change, Cursor, Scope};
use domain::event::{Entry, Event, Origin};
use persistence::Conn;
use persistence::error::Error as Stored;
use persistence::log;

use crate::accounts::Me;
use crate::context::Chat;
use crate::error::Error;
use crate::presence;

mod events;

pub(crate) use events::events;

/// How many changes are read at once to be told again.
const PAGE: i64 = 500;

/// Changes that stand in the log once their transaction is committed, from place `first` on.
#[derive(Debug)]
pub(crate) struct Recorded {
    first: i64,
    changes: Vec<Change>,
}

/// Appends changes to the log; the last thing of a transaction, as [`log::append`] says.
pub(crate) fn record(conn: &mut Conn, changes: Vec<Change>) -> Result<Recorded, Stored> {
    Ok(Recorded { first: log::append(conn, &changes)?, changes })
}

/// Tells of changes that were just committed, as the database has them now.
///
/// When that cannot be read now, they are told a moment later by whoever finds them missing.
pub(crate) async fn announce(chat: &Chat, recorded: Recorded, origin: Option<Origin>) {
    let Recorded { first, changes } = recorded;
    if changes.is_empty() {
        return;
    }
    let read = chat.db.read(move |conn| {
        let events = events(conn, &changes, None)?;
        Ok::<_, Stored>((changes, events))
    });
    match read.await {
        Ok((changes, events)) => chat.live.publish(first, entries(chat, &changes, events, origin)),
        Err(error) => tracing::warn!(%error, "changes are announced later"),
    }
}

fn entries(chat: &Chat, changes: &[Change], events: Vec<Vec<Event>>, origin: Option<Origin>) -> Vec<Entry> {
    let entry = |(change, events): (&Change, Vec<Event>)| Entry {
        scope: change.scope,
        events: events.into_iter().map(|event| shown(chat, event)).collect(),
        origin,
    };
    changes.iter().zip(events).map(entry).collect()
}

/// Returns the place of the newest change.
pub async fn head(chat: &Chat) -> Result<Cursor, Error> {
    Ok(chat.db.read(log::head).await?)
}

/// Tells of the changes after a place out of the log, as many as are read at once; returns how many they were.
pub async fn tell_again(chat: &Chat, after: i64) -> Result<usize, Error> {
    let read = chat.db.read(move |conn| {
        let logged = log::after(conn, after, PAGE)?;
        let changes: Vec<Change> = logged.iter().map(|logged| logged.change).collect();
        let events = events(conn, &changes, None)?;
        Ok::<_, Stored>((changes, events))
    });
    let (changes, events) = read.await?;
    chat.live.tell_again(after + 1, entries(chat, &changes, events, None));
    Ok(changes.len())
}

/// Notes that another node has changed something: what is remembered of it here may not be so any more.
pub fn elsewhere(chat: &Chat, scope: Scope) {
    if let Scope::Room(room) = scope {
        chat.writer.members().forget(room);
    }
}

/// What a client has missed.
#[derive(Debug)]
pub struct Missed {
    /// What was told in the order of the log, each with its place.
    pub events: Vec<(i64, Event)>,
    /// The place to go on from.
    pub cursor: Cursor,
    /// Whether there is more behind it.
    pub more: bool,
    /// Whether the cursor was of another history: then nothing that the client has can be relied on.
    pub reset: bool,
}

/// Tells whether a user has missed no more than `most` changes since `since`, and can be told of them.
pub async fn within(chat: &Chat, me: &Me, since: &Cursor, most: i64) -> Result<bool, Error> {
    let (id, since) = (me.id, since.clone());
    let read = chat.db.read(move |conn| {
        let head = log::head(conn)?;
        if !since.is_up_to(&head) {
            return Ok(false);
        }
        let logged = log::after_for(conn, id, since.pos, most.saturating_add(1))?;
        Ok::<_, Stored>(i64::try_from(logged.len()).is_ok_and(|count| count <= most))
    });
    Ok(read.await?)
}

/// Returns what a user has missed since `since`, oldest first, at most `limit` changes; without a cursor, where to begin.
pub async fn since(chat: &Chat, me: &Me, since: Option<Cursor>, limit: i64) -> Result<Missed, Error> {
    let id = me.id;
    let read = chat.db.read(move |conn| {
        // Read first: what is committed after it comes with the next cursor.
        let head = log::head(conn)?;
        let Some(since) = since.filter(|since| since.is_up_to(&head)) else {
            return Ok(Missed { events: Vec::new(), cursor: head, more: false, reset: true });
        };
        let logged = log::after_for(conn, id, since.pos, limit.saturating_add(1))?;
        let upto = |logged: &&log::Logged| logged.pos <= head.pos;
        let mut logged: Vec<log::Logged> = logged.iter().take_while(upto).copied().collect();
        let more = i64::try_from(logged.len()).is_ok_and(|count| count > limit);
        logged.truncate(usize::try_from(limit).unwrap_or_default());
        let pos = if more { logged.last().map_or(since.pos, |last| last.pos) } else { head.pos };
        let changes: Vec<Change> = logged.iter().map(|logged| logged.change).collect();
        let told = logged.iter().map(|logged| logged.pos).zip(events(conn, &changes, Some(id))?);
        let events = told.flat_map(|(pos, events)| events.into_iter().map(move |event| (pos, event)));
        Ok::<_, Stored>(Missed {
            events: events.collect(),
            cursor: Cursor { pos, ..head },
            more,
            reset: false,
        })
    });
    let mut missed = read.await?;
    missed.events = missed.events.into_iter().map(|(pos, event)| (pos, shown(chat, event))).collect();
    Ok(missed)
}

/// Fills in what only this moment knows: whether a new friend is here.
fn shown(chat: &Chat, event: Event) -> Event {
    match event {
        Event::FriendAccepted { friend, to } => {
            Event::FriendAccepted { friend: presence::show_friend(chat, friend), to }
        }
        other => other,
    }
}
