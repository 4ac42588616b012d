//! What changes tell, and to whom, as things are now.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use domain::change::{Change, Kind, Scope};
use domain::event::{Event, Listener};
use domain::id::{RoomId, UserId};
use domain::message::{Message, MessageSeq};
use domain::receipt::{Marks, Receipt};
use persistence::Conn;
use persistence::error::Error as Stored;
use persistence::hidden::{self, HiddenMessage};
use persistence::messages::seen_by;
use persistence::{friends, messages, receipts, room_views, users};

/// Returns what each of these changes tells, the first to everybody whom no later one names; nothing where what changed
/// is gone.
///
/// With a `viewer` they are the only one told, and see messages with their own marks.
pub(crate) fn events(
    conn: &mut Conn,
    changes: &[Change],
    viewer: Option<UserId>,
) -> Result<Vec<Vec<Event>>, Stored> {
    let around = Around::load(conn, changes, viewer)?;
    changes.iter().map(|change| around.events(conn, *change)).collect()
}

/// What is loaded at once for many changes: their messages, from whom these are hidden, and the members of their rooms.
struct Around {
    viewer: Option<UserId>,
    messages: HashMap<MessageSeq, Message>,
    hidden: HashSet<HiddenMessage>,
    marks: HashMap<RoomId, Vec<Marks>>,
    /// The marks that moved, as members are told of them: once for each member, however often they moved.
    receipts: HashMap<(RoomId, UserId), Receipt>,
}

impl Around {
    fn load(conn: &mut Conn, changes: &[Change], viewer: Option<UserId>) -> Result<Self, Stored> {
        let places = distinct(changes.iter().filter_map(|change| place(*change)));
        let of = distinct(changes.iter().filter_map(|change| room(change.scope)));
        let of: Vec<&[u8]> = of.iter().map(RoomId::bytes).collect();
        let messages = messages::at(conn, viewer, &places)?;
        let quotes = messages.iter().filter_map(|message| {
            Some(MessageSeq { room: message.room, seq: message.reply_to.as_ref()?.seq })
        });
        let looked_at = distinct(places.iter().copied().chain(quotes));
        let marks = if of.is_empty() { HashMap::new() } else { receipts::of_rooms(conn, &of)? };
        let moved = distinct(changes.iter().filter_map(|change| mark(*change)));
        Ok(Self {
            viewer,
            hidden: hidden::at(conn, &looked_at)?,
            receipts: receipts_of(conn, &marks, &moved)?,
            messages: messages.into_iter().map(|message| (message.at(), message)).collect(),
            marks,
        })
    }

    fn events(&self, conn: &mut Conn, change: Change) -> Result<Vec<Event>, Stored> {
        match change.scope {
            Scope::Room(room) => Ok(self.in_room(room, change.kind)),
            Scope::User(user) => match self.for_user(conn, user, change.kind) {
                // What is gone is nothing to tell.
                Err(Stored::NotFound) => Ok(Vec::new()),
                event => Ok(event?.into_iter().collect()),
            },
        }
    }

    fn in_room(&self, room: RoomId, kind: Kind) -> Vec<Event> {
        let Some(marks) = self.marks.get(&room) else { return Vec::new() };
        let to: Vec<UserId> =
            self.viewer.map_or_else(|| marks.iter().map(|marks| marks.user).collect(), |viewer| vec![viewer]);
        if let Kind::MarksMoved(user) = kind {
            let receipt = self.receipts.get(&(room, user));
            return receipt.map(|receipt| Event::MarksMoved { receipt: *receipt, to }).into_iter().collect();
        }
        let place = place(Change::in_room(room, kind));
        let Some(message) = place.and_then(|place| self.messages.get(&place)) else { return Vec::new() };
        let message = match self.viewer {
            Some(viewer) => seen_by(message.clone(), viewer, marks),
            None => message.clone(),
        };
        self.seen(message, to).filter_map(|(message, to)| about(kind, message, to, marks)).collect()
    }

