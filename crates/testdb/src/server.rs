//! The private `MariaDB` server: started by the first test that needs it, stopped by `serve.sh` after the last one.

use std::fs::{self, File, TryLockError};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use std::{env, thread};

use crate::must::must;
use crate::{client, paths};

const SERVE: &str = include_str!("serve.sh");
/// A loaded machine was measured taking 50 s for what takes one.
const PATIENCE: Duration = Duration::from_mins(2);

/// Returns the URL of the server that tests use, without a database's name.
pub(crate) fn url() -> &'static str {
    static URL: OnceLock<(String, Option<Server>)> = OnceLock::new();
    let (url, _) = URL.get_or_init(|| match env::var("TEST_DATABASE_URL") {
        // The database that it names is not used, and need not exist.
        Ok(url) if !url.is_empty() => (client::with_name(&url, ""), None),
        _ => {
            let server = Server::join(paths::target(), Duration::from_secs(5));
            (server.url(), Some(server))
        }
    });
    url
}

/// A running server, which does not stop as long as this value lives in any process.
pub(crate) struct Server {
    run: PathBuf,
    _user: File,
}

impl Server {
    /// Uses the server whose locks are in `locks`, or starts it; it stops when nothing has used it for `linger`.
    pub(crate) fn join(locks: &Path, linger: Duration) -> Self {
        let _lock = paths::lock(&locks.join("start"));
        let users = locks.join("users");
        let user = paths::lock_file(&users);
        must("lock", &users, user.lock_shared());
        let run = paths::server(locks);
        if !served(locks) {
            start(locks, &run, linger);
        }
        Self { run, _user: user }
    }

    pub(crate) fn url(&self) -> String {
        format!("mysql://root@localhost/?socket={}", socket(&self.run).display())
    }
}

fn socket(run: &Path) -> PathBuf {
    run.join("s.sock")
}

/// Returns whether a `serve.sh` runs the server.
fn served(locks: &Path) -> bool {
    let path = locks.join("serve");
    match paths::lock_file(&path).try_lock() {
        Ok(()) => false,
        Err(TryLockError::WouldBlock) => true,
        Err(TryLockError::Error(error)) => panic!("cannot try the lock {}: {error}", path.display()),
    }
}

#[expect(clippy::zombie_processes, reason = "serve.sh outlives this process on purpose")]
fn start(locks: &Path, run: &Path, linger: Duration) {
    let mariadbd = program("mariadbd");
    end_orphan(run);
    if run.exists() {
        must("remove", run, fs::remove_dir_all(run));
    }
    must("make", run, fs::DirBuilder::new().mode(0o700).create(run));
    prepare_data(&mariadbd, run);
    let mut serve = Command::new("sh");
    serve.arg("-c").arg(SERVE).arg("serve.sh").arg(locks).arg(run).arg(linger.as_secs().to_string());
    serve.arg(&mariadbd).arg("--no-defaults").args(as_root("--user=root")).args(settings(run));
    serve.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // In a process group of its own: a signal to this test must not end the server of others.
    let mut serve = must("run", Path::new("sh"), serve.process_group(0).spawn());
    let deadline = Instant::now() + PATIENCE;
    while UnixStream::connect(socket(run)).is_err() {
        let ended = must("watch", run, serve.try_wait());
        let log = fs::read_to_string(run.join("err.log")).unwrap_or_default();
        assert!(ended.is_none(), "the test database server did not start:\n{log}");
        assert!(
            Instant::now() < deadline,
            "the test database server is not ready after {PATIENCE:?}:\n{log}"
        );
        thread::sleep(Duration::from_millis(20));
    }
}

fn settings(run: &Path) -> Vec<String> {
    let run = run.display();
    vec![
        format!("--datadir={run}/data"),
        format!("--tmpdir={run}"),
        format!("--socket={run}/s.sock"),
        format!("--pid-file={run}/pid"),
        format!("--log-error={run}/err.log"),
        "--skip-networking".to_owned(),
        "--skip-name-resolve".to_owned(),
        "--character-set-server=utf8mb4".to_owned(),
        "--innodb-buffer-pool-size=64M".to_owned(),
        "--innodb-log-file-size=16M".to_owned(),
        "--performance-schema=OFF".to_owned(),
        "--max-connections=500".to_owned(),
    ]
}

