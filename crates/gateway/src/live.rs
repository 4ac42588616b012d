//! Sends events to the sockets of this node, those of the log in its order.

use std::sync::Arc;

use domain::event::{Event, Logged};
use domain::event_table::LogEntry;
use domain::id::{RoomId, SessionId, UserId};
use domain::live::Live;
use domain::log::{Cursor, Scope};
use domain::payload::SessionRevoked;
use domain::room::Membership;
use realtime::Socket;
use realtime::broadcast::{Broadcast, Topic};
use realtime::hub::Hubs;

mod former_members;
pub(crate) mod frames;
mod positions;
mod sequencer;

use former_members::FormerMembers;
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
    former_members: FormerMembers,
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
        Self {
            hubs,
            presence,
            cluster,
            sequencer,
            positions: Positions::default(),
            former_members: FormerMembers::default(),
            epoch: head.epoch,
        }
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
                self.exclude_former_members(&mut encoded);
                broadcasts.append(&mut encoded.broadcasts);
                self.positions.note(&encoded.logged);
                match encoded.logged.entry {
                    LogEntry::MemberLeft { to: Scope::Room(_), member } => {
                        self.hubs.emit(std::mem::take(&mut broadcasts));
                        self.remove_member(member);
                    }
                    LogEntry::RoomCreated { to, room } => self.add_member(Membership { room, user: to }),
                    _ => {}
                }
            }
            if !broadcasts.is_empty() {
                self.hubs.emit(broadcasts);
            }
        });
    }

    /// An event is addressed while others are committed, and its room may have been left before it in the log.
    fn exclude_former_members(&self, encoded: &mut Encoded) {
        let Encoded { logged, broadcasts } = encoded;
        let mut any = false;
        for event in &mut logged.events {
            any |= self.former_members.exclude_from(event);
        }
        if any {
            *broadcasts = frames::logged(&self.hubs, &self.epoch, logged);
        }
    }

    /// Ends what a user gets of a room on this node: called in the order of the log.
    fn remove_member(&self, member: Membership) {
        let Membership { room, user } = member;
        self.former_members.note(member);
        self.hubs.unsubscribe(Topic::RoomAs(room, user), vec![Topic::Room(room), Topic::RoomAs(room, user)]);
        self.presence.remove_room(user, room);
    }

    /// Begins what a user gets of a room on this node: called in the order of the log.
    fn add_member(&self, member: Membership) {
        self.former_members.forget(member);
        // Again, as they may have left after the first time that this was done, and before this in the log.
        self.presence.add_room(member.user, member.room);
    }

    /// Subscribes a socket to a room that its user was found in; false if they have left it since.
    pub(crate) fn join<C>(&self, socket: &Socket<C>, room: RoomId, user: UserId) -> bool {
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

    /// Sends an event that is not in the log to the sockets of this node alone.
    pub(crate) fn send_here(&self, event: &Event) {
        let mut event = event.clone();
        self.former_members.exclude_from(&mut event);
        self.hubs.emit(frames::volatile(&event));
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
