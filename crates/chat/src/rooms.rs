//! Rooms: opening one, listing one's own, and who is in them.

use domain::event::Event;
use domain::id::{RoomId, UserId};
use domain::room::{Kind, MEMBERS_MAX, Room, RoomWithMembers, direct_key};
use domain::text::RoomName;
use persistence::error::Error as Stored;
use persistence::rooms::{self, NewRoom};
use persistence::users;

use crate::accounts::Me;
use crate::context::Chat;
use crate::error::{Error, Refusal, Thing};
use crate::presence;

/// Lists one's rooms, the last changed first.
pub async fn list(chat: &Chat, me: &Me) -> Result<Vec<Room>, Error> {
    let id = me.id;
    let loaded =
        chat.db.read(move |conn| Ok::<_, Stored>((rooms::list(conn, id)?, users::friend_ids(conn, id)?)));
    let (rooms, friends) = loaded.await?;
    Ok(rooms.into_iter().map(|room| presence::show_room(chat, room.listed(), &friends)).collect())
}

/// Returns one of one's rooms.
pub async fn view(chat: &Chat, me: &Me, room: RoomId) -> Result<RoomWithMembers, Error> {
    let id = me.id;
    let loaded = chat.db.read(move |conn| {
        let view = rooms::view(conn, id, room)?;
        Ok::<_, Stored>((view, rooms::members(conn, room)?, users::friend_ids(conn, id)?))
    });
    let (view, participants, friends) = loaded.await.map_err(|e| Error::or_not_found(e, Thing::Room))?;
    Ok(RoomWithMembers { room: presence::show_room(chat, view, &friends), participants })
}

/// Opens a room with these members and oneself: for two people the one that they have, for more a new group.
pub async fn open(chat: &Chat, me: &Me, members: &[UserId], name: Option<RoomName>) -> Result<Room, Error> {
    let mut members: Vec<UserId> = members.iter().copied().chain([me.id]).collect();
    members.sort_unstable();
    members.dedup();
    if members.len() > MEMBERS_MAX {
        return Err(Error::Refused(Refusal::RoomTooLarge(MEMBERS_MAX)));
    }
    let others: Vec<UserId> = members.iter().copied().filter(|member| *member != me.id).collect();
    let room = match others.as_slice() {
        [] => return Err(Error::Refused(Refusal::RoomTooSmall)),
        [other] => direct(chat, me.id, *other, name).await?,
        _ => group(chat, me.id, members, name).await?,
    };
    Ok(view(chat, me, room).await?.room)
}

/// Returns the one-to-one room of two users, made now if they have none; there is only ever one.
pub(crate) async fn direct(
    chat: &Chat,
    me: UserId,
    other: UserId,
    name: Option<RoomName>,
) -> Result<RoomId, Error> {
    let key = direct_key(me, other);
    let found = key.clone();
    if let Some(room) = chat.db.read(move |conn| rooms::by_direct_key(conn, &found)).await? {
        return Ok(room);
    }
    let new = NewRoom {
        id: RoomId::generate(),
        kind: Kind::Direct,
        name,
        direct_key: Some(key.clone()),
        creator: me,
        members: vec![me, other],
        at: chat.now(),
    };
    match insert(chat, new).await {
        // Somebody made it in this moment; theirs is the one.
        Err(Error::Internal(source)) if is_conflict(&*source) => {
            let room = chat.db.read(move |conn| rooms::by_direct_key(conn, &key)).await?;
            room.ok_or(Error::Internal(source))
        }
        outcome => outcome,
    }
}

fn is_conflict(error: &(dyn std::error::Error + 'static)) -> bool {
    matches!(error.downcast_ref::<Stored>(), Some(Stored::Conflict))
}

async fn group(
    chat: &Chat,
    me: UserId,
    members: Vec<UserId>,
    name: Option<RoomName>,
) -> Result<RoomId, Error> {
    let id = RoomId::generate();
    let new = NewRoom { id, kind: Kind::Group, name, direct_key: None, creator: me, members, at: chat.now() };
    insert(chat, new).await
}

/// Stores a room and shows it to its members.
async fn insert(chat: &Chat, new: NewRoom) -> Result<RoomId, Error> {
    let (id, members) = (new.id, new.members.clone());
    chat.db
        .transaction(move |conn| {
            if users::existing(conn, &new.members)?.len() < new.members.len() {
                return Err(Error::NotFound(Thing::User));
            }
            Ok(rooms::insert(conn, &new)?)
        })
        .await?;
    let views = chat.db.read(move |conn| {
        let view = |to: UserId| Ok::<_, Stored>((to, rooms::view(conn, to, id)?));
        members.into_iter().map(view).collect::<Result<Vec<_>, _>>()
    });
    let told =
        views.await?.into_iter().map(|(to, room)| Event::RoomCreated { room: Box::new(room.listed()), to });
    chat.live.publish(told.collect());
    Ok(id)
}