/// Puts a data directory into `run`: a copy of the template for this version, or a new one.
fn prepare_data(mariadbd: &Path, run: &Path) {
    let version = output(Command::new(mariadbd).arg("--version"));
    let name: String = version.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let template = paths::target().join(format!("data-{}", name.trim_matches('-')));
    let _lock = paths::lock(&paths::target().join("data-templates"));
    let data = run.join("data");
    if template.is_dir() {
        output(Command::new("cp").arg("-a").arg(&template).arg(&data));
        return;
    }
    let mut install = Command::new(program("mariadb-install-db"));
    install.arg("--no-defaults").args(as_root("--user=root")).arg(format!("--datadir={}", data.display()));
    install.args([
        "--auth-root-authentication-method=normal",
        "--skip-test-db",
        "--innodb-log-file-size=16M",
    ]);
    output(&mut install);
    let half = paths::target().join("data-new");
    if half.exists() {
        must("remove", &half, fs::remove_dir_all(&half));
    }
    output(Command::new("cp").arg("-a").arg(&data).arg(&half));
    must("rename", &half, fs::rename(&half, &template));
}

/// Ends a server whose `serve.sh` was killed, if it is still the one that `run` belongs to.
fn end_orphan(run: &Path) {
    let Ok(pid) = fs::read_to_string(run.join("pid")) else { return };
    let command = fs::read(Path::new("/proc").join(pid.trim()).join("cmdline")).unwrap_or_default();
    if String::from_utf8_lossy(&command).contains(&*run.to_string_lossy()) {
        output(Command::new("kill").args(["-9", pid.trim()]));
    }
}

/// The option is for root alone: the server refuses to run as root without it.
fn as_root(option: &str) -> Option<&str> {
    let root = fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    root.then_some(option)
}

/// Finds a program on PATH and in the folders of system programs.
fn program(name: &str) -> PathBuf {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain(["/usr/sbin", "/usr/local/sbin", "/usr/local/mysql/bin"].map(PathBuf::from))
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
        .unwrap_or_else(|| {
            panic!("{name} is not installed: `apt-get install mariadb-server`, or set TEST_DATABASE_URL")
        })
}

fn output(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output();
    let output = must("run", Path::new(command.get_program()), output);
    let (said, complaint) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?} failed:\n{said}{complaint}");
    said.into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Waits for what another process does.
    fn eventually(what: &str, mut done: impl FnMut() -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !done() {
            assert!(Instant::now() < deadline, "{what}: not within {PATIENCE:?}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Returns whether `TEST_DATABASE_URL` names a server; this one need not be installed then.
    fn unused() -> bool {
        env::var_os("TEST_DATABASE_URL").is_some_and(|url| !url.is_empty())
    }

    fn answers(server: &Server) -> bool {
        UnixStream::connect(socket(&server.run)).is_ok()
    }

    #[test]
    fn a_server_stays_for_its_users_and_goes_with_the_last_one() {
        if unused() {
            return;
        }
        let locks = tempfile::tempdir().unwrap();
        let one = Server::join(locks.path(), Duration::ZERO);
        let two = Server::join(locks.path(), Duration::ZERO);
        assert_eq!(one.url(), two.url());
        drop(one);
        assert!(answers(&two) && served(locks.path()));
        let run = two.run.clone();
        drop(two);
        eventually("the server stops and leaves nothing", || !run.exists() && !served(locks.path()));

        let again = Server::join(locks.path(), Duration::ZERO);
        assert!(answers(&again));
        drop(again);
        eventually("it stops again", || !run.exists() && !served(locks.path()));
    }

    #[test]
    fn a_server_left_behind_is_replaced() {
        if unused() {
            return;
        }
        let locks = tempfile::tempdir().unwrap();
        let server = Server::join(locks.path(), Duration::ZERO);
        // It answers before it has written its process id.
        let pid = || fs::read_to_string(server.run.join("pid")).unwrap_or_default().trim().to_owned();
        eventually("the server's process id", || !pid().is_empty());
        let status = fs::read_to_string(format!("/proc/{}/status", pid())).unwrap();
        let parent = status.lines().find_map(|line| line.strip_prefix("PPid:")).unwrap().trim().to_owned();
        output(Command::new("kill").args(["-9", &parent]));
        eventually("serve.sh is gone", || !served(locks.path()));
        assert!(answers(&server), "its server is left behind");

        let next = Server::join(locks.path(), Duration::ZERO);
        assert!(answers(&next));
        let run = next.run.clone();
        drop((server, next));
        eventually("the new one stops", || !run.exists() && !served(locks.path()));
    }
}
