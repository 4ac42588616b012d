//! Accounts: registering, signing in and out, deletion.

use auth::password::Verdict;
use domain::event_table::LogEntry;
use domain::id::UserId;
use domain::media::Purpose;
use domain::text::{Email, Password, Username};
use domain::user::User;
use persistence::error::Error as Stored;
use persistence::users::{self, Credentials, NewUser};
use persistence::{friends, uploads};

use crate::context::Chat;
use crate::error::{Error, Refusal, Resource};
use crate::log::{publish, record};

mod authentication;
mod sessions;

use authentication::unknown;
pub use authentication::{AuthUser, authenticate, authenticate_cookie, still};
pub use sessions::{SignedIn, end_one, ended_elsewhere, list, refresh, revoked_elsewhere, sign_out};

/// What a new account is made of.
#[derive(Debug)]
pub struct Registration {
    /// The name to sign in with.
    pub username: Username,
    /// The password.
    pub password: Password,
    /// The address to be found by.
    pub email: Option<Email>,
}

/// Makes an account.
pub async fn register(chat: &Chat, new: Registration) -> Result<User, Error> {
    let Registration { username, password, email } = new;
    let taken = Error::Refused(Refusal::UsernameTaken(username.to_string()));
    let name = username.clone();
    // Asked first, so that a taken name does not cost a hash.
    if chat.db.read(move |conn| users::username_taken(conn, &name)).await? {
        return Err(taken);
    }
    let hashed_password = chat.passwords.hash(password.into_string()).await?;
    let new = NewUser { username, email, hashed_password, at: chat.now() };
    chat.db
        .transaction(move |conn| match users::insert(conn, &new) {
            Err(Stored::Conflict) if users::username_taken(conn, &new.username)? => {
                Err(Error::Refused(Refusal::UsernameTaken(new.username.to_string())))
            }
            Err(Stored::Conflict) => Err(Error::Refused(Refusal::EmailTaken)),
            other => Ok(other?),
        })
        .await
}

/// Signs in with a username or an e-mail address; takes as long whether or not there is such an account.
pub async fn sign_in(
    chat: &Chat,
    login: String,
    password: Password,
    user_agent: Option<String>,
) -> Result<SignedIn, Error> {
    let found = chat.db.read(move |conn| Ok::<_, Error>(users::credentials(conn, &login)?)).await?;
    let password = password.into_string();
    let stored = found.as_ref().map(|account| account.hashed_password.clone());
    let verdict = check(chat, password.clone(), stored).await?;
    let (Some(account), Verdict::Match { needs_upgrade }) = (found, verdict) else {
        return Err(Error::WrongLogin);
    };
    let signed_in = sessions::open(chat, &account, user_agent).await?;
    if needs_upgrade {
        upgrade(chat, account, password).await?;
    }
    Ok(signed_in)
}

async fn check(chat: &Chat, password: String, stored: Option<String>) -> Result<Verdict, Error> {
    match chat.passwords.verify(password, stored).await {
        // Only the operator can repair it, by restoring the pepper or the row.
        Err(auth::error::Error::UnknownHash(why)) => {
            tracing::error!(why, "a stored password hash cannot be checked");
            Ok(Verdict::Mismatch)
        }
        other => Ok(other?),
    }
}

async fn upgrade(chat: &Chat, account: Credentials, password: String) -> Result<(), Error> {
    let hashed = match chat.passwords.hash(password).await {
        // The next sign-in upgrades it.
        Err(auth::error::Error::Busy) => return Ok(()),
        hashed => hashed?,
    };
    let upgraded = chat.db.transaction(move |conn| {
        Ok::<_, Error>(users::replace_password(conn, account.id, &account.hashed_password, &hashed)?)
    });
    // False if the password was changed meanwhile, which is as good.
    upgraded.await.map(drop)
}

/// Replaces one's password and ends all one's other sessions; their connections are closed when this returns.
pub async fn change_password(
    chat: &Chat,
    me: &AuthUser,
    current: Password,
    new: Password,
) -> Result<(), Error> {
    let old = confirm(chat, me, Some(current)).await?;
    let hashed = chat.passwords.hash(new.into_string()).await?;
    let (id, session, now) = (me.id, me.session, chat.now());
    let changed = chat.db.transaction(move |conn| {
        if !users::replace_password(conn, id, &old, &hashed)? {
            return Err(Error::Busy);
        }
        Ok(persistence::sessions::revoke_all(conn, id, Some(session), now)?)
    });
    sessions::end(chat, changed.await?);
    Ok(())
}

/// Checks one's password again; returns the hash that it was checked against.
async fn confirm(chat: &Chat, me: &AuthUser, password: Option<Password>) -> Result<String, Error> {
    let password = password.ok_or(Error::WrongPassword)?;
    let id = me.id;
    let stored = chat.db.read(move |conn| users::hashed_password(conn, id).map_err(unknown)).await?;
    match check(chat, password.into_string(), Some(stored.clone())).await? {
        Verdict::Match { .. } => Ok(stored),
        Verdict::Mismatch => Err(Error::WrongPassword),
    }
}

/// Deletes an account: its sessions, friendships, pictures and everything personal go; its messages stay for their readers.
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
    let (id, now) = (me.id, chat.now());
    let gone = chat.db.transaction(move |conn| {
        let acquaintances = friends::acquaintances(conn, id)?;
        let ended = persistence::sessions::revoke_all(conn, id, None, now)?;
        friends::delete_all(conn, id)?;
        let pictures = uploads::delete_avatars(conn, id)?;
        users::anonymise(conn, id, now)?;
        let gone = |to: UserId| {
            [LogEntry::FriendRemoved { to, user: id }, LogEntry::ProfileChanged { to, user: id }]
        };
        let entries: Vec<LogEntry> = acquaintances.into_iter().flat_map(gone).collect();
        Ok::<_, Error>((ended, pictures, record(conn, &entries)?))
    });
    let (ended, pictures, rows) = gone.await?;
    sessions::end(chat, ended);
    remove_pictures(chat, &pictures).await;
    publish(chat, rows, None).await;
    Ok(())
}

async fn remove_pictures(chat: &Chat, pictures: &[String]) {
    for picture in pictures {
        if let Err(error) = chat.store.remove(Purpose::Avatar, picture).await {
            tracing::warn!(%error, "a deleted user's picture could not be removed");
        }
    }
}

/// Returns one's own account.
pub async fn own(chat: &Chat, me: &AuthUser) -> Result<User, Error> {
    let id = me.id;
    chat.db.read(move |conn| users::find(conn, id).map_err(|e| Error::or_not_found(e, Resource::User))).await
}
