//! Groups: members with their roles, taken in and removed.

use std::collections::{HashMap, HashSet};

use diesel::dsl::count_star;
use diesel::prelude::*;
use domain::group::{Participant, Role};
use domain::id::{RoomId, UserId};
use domain::room::{Membership, RoomKind};
use domain::time::Time;

use crate::conn::Conn;
use crate::error::Error;
use crate::ids::room_id;
use crate::members::{RoomMember, parse_role};
use crate::schema::{chatrooms, participants, users};
use crate::users::ProfileRow;

/// Returns the role of a member, as another one sees it; [`Error::NotFound`] if the user is not in the room.
pub fn role(conn: &mut Conn, member: &RoomMember, user: UserId) -> Result<Role, Error> {
    let role: String = participants::table
        .find((member.room().bytes(), user.0))
        .filter(participants::left_at.is_null())
        .select(participants::role)
        .first(conn)?;
    parse_role(&role)
}

/// Returns the members of a room with ids above `after`, ascending, at most `limit`.
pub fn participants(
    conn: &mut Conn,
    member: &RoomMember,
    after: UserId,
    limit: i64,
) -> Result<Vec<Participant>, Error> {
    let rows: Vec<(ProfileRow, String, chrono::NaiveDateTime)> = participants::table
        .inner_join(users::table)
        .filter(participants::chatroom_id.eq(member.room().bytes()))
        .filter(participants::left_at.is_null())
        .filter(participants::user_id.gt(after.0))
        .order(participants::user_id)
        .limit(limit)
        .select((ProfileRow::as_select(), participants::role, participants::joined_at))
        .load(conn)?;
    rows.into_iter().map(participant_of).collect()
}

fn participant_of(
    (profile, role, joined_at): (ProfileRow, String, chrono::NaiveDateTime),
) -> Result<Participant, Error> {
    let joined_at = Time::from_naive(joined_at);
    Ok(Participant { profile: profile.into(), role: parse_role(&role)?, joined_at })
}

/// Returns a member, as another one sees them; [`Error::NotFound`] if the user is not in the room.
pub fn participant(conn: &mut Conn, member: &RoomMember, user: UserId) -> Result<Participant, Error> {
    let row: (ProfileRow, String, chrono::NaiveDateTime) = participants::table
        .inner_join(users::table)
        .filter(participants::chatroom_id.eq(member.room().bytes()))
        .filter(participants::user_id.eq(user.0))
        .filter(participants::left_at.is_null())
        .select((ProfileRow::as_select(), participants::role, participants::joined_at))
        .first(conn)?;
    participant_of(row)
}

/// Returns the other members of a room.
pub fn others(conn: &mut Conn, member: &RoomMember) -> Result<Vec<UserId>, Error> {
    let others: Vec<i64> = participants::table
        .filter(participants::chatroom_id.eq(member.room().bytes()))
        .filter(participants::left_at.is_null())
        .filter(participants::user_id.ne(member.user().0))
        .select(participants::user_id)
        .load(conn)?;
    Ok(others.into_iter().map(UserId).collect())
}

/// Returns how many members a room has. Who has an invite learns it as well.
pub fn member_count(conn: &mut Conn, room: RoomId) -> Result<i64, Error> {
    let members = participants::table
        .filter(participants::chatroom_id.eq(room.bytes()))
        .filter(participants::left_at.is_null());
    Ok(members.count().get_result(conn)?)
}

/// Returns those of `users` who are in at least `most` groups.
pub fn in_groups(conn: &mut Conn, users: &[UserId], most: usize) -> Result<Vec<UserId>, Error> {
    let counts: Vec<(i64, i64)> = participants::table
        .inner_join(chatrooms::table)
        .filter(participants::user_id.eq_any(users.iter().map(|user| user.0)))
        .filter(participants::left_at.is_null())
        .filter(chatrooms::kind.eq(RoomKind::Group.as_str()))
        .group_by(participants::user_id)
        .select((participants::user_id, count_star()))
        .load(conn)?;
    let full = |(_, count): &(i64, i64)| usize::try_from(*count).is_ok_and(|count| count >= most);
    Ok(counts.into_iter().filter(full).map(|(user, _)| UserId(user)).collect())
}

