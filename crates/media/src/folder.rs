//! A local folder of files: written under a temporary name, synced, and renamed when they are complete.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use domain::id::MediaId;
use domain::media::Purpose;
use tokio::task::spawn_blocking;

use crate::error::Error;
use crate::stored_name::StoredName;

/// The space of a disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiskSpace {
    /// The bytes that this user may still write.
    pub free_bytes: u64,
    /// All bytes.
    pub total_bytes: u64,
}

pub(crate) struct Folder {
    root: PathBuf,
}

impl Folder {
    pub(crate) fn open(root: &Path) -> Result<Self, Error> {
        fs::create_dir_all(root.join("tmp"))?;
        let folder = Self { root: root.to_path_buf() };
        folder.sweep(SystemTime::now())?;
        Ok(folder)
    }

    /// Fails with [`Error::LittleSpace`] while less than this of the disk is free to this user.
    pub(crate) fn check_space(&self, free_percent: u64) -> Result<(), Error> {
        let DiskSpace { free_bytes, total_bytes } = self.space()?;
        let (free, all) = (u128::from(free_bytes), u128::from(total_bytes));
        if free * 100 < all * u128::from(free_percent) { Err(Error::LittleSpace) } else { Ok(()) }
    }

    /// Returns the space of the disk that the folder is on.
    pub(crate) fn space(&self) -> Result<DiskSpace, Error> {
        let disk = rustix::fs::statvfs(&self.root).map_err(io::Error::from)?;
        let bytes = |blocks: u64| blocks.saturating_mul(disk.f_frsize);
        Ok(DiskSpace { free_bytes: bytes(disk.f_bavail), total_bytes: bytes(disk.f_blocks) })
    }

    /// Returns the names of the files for this purpose whose ids end with these two digits.
    pub(crate) fn names(&self, purpose: Purpose, shard: u8) -> Result<Vec<String>, Error> {
        let entries = match fs::read_dir(self.root.join(purpose.folder()).join(format!("{shard:02x}"))) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        };
        let mut names = Vec::new();
        for entry in entries {
            names.extend(entry?.file_name().into_string());
        }
        Ok(names)
    }

    /// Returns the path of a stored file.
    pub(crate) fn path_of(&self, purpose: Purpose, name: &StoredName) -> PathBuf {
        self.root.join(name.parts(purpose).iter().collect::<PathBuf>())
    }

    /// Removes a stored file, if it is there.
    pub(crate) fn remove(&self, purpose: Purpose, name: &StoredName) -> Result<(), Error> {
        match fs::remove_file(self.path_of(purpose, name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Creates an empty file, which is removed when it is dropped before it is committed.
    pub(crate) fn create(self: Arc<Self>) -> Result<Temporary, Error> {
        let path = self.root.join("tmp").join(MediaId::generate().to_string());
        let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
        let temporary = Temporary { file, folder: self, guard: Guard { path, keep: false } };
        // A locked file is being written, by this process or another; see `sweep`.
        temporary.file.lock()?;
        Ok(temporary)
    }

    /// Removes temporary files that no process is writing and that were last written before this time.
    pub(crate) fn sweep(&self, before: SystemTime) -> Result<(), Error> {
        for entry in fs::read_dir(self.root.join("tmp"))? {
            let path = entry?.path();
            let abandoned = |file: File| {
                Ok::<_, io::Error>(file.metadata()?.modified()? <= before && file.try_lock().is_ok())
            };
            if File::open(&path).and_then(abandoned).is_ok_and(|abandoned| abandoned) {
                // Another server may be sweeping the same folder.
                match fs::remove_file(&path) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
                    _ => {}
                }
            }
        }
        Ok(())
    }
}

/// A file that is being written.
pub(crate) struct Temporary {
    pub(crate) file: File,
    folder: Arc<Folder>,
    guard: Guard,
}

impl Temporary {
    pub(crate) fn write(&mut self, chunks: &[Bytes]) -> Result<(), Error> {
        for chunk in chunks {
            self.file.write_all(chunk)?;
        }
        Ok(())
    }

    /// Writes a chunk on a blocking thread.
    pub(crate) async fn written(mut self, chunk: Bytes) -> Result<Self, Error> {
        blocking(move || self.write(&[chunk]).map(|()| self)).await
    }

    /// Creates another file beside this one.
    pub(crate) fn sibling(&self, bytes: &[u8]) -> Result<Self, Error> {
        let mut sibling = Arc::clone(&self.folder).create()?;
        sibling.file.write_all(bytes)?;
        Ok(sibling)
    }

    /// Returns all that was written.
    pub(crate) fn read(&mut self) -> Result<Bytes, Error> {
        let mut bytes = Vec::new();
        self.file.rewind()?;
        self.file.read_to_end(&mut bytes)?;
        Ok(bytes.into())
    }

    /// Replaces all that was written.
    pub(crate) fn replace(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        Ok(self.file.write_all(bytes)?)
    }

    /// Syncs the file and moves it to its path; it survives a power cut after that.
    pub(crate) fn commit(self, purpose: Purpose, name: &StoredName) -> Result<Guard, Error> {
        self.file.sync_all()?;
        let path = self.folder.path_of(purpose, name);
        let shard = path.parent().unwrap_or(&self.folder.root);
        if !shard.is_dir() {
            fs::create_dir_all(shard)?;
            sync_folder(shard.parent().unwrap_or(&self.folder.root))?;
            sync_folder(&self.folder.root)?;
        }
        let mut guard = self.guard;
        fs::rename(&guard.path, &path)?;
        guard.path = path;
        sync_folder(guard.path.parent().unwrap_or(&self.folder.root))?;
        Ok(guard)
    }
}

/// How many bytes are read at once.
const READ: u64 = 256 * 1024;

/// Reads on in a file; nothing at its end.
pub(crate) fn read_chunk(file: File) -> Result<Option<(Bytes, File)>, Error> {
    let mut bytes = Vec::new();
    (&file).take(READ).read_to_end(&mut bytes)?;
    Ok((!bytes.is_empty()).then(|| (bytes.into(), file)))
}

fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// A file that is removed when this is dropped before [`Guard::keep`].
pub(crate) struct Guard {
    path: PathBuf,
    keep: bool,
}

impl Guard {
    pub(crate) fn keep(mut self) {
        self.keep = true;
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if !self.keep {
            // A file that cannot be removed is swept at the next start.
            drop(fs::remove_file(&self.path));
        }
    }
}

/// Runs disk work on a blocking thread.
pub(crate) async fn blocking<T, F>(work: F) -> Result<T, Error>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T, Error> + Send + 'static,
{
    match spawn_blocking(work).await {
        Ok(done) => done,
        Err(panicked) => Err(Error::Io(io::Error::other(panicked))),
    }
}
