//! Uploads: taking files in, and handing them to those who may read them.

use bytes::Bytes;
use domain::id::{MediaId, UserId};
use domain::media::{Media, Purpose, ThumbnailSize};
use domain::message::MessageKind;
use media::error::Error as MediaError;
use media::store::Opened;
use media::writer::Writer;
use persistence::bots;
use persistence::error::Error as Stored;
use persistence::uploads::{self, NewUpload, StoredFile};

use crate::accounts::AuthUser;
use crate::context::Chat;
use crate::error::{Error, Resource};

/// An upload on its way in; dropping it leaves nothing behind.
pub struct Upload {
    owner: UserId,
    purpose: Purpose,
    writer: Writer,
}

/// A file that was taken in.
#[derive(Debug)]
pub struct Uploaded {
    /// What its readers learn of it.
    pub media: Media,
    /// The kind of message that carries it.
    pub kind: MessageKind,
    /// Its address on this server: `/static/<folder>/<name>`.
    pub path: String,
}

/// Begins an upload; refuses a declared type that is not taken before any byte is read.
pub async fn begin(
    chat: &Chat,
    me: &AuthUser,
    purpose: Purpose,
    declared_type: Option<&str>,
    file_name: &str,
) -> Result<Upload, Error> {
    let writer = chat.store.begin(purpose, declared_type, file_name).await?;
    Ok(Upload { owner: me.id, purpose, writer })
}

impl Upload {
    /// Takes the next bytes; fails as soon as they are too many.
    pub async fn write(&mut self, chunk: Bytes) -> Result<(), Error> {
        Ok(self.writer.write(chunk).await?)
    }
}

/// Keeps a finished upload; refuses one with which the files of the user and their bots would take more than their quota.
pub async fn finish(chat: &Chat, upload: Upload) -> Result<Uploaded, Error> {
    let Upload { owner, purpose, writer } = upload;
    let stored = writer.finish().await?;
    let (media, name, at) = (stored.media.clone(), stored.stored_name.clone(), chat.now());
    let (quota, thumbnails) = (chat.limits.upload_quota, stored.thumbnails);
    let noted = chat.db.transaction(move |conn| {
        let sharing = bots::with_siblings(conn, owner)?;
        let total = uploads::lock_total(conn, &sharing)?.saturating_add(media.size);
        if u64::try_from(total).is_ok_and(|total| total > quota) {
            return Err(Error::QuotaExceeded(quota));
        }
        let new = NewUpload { owner, purpose, stored_name: &name, media: &media, thumbnails, at };
        Ok(uploads::insert(conn, &new)?)
    });
    if let Err(error) = noted.await {
        // A file without a row belongs to no user.
        if let Err(left) = chat.store.remove(purpose, &stored.stored_name).await {
            tracing::warn!(error = %left, "an upload that could not be noted was left behind");
        }
        return Err(error);
    }
    chat.counts.upload_bytes.add_many(u64::try_from(stored.media.size).unwrap_or_default());
    let path = format!("/static/{}/{}", purpose.folder(), stored.stored_name);
    Ok(Uploaded { media: stored.media, kind: stored.kind, path })
}

/// Opens a picture of a user or group, or a smaller copy of it, for anybody who has its address.
pub async fn open_avatar(
    chat: &Chat,
    name: &str,
    size: Option<ThumbnailSize>,
) -> Result<(Media, Opened), Error> {
    let id = id_of(name)?;
    let found = chat.db.read(move |conn| uploads::avatar(conn, id)).await;
    open(chat, Purpose::Avatar, (name, size), found).await
}

/// Opens a message's file, or a smaller copy of it, for its owner and the members of a room that it was sent to.
pub async fn open_message_file(
    chat: &Chat,
    me: &AuthUser,
    name: &str,
    size: Option<ThumbnailSize>,
) -> Result<(Media, Opened), Error> {
    let (id, reader) = (id_of(name)?, chat.viewer(me.id));
    let found = chat.db.read(move |conn| uploads::readable_by(conn, id, reader)).await;
    open(chat, Purpose::Message, (name, size), found).await
}

async fn open(
    chat: &Chat,
    purpose: Purpose,
    (name, size): (&str, Option<ThumbnailSize>),
    found: Result<StoredFile, Stored>,
) -> Result<(Media, Opened), Error> {
    let StoredFile { media, stored_name, thumbnails } =
        found.map_err(|e| Error::or_not_found(e, Resource::File))?;
    // Only the one spelling that was given out leads to the file.
    if stored_name != name {
        return Err(Error::NotFound(Resource::File));
    }
    if let Some((size, extension)) = size.zip(thumbnails) {
        match chat.store.thumbnail(purpose, name, (size, &extension)).await {
            // A picture that is as small itself.
            Err(MediaError::NotFound) => {}
            found => return Ok((media, found?)),
        }
    }
    Ok((media, chat.store.file(purpose, name).await?))
}

fn id_of(name: &str) -> Result<MediaId, Error> {
    let id = name.split('.').next().unwrap_or_default();
    id.parse().map_err(|_unreadable| Error::NotFound(Resource::File))
}

impl From<MediaError> for Error {
    fn from(error: MediaError) -> Self {
        match error {
            MediaError::TooLarge { limit } => Self::TooLarge(limit),
            MediaError::Empty => Self::EmptyFile,
            MediaError::Unsupported | MediaError::Dimensions { .. } => Self::Unsupported,
            MediaError::LittleSpace | MediaError::NoSpace => noted(&error, Self::NoSpace),
            MediaError::NotFound => Self::NotFound(Resource::File),
            MediaError::Unavailable(_) => noted(&error, Self::FilesAway),
            MediaError::Io(_) => Self::Internal(error.into()),
        }
    }
}

/// Logs why files cannot be had or taken in now.
fn noted(error: &MediaError, refusal: Error) -> Error {
    tracing::warn!(%error, "a request about a file is refused");
    refusal
}
