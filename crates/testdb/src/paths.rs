//! The paths of test databases and of their locks.

use std::fs::{self, File, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::{Once, OnceLock};
use std::{env, process};

use tempfile::TempDir;

use crate::must::must;

/// Returns the folder in the target directory for locks and templates, which outlive a run.
pub(crate) fn target() -> &'static Path {
    static TARGET: OnceLock<PathBuf> = OnceLock::new();
    TARGET.get_or_init(|| {
        let exe = must("find", Path::new("this test's binary"), env::current_exe());
        // Cargo puts this file into its target directory.
        let root = exe.ancestors().find(|folder| folder.join("CACHEDIR.TAG").is_file());
        let target = root.map_or_else(env::temp_dir, Path::to_path_buf).join("testdb");
        must("make", &target, fs::create_dir_all(&target));
        target
    })
}

/// Returns the folder in memory, or the temporary one on a system without it.
pub(crate) fn memory() -> PathBuf {
    let shm = Path::new("/dev/shm");
    if shm.is_dir() { shm.to_path_buf() } else { env::temp_dir() }
}

/// Makes a folder in memory, which is removed when it is dropped, or by the next process after a kill.
pub(crate) fn folder() -> TempDir {
    static SWEPT: Once = Once::new();
    SWEPT.call_once(sweep);
    let memory = memory();
    must("make a folder in", &memory, tempfile::Builder::new().prefix(&prefix()).tempdir_in(&memory))
}

/// Returns the folder of the private server that belongs to the locks in `locks`.
pub(crate) fn server(locks: &Path) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    locks.hash(&mut hasher);
    memory().join(format!("chatroom-testdb-{:016x}", hasher.finish()))
}

/// Opens a file that serves as a lock.
pub(crate) fn lock_file(path: &Path) -> File {
    let open = OpenOptions::new().write(true).create(true).truncate(false).open(path);
    must("open the lock", path, open)
}

/// Waits for the lock and holds it until the file is dropped.
pub(crate) fn lock(path: &Path) -> File {
    let file = lock_file(path);
    must("lock", path, file.lock());
    file
}

/// The prefix of the names of this process's files in memory.
pub(crate) fn prefix() -> String {
    format!("chatroom-test-{}-", process::id())
}

/// Removes what killed processes have left in memory.
pub(crate) fn sweep() {
    for entry in fs::read_dir(memory()).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let pid = name.to_str().and_then(|name| name.strip_prefix("chatroom-test-")?.split('-').next());
        if let Some(pid) = pid
            && !Path::new("/proc").join(pid).exists()
        {
            // Another process may have removed it meanwhile.
            drop(fs::remove_dir_all(entry.path()));
        }
    }
}
