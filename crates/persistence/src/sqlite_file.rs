//! The file of an `SQLite` database: made for its owner alone, used by one process, and missed when it is gone.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use diesel::prelude::*;
use parking_lot::Mutex;
use rustix::fs::{FlockOperation, fcntl_lock};
use rustix::io::Errno;

use crate::error::Error;

/// What `SQLite` adds to the name for the files that belong together.
const SUFFIXES: [&str; 3] = ["", "-wal", "-shm"];

/// What the lock file holds once there is a database.
const MADE: &[u8] = b"There is a database beside this file. If it is not there at the start, it was lost.\n";

/// The file of a database while this process has it.
#[derive(Debug)]
pub(crate) struct SqliteFile {
    path: PathBuf,
    /// The lock lasts as long as it is open.
    lock: File,
}

impl SqliteFile {
    /// Takes the file for this process, and makes an empty one if there never was one.
    ///
    /// Refuses one that another process has with [`Error::InUse`], and one that was lost with [`Error::Lost`].
    pub(crate) fn open(path: &str) -> Result<Self, Error> {
        // What belongs to a file behind a link lies beside the file.
        let path = fs::canonicalize(path).unwrap_or_else(|_missing| PathBuf::from(path));
        let unusable = |error: io::Error| Error::Away(format!("{}: {error}", path.display()));
        let lock_path = with_suffix(&path, ".lock");
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let lock = options.open(&lock_path).map_err(unusable)?;
        fcntl_lock(&lock, FlockOperation::NonBlockingLockExclusive).map_err(|error| match error {
            Errno::AGAIN | Errno::ACCESS => Error::InUse(path.display().to_string()),
            other => unusable(other.into()),
        })?;
        let length = match fs::metadata(&path) {
            Ok(found) => Some(found.len()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(unusable(error)),
        };
        let made = lock.metadata().map_err(unusable)?.len() > 0;
        match length {
            None | Some(0) if made => {
                let state = if length.is_some() { "is empty" } else { "is not there" };
                return Err(Error::Lost(format!(
                    "{} {state}, though there was a database: restore a backup (docs/OPERATING.md), or remove {} \
                     to begin with an empty one",
                    path.display(),
                    lock_path.display()
                )));
            }
            None => create(&path).map_err(unusable)?,
            Some(_) => restrict(&path).map_err(unusable)?,
        }
        Ok(Self { path, lock })
    }

    /// Notes that there is a database now, so that no later start makes another one.
    pub(crate) fn note_made(&mut self) -> Result<(), Error> {
        let note = |lock: &mut File| {
            if lock.metadata()?.len() == 0 {
                lock.write_all(MADE)?;
                lock.sync_all()?;
            }
            Ok(())
        };
        note(&mut self.lock)
            .map_err(|error: io::Error| Error::Away(format!("{}: {error}", self.path.display())))
    }

    /// Begins to watch the file; `conn` is kept open, so that the files beside it stay the same.
    pub(crate) fn watch(self, mut conn: SqliteConnection) -> Result<WatchedFile, Error> {
        // The files beside it are made by the first read.
        diesel::sql_query("SELECT COUNT(*) FROM sqlite_master").execute(&mut conn)?;
        let identify = |suffix| {
            let path = with_suffix(&self.path, suffix);
            let identity =
                Identity::of(&path).map_err(|error| Error::Away(format!("{}: {error}", path.display())))?;
            Ok::<_, Error>((path, identity))
        };
        let parts = SUFFIXES.into_iter().map(identify).collect::<Result<_, _>>()?;
        Ok(WatchedFile { file: self, parts, fault: OnceLock::new(), _conn: Mutex::new(conn) })
    }
}

/// The file of an open database.
pub(crate) struct WatchedFile {
    file: SqliteFile,
    parts: Vec<(PathBuf, Identity)>,
    /// Why nothing is written any more.
    fault: OnceLock<Error>,
    _conn: Mutex<SqliteConnection>,
}

impl WatchedFile {
    /// Fails, from the first fault on, if the open files are not those that a restart would find, or are corrupt.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if let Some(fault) = self.fault.get() {
            return Err(fault.again());
        }
        for (path, identity) in &self.parts {
            let state = match Identity::of(path) {
                Ok(now) if now != *identity => "is another file",
                Ok(_) if *path == self.file.path && is_empty(path) => "is empty",
                Ok(_) => continue,
                Err(error) if error.kind() == io::ErrorKind::NotFound => "is not there",
                Err(_) => "cannot be seen",
            };
            return Err(self.fail(Error::Lost(format!(
                "{} {state}, while the server has it open: stop the server and restore a backup (docs/OPERATING.md)",
                path.display()
            ))));
        }
        Ok(())
    }

    /// Notes that the database contradicts itself; nothing is written after that.
    pub(crate) fn note_corrupt(&self) {
        self.fail(Error::Corrupt(format!("in {}", self.file.path.display())));
    }

    /// Stops writing; the first fault is logged and kept.
    fn fail(&self, fault: Error) -> Error {
        let kept = self.fault.get_or_init(|| {
            tracing::error!(error = %fault, "nothing is written to the database any more");
            fault
        });
        kept.again()
    }
}

/// Which file a path leads to.
#[derive(Debug, PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    fn of(path: &Path) -> io::Result<Self> {
        let found = fs::metadata(path)?;
        Ok(Self { device: found.dev(), inode: found.ino() })
    }
}

fn is_empty(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.len() == 0)
}

/// Makes an empty file; another start of this process may be first.
fn create(path: &Path) -> io::Result<()> {
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    match made {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Takes the files from everybody but their owner; `SQLite` gives new ones the mode of the database's.
fn restrict(path: &Path) -> io::Result<()> {
    for path in SUFFIXES.map(|suffix| with_suffix(path, suffix)) {
        let Ok(found) = fs::metadata(&path) else { continue };
        if found.permissions().mode() & 0o077 != 0 {
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
        }
    }
    Ok(())
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
