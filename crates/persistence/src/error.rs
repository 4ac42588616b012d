//! Why a query failed, as far as callers can act on it.

use diesel::ConnectionError;
use diesel::result::{DatabaseErrorKind, Error as Diesel};
use domain::message_request::SendRefusal;
use thiserror::Error;

/// A failed query.
#[derive(Debug, Error)]
pub enum Error {
    /// There is no such row.
    #[error("no such row")]
    NotFound,
    /// The row breaks a unique key: another one was first.
    #[error("the row exists already")]
    Conflict,
    /// The room does not take the message.
    #[error("{0}")]
    Refused(SendRefusal),
    /// A deadlock, a lost race or a lost connection; the same call may succeed at once.
    #[error("the database is busy: {0}")]
    Unavailable(String),
    /// There was no connection in time; the same call would not succeed at once.
    #[error("the database cannot be reached: {0}")]
    Away(String),
    /// The connection broke during a commit, which may have happened or not.
    #[error("the answer to a commit was lost: {0}")]
    OutcomeUnknown(String),
    /// The disk has no room for the write.
    #[error("the database's disk is full: {0}")]
    DiskFull(String),
    /// Another process has the database's file.
    #[error("another Chatroom has {0} open; stop it first")]
    InUse(String),
    /// The database's file is not the one that was there before.
    #[error("the database's file was lost: {0}")]
    Lost(String),
    /// The database's file contradicts itself.
    #[error("the database is corrupt: {0}; stop the server and restore a backup (docs/OPERATING.md)")]
    Corrupt(String),
    /// The database was made by a newer version of this program.
    #[error(
        "this database was made by a newer Chatroom (it has the migration {0}); start that version, or restore a backup"
    )]
    Newer(String),
    /// The address of the database is not one that can be used.
    #[error("{0}")]
    Url(String),
    /// A fault of the program or of the database's contents.
    #[error("the database refused a query")]
    Other(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// Returns the same error for another caller that waited for the same commit.
    #[must_use]
    pub fn again(&self) -> Self {
        match self {
            Self::NotFound => Self::NotFound,
            Self::Conflict => Self::Conflict,
            Self::Refused(why) => Self::Refused(*why),
            Self::Unavailable(why) => Self::Unavailable(why.clone()),
            Self::Away(why) => Self::Away(why.clone()),
            Self::OutcomeUnknown(why) => Self::OutcomeUnknown(why.clone()),
            Self::DiskFull(why) => Self::DiskFull(why.clone()),
            Self::InUse(path) => Self::InUse(path.clone()),
            Self::Lost(why) => Self::Lost(why.clone()),
            Self::Corrupt(why) => Self::Corrupt(why.clone()),
            Self::Newer(version) => Self::Newer(version.clone()),
            Self::Url(why) => Self::Url(why.clone()),
            Self::Other(source) => Self::Other(source.to_string().into()),
        }
    }

    /// Returns whether the same call, made again at once, may succeed.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }

    /// Returns whether any other write would fail alike at this moment.
    pub fn is_outage(&self) -> bool {
        matches!(
            self,
            Self::Unavailable(_)
                | Self::Away(_)
                | Self::OutcomeUnknown(_)
                | Self::DiskFull(_)
                | Self::Lost(_)
                | Self::Corrupt(_)
        )
    }

    /// Converts an error of a migration.
    pub(crate) fn of_migration(error: Box<dyn std::error::Error + Send + Sync>) -> Self {
        let text = error.to_string();
        match error.downcast::<Self>() {
            Ok(ours) => *ours,
            Err(_) if has(&text.to_lowercase(), &CORRUPT) => Self::Corrupt(text),
            Err(other) => Self::Other(other),
        }
    }
}

/// Parts of the messages by which the databases report a lost race or an outage.
const AWAY: [&str; 12] = [
    "deadlock",
    "lock wait timeout",
    "database is locked",
    "database table is locked",
    "gone away",
    "lost connection",
    "connection closed",
    "connection refused",
    "broken pipe",
    "server shutdown in progress",
    "input/output error",
    "i/o error",
];

/// Parts of the messages by which the databases report a full disk.
const FULL: [&str; 4] = ["database or disk is full", "no space left", "disk full", "table is full"];

/// Parts of the messages by which `SQLite` reports a file that contradicts itself.
const CORRUPT: [&str; 2] = ["disk image is malformed", "file is not a database"];

fn has(text: &str, parts: &[&str]) -> bool {
    parts.iter().any(|part| text.contains(part))
}

impl From<Diesel> for Error {
    fn from(error: Diesel) -> Self {
        match error {
            Diesel::NotFound => Self::NotFound,
            Diesel::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => Self::Conflict,
            Diesel::DatabaseError(
                DatabaseErrorKind::SerializationFailure | DatabaseErrorKind::ClosedConnection,
                info,
            ) => Self::Unavailable(info.message().to_owned()),
            Diesel::BrokenTransactionManager => {
                Self::Unavailable("the connection broke in a transaction".into())
            }
            other => {
                let text = other.to_string().to_lowercase();
                if has(&text, &FULL) {
                    Self::DiskFull(text)
                } else if has(&text, &CORRUPT) {
                    Self::Corrupt(text)
                } else if has(&text, &AWAY) {
                    Self::Unavailable(text)
                } else {
                    Self::Other(other.into())
                }
            }
        }
    }
}

impl From<r2d2::Error> for Error {
    fn from(error: r2d2::Error) -> Self {
        Self::Away(error.to_string())
    }
}

impl From<ConnectionError> for Error {
    fn from(error: ConnectionError) -> Self {
        match error {
            ConnectionError::CouldntSetupConfiguration(error) => match Self::from(error) {
                corrupt @ Self::Corrupt(_) => corrupt,
                other => Self::Away(other.to_string()),
            },
            other => Self::Away(other.to_string()),
        }
    }
}
