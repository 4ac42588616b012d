//! Sessions: one row for each sign-in on a device; its tokens are valid for as long as it is.

use diesel::prelude::*;
use domain::api_token::Scopes;
use domain::id::{SessionId, UserId};
use domain::session::SessionSummary;
use domain::time::Time;

use crate::conn::Conn;
use crate::error::Error;
use crate::ids::session_id;
use crate::schema::{sessions, users};

/// A session.
#[derive(Debug, Clone)]
pub struct Session {
    /// Its id, which tokens carry.
    pub id: SessionId,
    /// Who signed in.
    pub user: UserId,
    /// The name that tokens carry.
    pub username: String,
    /// When the user signed in.
    pub created_at: Time,
    /// When its secret was last exchanged.
    pub rotated_at: Time,
    /// When it expires unless it is used before.
    pub expires_at: Time,
    /// Whether it was revoked.
    pub revoked: bool,
    /// What it lets its client do.
    pub scopes: Scopes,
}

impl Session {
    /// Returns whether the session is neither revoked nor expired.
    pub fn is_active(&self, now: Time) -> bool {
        !self.revoked && now < self.expires_at
    }
}

/// The hashes of a session's secret, the only form that is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecretHashes {
    /// Of the whole secret.
    pub secret: [u8; 32],
    /// Of the half that it shares with all secrets of its session.
    pub family: [u8; 32],
}

/// A new session.
#[derive(Debug)]
pub struct NewSession {
    /// Its id.
    pub id: SessionId,
    /// Who signs in.
    pub user: UserId,
    /// The hashes of its secret.
    pub secret: SecretHashes,
    /// What the client calls itself.
    pub user_agent: Option<String>,
    /// Now.
    pub at: Time,
    /// When it expires unless it is used before.
    pub expires_at: Time,
}

/// Which of a session's secrets was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// The one in force.
    Current,
    /// The one that it replaced.
    Previous,
    /// One from before that.
    Older,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = sessions)]
struct Row {
    session_id: Vec<u8>,
    user_id: i64,
    created_at: chrono::NaiveDateTime,
    rotated_at: chrono::NaiveDateTime,
    expires_at: chrono::NaiveDateTime,
    revoked_at: Option<chrono::NaiveDateTime>,
    scopes: Option<String>,
}

impl TryFrom<(Row, String)> for Session {
    type Error = Error;

    fn try_from((row, username): (Row, String)) -> Result<Self, Error> {
        Ok(Self {
            id: session_id(&row.session_id)?,
            user: UserId(row.user_id),
            username,
            created_at: Time::from_naive(row.created_at),
            rotated_at: Time::from_naive(row.rotated_at),
            expires_at: Time::from_naive(row.expires_at),
            revoked: row.revoked_at.is_some(),
            scopes: row.scopes.map_or(Scopes::SIGN_IN, |scopes| Scopes::parse(&scopes)),
        })
    }
}

/// Stores a new session.
pub fn insert(conn: &mut Conn, new: &NewSession) -> Result<(), Error> {
    diesel::insert_into(sessions::table)
        .values((
            sessions::session_id.eq(new.id.bytes()),
            sessions::user_id.eq(new.user.0),
            sessions::secret_hash.eq(&new.secret.secret[..]),
            sessions::family_hash.eq(&new.secret.family[..]),
            sessions::user_agent.eq(new.user_agent.as_deref()),
            sessions::created_at.eq(new.at.naive()),
            sessions::rotated_at.eq(new.at.naive()),
            sessions::expires_at.eq(new.expires_at.naive()),
        ))
        .execute(conn)?;
    Ok(())
}

/// Deletes a user's expired sessions.
pub fn prune(conn: &mut Conn, user: UserId, at: Time) -> Result<(), Error> {
    let theirs = sessions::table.filter(sessions::user_id.eq(user.0));
    diesel::delete(theirs.filter(sessions::expires_at.lt(at.naive()))).execute(conn)?;
    Ok(())
}

/// Finds the session that a token names, active or not, unless its account is deleted or suspended.
pub fn find(conn: &mut Conn, id: SessionId) -> Result<Session, Error> {
    let row: (Row, String) = sessions::table
        .inner_join(users::table.on(users::user_id.eq(sessions::user_id)))
        .filter(sessions::session_id.eq(id.bytes()))
        .filter(users::deleted_at.is_null())
        .filter(users::suspended_at.is_null())
        .select((Row::as_select(), users::username))
        .first(conn)?;
    row.try_into()
}

/// Lists a user's active sessions as the session `current` sees them, the last used first.
pub fn list(
    conn: &mut Conn,
    user: UserId,
    current: SessionId,
    now: Time,
) -> Result<Vec<SessionSummary>, Error> {
    type Listed = (Vec<u8>, Option<String>, chrono::NaiveDateTime, chrono::NaiveDateTime);
    let rows: Vec<Listed> = sessions::table
        .filter(sessions::user_id.eq(user.0))
        .filter(sessions::scopes.is_null())
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::expires_at.gt(now.naive()))
        .order((sessions::rotated_at.desc(), sessions::session_id.desc()))
        .select((sessions::session_id, sessions::user_agent, sessions::created_at, sessions::rotated_at))
        .load(conn)?;
    let summary = |(id, user_agent, created_at, rotated_at): Listed| {
        let id = session_id(&id)?;
        Ok(SessionSummary {
            id,
            user_agent,
            created_at: Time::from_naive(created_at),
            last_used_at: Time::from_naive(rotated_at),
            current: id == current,
        })
    };
    rows.into_iter().map(summary).collect()
}

