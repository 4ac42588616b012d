//! Sessions: how they begin, go on and end.

use std::time::Duration;

use auth::secret::Secret;
use domain::audit::{AuditAction, Source};
use domain::id::SessionId;
use domain::session::SessionSummary;
use domain::time::Time;
use live::Reach;
use persistence::accounts;
use persistence::log::LogRow;
use persistence::sessions::{self, NewSession, Rotation, Session, Shown};
use persistence::users::{self, Credentials};

use super::authentication::{AuthUser, GRACE, hashes, unknown};
use super::restoring;
use crate::audit::{self, Actor, Audited};
use crate::context::{Chat, Limits};
use crate::error::{Error, Refusal, Resource};
use crate::log::publish;

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
    /// How long the session lasts unless it is used before, in seconds.
    pub session_seconds: u64,
    /// Whether the account was deleted, and restored by this.
    pub restored: bool,
}

/// Begins a session of a user whose password was right.
pub(super) async fn open(
    chat: &Chat,
    account: &Credentials,
    user_agent: Option<String>,
    source: Source,
) -> Result<SignedIn, Error> {
    let secret = Secret::generate()?;
    let at = chat.now();
    let new = NewSession {
        id: SessionId::generate(),
        user: account.id,
        secret: hashes(&secret),
        user_agent: user_agent.map(|agent| agent.chars().take(256).collect()),
        at,
        expires_at: expiry(&chat.limits, at, at),
    };
    let (hashed_password, is_closed) = (account.hashed_password.clone(), account.is_closed);
    let actor = Actor { user: Some(new.user), session: Some(new.id), source };
    let opened = chat.db.transaction(move |conn| {
        // A change of the password while it was checked has ended all sessions, and no new one may follow it.
        if !users::lock_password(conn, new.user, &hashed_password)? {
            return Err(Error::Busy);
        }
        if accounts::is_suspended(conn, new.user)? {
            return Err(Error::Refused(Refusal::AccountSuspended));
        }
        let restored = is_closed && restoring::restore(conn, new.user, at)?;
        sessions::prune(conn, new.user, at)?;
        sessions::insert(conn, &new)?;
        let done =
            restored.then_some(AuditAction::AccountRestored).into_iter().chain([AuditAction::SignedIn]);
        audit::append(conn, at, &actor, done.map(Audited::own))?;
        let session = sessions::find(conn, new.id)?;
        let rows = if restored { restoring::announce(conn, new.user)? } else { Vec::new() };
        Ok((session, restored, rows))
    });
    let (session, restored, rows): (Session, bool, Vec<LogRow>) = opened.await?;
    publish(chat, rows, None).await;
    Ok(SignedIn { restored, ..signed_in(chat, &session, &secret)? })
}

fn signed_in(chat: &Chat, session: &Session, secret: &Secret) -> Result<SignedIn, Error> {
    let left = session.expires_at.unix_seconds() - chat.now().unix_seconds();
    Ok(SignedIn {
        access_token: chat.tokens.mint(session.user, &session.username, session.id)?,
        expires_in: chat.tokens.lifetime().as_secs(),
        secret: secret.reveal(),
        session_seconds: u64::try_from(left).unwrap_or_default(),
        restored: false,
    })
}

/// Returns when a session expires that is used now.
fn expiry(limits: &Limits, created_at: Time, now: Time) -> Time {
    let after =
        |time: Time, lasts| time + chrono::TimeDelta::from_std(lasts).unwrap_or(chrono::TimeDelta::MAX);
    after(now, limits.session).min(after(created_at, limits.session_max))
}

