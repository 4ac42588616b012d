//! Groups: their names and pictures, who is in them, and what each member may do.

use domain::audit::AuditAction;
use domain::disappearing::DisappearAfter;
use domain::event::Origin;
use domain::event_table::LogEntry;
use domain::group::{GROUPS_MAX, GroupAction, MEMBERS_MAX, Participant, ParticipantPage, Role};
use domain::id::{RoomId, UserId};
use domain::log::Scope;
use domain::page::cut;
use domain::room::{Membership, Room};
use domain::room_settings::Change;
use domain::system_message::{SystemAction, SystemMessage};
use domain::text::RoomName;
use domain::time::Time;
use persistence::groups::{self, Look};
use persistence::members::RoomMember;
use persistence::system_messages::{self, Happened};
use persistence::viewer::Viewer;
use persistence::{Conn, friends, incoming_webhooks};

use crate::accounts::AuthUser;
use crate::audit::{self, Actor, Audited};
use crate::context::Chat;
use crate::disappearing;
use crate::error::{Error, Refusal, Resource};
use crate::log::publish_room;
use crate::membership::{self, lock_room, permit, refuse_direct, role_of};
use crate::rooms::view;

/// What to change of a room; `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct RoomChanges {
    /// The name of a group; one that shows nothing is none.
    pub name: Option<RoomName>,
    /// The address of a group's picture; empty for none.
    pub avatar_url: Option<String>,
    /// How long messages are there that are sent from now on.
    pub disappear_after: Change<DisappearAfter>,
}

/// Gives a group another name or picture, or a room another time after which its messages disappear; what it has already
/// changes nothing.
pub async fn update(
    chat: &Chat,
    me: &AuthUser,
    room: RoomId,
    changes: RoomChanges,
    origin: Option<Origin>,
) -> Result<Room, Error> {
    let viewer = chat.viewer(me.id);
    let Viewer { user, now: at } = viewer;
    let updated = chat.db.transaction(move |conn| {
        let member = lock_room(conn, viewer, room)?;
        let RoomChanges { name, avatar_url, disappear_after } = changes.clone();
        let (mut entries, mut messages) = (Vec::new(), Vec::new());
        if name.is_some() || avatar_url.is_some() || disappear_after == Change::Keep {
            messages = change_look(conn, &member, name, avatar_url)?;
            let updated = LogEntry::RoomUpdated { room, user };
            entries.extend((!messages.is_empty()).then_some(updated));
        }
        if disappear_after != Change::Keep
            && let Some(message) = disappearing::change(conn, &member, disappear_after)?
        {
            messages.push(message);
            entries.push(LogEntry::DisappearAfterChanged { room, user });
        }
        Ok::<_, Error>(system_messages::append(conn, &entries, &Happened { room, messages: &messages, at })?)
    });
    publish_room(chat, room, updated.await?, origin).await;
    Ok(view(chat, me, room).await?.room)
}

/// Gives a group, which is locked, another name or picture; returns what is said of it.
fn change_look(
    conn: &mut Conn,
    member: &RoomMember,
    name: Option<RoomName>,
    avatar_url: Option<String>,
) -> Result<Vec<SystemMessage>, Error> {
    refuse_direct(member)?;
    if name.is_some() {
        permit(member, GroupAction::Rename)?;
    }
    if avatar_url.is_some() {
        permit(member, GroupAction::SetAvatar)?;
    }
    let before = groups::look(conn, member.room())?;
    let none_if_empty = |text: String| Some(text).filter(|text| !text.is_empty());
    let after = Look {
        name: name.map_or(before.name.clone(), |name| none_if_empty(name.into_string())),
        avatar_url: avatar_url.map_or(before.avatar_url.clone(), none_if_empty),
    };
    let mut messages = Vec::new();
    if before != after {
        groups::set_look(conn, member, &after)?;
    }
    if before.name != after.name {
        messages.push(SystemMessage::new(SystemAction::Renamed, member.user()).named(after.name));
    }
    if before.avatar_url != after.avatar_url {
        messages.push(SystemMessage::new(SystemAction::AvatarChanged, member.user()));
    }
    Ok(messages)
}