/// Takes users into a room, which is locked; those who are in it already are left out of what is returned.
///
/// All messages up to now count as read by them. A member takes them in, or an invite lets them in.
pub fn add(conn: &mut Conn, room: RoomId, users: &[UserId], at: Time) -> Result<Vec<UserId>, Error> {
    let last_seq: i64 = chatrooms::table.find(room.bytes()).select(chatrooms::last_seq).first(conn)?;
    let known: Vec<(i64, Option<chrono::NaiveDateTime>)> = participants::table
        .filter(participants::chatroom_id.eq(room.bytes()))
        .filter(participants::user_id.eq_any(users.iter().map(|user| user.0)))
        .select((participants::user_id, participants::left_at))
        .load(conn)?;
    let known: HashMap<UserId, bool> =
        known.into_iter().map(|(user, left_at)| (UserId(user), left_at.is_some())).collect();
    let mut distinct = HashSet::new();
    let joining: Vec<UserId> = users
        .iter()
        .copied()
        .filter(|user| known.get(user) != Some(&false) && distinct.insert(*user))
        .collect();
    let (back, new): (Vec<UserId>, Vec<UserId>) = joining.iter().partition(|user| known.contains_key(user));
    let values = || {
        (
            participants::role.eq(Role::Member.as_str()),
            participants::joined_at.eq(at.naive()),
            participants::last_delivered_seq.eq(last_seq),
            participants::last_read_seq.eq(last_seq),
        )
    };
    let rows = participants::table
        .filter(participants::chatroom_id.eq(room.bytes()))
        .filter(participants::user_id.eq_any(back.iter().map(|user| user.0)));
    let present =
        (participants::left_at.eq(None::<chrono::NaiveDateTime>), participants::removed_by.eq(None::<i64>));
    diesel::update(rows).set((values(), present)).execute(conn)?;
    let new: Vec<_> = new
        .iter()
        .map(|user| (participants::chatroom_id.eq(room.bytes()), participants::user_id.eq(user.0), values()))
        .collect();
    if !new.is_empty() {
        on_each!(conn, |c| diesel::insert_into(participants::table).values(&new).execute(c))?;
    }
    Ok(joining)
}

/// Ends a membership, the member's own or another one's; [`Error::NotFound`] if the user is not in the room.
///
/// What they send at the same time is stored before, or refused: both lock the row.
pub fn remove(conn: &mut Conn, by: &RoomMember, user: UserId) -> Result<(), Error> {
    let (room, removed_by) = (by.room(), Some(by.user()).filter(|by| *by != user));
    let row = participants::table.find((room.bytes(), user.0)).filter(participants::left_at.is_null());
    let left = diesel::update(row)
        .set((
            participants::left_at.eq(by.now().naive()),
            participants::removed_by.eq(removed_by.map(|by| by.0)),
            participants::role.eq(Role::Member.as_str()),
        ))
        .execute(conn)?;
    if left > 0 { Ok(()) } else { Err(Error::NotFound) }
}

/// Returns who removed a user from a room; nobody if they left, or are in it. The user is in it no more who asks.
pub fn removed_by(conn: &mut Conn, Membership { room, user }: Membership) -> Result<Option<UserId>, Error> {
    let by: Option<Option<i64>> = participants::table
        .find((room.bytes(), user.0))
        .select(participants::removed_by)
        .first(conn)
        .optional()?;
    Ok(by.flatten().map(UserId))
}

/// Gives a member a role, the member's own or another one's.
pub fn set_role(conn: &mut Conn, by: &RoomMember, user: UserId, role: Role) -> Result<(), Error> {
    let room = by.room();
    let row = participants::table.find((room.bytes(), user.0));
    diesel::update(row).set(participants::role.eq(role.as_str())).execute(conn)?;
    Ok(())
}

/// Returns who becomes the owner when there is none: the admin who joined first, or else the member.
pub fn heir(conn: &mut Conn, owner: &RoomMember) -> Result<Option<UserId>, Error> {
    for role in [Role::Admin, Role::Member] {
        let first: Option<i64> = participants::table
            .inner_join(users::table)
            .filter(participants::chatroom_id.eq(owner.room().bytes()))
            .filter(participants::left_at.is_null())
            .filter(participants::role.eq(role.as_str()))
            .filter(users::deleted_at.is_null())
            .order((participants::joined_at, participants::user_id))
            .select(participants::user_id)
            .first(conn)
            .optional()?;
        if let Some(first) = first {
            return Ok(Some(UserId(first)));
        }
    }
    Ok(None)
}

/// Returns the groups that a user is the owner of.
pub fn owned(conn: &mut Conn, user: UserId) -> Result<Vec<RoomId>, Error> {
    let rooms: Vec<Vec<u8>> = participants::table
        .filter(participants::user_id.eq(user.0))
        .filter(participants::role.eq(Role::Owner.as_str()))
        .filter(participants::left_at.is_null())
        .order(participants::chatroom_id)
        .select(participants::chatroom_id)
        .load(conn)?;
    rooms.iter().map(|room| room_id(room)).collect()
}

/// The name and the picture of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// The name.
    pub name: Option<String>,
    /// The address of the picture.
    pub avatar_url: Option<String>,
}

/// Returns the name and the picture of a group. Who has an invite sees them, and the server shows them in events and
/// pushes.
pub fn look(conn: &mut Conn, room: RoomId) -> Result<Look, Error> {
    let (name, avatar_url) = chatrooms::table
        .find(room.bytes())
        .select((chatrooms::chatroom_name, chatrooms::avatar_url))
        .first(conn)?;
    Ok(Look { name, avatar_url })
}

/// Gives a group a name and a picture.
pub fn set_look(conn: &mut Conn, member: &RoomMember, look: &Look) -> Result<(), Error> {
    diesel::update(chatrooms::table.find(member.room().bytes()))
        .set((chatrooms::chatroom_name.eq(&look.name), chatrooms::avatar_url.eq(&look.avatar_url)))
        .execute(conn)?;
    Ok(())
}
