//! The store of uploaded files.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use domain::media::{Purpose, ThumbnailSize};

use crate::error::Error;
use crate::folder::{Folder, blocking};
use crate::format::Format;
use crate::limits::Limits;
use crate::name;
use crate::picture::Pictures;
use crate::sniff::Claim;
use crate::stored_name::{Part, StoredName};
use crate::writer::Writer;

/// A stored file, open for reading.
#[derive(Debug)]
pub struct Opened {
    /// The open file.
    pub file: File,
    /// Its path, for headers that depend on its name and time.
    pub path: PathBuf,
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
    pictures: Pictures,
}

impl Store {
    /// Opens a folder, which is created if it is missing, and removes the rests of unfinished uploads. Blocks.
    pub fn open(folder: &Path, limits: Limits) -> Result<Self, Error> {
        Ok(Self { folder: Arc::new(Folder::open(folder)?), pictures: Pictures::new(limits) })
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
        let folder = Arc::clone(&self.folder);
        let free_percent = self.limits().free_percent;
        let temporary = blocking(move || {
            folder.check_space(free_percent)?;
            folder.create()
        })
        .await?;
        Ok(Writer::new(temporary, purpose, claim, file_name, self.pictures.clone()))
    }

    /// Returns the names of stored files for this purpose: those whose ids end with these two hexadecimal digits.
    pub async fn names(&self, purpose: Purpose, shard: u8) -> Result<Vec<String>, Error> {
        let folder = Arc::clone(&self.folder);
        blocking(move || folder.names(purpose, shard)).await
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
        let path = self.folder.path_of(purpose, &name);
        blocking(move || {
            let file = File::open(&path).map_err(Error::of_stored)?;
            let length = file.metadata()?.len();
            Ok(Opened { file, path, length, content_type: format.content_type, inline: format.inline() })
        })
        .await
    }

    /// Removes a stored file and its smaller copies; false if it was not there.
    pub async fn remove(&self, purpose: Purpose, stored_name: &str) -> Result<bool, Error> {
        let name = StoredName::parse(stored_name).ok_or(Error::NotFound)?;
        let folder = Arc::clone(&self.folder);
        blocking(move || {
            for size in ThumbnailSize::ALL {
                folder.remove(purpose, &name.thumbnail(size))?;
            }
            folder.remove(purpose, &name)
        })
        .await
    }
}

#[cfg(test)]
mod tests;
