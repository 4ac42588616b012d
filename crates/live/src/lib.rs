//! Sends events to the connected clients: on this node through the hubs, those of the log in its order; on other nodes
//! through the cluster.
//!
//! Called after the commit; no function waits or fails.

pub mod cluster;
pub mod frames;
pub mod presence;

mod former_members;
mod positions;
mod sequencer;

use std::sync::Arc;

use ::cluster::Node;
use domain::event::{Event, Logged};
use domain::event_table::{EVENTS, LogEntry};
use domain::id::{RoomId, SessionId, UserId};
use domain::log::{Cursor, Scope};
use domain::payload::SessionRevoked;
use domain::room::Membership;
use metrics::Counters;
use realtime::Socket;
use realtime::frame::{Broadcast, Topic};
use realtime::hub::Hubs;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::cluster::Cluster;
use crate::former_members::FormerMembers;
use crate::positions::Positions;
use crate::presence::{Presence, PresenceChange};
pub use crate::sequencer::Sequencer;

/// The connected clients of all nodes.
pub struct Live {
    hubs: Hubs,
    presence: Arc<Presence>,
    cluster: Option<Cluster>,
    sequencer: Sequencer<Encoded>,
    positions: Positions,
    former_members: FormerMembers,
    /// How many events of each name were sent to clients of this node.
    sent: Counters,
    epoch: String,
}

/// Which clients are reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Those of all nodes.
    AllNodes,
    /// Those of this node; the other nodes reach their own.
    ThisNode,
}

/// An entry and its broadcasts.
pub struct Encoded {
    logged: Logged,
    broadcasts: Vec<Broadcast>,
}

impl Live {
    /// The clients of the hubs and, if there may be any, of the other nodes; entries up to `head` are not sent.
    ///
    /// A user may have `connections_max` connections to this node. Also returns the changes of presence that this node
    /// publishes, in order.
    pub fn new(
        hubs: Hubs,
        node: Option<Arc<Node>>,
        connections_max: usize,
        head: Cursor,
    ) -> (Self, UnboundedReceiver<PresenceChange>) {
        let (presence, changes) = Presence::new(node.clone(), connections_max);
        let live = Self {
            hubs,
            presence,
            cluster: node.map(Cluster::new),
            sequencer: Sequencer::after(head.position),
            positions: Positions::default(),
            former_members: FormerMembers::default(),
            sent: Counters::new(EVENTS.iter().map(|event| event.name)),
            epoch: head.epoch,
        };
        (live, changes)
    }

    /// Orders what is sent.
    pub fn sequencer(&self) -> &Sequencer<Encoded> {
        &self.sequencer
    }

    /// Which users are online.
    pub fn presence(&self) -> &Arc<Presence> {
        &self.presence
    }

    /// The other nodes, if there may be any.
    pub fn cluster(&self) -> Option<&Cluster> {
        self.cluster.as_ref()
    }

    /// Returns how many events of each name were sent to the clients of this node, each counted once for all of them.
    pub fn sent(&self) -> &Counters {
        &self.sent
    }

    /// Returns the sessions that are open on this node: by long-polling, and by WebSocket.
    pub fn connections(&self) -> (usize, usize) {
        let websockets = self.hubs.websockets();
        (self.hubs.connections().saturating_sub(websockets), websockets)
    }

    /// Returns whether a user has a connection now, to any node.
    pub fn online(&self, user: UserId) -> bool {
        self.presence.online(user)
    }

