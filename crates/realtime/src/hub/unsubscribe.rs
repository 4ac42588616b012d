//! Taking sockets out of topics from any thread, in order with what is emitted.

use std::sync::Arc;

use actix::{Handler, Message};

use super::{HubActor, Hubs};
use crate::broadcast::Topic;

impl Hubs {
    /// Unsubscribes all sockets with a subscription to `whose` from these topics, after what this thread emitted before.
    pub fn unsubscribe(&self, whose: Topic, from: impl Into<Arc<[Topic]>>) {
        let (workers, from) = (self.process.workers([&whose]), from.into());
        let hubs = self.hubs.read();
        for hub in workers.iter().filter_map(|worker| hubs.get(*worker)) {
            hub.do_send(Unsubscribe { whose, from: Arc::clone(&from) });
        }
    }
}

#[derive(Debug, Message)]
#[rtype(result = "()")]
struct Unsubscribe {
    whose: Topic,
    from: Arc<[Topic]>,
}

impl Handler<Unsubscribe> for HubActor {
    type Result = ();

    fn handle(&mut self, Unsubscribe { whose, from }: Unsubscribe, _: &mut Self::Context) {
        let sockets = self.0.subscribers.borrow().get(&whose).cloned().unwrap_or_default();
        for socket in &sockets {
            from.iter().for_each(|topic| self.0.unsubscribe(socket, *topic));
        }
    }
}
