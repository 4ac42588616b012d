//! Tokens of programs: sessions with scopes, which no secret renews.

use diesel::prelude::*;
use domain::api_token::{ApiToken, Scopes};
use domain::id::{SessionId, UserId};
use domain::time::Time;

use crate::conn::Conn;
use crate::error::Error;
use crate::ids::session_id;
use crate::schema::sessions;
use crate::sessions::{Session, find};

/// What stands for "never" where a session must end some time.
const NEVER: &str = "9999-12-31T00:00:00Z";

fn never() -> Result<Time, Error> {
    Time::parse(NEVER).ok_or_else(|| Error::Other("the last day of the calendar is no time".into()))
}

/// Stores a token of a user under the hash of its secret.
pub fn insert(conn: &mut Conn, user: UserId, token: &ApiToken, hash: &[u8; 32]) -> Result<(), Error> {
    let ends = token.expires_at.map_or_else(never, Ok)?;
    diesel::insert_into(sessions::table)
        .values((
            sessions::session_id.eq(token.id.bytes()),
            sessions::user_id.eq(user.0),
            sessions::secret_hash.eq(hash.as_slice()),
            sessions::created_at.eq(token.created_at.naive()),
            sessions::rotated_at.eq(token.created_at.naive()),
            sessions::expires_at.eq(ends.naive()),
            sessions::name.eq(&token.name),
            sessions::scopes.eq(Scopes::of(&token.scopes).text()),
        ))
        .execute(conn)?;
    Ok(())
}

/// Returns a user's tokens that have not ended, the last made first.
pub fn list(conn: &mut Conn, user: UserId, now: Time) -> Result<Vec<ApiToken>, Error> {
    type Row = (Vec<u8>, Option<String>, Option<String>, chrono::NaiveDateTime, chrono::NaiveDateTime);
    let rows: Vec<Row> = sessions::table
        .filter(sessions::user_id.eq(user.0))
        .filter(sessions::scopes.is_not_null())
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::expires_at.gt(now.naive()))
        .order((sessions::created_at.desc(), sessions::session_id.desc()))
        .select((
            sessions::session_id,
            sessions::name,
            sessions::scopes,
            sessions::created_at,
            sessions::expires_at,
        ))
        .load(conn)?;
    let never = never()?;
    let token = |(id, name, scopes, created_at, expires_at): Row| {
        Ok(ApiToken {
            id: session_id(&id)?,
            name: name.unwrap_or_default(),
            scopes: Scopes::parse(&scopes.unwrap_or_default()).list(),
            created_at: Time::from_naive(created_at),
            expires_at: Some(Time::from_naive(expires_at)).filter(|end| *end < never),
        })
    };
    rows.into_iter().map(token).collect()
}

/// Finds the session of a token by the hash of its secret.
pub fn by_hash(conn: &mut Conn, hash: &[u8; 32]) -> Result<Session, Error> {
    let id: Vec<u8> = sessions::table
        .filter(sessions::secret_hash.eq(hash.as_slice()))
        .filter(sessions::scopes.is_not_null())
        .select(sessions::session_id)
        .first(conn)?;
    find(conn, session_id(&id)?)
}

/// Revokes a token of a user; [`Error::NotFound`] if it is none, or has ended.
pub fn revoke(conn: &mut Conn, user: UserId, id: SessionId, at: Time) -> Result<(), Error> {
    let theirs = sessions::table.find(id.bytes()).filter(sessions::user_id.eq(user.0));
    let active = theirs
        .filter(sessions::scopes.is_not_null())
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::expires_at.gt(at.naive()));
    let revoked = diesel::update(active).set(sessions::revoked_at.eq(at.naive())).execute(conn)?;
    if revoked == 0 { Err(Error::NotFound) } else { Ok(()) }
}
