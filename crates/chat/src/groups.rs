//! Groups: their names and pictures, who is in them, and what each member may do.

use domain::audit::AuditAction;
use domain::disappearing::DisappearAfter;
use domain::event::Origin;
use domain::event_table::LogEntry;
use domain::group::{GROUPS_MAX, GroupAction, MEMBERS_MAX, Participant, ParticipantPage, Role};
use domain::id::{RoomId, UserId};
use domain::log::Scope;
use domain::room::{Membership, Room, RoomKind};
use domain::room_settings::Change;
use domain::system_message::{SystemAction, SystemMessage};
use domain::text::RoomName;
use domain::time::Time;
use persistence::groups::{self, Look};
use persistence::system_messages::{self, Happened};
use persistence::{Conn, friends, incoming_webhooks, rooms};

use crate::accounts::AuthUser;
use crate::audit::{self, Actor, Audited};
use crate::context::Chat;
use crate::disappearing;
use crate::error::{Error, Refusal, Resource};
use crate::log::publish;
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
    let (member, at) = (Membership { room, user: me.id }, chat.now());
    let updated = chat.db.transaction(move |conn| {
        groups::lock_as(conn, member).map_err(|e| Error::or_not_found(e, Resource::Room))?;
        let RoomChanges { name, avatar_url, disappear_after } = changes.clone();
        let (mut entries, mut messages) = (Vec::new(), Vec::new());
        if name.is_some() || avatar_url.is_some() || disappear_after == Change::Keep {
            messages = change_look(conn, member, name, avatar_url)?;
            let updated = LogEntry::RoomUpdated { room, user: member.user };
            entries.extend((!messages.is_empty()).then_some(updated));
        }
        if disappear_after != Change::Keep
            && let Some(message) = disappearing::change(conn, member, disappear_after)?
        {
            messages.push(message);
            entries.push(LogEntry::DisappearAfterChanged { room, user: member.user });
        }
        Ok::<_, Error>(system_messages::append(conn, &entries, &Happened { room, messages: &messages, at })?)
    });
    let rows = updated.await?;
    chat.writer.members().forget(room);
    publish(chat, rows, origin).await;
    Ok(view(chat, me, room).await?.room)
}

