//! Events as frames: encoded once for all who hear the same.

use domain::event::{Entry, Event, Listener, Origin};
use domain::message::Message;
use realtime::cast::Part;
use realtime::frame::Frame;
use realtime::hub::Hubs;
use realtime::topic::{SocketId, Topic};

use super::told::{audience, text, told};

/// Returns what a change of the log at place `pos` sends to whom.
pub(crate) fn logged(hubs: &Hubs, pos: i64, entry: &Entry) -> Vec<Part> {
    match &entry.event {
        Some(Event::MessageSent { message, to }) => {
            message_parts(hubs, pos, message, to, entry.origin).unwrap_or_default()
        }
        Some(event) => {
            let except_socket = entry.origin.map(socket);
            part(event, Some(pos)).map(|part| Part { except_socket, ..part }).into_iter().collect()
        }
        None => Vec::new(),
    }
}

/// Returns what an event that is not in the log sends to whom; it may be lost.
pub(crate) fn fleeting(event: &Event) -> Option<Part> {
    part(event, None).map(|part| Part { volatile: true, ..part })
}

fn part(event: &Event, pos: Option<i64>) -> Option<Part> {
    let told = told(event)?;
    let frame = match pos {
        Some(pos) => placed(told.name, pos, &[&told.payload]),
        None => Frame::event(told.name, &[&told.payload]),
    };
    Some(Part::new(audience(event).into_iter().map(Topic::User).collect(), frame))
}

/// An event whose payload begins with its place in the log; the pieces form a JSON object.
fn placed(name: &str, pos: i64, pieces: &[&str]) -> Frame {
    let pos = pos.to_string();
    let (first, rest) = pieces.split_first().unwrap_or((&"{}", &[]));
    let open = [r#"{"pos":"#, &pos, ",", first.strip_prefix('{').unwrap_or(first)];
    Frame::event(name, &[&open[..], rest].concat())
}

/// A message: `receive_message` for the sockets that joined its room, `new_message` for all others of its members.
fn message_parts(
    hubs: &Hubs,
    pos: i64,
    message: &Message,
    to: &[Listener],
    origin: Option<Origin>,
) -> Option<Vec<Part>> {
    let text = text(message)?;
    let mut parts = Vec::with_capacity(3);
    let room = Topic::Room(message.room);
    if hubs.has_listeners(room) {
        let own = Topic::RoomAs(message.room, message.sender);
        let others = Part { except: vec![own], ..Part::new(vec![room], seeds_frame(pos, &text, false)) };
        parts.push(others);
        parts.push(Part::new(vec![own], seeds_frame(pos, &text, true)));
    }
    for (unread, users) in by_unread(to) {
        let unread = unread.to_string();
        let frame =
            placed("new_message", pos, &[r#"{"message":"#, &text, r#","unread_count":"#, &unread, "}"]);
        parts.push(Part { except: vec![room], except_socket: origin.map(socket), ..Part::new(users, frame) });
    }
    Some(parts)
}

/// The event that the seed's clients hear: its seven keys, and all of a message beside them.
fn seeds_frame(pos: i64, message: &str, own: bool) -> Frame {
    let open = message.strip_suffix('}').unwrap_or(message);
    let own = if own { "true" } else { "false" };
    placed("receive_message", pos, &[open, r#","isSentByViewer":"#, own, r#","img":""}"#])
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
