//! Whose a token or a cookie is.

use auth::secret::Secret;
use domain::api_token::Scopes;
use domain::audit::Source;
use domain::id::{SessionId, UserId};
use domain::time::Time;
use persistence::api_tokens;
use persistence::error::Error as Stored;
use persistence::sessions::{self, SecretHashes, Session, Shown};

use crate::audit::Actor;
use crate::context::Chat;
use crate::error::Error;
use crate::sessions::Validity;

/// Who sends a request, proven by a token or a cookie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthUser {
    /// The user.
    pub id: UserId,
    /// The session that the proof belongs to.
    pub session: SessionId,
    /// What the proof lets them do.
    pub scopes: Scopes,
    /// Where they send it from.
    pub source: Source,
}

impl AuthUser {
    /// Says where the request comes from.
    #[must_use]
    pub fn sending_from(self, source: Source) -> Self {
        Self { source, ..self }
    }

    /// Refuses what the proof does not let them do.
    pub fn permit(&self, needed: Scopes) -> Result<(), Error> {
        if self.scopes.contain(needed) { Ok(()) } else { Err(Error::InsufficientScope) }
    }
}

impl From<&AuthUser> for Actor {
    fn from(me: &AuthUser) -> Self {
        Self { user: Some(me.id), session: Some(me.session), source: me.source.clone() }
    }
}

/// After an exchange the old secret works this long, for the answer may be lost or two tabs may ask at once.
pub(super) const GRACE: chrono::TimeDelta = chrono::TimeDelta::seconds(30);

/// How the token of a program begins; its secret follows.
pub(super) const API_TOKEN: &str = "chat_pat_";

/// Returns whose an access token or the token of a program is, if its session is valid.
pub async fn authenticate(chat: &Chat, token: &str) -> Result<AuthUser, Error> {
    if let Some(secret) = token.strip_prefix(API_TOKEN) {
        return authenticate_program(chat, secret).await;
    }
    let claims = chat.tokens.verify(token)?;
    of_session(chat, claims.sid, claims.user_id).await
}

/// Returns the user of a session, if it is valid and theirs; the caller has proven that a request is made in it.
pub async fn of_session(chat: &Chat, session: SessionId, user: UserId) -> Result<AuthUser, Error> {
    match chat.sessions.validity(session) {
        Validity::ValidFor(owner) if owner == user => {
            return Ok(AuthUser { id: user, session, scopes: Scopes::SIGN_IN, source: Source::default() });
        }
        Validity::ValidFor(_) | Validity::Ended => return Err(Error::Unauthenticated),
        Validity::Unknown => {}
    }
    let now = chat.now();
    let found = chat.db.read(move |conn| sessions::find(conn, session).map_err(unknown)).await?;
    admit(chat, &found, now).filter(|me| me.id == user).ok_or(Error::Unauthenticated)
}

async fn authenticate_program(chat: &Chat, secret: &str) -> Result<AuthUser, Error> {
    let (hash, now) = (Secret::parse(secret).ok_or(Error::Unauthenticated)?.hash(), chat.now());
    let session = chat.db.read(move |conn| api_tokens::by_hash(conn, &hash).map_err(unknown)).await?;
    admit(chat, &session, now).ok_or(Error::Unauthenticated)
}

/// Returns whose cookie it is, if its session is valid; the caller has made sure that the request is the user's own.
pub async fn authenticate_cookie(chat: &Chat, secret: &str) -> Result<AuthUser, Error> {
    let shown = hashes(&Secret::parse(secret).ok_or(Error::Unauthenticated)?);
    let now = chat.now();
    let (session, which) =
        chat.db.read(move |conn| sessions::by_secret(conn, &shown).map_err(unknown)).await?;
    let in_force = match which {
        Shown::Current => true,
        Shown::Previous => now < session.rotated_at + GRACE,
        Shown::Older => false,
    };
    if !in_force {
        return Err(Error::Unauthenticated);
    }
    admit(chat, &session, now).ok_or(Error::Unauthenticated)
}

fn admit(chat: &Chat, session: &Session, now: Time) -> Option<AuthUser> {
    if !session.is_active(now) || chat.sessions.ended(session.id) {
        return None;
    }
    chat.sessions.note_valid(session.id, session.user);
    let (scopes, source) = (session.scopes, Source::default());
    Some(AuthUser { id: session.user, session: session.id, scopes, source })
}

/// Refuses a user whose session ended after they were authenticated; asks no database.
pub fn still(chat: &Chat, me: &AuthUser) -> Result<(), Error> {
    if chat.sessions.ended(me.session) { Err(Error::Unauthenticated) } else { Ok(()) }
}

/// Returns what is stored of a secret.
pub(super) fn hashes(secret: &Secret) -> SecretHashes {
    SecretHashes { secret: secret.hash(), family: secret.family_hash() }
}

/// A session that is not there authenticates nobody.
pub(super) fn unknown(error: Stored) -> Error {
    match error {
        Stored::NotFound => Error::Unauthenticated,
        other => other.into(),
    }
}
