//! The way out: what became true reaches the sockets, in the order of the log.

use std::sync::Arc;

use domain::event::{Entry, Event};
use domain::id::{SessionId, UserId};
use domain::live::Live;
use realtime::cast::{Cast, Part};
use realtime::frame::Frame;
use realtime::hub::Hubs;
use realtime::presence::Presence;
use realtime::topic::Topic;

mod casts;
mod order;
mod told;

pub(crate) use order::Order;
pub(crate) use told::told;

/// The sockets of this server.
pub(crate) struct Sockets {
    pub(crate) hubs: Hubs,
    pub(crate) presence: Arc<Presence>,
    pub(crate) order: Arc<Order<Vec<Part>>>,
}

impl Live for Sockets {
    fn publish(&self, first: i64, entries: Vec<Entry>) {
        // Encoded before its turn, by the thread that has it: only the sending is one after the other.
        let encoded = (first..).zip(&entries).map(|(pos, entry)| casts::logged(&self.hubs, pos, entry));
        self.order.admit(first, encoded.collect(), |_, due| {
            let parts: Vec<Part> = due.into_iter().flatten().collect();
            if !parts.is_empty() {
                self.hubs.emit(Cast { parts });
            }
        });
    }

    fn tell(&self, event: Event) {
        match event {
            Event::SessionRevoked { session } => self.revoke(session),
            event => casts::fleeting(&event).into_iter().for_each(|part| self.hubs.emit(part)),
        }
    }

    fn online(&self, user: UserId) -> bool {
        self.presence.online(user)
    }
}

impl Sockets {
    fn revoke(&self, session: SessionId) {
        self.hubs.emit(Part::new(vec![Topic::Session(session)], Frame::event("session_revoked", &["{}"])));
        self.hubs.close(Topic::Session(session));
    }
}
