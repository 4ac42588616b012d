//! The handle over the hubs of all workers.

use std::{
    rc::{Rc, Weak},
    sync::Arc,
};

use actix::{Actor as _, Addr, Handler, Message};
use parking_lot::RwLock;

use super::{Close, Deliver, HERE, Hub, HubActor, Leave, ProcessState, process::Workers};
use crate::{
    broadcast::Broadcast,
    config::Config,
    drain::{Drain, Draining},
    topic::Topic,
};

/// Reaches every live connection of the process, from any thread; a copy reaches the same ones.
#[derive(Debug, Clone)]
pub struct Hubs {
    pub(crate) process: Arc<ProcessState>,
    hubs: Arc<RwLock<Vec<Addr<HubActor>>>>,
}

impl Hubs {
    /// Hubs without connections yet.
    pub fn new(config: Config) -> Self {
        Self { process: Arc::new(ProcessState::new(config)), hubs: Arc::default() }
    }

    /// Sends frames to sockets on all workers.
    ///
    /// Each socket gets what one thread emits in the order in which it was emitted.
    pub fn emit(&self, broadcasts: impl Into<Vec<Broadcast>>) {
        let broadcasts: Arc<[Broadcast]> = broadcasts.into().into();
        let mut workers = Workers::new();
        for topic in broadcasts.iter().flat_map(|broadcast| &broadcast.topics) {
            self.process.collect_workers(*topic, &mut workers);
        }
        self.send(&workers, || Deliver(Arc::clone(&broadcasts)));
    }

    /// Whether any socket is subscribed to the topic, so that nothing is encoded in vain.
    pub fn has_subscribers(&self, topic: Topic) -> bool {
        self.process.has_workers(topic)
    }

    /// Whether any client has connection state recovery, so that nothing is encoded in vain.
    pub fn has_recovering(&self) -> bool {
        !self.process.recovering.is_empty()
    }

    /// Ends all sessions with a socket that is subscribed to the topic, or is just about to be.
    pub fn close(&self, topic: Topic) {
        self.process.closings.note(topic);
        let mut workers = Workers::new();
        self.process.collect_workers(topic, &mut workers);
        self.send(&workers, || Close(topic));
    }

    /// Number of open sessions.
    pub fn connections(&self) -> usize {
        self.process.sessions.len()
    }

    /// Refuses new sessions, ends all others, and returns when the last one is gone.
    pub(crate) async fn drain(&self, drain: Drain) {
        let draining = Arc::new(Draining::new(drain));
        self.process.drain(Arc::clone(&draining));
        self.hubs.read().iter().for_each(|hub| hub.do_send(Leave(Arc::clone(&draining))));
        self.process.sessions.close();
        self.process.sessions.wait().await;
    }

    fn send<M>(&self, workers: &[usize], message: impl Fn() -> M)
    where
        M: Message<Result = ()> + Send + 'static,
        HubActor: Handler<M>,
    {
        let hubs = self.hubs.read();
        for hub in workers.iter().filter_map(|worker| hubs.get(*worker)) {
            hub.do_send(message());
        }
    }

    /// The hub of the current worker; the first call on a worker starts it.
    pub(crate) fn here(&self) -> Rc<Hub> {
        HERE.with_borrow_mut(|here| {
            here.retain(|hub| hub.strong_count() > 0);
            let known =
                here.iter().filter_map(Weak::upgrade).find(|hub| Arc::ptr_eq(&hub.process, &self.process));
            known.unwrap_or_else(|| {
                let mut hubs = self.hubs.write();
                let hub = Rc::new(Hub::new(hubs.len(), Arc::clone(&self.process)));
                hubs.push(HubActor(Rc::clone(&hub)).start());
                here.push(Rc::downgrade(&hub));
                hub
            })
        })
    }
}
