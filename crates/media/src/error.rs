//! Why a file was not stored or not found.

use std::io;

/// Why a file was not stored or not found.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The upload is longer than the limit.
    #[error("the file is larger than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// The upload has no bytes.
    #[error("the file is empty")]
    Empty,
    /// The file is of no accepted type, or not of the type that it is declared as.
    #[error("this type of file is not supported")]
    Unsupported,
    /// The picture has more pixels than the limits allow.
    #[error("a picture of {width} x {height} pixels is too large")]
    Dimensions {
        /// Its width.
        width: usize,
        /// Its height.
        height: usize,
    },
    /// The disk is nearly full; what is left is kept for the database.
    #[error("there is little space left for files")]
    LittleSpace,
    /// The disk is full.
    #[error("there is no space left for files")]
    NoSpace,
    /// There is no such file.
    #[error("there is no such file")]
    NotFound,
    /// The store of files does not answer, or refuses.
    #[error("the store of files cannot be used: {0}")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The disk failed.
    #[error("the file could not be read or written")]
    Io(#[source] io::Error),
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::NoSpace,
            _ => Self::Io(error),
        }
    }
}

impl Error {
    /// Converts an error of opening or removing a stored file.
    pub(crate) fn of_stored(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::NotFound { Self::NotFound } else { error.into() }
    }
}
