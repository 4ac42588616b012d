//! Accounts as administrators see them, and their suspension.

use std::collections::HashMap;

use diesel::dsl::{exists, sql};
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use domain::account::Account;
use domain::id::UserId;
use domain::text::{fold, fold_email};
use domain::time::Time;

use crate::admins::Admin;
use crate::conn::{Conn, MultiBackend};
use crate::error::Error;
use crate::schema::{bots, media, users};
use crate::uploads::sum_of_sizes;

#[derive(Queryable, Selectable)]
#[diesel(table_name = users)]
struct Row {
    user_id: i64,
    username: String,
    nickname: Option<String>,
    email: Option<String>,
    avatar_url: Option<String>,
    is_bot: bool,
    is_admin: bool,
    created_at: chrono::NaiveDateTime,
    last_seen_at: Option<chrono::NaiveDateTime>,
    suspended_at: Option<chrono::NaiveDateTime>,
    deleted_at: Option<chrono::NaiveDateTime>,
}

impl Row {
    fn account(self, uploads: &HashMap<i64, i64>) -> Account {
        Account {
            user_id: UserId(self.user_id),
            username: self.username,
            nickname: self.nickname,
            // Others see nothing of a deleted account either.
            email: self.email.filter(|_| self.deleted_at.is_none()),
            avatar_url: self.avatar_url,
            is_bot: self.is_bot,
            is_admin: self.is_admin,
            created_at: Time::from_naive(self.created_at),
            last_seen_at: self.last_seen_at.map(Time::from_naive),
            suspended_at: self.suspended_at.map(Time::from_naive),
            deleted_at: self.deleted_at.map(Time::from_naive),
            upload_bytes: uploads.get(&self.user_id).copied().unwrap_or_default(),
        }
    }
}

/// The accounts of people and of their bots; those that incoming webhooks send by are nobody's.
fn all() -> users::BoxedQuery<'static, MultiBackend> {
    let owned = bots::table.filter(bots::user_id.eq(users::user_id));
    let anybodys = users::is_bot.eq(false).or(exists(owned)).or(users::deleted_at.is_not_null());
    users::table.into_boxed().filter(anybodys)
}

/// Returns the next accounts before one, the last made first; with a query those that have it in a name or their
/// address, or as their id.
pub fn page(
    conn: &mut Conn,
    _: &Admin,
    (query, before): (Option<&str>, Option<UserId>),
    limit: i64,
) -> Result<Vec<Account>, Error> {
    let mut found = all();
    if let Some(before) = before {
        found = found.filter(users::user_id.lt(before.0));
    }
    if let Some(query) = query {
        let id: i64 = query.parse().unwrap_or_default();
        let nickname = sql::<Nullable<Text>>("LOWER(users.nickname)");
        let names = users::username_key.like(containing(&fold(query))).escape('!');
        let named = names.or(users::username.like(containing(query)).escape('!'));
        let found_by = users::email_key.like(containing(&fold_email(query))).escape('!');
        let called = nickname.like(containing(&query.to_lowercase())).escape('!');
        found = found.filter(named.or(users::user_id.eq(id)).or(found_by).or(called));
    }
    let rows: Vec<Row> =
        found.order(users::user_id.desc()).limit(limit).select(Row::as_select()).load(conn)?;
    accounts(conn, rows)
}

/// Returns the pattern of what contains a text.
fn containing(text: &str) -> String {
    let plain = text.replace('!', "!!").replace('%', "!%").replace('_', "!_");
    format!("%{plain}%")
}

/// Finds an account, of a deleted user, too.
pub fn find(conn: &mut Conn, _: &Admin, user: UserId) -> Result<Account, Error> {
    let row: Row = all().filter(users::user_id.eq(user.0)).select(Row::as_select()).first(conn)?;
    accounts(conn, vec![row])?.pop().ok_or(Error::NotFound)
}

fn accounts(conn: &mut Conn, rows: Vec<Row>) -> Result<Vec<Account>, Error> {
    let uploads: Vec<(i64, Option<i64>)> = media::table
        .filter(media::owner_id.eq_any(rows.iter().map(|row| row.user_id)))
        .group_by(media::owner_id)
        .select((media::owner_id, sum_of_sizes()))
        .load(conn)?;
    let uploads: HashMap<i64, i64> =
        uploads.into_iter().map(|(owner, bytes)| (owner, bytes.unwrap_or_default())).collect();
    Ok(rows.into_iter().map(|row| row.account(&uploads)).collect())
}

/// Returns whether an account is suspended.
pub fn is_suspended(conn: &mut Conn, id: UserId) -> Result<bool, Error> {
    let suspended = users::table.find(id.0).filter(users::suspended_at.is_not_null());
    Ok(diesel::select(exists(suspended)).get_result(conn)?)
}

/// Suspends those of the accounts that are not suspended.
pub fn suspend(conn: &mut Conn, _: &Admin, ids: &[UserId], at: Time) -> Result<(), Error> {
    let accounts = users::table.filter(users::user_id.eq_any(ids.iter().map(|id| id.0)));
    diesel::update(accounts.filter(users::suspended_at.is_null()))
        .set(users::suspended_at.eq(at.naive()))
        .execute(conn)?;
    Ok(())
}

/// Takes the suspension of accounts back.
pub fn reinstate(conn: &mut Conn, _: &Admin, ids: &[UserId]) -> Result<(), Error> {
    let accounts = users::table.filter(users::user_id.eq_any(ids.iter().map(|id| id.0)));
    diesel::update(accounts).set(users::suspended_at.eq(None::<chrono::NaiveDateTime>)).execute(conn)?;
    Ok(())
}
