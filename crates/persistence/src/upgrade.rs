//! Changes of stored rows that SQL cannot make, each run once, after the migrations of the schema.

use diesel::prelude::*;
use domain::reaction::Emoji;
use domain::text::{Username, exact_key, fold};

use crate::conn::Conn;
use crate::error::Error;
use crate::schema::{reactions, users};

/// A change of stored rows; it is recorded as a migration is.
pub(crate) struct Upgrade {
    /// Stands among the versions of the migrations; no migration has the same.
    pub(crate) version: &'static str,
    /// Changes the rows, in a transaction.
    pub(crate) run: fn(&mut Conn) -> Result<(), Error>,
}

/// All of them, in their order.
pub(crate) const UPGRADES: &[Upgrade] = &[
    Upgrade { version: "20261129900001", run: fold_names_again },
    Upgrade { version: "20261129900002", run: qualify_emoji },
];

/// How many accounts are read at once.
const PAGE: i64 = 1_000;

/// Gives every account the key of its name by the present rule (decision 0014).
fn fold_names_again(conn: &mut Conn) -> Result<(), Error> {
    let mut renewed = renewed_keys(conn)?;
    // First those that no invisible character tells from another: only they have a right to the folded key.
    renewed.sort_by_key(|account| (fold(&account.key) != account.key, account.id));
    for Account { id, name, .. } in renewed {
        let folded = fold(&name);
        let taken = folded.chars().count() > Username::KEY_MAX || is_taken(conn, &folded)?;
        let key = if taken { exact_key(&name) } else { folded };
        diesel::update(users::table.find(id)).set(users::username_key.eq(key)).execute(conn)?;
    }
    Ok(())
}

struct Account {
    id: i64,
    name: String,
    key: String,
}

/// Returns the accounts whose key is another one by the present rule.
fn renewed_keys(conn: &mut Conn) -> Result<Vec<Account>, Error> {
    let mut renewed = Vec::new();
    let mut after = 0;
    loop {
        let page: Vec<(i64, String, String)> = users::table
            .filter(users::user_id.gt(after))
            .order(users::user_id)
            .limit(PAGE)
            .select((users::user_id, users::username, users::username_key))
            .load(conn)?;
        let Some((last, ..)) = page.last() else { return Ok(renewed) };
        after = *last;
        let accounts = page.into_iter().map(|(id, name, key)| Account { id, name, key });
        renewed.extend(accounts.filter(|account| fold(&account.name) != account.key));
    }
}

fn is_taken(conn: &mut Conn, key: &str) -> Result<bool, Error> {
    let named = users::table.filter(users::username_key.eq(key));
    Ok(diesel::select(diesel::dsl::exists(named)).get_result(conn)?)
}

/// Gives every reaction the one spelling of its emoji; who had put it in two spellings has put it once.
fn qualify_emoji(conn: &mut Conn) -> Result<(), Error> {
    let stored: Vec<String> = reactions::table.select(reactions::emoji).distinct().load(conn)?;
    for old in stored {
        let Ok(emoji) = Emoji::parse(&old) else { continue };
        if emoji.as_str() == old {
            continue;
        }
        let copies = reactions::table.filter(reactions::emoji.eq(&old)).select((
            reactions::chatroom_id,
            reactions::seq,
            reactions::user_id,
            emoji.as_str().into_sql::<diesel::sql_types::Text>(),
            reactions::created_at,
        ));
        let columns = (
            reactions::chatroom_id,
            reactions::seq,
            reactions::user_id,
            reactions::emoji,
            reactions::created_at,
        );
        on_each!(conn, |c| diesel::insert_or_ignore_into(reactions::table)
            .values(copies)
            .into_columns(columns)
            .execute(c))?;
        diesel::delete(reactions::table.filter(reactions::emoji.eq(&old))).execute(conn)?;
    }
    Ok(())
}
