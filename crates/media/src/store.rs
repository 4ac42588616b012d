//! The store of uploaded files.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::media::{Media, Purpose};
use domain::message::Kind;
use tokio::task::spawn_blocking;

use crate::error::Error;
use crate::folder::Folder;
use crate::format::Format;
use crate::name;
use crate::sniff::Claim;
use crate::writer::Writer;

/// What is taken.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The longest file, in bytes.
    pub max_bytes: u64,
    /// The longest side of a picture, in pixels.
    pub max_side: usize,
    /// The largest picture, in pixels.
    pub max_pixels: usize,
}

impl Default for Limits {
    /// 25 MiB, and pictures that a phone can still decode.
    fn default() -> Self {
        Self { max_bytes: 25 * 1024 * 1024, max_side: 12_000, max_pixels: 40_000_000 }
    }
}

/// A file that is safely on disk.
#[derive(Debug, PartialEq, Eq)]
pub struct Stored {
    /// What readers learn of it.
    pub media: Media,
    /// The kind of message that carries it.
    pub kind: Kind,
    /// The name it is kept and addressed by: `<media id>.<extension>`.
    pub stored_name: String,
}

/// A kept file, open for reading.
#[derive(Debug)]
pub struct Opened {
    /// The open file.
    pub file: File,
    /// Where it lies; for the headers that come from its name and time, not for opening it again.
    pub path: PathBuf,
    /// Its length in bytes.
    pub length: u64,
    /// The type to serve it as.
    pub content_type: &'static str,
    /// Whether a browser may show it in place; otherwise it must be served as an attachment.
    pub inline: bool,
}

/// The place where uploads are kept; cheap to clone.
#[derive(Clone)]
pub struct Store {
    place: Place,
    limits: Limits,
}

/// Where the bytes are. An object store will be the second variant.
#[derive(Clone)]
enum Place {
    Folder(Arc<Folder>),
}

impl Store {
    /// Opens a folder, which is made if need be, and removes what unfinished uploads have left there. Blocks.
    pub fn open(folder: &Path, limits: Limits) -> Result<Self, Error> {
        Ok(Self { place: Place::Folder(Arc::new(Folder::open(folder)?)), limits })
    }

    /// Returns what is taken.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Begins an upload; refuses one whose declared type or name cannot be taken before any byte is read.
    pub async fn begin(
        &self,
        purpose: Purpose,
        declared_type: Option<&str>,
        file_name: &str,
    ) -> Result<Writer, Error> {
        let file_name = name::clean(file_name);
        let claim = Claim::read(declared_type, &file_name)?;
        let Place::Folder(folder) = &self.place;
        let folder = Arc::clone(folder);
        let temporary = blocking(move || folder.create()).await?;
        Ok(Writer::new(temporary, purpose, claim, file_name, self.limits))
    }

    /// Opens a kept file by its stored name; anything that is not such a name is not found.
    pub async fn file(&self, purpose: Purpose, stored_name: &str) -> Result<Opened, Error> {
        let (path, format) = self.locate(purpose, stored_name)?;
        blocking(move || {
            let file = File::open(&path).map_err(Error::of_kept)?;
            let length = file.metadata()?.len();
            Ok(Opened { file, path, length, content_type: format.content_type, inline: format.inline() })
        })
        .await
    }

    /// Removes a kept file; tells whether it was there.
    pub async fn remove(&self, purpose: Purpose, stored_name: &str) -> Result<bool, Error> {
        let (path, _) = self.locate(purpose, stored_name)?;
        match blocking(move || std::fs::remove_file(path).map_err(Error::of_kept)).await {
            Ok(()) => Ok(true),
            Err(Error::NotFound) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Finds the path of a stored name, which is never taken as a path itself.
    fn locate(&self, purpose: Purpose, stored_name: &str) -> Result<(PathBuf, &'static Format), Error> {
        let (id, extension) = stored_name.split_once('.').ok_or(Error::NotFound)?;
        let id = id.parse().map_err(|_fault| Error::NotFound)?;
        let format = Format::of_extension(extension).ok_or(Error::NotFound)?;
        let Place::Folder(folder) = &self.place;
        // Only the one spelling that was given out leads to the file.
        match folder.path_of(purpose, id, format) {
            path if path.ends_with(stored_name) => Ok((path, format)),
            _ => Err(Error::NotFound),
        }
    }
}

/// Runs work on the disk off the async threads.
pub(crate) async fn blocking<T, F>(work: F) -> Result<T, Error>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T, Error> + Send + 'static,
{
    match spawn_blocking(work).await {
        Ok(done) => done,
        Err(panicked) => Err(Error::Io(std::io::Error::other(panicked))),
    }
}

#[cfg(test)]
mod tests;
