//! Whether users are online, which those see whom they show it, and who is typing.

use std::sync::Arc;
use std::time::Duration;

use domain::event::{Audience, Event};
use domain::id::{RoomId, UserId};
use domain::payload::{Presence, Typing};
use domain::room::Room;
use domain::time::Time;
use domain::user::Friend;
use live::Reach;
use live::presence::PresenceChange;
use persistence::{blocks, groups, message_requests, privacy, users};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::accounts::AuthUser;
use crate::context::Chat;
use crate::error::Error;
use crate::events::event;
use crate::membership;

/// For how long it is shown when somebody was last there.
const RECENT: Duration = Duration::from_hours(24);

/// Sends changes to those who see them as they come, for as long as the server runs.
pub async fn publish(chat: Arc<Chat>, mut changes: UnboundedReceiver<PresenceChange>) {
    while let Some(change) = changes.recv().await {
        let published = match change {
            PresenceChange::Online(user) => online(&chat, user).await,
            PresenceChange::Offline(user) => offline(&chat, user, Reach::AllNodes).await,
        };
        published.unwrap_or_else(|error| tracing::warn!(%error, "presence could not be sent"));
    }
}

async fn online(chat: &Chat, user: UserId) -> Result<(), Error> {
    let to = chat.db.read(move |conn| privacy::presence_viewers(conn, user)).await?;
    if let Some(event) = changed(user, None, to) {
        chat.live.send(event, Reach::AllNodes);
    }
    Ok(())
}

/// Records that a user went offline and sends it to those who see their presence, unless the user is online again by then.
pub async fn offline(chat: &Chat, user: UserId, reach: Reach) -> Result<(), Error> {
    let now = chat.now();
    let to = chat
        .db
        .transaction(move |conn| {
            users::seen(conn, user, now)?;
            Ok::<_, Error>(privacy::presence_viewers(conn, user)?)
        })
        .await?;
    if let Some(event) = changed(user, Some(now), to).filter(|_| !chat.live.online(user)) {
        chat.live.send(event, reach);
    }
    Ok(())
}

fn changed(user_id: UserId, last_seen: Option<Time>, viewers: Vec<UserId>) -> Option<Event> {
    event(&Presence { user_id, online: last_seen.is_none(), last_seen }, Audience::Users(viewers))
}

/// Sends to the other members of a room that a user began or stopped typing, unless it is blocked or a
/// request; nothing is stored.
pub async fn typing(chat: &Chat, me: &AuthUser, room: RoomId, is_typing: bool) -> Result<(), Error> {
    let viewer = chat.viewer(me.id);
    let users = chat
        .db
        .read(move |conn| {
            let member = membership::find(conn, viewer, room)?;
            let request = message_requests::state(conn, &member)?;
            let is_shown = request.is_none() && !blocks::is_room_blocked(conn, &member)?;
            Ok::<_, Error>(if is_shown { groups::others(conn, &member)? } else { Vec::new() })
        })
        .await?;
    let typing = Typing { chatroom_id: room, user_id: me.id, is_typing };
    if let Some(event) = event(&typing, Audience::Members { room, users }) {
        chat.live.send(event, Reach::AllNodes);
    }
    Ok(())
}

/// Sets what a user sees of a friend being there, given those whose presence they see.
pub(crate) fn show_friend(chat: &Chat, friend: Friend, seen: &[UserId]) -> Friend {
    let is_seen = seen.contains(&friend.profile.id);
    let recent = chat.now().before(RECENT);
    Friend {
        online: is_seen && chat.live.online(friend.profile.id),
        last_seen: friend.last_seen.filter(|at| is_seen && *at >= recent),
        ..friend
    }
}

/// Sets whether the other member of a one-to-one room is online, given those whose presence the user sees.
pub(crate) fn show_room(chat: &Chat, mut room: Room, seen: &[UserId]) -> Room {
    room.online = room.user_id.is_some_and(|peer| seen.contains(&peer) && chat.live.online(peer));
    room
}

/// Shows a user's presence to those who see it now and did not before, and hides it from those who do no longer.
pub(crate) fn change_viewers(chat: &Chat, user_id: UserId, before: &[UserId], after: &[UserId]) {
    if !chat.live.online(user_id) {
        return;
    }
    for (online, of, without) in [(false, before, after), (true, after, before)] {
        let to: Vec<UserId> = of.iter().copied().filter(|user| !without.contains(user)).collect();
        if to.is_empty() {
            continue;
        }
        let presence = Presence { user_id, online, last_seen: None };
        if let Some(event) = event(&presence, Audience::Users(to)) {
            chat.live.send(event, Reach::AllNodes);
        }
    }
}
