//! Uploaded files: their owners and readers, and the space that they take.

use diesel::dsl::{exists, sql};
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};
use domain::id::{MediaId, UserId};
use domain::media::{Media, Purpose, Thumbnails};
use domain::time::Time;

use crate::conn::Conn;
use crate::error::Error;
use crate::ids::media_id;
use crate::schema::{account_deletions, chatrooms, media, messages, participants, users};
use crate::viewer::Viewer;

/// A file that was just stored.
#[derive(Debug)]
pub struct NewUpload<'a> {
    /// Who uploaded it.
    pub owner: UserId,
    /// What it is for.
    pub purpose: Purpose,
    /// Its name in the store.
    pub stored_name: &'a str,
    /// What its readers see of it.
    pub media: &'a Media,
    /// The extension of the files with its smaller copies, if it has any.
    pub thumbnails: Option<&'a str>,
    /// Now.
    pub at: Time,
}

/// The part of a file that its readers see.
#[derive(Queryable, Selectable, Clone)]
#[diesel(table_name = media)]
pub(crate) struct Row {
    pub(crate) media_id: Vec<u8>,
    file_name: String,
    size: i64,
    content_type: String,
    width: Option<i32>,
    height: Option<i32>,
    duration_ms: Option<i64>,
    thumbhash: Option<String>,
    purpose: String,
    stored_name: String,
}

impl TryFrom<Row> for Media {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let purpose = purpose_of(&row.purpose)?;
        let thumbnails = row.thumbhash.as_ref().map(|_| Thumbnails::of(purpose, &row.stored_name));
        Ok(Self {
            media_id: media_id(&row.media_id)?,
            file_name: row.file_name,
            size: row.size,
            content_type: row.content_type,
            width: row.width,
            height: row.height,
            duration_ms: row.duration_ms,
            thumbhash: row.thumbhash,
            thumbnails,
        })
    }
}

pub(crate) fn purpose_of(folder: &str) -> Result<Purpose, Error> {
    Purpose::of_folder(folder)
        .ok_or_else(|| Error::Other(format!("there are no uploads for {folder:?}").into()))
}

/// Stores the row of a file that is in the store.
pub fn insert(conn: &mut Conn, new: &NewUpload<'_>) -> Result<(), Error> {
    diesel::insert_into(media::table)
        .values((
            media::media_id.eq(new.media.media_id.bytes()),
            media::owner_id.eq(new.owner.0),
            media::purpose.eq(new.purpose.folder()),
            media::stored_name.eq(new.stored_name),
            media::file_name.eq(&new.media.file_name),
            media::content_type.eq(&new.media.content_type),
            media::size.eq(new.media.size),
            (media::width.eq(new.media.width), media::height.eq(new.media.height)),
            (media::thumbhash.eq(&new.media.thumbhash), media::thumbnails.eq(new.thumbnails)),
            media::duration_ms.eq(new.media.duration_ms),
            media::created_at.eq(new.at.naive()),
        ))
        .execute(conn)?;
    Ok(())
}

/// A file that is in the store.
#[derive(Debug)]
pub struct StoredFile {
    /// What its readers see of it.
    pub media: Media,
    /// Its name in the store.
    pub stored_name: String,
    /// The extension of the files with its smaller copies, if it has any.
    pub thumbnails: Option<String>,
}

impl StoredFile {
    fn of(row: Row, thumbnails: Option<String>) -> Result<Self, Error> {
        let stored_name = row.stored_name.clone();
        Ok(Self { media: row.try_into()?, stored_name, thumbnails })
    }
}

/// Finds a picture of a user or group; of who has deleted their account only what others show.
pub fn avatar(conn: &mut Conn, id: MediaId) -> Result<StoredFile, Error> {
    let closed = account_deletions::table.filter(account_deletions::user_id.eq(media::owner_id));
    let (row, thumbnails, is_closed): (Row, Option<String>, bool) = media::table
        .find(id.bytes())
        .filter(media::purpose.eq(Purpose::Avatar.folder()))
        .select((Row::as_select(), media::thumbnails, exists(closed)))
        .first(conn)?;
    if is_closed && !is_shown_elsewhere(conn, &row.stored_name)? {
        return Err(Error::NotFound);
    }
    StoredFile::of(row, thumbnails)
}

