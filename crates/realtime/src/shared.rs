//! What all workers share.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use parking_lot::Mutex;

use crate::{
    config::Config,
    counter::Counter,
    directory::{Closings, Directory},
    drain::Farewell,
};

/// The state of live connections that is read and written from every thread.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) config: Config,
    pub(crate) directory: Directory,
    pub(crate) closings: Closings,
    /// The open sessions.
    pub(crate) sessions: Arc<Counter>,
    /// The clients that asked for connection state recovery.
    pub(crate) recovering: Arc<Counter>,
    numbers: AtomicU64,
    draining: AtomicBool,
    farewell: Mutex<Option<Arc<Farewell>>>,
}

impl Shared {
    pub(crate) fn new(config: Config) -> Self {
        Self {
            directory: Directory::default(),
            // No session is admitted later than this after it asked.
            closings: Closings::new(config.connect_timeout * 2),
            sessions: Arc::default(),
            recovering: Arc::default(),
            numbers: AtomicU64::new(0),
            draining: AtomicBool::new(false),
            farewell: Mutex::default(),
            config,
        }
    }

    /// A number that no other session or socket of this process has.
    pub(crate) fn next_number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    /// Refuses new sessions from now on, and says how those that come all the same are let go.
    pub(crate) fn drain(&self, farewell: Arc<Farewell>) {
        *self.farewell.lock() = Some(farewell);
        self.draining.store(true, Ordering::SeqCst);
    }

    pub(crate) fn draining(&self) -> bool {
        self.draining.load(Ordering::SeqCst)
    }

    /// How the clients are let go, once they are.
    pub(crate) fn farewell(&self) -> Option<Arc<Farewell>> {
        if self.draining() { self.farewell.lock().clone() } else { None }
    }
}
