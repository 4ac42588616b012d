//! What all workers share.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use tokio::sync::Notify;

use crate::{
    config::Config,
    directory::{Closings, Directory},
    topic::SocketId,
};

/// The state of live connections that is read and written from every thread.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) config: Config,
    pub(crate) directory: Directory,
    pub(crate) closings: Closings,
    connections: AtomicUsize,
    sockets: AtomicU64,
    draining: AtomicBool,
    idle: Notify,
}

impl Shared {
    pub(crate) fn new(config: Config) -> Self {
        Self {
            directory: Directory::default(),
            // No session is admitted later than this after it asked.
            closings: Closings::new(config.connect_timeout * 2),
            connections: AtomicUsize::new(0),
            sockets: AtomicU64::new(0),
            draining: AtomicBool::new(false),
            idle: Notify::new(),
            config,
        }
    }

    pub(crate) fn next_socket(&self) -> SocketId {
        SocketId(self.sockets.fetch_add(1, Ordering::Relaxed))
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub(crate) fn opened(&self) {
        self.connections.fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) fn closed(&self) {
        if self.connections.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.idle.notify_waiters();
        }
    }

    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::SeqCst);
    }

    pub(crate) fn draining(&self) -> bool {
        self.draining.load(Ordering::SeqCst)
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
