//! How much the connections to the database are used.

use std::time::Instant;

use metrics::Histogram;

use crate::pool::Pool;

/// How the connections of a pool are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolUsage {
    /// What they are for: `read` or `write`.
    pub pool: &'static str,
    /// How many are in use.
    pub in_use: u32,
    /// How many are open and not in use.
    pub idle: u32,
}

/// How long work has waited before it had a connection.
#[derive(Debug, Default)]
pub struct Waits {
    /// For the turn of a use case.
    pub turn: Histogram,
    /// For a connection that reads.
    pub read: Histogram,
    /// For a connection that writes.
    pub write: Histogram,
}

impl PoolUsage {
    /// Returns how the connections of a pool are used now.
    pub(crate) fn of(name: &'static str, pool: &Pool) -> Self {
        let r2d2::State { connections, idle_connections: idle, .. } = pool.state();
        Self { pool: name, in_use: connections.saturating_sub(idle), idle }
    }
}

/// Notes how long `work` takes.
pub(crate) fn timed<T>(waits: &Histogram, work: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let outcome = work();
    waits.observe(begun.elapsed());
    outcome
}
