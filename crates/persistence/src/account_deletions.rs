//! Accounts that their users have deleted: hidden at once, restored or made anonymous later.

use diesel::prelude::*;
use domain::id::UserId;
use domain::settings::Finders;
use domain::text::Username;
use domain::time::Time;

use crate::conn::Conn;
use crate::error::Error;
use crate::schema::{account_deletions, users};
use crate::users::lock;

/// An account that its user deletes.
#[derive(Debug, Clone, Copy)]
pub struct Deletion {
    /// The user.
    pub user: UserId,
    /// Until when the account can be restored.
    pub purge_at: Time,
    /// Whether the user's messages go, too.
    pub erase_messages: bool,
}

/// What others see of a user.
type Shown = (String, Option<String>, Option<String>, Option<String>);

/// The same, kept until the account is anonymous.
type ShownBefore = (Option<String>, Option<String>, Option<String>, Option<String>);

/// Hides an account from everybody, and keeps what it takes to restore it.
pub fn close(conn: &mut Conn, deletion: &Deletion, at: Time) -> Result<(), Error> {
    let id = deletion.user.0;
    lock(conn, deletion.user)?;
    let (username, nickname, avatar_url, status): Shown = users::table
        .find(id)
        .select((users::username, users::nickname, users::avatar_url, users::status))
        .first(conn)?;
    diesel::insert_into(account_deletions::table)
        .values((
            account_deletions::user_id.eq(id),
            account_deletions::username.eq(username),
            account_deletions::nickname.eq(nickname),
            account_deletions::avatar_url.eq(avatar_url),
            account_deletions::status.eq(status),
            account_deletions::purge_at.eq(deletion.purge_at.naive()),
            account_deletions::erase_messages.eq(deletion.erase_messages),
        ))
        .execute(conn)?;
    diesel::update(users::table.find(id))
        .set((
            users::username.eq(deleted_name(deletion.user)),
            (users::nickname.eq(None::<String>), users::avatar_url.eq(None::<String>)),
            users::status.eq(None::<String>),
            (users::updated_at.eq(at.naive()), users::deleted_at.eq(at.naive())),
        ))
        .execute(conn)?;
    Ok(())
}

/// Shows an account again; false if it was restored before.
pub fn restore(conn: &mut Conn, user: UserId, at: Time) -> Result<bool, Error> {
    lock(conn, user)?;
    let closed = account_deletions::table.find(user.0).filter(account_deletions::anonymised.eq(false));
    let kept: Option<ShownBefore> = closed
        .select((
            account_deletions::username,
            account_deletions::nickname,
            account_deletions::avatar_url,
            account_deletions::status,
        ))
        .first(conn)
        .optional()?;
    let Some((Some(username), nickname, avatar_url, status)) = kept else { return Ok(false) };
    diesel::update(users::table.find(user.0))
        .set((
            users::username.eq(username),
            (users::nickname.eq(nickname), users::avatar_url.eq(avatar_url), users::status.eq(status)),
            (users::updated_at.eq(at.naive()), users::deleted_at.eq(None::<chrono::NaiveDateTime>)),
        ))
        .execute(conn)?;
    delete(conn, user)?;
    Ok(true)
}

/// Returns the account whose time to be purged came first, if it has come.
pub fn due(conn: &mut Conn, now: Time) -> Result<Option<UserId>, Error> {
    let due = account_deletions::table.filter(account_deletions::purge_at.le(now.naive()));
    let first = due.order(account_deletions::purge_at).select(account_deletions::user_id);
    Ok(first.first(conn).optional()?.map(UserId))
}

/// Leaves nothing personal of an account, and its name free; false if it can still be restored, or was, or this
/// was done before.
pub fn anonymise(conn: &mut Conn, user: UserId, now: Time) -> Result<bool, Error> {
    lock(conn, user)?;
    let closed = account_deletions::table
        .find(user.0)
        .filter(account_deletions::anonymised.eq(false))
        .filter(account_deletions::purge_at.le(now.naive()));
    let changed = diesel::update(closed)
        .set((
            account_deletions::anonymised.eq(true),
            (account_deletions::username.eq(None::<String>), account_deletions::nickname.eq(None::<String>)),
            (account_deletions::avatar_url.eq(None::<String>), account_deletions::status.eq(None::<String>)),
        ))
        .execute(conn)?;
    if changed == 0 {
        return Ok(false);
    }
    let (name, nobody) = (deleted_name(user), Finders::Nobody.as_str());
    diesel::update(users::table.find(user.0))
        .set((
            (users::username_key.eq(&name), users::hashed_password.eq("")),
            (users::email.eq(None::<String>), users::email_key.eq(None::<String>)),
            (users::find_me_by_email.eq(nobody), users::find_me_by_username.eq(nobody)),
            users::last_seen_at.eq(None::<chrono::NaiveDateTime>),
        ))
        .execute(conn)?;
    Ok(true)
}

/// Returns what a deleted account is called.
fn deleted_name(user: UserId) -> String {
    format!("{}{user}", Username::DELETED_PREFIX)
}

/// Returns of an account that is anonymous, and not yet purged, whether it is to lose its messages, too.
pub fn erases_messages(conn: &mut Conn, user: UserId) -> Result<Option<bool>, Error> {
    let anonymous = account_deletions::table.find(user.0).filter(account_deletions::anonymised.eq(true));
    Ok(anonymous.select(account_deletions::erase_messages).first(conn).optional()?)
}

/// Notes that nothing is left to do.
pub fn delete(conn: &mut Conn, user: UserId) -> Result<(), Error> {
    diesel::delete(account_deletions::table.find(user.0)).execute(conn)?;
    Ok(())
}
