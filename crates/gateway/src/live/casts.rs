//! What is told as frames: encoded once for all who hear the same.

use domain::change::Cursor;
use domain::event::Origin;
use domain::id::{RoomId, UserId};
use realtime::broadcast::Broadcast;
use realtime::frame::Frame;
use realtime::hub::Hubs;
use realtime::topic::{SocketId, Topic};

use super::payload::{NewMessage, Payload, ReceivedMessage, joined, unjoined};
use super::told::Told;

/// Returns what a change of the log at this place sends to whom; the connection that made it is told by its answer.
///
/// The first of what is told is for all whom none of the others names.
pub(crate) fn logged(hubs: &Hubs, at: &Cursor, told: &[Told], origin: Option<Origin>) -> Vec<Broadcast> {
    let Some((first, apart)) = told.split_first() else { return Vec::new() };
    let except_socket = origin.map(|origin| SocketId(origin.0));
    let others: Vec<UserId> = apart.iter().flat_map(Told::audience).collect();
    let mut parts = one(hubs, at, first, (Joined::AllBut(&others), except_socket));
    for told in apart {
        parts.append(&mut one(hubs, at, told, (Joined::Listeners, except_socket)));
    }
    parts
}

/// Which sockets that joined a room hear a message.
#[derive(Clone, Copy)]
enum Joined<'a> {
    /// All but those of these users.
    AllBut(&'a [UserId]),
    /// Those of its listeners.
    Listeners,
}

impl Joined<'_> {
    /// The topics that hear it, those that do not, and whether the sender's own sockets do.
    fn topics(self, room: RoomId, sender: UserId, to: &[(UserId, i64)]) -> (Vec<Topic>, Vec<Topic>, bool) {
        let of = |user: &UserId| Topic::RoomAs(room, *user);
        match self {
            Self::AllBut(users) => {
                (vec![Topic::Room(room)], users.iter().map(of).collect(), !users.contains(&sender))
            }
            Self::Listeners => {
                let own = to.iter().any(|(user, _)| *user == sender);
                (to.iter().map(|(user, _)| of(user)).collect(), Vec::new(), own)
            }
        }
    }
}

fn one(
    hubs: &Hubs,
    at: &Cursor,
    told: &Told,
    (joined_by, except_socket): (Joined<'_>, Option<SocketId>),
) -> Vec<Broadcast> {
    match told {
        Told::Message { room, sender, message, to } => {
            let mut parts = Vec::with_capacity(3);
            if hubs.has_listeners(Topic::Room(*room)) {
                let of = |to, own| part(hubs, at, to, (ReceivedMessage::NAME, &joined(message.get(), own)));
                let own = Topic::RoomAs(*room, *sender);
                let (heard, mut not, own_hears) = joined_by.topics(*room, *sender, to);
                not.push(own);
                parts.push(Broadcast { except: not, ..of(heard, false) });
                parts.extend(own_hears.then(|| of(vec![own], true)));
            }
            for (unread, users) in by_unread(to) {
                let unread = unread.to_string();
                let news = part(hubs, at, users, (NewMessage::NAME, &unjoined(message.get(), &unread)));
                parts.push(Broadcast { except: vec![Topic::Room(*room)], except_socket, ..news });
            }
            parts
        }
        Told::Event { name, payload, to } => {
            let to = to.iter().copied().map(Topic::User).collect();
            vec![Broadcast { except_socket, ..part(hubs, at, to, (name, &[payload.get()])) }]
        }
    }
}

/// Returns what an event that is not in the log sends to whom; it may be lost.
pub(crate) fn fleeting(told: &Told) -> Broadcast {
    let to = told.audience().into_iter().map(Topic::User).collect();
    let payload = told.payload();
    let pieces: Vec<&str> = payload.iter().map(AsRef::as_ref).collect();
    Broadcast { volatile: true, ..Broadcast::new(to, Frame::event(told.name(), &pieces)) }
}

/// An event of the log as a frame: its payload begins with its place, and with `offset` its last argument is the cursor
/// by which connection state recovery goes on. The pieces form a JSON object.
pub(crate) fn placed((name, pieces): (&str, &[&str]), at: &Cursor, offset: bool) -> Frame {
    let pos = at.pos.to_string();
    let (first, rest) = pieces.split_first().unwrap_or((&"{}", &[]));
    let mut all = Vec::with_capacity(rest.len() + 5);
    all.extend([r#"{"pos":"#, &pos, ",", first.strip_prefix('{').unwrap_or(first)]);
    all.extend(rest);
    let cursor = if offset { format!(r#","{at}""#) } else { String::new() };
    all.push(&cursor);
    Frame::event(name, &all)
}

/// One event of the log for these.
fn part(hubs: &Hubs, at: &Cursor, to: Vec<Topic>, event: (&str, &[&str])) -> Broadcast {
    let recoverable = hubs.has_recovering().then(|| placed(event, at, true));
    Broadcast { position: Some(at.pos), recoverable, ..Broadcast::new(to, placed(event, at, false)) }
}

/// Groups listeners by what they have not read, so that those with the same count share one frame.
fn by_unread(to: &[(UserId, i64)]) -> Vec<(i64, Vec<Topic>)> {
    let mut sorted = to.to_vec();
    sorted.sort_unstable_by_key(|(_, unread)| *unread);
    sorted
        .chunk_by(|a, b| a.1 == b.1)
        .filter_map(|group| {
            Some((group.first()?.1, group.iter().map(|(user, _)| Topic::User(*user)).collect()))
        })
        .collect()
}
