//! A private S3 server, which its test can kill: `s3rver`, which keeps its objects as files. Of a signature it wants the
//! form and a key that it knows; it does not compute it.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};

use parking_lot::Mutex;
use tempfile::TempDir;

use crate::background::{Background, wait_until};
use crate::must::must;
use crate::paths;

/// The bucket that is there at the start.
const BUCKET: &str = "chatroom";

/// Its only key and the secret of it.
const KEY: &str = "S3RVER";

/// An S3 server of one test with an empty bucket, gone with the test.
pub struct TestS3 {
    folder: TempDir,
    address: SocketAddr,
    running: Mutex<Option<Background>>,
}

impl TestS3 {
    /// Starts a server for this test alone.
    pub fn start() -> Self {
        let folder = paths::folder();
        let free = must("find a free port at", folder.path(), TcpListener::bind("127.0.0.1:0"));
        let address = must("find a free port at", folder.path(), free.local_addr());
        drop(free);
        let server = Self { folder, address, running: Mutex::new(None) };
        server.restart();
        server
    }

    /// Returns its address, the same for as long as this value lives.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the name of the bucket.
    pub fn bucket(&self) -> &'static str {
        BUCKET
    }

    /// Returns the id of the access key, which is its secret, too.
    pub fn key(&self) -> &'static str {
        KEY
    }

    /// Returns how many objects are in the bucket.
    pub fn objects(&self) -> usize {
        files(&self.folder.path().join("objects")).len()
    }

    /// Cuts the last byte off one of its objects, as an interrupted copy would; returns its file.
    pub fn cut_one(&self) -> PathBuf {
        let path = files(&self.folder.path().join("objects")).into_iter().next();
        let path = path.unwrap_or_else(|| panic!("the bucket is empty"));
        let bytes = must("read", &path, fs::read(&path));
        must("write", &path, fs::write(&path, bytes.split_last().map_or(&[][..], |(_, rest)| rest)));
        path
    }

    /// Kills the server (`kill -9`); new connections are refused, and its objects stay.
    pub fn kill(&self) {
        if let Some(running) = self.running.lock().take() {
            running.kill();
        }
    }

    /// Starts the server again with its objects at the same address, and returns when it answers.
    pub fn restart(&self) {
        self.kill();
        let objects = self.folder.path().join("objects");
        must("make", &objects, fs::create_dir_all(&objects));
        let port = self.address.port().to_string();
        let (program, objects) = (program(), objects.display().to_string());
        let arguments =
            ["--silent", "-a", "127.0.0.1", "-p", &port, "-d", &objects, "--configure-bucket", BUCKET];
        *self.running.lock() = Some(Background::start(&program, arguments));
        let is_ready = || TcpStream::connect(self.address).is_ok();
        wait_until("S3 server", is_ready, || program.display().to_string());
    }
}

impl Drop for TestS3 {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Finds the server's program.
fn program() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("s3");
    let program = package.join("node_modules/.bin/s3rver");
    assert!(program.is_file(), "s3rver is not installed: `scripts/test-tools.sh rust`");
    program
}

/// Returns the files below a folder that are the bytes of an object.
fn files(folder: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let found = paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] });
    found.filter(|path| path.to_string_lossy().ends_with("._S3rver_object")).collect()
}
