//! Blocks: a user who blocks another wants nothing of them, and is nobody to them.

use domain::audit::AuditAction;
use domain::block::BlockedUser;
use domain::event::Origin;
use domain::event_table::LogEntry;
use domain::friendship::{Friendship, Stage};
use domain::id::UserId;
use domain::message_request::SendRefusal;
use domain::time::Time;
use persistence::members::RoomMember;
use persistence::{Conn, blocks, friends, privacy};

use crate::accounts::AuthUser;
use crate::audit::{self, Actor, Audited};
use crate::context::Chat;
use crate::error::{Error, Refusal, Resource};
use crate::log::{publish, record};
use crate::presence;

/// Lists the users whom one blocks, the last blocked first.
pub async fn list(chat: &Chat, me: &AuthUser) -> Result<Vec<BlockedUser>, Error> {
    let id = me.id;
    Ok(chat.db.read(move |conn| blocks::list(conn, id)).await?)
}

/// Blocks a user: ends the friendship or the request between the two, and closes their one-to-one room.
///
/// The other learns nothing but that the friendship, or a request to them, is over. To block again changes nothing.
pub async fn block(
    chat: &Chat,
    me: &AuthUser,
    other: UserId,
    origin: Option<Origin>,
) -> Result<BlockedUser, Error> {
    let (id, now, actor) = (me.id, chat.now(), Actor::from(me));
    if id == other {
        return Err(Error::Refused(Refusal::BlocksOneself));
    }
    let blocked = chat.db.transaction(move |conn| {
        if privacy::reachable(conn, id, &[other])?.is_empty() && !blocks::between(conn, id, other)?.own {
            return Err(Error::NotFound(Resource::User));
        }
        let shown = privacy::presence_viewers(conn, id)?.contains(&other);
        let seen = privacy::presence_seen_by(conn, id)?.contains(&other);
        let mut entries = Vec::new();
        if blocks::insert(conn, id, other, now)? {
            entries = part(conn, id, other, now)?;
            blocks::set_room_blocked(conn, id, other, true)?;
            audit::append(conn, now, &actor, [Audited::to(AuditAction::UserBlocked, &other)])?;
            entries.push(LogEntry::UserBlocked { to: id, user: other });
        }
        let blocked = blocks::find(conn, id, other)?;
        Ok((blocked, (shown, seen), record(conn, &entries)?))
    });
    let (blocked, (shown, seen), rows) = blocked.await?;
    publish(chat, rows, origin).await;
    for (of, from, _) in [(id, other, shown), (other, id, seen)].into_iter().filter(|(_, _, was)| *was) {
        presence::change_viewers(chat, of, &[from], &[]);
    }
    Ok(blocked)
}

/// Ends what is between two users; returns the entries for those who learn of it.
fn part(conn: &mut Conn, me: UserId, other: UserId, now: Time) -> Result<Vec<LogEntry>, Error> {
    let Some(between) = friends::lock_between(conn, me, other)? else { return Ok(Vec::new()) };
    let stage = match between.stage {
        Stage::Accepted => Stage::Deleted,
        Stage::Pending => Stage::Rejected,
        Stage::Rejected | Stage::Deleted => return Ok(Vec::new()),
    };
    friends::put(conn, Some(between), Friendship { stage, ..between }, now)?;
    let mut entries = vec![LogEntry::FriendRemoved { to: me, user: other }];
    // As with a rejection, who asked gets no event of it.
    let learns = !between.awaits(me);
    entries.extend(learns.then_some(LogEntry::FriendRemoved { to: other, user: me }));
    Ok(entries)
}

/// Takes a block back; one that is not there stays so. The friendship stays ended.
pub async fn unblock(chat: &Chat, me: &AuthUser, other: UserId, origin: Option<Origin>) -> Result<(), Error> {
    let (id, now, actor) = (me.id, chat.now(), Actor::from(me));
    let unblocked = chat.db.transaction(move |conn| {
        if !blocks::remove(conn, id, other)? {
            return Ok(Vec::new());
        }
        if !blocks::lock_between(conn, id, other)?.any() {
            blocks::set_room_blocked(conn, id, other, false)?;
        }
        audit::append(conn, now, &actor, [Audited::to(AuditAction::UserUnblocked, &other)])?;
        Ok::<_, Error>(record(conn, &[LogEntry::UserUnblocked { to: id, user: other }])?)
    });
    publish(chat, unblocked.await?, origin).await;
    Ok(())
}

/// Refuses what two users would share: if `me` blocks the other, and as if nobody were there if the other blocks `me`.
///
/// Called after what they would share is stored, so that a block made at the same time finds it, or is found.
pub(crate) fn refuse(conn: &mut Conn, me: UserId, other: UserId) -> Result<(), Error> {
    let blocks = blocks::lock_between(conn, me, other)?;
    match (blocks.others, blocks.own) {
        (true, _) => Err(Error::NotFound(Resource::User)),
        (false, true) => Err(Error::Refused(Refusal::Blocked)),
        (false, false) => Ok(()),
    }
}

/// Refuses a room where one of the two members blocks the other.
pub(crate) fn refuse_room(conn: &mut Conn, member: &RoomMember) -> Result<(), Error> {
    if blocks::is_room_blocked(conn, member)? {
        return Err(Error::Refused(Refusal::Send(SendRefusal::Closed)));
    }
    Ok(())
}
