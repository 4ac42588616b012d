//! Whether users are online, which their friends see, and who is typing.

use domain::event::{Audience, Event};
use domain::id::{RoomId, UserId};
use domain::payload::{Presence, Typing};
use domain::room::{Membership, Room};
use domain::time::Time;
use domain::user::Friend;
use persistence::{friends, message_requests, receipts, rooms, users};

use crate::accounts::AuthUser;
use crate::context::Chat;
use crate::error::{Error, Resource};
use crate::events::event;

/// Sends to friends that a user came online.
pub async fn online(chat: &Chat, user: UserId) -> Result<(), Error> {
    let to = chat.db.read(move |conn| friends::ids(conn, user)).await?;
    if let Some(event) = changed(user, None, to) {
        chat.live.send(event);
    }
    Ok(())
}

/// Records that a user went offline and sends it to friends.
pub async fn offline(chat: &Chat, user: UserId) -> Result<(), Error> {
    if let Some(event) = record_offline(chat, user).await? {
        chat.live.send(event);
    }
    Ok(())
}

/// Records that a user went offline; returns the event for friends, unless the user is online again by now.
pub async fn record_offline(chat: &Chat, user: UserId) -> Result<Option<Event>, Error> {
    let now = chat.now();
    let to = chat
        .db
        .transaction(move |conn| {
            users::seen(conn, user, now)?;
            Ok::<_, Error>(friends::ids(conn, user)?)
        })
        .await?;
    Ok(changed(user, Some(now), to).filter(|_| !chat.live.online(user)))
}

fn changed(user_id: UserId, last_seen: Option<Time>, friends: Vec<UserId>) -> Option<Event> {
    event(&Presence { user_id, online: last_seen.is_none(), last_seen }, Audience::Users(friends))
}

/// Sends to the other members of a room that a user began or stopped typing, unless it is blocked or a
/// request; nothing is stored.
pub async fn typing(chat: &Chat, me: &AuthUser, room: RoomId, is_typing: bool) -> Result<(), Error> {
    let user = me.id;
    let to = chat
        .db
        .read(move |conn| {
            rooms::member(conn, room, user).map_err(|e| Error::or_not_found(e, Resource::Room))?;
            let request = message_requests::state(conn, Membership { room, user })?;
            let is_shown = request.is_none() && !rooms::is_blocked(conn, room)?;
            Ok::<_, Error>(if is_shown { receipts::of_room(conn, room)? } else { Vec::new() })
        })
        .await?;
    let users = to.into_iter().map(|member| member.user).filter(|other| *other != user).collect();
    let typing = Typing { chatroom_id: room, user_id: user, is_typing };
    if let Some(event) = event(&typing, Audience::Members { room, users }) {
        chat.live.send(event);
    }
    Ok(())
}

/// Sets whether a friend is online.
pub(crate) fn show_friend(chat: &Chat, friend: Friend) -> Friend {
    Friend { online: chat.live.online(friend.profile.id), ..friend }
}

/// Sets whether the other member of a one-to-one room is online, if they are a friend.
pub(crate) fn show_room(chat: &Chat, mut room: Room, friends: &[UserId]) -> Room {
    room.online = room.user_id.is_some_and(|peer| friends.contains(&peer) && chat.live.online(peer));
    room
}
