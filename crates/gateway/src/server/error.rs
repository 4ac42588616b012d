//! Why a server does not start.

use thiserror::Error;

/// Why the server could not start.
#[derive(Debug, Error)]
pub enum Error {
    /// The data directory cannot be used.
    #[error(
        "cannot use the data directory {path}: {source}; set DATA_DIR to a directory that this user may write to"
    )]
    DataDir {
        /// The directory.
        path: String,
        /// The error of the system.
        source: std::io::Error,
    },
    /// The keys or the hashing cannot be set up.
    #[error(transparent)]
    Secrets(#[from] auth::error::Error),
    /// The database cannot be opened.
    #[error("cannot open the database {url}: {source}")]
    Database {
        /// Its address, without a password.
        url: String,
        /// Its error.
        source: persistence::error::Error,
    },
    /// The folder of uploads cannot be opened.
    #[error("cannot open the folder of uploads: {0}")]
    Media(#[from] media::error::Error),
    /// Requests to other servers cannot be made.
    #[error("cannot make requests to other servers: {0}")]
    Outbound(#[from] ::outbound::Error),
    /// The bucket of uploads cannot be used.
    #[error(
        "cannot use the bucket {bucket} at {endpoint}, as S3_BUCKET, S3_ENDPOINT, S3_REGION and the access key say: {source}"
    )]
    Bucket {
        /// The bucket.
        bucket: String,
        /// The address of the store.
        endpoint: String,
        /// Its error.
        source: media::error::Error,
    },
    /// The other nodes cannot be joined.
    #[error("REDIS_URL: {0}")]
    Cluster(#[from] ::cluster::StartError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}; is another server running there? Set HOST or PORT")]
    Listen {
        /// The address.
        address: String,
        /// The error of the system.
        source: std::io::Error,
    },
    /// The address for metrics cannot be listened on.
    #[error("cannot serve metrics on {address}: {source}; set METRICS_ADDRESS to another address")]
    Metrics {
        /// The address.
        address: String,
        /// The error of the system.
        source: std::io::Error,
    },
    /// The system gave no threads.
    #[error("the system failed: {0}")]
    System(#[from] std::io::Error),
}
