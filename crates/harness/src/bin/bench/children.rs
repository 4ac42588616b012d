//! The processes that the benchmark starts, and ends with itself.

use std::process::{Child, Command};

/// A process that is ended when this value goes.
#[derive(Debug)]
pub(crate) struct Process {
    name: &'static str,
    child: Child,
}

impl Process {
    pub(crate) fn new(name: &'static str, child: Child) -> Self {
        Self { name, child }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills it as `kill -9` does.
    pub(crate) fn kill(mut self) -> std::io::Result<()> {
        self.child.kill()?;
        self.child.wait().map(drop)
    }

    /// Asks it to end, and returns its exit code when it has.
    pub(crate) fn stop(mut self) -> std::io::Result<Option<i32>> {
        Command::new("kill").args(["-s", "TERM", &self.id().to_string()]).status()?;
        Ok(self.child.wait()?.code())
    }

    /// Returns whether it has ended by itself.
    pub(crate) fn ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.ended() {
            return;
        }
        // Asked rather than killed, so that the next run need not repair what this one left.
        let asked = Command::new("kill").args(["-s", "TERM", &self.id().to_string()]).status();
        let asked = asked.is_ok_and(|status| status.success());
        let ended = if asked { self.child.wait().map(drop) } else { self.child.kill() };
        if let Err(error) = ended {
            eprintln!("bench: {} (process {}) did not end: {error}", self.name, self.id());
        }
    }
}
