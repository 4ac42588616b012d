//! Who is here: told to friends when the first connection of a user comes and when the last one goes.

use domain::event::{Audience, Event};
use domain::id::{RoomId, UserId};
use domain::payload::{Presence, Typing};
use domain::room::Room;
use domain::time::Time;
use domain::user::Friend;
use persistence::{friends, receipts, rooms, users};

use crate::accounts::AuthUser;
use crate::context::Chat;
use crate::error::{Error, Resource};
use crate::events::event;

/// Tells friends that a user has come.
pub async fn arrive(chat: &Chat, user: UserId) -> Result<(), Error> {
    let to = chat.db.read(move |conn| friends::ids(conn, user)).await?;
    if let Some(event) = changed(user, None, to) {
        chat.live.send(event);
    }
    Ok(())
}

/// Notes when a user went and tells friends.
pub async fn leave(chat: &Chat, user: UserId) -> Result<(), Error> {
    // Whoever came back while this was written is here.
    if let Some(gone) = lost(chat, user).await? {
        chat.live.send(gone);
    }
    Ok(())
}

/// Notes when a user went; returns what their friends are to be told, unless they are back by now.
pub async fn lost(chat: &Chat, user: UserId) -> Result<Option<Event>, Error> {
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

/// Tells the other members of a room that a user began or stopped typing; nothing is stored.
pub async fn typing(chat: &Chat, me: &AuthUser, room: RoomId, is_typing: bool) -> Result<(), Error> {
    let user = me.id;
    let to = chat
        .db
        .read(move |conn| {
            rooms::member(conn, room, user).map_err(|e| Error::or_not_found(e, Resource::Room))?;
            Ok::<_, Error>(receipts::of_room(conn, room)?)
        })
        .await?;
    let users = to.into_iter().map(|member| member.user).filter(|other| *other != user).collect();
    let typing = Typing { chatroom_id: room, user_id: user, is_typing };
    if let Some(event) = event(&typing, Audience::Members { room, users }) {
        chat.live.send(event);
    }
    Ok(())
}

/// Fills in whether a friend is here.
pub(crate) fn show_friend(chat: &Chat, friend: Friend) -> Friend {
    Friend { online: chat.live.online(friend.profile.id), ..friend }
}

/// Fills in whether the other member of a one-to-one room is here, if they are a friend.
pub(crate) fn show_room(chat: &Chat, mut room: Room, friends: &[UserId]) -> Room {
    room.online = room.user_id.is_some_and(|peer| friends.contains(&peer) && chat.live.online(peer));
    room
}
