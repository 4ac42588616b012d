//! Administrators: who is one, and the proof of it that queries about all accounts ask for.

use diesel::dsl::exists;
use diesel::prelude::*;
use domain::id::UserId;

use crate::conn::Conn;
use crate::error::Error;
use crate::schema::users;

/// Proof that a user is an administrator, for the transaction or the read that it was made in.
#[derive(Debug)]
pub struct Admin(UserId);

impl Admin {
    /// Proves it; [`Error::NotFound`] for who is no administrator.
    pub fn prove(conn: &mut Conn, user: UserId) -> Result<Self, Error> {
        if is_admin(conn, user)? { Ok(Self(user)) } else { Err(Error::NotFound) }
    }

    /// Returns who it is.
    pub fn user(&self) -> UserId {
        self.0
    }
}

/// Returns whether a user is an administrator; nobody is whose account is deleted or suspended.
pub fn is_admin(conn: &mut Conn, user: UserId) -> Result<bool, Error> {
    let admin = users::table
        .find(user.0)
        .filter(users::is_admin.eq(true))
        .filter(users::deleted_at.is_null())
        .filter(users::suspended_at.is_null());
    Ok(diesel::select(exists(admin)).get_result(conn)?)
}

/// Makes a user an administrator, or none; false if nothing changes. Bots never are.
pub fn set(conn: &mut Conn, user: UserId, is_admin: bool) -> Result<bool, Error> {
    let account = users::table.find(user.0).filter(users::is_bot.eq(false));
    let changed = diesel::update(account.filter(users::is_admin.ne(is_admin)))
        .set(users::is_admin.eq(is_admin))
        .execute(conn)?;
    Ok(changed > 0)
}

/// Returns the administrators and their names.
pub fn list(conn: &mut Conn) -> Result<Vec<(UserId, String)>, Error> {
    let rows: Vec<(i64, String)> = users::table
        .filter(users::is_admin.eq(true))
        .filter(users::deleted_at.is_null())
        .order(users::user_id)
        .select((users::user_id, users::username))
        .load(conn)?;
    Ok(rows.into_iter().map(|(id, name)| (UserId(id), name)).collect())
}
