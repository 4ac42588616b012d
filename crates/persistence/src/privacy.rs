//! Who may know of whom: what follows from settings, blocks, friendships and common rooms.

use diesel::prelude::*;
use domain::friendship::Stage;
use domain::id::UserId;
use domain::room::RoomKind;
use domain::settings::{Finders, PresenceViewers, shows_presence};

use crate::conn::Conn;
use crate::error::Error;
use crate::schema::{chatrooms, participants, users};
use crate::settings::value;
use crate::{blocks, friends, settings};

/// Returns those of `ids` whom `viewer` may address: accounts that they find by address or name and that do not block
/// them, and those whom they know.
pub fn reachable(conn: &mut Conn, viewer: UserId, ids: &[UserId]) -> Result<Vec<UserId>, Error> {
    let rows: Vec<(i64, String, String)> = users::table
        .filter(users::user_id.eq_any(ids.iter().map(|id| id.0)))
        .filter(users::deleted_at.is_null())
        .select((users::user_id, users::find_me_by_email, users::find_me_by_username))
        .load(conn)?;
    let mut reachable = Vec::with_capacity(rows.len());
    for (id, email, username) in rows {
        let user = UserId(id);
        let mut found = user == viewer || knows(conn, viewer, user)?;
        for finders in [email, username] {
            found = found || finds(conn, value(&finders, Finders::parse)?, viewer, user)?;
        }
        if found {
            reachable.push(user);
        }
    }
    Ok(reachable)
}

/// Returns whether they are friends, share a room, or the other has asked to be a friend.
fn knows(conn: &mut Conn, viewer: UserId, other: UserId) -> Result<bool, Error> {
    let between = friends::between(conn, viewer, other)?;
    let near = between.is_some_and(|it| it.stage == Stage::Accepted || it.awaits(viewer));
    Ok(near || friends::share_a_room(conn, viewer, other)?)
}

/// Returns whether `viewer` is among those who find a user, who does not block them.
pub fn finds(conn: &mut Conn, finders: Finders, viewer: UserId, user: UserId) -> Result<bool, Error> {
    if finders == Finders::Nobody || blocks::between(conn, viewer, user)?.others {
        return Ok(false);
    }
    match finders {
        Finders::Everyone => Ok(true),
        Finders::Nobody => Ok(false),
        Finders::FriendsOfFriends => {
            let (own, theirs) = (friends::ids(conn, viewer)?, friends::ids(conn, user)?);
            Ok(viewer == user || own.iter().any(|friend| *friend == user || theirs.contains(friend)))
        }
    }
}

/// Returns those whose presence a user sees.
pub fn presence_seen_by(conn: &mut Conn, viewer: UserId) -> Result<Vec<UserId>, Error> {
    let (own, near) = near(conn, viewer)?;
    Ok(near
        .into_iter()
        .filter(|it| shows_presence(it.presence, own, it.is_friend))
        .map(|it| it.user)
        .collect())
}

/// Returns those who see the presence of a user.
pub fn presence_viewers(conn: &mut Conn, user: UserId) -> Result<Vec<UserId>, Error> {
    let (own, near) = near(conn, user)?;
    Ok(near
        .into_iter()
        .filter(|it| shows_presence(own, it.presence, it.is_friend))
        .map(|it| it.user)
        .collect())
}

/// A friend, or the other member of a one-to-one room.
struct Near {
    user: UserId,
    is_friend: bool,
    presence: PresenceViewers,
}

/// Returns a user's setting, and those who are near to them with theirs.
fn near(conn: &mut Conn, user: UserId) -> Result<(PresenceViewers, Vec<Near>), Error> {
    let own = settings::find(conn, user)?.presence;
    if own == PresenceViewers::Nobody {
        return Ok((own, Vec::new()));
    }
    let friends = friends::ids(conn, user)?;
    let partners = partners(conn, user)?;
    let ids: Vec<i64> = friends.iter().chain(&partners).map(|user| user.0).collect();
    let rows: Vec<(i64, String)> = users::table
        .filter(users::user_id.eq_any(ids))
        .filter(users::deleted_at.is_null())
        .select((users::user_id, users::presence))
        .load(conn)?;
    let near = rows.into_iter().map(|(id, stored)| {
        let user = UserId(id);
        let presence = value(&stored, PresenceViewers::parse)?;
        Ok(Near { user, is_friend: friends.contains(&user), presence })
    });
    Ok((own, near.collect::<Result<_, Error>>()?))
}

/// Returns the other members of a user's one-to-one rooms that are neither blocked nor requests.
fn partners(conn: &mut Conn, user: UserId) -> Result<Vec<UserId>, Error> {
    let rooms: Vec<Vec<u8>> = participants::table
        .inner_join(chatrooms::table)
        .filter(participants::user_id.eq(user.0))
        .filter(participants::request.is_null())
        .filter(chatrooms::kind.eq(RoomKind::Direct.as_str()))
        .filter(chatrooms::blocked.eq(false))
        .select(participants::chatroom_id)
        .load(conn)?;
    let others: Vec<i64> = participants::table
        .filter(participants::chatroom_id.eq_any(rooms))
        .filter(participants::user_id.ne(user.0))
        .select(participants::user_id)
        .load(conn)?;
    Ok(others.into_iter().map(UserId).collect())
}
