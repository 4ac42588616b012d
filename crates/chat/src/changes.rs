//! Changes as events: told after the commit, and told again to whoever has missed them, out of the log.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use domain::change::{Change, Cursor, Kind, Scope};
use domain::event::{Entry, Event, Listener, Origin};
use domain::id::{RoomId, UserId};
use domain::message::Message;
use domain::receipt::Marks;
use persistence::Conn;
use persistence::error::Error as Stored;
use persistence::hidden::{self, Hidden};
use persistence::messages::seen_by;
use persistence::{friends, log, messages, receipts, rooms, users};

use crate::accounts::Me;
use crate::context::Chat;
use crate::error::Error;
use crate::presence;

/// How many changes are read at once to be told again.
const PAGE: i64 = 500;

/// Tells of changes that were just committed, the first at place `first`, as the database has them now.
///
/// When that cannot be read now, they are told a moment later by whoever finds them missing.
pub(crate) async fn announce(chat: &Chat, first: i64, changes: Vec<Change>, origin: Option<Origin>) {
    let read = chat.db.read(move |conn| {
        let events = events(conn, &changes, None)?;
        Ok::<_, Stored>(
            changes.into_iter().zip(events).map(|(change, event)| (change.scope, event)).collect(),
        )
    });
    match read.await {
        Ok::<Vec<_>, _>(told) => {
            let entry = |(scope, event): (Scope, Option<Event>)| Entry {
                scope,
                event: event.map(|event| shown(chat, event)),
                origin,
            };
            chat.live.publish(first, told.into_iter().map(entry).collect());
        }
        Err(error) => tracing::warn!(%error, "changes are announced later"),
    }
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
    let entry = |(change, event): (&Change, Option<Event>)| Entry {
        scope: change.scope,
        event: event.map(|event| shown(chat, event)),
        origin: None,
    };
    chat.live.tell_again(after + 1, changes.iter().zip(events).map(entry).collect());
    Ok(changes.len())
}

/// Notes that another node has changed something: what is remembered of it here may not be so any more.
pub fn elsewhere(chat: &Chat, scope: Scope) {
    if let Scope::Room(room) = scope {
        chat.listeners.forget(room);
    }
}

/// What a client has missed.
#[derive(Debug)]
pub struct Missed {
    /// The changes in the order of the log, each with its place; nothing where what changed is gone.
    pub events: Vec<(i64, Option<Event>)>,
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
        if since.epoch != head.epoch || since.pos > head.pos {
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
        let Some(since) = since.filter(|since| since.epoch == head.epoch && since.pos <= head.pos) else {
            return Ok(Missed { events: Vec::new(), cursor: head, more: false, reset: true });
        };
        let logged = log::after_for(conn, id, since.pos, limit.saturating_add(1))?;
        let upto = |logged: &&log::Logged| logged.pos <= head.pos;
        let mut logged: Vec<log::Logged> = logged.iter().take_while(upto).copied().collect();
        let more = i64::try_from(logged.len()).is_ok_and(|count| count > limit);
        logged.truncate(usize::try_from(limit).unwrap_or_default());
        let pos = if more { logged.last().map_or(since.pos, |last| last.pos) } else { head.pos };
        let changes: Vec<Change> = logged.iter().map(|logged| logged.change).collect();
        let events = logged.iter().map(|logged| logged.pos).zip(events(conn, &changes, Some(id))?).collect();
        Ok::<_, Stored>(Missed { events, cursor: Cursor { pos, ..head }, more, reset: false })
    });
    let mut missed = read.await?;
    for (_, event) in &mut missed.events {
        *event = event.take().map(|event| shown(chat, event));
    }
    Ok(missed)
}

/// Fills in what only this moment knows: whether a new friend is here.
pub(crate) fn shown(chat: &Chat, event: Event) -> Event {
    match event {
        Event::FriendAccepted { friend, to } => {
            Event::FriendAccepted { friend: presence::show_friend(chat, friend), to }
        }
        other => other,
    }
}

/// Returns what each of these changes tells, as things are now; nothing where what changed is gone.
///
/// With a `viewer` they are the only one told, and see messages with their own marks.
pub(crate) fn events(
    conn: &mut Conn,
    changes: &[Change],
    viewer: Option<UserId>,
) -> Result<Vec<Option<Event>>, Stored> {
    let mut around = Around::load(conn, changes, viewer)?;
    changes.iter().map(|change| around.event(conn, *change)).collect()
}

/// What is loaded at once for many changes: their messages, and the members of their rooms.
struct Around {
    viewer: Option<UserId>,
    messages: HashMap<(RoomId, i64), Message>,
    hidden: HashSet<Hidden>,
    marks: HashMap<RoomId, Vec<Marks>>,
}