/// Gives a group, which is locked, another name or picture; returns what is said of it.
fn change_look(
    conn: &mut Conn,
    member: Membership,
    name: Option<RoomName>,
    avatar_url: Option<String>,
) -> Result<Vec<SystemMessage>, Error> {
    let (role, before) = (role(conn, member)?, groups::look(conn, member.room)?);
    let (renames, pictures) = (name.is_some(), avatar_url.is_some());
    let may = |does: bool, action| !does || role.may(action);
    if !may(renames, GroupAction::Rename) || !may(pictures, GroupAction::SetAvatar) {
        return Err(Error::Forbidden);
    }
    let none_if_empty = |text: String| Some(text).filter(|text| !text.is_empty());
    let after = Look {
        name: name.map_or(before.name.clone(), |name| none_if_empty(name.into_string())),
        avatar_url: avatar_url.map_or(before.avatar_url.clone(), none_if_empty),
    };
    let mut messages = Vec::new();
    if before != after {
        groups::set_look(conn, member.room, &after)?;
    }
    if before.name != after.name {
        messages.push(SystemMessage::new(SystemAction::Renamed, member.user).named(after.name));
    }
    if before.avatar_url != after.avatar_url {
        messages.push(SystemMessage::new(SystemAction::AvatarChanged, member.user));
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
    let (member, users, at) = (Membership { room, user: me.id }, users.to_vec(), chat.now());
    let actor = Actor::from(me);
    let added = chat.db.transaction(move |conn| {
        if !lock(conn, member)?.may(GroupAction::AddMember) {
            return Err(Error::Forbidden);
        }
        let friends = friends::ids(conn, member.user)?;
        if !users.iter().all(|user| *user == member.user || friends.contains(user)) {
            return Err(Error::NotFound(Resource::User));
        }
        let joined = join(conn, room, &users, at)?;
        if joined.is_empty() {
            return Ok((Vec::new(), Vec::new()));
        }
        let done = joined.iter().map(|user| Audited::to(AuditAction::MemberAdded, user).within(room));
        audit::append(conn, at, &actor, done)?;
        let added = SystemMessage::new(SystemAction::Added, member.user).to(joined.clone());
        let entries = joined_entries(room, &joined);
        let rows = system_messages::append(conn, &entries, &Happened { room, messages: &[added], at })?;
        let user = |user: UserId| groups::participant(conn, Membership { room, user });
        Ok((joined.into_iter().map(user).collect::<Result<_, _>>()?, rows))
    });
    let (participants, rows) = added.await?;
    chat.writer.members().forget(room);
    publish(chat, rows, origin).await;
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
    let (by, at, actor) = (me.id, chat.now(), Actor::from(me));
    let removed = chat.db.transaction(move |conn| {
        let mine = lock(conn, Membership { room, user: by })?;
        let theirs = role_of(conn, member)?;
        if !mine.may(GroupAction::remove(theirs)) {
            return Err(Error::Forbidden);
        }
        groups::remove(conn, member, Some(by), at)?;
        audit::append(conn, at, &actor, [Audited::to(AuditAction::MemberRemoved, &user).within(room)])?;
        let messages = [SystemMessage::new(SystemAction::Removed, by).to(vec![user])];
        let happened = Happened { room, messages: &messages, at };
        Ok(system_messages::append(conn, &left_entries(member), &happened)?)
    });
    let rows = removed.await?;
    chat.writer.members().forget(room);
    publish(chat, rows, origin).await;
    Ok(())
}

/// Leaves a group: it and all that is in it is gone for the user, who gets no event of it that is later in the log.
///
/// What they sent stays for the others. Where the owner leaves, the admin who joined first becomes the owner, or else
/// the member; a group that all have left stays without anybody who can read it.
pub async fn leave(chat: &Chat, me: &AuthUser, room: RoomId, origin: Option<Origin>) -> Result<(), Error> {
    let (member, at) = (Membership { room, user: me.id }, chat.now());
    let left = chat.db.transaction(move |conn| {
        let role = lock(conn, member)?;
        groups::remove(conn, member, None, at)?;
        let mut entries = left_entries(member).to_vec();
        let heir = if role == Role::Owner { groups::heir(conn, room)? } else { None };
        if groups::member_count(conn, room)? == 0 {
            incoming_webhooks::delete_all(conn, room)?;
        }
        if let Some(user) = heir {
            groups::set_role(conn, Membership { room, user }, Role::Owner)?;
            entries.push(LogEntry::RoleChanged { room, user });
        }
        let mut messages = vec![SystemMessage::new(SystemAction::Left, member.user)];
        messages.extend(
            heir.map(|heir| SystemMessage::new(SystemAction::HandedOver, member.user).to(vec![heir])),
        );
        let happened = Happened { room, messages: &messages, at };
        Ok::<_, Error>(system_messages::append(conn, &entries, &happened)?)
    });
    let rows = left.await?;
    chat.writer.members().forget(room);
    publish(chat, rows, origin).await;
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
    let (Membership { room, user }, owner, at, actor) = (member, me.id, chat.now(), Actor::from(me));
    let changed = chat.db.transaction(move |conn| {
        if !lock(conn, Membership { room, user: owner })?.may(GroupAction::give(role)) {
            return Err(Error::Forbidden);
        }
        let before = role_of(conn, member)?;
        if before == role {
            return Ok((groups::participant(conn, member)?, Vec::new()));
        }
        if user == owner {
            return Err(Error::Refused(Refusal::OwnerStays));
        }
        groups::set_role(conn, member, role)?;
        audit::append(conn, at, &actor, [Audited::to(AuditAction::RoleChanged, &user).within(room)])?;
        let mut entries = vec![LogEntry::RoleChanged { room, user }];
        let mut action = SystemAction::RoleChanged;
        if role == Role::Owner {
            groups::set_role(conn, Membership { room, user: owner }, Role::Admin)?;
            entries.push(LogEntry::RoleChanged { room, user: owner });
            action = SystemAction::HandedOver;
        }
        let messages = [SystemMessage::new(action, owner).to(vec![user]).with_role(role)];
        let participant = groups::participant(conn, member)?;
        let happened = Happened { room, messages: &messages, at };
        Ok((participant, system_messages::append(conn, &entries, &happened)?))
    });
    let (participant, rows) = changed.await?;
    chat.writer.members().forget(room);
    publish(chat, rows, origin).await;
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
    let user = me.id;
    chat.db
        .read(move |conn| {
            rooms::member(conn, room, user).map_err(|e| Error::or_not_found(e, Resource::Room))?;
            let mut participants = groups::participants(conn, room, after, limit.saturating_add(1))?;
            let most = usize::try_from(limit).unwrap_or_default();
            let more = participants.len() > most;
            participants.truncate(most);
            let next = participants.last().filter(|_| more).map(|last| last.profile.id);
            Ok(ParticipantPage { participants, next })
        })
        .await
}

/// Locks a group until the transaction ends, for one of its members, whose role is returned.
pub(crate) fn lock(conn: &mut Conn, member: Membership) -> Result<Role, Error> {
    groups::lock_as(conn, member).map_err(|e| Error::or_not_found(e, Resource::Room))?;
    role(conn, member)
}

/// Returns the role of a member of a group.
pub(crate) fn role(conn: &mut Conn, member: Membership) -> Result<Role, Error> {
    let role = groups::role(conn, member).map_err(|e| Error::or_not_found(e, Resource::Room))?;
    if rooms::kind(conn, member.room)? == RoomKind::Direct {
        return Err(Error::Refused(Refusal::NotAGroup));
    }
    Ok(role)
}

fn role_of(conn: &mut Conn, member: Membership) -> Result<Role, Error> {
    groups::role(conn, member).map_err(|e| Error::or_not_found(e, Resource::User))
}
