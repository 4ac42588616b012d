//! The way out: what became true reaches the sockets, in the order of the log.

use std::sync::Arc;

use domain::change::{Cursor, Scope};
use domain::event::{Entry, Event};
use domain::id::{SessionId, UserId};
use domain::live::Live;
use realtime::cast::{Cast, Part};
use realtime::frame::Frame;
use realtime::hub::Hubs;
use realtime::presence::Presence;
use realtime::topic::Topic;

mod casts;
mod heads;
mod order;
mod told;

use heads::Heads;
pub(crate) use order::Order;
pub(crate) use told::{placed, seeds, text, told};

/// The sockets of this server, and the place in the log up to which they were told everything.
pub(crate) struct Sockets {
    pub(crate) hubs: Hubs,
    presence: Arc<Presence>,
    order: Order<Change>,
    heads: Heads,
    epoch: String,
}

/// A change whose turn is to come.
struct Change {
    scope: Scope,
    told: Vec<UserId>,
    parts: Vec<Part>,
}

impl Live for Sockets {
    fn publish(&self, first: i64, entries: Vec<Entry>) {
        // Encoded before its turn, by the thread that has it: only the sending is one after the other.
        let at = |pos| Cursor { epoch: self.epoch.clone(), pos };
        let encoded = (first..).map(at).zip(entries).map(|(at, entry)| Change {
            scope: entry.scope,
            parts: casts::logged(&self.hubs, &at, &entry),
            told: entry.event.as_ref().map(told::audience).unwrap_or_default(),
        });
        self.order.admit(first, encoded.collect(), |first, due| self.pass(first, due));
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
    /// Nobody was told of anything yet, and what is up to `head` need not be told.
    pub(crate) fn new(hubs: Hubs, presence: Arc<Presence>, head: Cursor) -> Self {
        Self { hubs, presence, order: Order::after(head.pos), heads: Heads::default(), epoch: head.epoch }
    }

    /// The order in which changes go out.
    pub(crate) fn order(&self) -> &Order<impl Sized + use<>> {
        &self.order
    }

    /// Sends changes whose turn has come, the first at place `first`.
    fn pass(&self, first: i64, due: Vec<Change>) {
        let mut parts = Vec::with_capacity(due.len() * 2);
        for (pos, mut change) in (first..).zip(due) {
            parts.append(&mut change.parts);
            self.heads.note(change.scope, pos, change.told);
        }
        if !parts.is_empty() {
            self.hubs.emit(Cast { parts });
        }
    }

    /// Tells everybody where the rooms stand that changed since this was last told.
    pub(crate) fn tell_heads(&self) {
        // In this order: what is noted after the first line counts for the next round.
        let pos = self.order.head();
        let cursor = Cursor { epoch: self.epoch.clone(), pos }.to_string();
        for (user, standing) in self.heads.take(&cursor) {
            let topic = Topic::User(user);
            if let Some(text) = text(&standing).filter(|_| self.hubs.has_listeners(topic)) {
                self.hubs.emit(Part::new(vec![topic], Frame::event("heads", &[&text])));
            }
        }
    }

    fn revoke(&self, session: SessionId) {
        self.hubs.emit(Part::new(vec![Topic::Session(session)], Frame::event("session_revoked", &["{}"])));
        self.hubs.close(Topic::Session(session));
    }
}
