//! Why a secret could not be made, read or checked.

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
    /// The configured key of Web Push is none.
    #[error(
        "VAPID_KEY is no key: set one made by `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 \
         -outform DER | base64 -w0`, or leave it unset to have one generated"
    )]
    PushKey,
    /// The key file holds no key.
    #[error(
        "{0} does not hold a key: restore it from a backup, or delete it (which ends every access token)"
    )]
    DamagedKey(PathBuf),
    /// The key file could not be read or written.
    #[error("cannot use the key file {path}")]
    KeyFile {
        /// The file in question.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The bcrypt cost is outside what bcrypt allows.
    #[error("the bcrypt cost {0} is not between 4 and 31")]
    Cost(u32),
    /// The queue of passwords to be hashed is full; the same call may succeed in a moment.
    #[error("too many passwords are being checked at once")]
    Busy,
    /// A stored password hash has an unknown form, or was made with a pepper that is not configured.
    #[error("a stored password hash cannot be checked: {0}")]
    UnknownHash(&'static str),
    /// The access token was signed with another key, was changed, or has expired.
    #[error("the access token is not valid")]
    InvalidToken,
    /// The system provided no randomness, threads or time.
    #[error("the system failed: {0}")]
    System(&'static str),
}
