//! The deletion of accounts.

use domain::audit::AuditAction;
use domain::event_table::LogEntry;
use domain::group::Role;
use domain::id::{SessionId, UserId};
use domain::media::Purpose;
use domain::room::Membership;
use domain::text::Password;
use domain::time::Time;
use persistence::error::Error as Stored;
use persistence::{
    Conn, blocks, bots, friends, groups, kept_answers, outgoing_webhooks, push, uploads, users,
};

use super::authentication::AuthUser;
use super::passwords::confirm;
use super::sessions;
use crate::audit::{self, Actor, Audited};
use crate::context::Chat;
use crate::error::Error;
use crate::log::{publish, record};

/// Deletes an account and its bots: sessions, friendships, pictures and everything personal go; messages stay for their
/// readers.
pub async fn delete(
    chat: &Chat,
    me: &AuthUser,
    target: UserId,
    password: Option<Password>,
) -> Result<(), Error> {
    if me.id != target {
        return Err(Error::Forbidden);
    }
    confirm(chat, me, password).await?;
    let id = me.id;
    let all = move |conn: &mut Conn| {
        let mut all = bots::ids(conn, id)?;
        all.push(id);
        Ok(all)
    };
    remove(chat, me, all, Audited::own(AuditAction::AccountDeleted)).await
}

/// What is left to do of accounts that were removed.
#[derive(Default)]
struct Removed {
    ended: Vec<SessionId>,
    pictures: Vec<String>,
    entries: Vec<LogEntry>,
}

/// Removes accounts; what is done is written to the audit log.
pub(crate) async fn remove(
    chat: &Chat,
    me: &AuthUser,
    accounts: impl Fn(&mut Conn) -> Result<Vec<UserId>, Error> + Send + 'static,
    done: Audited,
) -> Result<(), Error> {
    let (now, actor) = (chat.now(), Actor::from(me));
    let removed = chat.db.transaction(move |conn| {
        let mut removed = Removed::default();
        for account in accounts(conn)? {
            removed.add(conn, account, now)?;
        }
        audit::append(conn, now, &actor, [done.clone()])?;
        let rows = record(conn, &removed.entries)?;
        Ok::<_, Error>((removed, rows))
    });
    let (Removed { ended, pictures, .. }, rows) = removed.await?;
    sessions::end(chat, ended);
    remove_pictures(chat, &pictures).await;
    publish(chat, rows, None).await;
    Ok(())
}

impl Removed {
    fn add(&mut self, conn: &mut Conn, id: UserId, now: Time) -> Result<(), Stored> {
        let acquaintances = friends::acquaintances(conn, id)?;
        self.ended.extend(persistence::sessions::revoke_all(conn, id, None, now)?);
        friends::delete_all(conn, id)?;
        let blockers = blocks::delete_all(conn, id)?;
        kept_answers::forget_all(conn, id)?;
        self.pictures.extend(uploads::delete_avatars(conn, id)?);
        bots::delete(conn, id)?;
        outgoing_webhooks::delete_all(conn, id)?;
        push::delete_all(conn, id)?;
        users::anonymise(conn, id, now)?;
        let gone = |to: UserId| {
            [LogEntry::FriendRemoved { to, user: id }, LogEntry::ProfileChanged { to: to.into(), user: id }]
        };
        self.entries.extend(hand_groups_over(conn, id)?);
        self.entries.extend(acquaintances.into_iter().flat_map(gone));
        self.entries.extend(blockers.into_iter().map(|to| LogEntry::UserUnblocked { to, user: id }));
        Ok(())
    }
}

/// Makes another member the owner of each group that was the user's.
fn hand_groups_over(conn: &mut Conn, user: UserId) -> Result<Vec<LogEntry>, Stored> {
    let mut entries = Vec::new();
    for room in groups::owned(conn, user)? {
        groups::lock(conn, room)?;
        groups::set_role(conn, Membership { room, user }, Role::Member)?;
        if let Some(heir) = groups::heir(conn, room)? {
            groups::set_role(conn, Membership { room, user: heir }, Role::Owner)?;
            entries.push(LogEntry::RoleChanged { room, user: heir });
        }
        entries.push(LogEntry::RoleChanged { room, user });
    }
    Ok(entries)
}

async fn remove_pictures(chat: &Chat, pictures: &[String]) {
    for picture in pictures {
        if let Err(error) = chat.store.remove(Purpose::Avatar, picture).await {
            tracing::warn!(%error, "a deleted user's picture could not be removed");
        }
    }
}
