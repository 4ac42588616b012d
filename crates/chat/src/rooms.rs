//! Rooms: opening one, listing one's own, who is in them, and what is pinned to them.

use std::borrow::Cow;
use std::collections::HashMap;

use domain::event::Origin;
use domain::event_table::LogEntry;
use domain::group::{GROUPS_MAX, MEMBERS_MAX};
use domain::id::{RoomId, UserId};
use domain::message::{Message, MessageRef, MessageSeq};
use domain::message_request::SendRefusal;
use domain::payload::Pin;
use domain::room::{Room, RoomKind, RoomWithMembers, direct_key};
use domain::settings::Writers;
use domain::system_message::{SystemAction, SystemMessage};
use domain::text::RoomName;
use domain::time::Time;
use persistence::Conn;
use persistence::error::Error as Stored;
use persistence::hidden::{self, HiddenMessage};
use persistence::members::{self, RoomMember};
use persistence::messages::{self, seen_by};
use persistence::pins::{self, PinnedMessage};
use persistence::revisions::LockedMessage;
use persistence::rooms::{self, NewRoom};
use persistence::system_messages::{self, Happened};
use persistence::viewer::{NOBODY, Viewer};
use persistence::{friends, groups, message_requests, privacy, receipts, room_views, settings};

use crate::accounts::AuthUser;
use crate::context::Chat;
use crate::error::{Error, Refusal, Resource};
use crate::log::{publish, publish_room, record};
use crate::{blocks, membership, presence, revisions};

/// The most messages that are pinned to a room; one more unpins the one that was pinned first.
pub const PINS_MAX: usize = 50;

/// Lists one's rooms, the last changed first.
pub async fn list(chat: &Chat, me: &AuthUser) -> Result<Vec<Room>, Error> {
    let viewer = chat.viewer(me.id);
    let loaded = chat.db.read(move |conn| {
        Ok::<_, Stored>((room_views::list(conn, viewer)?, privacy::presence_seen_by(conn, viewer.user)?))
    });
    let (rooms, seen) = loaded.await?;
    Ok(rooms.into_iter().map(|room| presence::show_room(chat, room.listed(), &seen)).collect())
}

/// Returns the rooms that one is in.
pub async fn ids(chat: &Chat, me: &AuthUser) -> Result<Vec<RoomId>, Error> {
    let id = me.id;
    Ok(chat.db.read(move |conn| rooms::ids(conn, id)).await?)
}

/// Returns one of one's rooms.
pub async fn view(chat: &Chat, me: &AuthUser, room: RoomId) -> Result<RoomWithMembers, Error> {
    let viewer = chat.viewer(me.id);
    let loaded = chat.db.read(move |conn| {
        let member = members::find(conn, viewer, room)?;
        let view = room_views::view(conn, &member)?;
        let participants = groups::participants(conn, &member, NOBODY, i64::MAX)?;
        let members = (participants, receipts::of_room(conn, &member)?);
        Ok::<_, Stored>((view, members, privacy::presence_seen_by(conn, viewer.user)?))
    });
    let (view, (participants, receipts), seen) =
        loaded.await.map_err(|e| Error::or_not_found(e, Resource::Room))?;
    Ok(RoomWithMembers { room: presence::show_room(chat, view, &seen), participants, receipts })
}

/// Lists what is pinned to a room, the last pinned first, without what one has hidden.
pub async fn pins(chat: &Chat, me: &AuthUser, room: RoomId) -> Result<Vec<Pin<'static>>, Error> {
    let viewer = chat.viewer(me.id);
    chat.db
        .read(move |conn| {
            let member = membership::find(conn, viewer, room)?;
            Ok(pinned(conn, &member)?)
        })
        .await
}

