//! Uploaded files that nothing shows.

use diesel::dsl::{exists, not, sql};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use domain::id::{MediaId, UserId};
use domain::media::Purpose;
use domain::time::Time;

use crate::conn::{Conn, MultiBackend};
use crate::error::Error;
use crate::ids::media_id;
use crate::schema::{account_deletions, media, messages, scheduled_messages, users};
use crate::uploads::{lock_owners, purpose_of};

/// A file that nothing shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unused {
    /// Its id.
    pub id: MediaId,
    /// What it was for.
    pub purpose: Purpose,
    /// Its name in the store.
    pub stored_name: String,
}

impl Unused {
    fn of((id, purpose, stored_name): (Vec<u8>, String, String)) -> Result<Self, Error> {
        Ok(Self { id: media_id(&id)?, purpose: purpose_of(&purpose)?, stored_name })
    }
}

/// Those of the files that neither a message, one that waits, nor their owner's profile shows.
type UnusedFiles = media::BoxedQuery<'static, MultiBackend>;

fn unused_files() -> UnusedFiles {
    let sent = messages::table.filter(messages::media_id.eq(media::media_id.nullable()));
    let shown = users::table
        .filter(users::user_id.eq(media::owner_id))
        .filter(sql::<Bool>("users.avatar_url LIKE CONCAT('%/', media.stored_name, '%')"));
    // The picture of an account that can be restored.
    let restorable = account_deletions::table
        .filter(account_deletions::user_id.eq(media::owner_id))
        .filter(sql::<Bool>("account_deletions.avatar_url LIKE CONCAT('%/', media.stored_name, '%')"));
    let waits = scheduled_messages::table.filter(scheduled_messages::media_id.eq(media::media_id.nullable()));
    let files = media::table.into_boxed().filter(not(exists(sent))).filter(not(exists(shown)));
    files.filter(not(exists(waits))).filter(not(exists(restorable)))
}

/// Returns the next files, in the order of their ids, that were uploaded before a time and that nothing shows.
pub fn before(conn: &mut Conn, time: Time, after: Option<MediaId>, limit: i64) -> Result<Vec<Unused>, Error> {
    page(conn, unused_files().filter(media::created_at.lt(time.naive())), after, limit)
}

/// Returns the next files of a user, in the order of their ids, that nothing shows.
pub fn of_owner(
    conn: &mut Conn,
    owner: UserId,
    after: Option<MediaId>,
    limit: i64,
) -> Result<Vec<Unused>, Error> {
    page(conn, unused_files().filter(media::owner_id.eq(owner.0)), after, limit)
}

fn page(
    conn: &mut Conn,
    mut files: UnusedFiles,
    after: Option<MediaId>,
    limit: i64,
) -> Result<Vec<Unused>, Error> {
    if let Some(after) = after {
        files = files.filter(media::media_id.gt(after.bytes().to_vec()));
    }
    let rows = files
        .order(media::media_id)
        .limit(limit)
        .select((media::media_id, media::purpose, media::stored_name))
        .load(conn)?;
    rows.into_iter().map(Unused::of).collect()
}

/// Deletes the rows of those of the files that still nothing shows; returns them, whose files are then to be removed.
pub fn delete(conn: &mut Conn, ids: &[MediaId]) -> Result<Vec<Unused>, Error> {
    let bytes: Vec<Vec<u8>> = ids.iter().map(|id| id.bytes().to_vec()).collect();
    if let Conn::Mysql(c) = conn {
        // Who sends one of them in this moment waits, as does the owner who makes it their picture.
        let rows = media::table.filter(media::media_id.eq_any(&bytes)).order(media::media_id);
        let owners: Vec<i64> = rows.select(media::owner_id).for_update().load(c)?;
        lock_owners(conn, &owners)?;
    }
    let rows = unused_files()
        .filter(media::media_id.eq_any(bytes))
        .select((media::media_id, media::purpose, media::stored_name))
        .load(conn)?;
    let unused = rows.into_iter().map(Unused::of).collect::<Result<Vec<_>, _>>()?;
    let deleted: Vec<&[u8]> = unused.iter().map(|file| file.id.bytes()).collect();
    diesel::delete(media::table.filter(media::media_id.eq_any(deleted))).execute(conn)?;
    Ok(unused)
}

/// Returns those of the ids that are no file's.
pub fn unknown(conn: &mut Conn, ids: Vec<MediaId>) -> Result<Vec<MediaId>, Error> {
    let bytes: Vec<&[u8]> = ids.iter().map(MediaId::bytes).collect();
    let known: Vec<Vec<u8>> =
        media::table.filter(media::media_id.eq_any(bytes)).select(media::media_id).load(conn)?;
    Ok(ids.into_iter().filter(|id| !known.iter().any(|known| known == id.bytes())).collect())
}