/// Finds the session that a secret belongs to, by the secret's hashes.
pub fn by_secret(conn: &mut Conn, hashes: &SecretHashes) -> Result<(Session, Shown), Error> {
    let SecretHashes { secret, family } = hashes;
    for shown in [Shown::Current, Shown::Previous, Shown::Older] {
        let query = sessions::table
            .inner_join(users::table.on(users::user_id.eq(sessions::user_id)))
            .filter(users::deleted_at.is_null())
            .filter(users::suspended_at.is_null())
            .filter(sessions::scopes.is_null())
            .select((Row::as_select(), users::username));
        let row: Option<(Row, String)> = match shown {
            Shown::Current => query.filter(sessions::secret_hash.eq(&secret[..])).first(conn).optional()?,
            Shown::Previous => {
                query.filter(sessions::previous_hash.eq(&secret[..])).first(conn).optional()?
            }
            Shown::Older => query.filter(sessions::family_hash.eq(&family[..])).first(conn).optional()?,
        };
        if let Some(row) = row {
            return Ok((row.try_into()?, shown));
        }
    }
    Err(Error::NotFound)
}

/// The exchange of a session's secret.
#[derive(Debug, Clone, Copy)]
pub struct Rotation {
    /// The hash of the secret that is replaced.
    pub old: [u8; 32],
    /// The hashes of its successor.
    pub new: SecretHashes,
    /// Now.
    pub at: Time,
    /// When the session expires from now on.
    pub expires_at: Time,
}

/// Exchanges a session's secret; false if the old one is no longer in force.
pub fn rotate(conn: &mut Conn, id: SessionId, rotation: Rotation) -> Result<bool, Error> {
    let Rotation { old, new, at, expires_at } = rotation;
    let current = sessions::table.find(id.bytes()).filter(sessions::secret_hash.eq(&old[..]));
    let changed = diesel::update(current)
        .set((
            sessions::secret_hash.eq(&new.secret[..]),
            sessions::family_hash.eq(&new.family[..]),
            sessions::previous_hash.eq(&old[..]),
            sessions::rotated_at.eq(at.naive()),
            sessions::expires_at.eq(expires_at.naive()),
        ))
        .execute(conn)?;
    Ok(changed > 0)
}

/// Revokes a session.
pub fn revoke(conn: &mut Conn, id: SessionId, at: Time) -> Result<(), Error> {
    diesel::update(sessions::table.find(id.bytes()))
        .set(sessions::revoked_at.eq(at.naive()))
        .execute(conn)?;
    Ok(())
}

/// Revokes an active session of a user; [`Error::NotFound`] if it is none.
pub fn revoke_one(conn: &mut Conn, user: UserId, id: SessionId, at: Time) -> Result<(), Error> {
    let theirs = sessions::table.find(id.bytes()).filter(sessions::user_id.eq(user.0));
    let active = theirs.filter(sessions::revoked_at.is_null()).filter(sessions::expires_at.gt(at.naive()));
    let revoked = diesel::update(active).set(sessions::revoked_at.eq(at.naive())).execute(conn)?;
    if revoked == 0 { Err(Error::NotFound) } else { Ok(()) }
}

/// Returns the sessions that were revoked since a moment.
pub fn revoked_since(conn: &mut Conn, since: Time) -> Result<Vec<SessionId>, Error> {
    let query = sessions::table.filter(sessions::revoked_at.ge(since.naive())).select(sessions::session_id);
    let ids: Vec<Vec<u8>> = query.load(conn)?;
    ids.iter().map(|id| session_id(id)).collect()
}

/// Forgets what a user's clients and tokens called themselves.
pub fn anonymise(conn: &mut Conn, user: UserId) -> Result<(), Error> {
    diesel::update(sessions::table.filter(sessions::user_id.eq(user.0)))
        .set((sessions::user_agent.eq(None::<&str>), sessions::name.eq(None::<&str>)))
        .execute(conn)?;
    Ok(())
}

/// Revokes all sessions of a user but `kept`; returns those that were not revoked before.
pub fn revoke_all(
    conn: &mut Conn,
    user: UserId,
    kept: Option<SessionId>,
    at: Time,
) -> Result<Vec<SessionId>, Error> {
    // No session has an empty id.
    let kept = kept.map_or_else(Vec::new, |id| id.bytes().to_vec());
    let active = || {
        let theirs = sessions::table.filter(sessions::user_id.eq(user.0));
        theirs.filter(sessions::revoked_at.is_null()).filter(sessions::session_id.ne(kept.clone()))
    };
    let ids: Vec<Vec<u8>> = active().select(sessions::session_id).load(conn)?;
    diesel::update(active()).set(sessions::revoked_at.eq(at.naive())).execute(conn)?;
    ids.iter().map(|id| session_id(id)).collect()
}
