//! What the callers' threads and the cluster's thread share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

use crate::channels::Channels;
use crate::config::Config;
use crate::presence::Presence;
use crate::publisher::Publisher;
use crate::subscriber::{ClusterEvent, Handler, Subscriber};

pub(crate) struct State {
    pub channels: Channels,
    pub publisher: Arc<Publisher>,
    pub subscriber: Arc<Subscriber>,
    pub presence: Arc<Presence>,
    pub config: Config,
    /// Wakes the worker.
    pub wake: Arc<Notify>,
    connected: AtomicBool,
    stopping: AtomicBool,
}

impl State {
    pub(crate) fn new(config: Config, handler: Handler) -> Self {
        let wake = Arc::new(Notify::new());
        let presence = Arc::new(Presence::new(config.linger, Arc::clone(&wake)));
        let subscriber = Subscriber::new(config.node, handler, Arc::clone(&presence), Arc::clone(&wake));
        Self {
            channels: Channels::new(&config),
            publisher: Arc::new(Publisher::new(&config, Arc::clone(&wake))),
            subscriber: Arc::new(subscriber),
            presence,
            config,
            wake,
            connected: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
        }
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.connected.load(Ordering::Acquire)
    }

    pub(crate) fn set_connected(&self) {
        self.publisher.open();
        self.connected.store(true, Ordering::Release);
        self.subscriber.emit(ClusterEvent::Connected);
    }

    /// Does nothing if there was no connection.
    pub(crate) fn set_disconnected(&self) {
        self.publisher.close();
        if self.connected.swap(false, Ordering::AcqRel) {
            self.subscriber.emit(ClusterEvent::Disconnected);
        }
    }

    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
        self.wake.notify_one();
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }
}
