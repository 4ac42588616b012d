//! The index of messages: it follows the log, and changes with what is edited and unsent.

use std::collections::BTreeMap;

use diesel::prelude::*;
use domain::id::MessageId;
use domain::search::{Document, Token};

use super::documents;
use super::postings::{self, place};
use crate::conn::Conn;
use crate::error::Error;
use crate::log;
use crate::schema::search_head;

/// Returns the position up to which messages are indexed.
pub fn indexed_to(conn: &mut Conn) -> Result<i64, Error> {
    Ok(search_head::table.find(1).select(search_head::pos).first(conn)?)
}

/// Indexes the messages of the next positions of the log, at most so many; returns how many positions are left.
///
/// Run in a transaction. It locks no message and appends nothing to the log, so that no send waits for it.
pub fn index(conn: &mut Conn, most: i64) -> Result<i64, Error> {
    // Locked before anything is read, so that what was edited before is read as it is now.
    let indexed = lock_head(conn)?;
    let head = log::head(conn)?.position;
    let next = indexed.saturating_add(most).min(head);
    if next <= indexed {
        return Ok(0);
    }
    let count = usize::try_from(next - indexed).unwrap_or_default();
    let mut lists: BTreeMap<postings::Key, Vec<u16>> = BTreeMap::new();
    for document in documents::newest_between(conn, indexed..next + 1, count)? {
        let (block, offset) = place(document.id.0);
        for token in document.tokens() {
            lists.entry((block, token)).or_default().push(offset);
        }
    }
    postings::append(conn, lists)?;
    diesel::update(search_head::table.find(1)).set(search_head::pos.eq(next)).execute(conn)?;
    Ok(head - next)
}

/// Changes what a message says, and the index with it if the message is indexed already.
pub fn reindex<T>(
    conn: &mut Conn,
    message: MessageId,
    change: impl FnOnce(&mut Conn) -> Result<T, Error>,
) -> Result<T, Error> {
    if message.0 > lock_head(conn)? {
        return change(conn);
    }
    let before = tokens(conn, message)?;
    let changed = change(conn)?;
    let after = tokens(conn, message)?;
    let gone: Vec<Token> = without(&before, &after).collect();
    postings::remove(conn, message.0, &gone)?;
    let (block, offset) = place(message.0);
    let new = without(&after, &before).map(|token| ((block, token), vec![offset]));
    postings::append(conn, new.collect())?;
    Ok(changed)
}

/// Returns the position up to which messages are indexed; it does not change until the transaction ends.
fn lock_head(conn: &mut Conn) -> Result<i64, Error> {
    let head = search_head::table.find(1).select(search_head::pos);
    Ok(match conn {
        Conn::Mysql(c) => head.for_update().first(c)?,
        // BEGIN IMMEDIATE has locked the whole database.
        Conn::Sqlite(c) => head.first(c)?,
    })
}

/// Returns the tokens of a message, sorted; none if it was unsent.
fn tokens(conn: &mut Conn, message: MessageId) -> Result<Vec<Token>, Error> {
    let document = documents::newest_of(conn, &[message.0])?.pop();
    Ok(document.as_ref().map(Document::tokens).unwrap_or_default())
}

fn without<'a>(tokens: &'a [Token], others: &'a [Token]) -> impl Iterator<Item = Token> + 'a {
    tokens.iter().copied().filter(|token| others.binary_search(token).is_err())
}
