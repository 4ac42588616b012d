//! The way out: what became true reaches the sockets, in the order of the log.

use std::sync::Arc;

use domain::change::{Cursor, Scope};
use domain::event::{Entry, Event};
use domain::id::{SessionId, UserId};
use domain::live::Live;
use realtime::broadcast::Broadcast;
use realtime::hub::Hubs;
use realtime::presence::Presence;
use realtime::topic::Topic;

mod casts;
mod heads;
mod order;
pub(crate) mod payload;
mod told;

pub(crate) use casts::placed;
use heads::Heads;
pub(crate) use heads::Standing;
pub(crate) use order::Order;
use payload::Payload as _;
pub(crate) use told::Told;

use crate::cluster::{Cluster, Line};

/// The sockets of this server, and the place in the log up to which they were told everything.
pub(crate) struct Sockets {
    pub(crate) hubs: Hubs,
    presence: Arc<Presence>,
    cluster: Option<Arc<Cluster>>,
    order: Order<Change>,
    heads: Heads,
    epoch: String,
}

/// A change whose turn is to come.
pub(crate) struct Change {
    scope: Scope,
    told: Vec<UserId>,
    parts: Vec<Broadcast>,
}

impl Live for Sockets {
    fn publish(&self, first: i64, entries: Vec<Entry>) {
        let lines = lines(first, &entries);
        if let Some(cluster) = &self.cluster {
            cluster.publish(&lines);
        }
        self.admit_all(first, &lines, &entries);
    }

    fn tell_again(&self, first: i64, entries: Vec<Entry>) {
        self.admit_all(first, &lines(first, &entries), &entries);
    }

    fn tell(&self, event: Event) {
        if let Event::SessionRevoked { session } = event {
            self.cluster.iter().for_each(|cluster| cluster.revoke(session));
            self.end(session);
            return;
        }
        if let Some(told) = Told::of(&event) {
            self.offer_here(&told);
            self.cluster.iter().for_each(|cluster| cluster.tell(&event, told.clone()));
        }
    }

    fn online(&self, user: UserId) -> bool {
        self.presence.online(user) || self.cluster.as_ref().is_some_and(|cluster| cluster.online(user))
    }
}

impl Sockets {
    /// Nobody was told of anything yet, and what is up to `head` need not be told.
    pub(crate) fn new(
        hubs: Hubs,
        presence: Arc<Presence>,
        cluster: Option<Arc<Cluster>>,
        head: Cursor,
    ) -> Self {
        let order = Order::after(head.pos);
        Self { hubs, presence, cluster, order, heads: Heads::default(), epoch: head.epoch }
    }

    /// The order in which changes go out.
    pub(crate) fn order(&self) -> &Order<Change> {
        &self.order
    }

    /// The other nodes, if there may be any.
    pub(crate) fn cluster(&self) -> Option<&Arc<Cluster>> {
        self.cluster.as_ref()
    }

    /// Takes a change that another node has announced.
    pub(crate) fn admit(&self, line: &Line) {
        let pos = line.pos;
        let change = self.change(line, None);
        self.order.admit(pos, vec![change], |first, due| self.pass(first, due));
    }

    /// Notes that a change is there that has still to be told.
    pub(crate) fn expect(&self, pos: i64) {
        self.order.expect(pos);
    }

    /// Tells this node's clients alone of something that is not in the log.
    pub(crate) fn tell_here(&self, event: &Event) {
        if let Some(told) = Told::of(event) {
            self.offer_here(&told);
        }
    }

    /// Sends something that is not in the log to this node's clients.
    pub(crate) fn offer_here(&self, told: &Told) {
        self.hubs.emit(casts::fleeting(told));
    }

    /// Ends the connections of a sign-in on this node.
    pub(crate) fn end(&self, session: SessionId) {
        self.hubs.emit(Broadcast::new(vec![Topic::Session(session)], payload::SessionRevoked {}.frame()));
        self.hubs.close(Topic::Session(session));
    }

    /// Closes what is left on this node of a client that came back elsewhere.
    pub(crate) fn close_recovered(&self, client: u64) {
        self.hubs.close(Topic::Recovery(client));
    }

    /// Tells everybody where the rooms stand that changed since this was last told.
    pub(crate) fn tell_heads(&self) {
        // In this order: what is noted after the first line counts for the next round.
        let cursor = self.at(self.order.head()).to_string();
        for (user, standing) in self.heads.take(&cursor) {
            let topic = Topic::User(user);
            if !self.hubs.has_listeners(topic) {
                continue;
            }
            self.hubs.emit(Broadcast::new(vec![topic], standing.frame()));
        }
    }

    fn at(&self, pos: i64) -> Cursor {
        Cursor { epoch: self.epoch.clone(), pos }
    }

    fn admit_all(&self, first: i64, lines: &[Line], entries: &[Entry]) {
        // Encoded before its turn, by the thread that has it: only the sending is one after the other.
        let encoded = lines.iter().zip(entries).map(|(line, entry)| self.change(line, Some(entry)));
        self.order.admit(first, encoded.collect(), |first, due| self.pass(first, due));
    }

    fn change(&self, line: &Line, entry: Option<&Entry>) -> Change {
        let (at, origin) = (self.at(line.pos), entry.and_then(|entry| entry.origin));
        let told: Vec<UserId> = line.told.iter().flat_map(Told::audience).collect();
        if let (Some(room), Some(cluster)) = (line.opened, &self.cluster) {
            for user in &told {
                cluster.opened(*user, room);
            }
        }
        let parts = casts::logged(&self.hubs, &at, &line.told, origin);
        Change { scope: line.scope, told, parts }
    }

    /// Sends changes whose turn has come, the first at place `first`.
    fn pass(&self, first: i64, due: Vec<Change>) {
        let mut parts = Vec::with_capacity(due.len() * 2);
        for (pos, mut change) in (first..).zip(due) {
            parts.append(&mut change.parts);
            self.heads.note(change.scope, pos, change.told);
        }
        if !parts.is_empty() {
            self.hubs.emit(parts);
        }
    }
}

/// What changes say, the first at place `first`.
fn lines(first: i64, entries: &[Entry]) -> Vec<Line> {
    let line = |(pos, entry): (i64, &Entry)| Line {
        pos,
        scope: entry.scope,
        told: entry.events.iter().filter_map(Told::of).collect(),
        opened: match entry.events.as_slice() {
            [Event::RoomCreated { room, .. }] => Some(room.id),
            _ => None,
        },
        elsewhere: false,
    };
    (first..).zip(entries).map(line).collect()
}