fn pinned(conn: &mut Conn, member: &RoomMember) -> Result<Vec<Pin<'static>>, Stored> {
    let pins = pins::list(conn, member)?;
    let named: Vec<MessageSeq> = pins.iter().map(|pinned| pinned.message).collect();
    let seqs: Vec<i64> = named.iter().map(|message| message.seq).collect();
    let (hidden, receipts) = (hidden::at(conn, &named)?, receipts::of_room(conn, member)?);
    let is_shown = |message: &Message| {
        !message.deleted && !hidden.contains(&HiddenMessage { user: member.user(), message: message.at() })
    };
    let messages = messages::of_room(conn, member, &seqs)?.into_iter().filter(is_shown);
    let mut messages: HashMap<i64, Message> = messages.map(|message| (message.seq, message)).collect();
    let pin = |PinnedMessage { message, by, at }: PinnedMessage| {
        let message = seen_by(messages.remove(&message.seq)?, member.user(), &receipts);
        Some(Pin { message: Cow::Owned(message), pinned_by: by, pinned_at: at })
    };
    Ok(pins.into_iter().filter_map(pin).collect())
}

/// Pins a message to its room for all members, and says so there, unless it is a message request; one that is pinned stays as it is.
pub async fn pin(
    chat: &Chat,
    me: &AuthUser,
    message: MessageRef,
    origin: Option<Origin>,
) -> Result<Pin<'static>, Error> {
    let viewer = chat.viewer(me.id);
    let Viewer { user: id, now } = viewer;
    let done = chat.db.transaction(move |conn| {
        let (member, locked) = revisions::lock_open(conn, viewer, message)?;
        if locked.state.unsent {
            return Err(Error::Refused(Refusal::Unsent));
        }
        if locked.state.system {
            return Err(Error::Refused(Refusal::SystemMessage));
        }
        let room = message.room;
        let (mut changed, mut said) = (Vec::new(), Vec::new());
        if pins::insert(conn, &member, locked.at.seq)? {
            changed.push(locked.at);
            // Strangers say no more than their messages.
            let is_request = message_requests::state(conn, &member)?.is_some();
            let pinned = SystemMessage::new(SystemAction::Pinned, id).about(locked.id);
            said.extend((!is_request).then_some(pinned));
            for oldest in pins::list(conn, &member)?.into_iter().skip(PINS_MAX) {
                pins::delete(conn, &member, oldest.message.seq)?;
                changed.push(oldest.message);
            }
        }
        let found = pinned(conn, &member)?.into_iter().find(|pin| pin.message.at() == locked.at);
        let found = found.ok_or(Error::NotFound(Resource::Message))?;
        let happened = Happened { room, messages: &said, at: now };
        Ok((found, system_messages::append(conn, &entries(&changed), &happened)?))
    });
    let (pin, rows) = done.await?;
    publish_room(chat, message.room, rows, origin).await;
    Ok(pin)
}

/// Unpins a message, also one that another member pinned; one that is not pinned stays so.
pub async fn unpin(
    chat: &Chat,
    me: &AuthUser,
    message: MessageRef,
    origin: Option<Origin>,
) -> Result<(), Error> {
    let viewer = chat.viewer(me.id);
    let done = chat.db.transaction(move |conn| {
        let (member, LockedMessage { at, .. }) = revisions::lock(conn, viewer, message)?;
        let changed = pins::delete(conn, &member, at.seq)?.then_some(at);
        Ok::<_, Error>(record(conn, &entries(changed.as_slice()))?)
    });
    publish(chat, done.await?, origin).await;
    Ok(())
}

fn entries(pinned: &[MessageSeq]) -> Vec<LogEntry> {
    pinned.iter().map(|&MessageSeq { room, seq }| LogEntry::MessagePinned { room, seq }).collect()
}

