//! How much memory the server has, and how much it may have.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// How long a reading of the memory counts.
const READ_EVERY: Duration = Duration::from_secs(1);

/// What counts as no limit; more is no number in a file of settings.
const MOST: u64 = i64::MAX.unsigned_abs();

/// The resident memory of this process, beside the most that it should have.
pub(crate) struct Memory {
    max_bytes: u64,
    /// When it was read last, and how much it was.
    read: Mutex<Option<(Instant, u64)>>,
}

impl Memory {
    pub(crate) fn new(max_bytes: u64) -> Self {
        Self { max_bytes, read: Mutex::default() }
    }

    /// Returns whether the process has more than it should; no if the system does not say.
    pub(crate) fn is_short(&self) -> bool {
        let mut read = self.read.lock();
        let bytes = match *read {
            Some((at, bytes)) if at.elapsed() < READ_EVERY => bytes,
            _ => read.insert((Instant::now(), resident().unwrap_or(0))).1,
        };
        bytes > self.max_bytes
    }
}

/// Returns 80 % of the memory that the machine has or the process may have, whichever is less, in bytes.
pub(crate) fn four_fifths() -> u64 {
    let machine = field("/proc/meminfo", "MemTotal:").unwrap_or(MOST);
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let least = groups.lines().flat_map(limits).min();
    least.unwrap_or(MOST).min(machine) / 5 * 4
}

/// Returns the limits of a control group and of those that it is in (cgroups(7), version 2 or 1).
fn limits(line: &str) -> Vec<u64> {
    let (root, file, group) = match line.splitn(3, ':').collect::<Vec<_>>().as_slice() {
        [_, "", group] => ("/sys/fs/cgroup", "memory.max", *group),
        [_, "memory", group] => ("/sys/fs/cgroup/memory", "memory.limit_in_bytes", *group),
        _ => return Vec::new(),
    };
    let groups = Path::new(group.trim_start_matches('/')).ancestors();
    let files = groups.map(|group| Path::new(root).join(group).join(file));
    files.filter_map(|file| fs::read_to_string(file).ok()?.trim().parse().ok()).collect()
}

/// Returns the resident memory of this process in bytes, if the system says.
pub(crate) fn resident() -> Option<u64> {
    field("/proc/self/status", "VmRSS:")
}

/// Reads a number of kilobytes from a file of the system, in bytes.
fn field(file: &str, name: &str) -> Option<u64> {
    let text = fs::read_to_string(file).ok()?;
    let value = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kilobytes: u64 = value.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes.saturating_mul(1024))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_short_above_the_most_and_not_below() {
        let now = resident().unwrap();
        assert!(now > 0);
        assert!(!Memory::new(u64::MAX).is_short());
        assert!(Memory::new(0).is_short());
        let read = |bytes| Memory { max_bytes: 100, read: Mutex::new(Some((Instant::now(), bytes))) };
        assert!(!read(100).is_short() && read(101).is_short());
    }

    #[test]
    fn the_machine_has_more_than_four_fifths_of_itself() {
        assert!((1..MOST / 5 * 4).contains(&four_fifths()));
    }
}
