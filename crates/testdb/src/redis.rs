//! A private Redis server, which its test can kill and freeze.

use std::os::unix::fs::symlink;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use parking_lot::Mutex;
use tempfile::TempDir;

use crate::background::{Background, wait_until};
use crate::must::must;
use crate::paths;

/// A Redis 7 or Valkey server of one test: empty at first, in memory alone, gone with the test.
///
/// It listens on a Unix socket, so that it can be killed and started again under the same address.
pub struct TestRedis {
    folder: TempDir,
    program: PathBuf,
    running: Mutex<Option<Background>>,
}

impl TestRedis {
    /// Starts a server for this test alone.
    pub fn start() -> Self {
        let folder = paths::folder();
        let program = program(folder.path());
        let redis = Self { folder, program, running: Mutex::new(None) };
        redis.restart();
        redis
    }

    /// Returns `unix:///path/to/socket`, the same for as long as this value lives.
    pub fn url(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    /// Returns the path of the socket, for proxies between a test and the server.
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("r.sock")
    }

    /// Kills the server and its data (`kill -9`); new connections are refused.
    pub fn kill(&self) {
        if let Some(running) = self.running.lock().take() {
            running.kill();
        }
    }

    /// Starts the server again, empty, at the same address, and returns when it answers; kills it first if it runs.
    pub fn restart(&self) {
        self.kill();
        let socket = self.socket();
        *self.running.lock() = Some(Background::start(&self.program, settings(self.folder.path())));
        wait_until("Redis", || UnixStream::connect(&socket).is_ok(), || self.log());
    }

    /// Suspends the server (`SIGSTOP`): connections stay open and are not answered.
    pub fn freeze(&self) {
        self.signal("-STOP");
    }

    /// Resumes a frozen server (`SIGCONT`).
    pub fn thaw(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let running = self.running.lock();
        let Some(running) = running.as_ref() else { panic!("the test's Redis does not run") };
        let sent = Command::new("kill").args([signal, &running.id.to_string()]).status();
        assert!(must("run", Path::new("kill"), sent).success(), "the test's Redis is gone: {}", self.log());
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for TestRedis {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A Redis server that a test uses without killing or freezing it.
pub enum AnyRedis {
    /// The one that `TEST_REDIS_URL` names; its data is left alone.
    Named(String),
    /// A private one.
    Private(TestRedis),
}

impl AnyRedis {
    /// Takes the server that `TEST_REDIS_URL` names, or starts one.
    pub fn find() -> Self {
        match env::var("TEST_REDIS_URL") {
            Ok(url) if !url.is_empty() => Self::Named(url),
            _ => Self::Private(TestRedis::start()),
        }
    }

    /// Returns its URL.
    pub fn url(&self) -> String {
        match self {
            Self::Named(url) => url.clone(),
            Self::Private(redis) => redis.url(),
        }
    }
}

fn settings(folder: &Path) -> Vec<String> {
    let folder = folder.display();
    [
        ("--port", "0".to_owned()),
        ("--unixsocket", format!("{folder}/r.sock")),
        ("--unixsocketperm", "700".to_owned()),
        ("--dir", folder.to_string()),
        ("--logfile", format!("{folder}/log")),
        ("--save", String::new()),
        ("--appendonly", "no".to_owned()),
        ("--daemonize", "no".to_owned()),
    ]
    .into_iter()
    .flat_map(|(name, value)| [name.to_owned(), value])
    .collect()
}

/// Finds the server's program; Debian's `redis-tools` has it as `redis-check-rdb`, which is the same binary.
fn program(folder: &Path) -> PathBuf {
    let path = env::var_os("PATH").unwrap_or_default();
    let find = |name: &str| {
        env::split_paths(&path)
            .chain(["/usr/sbin", "/usr/local/bin"].map(PathBuf::from))
            .map(|folder| folder.join(name))
            .find(|path| path.is_file())
    };
    if let Some(program) = find("redis-server").or_else(|| find("valkey-server")) {
        return program;
    }
    let Some(checker) = find("redis-check-rdb") else {
        panic!("redis-server is not installed: `apt-get install redis-tools`")
    };
    // The program runs as a server or as a checker by its name.
    let server = folder.join("redis-server");
    must("link", &server, symlink(checker, &server));
    server
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::time::Duration;

    use super::*;

    fn ask(redis: &TestRedis, command: &str) -> std::io::Result<String> {
        let mut socket = UnixStream::connect(redis.socket())?;
        socket.write_all(format!("{command}\r\n").as_bytes())?;
        let mut answer = [0; 64];
        let length = socket.read(&mut answer)?;
        Ok(String::from_utf8_lossy(&answer[..length]).trim().to_owned())
    }

    #[test]
    fn each_test_has_a_server_of_its_own_that_goes_with_it() {
        let (one, two) = (TestRedis::start(), TestRedis::start());
        assert_eq!(ask(&one, "SET 鍵 值").unwrap(), "+OK");
        assert_eq!(ask(&two, "EXISTS 鍵").unwrap(), ":0");
        let (folder, server) =
            (one.folder.path().to_owned(), one.running.lock().as_ref().map(|running| running.id).unwrap());
        drop(one);
        assert!(!folder.exists());
        assert!(!Path::new("/proc").join(server.to_string()).exists());
        assert_eq!(ask(&two, "PING").unwrap(), "+PONG");
    }

    #[test]
    fn a_killed_server_refuses_and_comes_back_empty_at_the_same_address() {
        let redis = TestRedis::start();
        assert_eq!(ask(&redis, "SET k v").unwrap(), "+OK");
        let url = redis.url();
        redis.kill();
        assert!(ask(&redis, "PING").is_err());
        redis.restart();
        assert_eq!(redis.url(), url);
        assert_eq!(ask(&redis, "EXISTS k").unwrap(), ":0");
    }

    #[test]
    fn a_frozen_server_takes_connections_and_answers_only_when_thawed() {
        let redis = TestRedis::start();
        redis.freeze();
        let mut socket = UnixStream::connect(redis.socket()).unwrap();
        socket.write_all(b"PING\r\n").unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        let mut answer = [0; 7];
        assert!(socket.read(&mut answer).is_err());
        redis.thaw();
        socket.set_read_timeout(Some(Duration::from_mins(2))).unwrap();
        socket.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"+PONG\r\n");
    }

    #[test]
    fn the_server_ends_with_a_test_that_is_killed() {
        let redis = TestRedis::start();
        let running = redis.running.lock().take().unwrap();
        let server = Path::new("/proc").join(running.id.to_string());
        let Background { mut shell, .. } = running;
        // All that the end of a killed process does is close its pipes.
        drop(shell.stdin.take());
        shell.wait().unwrap();
        assert!(!server.exists());
    }
}
