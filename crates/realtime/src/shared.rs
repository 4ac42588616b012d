//! What all workers share.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
};

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::{
    config::Config,
    directory::{Closings, Directory},
    drain::Farewell,
};

/// The state of live connections that is read and written from every thread.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) config: Config,
    pub(crate) directory: Directory,
    pub(crate) closings: Closings,
    connections: AtomicUsize,
    recovering: AtomicUsize,
    numbers: AtomicU64,
    draining: AtomicBool,
    farewell: Mutex<Option<Arc<Farewell>>>,
    idle: Notify,
}

impl Shared {
    pub(crate) fn new(config: Config) -> Self {
        Self {
            directory: Directory::default(),
            // No session is admitted later than this after it asked.
            closings: Closings::new(config.connect_timeout * 2),
            connections: AtomicUsize::new(0),
            recovering: AtomicUsize::new(0),
            numbers: AtomicU64::new(0),
            draining: AtomicBool::new(false),
            farewell: Mutex::default(),
            idle: Notify::new(),
            config,
        }
    }

    /// A number that no other session or socket of this process has.
    pub(crate) fn next_number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Counts one more session as open until what is returned is dropped.
    pub(crate) fn open(self: &Arc<Self>) -> Open {
        self.connections.fetch_add(1, Ordering::SeqCst);
        Open(Arc::clone(self))
    }

    /// Counts one more client that asked for connection state recovery until what is returned is dropped.
    pub(crate) fn recovering(self: &Arc<Self>) -> Recovering {
        self.recovering.fetch_add(1, Ordering::SeqCst);
        Recovering(Arc::clone(self))
    }

    pub(crate) fn has_recovering(&self) -> bool {
        self.recovering.load(Ordering::SeqCst) > 0
    }

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

    /// Waits until no connection is left.
    pub(crate) async fn idle(&self) {
        loop {
            let idle = self.idle.notified();
            if self.connections() == 0 {
                return;
            }
            idle.await;
        }
    }
}

/// One open session, counted.
#[derive(Debug)]
pub(crate) struct Open(Arc<Shared>);

impl Drop for Open {
    fn drop(&mut self) {
        if self.0.connections.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.idle.notify_waiters();
        }
    }
}

/// One client that asked for connection state recovery, counted.
#[derive(Debug)]
pub(crate) struct Recovering(Arc<Shared>);

impl Drop for Recovering {
    fn drop(&mut self) {
        self.0.recovering.fetch_sub(1, Ordering::SeqCst);
    }
}
