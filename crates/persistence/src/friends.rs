//! Friendships: one row for any two users, whichever asked; and visibility of users.

use std::collections::{BTreeSet, HashMap};

use diesel::dsl::count_star;
use diesel::prelude::*;
use domain::friendship::{Friendship, Stage, Which};
use domain::id::{RoomId, UserId};
use domain::log::Scope;
use domain::room::direct_key;
use domain::time::Time;
use domain::user::{Friend, Profile};

use crate::blocks;
use crate::conn::Conn;
use crate::error::Error;
use crate::ids::room_id;
use crate::schema::{chatrooms, friends, participants, users};
use crate::users::ProfileRow;

/// Returns the friendship or request between two users.
pub fn between(conn: &mut Conn, a: UserId, b: UserId) -> Result<Option<Friendship>, Error> {
    let row = pair(a, b).select((friends::user_id, friends::friend_id, friends::status));
    row.first(conn).optional()?.map(friendship).transpose()
}

/// Returns the friendship or request between two users, and locks it until the transaction ends.
pub fn lock_between(conn: &mut Conn, a: UserId, b: UserId) -> Result<Option<Friendship>, Error> {
    let row = pair(a, b).select((friends::user_id, friends::friend_id, friends::status));
    let row = match conn {
        Conn::Mysql(c) => row.for_update().first(c).optional()?,
        // BEGIN IMMEDIATE has locked the whole database.
        Conn::Sqlite(c) => row.first(c).optional()?,
    };
    row.map(friendship).transpose()
}

fn friendship((asker, asked, stage): (i64, i64, String)) -> Result<Friendship, Error> {
    let stage =
        Stage::parse(&stage).ok_or_else(|| Error::Other(format!("no such friendship: {stage}").into()))?;
    Ok(Friendship { asker: UserId(asker), asked: UserId(asked), stage })
}

/// Replaces the friendship `before` by `after`; [`Error::Conflict`] if `before` is no longer what is stored.
pub fn put(conn: &mut Conn, before: Option<Friendship>, after: Friendship, at: Time) -> Result<(), Error> {
    let Friendship { asker, asked, stage } = after;
    let Some(before) = before else { return insert(conn, after, at) };
    let changed = diesel::update(pair(asker, asked))
        .filter(friends::user_id.eq(before.asker.0))
        .filter(friends::status.eq(before.stage.as_str()))
        .set((
            friends::user_id.eq(asker.0),
            friends::friend_id.eq(asked.0),
            friends::status.eq(stage.as_str()),
            friends::updated_at.eq(at.naive()),
        ))
        .execute(conn)?;
    if changed > 0 { Ok(()) } else { Err(Error::Conflict) }
}

fn insert(conn: &mut Conn, new: Friendship, at: Time) -> Result<(), Error> {
    let Friendship { asker, asked, stage } = new;
    diesel::insert_into(friends::table)
        .values((
            friends::user_id.eq(asker.0),
            friends::friend_id.eq(asked.0),
            friends::user_lo.eq(asker.min(asked).0),
            friends::user_hi.eq(asker.max(asked).0),
            friends::status.eq(stage.as_str()),
            friends::created_at.eq(at.naive()),
            friends::updated_at.eq(at.naive()),
        ))
        .execute(conn)?;
    Ok(())
}

/// Returns how many requests of a user wait for their answers.
pub fn pending_count(conn: &mut Conn, asker: UserId) -> Result<i64, Error> {
    let sent = friends::table
        .filter(friends::user_id.eq(asker.0))
        .filter(friends::status.eq(Stage::Pending.as_str()));
    Ok(sent.count().get_result(conn)?)
}

