//! The server under test, as an operator starts it.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{ChildStderr, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::Failure;
use crate::arguments::{Arguments, Scenario};
use crate::children::Process;

/// How long the server may take to say where it listens.
const PATIENCE: Duration = Duration::from_mins(1);

/// The file that its log goes to.
const LOG: &str = "server.log";

/// What it signs tokens with; the seed knows it, so that nobody has to sign in two thousand times.
pub(crate) const SECRET_KEY: &str = "a-key-for-benchmarks-that-protects-nothing-at-all";

/// Where ports begin that the system gives to nobody by itself.
const PORTS: std::ops::Range<u16> = 21_000..32_000;

/// How a server is started.
#[derive(Debug, Clone)]
struct Launch {
    program: PathBuf,
    folder: PathBuf,
    database_url: String,
    redis_url: Option<String>,
    log: String,
    /// The same at each start. None that a client's own end could get: while nobody listens there, such a client
    /// would connect to itself.
    port: u16,
    /// Whether it has its default limits; else a generator may do what no user does.
    limited: bool,
}

/// How a server ends before it is started again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// As `kill -9` ends it.
    Killed,
    /// As an operator stops it.
    Stopped,
}

/// A running server; it is stopped when this value goes.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    launch: Launch,
    process: Process,
}

impl Server {
    pub(crate) fn start(arguments: &Arguments, database_url: &str) -> Result<Self, Failure> {
        Self::begin(arguments, database_url, (LOG.to_owned(), None))
    }

    /// Starts one of several servers that share a Redis.
    pub(crate) fn node(
        arguments: &Arguments,
        database_url: &str,
        (number, redis_url): (usize, &str),
    ) -> Result<Self, Failure> {
        Self::begin(arguments, database_url, (format!("node-{number}.log"), Some(redis_url.to_owned())))
    }

    fn begin(
        arguments: &Arguments,
        database_url: &str,
        (log, redis_url): (String, Option<String>),
    ) -> Result<Self, Failure> {
        fs::create_dir_all(&arguments.folder)?;
        let folder = arguments.folder.canonicalize()?;
        if folder.join(&log).exists() {
            fs::remove_file(folder.join(&log))?;
        }
        let (program, database_url) = (arguments.server.clone(), database_url.to_owned());
        let free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
        let port = PORTS.into_iter().find(free).ok_or("no port is free")?;
        let limited = arguments.scenarios.contains(&Scenario::Attack);
        Self::launch(Launch { program, folder, database_url, redis_url, log, port, limited })
    }

    fn launch(launch: Launch) -> Result<Self, Failure> {
        let Launch { program, folder, database_url, redis_url, log, port, limited } = &launch;
        let mut command = Command::new(program);
        command.arg("serve").env_clear().envs(std::env::vars_os().filter(|(name, _)| name == "PATH"));
        command.env("HOST", "127.0.0.1").env("PORT", port.to_string()).env("SECRET_KEY", SECRET_KEY);
        command.env("DATABASE_URL", database_url).env("DATA_DIR", folder.join("data"));
        if !limited {
            command.env("CHATROOM__RATES__ENABLED", "false");
            for limit in ["ADDRESS_SESSIONS_MAX", "ADDRESS_UNAUTHENTICATED_MAX", "USER_SOCKETS_MAX"] {
                command.env(format!("CHATROOM__LIMITS__{limit}"), "1000000");
            }
        }
        command.envs(redis_url.iter().map(|url| ("REDIS_URL", url)));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child =
            command.spawn().map_err(|error| format!("cannot start {}: {error}", program.display()))?;
        let output = child.stderr.take().ok_or("the server's log cannot be read")?;
        let process = Process::new("chatroom", child);
        let address = listens_on(output, &folder.join(log))?;
        Ok(Self { address, launch, process })
    }

    /// Ends it and starts it again where it was; returns how long the ending took.
    pub(crate) fn again(self, ending: Ending) -> Result<(Self, Duration), Failure> {
        let began = Instant::now();
        match ending {
            Ending::Killed => self.process.kill()?,
            Ending::Stopped => match self.process.stop()? {
                Some(0) => {}
                code => return Err(format!("the server ended with {code:?}").into()),
            },
        }
        let ended = began.elapsed();
        Ok((Self::launch(self.launch)?, ended))
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }
}

/// Copies the log to a file, and returns the address in it.
fn listens_on(log: ChildStderr, path: &Path) -> Result<SocketAddr, Failure> {
    let mut file = fs::OpenOptions::new().create(true).append(true).open(path)?;
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
