//! What callers of this crate can tell apart.

use std::io;

/// Why a file was not taken or not found.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The upload is longer than the limit.
    #[error("the file is larger than {limit} bytes")]
    TooLarge {
        /// The most that is taken.
        limit: u64,
    },
    /// The upload has no bytes.
    #[error("the file is empty")]
    Empty,
    /// The file is of no type that is taken, or not of the type it claims to be.
    #[error("this type of file is not supported")]
    Unsupported,
    /// The picture is too large to be shown without harm.
    #[error("a picture of {width} x {height} pixels is too large")]
    Dimensions {
        /// Its width.
        width: usize,
        /// Its height.
        height: usize,
    },
    /// The disk is full.
    #[error("there is no space left for files")]
    NoSpace,
    /// There is no such file.
    #[error("there is no such file")]
    NotFound,
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
    /// Reads an error of opening or removing a kept file, where a missing one is an answer.
    pub(crate) fn of_kept(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::NotFound { Self::NotFound } else { error.into() }
    }
}
