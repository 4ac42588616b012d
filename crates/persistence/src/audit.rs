//! The audit log, whose entries each carry a hash over themselves and the one before.

use diesel::prelude::*;
use domain::audit::AuditEntry;
use domain::id::UserId;
use domain::time::Time;

use crate::admins::Admin;
use crate::conn::Conn;
use crate::error::Error;
use crate::ids::{room_id, session_id};
use crate::schema::{audit_head, audit_log};

/// The ends of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The number of the last entry; 0 before the first.
    pub last_id: i64,
    /// Its hash.
    pub last_hash: String,
    /// The number of the last entry that was removed for its age; 0 if none was.
    pub removed_id: i64,
    /// Its hash.
    pub removed_hash: String,
}

/// Returns the ends of the log.
pub fn head(conn: &mut Conn) -> Result<Head, Error> {
    Ok(read(audit_head::table.find(1).select(COLUMNS).first(conn)?))
}

type Columns = (audit_head::last_id, audit_head::last_hash, audit_head::removed_id, audit_head::removed_hash);

const COLUMNS: Columns =
    (audit_head::last_id, audit_head::last_hash, audit_head::removed_id, audit_head::removed_hash);

fn read(row: (i64, String, i64, String)) -> Head {
    let (last_id, last_hash, removed_id, removed_hash) = row;
    Head { last_id, last_hash, removed_id, removed_hash }
}

/// Locks the log until the transaction ends, and returns its ends. It is locked before the event log.
pub fn lock(conn: &mut Conn) -> Result<Head, Error> {
    let head = audit_head::table.find(1).select(COLUMNS);
    match conn {
        Conn::Mysql(c) => Ok(read(head.for_update().first(c)?)),
        Conn::Sqlite(c) => Ok(read(head.first(c)?)),
    }
}

/// Appends an entry, which follows the last one of the locked log.
pub fn append(conn: &mut Conn, entry: &AuditEntry, hash: &str) -> Result<(), Error> {
    diesel::insert_into(audit_log::table)
        .values((
            audit_log::entry_id.eq(entry.entry_id),
            audit_log::at.eq(entry.at.naive()),
            audit_log::action.eq(&entry.action),
            audit_log::actor_id.eq(entry.actor_id.map(|user| user.0)),
            audit_log::target.eq(entry.target.as_deref()),
            audit_log::chatroom_id.eq(entry.chatroom_id.as_ref().map(domain::id::RoomId::bytes)),
            audit_log::session_id.eq(entry.session_id.as_ref().map(domain::id::SessionId::bytes)),
            audit_log::address.eq(entry.address.as_deref()),
            audit_log::request_id.eq(entry.request_id.as_deref()),
            audit_log::hash.eq(hash),
        ))
        .execute(conn)?;
    diesel::update(audit_head::table.find(1))
        .set((audit_head::last_id.eq(entry.entry_id), audit_head::last_hash.eq(hash)))
        .execute(conn)?;
    Ok(())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = audit_log)]
struct Row {
    entry_id: i64,
    at: chrono::NaiveDateTime,
    action: String,
    actor_id: Option<i64>,
    target: Option<String>,
    chatroom_id: Option<Vec<u8>>,
    session_id: Option<Vec<u8>>,
    address: Option<String>,
    request_id: Option<String>,
    hash: String,
}

impl TryFrom<Row> for AuditEntry {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Self {
            entry_id: row.entry_id,
            at: Time::from_naive(row.at),
            action: row.action,
            actor_id: row.actor_id.map(UserId),
            target: row.target,
            chatroom_id: row.chatroom_id.as_deref().map(room_id).transpose()?,
            session_id: row.session_id.as_deref().map(session_id).transpose()?,
            address: row.address,
            request_id: row.request_id,
        })
    }
}

/// Returns the entries before a number, the newest first, at most `limit`; the newest of all if none is given.
pub fn page(conn: &mut Conn, _: &Admin, before: Option<i64>, limit: i64) -> Result<Vec<AuditEntry>, Error> {
    let rows: Vec<Row> = audit_log::table
        .filter(audit_log::entry_id.lt(before.unwrap_or(i64::MAX)))
        .order(audit_log::entry_id.desc())
        .limit(limit)
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// Returns the entries after a number, the oldest first, at most `limit`, each with its hash.
pub fn after(conn: &mut Conn, number: i64, limit: i64) -> Result<Vec<(AuditEntry, String)>, Error> {
    let rows: Vec<Row> = audit_log::table
        .filter(audit_log::entry_id.gt(number))
        .order(audit_log::entry_id)
        .limit(limit)
        .select(Row::as_select())
        .load(conn)?;
    let entry = |row: Row| {
        let hash = row.hash.clone();
        Ok((row.try_into()?, hash))
    };
    rows.into_iter().map(entry).collect()
}

/// Removes the entries from before a moment, and keeps the hash of the last of them.
pub fn remove_before(conn: &mut Conn, moment: Time) -> Result<(), Error> {
    let head = lock(conn)?;
    let newest: Option<(i64, String)> = audit_log::table
        .filter(audit_log::at.lt(moment.naive()))
        .order(audit_log::entry_id.desc())
        .select((audit_log::entry_id, audit_log::hash))
        .first(conn)
        .optional()?;
    let Some((number, hash)) = newest.filter(|(number, _)| *number > head.removed_id) else { return Ok(()) };
    diesel::delete(audit_log::table.filter(audit_log::entry_id.le(number))).execute(conn)?;
    diesel::update(audit_head::table.find(1))
        .set((audit_head::removed_id.eq(number), audit_head::removed_hash.eq(&hash)))
        .execute(conn)?;
    Ok(())
}
