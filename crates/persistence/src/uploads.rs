//! Uploaded files: their owners and readers.

use diesel::prelude::*;
use domain::id::{MediaId, UserId};
use domain::media::{Media, Purpose};
use domain::time::Time;

use crate::conn::Conn;
use crate::error::Error;
use crate::ids::media_id;
use crate::schema::{media, messages, participants};

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
    /// Now.
    pub at: Time,
}

/// The part of a file that its readers see.
#[derive(Queryable, Selectable)]
#[diesel(table_name = media)]
pub(crate) struct Row {
    media_id: Vec<u8>,
    file_name: String,
    size: i64,
    content_type: String,
    width: Option<i32>,
    height: Option<i32>,
}

impl TryFrom<Row> for Media {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Self {
            media_id: media_id(&row.media_id)?,
            file_name: row.file_name,
            size: row.size,
            content_type: row.content_type,
            width: row.width,
            height: row.height,
        })
    }
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
            media::created_at.eq(new.at.naive()),
        ))
        .execute(conn)?;
    Ok(())
}

/// Finds a picture of a user and its name in the store.
pub fn avatar(conn: &mut Conn, id: MediaId) -> Result<(Media, String), Error> {
    let row: (Row, String) = media::table
        .find(id.bytes())
        .filter(media::purpose.eq(Purpose::Avatar.folder()))
        .select((Row::as_select(), media::stored_name))
        .first(conn)?;
    Ok((row.0.try_into()?, row.1))
}

/// Finds a message's file and its name in the store, if `reader` uploaded it or is in a room that it was sent to.
pub fn readable_by(conn: &mut Conn, id: MediaId, reader: UserId) -> Result<(Media, String), Error> {
    let row: (Row, String, i64) = media::table
        .find(id.bytes())
        .filter(media::purpose.eq(Purpose::Message.folder()))
        .select((Row::as_select(), media::stored_name, media::owner_id))
        .first(conn)?;
    if row.2 == reader.0 || sent_to(conn, id, reader)? {
        Ok((row.0.try_into()?, row.1))
    } else {
        Err(Error::NotFound)
    }
}

fn sent_to(conn: &mut Conn, id: MediaId, reader: UserId) -> Result<bool, Error> {
    let here = participants::chatroom_id.eq(messages::chatroom_id).and(participants::user_id.eq(reader.0));
    let sent = messages::table
        .inner_join(participants::table.on(here.and(participants::left_at.is_null())))
        .filter(messages::media_id.eq(id.bytes()));
    Ok(diesel::select(diesel::dsl::exists(sent)).get_result(conn)?)
}

/// Deletes a user's pictures; returns their names in the store, whose files are then to be removed.
pub fn delete_avatars(conn: &mut Conn, owner: UserId) -> Result<Vec<String>, Error> {
    let pictures = || {
        media::table.filter(media::owner_id.eq(owner.0)).filter(media::purpose.eq(Purpose::Avatar.folder()))
    };
    let names = pictures().select(media::stored_name).load(conn)?;
    diesel::delete(pictures()).execute(conn)?;
    Ok(names)
}
