//! Where stored files lie: in the local folder or in a bucket.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use domain::media::Purpose;
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};

use crate::bucket::{Bucket, Object};
use crate::error::Error;
use crate::folder::{Folder, Guard, Temporary, blocking, read_chunk};
use crate::stored_name::StoredName;

/// Where stored files lie; cheap to clone.
#[derive(Clone)]
pub(crate) enum Backend {
    Folder(Arc<Folder>),
    Bucket(Bucket),
}

/// What a stored file is read from.
#[derive(Debug)]
pub enum Content {
    /// A local file.
    File {
        /// The open file.
        file: File,
        /// Its path, for headers that depend on its name and time.
        path: PathBuf,
    },
    /// An object in a bucket.
    Object(Object),
}

impl Content {
    /// Reads all of it as it comes.
    pub async fn read(self) -> Result<BoxStream<'static, Result<Bytes, Error>>, Error> {
        match self {
            Self::File { file, .. } => {
                Ok(stream::try_unfold(file, |file| blocking(move || read_chunk(file))).boxed())
            }
            Self::Object(object) => object.read(0..object.length()).await,
        }
    }
}

impl Backend {
    /// Stores the files of an upload; they survive a power cut after that, and none stays after a failure.
    pub(crate) async fn put(
        &self,
        purpose: Purpose,
        files: Vec<(StoredName, Temporary)>,
    ) -> Result<(), Error> {
        match self {
            Self::Folder(_) => {
                let moved = blocking(move || {
                    files.into_iter().map(|(name, file)| file.commit(purpose, &name)).collect()
                });
                let moved: Vec<Guard> = moved.await?;
                moved.into_iter().for_each(Guard::keep);
            }
            Self::Bucket(bucket) => {
                for (at, (name, temporary)) in files.iter().enumerate() {
                    if let Err(error) = bucket.put(purpose, name, temporary.file.try_clone()?).await {
                        for (name, _) in files.iter().take(at) {
                            // What stays belongs to no row, and is removed as such.
                            drop(bucket.remove(purpose, name).await);
                        }
                        return Err(error);
                    }
                }
            }
        }
        Ok(())
    }

    /// Opens a stored file; returns it with its length.
    pub(crate) async fn open(&self, purpose: Purpose, name: StoredName) -> Result<(Content, u64), Error> {
        match self {
            Self::Folder(folder) => {
                let path = folder.path_of(purpose, &name);
                blocking(move || {
                    let file = File::open(&path).map_err(Error::of_stored)?;
                    let length = file.metadata()?.len();
                    Ok((Content::File { file, path }, length))
                })
                .await
            }
            Self::Bucket(bucket) => {
                let object = bucket.open(purpose, &name).await?;
                let length = object.length();
                Ok((Content::Object(object), length))
            }
        }
    }

    /// Removes stored files; those that are not there are no error.
    pub(crate) async fn remove(&self, purpose: Purpose, names: Vec<StoredName>) -> Result<(), Error> {
        match self {
            Self::Folder(folder) => {
                let folder = Arc::clone(folder);
                blocking(move || names.iter().try_for_each(|name| folder.remove(purpose, name))).await
            }
            Self::Bucket(bucket) => {
                for name in &names {
                    bucket.remove(purpose, name).await?;
                }
                Ok(())
            }
        }
    }

    /// Returns the names of the files for this purpose whose ids end with these two digits.
    pub(crate) async fn names(&self, purpose: Purpose, shard: u8) -> Result<Vec<String>, Error> {
        match self {
            Self::Folder(folder) => {
                let folder = Arc::clone(folder);
                blocking(move || folder.names(purpose, shard)).await
            }
            Self::Bucket(bucket) => bucket.names(purpose, shard).await,
        }
    }
}
