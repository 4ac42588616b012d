//! The database under test: durable as in production, on a real disk, and nobody else's.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::Failure;
use crate::arguments::{Arguments, DatabaseKind};
use crate::children::Process;

/// How long a server may take to be ready.
const PATIENCE: Duration = Duration::from_mins(2);

/// Run by the server before it lets anybody in: each run begins with an empty database.
const INIT: &str = "DROP DATABASE IF EXISTS chatroom;\nCREATE DATABASE chatroom CHARACTER SET utf8mb4;\n";

/// A database that is there as long as this value lives.
#[derive(Debug)]
pub(crate) struct Database {
    pub(crate) url: String,
    pub(crate) pid: Option<u32>,
    _server: Option<Process>,
}

impl Database {
    pub(crate) fn start(arguments: &Arguments) -> Result<Self, Failure> {
        if let Some(url) = &arguments.database_url {
            return Ok(Self { url: url.clone(), pid: arguments.database_pid, _server: None });
        }
        fs::create_dir_all(&arguments.folder)?;
        let folder = arguments.folder.canonicalize()?;
        match arguments.database {
            DatabaseKind::Sqlite => sqlite(&folder),
            DatabaseKind::Mariadb => mariadb(&folder.join("mariadb")),
        }
    }
}

fn sqlite(folder: &Path) -> Result<Database, Failure> {
    let folder = folder.join("sqlite");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let url = format!("sqlite://{}", folder.join("chatroom.db").display());
    Ok(Database { url, pid: None, _server: None })
}

fn mariadb(folder: &Path) -> Result<Database, Failure> {
    let program = find("mariadbd")?;
    fs::create_dir_all(folder)?;
    let data = folder.join("data");
    if !data.join("mysql").is_dir() {
        install(&data)?;
    }
    let init = folder.join("init.sql");
    fs::write(&init, INIT)?;
    // A path of its own: a socket's is at most 107 bytes long, and a clone may lie deep.
    let socket = std::env::temp_dir().join(format!("chatroom-bench-{}.sock", std::process::id()));
    let log = folder.join("err.log");
    let mut command = Command::new(program);
    command.arg("--no-defaults").args(as_root()).args(settings(&data, &socket, &log));
    command.arg(format!("--init-file={}", init.display()));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // In a group of its own, so that Ctrl-C lets it end after the server that uses it.
    let mut server = Process::new("mariadbd", command.process_group(0).spawn()?);
    let deadline = Instant::now() + PATIENCE;
    while UnixStream::connect(&socket).is_err() {
        if server.ended() || Instant::now() > deadline {
            return Err(format!("MariaDB did not start; {} says why", log.display()).into());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let url = format!("mysql://root@localhost/chatroom?socket={}", socket.display());
    Ok(Database { url, pid: Some(server.id()), _server: Some(server) })
}

/// A small server's settings, but nothing that would acknowledge what is not on the disk.
fn settings(data: &Path, socket: &Path, log: &Path) -> Vec<String> {
    vec![
        format!("--datadir={}", data.display()),
        format!("--socket={}", socket.display()),
        format!("--log-error={}", log.display()),
        "--skip-networking".to_owned(),
        "--skip-name-resolve".to_owned(),
        "--skip-log-bin".to_owned(),
        "--performance-schema=OFF".to_owned(),
        "--max-connections=300".to_owned(),
        "--innodb-flush-log-at-trx-commit=1".to_owned(),
        "--innodb-flush-method=O_DIRECT".to_owned(),
        "--innodb-doublewrite=1".to_owned(),
        "--innodb-buffer-pool-size=1G".to_owned(),
        "--innodb-log-file-size=512M".to_owned(),
    ]
}

fn install(data: &Path) -> Result<(), Failure> {
    if data.exists() {
        fs::remove_dir_all(data)?;
    }
    let mut command = Command::new(find("mariadb-install-db")?);
    command.arg("--no-defaults").args(as_root()).arg(format!("--datadir={}", data.display()));
    command.args(["--auth-root-authentication-method=normal", "--skip-test-db"]);
    let log = data.with_extension("install.log");
    command.stdin(Stdio::null()).stdout(File::create(&log)?).stderr(Stdio::null());
    if command.status()?.success() {
        Ok(())
    } else {
        Err(format!("mariadb-install-db failed; {} says why", log.display()).into())
    }
}

/// The server refuses to run as root without `--user=root`.
fn as_root() -> Option<&'static str> {
    let root = fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    root.then_some("--user=root")
}

/// Finds a program also where a plain user's PATH does not look.
fn find(name: &str) -> Result<PathBuf, Failure> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from))
        .map(|folder| folder.join(name))
        .find(|program| program.is_file())
        .ok_or_else(|| format!("{name} is not installed; try ./justw setup, or --database sqlite").into())
}
