//! A bucket of an S3-compatible store, reached with HTTP.

use std::fs::File;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::id::MediaId;
use domain::media::Purpose;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::buffered::BufWriter;
use object_store::path::Path;
use object_store::{
    BackoffConfig, ClientOptions, GetOptions, GetRange, ObjectStore, ObjectStoreExt as _, RetryConfig,
};
use tokio::io::{AsyncSeekExt as _, AsyncWriteExt as _, BufReader, copy_buf};

use crate::error::Error;
use crate::stored_name::StoredName;

/// How many bytes of a file are sent in one request; a longer one is sent in parts.
const PART: usize = 8 * 1024 * 1024;

/// How many parts of a file are on their way at once, each of them in memory.
const PARTS_AT_ONCE: usize = 2;

/// How many bytes are read of a file at once.
const READ: usize = 256 * 1024;

/// How long the store may take to accept a connection.
const CONNECTING: Duration = Duration::from_secs(5);

/// How long the store may be silent while it answers.
const SILENCE: Duration = Duration::from_secs(10);

/// How much is shown of an error of the store, in code points.
const ERROR_MAX: usize = 500;

/// How long a request is tried again, and how often.
const TRYING: Duration = Duration::from_secs(10);
const TRIES: usize = 2;

/// Where a bucket is, and by which right it is used.
#[derive(Debug, Clone)]
pub struct BucketConfig {
    /// Its name.
    pub bucket: String,
    /// The address of the store, `https://host[:port]`; Amazon's if there is none.
    pub endpoint: Option<String>,
    /// The region.
    pub region: String,
    /// The access key and its secret; the role of the machine if there is none.
    pub key: Option<(String, String)>,
}

/// A bucket; cheap to clone.
#[derive(Debug, Clone)]
pub struct Bucket {
    store: Arc<AmazonS3>,
}

impl Bucket {
    /// Prepares to use a bucket, and asks nothing of it yet.
    pub fn new(config: &BucketConfig) -> Result<Self, Error> {
        // The client takes the process's provider of cryptography; another one that is there is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
        let retry =
            RetryConfig { backoff: BackoffConfig::default(), max_retries: TRIES, retry_timeout: TRYING };
        // A file takes as long as its reader does, as long as it comes at all.
        let client = ClientOptions::new()
            .with_allow_http(true)
            .with_connect_timeout(CONNECTING)
            .with_read_timeout(SILENCE)
            .with_timeout_disabled();
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&config.bucket)
            .with_region(&config.region)
            .with_client_options(client)
            .with_disable_bulk_delete(true)
            .with_retry(retry);
        if let Some(endpoint) = &config.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        if let Some((id, secret)) = &config.key {
            builder = builder.with_access_key_id(id).with_secret_access_key(secret);
        }
        Ok(Self { store: Arc::new(builder.build().map_err(|error| unavailable(&error))?) })
    }

    /// Writes an object, reads it and deletes it.
    pub async fn check(&self) -> Result<(), Error> {
        let path = Path::from(format!("tmp/{}", MediaId::generate()));
        let text = Bytes::from_static(b"chatroom");
        self.store.put(&path, text.clone().into()).await.map_err(|error| unavailable(&error))?;
        let read =
            self.store.get_range(&path, 0..text.len() as u64).await.map_err(|error| unavailable(&error))?;
        self.store.delete(&path).await.map_err(|error| unavailable(&error))?;
        if read == text {
            Ok(())
        } else {
            Err(Error::Unavailable("it answers other bytes than it was sent".into()))
        }
    }

    /// Stores a file, whole or not at all.
    pub(crate) async fn put(&self, purpose: Purpose, name: &StoredName, file: File) -> Result<(), Error> {
        let store: Arc<dyn ObjectStore> = Arc::<AmazonS3>::clone(&self.store);
        let mut writer =
            BufWriter::with_capacity(store, key(purpose, name), PART).with_max_concurrency(PARTS_AT_ONCE);
        let mut file = tokio::fs::File::from_std(file);
        file.rewind().await?;
        if let Err(error) = copy_buf(&mut BufReader::with_capacity(READ, file), &mut writer).await {
            // The store removes parts of an unfinished upload by its own rules, if they cannot be removed now.
            drop(writer.abort().await);
            return Err(of_io(error));
        }
        writer.shutdown().await.map_err(of_io)
    }

    /// Finds a stored file.
    pub(crate) async fn open(&self, purpose: Purpose, name: &StoredName) -> Result<Object, Error> {
        let path = key(purpose, name);
        let found = self.store.head(&path).await?;
        Ok(Object { bucket: self.clone(), path, name: name.to_string(), length: found.size })
    }

    /// Removes a stored file, if it is there.
    pub(crate) async fn remove(&self, purpose: Purpose, name: &StoredName) -> Result<(), Error> {
        match self.store.delete(&key(purpose, name)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Returns the names of the files for this purpose whose ids end with these two digits.
    pub(crate) async fn names(&self, purpose: Purpose, shard: u8) -> Result<Vec<String>, Error> {
        let folder = Path::from_iter([purpose.folder(), &format!("{shard:02x}")]);
        let objects = self.store.list(Some(&folder)).try_collect::<Vec<_>>().await?;
        Ok(objects.iter().filter_map(|object| object.location.filename().map(str::to_owned)).collect())
    }
}

/// A file in a bucket.
#[derive(Debug, Clone)]
pub struct Object {
    bucket: Bucket,
    path: Path,
    name: String,
    length: u64,
}

impl Object {
    /// Returns its stored name, which no other file ever has.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns its length in bytes.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Reads these bytes of it as they come.
    pub async fn read(&self, range: Range<u64>) -> Result<BoxStream<'static, Result<Bytes, Error>>, Error> {
        let options = GetOptions { range: Some(GetRange::Bounded(range)), ..GetOptions::default() };
        let found = self.bucket.store.get_opts(&self.path, options).await?;
        Ok(found.into_stream().map_err(Error::from).boxed())
    }
}

fn key(purpose: Purpose, name: &StoredName) -> Path {
    Path::from_iter(name.parts(purpose))
}

/// Converts an error of writing; that something is not there is then the bucket. What stores answer has many lines.
fn unavailable(error: &object_store::Error) -> Error {
    let words = error.to_string();
    let line = words.split_whitespace().collect::<Vec<_>>().join(" ");
    Error::Unavailable(line.chars().take(ERROR_MAX).collect::<String>().into())
}

fn of_io(error: std::io::Error) -> Error {
    match error.downcast::<object_store::Error>() {
        Ok(error) => unavailable(&error),
        Err(error) => error.into(),
    }
}

impl From<object_store::Error> for Error {
    fn from(error: object_store::Error) -> Self {
        match error {
            object_store::Error::NotFound { .. } => Self::NotFound,
            other => unavailable(&other),
        }
    }
}
