//! Replay: the events that a returning client has missed, sent to it first.

use std::cell::RefCell;
use std::sync::Arc;

use chat::accounts::AuthUser;
use chat::context::Chat;
use chat::error::Error;
use chat::log::{self, PageSize};
use chat::recovery::{self, Pid};
use domain::event::{Audience, Event};
use domain::event_table::Payload;
use domain::id::{RoomId, UserId};
use domain::log::Cursor;
use domain::payload::{ReceivedMessage, Session, SyncRequired, Synced};
use live::frames;
use realtime::Replay;
use realtime::frame::Frame;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::value::RawValue;

/// The most log entries that are replayed to a client; one that missed more asks `/sync` for them.
const MOST: i64 = 500;

/// The most bytes of them, well below what may wait for one client.
const MOST_BYTES: usize = 512 * 1024;

/// What a client sends in CONNECT about its position in the log.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct RecoveryRequest {
    /// The cursor up to which the client knows everything; it gets what came after, and then `synced`.
    since: Option<String>,
    /// Whether it wants Socket.IO's connection state recovery.
    recover: Option<bool>,
    /// The secret of the connection to recover; the library sends it by itself.
    pid: Option<String>,
    /// The last offset that it got; the library sends it by itself.
    offset: Option<String>,
}

impl RecoveryRequest {
    /// Reads the payload of CONNECT; what it does not say is not asked for.
    pub(super) fn of(auth: Option<&RawValue>) -> Self {
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

    /// The connection that the client had, and its cursor.
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
    pub(super) async fn find(chat: &Chat, me: &AuthUser, request: &RecoveryRequest) -> Result<Self, Error> {
        if let Some((pid, since)) = request.before()
            && log::within(chat, me.id, &since, MOST).await?
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

    /// Returns what it gets first.
    pub(super) async fn replay(
        chat: Arc<Chat>,
        me: AuthUser,
        rooms: Vec<RoomId>,
        since: Option<Cursor>,
    ) -> Result<Replay, Error> {
        let Some(since) = since else {
            let head = log::head(&chat).await?;
            // An event with an offset at once: a client that never got one could not recover.
            let frames = vec![frames::with_offset(&Session { recovered: false }, &head)];
            return Ok(Replay { frames, upto: head.position });
        };
        // Nothing can follow what is replayed here, so it is everything that was missed.
        let all = PageSize { entries: MOST, bytes: usize::MAX };
        let page = log::since(&chat, me.id, Some(since), all).await?;
        Ok(Replay { frames: frames_of(&page, &me, Some(&rooms)).0, upto: page.cursor.position })
    }

    pub(super) fn since(&self) -> Option<Cursor> {
        self.since.clone()
    }

    /// Notes that the client has joined or left a room.
    pub(crate) async fn note(&self, chat: &Chat, room: RoomId, joined: bool) -> Result<(), Error> {
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

/// Returns what a client with a cursor has missed, ended by `synced {cursor}`; or `sync_required`, if it is too much.
pub(super) async fn replay(chat: Arc<Chat>, me: AuthUser, since: Cursor) -> Result<Replay, Error> {
    let size = PageSize { entries: MOST, bytes: MOST_BYTES };
    let page = log::since(&chat, me.id, Some(since), size).await?;
    let (mut frames, bytes) = frames_of(&page, &me, None);
    if page.more || page.reset || bytes > MOST_BYTES {
        return Ok(Replay { frames: vec![frames::unlogged(&SyncRequired {})], upto: 0 });
    }
    let upto = page.cursor.position;
    frames.push(frames::unlogged(&Synced { cursor: page.cursor }));
    Ok(Replay { frames, upto })
}

/// Returns what was missed as frames, and the bytes of their payloads; with the offsets of connection state recovery and
/// for a socket that has joined these rooms, if they are given.
fn frames_of(page: &log::LogPage, me: &AuthUser, joined: Option<&[RoomId]>) -> (Vec<Frame>, usize) {
    let mut bytes = 0;
    let mut frames = Vec::with_capacity(page.logged.len());
    for logged in &page.logged {
        let at = Cursor { epoch: page.cursor.epoch.clone(), position: logged.position };
        for event in &logged.events {
            if let Some(sender) = sender_of_joined(event, joined.unwrap_or_default()) {
                let pieces = ReceivedMessage::pieces(event.body.get(), sender == me.id);
                frames.push(frames::at_position(ReceivedMessage::NAME, &pieces, &at, true));
            } else {
                let payload = event.payload();
                bytes += payload.len();
                frames.push(frames::at_position(&event.name, &[&payload], &at, joined.is_some()));
            }
        }
    }
    (frames, bytes)
}

/// Returns who sent a new message of one of these rooms; none if the event is another.
fn sender_of_joined(event: &Event, joined: &[RoomId]) -> Option<UserId> {
    match &event.audience {
        Audience::Readers { room, sender, .. } if joined.contains(room) => Some(*sender),
        _ => None,
    }
}