/// Lists a user's friends or requests, by name; `online` is for the caller to fill in.
pub fn list(conn: &mut Conn, me: UserId, which: Which) -> Result<Vec<Friend>, Error> {
    let (mine, stage) = match which {
        Which::Friends => (None, Stage::Accepted),
        Which::Received => (Some(false), Stage::Pending),
        Which::Sent => (Some(true), Stage::Pending),
    };
    let mut query = friends::table
        .filter(friends::status.eq(stage.as_str()))
        .select((friends::user_id, friends::friend_id))
        .into_boxed();
    query = match mine {
        Some(true) => query.filter(friends::user_id.eq(me.0)),
        Some(false) => query.filter(friends::friend_id.eq(me.0)),
        None => query.filter(friends::user_id.eq(me.0).or(friends::friend_id.eq(me.0))),
    };
    let pairs: Vec<(i64, i64)> = query.load(conn)?;
    let others: Vec<i64> = pairs.into_iter().map(|(a, b)| if a == me.0 { b } else { a }).collect();
    let rows: Vec<(ProfileRow, Option<chrono::NaiveDateTime>)> = users::table
        .filter(users::user_id.eq_any(others))
        .filter(users::deleted_at.is_null())
        .order(users::username_key)
        .select((ProfileRow::as_select(), users::last_seen_at))
        .load(conn)?;
    let rooms = direct_rooms(conn, me, rows.iter().map(|(row, _)| UserId(row.user_id)))?;
    let seen = which == Which::Friends;
    Ok(rows
        .into_iter()
        .map(|(row, last_seen)| Friend {
            chatroom_id: rooms.get(&UserId(row.user_id)).copied(),
            online: false,
            last_seen: last_seen.filter(|_| seen).map(Time::from_naive),
            profile: row.into(),
        })
        .collect())
}

/// Returns a user as `viewer` sees them in a list of people, without presence.
pub fn as_seen_by(conn: &mut Conn, viewer: UserId, profile: Profile) -> Result<Friend, Error> {
    let rooms = direct_rooms(conn, viewer, std::iter::once(profile.id))?;
    Ok(Friend { chatroom_id: rooms.get(&profile.id).copied(), online: false, last_seen: None, profile })
}

/// Deletes all friendships and requests of a user.
pub fn delete_all(conn: &mut Conn, user: UserId) -> Result<(), Error> {
    let theirs = friends::table.filter(friends::user_id.eq(user.0).or(friends::friend_id.eq(user.0)));
    diesel::delete(theirs).execute(conn)?;
    Ok(())
}

/// Returns the users who see this one in a list or as a sender: friends, those with a request between them, those who
/// block this one, and members of the rooms that this one is in or has left.
pub fn acquaintances(conn: &mut Conn, id: UserId) -> Result<Vec<UserId>, Error> {
    let mut all = of_stages(conn, id, &[Stage::Accepted, Stage::Pending])?;
    all.extend(blocks::blockers(conn, id)?);
    let rooms = rooms_ever(conn, id)?;
    all.extend(members_of(conn, &rooms)?.into_iter().filter(|member| *member != id));
    all.sort_unstable();
    all.dedup();
    Ok(all)
}

fn rooms_ever(conn: &mut Conn, user: UserId) -> Result<Vec<Vec<u8>>, Error> {
    let theirs = participants::table.filter(participants::user_id.eq(user.0));
    Ok(theirs.select(participants::chatroom_id).load(conn)?)
}

fn members_of(conn: &mut Conn, rooms: &[Vec<u8>]) -> Result<Vec<UserId>, Error> {
    let members: Vec<i64> = participants::table
        .filter(participants::chatroom_id.eq_any(rooms))
        .filter(participants::left_at.is_null())
        .select(participants::user_id)
        .distinct()
        .load(conn)?;
    Ok(members.into_iter().map(UserId).collect())
}

/// Members of rooms that have no more than this are named one by one, and so only once.
const FEW: i64 = 20;