/// Exchanges a session's secret for a new one and a new access token.
///
/// The last predecessor shown again within 30 seconds gets the same successor; any older one was stolen or copied, and
/// the session ends.
pub async fn refresh(chat: &Chat, secret: &str, source: Source) -> Result<SignedIn, Error> {
    let shown = Secret::parse(secret).ok_or(Error::Unauthenticated)?;
    let next = shown.successor(&chat.key);
    let (old, new, now, limits) = (hashes(&shown), hashes(&next), chat.now(), chat.limits);
    let actor = Actor::from(source);
    let exchange = chat.db.transaction(move |conn| {
        let (session, which) = sessions::by_secret(conn, &old).map_err(unknown)?;
        let expires_at = expiry(&limits, session.created_at, now);
        if !session.is_active(now) || expires_at <= now {
            return Err(Error::Unauthenticated);
        }
        let fine = match which {
            Shown::Current => {
                let rotation = Rotation { old: old.secret, new, at: now, expires_at };
                sessions::rotate(conn, session.id, rotation)?;
                true
            }
            Shown::Previous if now < session.rotated_at + GRACE => true,
            Shown::Previous | Shown::Older => {
                sessions::revoke(conn, session.id, now)?;
                audit::append(conn, now, &actor, [Audited::to(AuditAction::SecretReused, &session.id)])?;
                false
            }
        };
        Ok((Session { expires_at, ..session }, fine))
    });
    let (session, fine): (Session, bool) = exchange.await?;
    if !fine {
        tracing::warn!(user = %session.user, session = %session.id, "a spent session secret was shown; the session ends");
        end(chat, [session.id]);
        return Err(Error::Unauthenticated);
    }
    signed_in(chat, &session, &next)
}

/// Signs out, on this device or on all; the tokens are dead and the connections closed when this returns.
pub async fn sign_out(chat: &Chat, me: &AuthUser, everywhere: bool) -> Result<(), Error> {
    let (user, session, now, actor) = (me.id, me.session, chat.now(), Actor::from(me));
    let ended = chat
        .db
        .transaction(move |conn| {
            let ended = if everywhere {
                sessions::revoke_all(conn, user, None, now)?
            } else {
                sessions::revoke(conn, session, now)?;
                vec![session]
            };
            let done = ended.iter().map(|session| Audited::to(AuditAction::SessionEnded, session));
            audit::append(conn, now, &actor, done)?;
            Ok::<_, Error>(ended)
        })
        .await?;
    end(chat, ended);
    Ok(())
}

/// Lists one's active sessions, the last used first.
pub async fn list(chat: &Chat, me: &AuthUser) -> Result<Vec<SessionSummary>, Error> {
    let (user, current, now) = (me.id, me.session, chat.now());
    chat.db.read(move |conn| Ok(sessions::list(conn, user, current, now)?)).await
}

/// Ends one of one's sessions; the tokens are dead and the connections closed when this returns.
pub async fn end_one(chat: &Chat, me: &AuthUser, session: SessionId) -> Result<(), Error> {
    let (user, now, actor) = (me.id, chat.now(), Actor::from(me));
    let ended = chat.db.transaction(move |conn| {
        let revoked = sessions::revoke_one(conn, user, session, now);
        revoked.map_err(|error| Error::or_not_found(error, Resource::Session))?;
        Ok::<_, Error>(audit::append(conn, now, &actor, [Audited::to(AuditAction::SessionEnded, &session)])?)
    });
    ended.await?;
    end(chat, [session]);
    Ok(())
}

/// Ends a session on this node that another node has ended.
pub fn end_here(chat: &Chat, session: SessionId) {
    chat.sessions.end(session);
    chat.live.end(session, Reach::ThisNode);
}

/// Ends on this node the sessions that other nodes have ended lately and that were not known here to have ended.
pub async fn end_revoked(chat: &Chat) -> Result<(), Error> {
    let since = chat.now().before(LATELY);
    let revoked = chat.db.read(move |conn| sessions::revoked_since(conn, since)).await?;
    for session in revoked.into_iter().filter(|session| !chat.sessions.ended(*session)) {
        end_here(chat, session);
    }
    Ok(())
}

/// Ends sessions that were revoked: their tokens are refused and their connections closed from now on.
pub(crate) fn end(chat: &Chat, sessions: impl IntoIterator<Item = SessionId>) {
    for session in sessions {
        chat.sessions.end(session);
        chat.live.end(session, Reach::AllNodes);
    }
}
