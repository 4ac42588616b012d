//! Accounts: registering, signing in and out, deletion.

use std::time::Duration;

use auth::password::Verdict;
use auth::secret::Secret;
use domain::event_table::LogEntry;
use domain::id::{SessionId, UserId};
use domain::media::Purpose;
use domain::text::{Email, Password, Username};
use domain::user::User;
use persistence::error::Error as Stored;
use persistence::sessions::{self, NewSession, Rotation, Session, Shown};
use persistence::users::{self, Credentials, NewUser};
use persistence::{friends, uploads};

use crate::context::Chat;
use crate::error::{Error, Refusal, Resource};
use crate::log::{publish, record};

mod authentication;

pub use authentication::{AuthUser, authenticate, authenticate_cookie, still};
use authentication::{GRACE, unknown};

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

/// How far back sessions are looked for that other nodes have ended: longer than clocks differ.
const LATELY: Duration = Duration::from_mins(1);

/// What a client is given when it signs in.
#[derive(Debug)]
pub struct SignedIn {
    /// Proves who the client is for a while.
    pub access_token: String,
    /// How long, in seconds.
    pub expires_in: u64,
    /// Is exchanged for the next access token; known to this client alone.
    pub secret: String,
    /// How long the session lasts unless it is used, in seconds.
    pub session_seconds: u64,
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
    if needs_upgrade {
        upgrade(chat, account.id, password).await?;
    }
    open_session(chat, &account, user_agent).await
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

async fn upgrade(chat: &Chat, id: UserId, password: String) -> Result<(), Error> {
    let hashed = chat.passwords.hash(password).await?;
    chat.db.transaction(move |conn| Ok(users::set_password(conn, id, &hashed)?)).await
}

async fn open_session(
    chat: &Chat,
    account: &Credentials,
    user_agent: Option<String>,
) -> Result<SignedIn, Error> {
    let secret = Secret::generate()?;
    let at = chat.now();
    let id = SessionId::generate();
    let new = NewSession {
        id,
        user: account.id,
        secret_hash: secret.hash(),
        user_agent: user_agent.map(|agent| agent.chars().take(256).collect()),
        at,
        expires_at: at + lifetime(chat),
    };
    chat.db
        .transaction(move |conn| {
            sessions::prune(conn, new.user, at)?;
            sessions::insert(conn, &new)
        })
        .await?;
    signed_in(chat, id, account.id, &account.username, &secret)
}

fn signed_in(
    chat: &Chat,
    session: SessionId,
    user: UserId,
    username: &str,
    secret: &Secret,
) -> Result<SignedIn, Error> {
    Ok(SignedIn {
        access_token: chat.tokens.mint(user, username, session)?,
        expires_in: chat.tokens.lifetime().as_secs(),
        secret: secret.reveal(),
        session_seconds: chat.limits.session.as_secs(),
    })
}

fn lifetime(chat: &Chat) -> chrono::TimeDelta {
    chrono::TimeDelta::from_std(chat.limits.session).unwrap_or(chrono::TimeDelta::MAX)
}

/// Exchanges a session's secret for a new one and a new access token.
///
/// The same secret shown again within 30 seconds gets the same successor; later it was stolen, and the session ends.
pub async fn refresh(chat: &Chat, secret: &str) -> Result<SignedIn, Error> {
    let shown = Secret::parse(secret).ok_or(Error::Unauthenticated)?;
    let next = shown.successor(&chat.key);
    let (old, new, now) = (shown.hash(), next.hash(), chat.now());
    let expires_at = now + lifetime(chat);
    let exchange = chat.db.transaction(move |conn| {
        let (session, which) = sessions::by_secret(conn, &old).map_err(unknown)?;
        if !session.is_active(now) {
            return Err(Error::Unauthenticated);
        }
        match which {
            Shown::Current => {
                let rotation = Rotation { old, new, at: now, expires_at };
                Ok(sessions::rotate(conn, session.id, rotation).map(|_| (session, true))?)
            }
            Shown::Previous if now < session.rotated_at + GRACE => Ok((session, true)),
            Shown::Previous => {
                sessions::revoke(conn, session.id, now)?;
                Ok((session, false))
            }
        }
    });
    let (session, fine): (Session, bool) = exchange.await?;
    if !fine {
        tracing::warn!(user = %session.user, session = %session.id, "a spent session secret was shown; the session ends");
        end(chat, [session.id]);
        return Err(Error::Unauthenticated);
    }
    signed_in(chat, session.id, session.user, &session.username, &next)
}

/// Signs out, on this device or on all; the tokens are dead and the connections closed when this returns.
pub async fn sign_out(chat: &Chat, me: &AuthUser, everywhere: bool) -> Result<(), Error> {
    let (user, session, now) = (me.id, me.session, chat.now());
    let ended = chat
        .db
        .transaction(move |conn| {
            if everywhere {
                return Ok::<_, Error>(sessions::revoke_all(conn, user, now)?);
            }
            sessions::revoke(conn, session, now)?;
            Ok(vec![session])
        })
        .await?;
    end(chat, ended);
    Ok(())
}

/// Notes that another node has ended a session.
pub fn ended_elsewhere(chat: &Chat, session: SessionId) {
    chat.sessions.end(session);
}

/// Returns the sessions that other nodes have ended lately and that were not known here to have ended.
pub async fn revoked_elsewhere(chat: &Chat) -> Result<Vec<SessionId>, Error> {
    let since = chat.now().before(LATELY);
    let revoked = chat.db.read(move |conn| sessions::revoked_since(conn, since)).await?;
    let unknown: Vec<_> = revoked.into_iter().filter(|session| !chat.sessions.ended(*session)).collect();
    for session in &unknown {
        chat.sessions.end(*session);
    }
    Ok(unknown)
}

fn end(chat: &Chat, sessions: impl IntoIterator<Item = SessionId>) {
    for session in sessions {
        chat.sessions.end(session);
        chat.live.revoke(session);
    }
}

/// Deletes an account: its sessions, friendships, pictures and everything personal go; its messages stay for their readers.
pub async fn delete(chat: &Chat, me: &AuthUser, target: UserId) -> Result<(), Error> {
    if me.id != target {
        return Err(Error::Forbidden);
    }
    let (id, now) = (me.id, chat.now());
    let gone = chat.db.transaction(move |conn| {
        let acquaintances = friends::acquaintances(conn, id)?;
        let ended = sessions::revoke_all(conn, id, now)?;
        friends::delete_all(conn, id)?;
        let pictures = uploads::delete_avatars(conn, id)?;
        users::anonymise(conn, id, now)?;
        let gone = |to: UserId| {
            [LogEntry::FriendRemoved { to, user: id }, LogEntry::ProfileChanged { to: to.into(), user: id }]
        };
        let entries: Vec<LogEntry> = acquaintances.into_iter().flat_map(gone).collect();
        Ok::<_, Error>((ended, pictures, record(conn, &entries)?))
    });
    let (ended, pictures, rows) = gone.await?;
    end(chat, ended);
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
