//! Servers that run beside a test and end with it, however it ends.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::must::must;

const SERVE: &str = include_str!("background.sh");

/// As for the databases: a loaded machine is slow.
const PATIENCE: Duration = Duration::from_mins(2);

/// A server process.
pub(crate) struct Background {
    pub(crate) shell: Child,
    pub(crate) id: u32,
}

impl Background {
    /// Starts a program.
    pub(crate) fn start(program: &Path, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(SERVE).arg("background.sh").arg(program).args(arguments);
        // In a process group of its own: the test's end ends it, and no key typed at a terminal.
        shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0);
        let mut shell = must("run", Path::new("sh"), shell.spawn());
        let id = read_id(&mut shell);
        Self { shell, id }
    }

    /// Kills it (`kill -9`), and returns when it is gone.
    pub(crate) fn kill(mut self) {
        // The shell waits for the end of its input.
        drop(self.shell.stdin.take());
        must("wait for", Path::new("background.sh"), self.shell.wait());
    }
}

/// Waits until a server is ready; `log` says why it is not.
pub(crate) fn wait_until(name: &str, is_ready: impl Fn() -> bool, log: impl Fn() -> String) {
    let deadline = Instant::now() + PATIENCE;
    while !is_ready() {
        assert!(Instant::now() < deadline, "the test's {name} is not ready after {PATIENCE:?}: {}", log());
        thread::sleep(Duration::from_millis(2));
    }
}

fn read_id(shell: &mut Child) -> u32 {
    let mut line = String::new();
    let Some(output) = shell.stdout.take() else { panic!("background.sh has no output") };
    let script = Path::new("background.sh");
    must("read the output of", script, BufReader::new(output).read_line(&mut line));
    must("read the process id of", script, line.trim().parse())
}
