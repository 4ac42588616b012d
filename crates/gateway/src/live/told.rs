//! Events as clients hear them: a name and a JSON object, the same over a socket and out of `/sync`.

use domain::change::Cursor;
use domain::event::Event;
use domain::id::UserId;
use realtime::frame::Frame;
use serde::Serialize;
use serde_json::json;

/// What one event says.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) name: &'static str,
    /// A JSON object with at least one key.
    pub(crate) payload: String,
}

/// Returns what an event says; nothing where it is not told as an event.
///
/// How many messages each has not read differs between the listeners; here it is what the first has not.
pub(crate) fn told(event: &Event) -> Option<Told> {
    let (name, payload) = match event {
        Event::MessageSent { message, to } => {
            let unread = to.first().map_or(0, |listener| listener.unread);
            ("new_message", text(&json!({ "message": &**message, "unread_count": unread })))
        }
        Event::MessageEdited { message, .. } => ("message_updated", text(&json!({ "message": &**message }))),
        Event::MessageUnsent { message, .. } => ("message_deleted", text(&json!({ "message": &**message }))),
        Event::MessageReacted { message, .. } => ("message_reacted", text(&json!({ "message": &**message }))),
        Event::MessageHidden { room, message, seq, .. } => {
            ("message_hidden", text(&json!({ "chatroom_id": room, "message_id": message, "seq": seq })))
        }
        Event::MarksMoved { receipt, .. } => ("message_status", text(receipt)),
        Event::Typing { room, user, is_typing, .. } => {
            ("typing", text(&json!({ "chatroom_id": room, "user_id": user, "is_typing": is_typing })))
        }
        Event::PresenceChanged { user, online, last_seen, .. } => {
            ("presence", text(&json!({ "user_id": user, "online": online, "last_seen": last_seen })))
        }
        Event::FriendRequested { friend, .. } => ("friend_request", text(&json!({ "friend": friend }))),
        Event::FriendAccepted { friend, .. } => ("friend_accepted", text(&json!({ "friend": friend }))),
        Event::FriendRemoved { user, .. } => ("friend_removed", text(&json!({ "user_id": user }))),
        Event::RoomCreated { room, .. } => ("chatroom_created", text(&json!({ "chatroom": room }))),
        Event::ProfileChanged { profile, .. } => ("user_updated", text(&json!({ "user": profile }))),
        Event::SessionRevoked { .. } => return None,
    };
    Some(Told { name, payload: payload? })
}

/// An event of the log as a frame: its payload begins with its place, and with `offset` its last argument is the cursor
/// by which connection state recovery goes on. The pieces form a JSON object.
pub(crate) fn placed((name, pieces): (&str, &[&str]), at: &Cursor, offset: bool) -> Frame {
    let pos = at.pos.to_string();
    let (first, rest) = pieces.split_first().unwrap_or((&"{}", &[]));
    let mut all = vec![r#"{"pos":"#, &pos, ",", first.strip_prefix('{').unwrap_or(first)];
    all.extend(rest);
    let cursor = format!(r#","{at}""#);
    all.extend(offset.then_some(cursor.as_str()));
    Frame::event(name, &all)
}

/// A message in the form that the seed's clients hear: its seven keys, and all of a message beside them.
pub(crate) fn seeds(message: &str, own: bool) -> [&str; 4] {
    let open = message.strip_suffix('}').unwrap_or(message);
    [open, r#","isSentByViewer":"#, if own { "true" } else { "false" }, r#","img":""}"#]
}

/// Who is told of an event.
pub(crate) fn audience(event: &Event) -> Vec<UserId> {
    match event {
        Event::MessageSent { to, .. } => to.iter().map(|listener| listener.user).collect(),
        Event::MessageEdited { to, .. }
        | Event::MessageUnsent { to, .. }
        | Event::MessageReacted { to, .. }
        | Event::MarksMoved { to, .. }
        | Event::Typing { to, .. }
        | Event::PresenceChanged { to, .. } => to.clone(),
        Event::MessageHidden { to, .. }
        | Event::FriendRequested { to, .. }
        | Event::FriendAccepted { to, .. }
        | Event::FriendRemoved { to, .. }
        | Event::RoomCreated { to, .. }
        | Event::ProfileChanged { to, .. } => vec![*to],
        Event::SessionRevoked { .. } => Vec::new(),
    }
}

/// Serialising our own values cannot fail; were one to, it is missed in the log rather than by everybody.
pub(crate) fn text(value: &impl Serialize) -> Option<String> {
    serde_json::to_string(value)
        .inspect_err(|error| tracing::error!(%error, "an event cannot be written"))
        .ok()
}
