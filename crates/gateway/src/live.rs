//! The way out: events become frames, encoded once for all who hear the same.

use std::sync::Arc;

use domain::event::{Event, Listener, Origin};
use domain::id::{SessionId, UserId};
use domain::live::Live;
use domain::message::Message;
use realtime::cast::{Cast, Part};
use realtime::frame::Frame;
use realtime::hub::Hubs;
use realtime::presence::Presence;
use realtime::topic::{SocketId, Topic};
use serde::Serialize;
use serde_json::json;

/// The sockets of this server.
pub(crate) struct Sockets {
    pub(crate) hubs: Hubs,
    pub(crate) presence: Arc<Presence>,
}

impl Live for Sockets {
    fn publish(&self, events: Vec<Event>) {
        let mut cast = Cast::default();
        for event in events {
            self.add(&mut cast, event);
        }
        if !cast.parts.is_empty() {
            self.hubs.emit(cast);
        }
    }

    fn online(&self, user: UserId) -> bool {
        self.presence.online(user)
    }
}

impl Sockets {
    /// Adds what an event sends to whom; the end of a sign-in goes out at once, since its sockets close after it.
    fn add(&self, cast: &mut Cast, event: Event) {
        let users = |to: Vec<UserId>| to.into_iter().map(Topic::User).collect::<Vec<_>>();
        let part = match event {
            Event::MessageSent { message, to, origin } => return self.message(cast, &message, &to, origin),
            Event::SessionRevoked { session } => return self.revoke(session),
            Event::MarksMoved { receipt, to, origin } => Part {
                except_socket: origin.map(|origin| SocketId(origin.0)),
                ..Part::new(users(to), frame("message_status", &receipt))
            },
            Event::Typing { room, user, is_typing, to } => {
                let typing = json!({ "chatroom_id": room, "user_id": user, "is_typing": is_typing });
                Part { volatile: true, ..Part::new(users(to), frame("typing", &typing)) }
            }
            Event::PresenceChanged { user, online, last_seen, to } => {
                let presence = json!({ "user_id": user, "online": online, "last_seen": last_seen });
                Part { volatile: true, ..Part::new(users(to), frame("presence", &presence)) }
            }
            Event::FriendRequested { friend, to } => told(to, "friend_request", &json!({ "friend": friend })),
            Event::FriendAccepted { friend, to } => told(to, "friend_accepted", &json!({ "friend": friend })),
            Event::FriendRemoved { user, to } => told(to, "friend_removed", &json!({ "user_id": user })),
            Event::RoomCreated { room, to } => told(to, "chatroom_created", &json!({ "chatroom": room })),
            Event::ProfileChanged { profile, to } => {
                Part::new(users(to), frame("user_updated", &json!({ "user": profile })))
            }
        };
        cast.parts.push(part);
    }

    fn revoke(&self, session: SessionId) {
        self.hubs.emit(Part::new(vec![Topic::Session(session)], Frame::event("session_revoked", &["{}"])));
        self.hubs.close(Topic::Session(session));
    }

    /// A message: `receive_message` for the sockets that joined its room, `new_message` for all others of its members.
    fn message(&self, cast: &mut Cast, message: &Message, to: &[Listener], origin: Option<Origin>) {
        let Some(text) = text(message) else { return };
        let room = Topic::Room(message.room);
        if self.hubs.has_listeners(room) {
            let own = Topic::RoomAs(message.room, message.sender);
            let others = Part { except: vec![own], ..Part::new(vec![room], seeds_frame(&text, false)) };
            cast.parts.push(others);
            cast.parts.push(Part::new(vec![own], seeds_frame(&text, true)));
        }
        for (unread, users) in by_unread(to) {
            let unread = unread.to_string();
            let frame =
                Frame::event("new_message", &[r#"{"message":"#, &text, r#","unread_count":"#, &unread, "}"]);
            cast.parts.push(Part {
                except: vec![room],
                except_socket: origin.map(|origin| SocketId(origin.0)),
                ..Part::new(users, frame)
            });
        }
    }
}

/// The event that the seed's clients hear: its seven keys, and all of a message beside them.
fn seeds_frame(message: &str, own: bool) -> Frame {
    let open = message.strip_suffix('}').unwrap_or(message);
    let own = if own { "true" } else { "false" };
    Frame::event("receive_message", &[open, r#","isSentByViewer":"#, own, r#","img":""}"#])
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

fn told(to: UserId, name: &str, payload: &impl Serialize) -> Part {
    Part::new(vec![Topic::User(to)], frame(name, payload))
}

fn frame(name: &str, payload: &impl Serialize) -> Frame {
    Frame::event(name, &[&text(payload).unwrap_or_else(|| "null".to_owned())])
}

/// Serialising our own values cannot fail; were one to, it is missed in the log rather than by everybody.
fn text(value: &impl Serialize) -> Option<String> {
    serde_json::to_string(value)
        .inspect_err(|error| tracing::error!(%error, "an event cannot be written"))
        .ok()
}
