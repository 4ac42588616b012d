//! A database for each test, on one of the two backends.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::{env, fs};

use crate::must::must;
use crate::{client, server, sqlite};

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

    /// Returns whether this database is to be tested: both are, unless `TEST_BACKEND` names one.
    pub fn is_wanted(self) -> bool {
        env::var_os("TEST_BACKEND").is_none_or(|name| name.is_empty()) || Self::from_env() == self
    }
}

/// A database of this test's own.
pub struct TestDb(DatabaseKind);

enum DatabaseKind {
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
            Backend::Sqlite => DatabaseKind::Sqlite(sqlite::Database::empty()),
            Backend::MariaDb => DatabaseKind::MariaDb(client::Database::empty(server::url())),
        })
    }

    /// Makes a database as `migrate` leaves an empty one; `migrate` is called once for each `key`, then copied.
    ///
    /// `migrate` gets a URL and must have closed its connections when it returns. The key must change when what
    /// `migrate` does changes: see [`key_of_folder`].
    pub fn migrated(backend: Backend, key: &str, migrate: impl FnOnce(&str)) -> Self {
        Self(match backend {
            Backend::Sqlite => DatabaseKind::Sqlite(sqlite::Database::migrated(key, migrate)),
            Backend::MariaDb => {
                DatabaseKind::MariaDb(client::Database::migrated(server::url(), key, migrate))
            }
        })
    }

    /// Returns `sqlite:///path/to/file` or `mysql://user@host/name?..`.
    pub fn url(&self) -> &str {
        match &self.0 {
            DatabaseKind::Sqlite(database) => database.url(),
            DatabaseKind::MariaDb(database) => database.url(),
        }
    }
}

/// Returns a key that changes whenever a file under `folder` does.
pub fn key_of_folder(folder: &Path) -> String {
    key_of(folder, &[])
}

/// Returns a key that changes whenever a file under `folder` or one of `files` does.
pub(crate) fn key_of(folder: &Path, files: &[&Path]) -> String {
    let mut hasher = DefaultHasher::new();
    hash_folder(folder, &mut hasher);
    for file in files {
        must("read", file, fs::read(file)).hash(&mut hasher);
    }
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

#[cfg(test)]
mod tests;
