//! The end of accounts: hidden at once, restored by signing in within the grace of the operator, purged after it.

use domain::audit::{AuditAction, Source};
use domain::event_table::LogEntry;
use domain::group::Role;
use domain::id::UserId;
use domain::media::Purpose;
use domain::text::Password;
use domain::time::Time;
use persistence::account_deletions::Deletion;
use persistence::error::Error as Stored;
use persistence::viewer::Viewer;
use persistence::{
    Conn, account_deletions, blocks, bots, friend_invites, friends, groups, hidden, invites, kept_answers,
    members, outgoing_webhooks, push, reports, revisions, room_settings, scheduled_messages, uploads,
};

use crate::accounts::{self, AuthUser};
use crate::audit::{self, Actor, Audited};
use crate::context::Chat;
use crate::error::Error;
use crate::exports;
use crate::log::{publish, record};
use crate::unused_uploads;

/// How many messages of a user are unsent in one transaction.
const BATCH: i64 = 50;

/// What becomes of the messages of a user who deletes their account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Messages {
    /// They stay for their readers.
    #[default]
    Keep,
    /// They are unsent.
    Erase,
}

/// Deletes one's account; returns until when it can be restored, unless nothing is left of it.
///
/// Its sessions end and nobody sees it any more; its messages stay for their readers, or are unsent when it is purged.
/// Its bots go for good.
pub async fn delete(
    chat: &Chat,
    me: &AuthUser,
    target: UserId,
    (password, messages): (Option<Password>, Messages),
) -> Result<Option<Time>, Error> {
    if me.id != target {
        return Err(Error::Forbidden);
    }
    accounts::confirm(chat, me, password).await?;
    let (id, now, grace) = (me.id, chat.now(), chat.limits.account_grace);
    let purge_at = now + chrono::TimeDelta::from_std(grace).unwrap_or(chrono::TimeDelta::MAX);
    let own = Deletion { user: id, purge_at, erase_messages: messages == Messages::Erase };
    let all = move |conn: &mut Conn| {
        let bots = bots::ids(conn, id)?.into_iter().map(|user| Deletion { user, purge_at: now, ..own });
        Ok(bots.chain([own]).collect())
    };
    close(chat, me, all, Audited::own(AuditAction::AccountDeleted)).await?;
    Ok((!grace.is_zero()).then_some(purge_at))
}

/// Hides accounts from everybody, and purges those at once that cannot be restored; `done` goes to the audit log.
pub(crate) async fn close(
    chat: &Chat,
    me: &AuthUser,
    deletions: impl Fn(&mut Conn) -> Result<Vec<Deletion>, Error> + Send + 'static,
    done: Audited,
) -> Result<(), Error> {
    let (now, actor) = (chat.now(), Actor::from(me));
    let closed = chat.db.transaction(move |conn| {
        let (deletions, mut ended, mut entries) = (deletions(conn)?, Vec::new(), Vec::new());
        for deletion in &deletions {
            ended.extend(persistence::sessions::revoke_all(conn, deletion.user, None, now)?);
            entries.extend(close_one(conn, deletion, now)?);
        }
        audit::append(conn, now, &actor, [done.clone()])?;
        Ok::<_, Error>((deletions, ended, record(conn, &entries)?))
    });
    let (deletions, ended, rows) = closed.await?;
    accounts::end(chat, ended);
    publish(chat, rows, None).await;
    for deletion in deletions.iter().filter(|deletion| deletion.purge_at <= now) {
        purge(chat, deletion.user, now).await?;
    }
    Ok(())
}

/// Hides an account; returns what is to be recorded of that.
fn close_one(conn: &mut Conn, deletion: &Deletion, now: Time) -> Result<Vec<LogEntry>, Stored> {
    let id = deletion.user;
    let acquaintances = friends::acquaintances(conn, id)?;
    kept_answers::forget_all(conn, id)?;
    scheduled_messages::delete_all(conn, id)?;
    push::delete_all(conn, id)?;
    outgoing_webhooks::delete_all(conn, id)?;
    bots::delete(conn, id)?;
    account_deletions::close(conn, deletion, now)?;
    let gone = |to: UserId| {
        [LogEntry::FriendRemoved { to, user: id }, LogEntry::ProfileChanged { to: to.into(), user: id }]
    };
    let mut entries = hand_groups_over(conn, Viewer { user: id, now })?;
    entries.extend(acquaintances.into_iter().flat_map(gone));
    Ok(entries)
}