    /// How a message looks to whom: whole, without the words that it answers, or as an empty place.
    fn seen(&self, message: Message, to: Vec<UserId>) -> impl Iterator<Item = (Seen, Vec<UserId>)> {
        let room = message.room;
        let hides = |seq: i64| {
            move |user: &UserId| {
                self.hidden.contains(&HiddenMessage { user: *user, message: MessageSeq { room, seq } })
            }
        };
        let (gone, to): (Vec<_>, Vec<_>) = to.into_iter().partition(hides(message.seq));
        let quoted = message.reply_to.as_ref().map(|quote| quote.seq);
        let (apart, to): (Vec<_>, Vec<_>) =
            to.into_iter().partition(|user| quoted.is_some_and(|seq| hides(seq)(user)));
        let forms = [
            (Seen::Whole(message.clone()), to),
            (Seen::Whole(message.clone().without_quote()), apart),
            (Seen::Place(message.without_words()), gone),
        ];
        forms.into_iter().filter(|(_, to)| !to.is_empty())
    }

    fn for_user(&self, conn: &mut Conn, to: UserId, kind: Kind) -> Result<Option<Event>, Stored> {
        Ok(match kind {
            Kind::MessageHidden(room, seq) => self
                .messages
                .get(&MessageSeq { room, seq })
                .map(|message| Event::MessageHidden { room, message: message.id, seq, to }),
            Kind::RoomCreated(room) => {
                let room = Box::new(room_views::view(conn, to, room)?.listed());
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
}

/// How a message looks to somebody.
enum Seen {
    Whole(Message),
    /// They have deleted it for themselves: that it is there counts, and nothing else.
    Place(Message),
}

fn about(kind: Kind, message: Seen, to: Vec<UserId>, marks: &[Marks]) -> Option<Event> {
    let message = match (message, kind) {
        (Seen::Whole(message), _) | (Seen::Place(message), Kind::MessageSent(_)) => Arc::new(message),
        (Seen::Place(_), _) => return None,
    };
    Some(match kind {
        Kind::MessageSent(seq) => Event::MessageSent { message, to: listeners(marks, &to, seq) },
        Kind::MessageEdited(_) => Event::MessageEdited { message, to },
        Kind::MessageUnsent(_) => Event::MessageUnsent { message, to },
        Kind::MessageReacted(_) => Event::MessageReacted { message, to },
        _ => return None,
    })
}

/// Who hears of the message at `seq`, and how many messages up to it they have not read.
fn listeners(marks: &[Marks], to: &[UserId], seq: i64) -> Vec<Listener> {
    let told = marks.iter().filter(|marks| to.contains(&marks.user));
    told.map(|marks| Listener { user: marks.user, unread: (seq - marks.read).max(0) }).collect()
}

fn receipts_of(
    conn: &mut Conn,
    marks: &HashMap<RoomId, Vec<Marks>>,
    moved: &[(RoomId, UserId)],
) -> Result<HashMap<(RoomId, UserId), Receipt>, Stored> {
    let there = |(room, user): &(RoomId, UserId)| {
        let marks = marks.get(room)?.iter().find(|marks| marks.user == *user)?;
        Some((*room, *marks))
    };
    let receipt =
        |(room, marks): (RoomId, Marks)| Ok(((room, marks.user), receipts::receipt(conn, room, marks)?));
    moved.iter().filter_map(there).map(receipt).collect()
}

/// Whose marks moved, if a change is about marks.
fn mark(change: Change) -> Option<(RoomId, UserId)> {
    match (change.scope, change.kind) {
        (Scope::Room(room), Kind::MarksMoved(user)) => Some((room, user)),
        _ => None,
    }
}

fn room(scope: Scope) -> Option<RoomId> {
    if let Scope::Room(room) = scope { Some(room) } else { None }
}

/// Where the message stands that a change is about, if it is about one.
fn place(change: Change) -> Option<MessageSeq> {
    match (change.scope, change.kind) {
        (
            Scope::Room(room),
            Kind::MessageSent(seq)
            | Kind::MessageEdited(seq)
            | Kind::MessageUnsent(seq)
            | Kind::MessageReacted(seq),
        )
        | (Scope::User(_), Kind::MessageHidden(room, seq)) => Some(MessageSeq { room, seq }),
        _ => None,
    }
}

fn distinct<T: Ord>(values: impl Iterator<Item = T>) -> Vec<T> {
    let mut values: Vec<T> = values.collect();
    values.sort_unstable();
    values.dedup();
    values
}