/// Returns whom a change of a user's profile concerns: the rooms of many members that they are in or have left
/// as a whole, and one by one those acquaintances, or the user, who are in none of these.
pub fn audience(conn: &mut Conn, id: UserId) -> Result<Vec<Scope>, Error> {
    let counts: Vec<(Vec<u8>, i64)> = participants::table
        .filter(participants::chatroom_id.eq_any(rooms_ever(conn, id)?))
        .filter(participants::left_at.is_null())
        .group_by(participants::chatroom_id)
        .select((participants::chatroom_id, count_star()))
        .load(conn)?;
    let (large, small): (Vec<_>, Vec<_>) = counts.into_iter().partition(|(_, count)| *count > FEW);
    let ids = |rooms: Vec<(Vec<u8>, i64)>| rooms.into_iter().map(|(room, _)| room).collect::<Vec<_>>();
    let (large, small) = (ids(large), ids(small));
    let mut single: BTreeSet<UserId> = members_of(conn, &small)?.into_iter().collect();
    single.extend(of_stages(conn, id, &[Stage::Accepted, Stage::Pending])?);
    single.extend(blocks::blockers(conn, id)?);
    single.insert(id);
    let in_large: Vec<i64> = participants::table
        .filter(participants::chatroom_id.eq_any(&large))
        .filter(participants::user_id.eq_any(single.iter().map(|user| user.0)))
        .filter(participants::left_at.is_null())
        .select(participants::user_id)
        .load(conn)?;
    for user in in_large {
        single.remove(&UserId(user));
    }
    let mut rooms = large.iter().map(|room| room_id(room)).collect::<Result<Vec<_>, _>>()?;
    rooms.sort_unstable();
    Ok(rooms.into_iter().map(Scope::Room).chain(single.into_iter().map(Scope::User)).collect())
}

/// Returns whether two users are friends.
pub fn are_friends(conn: &mut Conn, a: UserId, b: UserId) -> Result<bool, Error> {
    Ok(between(conn, a, b)?.is_some_and(|between| between.stage == Stage::Accepted))
}

/// Returns a user's friends.
pub fn ids(conn: &mut Conn, id: UserId) -> Result<Vec<UserId>, Error> {
    of_stages(conn, id, &[Stage::Accepted])
}

/// Returns the other users of those friendships that are in one of these stages.
fn of_stages(conn: &mut Conn, id: UserId, stages: &[Stage]) -> Result<Vec<UserId>, Error> {
    let pairs: Vec<(i64, i64)> = friends::table
        .filter(friends::user_id.eq(id.0).or(friends::friend_id.eq(id.0)))
        .filter(friends::status.eq_any(stages.iter().map(|stage| stage.as_str())))
        .select((friends::user_id, friends::friend_id))
        .load(conn)?;
    Ok(pairs.into_iter().map(|(a, b)| UserId(if a == id.0 { b } else { a })).collect())
}

/// Returns whether two users share a room.
pub fn share_a_room(conn: &mut Conn, a: UserId, b: UserId) -> Result<bool, Error> {
    let rooms = |user: UserId| {
        participants::table
            .filter(participants::user_id.eq(user.0))
            .filter(participants::left_at.is_null())
            .select(participants::chatroom_id)
    };
    let mine: Vec<Vec<u8>> = rooms(a).load(conn)?;
    let shared: i64 = rooms(b).filter(participants::chatroom_id.eq_any(mine)).count().get_result(conn)?;
    Ok(shared > 0)
}

fn direct_rooms(
    conn: &mut Conn,
    me: UserId,
    others: impl Iterator<Item = UserId>,
) -> Result<HashMap<UserId, RoomId>, Error> {
    let keys: HashMap<String, UserId> = others.map(|other| (direct_key(me, other), other)).collect();
    let rows: Vec<(Option<String>, Vec<u8>)> = chatrooms::table
        .filter(chatrooms::dm_key.eq_any(keys.keys()))
        .select((chatrooms::dm_key, chatrooms::chatroom_id))
        .load(conn)?;
    let mut rooms = HashMap::new();
    for (key, id) in rows {
        if let Some(other) = key.and_then(|key| keys.get(&key)) {
            rooms.insert(*other, room_id(&id)?);
        }
    }
    Ok(rooms)
}

#[diesel::dsl::auto_type]
fn pair(a: UserId, b: UserId) -> _ {
    let lo: i64 = a.min(b).0;
    let hi: i64 = a.max(b).0;
    friends::table.filter(friends::user_lo.eq(lo)).filter(friends::user_hi.eq(hi))
}
