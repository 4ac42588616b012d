//! Messages that are sent later: they wait in the database, and each is sent once when its time has come.

use std::time::Duration;

use domain::event::Origin;
use domain::event_table::LogEntry;
use domain::id::{RoomId, ScheduledId, UserId};
use domain::message::{Draft, Source};
use domain::scheduled_message::{SCHEDULED_MAX, ScheduledMessage, may_wait};
use domain::time::Time;
use persistence::log::LogRow;
use persistence::viewer::Viewer;
use persistence::{Conn, accounts, scheduled_messages, users};

use crate::accounts::AuthUser;
use crate::context::Chat;
use crate::error::{Error, Refusal, Resource};
use crate::log::{publish, record};
use crate::membership;
use crate::messages::{own_file, permit, send_as};

/// After this long a message that was claimed and not sent is claimed again: its server has stopped.
const LEASE: Duration = Duration::from_mins(1);

/// How many messages are claimed at once.
const AT_ONCE: i64 = 32;

/// What to change of a message that waits; what is absent stays.
#[derive(Debug, Clone, Default)]
pub struct ScheduledChanges {
    /// When to send it.
    pub send_at: Option<Time>,
    /// The text, or the text under a file, none if blank.
    pub text: Option<Option<String>>,
}

/// Keeps a message for a room that the user is in, to be sent later.
pub async fn schedule(
    chat: &Chat,
    me: &AuthUser,
    room: RoomId,
    draft: Draft,
    send_at: Time,
) -> Result<ScheduledMessage, Error> {
    permit(me, &draft)?;
    let viewer = chat.viewer(me.id);
    may_wait(send_at, viewer.now).map_err(|reason| Error::Invalid { field: "send_at", reason })?;
    if let Source::Sender(content) = &draft.source {
        own_file(chat, me.id, content).await?;
    }
    let id = ScheduledId::generate();
    let message = ScheduledMessage { id, room, send_at, failed: None, message: draft.into() };
    let scheduled = chat.db.transaction(move |conn| {
        // Messages scheduled at the same time, for whatever rooms, are never too many.
        users::lock(conn, viewer.user)?;
        let member = membership::lock(conn, viewer, room)?;
        let waiting = scheduled_messages::count(conn, viewer.user)?;
        if usize::try_from(waiting).is_ok_and(|waiting| waiting >= SCHEDULED_MAX) {
            return Err(Error::Refused(Refusal::TooManyScheduled(SCHEDULED_MAX)));
        }
        scheduled_messages::insert(conn, &member, &message)?;
        Ok((message.clone(), changed(conn, viewer.user, room)?))
    });
    let (message, rows) = scheduled.await?;
    publish(chat, rows, None).await;
    Ok(message)
}

/// Lists one's messages that wait for a room, the next first.
pub async fn list(chat: &Chat, me: &AuthUser, room: RoomId) -> Result<Vec<ScheduledMessage>, Error> {
    let viewer = chat.viewer(me.id);
    chat.db
        .read(move |conn| {
            let member = membership::find(conn, viewer, room)?;
            Ok(scheduled_messages::of_room(conn, &member)?)
        })
        .await
}

/// Changes a message that waits.
pub async fn update(
    chat: &Chat,
    me: &AuthUser,
    (room, id): (RoomId, ScheduledId),
    changes: ScheduledChanges,
) -> Result<ScheduledMessage, Error> {
    let viewer = chat.viewer(me.id);
    if let Some(send_at) = changes.send_at {
        may_wait(send_at, viewer.now).map_err(|reason| Error::Invalid { field: "send_at", reason })?;
    }
    let updated = chat.db.transaction(move |conn| {
        let mut message = lock(conn, viewer, (room, id))?;
        message.send_at = changes.send_at.unwrap_or(message.send_at);
        message.failed = None;
        if let Some(text) = changes.text.clone() {
            message.message = message.message.saying(text);
        }
        scheduled_messages::update(conn, &message)?;
        Ok::<_, Error>((message, changed(conn, viewer.user, room)?))
    });
    let (message, rows) = updated.await?;
    publish(chat, rows, None).await;
    Ok(message)
}

