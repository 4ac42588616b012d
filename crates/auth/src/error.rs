//! What callers of this crate can tell apart.

use std::io;
use std::path::PathBuf;

/// Why a secret could not be made, read or checked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configured key is too short to sign with.
    #[error(
        "SECRET_KEY has {0} bytes and needs at least 32: set one made by `openssl rand -base64 48`, \
         or leave it unset to have one generated"
    )]
    WeakKey(usize),
    /// The key file holds something else than a key.
    #[error(
        "{0} does not hold a key: restore it from a backup, or delete it (which ends every access token)"
    )]
    DamagedKey(PathBuf),
    /// The key file could not be read or written.
    #[error("cannot use the key file {path}")]
    KeyFile {
        /// The file in question.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The bcrypt cost is outside what bcrypt allows.
    #[error("the bcrypt cost {0} is not between 4 and 31")]
    Cost(u32),
    /// More passwords are waiting to be hashed than the queue holds; the caller may try again shortly.
    #[error("too many passwords are being checked at once")]
    Busy,
    /// A stored password hash is in no form known here, or was made with a pepper that is not configured.
    #[error("a stored password hash cannot be checked: {0}")]
    UnknownHash(&'static str),
    /// The access token is not one of ours, was changed, or has expired.
    #[error("the access token is not valid")]
    InvalidToken,
    /// The system gave no randomness, threads or time.
    #[error("the system failed: {0}")]
    System(&'static str),
}