fn is_shown_elsewhere(conn: &mut Conn, stored_name: &str) -> Result<bool, Error> {
    let shown = users::table.filter(users::avatar_url.like(format!("%/{stored_name}%")));
    Ok(diesel::select(exists(shown)).get_result(conn)? || is_groups_picture(conn, stored_name)?)
}

/// Finds a message's file, if `reader` uploaded it or is in a room that it was sent to, where it is not gone.
pub fn readable_by(conn: &mut Conn, id: MediaId, reader: Viewer) -> Result<StoredFile, Error> {
    let (row, thumbnails, owner): (Row, Option<String>, i64) = media::table
        .find(id.bytes())
        .filter(media::purpose.eq(Purpose::Message.folder()))
        .select((Row::as_select(), media::thumbnails, media::owner_id))
        .first(conn)?;
    if owner == reader.user.0 || sent_to(conn, id, reader)? {
        StoredFile::of(row, thumbnails)
    } else {
        Err(Error::NotFound)
    }
}

fn sent_to(conn: &mut Conn, id: MediaId, Viewer { user, now }: Viewer) -> Result<bool, Error> {
    let here = participants::chatroom_id.eq(messages::chatroom_id).and(participants::user_id.eq(user.0));
    let sent = messages::table
        .inner_join(participants::table.on(here.and(participants::left_at.is_null())))
        .filter(messages::media_id.eq(id.bytes()))
        .filter(messages::expires_at.is_null().or(messages::expires_at.gt(now.naive())));
    Ok(diesel::select(exists(sent)).get_result(conn)?)
}

/// Returns how many bytes the files of these users take, and keeps other transactions from adding to them until this one
/// ends.
pub fn lock_total(conn: &mut Conn, owners: &[UserId]) -> Result<i64, Error> {
    let owners: Vec<i64> = owners.iter().map(|owner| owner.0).collect();
    lock_owners(conn, &owners)?;
    let total: Option<i64> =
        media::table.filter(media::owner_id.eq_any(owners)).select(sum_of_sizes()).first(conn)?;
    Ok(total.unwrap_or_default())
}

/// The bytes of all rows of `media` that are selected or grouped; none of no rows.
pub(crate) fn sum_of_sizes() -> SqlLiteral<Nullable<BigInt>> {
    sql("CAST(SUM(size) AS SIGNED)")
}

/// Locks users until the transaction ends.
pub(crate) fn lock_owners(conn: &mut Conn, owners: &[i64]) -> Result<(), Error> {
    // On SQLite BEGIN IMMEDIATE has locked the whole database.
    if let Conn::Mysql(c) = conn {
        let rows = users::table.filter(users::user_id.eq_any(owners)).order(users::user_id);
        rows.select(users::user_id).for_update().load::<i64>(c)?;
    }
    Ok(())
}

/// Returns whether anybody's profile, or a group, shows the picture of this name.
pub fn is_anybodys_picture(conn: &mut Conn, stored_name: &str) -> Result<bool, Error> {
    let restorable =
        account_deletions::table.filter(account_deletions::avatar_url.like(format!("%/{stored_name}%")));
    Ok(diesel::select(exists(restorable)).get_result(conn)? || is_shown_elsewhere(conn, stored_name)?)
}

fn is_groups_picture(conn: &mut Conn, stored_name: &str) -> Result<bool, Error> {
    let shown = chatrooms::table.filter(chatrooms::avatar_url.like(format!("%/{stored_name}%")));
    Ok(diesel::select(exists(shown)).get_result(conn)?)
}

/// Deletes a user's pictures but those that a group shows; returns their names in the store, whose files are then to be
/// removed.
pub fn delete_avatars(conn: &mut Conn, owner: UserId) -> Result<Vec<String>, Error> {
    let pictures = media::table
        .filter(media::owner_id.eq(owner.0))
        .filter(media::purpose.eq(Purpose::Avatar.folder()))
        .select(media::stored_name);
    let mut deleted = Vec::new();
    for name in pictures.load::<String>(conn)? {
        if !is_groups_picture(conn, &name)? {
            deleted.push(name);
        }
    }
    let rows = media::table.filter(media::owner_id.eq(owner.0)).filter(media::stored_name.eq_any(&deleted));
    diesel::delete(rows).execute(conn)?;
    Ok(deleted)
}
