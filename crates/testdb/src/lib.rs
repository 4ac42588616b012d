//! A real database and a real Redis for each test, gone when the test is over.
//!
//! `SQLite` files and a private `MariaDB` server live in memory (`/dev/shm`). The server is started by the test that
//! needs it first, shared by all test processes of this target directory, and stops by itself some seconds after
//! the last of them has ended. `TEST_DATABASE_URL` names another server to use instead. A Redis server belongs to one
//! test alone, which may kill it; `TEST_REDIS_URL` names another one for tests that only use it.
//!
//! Nothing here returns an error: a test whose database cannot be had fails, and says why.
#![expect(clippy::panic, clippy::missing_panics_doc, reason = "a test without its database must fail")]

mod client;
mod place;
mod redis;
mod server;
mod sqlite;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::{env, fs};

pub use redis::{AnyRedis, TestRedis};

/// The databases that the product runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// The embedded one.
    Sqlite,
    /// `MariaDB`, or whichever `MySQL` server `TEST_DATABASE_URL` names.
    MariaDb,
}

impl Backend {
    /// Returns what `TEST_BACKEND` names, `sqlite` or `mysql`; `SQLite` when it is unset.
    pub fn from_env() -> Self {
        match env::var("TEST_BACKEND").as_deref() {
            Err(_) | Ok("" | "sqlite") => Self::Sqlite,
            Ok("mysql" | "mariadb") => Self::MariaDb,
            Ok(other) => panic!("TEST_BACKEND is {other:?}; it may be sqlite or mysql"),
        }
    }
}

/// A database of this test's own.
pub struct TestDb(Kind);

enum Kind {
    Sqlite(sqlite::Database),
    MariaDb(client::Database),
}

impl TestDb {
    /// Makes an empty `SQLite` database.
    pub fn sqlite() -> Self {
        Self::empty(Backend::Sqlite)
    }

    /// Makes an empty `MariaDB` database.
    pub fn mariadb() -> Self {
        Self::empty(Backend::MariaDb)
    }

    /// Makes an empty database.
    pub fn empty(backend: Backend) -> Self {
        Self(match backend {
            Backend::Sqlite => Kind::Sqlite(sqlite::Database::empty()),
            Backend::MariaDb => Kind::MariaDb(client::Database::empty(server::url())),
        })
    }

    /// Makes a database as `migrate` leaves an empty one; `migrate` is called once for each `key`, then copied.
    ///
    /// `migrate` gets a URL and must have closed its connections when it returns. The key must change when what
    /// `migrate` does changes: see [`key_of_folder`].
    pub fn migrated(backend: Backend, key: &str, migrate: impl FnOnce(&str)) -> Self {
        Self(match backend {
            Backend::Sqlite => Kind::Sqlite(sqlite::Database::migrated(key, migrate)),
            Backend::MariaDb => Kind::MariaDb(client::Database::migrated(server::url(), key, migrate)),
        })
    }

    /// Returns `sqlite:///path/to/file` or `mysql://user@host/name?..`.
    pub fn url(&self) -> &str {
        match &self.0 {
            Kind::Sqlite(database) => database.url(),
            Kind::MariaDb(database) => database.url(),
        }
    }
}

/// Returns a key that changes whenever a file under `folder` does.
pub fn key_of_folder(folder: &Path) -> String {
    let mut hasher = DefaultHasher::new();
    hash_folder(folder, &mut hasher);
    format!("{:016x}", hasher.finish())
}

fn hash_folder(folder: &Path, hasher: &mut DefaultHasher) {
    let mut entries: Vec<_> = must("list the folder", folder, fs::read_dir(folder))
        .map(|entry| must("list the folder", folder, entry).path())
        .collect();
    entries.sort();
    for path in entries {
        path.file_name().hash(hasher);
        if path.is_dir() {
            hash_folder(&path, hasher);
        } else {
            must("read", &path, fs::read(&path)).hash(hasher);
        }
    }
}

/// Unwraps, or fails the test with what was tried.
fn must<T, E: std::fmt::Display>(what: &str, path: &Path, result: Result<T, E>) -> T {
    result.unwrap_or_else(|error| panic!("cannot {what} {}: {error}", path.display()))
}

#[cfg(test)]
mod tests;