/// Takes friends into a group, and returns those who were not in it; anybody else is not found, as nobody is.
///
/// They see all that was said before, and have nothing of it to read.
pub async fn add_members(
    chat: &Chat,
    me: &AuthUser,
    room: RoomId,
    users: &[UserId],
    origin: Option<Origin>,
) -> Result<Vec<Participant>, Error> {
    let (viewer, users, actor) = (chat.viewer(me.id), users.to_vec(), Actor::from(me));
    let Viewer { user: by, now: at } = viewer;
    let added = chat.db.transaction(move |conn| {
        let member = lock_room(conn, viewer, room)?;
        permit(&member, GroupAction::AddMember)?;
        let friends = friends::ids(conn, by)?;
        if !users.iter().all(|user| *user == by || friends.contains(user)) {
            return Err(Error::NotFound(Resource::User));
        }
        let joined = join(conn, room, &users, at)?;
        if joined.is_empty() {
            return Ok((Vec::new(), Vec::new()));
        }
        let done = joined.iter().map(|user| Audited::to(AuditAction::MemberAdded, user).within(room));
        audit::append(conn, at, &actor, done)?;
        let added = SystemMessage::new(SystemAction::Added, by).to(joined.clone());
        let entries = joined_entries(room, &joined);
        let rows = system_messages::append(conn, &entries, &Happened { room, messages: &[added], at })?;
        let participant = |user| groups::participant(conn, &member, user);
        Ok((joined.into_iter().map(participant).collect::<Result<_, _>>()?, rows))
    });
    let (participants, rows) = added.await?;
    publish_room(chat, room, rows, origin).await;
    Ok(participants)
}

/// Takes users into a group, which is locked, and returns those who were not in it.
pub(crate) fn join(conn: &mut Conn, room: RoomId, users: &[UserId], at: Time) -> Result<Vec<UserId>, Error> {
    let joined = groups::add(conn, room, users, at)?;
    if usize::try_from(groups::member_count(conn, room)?).is_ok_and(|count| count > MEMBERS_MAX) {
        return Err(Error::Refused(Refusal::RoomTooLarge(MEMBERS_MAX)));
    }
    // This group is one of theirs by now.
    if !groups::in_groups(conn, &joined, GROUPS_MAX + 1)?.is_empty() {
        return Err(Error::Refused(Refusal::TooManyGroups(GROUPS_MAX)));
    }
    Ok(joined)
}

/// Returns what is logged of users who have come into a group: first for them that there is one, then for all.
pub(crate) fn joined_entries(room: RoomId, joined: &[UserId]) -> Vec<LogEntry> {
    let created = joined.iter().map(|to| LogEntry::RoomCreated { to: *to, room });
    created.chain(joined.iter().map(|user| LogEntry::MemberAdded { room, user: *user })).collect()
}

/// Removes a member from a group, for whom it is as if they had left.
pub async fn remove_member(
    chat: &Chat,
    me: &AuthUser,
    member: Membership,
    origin: Option<Origin>,
) -> Result<(), Error> {
    let Membership { room, user } = member;
    if user == me.id {
        return leave(chat, me, room, origin).await;
    }
    let (viewer, actor) = (chat.viewer(me.id), Actor::from(me));
    let Viewer { user: by, now: at } = viewer;
    let removed = chat.db.transaction(move |conn| {
        let remover = lock_room(conn, viewer, room)?;
        refuse_direct(&remover)?;
        let role = role_of(conn, &remover, user)?;
        permit(&remover, GroupAction::remove(role))?;
        groups::remove(conn, &remover, user)?;
        audit::append(conn, at, &actor, [Audited::to(AuditAction::MemberRemoved, &user).within(room)])?;
        let messages = [SystemMessage::new(SystemAction::Removed, by).to(vec![user])];
        let happened = Happened { room, messages: &messages, at };
        Ok::<_, Error>(system_messages::append(conn, &left_entries(member), &happened)?)
    });
    publish_room(chat, room, removed.await?, origin).await;
    Ok(())
}

