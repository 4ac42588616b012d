//! Sign-ins: one row for each device, which outlives its tokens and ends them.

use diesel::prelude::*;
use domain::id::{SessionId, UserId};
use domain::time::Time;

use crate::conn::Conn;
use crate::error::Error;
use crate::schema::{sessions, users};

/// A sign-in.
#[derive(Debug, Clone)]
pub struct Session {
    /// Its id, which tokens carry.
    pub id: SessionId,
    /// Who signed in.
    pub user: UserId,
    /// The name that tokens carry.
    pub username: String,
    /// When its secret was last exchanged.
    pub rotated_at: Time,
    /// When it ends unless it is used before.
    pub expires_at: Time,
    /// Whether it was ended.
    pub revoked: bool,
}

impl Session {
    /// Tells whether the sign-in still stands.
    pub fn stands(&self, now: Time) -> bool {
        !self.revoked && now < self.expires_at
    }
}

/// A new sign-in.
#[derive(Debug)]
pub struct NewSession {
    /// Its id.
    pub id: SessionId,
    /// Who signs in.
    pub user: UserId,
    /// The hash of its secret.
    pub secret_hash: [u8; 32],
    /// What the client calls itself.
    pub user_agent: Option<String>,
    /// Now.
    pub at: Time,
    /// When it ends unless it is used before.
    pub expires_at: Time,
}

/// Which of a sign-in's secrets was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// The one in force.
    Current,
    /// The one that it replaced.
    Previous,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = sessions)]
struct Row {
    session_id: Vec<u8>,
    user_id: i64,
    rotated_at: chrono::NaiveDateTime,
    expires_at: chrono::NaiveDateTime,
    revoked_at: Option<chrono::NaiveDateTime>,
}

impl TryFrom<(Row, String)> for Session {
    type Error = Error;

    fn try_from((row, username): (Row, String)) -> Result<Self, Error> {
        let id = uuid::Uuid::from_slice(&row.session_id).map_err(|e| Error::Other(e.into()))?;
        Ok(Self {
            id: SessionId(id),
            user: UserId(row.user_id),
            username,
            rotated_at: Time::from_naive(row.rotated_at),
            expires_at: Time::from_naive(row.expires_at),
            revoked: row.revoked_at.is_some(),
        })
    }
}

/// Stores a new sign-in.
pub fn insert(conn: &mut Conn, new: &NewSession) -> Result<(), Error> {
    diesel::insert_into(sessions::table)
        .values((
            sessions::session_id.eq(new.id.bytes()),
            sessions::user_id.eq(new.user.0),
            sessions::secret_hash.eq(&new.secret_hash[..]),
            sessions::user_agent.eq(new.user_agent.as_deref()),
            sessions::created_at.eq(new.at.naive()),
            sessions::rotated_at.eq(new.at.naive()),
            sessions::expires_at.eq(new.expires_at.naive()),
        ))
        .execute(conn)?;
    Ok(())
}

/// Forgets those of a user's sign-ins that ran out.
pub fn prune(conn: &mut Conn, user: UserId, at: Time) -> Result<(), Error> {
    let theirs = sessions::table.filter(sessions::user_id.eq(user.0));
    diesel::delete(theirs.filter(sessions::expires_at.lt(at.naive()))).execute(conn)?;
    Ok(())
}

/// Finds the sign-in that a token names, whether or not it still stands.
pub fn find(conn: &mut Conn, id: SessionId) -> Result<Session, Error> {
    let row: (Row, String) = sessions::table
        .inner_join(users::table.on(users::user_id.eq(sessions::user_id)))
        .filter(sessions::session_id.eq(id.bytes()))
        .filter(users::deleted_at.is_null())
        .select((Row::as_select(), users::username))
        .first(conn)?;
    row.try_into()
}

/// Finds the sign-in that a secret belongs to, by the secret's hash.
pub fn by_secret(conn: &mut Conn, hash: &[u8; 32]) -> Result<(Session, Shown), Error> {
    for shown in [Shown::Current, Shown::Previous] {
        let query = sessions::table
            .inner_join(users::table.on(users::user_id.eq(sessions::user_id)))
            .filter(users::deleted_at.is_null())
            .select((Row::as_select(), users::username));
        let row: Option<(Row, String)> = match shown {
            Shown::Current => query.filter(sessions::secret_hash.eq(&hash[..])).first(conn).optional()?,
            Shown::Previous => query.filter(sessions::previous_hash.eq(&hash[..])).first(conn).optional()?,
        };
        if let Some(row) = row {
            return Ok((row.try_into()?, shown));
        }
    }
    Err(Error::NotFound)
}

/// Exchanges a sign-in's secret; tells whether `old` was still the one in force.
pub fn rotate(
    conn: &mut Conn,
    id: SessionId,
    (old, new): (&[u8; 32], &[u8; 32]),
    at: Time,
    expires_at: Time,
) -> Result<bool, Error> {
    let current = sessions::table.find(id.bytes()).filter(sessions::secret_hash.eq(&old[..]));
    let changed = diesel::update(current)
        .set((
            sessions::secret_hash.eq(&new[..]),
            sessions::previous_hash.eq(&old[..]),
            sessions::rotated_at.eq(at.naive()),
            sessions::expires_at.eq(expires_at.naive()),
        ))
        .execute(conn)?;
    Ok(changed > 0)
}

/// Ends a sign-in.
pub fn revoke(conn: &mut Conn, id: SessionId, at: Time) -> Result<(), Error> {
    diesel::update(sessions::table.find(id.bytes()))
        .set(sessions::revoked_at.eq(at.naive()))
        .execute(conn)?;
    Ok(())
}

/// Returns the sign-ins that were ended since a moment.
pub fn revoked_since(conn: &mut Conn, since: Time) -> Result<Vec<SessionId>, Error> {
    let query = sessions::table.filter(sessions::revoked_at.ge(since.naive())).select(sessions::session_id);
    let ids: Vec<Vec<u8>> = query.load(conn)?;
    ids.iter().map(|id| session_id(id)).collect()
}

/// Ends all sign-ins of a user that still stand, and returns them.
pub fn revoke_all(conn: &mut Conn, user: UserId, at: Time) -> Result<Vec<SessionId>, Error> {
    let standing =
        || sessions::table.filter(sessions::user_id.eq(user.0)).filter(sessions::revoked_at.is_null());
    let ids: Vec<Vec<u8>> = standing().select(sessions::session_id).load(conn)?;
    diesel::update(standing()).set(sessions::revoked_at.eq(at.naive())).execute(conn)?;
    ids.iter().map(|id| session_id(id)).collect()
}

fn session_id(bytes: &[u8]) -> Result<SessionId, Error> {
    uuid::Uuid::from_slice(bytes).map(SessionId).map_err(|e| Error::Other(e.into()))
}
