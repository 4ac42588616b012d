//! The store of uploaded files.

use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use domain::media::{Purpose, ThumbnailSize};

use crate::archive::Archive;
use crate::backend::Backend;
use crate::bucket::Bucket;
use crate::error::Error;
use crate::folder::{Folder, Temporary, blocking};
use crate::format::Format;
use crate::limits::Limits;
use crate::name;
use crate::picture::Pictures;
use crate::sniff::Claim;
use crate::stored_name::{Part, StoredName};
use crate::writer::Writer;

pub use crate::backend::Content;
pub use crate::folder::DiskSpace;

/// A stored file, open for reading.
#[derive(Debug)]
pub struct Opened {
    /// What it is read from.
    pub content: Content,
    /// Its length in bytes.
    pub length: u64,
    /// The type to serve it as.
    pub content_type: &'static str,
    /// Whether a browser may show it inline; otherwise it must be served as an attachment.
    pub inline: bool,
}

/// The store of uploaded files; cheap to clone.
#[derive(Clone)]
pub struct Store {
    folder: Arc<Folder>,
    pub(crate) backend: Backend,
    pictures: Pictures,
}

impl Store {
    /// Opens a folder, which is created if it is missing, and removes the rests of unfinished uploads. Blocks.
    ///
    /// With a bucket files are kept there, and in the folder only until they are complete.
    pub fn open(folder: &Path, limits: Limits, bucket: Option<Bucket>) -> Result<Self, Error> {
        let folder = Arc::new(Folder::open(folder)?);
        let backend = bucket.map_or_else(|| Backend::Folder(Arc::clone(&folder)), Backend::Bucket);
        Ok(Self { folder, backend, pictures: Pictures::new(limits) })
    }

    /// Returns the limits of uploads.
    pub fn limits(&self) -> &Limits {
        &self.pictures.limits
    }

    /// Begins an upload; [`Error::Unsupported`] if its declared type or its name is refused, [`Error::LittleSpace`]
    /// while too little of the disk is free.
    pub async fn begin(
        &self,
        purpose: Purpose,
        declared_type: Option<&str>,
        file_name: &str,
    ) -> Result<Writer, Error> {
        let file_name = name::clean(file_name);
        let claim = Claim::read(declared_type, &file_name)?;
        let temporary = self.temporary().await?;
        Ok(Writer::new(temporary, purpose, (claim, file_name), self.pictures.clone(), self.backend.clone()))
    }

    /// Begins an archive; [`Error::LittleSpace`] while too little of the disk is free.
    pub async fn archive(&self) -> Result<Archive, Error> {
        Archive::new(self.temporary().await?, self.backend.clone())
    }

    /// Creates a file aside; [`Error::LittleSpace`] while too little of the disk is free.
    pub(crate) async fn temporary(&self) -> Result<Temporary, Error> {
        let folder = Arc::clone(&self.folder);
        let free_percent = self.limits().free_percent;
        blocking(move || {
            folder.check_space(free_percent)?;
            folder.create()
        })
        .await
    }

    /// Returns the space of the disk that the folder is on.
    pub async fn disk_space(&self) -> Result<DiskSpace, Error> {
        let folder = Arc::clone(&self.folder);
        blocking(move || folder.space()).await
    }

    /// Returns the names of stored files for this purpose: those whose ids end with these two hexadecimal digits.
    pub async fn names(&self, purpose: Purpose, shard: u8) -> Result<Vec<String>, Error> {
        self.backend.names(purpose, shard).await
    }

    /// Removes the rests of unfinished uploads that were last written before this time.
    pub async fn sweep(&self, before: SystemTime) -> Result<(), Error> {
        let folder = Arc::clone(&self.folder);
        blocking(move || folder.sweep(before)).await
    }

    /// Opens a stored file by its stored name; [`Error::NotFound`] for anything that is no such name.
    pub async fn file(&self, purpose: Purpose, stored_name: &str) -> Result<Opened, Error> {
        let name = StoredName::parse(stored_name).ok_or(Error::NotFound)?;
        let Part::Whole(format) = name.part else { return Err(Error::NotFound) };
        self.open_as(purpose, name, format).await
    }

    /// Opens a smaller copy, whose format has this extension, of the picture of this stored name.
    pub async fn thumbnail(
        &self,
        purpose: Purpose,
        stored_name: &str,
        (size, extension): (ThumbnailSize, &str),
    ) -> Result<Opened, Error> {
        let name = StoredName::parse(stored_name).ok_or(Error::NotFound)?.thumbnail(size);
        let format = Format::of_extension(extension).ok_or(Error::NotFound)?;
        self.open_as(purpose, name, format).await
    }

    async fn open_as(
        &self,
        purpose: Purpose,
        name: StoredName,
        format: &'static Format,
    ) -> Result<Opened, Error> {
        let (content, length) = self.backend.open(purpose, name).await?;
        Ok(Opened { content, length, content_type: format.content_type, inline: format.inline() })
    }

    /// Removes a stored file and its smaller copies, if they are there.
    pub async fn remove(&self, purpose: Purpose, stored_name: &str) -> Result<(), Error> {
        let name = StoredName::parse(stored_name).ok_or(Error::NotFound)?;
        let copies = ThumbnailSize::ALL.into_iter().map(|size| name.thumbnail(size));
        self.backend.remove(purpose, copies.chain([name]).collect()).await
    }
}

#[cfg(test)]
mod tests;