/// Leaves a group: it and all that is in it is gone for the user, who gets no event of it that is later in the log.
///
/// What they sent stays for the others. Where the owner leaves, the admin who joined first becomes the owner, or else
/// the member; a group that all have left stays without anybody who can read it.
pub async fn leave(chat: &Chat, me: &AuthUser, room: RoomId, origin: Option<Origin>) -> Result<(), Error> {
    let viewer = chat.viewer(me.id);
    let Viewer { user, now: at } = viewer;
    let left = chat.db.transaction(move |conn| {
        let leaver = lock_room(conn, viewer, room)?;
        refuse_direct(&leaver)?;
        groups::remove(conn, &leaver, user)?;
        let mut entries = left_entries(Membership { room, user }).to_vec();
        let heir = if leaver.role() == Role::Owner { groups::heir(conn, &leaver)? } else { None };
        if groups::member_count(conn, room)? == 0 {
            incoming_webhooks::delete_all(conn, &leaver)?;
        }
        if let Some(heir) = heir {
            groups::set_role(conn, &leaver, heir, Role::Owner)?;
            entries.push(LogEntry::RoleChanged { room, user: heir });
        }
        let mut messages = vec![SystemMessage::new(SystemAction::Left, user)];
        messages.extend(heir.map(|heir| SystemMessage::new(SystemAction::HandedOver, user).to(vec![heir])));
        let happened = Happened { room, messages: &messages, at };
        Ok::<_, Error>(system_messages::append(conn, &entries, &happened)?)
    });
    publish_room(chat, room, left.await?, origin).await;
    Ok(())
}

fn left_entries(member: Membership) -> [LogEntry; 2] {
    [Scope::Room(member.room), Scope::User(member.user)].map(|to| LogEntry::MemberLeft { to, member })
}

/// Gives a member another role; who makes another one the owner becomes an admin.
pub async fn set_role(
    chat: &Chat,
    me: &AuthUser,
    member: Membership,
    role: Role,
    origin: Option<Origin>,
) -> Result<Participant, Error> {
    let (Membership { room, user }, viewer, actor) = (member, chat.viewer(me.id), Actor::from(me));
    let Viewer { user: owner, now: at } = viewer;
    let changed = chat.db.transaction(move |conn| {
        let giver = lock_room(conn, viewer, room)?;
        permit(&giver, GroupAction::give(role))?;
        if role_of(conn, &giver, user)? == role {
            return Ok((groups::participant(conn, &giver, user)?, Vec::new()));
        }
        if user == owner {
            return Err(Error::Refused(Refusal::OwnerStays));
        }
        groups::set_role(conn, &giver, user, role)?;
        audit::append(conn, at, &actor, [Audited::to(AuditAction::RoleChanged, &user).within(room)])?;
        let mut entries = vec![LogEntry::RoleChanged { room, user }];
        let mut action = SystemAction::RoleChanged;
        if role == Role::Owner {
            groups::set_role(conn, &giver, owner, Role::Admin)?;
            entries.push(LogEntry::RoleChanged { room, user: owner });
            action = SystemAction::HandedOver;
        }
        let messages = [SystemMessage::new(action, owner).to(vec![user]).with_role(role)];
        let participant = groups::participant(conn, &giver, user)?;
        let happened = Happened { room, messages: &messages, at };
        Ok((participant, system_messages::append(conn, &entries, &happened)?))
    });
    let (participant, rows) = changed.await?;
    publish_room(chat, room, rows, origin).await;
    Ok(participant)
}

/// Lists the members of a room whose ids are above `after`, at most `limit`.
pub async fn participants(
    chat: &Chat,
    me: &AuthUser,
    room: RoomId,
    after: UserId,
    limit: i64,
) -> Result<ParticipantPage, Error> {
    let viewer = chat.viewer(me.id);
    chat.db
        .read(move |conn| {
            let member = membership::find(conn, viewer, room)?;
            let mut participants = groups::participants(conn, &member, after, limit.saturating_add(1))?;
            let next = cut(&mut participants, limit).map(|last| last.profile.id);
            Ok(ParticipantPage { participants, next })
        })
        .await
}
