//! Accounts.

use std::collections::{BTreeSet, HashMap};

use diesel::dsl::exists;
use diesel::prelude::*;
use domain::id::UserId;
use domain::settings::Finders;
use domain::text::{Email, Nickname, Status, Username, exact_key, fold, fold_email};
use domain::time::Time;
use domain::user::{Author, Changes, Profile, User};

use crate::conn::{Conn, MultiBackend};
use crate::error::Error;
use crate::schema::{account_deletions, users};

/// A new account.
#[derive(Debug)]
pub struct NewUser {
    /// The name to sign in with.
    pub username: Username,
    /// The address to be found by.
    pub email: Option<Email>,
    /// The hashed password.
    pub hashed_password: String,
    /// Now.
    pub at: Time,
}

/// What signing in needs to know of an account.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The user.
    pub id: UserId,
    /// The name that tokens carry.
    pub username: String,
    /// The hashed password.
    pub hashed_password: String,
    /// Whether the account was deleted and can be restored.
    pub is_closed: bool,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = users)]
pub(crate) struct Row {
    user_id: i64,
    username: String,
    email: Option<String>,
    nickname: Option<String>,
    avatar_url: Option<String>,
    status: Option<String>,
    created_at: chrono::NaiveDateTime,
    updated_at: chrono::NaiveDateTime,
    is_bot: bool,
    is_admin: bool,
}

impl From<Row> for User {
    fn from(row: Row) -> Self {
        Self {
            id: UserId(row.user_id),
            username: row.username,
            email: row.email,
            nickname: row.nickname,
            avatar_url: row.avatar_url,
            status: row.status,
            is_bot: row.is_bot,
            is_admin: row.is_admin,
            created_at: Time::from_naive(row.created_at),
            updated_at: Time::from_naive(row.updated_at),
        }
    }
}

/// What everybody may see of an account.
#[derive(Queryable, Selectable, Clone)]
#[diesel(table_name = users)]
pub(crate) struct ProfileRow {
    pub(crate) user_id: i64,
    username: String,
    nickname: Option<String>,
    avatar_url: Option<String>,
    status: Option<String>,
    is_bot: bool,
}

impl From<ProfileRow> for Profile {
    fn from(row: ProfileRow) -> Self {
        Self {
            id: UserId(row.user_id),
            username: row.username,
            nickname: row.nickname,
            avatar_url: row.avatar_url,
            status: row.status,
            is_bot: row.is_bot,
        }
    }
}

/// The author of a message.
#[derive(Queryable, QueryableByName, Selectable, Clone)]
#[diesel(table_name = users)]
pub(crate) struct AuthorRow {
    pub(crate) user_id: i64,
    username: String,
    nickname: Option<String>,
    avatar_url: Option<String>,
    is_bot: bool,
}

impl From<AuthorRow> for Author {
    fn from(row: AuthorRow) -> Self {
        Self {
            id: UserId(row.user_id),
            user_name: row.username.clone(),
            username: row.username,
            nickname: row.nickname,
            picture_url: row.avatar_url,
            is_bot: row.is_bot,
        }
    }
}

/// Stores an account; [`Error::Conflict`] if its name or its address is taken.
pub fn insert(conn: &mut Conn, new: &NewUser) -> Result<User, Error> {
    let key = fold(new.username.as_str());
    diesel::insert_into(users::table)
        .values((
            users::username.eq(new.username.as_str()),
            users::username_key.eq(&key),
            users::email.eq(new.email.as_ref().map(Email::as_str)),
            users::email_key.eq(new.email.as_ref().map(|email| fold_email(email.as_str()))),
            users::hashed_password.eq(&new.hashed_password),
            users::created_at.eq(new.at.naive()),
            users::updated_at.eq(new.at.naive()),
        ))
        .execute(conn)?;
    let row = users::table.filter(users::username_key.eq(key)).select(Row::as_select()).first(conn)?;
    Ok(row.into())
}

