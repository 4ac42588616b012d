//! Bots: accounts that programs act as, each with the user who made it.

use diesel::prelude::*;
use domain::id::UserId;
use domain::user::User;

use crate::conn::Conn;
use crate::error::Error;
use crate::schema::{bots, users};
use crate::users::Row;

/// Makes an account a bot, which nobody signs in as.
pub fn mark(conn: &mut Conn, bot: UserId) -> Result<(), Error> {
    diesel::update(users::table.find(bot.0)).set(users::is_bot.eq(true)).execute(conn)?;
    Ok(())
}

/// Gives a bot its owner.
pub fn insert(conn: &mut Conn, owner: UserId, bot: UserId) -> Result<(), Error> {
    diesel::insert_into(bots::table)
        .values((bots::user_id.eq(bot.0), bots::owner_id.eq(owner.0)))
        .execute(conn)?;
    Ok(())
}

/// Returns a user's bots, the first made first.
pub fn list(conn: &mut Conn, owner: UserId) -> Result<Vec<User>, Error> {
    let rows: Vec<Row> = bots::table
        .inner_join(users::table)
        .filter(bots::owner_id.eq(owner.0))
        .order(bots::user_id)
        .select(Row::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Finds a bot of a user; [`Error::NotFound`] if it is none of theirs.
pub fn find(conn: &mut Conn, owner: UserId, bot: UserId) -> Result<User, Error> {
    let row: Row = bots::table
        .inner_join(users::table)
        .filter(bots::user_id.eq(bot.0))
        .filter(bots::owner_id.eq(owner.0))
        .select(Row::as_select())
        .first(conn)?;
    Ok(row.into())
}

/// Returns the ids of a user's bots.
pub fn ids(conn: &mut Conn, owner: UserId) -> Result<Vec<UserId>, Error> {
    let theirs = bots::table.filter(bots::owner_id.eq(owner.0)).order(bots::user_id);
    let ids: Vec<i64> = theirs.select(bots::user_id).load(conn)?;
    Ok(ids.into_iter().map(UserId).collect())
}

/// Returns a user and all their bots; of a bot its owner and all of theirs.
pub fn with_siblings(conn: &mut Conn, user: UserId) -> Result<Vec<UserId>, Error> {
    let owner: Option<i64> = bots::table.find(user.0).select(bots::owner_id).first(conn).optional()?;
    let owner = owner.map_or(user, UserId);
    let mut all = ids(conn, owner)?;
    all.push(owner);
    Ok(all)
}

/// Forgets whose bot an account was, if it was one.
pub fn delete(conn: &mut Conn, bot: UserId) -> Result<(), Error> {
    diesel::delete(bots::table.find(bot.0)).execute(conn)?;
    Ok(())
}
