//! What processes have used, from `/proc`.

use std::cell::Cell;
use std::fs;

/// A process whose use is counted together with that of its children, and of those that it has replaced.
#[derive(Debug, Default)]
pub(crate) struct Watched {
    pid: Cell<Option<u32>>,
    before_us: Cell<f64>,
}

/// CPU time in microseconds, of the three parties and of the whole machine.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cpu {
    pub(crate) server: f64,
    pub(crate) database: f64,
    pub(crate) generator: f64,
    pub(crate) machine: f64,
}

/// The parties of a measurement.
#[derive(Debug, Default)]
pub(crate) struct Parties {
    pub(crate) server: Watched,
    pub(crate) database: Watched,
}

/// Linux counts in hundredths of a second, whatever its own clock does.
const TICK_US: f64 = 10_000.0;

impl Parties {
    pub(crate) fn cpu(&self) -> Cpu {
        Cpu {
            server: self.server.cpu_us(),
            database: self.database.cpu_us(),
            generator: cpu_us(std::process::id()),
            machine: machine_us(),
        }
    }
}

impl std::ops::Sub for Cpu {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            server: self.server - before.server,
            database: self.database - before.database,
            generator: self.generator - before.generator,
            machine: self.machine - before.machine,
        }
    }
}

impl Cpu {
    /// What everybody else on the machine has used, which spoils the figures.
    pub(crate) fn others(&self) -> f64 {
        (self.machine - self.server - self.database - self.generator).max(0.0)
    }
}

impl Watched {
    pub(crate) fn process(pid: Option<u32>) -> Self {
        Self { pid: Cell::new(pid), ..Self::default() }
    }

    fn cpu_us(&self) -> f64 {
        self.before_us.get() + self.all().into_iter().map(cpu_us).sum::<f64>()
    }

    /// Notes that the process is about to end; what it has used until now stays counted.
    pub(crate) fn retire(&self) {
        self.before_us.set(self.cpu_us());
        self.pid.set(None);
    }

    /// Goes on with another process.
    pub(crate) fn replace(&self, pid: u32) {
        self.pid.set(Some(pid));
    }

    /// Returns how many files and connections the process has open.
    pub(crate) fn open_files(&self) -> usize {
        let folder = self.pid.get().and_then(|pid| fs::read_dir(format!("/proc/{pid}/fd")).ok());
        folder.map_or(0, Iterator::count)
    }

    /// Returns the memory that is these processes' own share, in kilobytes.
    pub(crate) fn memory_kb(&self) -> f64 {
        self.all().into_iter().map(memory_kb).sum()
    }

    /// Begins to count the most memory anew.
    pub(crate) fn reset_peak(&self) {
        if let Some(pid) = self.pid.get() {
            // Where that is not allowed, the most since the start counts.
            drop(fs::write(format!("/proc/{pid}/clear_refs"), "5"));
        }
    }

    /// Returns the most memory that was resident since then, in kilobytes (proc(5), `VmHWM`).
    pub(crate) fn peak_kb(&self) -> f64 {
        let status = self.pid.get().and_then(|pid| fs::read_to_string(format!("/proc/{pid}/status")).ok());
        kilobytes(&status.unwrap_or_default(), "VmHWM:")
    }

    fn all(&self) -> Vec<u32> {
        let mut found: Vec<u32> = self.pid.get().into_iter().collect();
        let mut next = 0;
        while let Some(pid) = found.get(next).copied() {
            found.extend(children(pid));
            next += 1;
        }
        found
    }
}

fn children(pid: u32) -> Vec<u32> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let lists = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    lists
        .flat_map(|list| list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>())
        .collect()
}

/// User and system time (proc(5), fields 14 and 15; the name before them may hold blanks).
fn cpu_us(pid: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks = after_name.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<f64>().ok());
    ticks.sum::<f64>() * TICK_US
}

fn memory_kb(pid: u32) -> f64 {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    kilobytes(&rollup, "Pss:")
}

/// Returns the number of a line `Name:   123 kB`.
fn kilobytes(text: &str, name: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}

/// Everything but idle and waiting for the disk (proc(5), /proc/stat).
fn machine_us() -> f64 {
    let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
    let fields = stat.lines().next().unwrap_or_default().split_whitespace().skip(1).take(8).enumerate();
    let busy = fields.filter(|(number, _)| !matches!(number, 3 | 4));
    busy.filter_map(|(_, field)| field.parse::<f64>().ok()).sum::<f64>() * TICK_US
}