/// Returns whether a username is taken, in any spelling.
pub fn username_taken(conn: &mut Conn, username: &Username) -> Result<bool, Error> {
    let key = fold(username.as_str());
    Ok(diesel::select(exists(users::table.filter(users::username_key.eq(key)))).get_result(conn)?)
}

/// Finds an account that was not deleted.
pub fn find(conn: &mut Conn, id: UserId) -> Result<User, Error> {
    let row: Row =
        users::table.find(id.0).filter(users::deleted_at.is_null()).select(Row::as_select()).first(conn)?;
    Ok(row.into())
}

/// Finds what everybody may see of a user.
pub fn profile(conn: &mut Conn, id: UserId) -> Result<Profile, Error> {
    Ok(find(conn, id)?.profile())
}

/// Finds what lists show of a user, of a deleted one as well.
pub fn shown(conn: &mut Conn, id: UserId) -> Result<Profile, Error> {
    let row: ProfileRow = users::table.find(id.0).select(ProfileRow::as_select()).first(conn)?;
    Ok(row.into())
}

/// Finds what lists show of users, of deleted ones as well.
pub fn all_shown(conn: &mut Conn, ids: &BTreeSet<UserId>) -> Result<HashMap<UserId, Profile>, Error> {
    let rows: Vec<ProfileRow> = users::table
        .filter(users::user_id.eq_any(ids.iter().map(|id| id.0)))
        .select(ProfileRow::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(|row| (UserId(row.user_id), row.into())).collect())
}

/// Returns those of `ids` that are accounts.
pub fn existing(conn: &mut Conn, ids: &[UserId]) -> Result<Vec<UserId>, Error> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let found: Vec<i64> = users::table
        .filter(users::user_id.eq_any(ids))
        .filter(users::deleted_at.is_null())
        .select(users::user_id)
        .load(conn)?;
    Ok(found.into_iter().map(UserId).collect())
}

/// Returns when the first account was made; nothing if there is none.
pub fn first_made(conn: &mut Conn) -> Result<Option<Time>, Error> {
    let first = users::table.order(users::user_id).select(users::created_at).first(conn).optional()?;
    Ok(first.map(Time::from_naive))
}

/// Finds who signs in with `login`, a username or an e-mail address in any spelling; who has deleted their account, too,
/// while it can be restored. Bots do not.
pub fn credentials(conn: &mut Conn, login: &str) -> Result<Option<Credentials>, Error> {
    let named = if login.contains(['@', '＠', '﹫']) {
        users::table.into_boxed().filter(users::email_key.eq(fold_email(login)))
    } else {
        named(login)
    };
    let closed = account_deletions::table.filter(account_deletions::user_id.eq(users::user_id));
    let closed = exists(closed.filter(account_deletions::anonymised.eq(false)));
    let row: Option<(i64, String, String, Option<chrono::NaiveDateTime>)> = named
        .filter(users::deleted_at.is_null().or(closed))
        .filter(users::is_bot.eq(false))
        .select((users::user_id, users::username, users::hashed_password, users::deleted_at))
        .first(conn)
        .optional()?;
    Ok(row.map(|(id, username, hashed_password, deleted_at)| Credentials {
        id: UserId(id),
        username,
        hashed_password,
        is_closed: deleted_at.is_some(),
    }))
}

/// Finds a user by exact e-mail address, and who may find them so.
pub fn by_email(conn: &mut Conn, email: &str) -> Result<(Profile, Finders), Error> {
    let named = users::table.into_boxed().filter(users::email_key.eq(fold_email(email)));
    let found = named.filter(users::deleted_at.is_null());
    discovered(found.select((ProfileRow::as_select(), users::find_me_by_email)).first(conn)?)
}

