//! Invites: one for each user who made one, known by the hash of its token.

use diesel::prelude::*;
use domain::id::UserId;

use crate::conn::Conn;
use crate::error::Error;
use crate::schema::{friend_invites, users};

/// The invite of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Invite {
    /// How many the user has made.
    pub number: i64,
    /// The SHA-256 of its token.
    pub token_hash: [u8; 32],
}

/// Returns a user's invite, if there is one.
pub fn find(conn: &mut Conn, user: UserId) -> Result<Option<Invite>, Error> {
    let row: Option<(i64, Vec<u8>)> = friend_invites::table
        .find(user.0)
        .select((friend_invites::number, friend_invites::token_hash))
        .first(conn)
        .optional()?;
    let invite = |(number, hash): (i64, Vec<u8>)| {
        let hash = hash.try_into().map_err(|_short| Error::Other("an invite's hash is not 32 bytes".into()));
        Ok(Invite { number, token_hash: hash? })
    };
    row.map(invite).transpose()
}

/// Replaces a user's invite.
pub fn put(conn: &mut Conn, user: UserId, number: i64, token_hash: &[u8; 32]) -> Result<(), Error> {
    diesel::delete(friend_invites::table.find(user.0)).execute(conn)?;
    diesel::insert_into(friend_invites::table)
        .values((
            friend_invites::user_id.eq(user.0),
            friend_invites::number.eq(number),
            friend_invites::token_hash.eq(token_hash.as_slice()),
        ))
        .execute(conn)?;
    Ok(())
}

/// Returns who made the invite with this hash; [`Error::NotFound`] if nobody did, or has deleted the account.
pub fn inviter(conn: &mut Conn, token_hash: &[u8; 32]) -> Result<UserId, Error> {
    let id: i64 = friend_invites::table
        .inner_join(users::table)
        .filter(friend_invites::token_hash.eq(token_hash.as_slice()))
        .filter(users::deleted_at.is_null())
        .select(friend_invites::user_id)
        .first(conn)?;
    Ok(UserId(id))
}

/// Deletes a user's invite.
pub fn delete(conn: &mut Conn, user: UserId) -> Result<(), Error> {
    diesel::delete(friend_invites::table.find(user.0)).execute(conn)?;
    Ok(())
}
