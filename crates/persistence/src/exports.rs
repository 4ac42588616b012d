//! Copies of all that is a user's own: one for each user, which somebody makes, and which ends.

use diesel::prelude::*;
use domain::export::{Export, ExportState};
use domain::id::{MediaId, UserId};
use domain::media::Purpose;
use domain::time::Time;

use crate::conn::Conn;
use crate::error::Error;
use crate::ids::media_id;
use crate::schema::{exports, media, users};
use crate::uploads::purpose_of;

/// A copy, as it is stored.
#[derive(Debug, Clone)]
pub struct StoredExport {
    /// Its id, which its file is named by.
    pub id: MediaId,
    /// What its user sees of it.
    pub export: Export,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = exports)]
struct Row {
    export_id: Vec<u8>,
    requested_at: chrono::NaiveDateTime,
    size: Option<i64>,
    expires_at: Option<chrono::NaiveDateTime>,
}

impl TryFrom<Row> for StoredExport {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let export = Export {
            state: if row.expires_at.is_some() { ExportState::Ready } else { ExportState::Pending },
            requested_at: Time::from_naive(row.requested_at),
            size: row.size,
            expires_at: row.expires_at.map(Time::from_naive),
        };
        Ok(Self { id: media_id(&row.export_id)?, export })
    }
}

/// Finds a user's copy.
pub fn find(conn: &mut Conn, user: UserId) -> Result<StoredExport, Error> {
    let row: Row = exports::table.find(user.0).select(Row::as_select()).first(conn)?;
    row.try_into()
}

/// Stores that a user wants a copy, in the place of any before.
pub fn replace(conn: &mut Conn, user: UserId, id: MediaId, at: Time) -> Result<(), Error> {
    delete(conn, user)?;
    diesel::insert_into(exports::table)
        .values((
            exports::user_id.eq(user.0),
            exports::export_id.eq(id.bytes()),
            exports::requested_at.eq(at.naive()),
        ))
        .execute(conn)?;
    Ok(())
}

/// Deletes a user's copy.
pub fn delete(conn: &mut Conn, user: UserId) -> Result<(), Error> {
    diesel::delete(exports::table.find(user.0)).execute(conn)?;
    Ok(())
}

/// Claims the copy that was asked for first and that nobody has claimed since `since`.
pub fn claim(conn: &mut Conn, now: Time, since: Time) -> Result<Option<(UserId, MediaId)>, Error> {
    let there = users::table.filter(users::deleted_at.is_null()).select(users::user_id);
    let waiting = exports::table
        .filter(exports::expires_at.is_null())
        .filter(exports::claimed_at.is_null().or(exports::claimed_at.lt(since.naive())))
        .filter(exports::user_id.eq_any(there))
        .order(exports::requested_at)
        .select((exports::user_id, exports::export_id));
    let first: Option<(i64, Vec<u8>)> = match conn {
        Conn::Mysql(c) => waiting.for_update().first(c).optional()?,
        // BEGIN IMMEDIATE has locked the whole database.
        Conn::Sqlite(c) => waiting.first(c).optional()?,
    };
    let Some((user, id)) = first else { return Ok(None) };
    let (user, id) = (UserId(user), media_id(&id)?);
    renew(conn, (user, id), now)?;
    Ok(Some((user, id)))
}

/// Returns whether a copy waits to be made.
pub fn is_wanted(conn: &mut Conn, since: Time) -> Result<bool, Error> {
    let waiting = exports::table
        .filter(exports::expires_at.is_null())
        .filter(exports::claimed_at.is_null().or(exports::claimed_at.lt(since.naive())));
    Ok(diesel::select(diesel::dsl::exists(waiting)).get_result(conn)?)
}

/// Claims a copy for longer; false if it is wanted no more.
pub fn renew(conn: &mut Conn, (user, id): (UserId, MediaId), now: Time) -> Result<bool, Error> {
    let same = exports::table.find(user.0).filter(exports::export_id.eq(id.bytes().to_vec()));
    Ok(diesel::update(same).set(exports::claimed_at.eq(now.naive())).execute(conn)? > 0)
}

/// Stores that the file of a copy is there; false if it is wanted no more.
pub fn finish(
    conn: &mut Conn,
    (user, id): (UserId, MediaId),
    size: i64,
    expires_at: Time,
) -> Result<bool, Error> {
    let same = exports::table.find(user.0).filter(exports::export_id.eq(id.bytes().to_vec()));
    let set = (exports::size.eq(size), exports::expires_at.eq(expires_at.naive()));
    Ok(diesel::update(same).set(set).execute(conn)? > 0)
}

/// Returns the first copies whose time is over.
pub fn expired(conn: &mut Conn, now: Time, limit: i64) -> Result<Vec<(UserId, MediaId)>, Error> {
    let rows: Vec<(i64, Vec<u8>)> = exports::table
        .filter(exports::expires_at.le(now.naive()))
        .limit(limit)
        .select((exports::user_id, exports::export_id))
        .load(conn)?;
    rows.into_iter().map(|(user, id)| Ok((UserId(user), media_id(&id)?))).collect()
}

/// A file that a user has uploaded.
#[derive(Debug)]
pub struct OwnFile {
    /// Its id.
    pub id: MediaId,
    /// What it is for.
    pub purpose: Purpose,
    /// Its name in the store.
    pub stored_name: String,
    /// The name that it had on its owner's device.
    pub file_name: String,
}

/// Returns the next files of a user, in the order of their ids.
pub fn own_files(
    conn: &mut Conn,
    owner: UserId,
    after: Option<MediaId>,
    limit: i64,
) -> Result<Vec<OwnFile>, Error> {
    // No file has an empty id.
    let after = after.map_or_else(Vec::new, |id| id.bytes().to_vec());
    let rows: Vec<(Vec<u8>, String, String, String)> = media::table
        .filter(media::owner_id.eq(owner.0))
        .filter(media::media_id.gt(after))
        .order(media::media_id)
        .limit(limit)
        .select((media::media_id, media::purpose, media::stored_name, media::file_name))
        .load(conn)?;
    let file = |(id, purpose, stored_name, file_name): (Vec<u8>, String, String, String)| {
        Ok(OwnFile { id: media_id(&id)?, purpose: purpose_of(&purpose)?, stored_name, file_name })
    };
    rows.into_iter().map(file).collect()
}
