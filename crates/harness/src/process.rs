//! The program as an operator meets it: a process that is started, signalled, killed and read.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::Caller;
use crate::deadline::within;

/// A running gateway process; it is killed when this value goes.
#[derive(Debug)]
pub struct Process {
    child: Child,
    output: Output,
    readers: Vec<JoinHandle<()>>,
    origin: String,
}

/// How a process ended.
#[derive(Debug)]
pub struct Ended {
    /// Its exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// What it wrote, line by line.
    pub lines: Vec<String>,
}

/// What a process has written so far, to either of its outputs.
#[derive(Debug, Clone)]
struct Output {
    text: Arc<Mutex<Text>>,
    changed: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct Text {
    lines: Vec<String>,
    outputs_open: usize,
}

/// How to start the program.
#[derive(Debug, Clone)]
pub struct Launch<'a> {
    /// The program.
    pub program: &'a Path,
    /// Its arguments.
    pub arguments: &'a [&'a str],
    /// The directory that it starts in.
    pub folder: &'a Path,
    /// All of its environment but `PATH`.
    pub environment: &'a [(&'a str, &'a str)],
}

impl Launch<'_> {
    fn spawn(&self) -> (Child, Output, Vec<JoinHandle<()>>) {
        let mut command = Command::new(self.program);
        command.args(self.arguments).current_dir(self.folder).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.envs(self.environment.iter().copied());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {}: {error}", self.program.display()));
        let output = Output { text: Arc::default(), changed: watch::Sender::new(()) };
        let mut readers = Vec::new();
        readers.extend(child.stdout.take().map(|pipe| output.read(pipe)));
        readers.extend(child.stderr.take().map(|pipe| output.read(pipe)));
        (child, output, readers)
    }

    /// Starts the program and waits until it says where it listens.
    pub async fn start(&self) -> Process {
        let (child, output, readers) = self.spawn();
        let origin = within("the address that the gateway says it listens on", output.origin()).await;
        let Some(origin) = origin else { panic!("the gateway ended at its start: {:#?}", output.lines()) };
        Process { child, output, readers, origin }
    }

    /// Starts the program and waits until it ends by itself.
    pub async fn end(&self) -> Ended {
        let (mut child, output, readers) = self.spawn();
        let status = within("the end of a process that cannot run", child.wait()).await;
        output.ended(status, readers).await
    }
}

impl Process {
    /// Returns where it listens.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Returns its number.
    pub fn id(&self) -> u32 {
        self.child.id().unwrap_or_default()
    }

    /// Returns a caller without a token.
    pub fn anon(&self) -> Caller {
        Caller::new(self.origin.clone())
    }

    /// Kills it as `kill -9` does, and waits until it is gone.
    pub async fn kill(mut self) -> Ended {
        if let Err(error) = self.child.start_kill() {
            panic!("cannot kill the gateway: {error}");
        }
        self.wait().await
    }

    /// Sends a signal, `TERM` or `INT`, and waits until it is gone.
    pub async fn signal(self, name: &str) -> Ended {
        self.send_signal(name).await;
        self.wait().await
    }

    /// Sends a signal and does not wait for the end.
    pub async fn send_signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.id().to_string()]).status().await;
        assert!(sent.is_ok_and(|status| status.success()), "cannot send {name} to the gateway");
    }

    /// Returns where it listens, for those who speak TCP themselves.
    pub fn address(&self) -> SocketAddr {
        let address = self.origin.trim_start_matches("http://").parse();
        address.unwrap_or_else(|error| panic!("{}: not an address: {error}", self.origin))
    }

    /// Returns how much memory it has, in kilobytes.
    pub fn memory_kb(&self) -> u64 {
        self.status_kb("VmRSS:")
    }

    /// Returns the most memory that it ever had, in kilobytes.
    pub fn most_memory_kb(&self) -> u64 {
        self.status_kb("VmHWM:")
    }

    fn status_kb(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap_or_default();
        let kb = status.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next());
        kb.and_then(|kb| kb.parse().ok())
            .unwrap_or_else(|| panic!("{name} of process {} is unknown", self.id()))
    }

    /// Waits until it is gone.
    pub async fn wait(mut self) -> Ended {
        let status = within("the end of the gateway", self.child.wait()).await;
        self.output.ended(status, self.readers).await
    }
}

impl Output {
    fn read(&self, pipe: impl AsyncRead + Unpin + Send + 'static) -> JoinHandle<()> {
        let output = self.clone();
        output.change(|text| text.outputs_open += 1);
        tokio::spawn(async move {
            let mut lines = BufReader::new(pipe).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                output.change(|text| text.lines.push(line));
            }
            output.change(|text| text.outputs_open -= 1);
        })
    }

    fn change(&self, change: impl FnOnce(&mut Text)) {
        change(&mut self.text.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.send_replace(());
    }

    fn lines(&self) -> Vec<String> {
        self.text.lock().unwrap_or_else(PoisonError::into_inner).lines.clone()
    }

    fn over(&self) -> bool {
        self.text.lock().unwrap_or_else(PoisonError::into_inner).outputs_open == 0
    }

    /// Waits for a line with an address; nothing when the process ends first.
    async fn origin(&self) -> Option<String> {
        let mut changed = self.changed.subscribe();
        loop {
            if let Some(origin) = self.lines().iter().find_map(|line| origin_in(line)) {
                return Some(origin);
            }
            if self.over() {
                return None;
            }
            changed.changed().await.ok()?;
        }
    }

    async fn ended(&self, status: std::io::Result<ExitStatus>, readers: Vec<JoinHandle<()>>) -> Ended {
        for reader in readers {
            drop(within("the rest of what the gateway wrote", reader).await);
        }
        match status {
            Ok(status) => Ended { code: status.code(), lines: self.lines() },
            Err(error) => panic!("cannot wait for the gateway: {error}"),
        }
    }
}

/// Finds `http://127.0.0.1:port` in a line.
fn origin_in(line: &str) -> Option<String> {
    let port = line.split_once("http://127.0.0.1:")?.1;
    let digits: String = port.chars().take_while(char::is_ascii_digit).collect();
    (!digits.is_empty() && digits != "0").then(|| format!("http://127.0.0.1:{digits}"))
}
