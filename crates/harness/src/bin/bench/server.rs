//! The server under test, as an operator starts it.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{ChildStderr, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use crate::Failure;
use crate::arguments::Arguments;
use crate::children::Process;

/// How long the server may take to say where it listens.
const PATIENCE: Duration = Duration::from_mins(1);

/// What it signs tokens with; the seed knows it, so that nobody has to sign in two thousand times.
pub(crate) const SECRET_KEY: &str = "a-key-for-benchmarks-that-protects-nothing-at-all";

/// A running server; it is stopped when this value goes.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    process: Process,
}

impl Server {
    pub(crate) fn start(arguments: &Arguments, database_url: &str) -> Result<Self, Failure> {
        fs::create_dir_all(&arguments.folder)?;
        let folder = arguments.folder.canonicalize()?;
        let mut command = Command::new(&arguments.server);
        command.arg("serve").env_clear().envs(std::env::vars_os().filter(|(name, _)| name == "PATH"));
        command.env("HOST", "127.0.0.1").env("PORT", "0").env("SECRET_KEY", SECRET_KEY);
        command.env("DATABASE_URL", database_url).env("DATA_DIR", folder.join("data"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command
            .spawn()
            .map_err(|error| format!("cannot start {}: {error}", arguments.server.display()))?;
        let log = child.stderr.take().ok_or("the server's log cannot be read")?;
        let process = Process::new("chatroom", child);
        let address = listens_on(log, &folder.join("server.log"))?;
        Ok(Self { address, process })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }
}

/// Copies the log to a file, and returns the address in it.
fn listens_on(log: ChildStderr, path: &Path) -> Result<SocketAddr, Failure> {
    let mut file = fs::File::create(path)?;
    let (found, address) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(log).lines().map_while(Result::ok) {
            if writeln!(file, "{line}").is_err() {
                return;
            }
            let address = line.rsplit_once("ready at http://").and_then(|(_, rest)| rest.parse().ok());
            if address.is_some_and(|address| found.send(address).is_err()) {
                return;
            }
        }
    });
    address
        .recv_timeout(PATIENCE)
        .map_err(|_silent| format!("the server did not start; {} says why", path.display()).into())
}