/// Finds a user by exact username, and who may find them so.
pub fn by_username(conn: &mut Conn, username: &str) -> Result<(Profile, Finders), Error> {
    let found = named(username).filter(users::deleted_at.is_null());
    discovered(found.select((ProfileRow::as_select(), users::find_me_by_username)).first(conn)?)
}

fn discovered((row, finders): (ProfileRow, String)) -> Result<(Profile, Finders), Error> {
    let unknown = || Error::Other(format!("no such setting: {finders}").into());
    Ok((row.into(), Finders::parse(&finders).ok_or_else(unknown)?))
}

/// Accounts that are called `name`: first the one with this very spelling whose folded key another account has.
fn named(name: &str) -> users::BoxedQuery<'static, MultiBackend> {
    let keys = [exact_key(name), fold(name)];
    // An exact key begins with a blank, which is before all that a folded one begins with.
    users::table.into_boxed().filter(users::username_key.eq_any(keys)).order(users::username_key)
}

/// Changes a profile and returns the account as it is then.
pub fn update(conn: &mut Conn, id: UserId, changes: &Changes, at: Time) -> Result<User, Error> {
    #[derive(AsChangeset)]
    #[diesel(table_name = users)]
    struct Set<'a> {
        nickname: Option<&'a str>,
        avatar_url: Option<&'a str>,
        status: Option<&'a str>,
        find_me_by_email: Option<&'a str>,
        find_me_by_username: Option<&'a str>,
        updated_at: chrono::NaiveDateTime,
    }
    let finders = |found| if found { Finders::Everyone } else { Finders::Nobody }.as_str();
    let finders = changes.discoverable.map(finders);
    let set = Set {
        nickname: changes.nickname.as_ref().map(Nickname::as_str),
        avatar_url: changes.avatar_url.as_deref(),
        status: changes.status.as_ref().map(Status::as_str),
        find_me_by_email: finders,
        find_me_by_username: finders,
        updated_at: at.naive(),
    };
    diesel::update(users::table.find(id.0)).set(set).execute(conn)?;
    find(conn, id)
}

/// Returns the hashed password of an account that was not deleted.
pub fn hashed_password(conn: &mut Conn, id: UserId) -> Result<String, Error> {
    let account = users::table.find(id.0).filter(users::deleted_at.is_null());
    Ok(account.select(users::hashed_password).first(conn)?)
}

/// Locks an account until the transaction ends.
pub fn lock(conn: &mut Conn, id: UserId) -> Result<(), Error> {
    let query = users::table.find(id.0).select(users::user_id);
    if let Conn::Mysql(c) = conn {
        query.for_update().first::<i64>(c)?;
    }
    // BEGIN IMMEDIATE has locked the whole database of SQLite.
    Ok(())
}

/// Locks an account until the transaction ends, and returns whether `hashed` is its password still.
pub fn lock_password(conn: &mut Conn, id: UserId, hashed: &str) -> Result<bool, Error> {
    let query = users::table.find(id.0).select(users::hashed_password);
    let stored: Option<String> = match conn {
        Conn::Mysql(c) => query.for_update().first(c).optional()?,
        // BEGIN IMMEDIATE has locked the whole database.
        Conn::Sqlite(c) => query.first(c).optional()?,
    };
    Ok(stored.is_some_and(|stored| stored == hashed))
}

/// Replaces the hashed password `old`; false if it is not the account's any more.
pub fn replace_password(conn: &mut Conn, id: UserId, old: &str, new: &str) -> Result<bool, Error> {
    let account = users::table.find(id.0).filter(users::hashed_password.eq(old));
    Ok(diesel::update(account).set(users::hashed_password.eq(new)).execute(conn)? > 0)
}

/// Stores when a user's last connection ended.
pub fn seen(conn: &mut Conn, id: UserId, at: Time) -> Result<(), Error> {
    diesel::update(users::table.find(id.0)).set(users::last_seen_at.eq(at.naive())).execute(conn)?;
    Ok(())
}
