//! Events as frames, each encoded once for all sockets that get the same.

use domain::event::{Audience, Event, Logged, Reader};
use domain::event_table::Payload;
use domain::id::{RoomId, UserId};
use domain::log::Cursor;
use domain::payload::{NewMessage, ReceivedMessage};
use realtime::frame::{Broadcast, Frame, SocketId, Topic};
use realtime::hub::Hubs;

/// Returns what an entry of the log sends to which sockets; the socket of the request is answered by an acknowledgement.
pub(crate) fn logged(hubs: &Hubs, epoch: &str, logged: &Logged) -> Vec<Broadcast> {
    let at = Cursor { epoch: epoch.to_owned(), position: logged.position };
    let broadcast = |to: Vec<Topic>, name: &str, pieces: &[&str]| {
        let recoverable = hubs.has_recovering().then(|| at_position(name, pieces, &at, true));
        let frame = at_position(name, pieces, &at, false);
        Broadcast { position: Some(at.position), recoverable, ..Broadcast::new(to, frame) }
    };
    let except_socket = logged.origin.map(|origin| SocketId(origin.0));
    let named: Vec<UserId> = logged.events.iter().skip(1).flat_map(|event| event.audience.users()).collect();
    let mut broadcasts = Vec::with_capacity(3);
    for (index, event) in logged.events.iter().enumerate() {
        let body = event.body.get();
        let Audience::Readers { room, sender, readers } = &event.audience else {
            let to_all = broadcast(topics(&event.audience), &event.name, &[body]);
            broadcasts.push(Broadcast { except_socket, ..to_all });
            continue;
        };
        if hubs.has_subscribers(Topic::Room(*room)) {
            let joined = if index == 0 { Joined::AllBut(&named) } else { Joined::Readers };
            let own = Topic::RoomAs(*room, *sender);
            let form = |to, own| broadcast(to, ReceivedMessage::NAME, &ReceivedMessage::pieces(body, own));
            let (to, mut except, sender_too) = joined.topics(*room, *sender, readers);
            except.push(own);
            broadcasts.push(Broadcast { except, ..form(to, false) });
            broadcasts.extend(sender_too.then(|| form(vec![own], true)));
        }
        for (unread, to) in by_unread(readers) {
            let form = broadcast(to, &event.name, &NewMessage::pieces(body, &unread.to_string()));
            broadcasts.push(Broadcast { except: vec![Topic::Room(*room)], except_socket, ..form });
        }
    }
    broadcasts
}

/// Returns what an event that is not in the log sends; it may be lost.
pub(crate) fn volatile(event: &Event) -> Broadcast {
    let to = topics(&event.audience);
    Broadcast { volatile: true, ..Broadcast::new(to, Frame::event(&event.name, &[&event.payload()])) }
}

/// Returns an event that is not in the log as a frame.
pub fn unlogged<P: Payload>(payload: &P) -> Frame {
    Frame::event(P::NAME, &[&json(payload)])
}

/// Returns `session`, the first event of a client that recovers its connection, with the offset to begin with.
pub fn with_offset<P: Payload>(payload: &P, at: &Cursor) -> Frame {
    Frame::event(P::NAME, &[&json(payload), &offset(at)])
}

/// Serialising our own values cannot fail.
fn json(payload: &impl Payload) -> String {
    serde_json::to_string(payload).unwrap_or_else(|error| {
        tracing::error!(%error, "an event cannot be serialised");
        "{}".to_owned()
    })
}

fn offset(at: &Cursor) -> String {
    format!(r#","{at}""#)
}

/// Returns an event of the log as a frame: its payload, a JSON object in pieces, begins with the position, and for clients
/// that recover their connection a second argument is the cursor by which that goes on.
pub fn at_position(name: &str, pieces: &[&str], at: &Cursor, recoverable: bool) -> Frame {
    let position = at.position.to_string();
    let (first, rest) = pieces.split_first().unwrap_or((&"{}", &[]));
    let mut all = Vec::with_capacity(rest.len() + 5);
    all.extend([r#"{"pos":"#, &position, ",", first.strip_prefix('{').unwrap_or(first)]);
    all.extend(rest);
    let offset = if recoverable { offset(at) } else { String::new() };
    all.push(&offset);
    Frame::event(name, &all)
}

/// The sockets that have joined a room and get one form of a message.
#[derive(Clone, Copy)]
enum Joined<'a> {
    /// All but those of these users.
    AllBut(&'a [UserId]),
    /// Those of its readers.
    Readers,
}

impl Joined<'_> {
    /// Returns the topics that get the form, those that do not, and whether the sender's own sockets do.
    fn topics(self, room: RoomId, sender: UserId, readers: &[Reader]) -> (Vec<Topic>, Vec<Topic>, bool) {
        let of = |user: UserId| Topic::RoomAs(room, user);
        match self {
            Self::AllBut(users) => (
                vec![Topic::Room(room)],
                users.iter().map(|user| of(*user)).collect(),
                !users.contains(&sender),
            ),
            Self::Readers => (
                readers.iter().map(|reader| of(reader.user)).collect(),
                Vec::new(),
                readers.iter().any(|reader| reader.user == sender),
            ),
        }
    }
}

fn topics(audience: &Audience) -> Vec<Topic> {
    audience.users().into_iter().map(Topic::User).collect()
}

/// Groups readers by what they have not read, so that those with the same count share one frame.
fn by_unread(readers: &[Reader]) -> Vec<(i64, Vec<Topic>)> {
    let mut sorted = readers.to_vec();
    sorted.sort_unstable_by_key(|reader| reader.unread);
    sorted
        .chunk_by(|a, b| a.unread == b.unread)
        .filter_map(|group| {
            let topics = group.iter().map(|reader| Topic::User(reader.user)).collect();
            Some((group.first()?.unread, topics))
        })
        .collect()
}
