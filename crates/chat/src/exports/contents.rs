//! What is in a copy of all that is a user's own.

use bytes::Bytes;
use domain::api_token::ApiToken;
use domain::block::BlockedUser;
use domain::friendship::Which;
use domain::id::{MediaId, RoomId, SessionId, UserId};
use domain::message::Message;
use domain::page::{Anchor, Page};
use domain::revision::Revision;
use domain::room::Room;
use domain::scheduled_message::ScheduledMessage;
use domain::session::SessionSummary;
use domain::settings::Settings;
use domain::time::Time;
use domain::user::{Friend, User};
use futures_util::TryStreamExt as _;
use media::archive::Archive;
use media::error::Error as MediaError;
use persistence::error::Error as Stored;
use persistence::members::{self, RoomMember};
use persistence::messages::seen_by;
use persistence::viewer::Viewer;
use persistence::{
    Conn, api_tokens, blocks, exports, friends, messages, receipts, revisions, room_views,
    scheduled_messages, sessions, settings, users,
};
use serde::Serialize;

use super::renew;
use crate::context::Chat;
use crate::error::Error;

/// How many files are looked up at once.
const PAGE: i64 = 100;

/// What is in `account.json`.
#[derive(Serialize)]
struct Account {
    profile: User,
    settings: Settings,
    sessions: Vec<SessionSummary>,
    tokens: Vec<ApiToken>,
    friends: Vec<Friend>,
    requests_sent: Vec<Friend>,
    requests_received: Vec<Friend>,
    blocked: Vec<BlockedUser>,
}

/// What is in `rooms.json` of each room.
#[derive(Serialize)]
struct OwnRoom {
    #[serde(flatten)]
    room: Room,
    scheduled: Vec<ScheduledMessage>,
}

/// A message in `messages/<room>.json`; one's own with its earlier texts.
#[derive(Serialize)]
struct SeenMessage {
    #[serde(flatten)]
    message: Message,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    revisions: Vec<Revision>,
}

/// Writes all that is a user's own, and what they see in their rooms; nothing if it is wanted no more.
pub(super) async fn write(chat: &Chat, of: (UserId, MediaId)) -> Result<Option<Archive>, Error> {
    let (user, now) = (of.0, chat.now());
    let mut archive = chat.store.archive().await?;
    let account = chat.db.read(move |conn| account(conn, user, now)).await?;
    add(&mut archive, "account.json", &account).await?;
    let rooms = chat.db.read(move |conn| rooms(conn, Viewer { user, now })).await?;
    add(&mut archive, "rooms.json", &rooms).await?;
    for OwnRoom { room, .. } in &rooms {
        if !add_messages(chat, &mut archive, of, room.id).await? {
            return Ok(None);
        }
    }
    Ok(add_files(chat, &mut archive, of).await?.then_some(archive))
}

fn account(conn: &mut Conn, user: UserId, now: Time) -> Result<Account, Stored> {
    Ok(Account {
        profile: users::find(conn, user)?,
        settings: settings::find(conn, user)?,
        // It is asked for by none of them.
        sessions: sessions::list(conn, user, SessionId::generate(), now)?,
        tokens: api_tokens::list(conn, user, now)?,
        friends: friends::list(conn, user, Which::Friends)?,
        requests_sent: friends::list(conn, user, Which::Sent)?,
        requests_received: friends::list(conn, user, Which::Received)?,
        blocked: blocks::list(conn, user)?,
    })
}

fn rooms(conn: &mut Conn, viewer: Viewer) -> Result<Vec<OwnRoom>, Stored> {
    let mut own = Vec::new();
    for room in room_views::list(conn, viewer)? {
        if let Some(member) = still_in(conn, viewer, room.id)? {
            own.push(OwnRoom { room, scheduled: scheduled_messages::of_room(conn, &member)? });
        }
    }
    Ok(own)
}

/// Returns a user as a member of a room, unless they have left it meanwhile.
fn still_in(conn: &mut Conn, viewer: Viewer, room: RoomId) -> Result<Option<RoomMember>, Stored> {
    match members::find(conn, viewer, room) {
        Err(Stored::NotFound) => Ok(None),
        member => member.map(Some),
    }
}

async fn add(archive: &mut Archive, name: &str, value: &impl Serialize) -> Result<(), Error> {
    archive.begin(name.to_owned(), false).await?;
    archive.write(json(value)?).await?;
    Ok(())
}

fn json(value: &impl Serialize) -> Result<Bytes, Error> {
    Ok(serde_json::to_vec_pretty(value).map_err(|error| Error::Internal(error.into()))?.into())
}

/// Writes what a user sees of a room, a page at a time; false if it is wanted no more.
async fn add_messages(
    chat: &Chat,
    archive: &mut Archive,
    of: (UserId, MediaId),
    room: RoomId,
) -> Result<bool, Error> {
    archive.begin(format!("messages/{room}.json"), false).await?;
    let (mut anchor, mut before) = (Anchor::FromTime(Time::new(chrono::DateTime::UNIX_EPOCH)), "[");
    loop {
        if !renew(chat, of).await? {
            return Ok(false);
        }
        let page = Page { anchor, limit: Page::MAX };
        let viewer = Viewer { user: of.0, now: chat.now() };
        let seen = chat.db.read(move |conn| page_of(conn, viewer, room, page)).await?;
        let Some(last) = seen.last() else { break };
        anchor = Anchor::After(last.message.id);
        for message in &seen {
            archive.write([before.as_bytes(), &json(message)?].concat().into()).await?;
            before = ",\n";
        }
    }
    archive.write(Bytes::from_static(if before == "[" { b"[]" } else { b"]" })).await?;
    Ok(true)
}

fn page_of(conn: &mut Conn, viewer: Viewer, room: RoomId, page: Page) -> Result<Vec<SeenMessage>, Stored> {
    let Some(member) = still_in(conn, viewer, room)? else { return Ok(Vec::new()) };
    let found = messages::page(conn, &member, page)?;
    let receipts = receipts::of_room(conn, &member)?;
    let with_revisions = |message: Message| {
        let is_own = message.sender == viewer.user && message.edited_at.is_some();
        let revisions = if is_own { revisions::list(conn, &member, message.id)? } else { Vec::new() };
        Ok(SeenMessage { message: seen_by(message, viewer.user, &receipts), revisions })
    };
    found.into_iter().map(with_revisions).collect()
}

/// Writes the files that a user has uploaded; false if it is wanted no more.
async fn add_files(chat: &Chat, archive: &mut Archive, of: (UserId, MediaId)) -> Result<bool, Error> {
    let mut after = None;
    loop {
        let files = chat.db.read(move |conn| exports::own_files(conn, of.0, after, PAGE)).await?;
        let Some(last) = files.last() else { return Ok(true) };
        after = Some(last.id);
        for file in files {
            if !renew(chat, of).await? {
                return Ok(false);
            }
            let opened = match chat.store.file(file.purpose, &file.stored_name).await {
                // It was removed meanwhile.
                Err(MediaError::NotFound) => continue,
                opened => opened?,
            };
            archive.begin(format!("files/{}-{}", file.id, file.file_name), true).await?;
            let mut chunks = opened.content.read().await?;
            while let Some(chunk) = chunks.try_next().await? {
                archive.write(chunk).await?;
            }
        }
    }
}
