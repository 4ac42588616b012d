//! Sends events to the sockets of this node, those of the log in its order.

use std::sync::Arc;

use domain::event::{Event, Logged};
use domain::event_table::LogEntry;
use domain::id::{SessionId, UserId};
use domain::live::Live;
use domain::log::Cursor;
use domain::payload::SessionRevoked;
use realtime::broadcast::{Broadcast, Topic};
use realtime::hub::Hubs;

pub(crate) mod frames;
mod positions;
mod sequencer;

use positions::Positions;
pub(crate) use sequencer::Sequencer;

use crate::cluster::Cluster;
use crate::presence::Presence;

/// The sockets of this node, and the position in the log up to which they were sent everything.
pub(crate) struct Sockets {
    pub(crate) hubs: Hubs,
    presence: Arc<Presence>,
    cluster: Option<Arc<Cluster>>,
    sequencer: Sequencer<Encoded>,
    positions: Positions,
    epoch: String,
}

/// An entry and its broadcasts.
pub(crate) struct Encoded {
    logged: Logged,
    broadcasts: Vec<Broadcast>,
}

impl Live for Sockets {
    fn publish(&self, logged: Vec<Logged>) {
        if let Some(cluster) = &self.cluster {
            cluster.publish(&logged);
        }
        self.admit(logged);
    }

    fn send(&self, event: Event) {
        self.send_here(&event);
        if let Some(cluster) = &self.cluster {
            cluster.send_volatile(event);
        }
    }

    fn revoke(&self, session: SessionId) {
        if let Some(cluster) = &self.cluster {
            cluster.revoke(session);
        }
        self.end(session);
    }

    fn online(&self, user: UserId) -> bool {
        self.presence.online(user)
    }
}

impl Sockets {
    /// Entries up to `head` are not sent.
    pub(crate) fn new(
        hubs: Hubs,
        presence: Arc<Presence>,
        cluster: Option<Arc<Cluster>>,
        head: Cursor,
    ) -> Self {
        let sequencer = Sequencer::after(head.position);
        Self { hubs, presence, cluster, sequencer, positions: Positions::default(), epoch: head.epoch }
    }

    /// Orders what is sent.
    pub(crate) fn sequencer(&self) -> &Sequencer<Encoded> {
        &self.sequencer
    }

    /// Which users are online.
    pub(crate) fn presence(&self) -> &Arc<Presence> {
        &self.presence
    }

    /// The other nodes, if there may be any.
    pub(crate) fn cluster(&self) -> Option<&Arc<Cluster>> {
        self.cluster.as_ref()
    }

    /// Sends entries to the sockets of this node alone, in the order of the log.
    pub(crate) fn admit(&self, logged: Vec<Logged>) {
        let encode = |logged: Logged| {
            if let LogEntry::RoomCreated { to, room } = logged.entry {
                self.presence.add_room(to, room);
            }
            let broadcasts = frames::logged(&self.hubs, &self.epoch, &logged);
            (logged.position, Encoded { logged, broadcasts })
        };
        // Encoded by the calling thread; only sending is serialised.
        let encoded = logged.into_iter().map(encode).collect();
        self.sequencer.admit(encoded, |due| {
            let mut broadcasts = Vec::with_capacity(due.len() * 2);
            for mut encoded in due {
                broadcasts.append(&mut encoded.broadcasts);
                self.positions.note(&encoded.logged);
            }
            if !broadcasts.is_empty() {
                self.hubs.emit(broadcasts);
            }
        });
    }

    /// Sends an event that is not in the log to the sockets of this node alone.
    pub(crate) fn send_here(&self, event: &Event) {
        self.hubs.emit(frames::volatile(event));
    }

    /// Closes the connections of a session on this node.
    pub(crate) fn end(&self, session: SessionId) {
        self.hubs.emit(Broadcast::new(vec![Topic::Session(session)], frames::unlogged(&SessionRevoked {})));
        self.hubs.close(Topic::Session(session));
    }

    /// Closes what is left on this node of a client that recovered its connection elsewhere.
    pub(crate) fn close_recovered(&self, client: u64) {
        self.hubs.close(Topic::Recovery(client));
    }

    /// Sends the positions of the rooms that changed since this was last sent to their members.
    pub(crate) fn send_positions(&self) {
        // In this order: what is noted after the first line counts for the next round.
        let cursor = Cursor { epoch: self.epoch.clone(), position: self.sequencer.head() };
        for (user, positions) in self.positions.take(&cursor) {
            let topic = Topic::User(user);
            if self.hubs.has_subscribers(topic) {
                self.hubs.emit(Broadcast::new(vec![topic], frames::unlogged(&positions)));
            }
        }
    }
}