/// Deletes a message that waits; it is not sent.
pub async fn delete(chat: &Chat, me: &AuthUser, (room, id): (RoomId, ScheduledId)) -> Result<(), Error> {
    let viewer = chat.viewer(me.id);
    let deleted = chat.db.transaction(move |conn| {
        lock(conn, viewer, (room, id))?;
        scheduled_messages::delete(conn, id)?;
        Ok::<_, Error>(changed(conn, viewer.user, room)?)
    });
    publish(chat, deleted.await?, None).await;
    Ok(())
}

fn lock(
    conn: &mut Conn,
    viewer: Viewer,
    (room, id): (RoomId, ScheduledId),
) -> Result<ScheduledMessage, Error> {
    let member = membership::find(conn, viewer, room)?;
    let locked = scheduled_messages::lock(conn, &member, id);
    locked.map_err(|e| Error::or_not_found(e, Resource::ScheduledMessage))
}

fn changed(conn: &mut Conn, to: UserId, room: RoomId) -> Result<Vec<LogRow>, persistence::error::Error> {
    record(conn, &[LogEntry::ScheduledMessagesChanged { to, room }])
}

/// Messages that this server has claimed, and could not send because of an outage.
#[derive(Debug, Default)]
pub struct Delayed(Vec<Claimed>);

/// A message that was claimed: for [`LEASE`] no other server sends it.
#[derive(Debug, Clone)]
struct Claimed {
    user: UserId,
    message: ScheduledMessage,
    at: Time,
}

/// Sends the next messages whose time has come, those first that were delayed; returns whether there may be more.
///
/// An outage that one of them meets delays it until the next call, and none of the others.
pub async fn send_due(chat: &Chat, delayed: &mut Delayed) -> Result<bool, Error> {
    let now = chat.now();
    let mut claimed = std::mem::take(&mut delayed.0);
    claimed.retain(|claimed| claimed.at > now.before(LEASE));
    let before = claimed.len();
    let outcome = claim(chat, now).await;
    claimed.extend(outcome.as_ref().into_iter().flatten().cloned());
    let more = claimed.len() > before;
    let mut failed = outcome.err();
    for one in claimed {
        if let Err(error) = send_one(chat, one.user, one.message.clone()).await {
            delayed.0.extend(error.is_outage().then_some(one));
            failed.get_or_insert(error);
        }
    }
    failed.map_or(Ok(more), Err)
}

/// Claims the next messages whose time has come.
async fn claim(chat: &Chat, now: Time) -> Result<Vec<Claimed>, Error> {
    if !chat.db.read(move |conn| scheduled_messages::is_due(conn, now)).await? {
        return Ok(Vec::new());
    }
    let claimed = chat.db.transaction(move |conn| {
        let due = scheduled_messages::due(conn, now, now.before(LEASE), AT_ONCE)?;
        let ids: Vec<ScheduledId> = due.iter().map(|(_, message)| message.id).collect();
        scheduled_messages::claim(conn, &ids, now)?;
        Ok::<_, Error>(due)
    });
    Ok(claimed.await?.into_iter().map(|(user, message)| Claimed { user, message, at: now }).collect())
}

/// Sends a message that was claimed, and forgets it; one that is refused is kept with the code of the refusal.
async fn send_one(chat: &Chat, user: UserId, scheduled: ScheduledMessage) -> Result<(), Error> {
    let ScheduledMessage { id, room, message, .. } = scheduled;
    let draft = message.draft(ScheduledMessage::key(id));
    let sent = if chat.db.read(move |conn| accounts::is_suspended(conn, user)).await? {
        Err(Error::Refused(Refusal::AccountSuspended))
    } else {
        send_as(chat, user, room, draft, None::<Origin>).await
    };
    let failed = match sent {
        // Who is no longer in the room sees nothing of it.
        Ok(_) | Err(Error::NotFound(Resource::Room)) => None,
        Err(error @ (Error::NotFound(_) | Error::Refused(_) | Error::Invalid { .. } | Error::Forbidden)) => {
            Some(error.code())
        }
        Err(other) => return Err(other),
    };
    let settled = chat.db.transaction(move |conn| {
        let there = match failed {
            Some(code) => scheduled_messages::fail(conn, id, code)?,
            None => scheduled_messages::delete(conn, id)?,
        };
        if there { Ok::<_, Error>(changed(conn, user, room)?) } else { Ok(Vec::new()) }
    });
    publish(chat, settled.await?, None).await;
    Ok(())
}