/// Makes another member the owner of each group that was the user's.
fn hand_groups_over(conn: &mut Conn, owner: Viewer) -> Result<Vec<LogEntry>, Stored> {
    let (user, mut entries) = (owner.user, Vec::new());
    for room in groups::owned(conn, user)? {
        let owner = match members::lock_room(conn, owner, room) {
            // They leave it in this moment, which hands it over.
            Err(Stored::NotFound) => continue,
            owner => owner?,
        };
        groups::set_role(conn, &owner, user, Role::Member)?;
        if let Some(heir) = groups::heir(conn, &owner)? {
            groups::set_role(conn, &owner, heir, Role::Owner)?;
            entries.push(LogEntry::RoleChanged { room, user: heir });
        }
        entries.push(LogEntry::RoleChanged { room, user });
    }
    Ok(entries)
}

/// Purges every account whose grace is over; what was interrupted is taken up by the next call.
pub async fn purge_due(chat: &Chat) -> Result<(), Error> {
    let now = chat.now();
    while let Some(user) = chat.db.read(move |conn| account_deletions::due(conn, now)).await? {
        purge(chat, user, now).await?;
    }
    Ok(())
}

/// Leaves nothing personal of an account: first nobody can sign in to it, then messages and files go.
async fn purge(chat: &Chat, user: UserId, now: Time) -> Result<(), Error> {
    let purged = chat.db.transaction(move |conn| {
        if !account_deletions::anonymise(conn, user, now)? {
            return Ok(Vec::new());
        }
        let blockers = forget(conn, user)?;
        let actor = Actor::from(Source::default());
        audit::append(conn, now, &actor, [Audited::to(AuditAction::AccountPurged, &user)])?;
        let unblocked = blockers.into_iter().map(|to| LogEntry::UserUnblocked { to, user });
        Ok::<_, Error>(record(conn, &unblocked.collect::<Vec<_>>())?)
    });
    publish(chat, purged.await?, None).await;
    let erases = chat.db.read(move |conn| account_deletions::erases_messages(conn, user)).await?;
    // The user may have signed in again meanwhile.
    let Some(erases) = erases else { return Ok(()) };
    if erases {
        while unsend_some(chat, user, now).await? {}
    }
    exports::remove_of(chat, user).await?;
    remove_pictures(chat, user).await?;
    unused_uploads::remove_of(chat, user).await?;
    chat.db.transaction(move |conn| Ok::<_, Error>(account_deletions::delete(conn, user)?)).await
}

/// Deletes what is the user's alone; returns who blocked them.
fn forget(conn: &mut Conn, user: UserId) -> Result<Vec<UserId>, Stored> {
    persistence::sessions::anonymise(conn, user)?;
    friends::delete_all(conn, user)?;
    friend_invites::delete(conn, user)?;
    invites::delete_all(conn, user)?;
    room_settings::delete_all(conn, user)?;
    hidden::delete_all(conn, user)?;
    reports::forget_notes(conn, user)?;
    blocks::delete_all(conn, user)
}

/// Unsends the next messages of a user; false if there are none.
async fn unsend_some(chat: &Chat, user: UserId, now: Time) -> Result<bool, Error> {
    let unsent = chat.db.transaction(move |conn| {
        let mut entries = Vec::new();
        for message in revisions::unsendable_of(conn, user, BATCH)? {
            let locked = revisions::lock_at(conn, message)?;
            if !locked.state.unsent {
                revisions::unsend(conn, &locked, now)?;
                entries.push(LogEntry::MessageUnsent { room: locked.at.room, seq: locked.at.seq });
            }
        }
        Ok::<_, Error>(record(conn, &entries)?)
    });
    let rows = unsent.await?;
    let more = !rows.is_empty();
    publish(chat, rows, None).await;
    Ok(more)
}

async fn remove_pictures(chat: &Chat, user: UserId) -> Result<(), Error> {
    let deleted = chat.db.transaction(move |conn| Ok::<_, Error>(uploads::delete_avatars(conn, user)?));
    for picture in deleted.await? {
        if let Err(error) = chat.store.remove(Purpose::Avatar, &picture).await {
            // A file without a row is removed later.
            tracing::warn!(%error, "a deleted user's picture could not be removed");
        }
    }
    Ok(())
}
