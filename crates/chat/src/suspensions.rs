//! Suspensions: an administrator keeps somebody from using their account, until it is taken back.

use domain::account::Account;
use domain::audit::AuditAction;
use domain::id::UserId;
use persistence::admins::Admin;
use persistence::{Conn, accounts as stored, bots, sessions, users};

use crate::accounts;
use crate::admins::{AdminUser, prove};
use crate::audit::{self, Actor, Audited};
use crate::context::Chat;
use crate::error::{Error, Refusal, Resource};

/// Suspends an account and its bots: they are signed out everywhere, their tokens are dead and their connections closed
/// when this returns.
pub async fn suspend(chat: &Chat, me: &AdminUser, user: UserId) -> Result<Account, Error> {
    let (admin, at, actor) = (me.id(), chat.now(), Actor::from(me));
    let suspended = chat.db.transaction(move |conn| {
        let admin = prove(conn, admin)?;
        let account = lock(conn, &admin, user)?;
        if account.is_admin {
            return Err(Error::Refused(Refusal::SuspendsAdmin));
        }
        let all = with_bots(conn, user)?;
        stored::suspend(conn, &admin, &all, at)?;
        let mut ended = Vec::new();
        for id in all {
            ended.extend(sessions::revoke_all(conn, id, None, at)?);
        }
        let done = account.suspended_at.is_none().then(|| Audited::to(AuditAction::AccountSuspended, &user));
        audit::append(conn, at, &actor, done)?;
        Ok((find(conn, &admin, user)?, ended))
    });
    let (account, ended) = suspended.await?;
    accounts::end(chat, ended);
    Ok(account)
}

/// Takes the suspension of an account and its bots back; they sign in anew, and their tokens stay dead.
pub async fn reinstate(chat: &Chat, me: &AdminUser, user: UserId) -> Result<Account, Error> {
    let (admin, at, actor) = (me.id(), chat.now(), Actor::from(me));
    let reinstated = chat.db.transaction(move |conn| {
        let admin = prove(conn, admin)?;
        let account = lock(conn, &admin, user)?;
        let all = with_bots(conn, user)?;
        stored::reinstate(conn, &admin, &all)?;
        let done = account.suspended_at.map(|_| Audited::to(AuditAction::AccountReinstated, &user));
        audit::append(conn, at, &actor, done)?;
        find(conn, &admin, user)
    });
    reinstated.await
}

/// Locks an account until the transaction ends: a sign-in that has begun is waited for, or waits.
fn lock(conn: &mut Conn, admin: &Admin, user: UserId) -> Result<Account, Error> {
    users::lock(conn, user).map_err(|error| Error::or_not_found(error, Resource::User))?;
    find(conn, admin, user)
}

fn find(conn: &mut Conn, admin: &Admin, user: UserId) -> Result<Account, Error> {
    stored::find(conn, admin, user).map_err(|error| Error::or_not_found(error, Resource::User))
}

fn with_bots(conn: &mut Conn, user: UserId) -> Result<Vec<UserId>, Error> {
    Ok(bots::ids(conn, user)?.into_iter().chain([user]).collect())
}
