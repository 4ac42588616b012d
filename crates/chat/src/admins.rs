//! Administrators: who is one, what they read of all accounts and of the audit log, and that they have read it.

use std::collections::{BTreeSet, HashMap};

use domain::account::Account;
use domain::api_token::Scopes;
use domain::audit::{AuditAction, AuditEntry, Source};
use domain::id::UserId;
use domain::time::Time;
use domain::user::Profile;
use persistence::admins::{self, Admin};
use persistence::error::Error as Stored;
use persistence::{Conn, accounts as stored_accounts, audit as stored_audit, users};

use crate::accounts::AuthUser;
use crate::audit::{self, Actor, Audited};
use crate::context::Chat;
use crate::error::Error;

/// The administrator who sends a request, proven by a sign-in: no token of a program is one.
#[derive(Debug, Clone)]
pub struct AdminUser(AuthUser);

impl AdminUser {
    /// Returns who it is.
    pub fn id(&self) -> UserId {
        self.0.id
    }
}

impl From<&AdminUser> for Actor {
    fn from(me: &AdminUser) -> Self {
        (&me.0).into()
    }
}

/// Refuses a user who is no administrator.
pub async fn admit(chat: &Chat, me: AuthUser) -> Result<AdminUser, Error> {
    me.permit(Scopes::SIGN_IN)?;
    let id = me.id;
    let is_admin = chat.db.read(move |conn| admins::is_admin(conn, id)).await?;
    if is_admin { Ok(AdminUser(me)) } else { Err(Error::Forbidden) }
}

/// Proves, in a transaction or a read, that a user is still an administrator.
pub(crate) fn prove(conn: &mut Conn, user: UserId) -> Result<Admin, Error> {
    Admin::prove(conn, user).map_err(|error| match error {
        Stored::NotFound => Error::Forbidden,
        other => other.into(),
    })
}

/// Reads something for an administrator, once the audit log says that they read it.
pub(crate) async fn read<T: Send + 'static>(
    chat: &Chat,
    me: &AdminUser,
    action: AuditAction,
    query: impl FnOnce(&mut Conn, &Admin) -> Result<T, Stored> + Send + 'static,
) -> Result<T, Error> {
    let (user, at, actor) = (me.id(), chat.now(), Actor::from(me));
    let noted = chat.db.transaction(move |conn| {
        prove(conn, user)?;
        Ok::<_, Error>(audit::append(conn, at, &actor, [Audited::own(action)])?)
    });
    noted.await?;
    let read = move |conn: &mut Conn| {
        let admin = prove(conn, user)?;
        Ok(query(conn, &admin)?)
    };
    chat.db.read(read).await
}

/// Lists the accounts before one, the last made first; with a query those that have it in a name, their address or as
/// their id.
pub async fn accounts(
    chat: &Chat,
    me: &AdminUser,
    query: Option<String>,
    before: Option<UserId>,
    limit: i64,
) -> Result<Vec<Account>, Error> {
    read(chat, me, AuditAction::AccountsRead, move |conn, admin| {
        stored_accounts::page(conn, admin, (query.as_deref(), before), limit)
    })
    .await
}

/// An entry of the audit log, with the people in it.
#[derive(Debug)]
pub struct NamedEntry {
    /// The entry.
    pub entry: AuditEntry,
    /// Who did it.
    pub actor: Option<Profile>,
    /// The user that it was done to.
    pub target_user: Option<Profile>,
}

/// Lists the entries of the audit log before one, the newest first.
pub async fn audit_log(
    chat: &Chat,
    me: &AdminUser,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<NamedEntry>, Error> {
    read(chat, me, AuditAction::AuditRead, move |conn, admin| {
        let entries = stored_audit::page(conn, admin, before, limit)?;
        let ids: BTreeSet<UserId> =
            entries.iter().flat_map(|entry| [entry.actor_id, target_user(entry)]).flatten().collect();
        let people = users::all_shown(conn, &ids)?;
        Ok(entries.into_iter().map(|entry| named(entry, &people)).collect())
    })
    .await
}

fn named(entry: AuditEntry, people: &HashMap<UserId, Profile>) -> NamedEntry {
    let find = |id: Option<UserId>| people.get(&id?).cloned();
    NamedEntry { actor: find(entry.actor_id), target_user: find(target_user(&entry)), entry }
}

/// The user that something was done to; all other targets are named by UUIDs.
fn target_user(entry: &AuditEntry) -> Option<UserId> {
    entry.target.as_deref()?.parse().ok().map(UserId)
}

/// Makes the user of a name an administrator, or none any more, as the operator; returns whether that changed anything,
/// and nothing if nobody who signs in is called so.
pub fn set(conn: &mut Conn, name: &str, is_admin: bool, at: Time) -> Result<Option<bool>, Stored> {
    let found = match users::by_username(conn, name) {
        Ok((found, _)) if !found.is_bot => found,
        Ok(_) | Err(Stored::NotFound) => return Ok(None),
        Err(other) => return Err(other),
    };
    let changed = admins::set(conn, found.id, is_admin)?;
    let action = if is_admin { AuditAction::AdminGranted } else { AuditAction::AdminRevoked };
    let done = changed.then(|| Audited::to(action, &found.id));
    audit::append(conn, at, &Actor::from(Source::default()), done)?;
    Ok(Some(changed))
}