impl Around {
    fn load(conn: &mut Conn, changes: &[Change], viewer: Option<UserId>) -> Result<Self, Stored> {
        let mut places: Vec<(RoomId, i64)> = changes.iter().filter_map(|change| place(*change)).collect();
        places.sort_unstable();
        places.dedup();
        let mut of: Vec<RoomId> = changes.iter().filter_map(|change| room(change.scope)).collect();
        of.sort_unstable();
        of.dedup();
        let of: Vec<&[u8]> = of.iter().map(RoomId::bytes).collect();
        let messages = messages::at(conn, viewer, &places)?;
        Ok(Self {
            viewer,
            hidden: hidden::at(conn, &places)?,
            messages: messages.into_iter().map(|message| ((message.room, message.seq), message)).collect(),
            marks: if of.is_empty() { HashMap::new() } else { receipts::of_rooms(conn, &of)? },
        })
    }

    fn event(&mut self, conn: &mut Conn, change: Change) -> Result<Option<Event>, Stored> {
        match change.scope {
            Scope::Room(room) => self.in_room(conn, room, change.kind),
            Scope::User(user) => found(self.for_user(conn, user, change.kind)),
        }
    }

    fn in_room(&self, conn: &mut Conn, room: RoomId, kind: Kind) -> Result<Option<Event>, Stored> {
        let Some(marks) = self.marks.get(&room) else { return Ok(None) };
        if let Kind::MarksMoved(user) = kind {
            let Some(moved) = marks.iter().find(|marks| marks.user == user) else { return Ok(None) };
            let receipt = receipts::receipt(conn, room, *moved)?;
            return Ok(Some(Event::MarksMoved { receipt, to: self.told(marks) }));
        }
        let place = place(Change::in_room(room, kind));
        let Some(message) = place.and_then(|place| self.messages.get(&place)) else { return Ok(None) };
        let (seq, mut to) = (message.seq, self.told(marks));
        to.retain(|user| !self.hidden.contains(&(*user, room, seq)));
        if to.is_empty() {
            return Ok(None);
        }
        let message = Arc::new(match self.viewer {
            Some(viewer) => seen_by(message.clone(), viewer, marks),
            None => message.clone(),
        });
        Ok(match kind {
            Kind::MessageSent(_) => Some(Event::MessageSent { message, to: listeners(marks, &to, seq) }),
            Kind::MessageEdited(_) => Some(Event::MessageEdited { message, to }),
            Kind::MessageUnsent(_) => Some(Event::MessageUnsent { message, to }),
            Kind::MessageReacted(_) => Some(Event::MessageReacted { message, to }),
            _ => None,
        })
    }

    fn for_user(&self, conn: &mut Conn, to: UserId, kind: Kind) -> Result<Option<Event>, Stored> {
        Ok(match kind {
            Kind::MessageHidden(room, seq) => self
                .messages
                .get(&(room, seq))
                .map(|message| Event::MessageHidden { room, message: message.id, seq, to }),
            Kind::RoomCreated(room) => {
                let room = Box::new(rooms::view(conn, to, room)?.listed());
                Some(Event::RoomCreated { room, to })
            }
            Kind::ProfileChanged(user) => {
                Some(Event::ProfileChanged { profile: users::shown(conn, user)?, to })
            }
            Kind::FriendRequested(user) => {
                let profile = users::profile(conn, user)?;
                Some(Event::FriendRequested { friend: friends::as_seen_by(conn, to, profile)?, to })
            }
            Kind::FriendAccepted(user) => {
                let profile = users::profile(conn, user)?;
                Some(Event::FriendAccepted { friend: friends::as_seen_by(conn, to, profile)?, to })
            }
            Kind::FriendRemoved(user) => Some(Event::FriendRemoved { user, to }),
            _ => None,
        })
    }

    fn told(&self, marks: &[Marks]) -> Vec<UserId> {
        self.viewer.map_or_else(|| marks.iter().map(|marks| marks.user).collect(), |viewer| vec![viewer])
    }
}

/// Who hears of the message at `seq`, and how many messages up to it they have not read.
fn listeners(marks: &[Marks], to: &[UserId], seq: i64) -> Vec<Listener> {
    let told = marks.iter().filter(|marks| to.contains(&marks.user));
    told.map(|marks| Listener { user: marks.user, unread: (seq - marks.read).max(0) }).collect()
}

fn room(scope: Scope) -> Option<RoomId> {
    if let Scope::Room(room) = scope { Some(room) } else { None }
}

/// Where the message stands that a change is about, if it is about one.
fn place(change: Change) -> Option<(RoomId, i64)> {
    match (change.scope, change.kind) {
        (
            Scope::Room(room),
            Kind::MessageSent(seq)
            | Kind::MessageEdited(seq)
            | Kind::MessageUnsent(seq)
            | Kind::MessageReacted(seq),
        )
        | (Scope::User(_), Kind::MessageHidden(room, seq)) => Some((room, seq)),
        _ => None,
    }
}

/// What is gone is nothing to tell.
fn found(event: Result<Option<Event>, Stored>) -> Result<Option<Event>, Stored> {
    match event {
        Err(Stored::NotFound) => Ok(None),
        other => other,
    }
}