/// Opens a room with these members and oneself: for two people the one that they have, for more a new group.
///
/// A group is for friends: anybody else is not found, as nobody is. A name that shows nothing is none.
pub async fn open(
    chat: &Chat,
    me: &AuthUser,
    members: &[UserId],
    name: Option<RoomName>,
) -> Result<Room, Error> {
    let mut members: Vec<UserId> = members.iter().copied().chain([me.id]).collect();
    members.sort_unstable();
    members.dedup();
    let name = name.filter(|name| !name.as_str().is_empty());
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
async fn direct(chat: &Chat, me: UserId, other: UserId, name: Option<RoomName>) -> Result<RoomId, Error> {
    let new = direct_room(chat.now(), me, other, name);
    let key = new.direct_key.clone().unwrap_or_default();
    if let Some(room) = chat.db.read(move |conn| rooms::by_direct_key(conn, &key)).await? {
        return Ok(room);
    }
    let made = chat.db.transaction(move |conn| {
        let (room, entries) = find_or_insert(conn, &new)?;
        Ok::<_, Error>((room, record(conn, &entries)?))
    });
    let (room, rows) = made.await?;
    publish(chat, rows, None).await;
    Ok(room)
}

/// What the one-to-one room of two users would be.
pub(crate) fn direct_room(at: Time, me: UserId, other: UserId, name: Option<RoomName>) -> NewRoom {
    NewRoom {
        id: RoomId::generate(),
        kind: RoomKind::Direct,
        name,
        direct_key: Some(direct_key(me, other)),
        creator: me,
        members: vec![me, other],
        at,
    }
}

/// Returns the room that two users have, or makes this one; and the entries for its members.
///
/// The transaction runs again if one was made concurrently.
pub(crate) fn find_or_insert(conn: &mut Conn, new: &NewRoom) -> Result<(RoomId, Vec<LogEntry>), Error> {
    if let Some(key) = &new.direct_key
        && let Some(room) = rooms::by_direct_key(conn, key)?
    {
        return Ok((room, Vec::new()));
    }
    let entries = insert(conn, new).map_err(|error| match error {
        Error::Internal(source) if is_conflict(&*source) => Error::Busy,
        other => other,
    })?;
    Ok((new.id, entries))
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
    let new =
        NewRoom { id, kind: RoomKind::Group, name, direct_key: None, creator: me, members, at: chat.now() };
    let made = chat.db.transaction(move |conn| {
        if !groups::in_groups(conn, &new.members, GROUPS_MAX)?.is_empty() {
            return Err(Error::Refused(Refusal::TooManyGroups(GROUPS_MAX)));
        }
        let entries = insert(conn, &new)?;
        let name = new.name.as_ref().map(ToString::to_string);
        let created = [SystemMessage::new(SystemAction::Created, new.creator).named(name)];
        let happened = Happened { room: new.id, messages: &created, at: new.at };
        Ok(system_messages::append(conn, &entries, &happened)?)
    });
    publish(chat, made.await?, None).await;
    Ok(id)
}

/// Stores a room; returns the entries for its members. Who may not be taken in is as one who is not there.
///
/// A one-to-one room with who is not a friend is a message request to them.
fn insert(conn: &mut Conn, new: &NewRoom) -> Result<Vec<LogEntry>, Error> {
    let (creator, members) = (new.creator, &new.members);
    let all_may = match new.kind {
        RoomKind::Direct => privacy::reachable(conn, creator, members)?.len() == members.len(),
        RoomKind::Group => {
            let friends = friends::ids(conn, creator)?;
            members.iter().all(|member| *member == creator || friends.contains(member))
        }
    };
    if !all_may {
        return Err(Error::NotFound(Resource::User));
    }
    rooms::insert(conn, new)?;
    if let (RoomKind::Direct, Some(other)) = (new.kind, members.iter().find(|member| **member != creator)) {
        blocks::refuse(conn, creator, *other)?;
        if !friends::are_friends(conn, creator, *other)? {
            if settings::find(conn, *other)?.message_requests == Writers::Friends {
                return Err(Error::Refused(Refusal::Send(SendRefusal::Closed)));
            }
            message_requests::begin(conn, new.id, (creator, *other))?;
        }
    }
    Ok(members.iter().map(|to| LogEntry::RoomCreated { to: *to, room: new.id }).collect())
}
