//! Events as frames: encoded once for all who hear the same.

use domain::change::Cursor;
use domain::event::{Entry, Event, Listener, Origin};
use domain::message::Message;
use realtime::cast::Part;
use realtime::frame::Frame;
use realtime::hub::Hubs;
use realtime::topic::{SocketId, Topic};

use super::told::{audience, placed, seeds, text, told};

/// Returns what a change of the log at this place sends to whom.
pub(crate) fn logged(hubs: &Hubs, at: &Cursor, entry: &Entry) -> Vec<Part> {
    match &entry.event {
        Some(Event::MessageSent { message, to }) => {
            message_parts(hubs, at, message, to, entry.origin).unwrap_or_default()
        }
        Some(event) => {
            let except_socket =
                entry.origin.filter(|_| matches!(event, Event::MarksMoved { .. })).map(socket);
            let part = told(event).map(|told| {
                let users = audience(event).into_iter().map(Topic::User).collect();
                Part { except_socket, ..part(hubs, at, users, (told.name, &[&told.payload])) }
            });
            part.into_iter().collect()
        }
        None => Vec::new(),
    }
}

/// Returns what an event that is not in the log sends to whom; it may be lost.
pub(crate) fn fleeting(event: &Event) -> Option<Part> {
    let told = told(event)?;
    let users = audience(event).into_iter().map(Topic::User).collect();
    Some(Part { volatile: true, ..Part::new(users, Frame::event(told.name, &[&told.payload])) })
}

/// One event of the log for these; the pieces form its payload.
fn part(hubs: &Hubs, at: &Cursor, to: Vec<Topic>, (name, pieces): (&str, &[&str])) -> Part {
    let recoverable = hubs.has_recovering().then(|| placed((name, pieces), at, true));
    Part { place: Some(at.pos), recoverable, ..Part::new(to, placed((name, pieces), at, false)) }
}

/// A message: `receive_message` for the sockets that joined its room, `new_message` for all others of its members.
fn message_parts(
    hubs: &Hubs,
    at: &Cursor,
    message: &Message,
    to: &[Listener],
    origin: Option<Origin>,
) -> Option<Vec<Part>> {
    let text = text(message)?;
    let mut parts = Vec::with_capacity(3);
    let room = Topic::Room(message.room);
    if hubs.has_listeners(room) {
        let own = Topic::RoomAs(message.room, message.sender);
        let of = |to, viewer| part(hubs, at, vec![to], ("receive_message", &seeds(&text, viewer)));
        parts.push(Part { except: vec![own], ..of(room, false) });
        parts.push(of(own, true));
    }
    for (unread, users) in by_unread(to) {
        let unread = unread.to_string();
        let pieces = [r#"{"message":"#, &text, r#","unread_count":"#, &unread, "}"];
        parts.push(Part {
            except: vec![room],
            except_socket: origin.map(socket),
            ..part(hubs, at, users, ("new_message", &pieces))
        });
    }
    Some(parts)
}

/// Groups listeners by what they have not read, so that those with the same count share one frame.
fn by_unread(to: &[Listener]) -> Vec<(i64, Vec<Topic>)> {
    let mut sorted: Vec<&Listener> = to.iter().collect();
    sorted.sort_unstable_by_key(|listener| listener.unread);
    sorted
        .chunk_by(|a, b| a.unread == b.unread)
        .filter_map(|group| {
            Some((group.first()?.unread, group.iter().map(|l| Topic::User(l.user)).collect()))
        })
        .collect()
}

fn socket(origin: Origin) -> SocketId {
    SocketId(origin.0)
}
