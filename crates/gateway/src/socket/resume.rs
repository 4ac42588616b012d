//! Coming back: what a client missed is the first thing that it hears, out of the log.

use std::cell::RefCell;
use std::sync::Arc;

use chat::accounts::Me;
use chat::changes;
use chat::context::Chat;
use chat::error::Error;
use chat::recovery::{self, Pid};
use domain::change::Cursor;
use domain::event::Event;
use domain::id::RoomId;
use realtime::dispatch::{Handshake, Replay};
use realtime::frame::Frame;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::live::payload::{Payload as _, ReceivedMessage, Session, SyncRequired, Synced, joined as in_room};
use crate::live::{Told, placed};

/// The most changes that are told to a client that comes back; one that missed more asks `/sync` for them.
const MOST: i64 = 500;

/// The most bytes of them, well below what may wait for one client.
const MOST_BYTES: usize = 512 * 1024;

/// What a client says about where it was.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct Asked {
    /// The cursor up to which the client knows everything; it hears what came after, and then `synced`.
    since: Option<String>,
    /// Whether it wants Socket.IO's connection state recovery.
    recover: Option<bool>,
    /// The secret of the connection to recover; the library sends it by itself.
    pid: Option<String>,
    /// The last offset heard on it; the library sends it by itself.
    offset: Option<String>,
}

impl Asked {
    pub(super) fn of(handshake: &Handshake) -> Self {
        let auth = handshake.auth.as_ref();
        auth.and_then(|auth| serde_json::from_str(auth.get()).ok()).unwrap_or_default()
    }

    /// The cursor, if the client gave one that could be ours.
    pub(super) fn since(&self) -> Option<Cursor> {
        self.since.as_deref()?.parse().ok()
    }

    /// Whether the client asks for connection state recovery.
    pub(super) fn recovers(&self) -> bool {
        self.pid.is_some() || self.recover == Some(true)
    }

    /// The connection that the client had, and up to where it knows the log.
    fn before(&self) -> Option<(Pid, Cursor)> {
        Some((Pid::parse(self.pid.as_deref()?)?, self.offset.as_deref()?.parse().ok()?))
    }
}

/// A client that asked for connection state recovery, and the rooms that it has joined.
#[derive(Debug)]
pub(crate) struct Recoverable {
    pub(crate) sid: String,
    pub(crate) pid: Pid,
    rooms: RefCell<Vec<RoomId>>,
    /// What it misses; nothing if it is new.
    since: Option<Cursor>,
}

impl Recoverable {
    /// Finds the connection that a client had, or begins a new one: also when it has missed too much for this way.
    pub(super) async fn find(chat: &Chat, me: &Me, asked: &Asked) -> Result<Self, Error> {
        if let Some((pid, since)) = asked.before()
            && changes::within(chat, me, &since, MOST).await?
            && let Some(found) = recovery::find(chat, me, &pid).await?
        {
            return Ok(Self { sid: found.sid, pid, rooms: RefCell::new(found.rooms), since: Some(since) });
        }
        let (sid, pid) = recovery::begin(chat, me).await?;
        Ok(Self { sid, pid, rooms: RefCell::default(), since: None })
    }

    /// The rooms that it has joined.
    pub(super) fn rooms(&self) -> Vec<RoomId> {
        self.rooms.borrow().clone()
    }

    /// What it is to hear first.
    pub(super) async fn missed(
        chat: Arc<Chat>,
        me: Me,
        rooms: Vec<RoomId>,
        since: Option<Cursor>,
    ) -> Result<Replay, Error> {
        let Some(since) = since else {
            let head = changes::head(&chat).await?;
            // An event with an offset at once: a client that never heard one could not recover.
            let begun = Session { recovered: false }.text();
            let frames = vec![Frame::event(Session::NAME, &[&begun, &format!(r#","{head}""#)])];
            return Ok(Replay { frames, upto: head.pos });
        };
        let missed = changes::since(&chat, &me, Some(since), MOST).await?;
        Ok(Replay { frames: frames(&missed, &me, Some(&rooms)).0, upto: missed.cursor.pos })
    }

    pub(super) fn since(&self) -> Option<Cursor> {
        self.since.clone()
    }

    /// Notes that the client has joined or left a room.
    pub(super) async fn note(&self, chat: &Chat, room: RoomId, joined: bool) -> Result<(), Error> {
        let rooms = {
            let mut rooms = self.rooms.borrow_mut();
            rooms.retain(|other| *other != room);
            if joined {
                rooms.push(room);
            }
            rooms.clone()
        };
        recovery::set_rooms(chat, &self.pid, rooms).await
    }
}

/// What one of our own clients missed since its cursor, ended by `synced {cursor}`; or `sync_required`, if it is much.
pub(super) async fn missed(chat: Arc<Chat>, me: Me, since: Cursor) -> Result<Replay, Error> {
    let missed = changes::since(&chat, &me, Some(since), MOST).await?;
    let (mut told, bytes) = frames(&missed, &me, None);
    if missed.more || missed.reset || bytes > MOST_BYTES {
        return Ok(Replay { frames: vec![SyncRequired {}.frame()], upto: 0 });
    }
    told.push(Synced { cursor: missed.cursor.clone() }.frame());
    Ok(Replay { frames: told, upto: missed.cursor.pos })
}

/// What was missed as frames, and how many bytes they say; with the offsets of connection state recovery, and by the
/// rooms joined, if they are given.
fn frames(missed: &changes::Missed, me: &Me, joined: Option<&[RoomId]>) -> (Vec<Frame>, usize) {
    let mut bytes = 0;
    let frame = |(pos, event): &(i64, Event)| {
        let told = Told::of(event)?;
        let at = Cursor { pos: *pos, ..missed.cursor.clone() };
        match (&told, joined) {
            (Told::Message { room, sender, message, .. }, Some(rooms)) if rooms.contains(room) => {
                Some(placed((ReceivedMessage::NAME, &in_room(message.get(), *sender == me.id)), &at, true))
            }
            _ => {
                let payload = told.payload();
                let pieces: Vec<&str> = payload.iter().map(AsRef::as_ref).collect();
                bytes += pieces.iter().map(|piece| piece.len()).sum::<usize>();
                Some(placed((told.name(), &pieces), &at, joined.is_some()))
            }
        }
    };
    let frames = missed.events.iter().filter_map(frame).collect();
    (frames, bytes)
}
