//! Who is here: told to friends when the first connection of a user comes and when the last one goes.

use domain::event::Event;
use domain::id::{RoomId, UserId};
use domain::room::Room;
use domain::user::Friend;
use persistence::{friends, receipts, rooms, users};

use crate::accounts::Me;
use crate::context::Chat;
use crate::error::{Error, Thing};

/// Tells friends that a user has come.
pub async fn arrive(chat: &Chat, user: UserId) -> Result<(), Error> {
    let to = chat.db.read(move |conn| friends::ids(conn, user)).await?;
    chat.live.tell(Event::PresenceChanged { user, online: true, last_seen: None, to });
    Ok(())
}

/// Notes when a user went and tells friends.
pub async fn leave(chat: &Chat, user: UserId) -> Result<(), Error> {
    // Whoever came back while this was written is here.
    if let Some(gone) = lost(chat, user).await? {
        chat.live.tell(gone);
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
    let gone = Event::PresenceChanged { user, online: false, last_seen: Some(now), to };
    Ok((!chat.live.online(user)).then_some(gone))
}

/// Tells the other members of a room that a user began or stopped typing; nothing is stored.
pub async fn typing(chat: &Chat, me: &Me, room: RoomId, is_typing: bool) -> Result<(), Error> {
    let user = me.id;
    let to = chat
        .db
        .read(move |conn| {
            rooms::member(conn, room, user).map_err(|e| Error::or_not_found(e, Thing::Room))?;
            Ok::<_, Error>(receipts::of_room(conn, room)?)
        })
        .await?;
    let to = to.into_iter().map(|marks| marks.user).filter(|other| *other != user).collect();
    chat.live.tell(Event::Typing { room, user, is_typing, to });
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