    /// Publishes entries whose positions follow each other.
    ///
    /// Clients get all entries in the order of the log, each once, whatever the order of these calls.
    pub fn publish(&self, logged: Vec<Logged>, reach: Reach) {
        if let Some(cluster) = self.others(reach) {
            cluster.publish(&logged);
        }
        let encode = |logged: Logged| {
            if let LogEntry::RoomCreated { to, room } = logged.entry {
                self.presence.add_room(to, room);
            }
            logged.events.iter().for_each(|event| self.sent.add(&event.name));
            let broadcasts = frames::logged(&self.hubs, &self.epoch, &logged);
            (logged.position, Encoded { logged, broadcasts })
        };
        // Encoded by the calling thread; only sending is serialised.
        let encoded = logged.into_iter().map(encode).collect();
        self.sequencer.admit(encoded, |due| {
            let mut all = Vec::with_capacity(due.len() * 2);
            for Encoded { mut logged, mut broadcasts } in due {
                // It was addressed while others were committed, and its room may have been left before it in the log.
                if self.former_members.exclude_from(&mut logged.events) {
                    broadcasts = frames::logged(&self.hubs, &self.epoch, &logged);
                }
                all.append(&mut broadcasts);
                self.positions.note(&logged);
                match logged.entry {
                    LogEntry::MemberLeft { to: Scope::Room(_), member } => {
                        self.hubs.emit(std::mem::take(&mut all));
                        self.remove_member(member);
                    }
                    LogEntry::RoomCreated { to, room } => self.add_member(Membership { room, user: to }),
                    _ => {}
                }
            }
            if !all.is_empty() {
                self.hubs.emit(all);
            }
        });
    }

    /// Sends an event that is not in the log, and may be lost.
    pub fn send(&self, mut event: Event, reach: Reach) {
        if let Some(cluster) = self.others(reach) {
            cluster.send_volatile(event.clone());
        }
        self.sent.add(&event.name);
        self.former_members.exclude_from(std::slice::from_mut(&mut event));
        self.hubs.emit(frames::volatile(&event));
    }

    /// Closes the connections of a session that has ended.
    pub fn end(&self, session: SessionId, reach: Reach) {
        if let Some(cluster) = self.others(reach) {
            cluster.revoke(session);
        }
        self.hubs.emit(Broadcast::new(vec![Topic::Session(session)], frames::unlogged(&SessionRevoked {})));
        self.hubs.close(Topic::Session(session));
    }

    /// Closes what is left of a client that has recovered its connection elsewhere.
    pub fn close_recovered(&self, client: u64, reach: Reach) {
        self.hubs.close(Topic::Recovery(client));
        if let Some(cluster) = self.others(reach) {
            cluster.recovered(client);
        }
    }

    /// Subscribes a socket to a room that its user was found in; false if they have left it since.
    pub fn join<C>(&self, socket: &Socket<C>, room: RoomId, user: UserId) -> bool {
        socket.join(Topic::Room(room));
        socket.join(Topic::RoomAs(room, user));
        // Looked up last: who leaves after this is unsubscribed.
        let is_member = !self.former_members.contains(Membership { room, user });
        if !is_member {
            socket.leave(Topic::Room(room));
            socket.leave(Topic::RoomAs(room, user));
        }
        is_member
    }

    /// Sends the positions of the rooms that changed since this was last sent to their members on this node.
    pub fn send_positions(&self) {
        // In this order: what is noted after the first line counts for the next round.
        let cursor = Cursor { epoch: self.epoch.clone(), position: self.sequencer.head() };
        for (user, positions) in self.positions.take(&cursor) {
            let topic = Topic::User(user);
            if self.hubs.has_subscribers(topic) {
                self.hubs.emit(Broadcast::new(vec![topic], frames::unlogged(&positions)));
            }
        }
    }

    fn others(&self, reach: Reach) -> Option<&Cluster> {
        self.cluster.as_ref().filter(|_| reach == Reach::AllNodes)
    }

    /// Begins what a user gets of a room on this node: called in the order of the log.
    fn add_member(&self, member: Membership) {
        self.former_members.forget(member);
        // Again, as they may have left after the first time that this was done, and before this in the log.
        self.presence.add_room(member.user, member.room);
    }

    /// Ends what a user gets of a room on this node: called in the order of the log.
    fn remove_member(&self, member: Membership) {
        let Membership { room, user } = member;
        self.former_members.note(member);
        self.hubs.unsubscribe(Topic::RoomAs(room, user), vec![Topic::Room(room), Topic::RoomAs(room, user)]);
        self.presence.remove_room(user, room);
    }
}
