//! Which users are online: those with connections on this node, counted here, and those of the other nodes.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use ::cluster::Node;
use domain::id::{RoomId, UserId};
use parking_lot::RwLock;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// A user came online or went offline, on all nodes together.
#[derive(Debug, PartialEq, Eq)]
pub enum PresenceChange {
    /// The first connection of the user has come.
    Online(UserId),
    /// The last one has gone.
    Offline(UserId),
}

/// Counts connections; with other nodes it also subscribes to the rooms of the users on this node.
pub struct Presence {
    node: Option<Arc<Node>>,
    local: RwLock<Local>,
    /// How many connections a user may have to this node.
    connections_max: usize,
    changes: UnboundedSender<PresenceChange>,
}

/// Counts as one connection of a user until it is dropped.
pub struct UserConnection {
    presence: Arc<Presence>,
    user: UserId,
}

impl Presence {
    /// Also returns the changes that this node publishes, in order.
    pub(crate) fn new(
        node: Option<Arc<Node>>,
        connections_max: usize,
    ) -> (Arc<Self>, UnboundedReceiver<PresenceChange>) {
        let (changes, receiver) = unbounded_channel();
        (Arc::new(Self { node, local: RwLock::default(), connections_max, changes }), receiver)
    }

    /// Counts a connection of a user and subscribes to the user's rooms, which a single node need not name; none if the
    /// user has as many as may be.
    pub fn connect(self: &Arc<Self>, user: UserId, rooms: Vec<RoomId>) -> Option<UserConnection> {
        let mut local = self.local.write();
        if local.users.get(&user).is_some_and(|known| known.connections >= self.connections_max) {
            return None;
        }
        let first = local.connect(user, rooms, |room| self.subscribe(room));
        if first && self.node.as_ref().is_none_or(|node| node.presence.connect(user)) {
            self.report(PresenceChange::Online(user));
        }
        drop(local);
        Some(UserConnection { presence: Arc::clone(self), user })
    }

    /// Subscribes to one more room of a user, if they are connected to this node.
    pub fn add_room(&self, user: UserId, room: RoomId) {
        if self.node.is_some() {
            self.local.write().add_room(user, room, |room| self.subscribe(room));
        }
    }

    /// Unsubscribes from a room of a user, if no other member is connected to this node.
    pub(crate) fn remove_room(&self, user: UserId, room: RoomId) {
        if self.node.is_some() {
            self.local.write().remove_room(user, room, |room| self.unsubscribe(room));
        }
    }

    /// Returns whether a user is connected to any node.
    pub(crate) fn online(&self, user: UserId) -> bool {
        self.local.read().users.contains_key(&user)
            || self.node.as_ref().is_some_and(|node| node.presence.online(user))
    }

    /// Returns whether a member of the room is connected to this node; always false on a single node.
    pub fn has_members(&self, room: RoomId) -> bool {
        self.local.read().rooms.contains_key(&room)
    }

    fn disconnect(&self, user: UserId) {
        let mut local = self.local.write();
        let last = local.disconnect(user, |room| self.unsubscribe(room));
        if last && self.node.as_ref().is_none_or(|node| node.presence.disconnect(user)) {
            self.report(PresenceChange::Offline(user));
        }
    }

    /// Called under the lock, so that changes keep their order.
    fn report(&self, change: PresenceChange) {
        if self.changes.send(change).is_err() {
            tracing::debug!("the server stops; presence is not published any more");
        }
    }

    fn subscribe(&self, room: RoomId) {
        if let Some(node) = &self.node {
            node.subscriber.subscribe(room);
        }
    }

    fn unsubscribe(&self, room: RoomId) {
        if let Some(node) = &self.node {
            node.subscriber.unsubscribe(room);
        }
    }
}

impl Drop for UserConnection {
    fn drop(&mut self) {
        self.presence.disconnect(self.user);
    }
}

impl std::fmt::Debug for UserConnection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("UserConnection").field(&self.user).finish()
    }
}

/// The users connected to this node, and how many of them are in each room.
#[derive(Debug, Default)]
struct Local {
    users: HashMap<UserId, LocalUser>,
    rooms: HashMap<RoomId, usize>,
}

#[derive(Debug, Default)]
struct LocalUser {
    connections: usize,
    rooms: HashSet<RoomId>,
}

impl Local {
    /// Returns whether it is the user's first connection; `subscribe` is called for each room that had no member here.
    fn connect(&mut self, user: UserId, rooms: Vec<RoomId>, mut subscribe: impl FnMut(RoomId)) -> bool {
        let known = self.users.entry(user).or_default();
        known.connections += 1;
        let first = known.connections == 1;
        for room in rooms {
            self.add_room(user, room, &mut subscribe);
        }
        first
    }

    fn add_room(&mut self, user: UserId, room: RoomId, mut subscribe: impl FnMut(RoomId)) {
        let Some(known) = self.users.get_mut(&user) else { return };
        if known.rooms.insert(room) {
            let members = self.rooms.entry(room).or_default();
            *members += 1;
            if *members == 1 {
                subscribe(room);
            }
        }
    }

    /// Returns whether it was the user's last connection; `unsubscribe` is called for each room without a member left.
    fn disconnect(&mut self, user: UserId, mut unsubscribe: impl FnMut(RoomId)) -> bool {
        let Some(known) = self.users.get_mut(&user) else { return false };
        known.connections -= 1;
        if known.connections > 0 {
            return false;
        }
        for room in self.users.remove(&user).unwrap_or_default().rooms {
            self.release(room, &mut unsubscribe);
        }
        true
    }

    fn remove_room(&mut self, user: UserId, room: RoomId, unsubscribe: impl FnMut(RoomId)) {
        if self.users.get_mut(&user).is_some_and(|known| known.rooms.remove(&room)) {
            self.release(room, unsubscribe);
        }
    }

    /// Counts one member of a room less.
    fn release(&mut self, room: RoomId, mut unsubscribe: impl FnMut(RoomId)) {
        if let Some(members) = self.rooms.get_mut(&room) {
            *members -= 1;
            if *members == 0 {
                self.rooms.remove(&room);
                unsubscribe(room);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    const ALICE: UserId = UserId(1);
    const BOB: UserId = UserId(2);

    #[test]
    fn reports_the_first_and_the_last_connection() {
        let (presence, mut changes) = Presence::new(None, 2);
        assert!(!presence.online(ALICE));
        let phone = presence.connect(ALICE, vec![]);
        assert_eq!(changes.try_recv(), Ok(PresenceChange::Online(ALICE)));
        let laptop = presence.connect(ALICE, vec![]);
        assert!(presence.online(ALICE) && !presence.online(BOB));
        assert!(presence.connect(ALICE, vec![]).is_none(), "a third one");
        drop(phone);
        assert!(presence.online(ALICE));
        assert!(changes.try_recv().is_err());
        drop(laptop);
        assert_eq!(changes.try_recv(), Ok(PresenceChange::Offline(ALICE)));
        assert!(!presence.online(ALICE));
        presence.disconnect(ALICE);
        assert!(changes.try_recv().is_err(), "nobody leaves twice");
        let _tablet = presence.connect(ALICE, vec![]);
        assert_eq!(changes.try_recv(), Ok(PresenceChange::Online(ALICE)));
    }

    #[test]
    fn reports_each_change_once_and_in_order_under_contention() {
        let (presence, mut changes) = Presence::new(None, 2);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..1000).for_each(|user| drop(presence.connect(UserId(user), vec![]))));
            }
        });
        let mut online = HashSet::new();
        while let Ok(change) = changes.try_recv() {
            assert!(match change {
                PresenceChange::Online(user) => online.insert(user),
                PresenceChange::Offline(user) => online.remove(&user),
            });
        }
        assert_eq!(online, HashSet::new());
        let connections: Vec<_> = std::thread::scope(|scope| {
            let connect = || (0..1000).map(|user| presence.connect(UserId(user), vec![])).collect::<Vec<_>>();
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(connect)).collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!((connections.len(), changes.len()), (4000, 1000));
    }

    #[test]
    fn subscribes_with_the_first_member_of_a_room_and_unsubscribes_with_the_last() {
        let (mut local, calls) = (Local::default(), RefCell::new(Vec::new()));
        let (subscribe, unsubscribe) =
            (|room| calls.borrow_mut().push((room, true)), |room| calls.borrow_mut().push((room, false)));
        let (one, other) = (RoomId::generate(), RoomId::generate());
        local.connect(ALICE, vec![one], subscribe);
        local.connect(ALICE, vec![one], subscribe);
        local.connect(BOB, vec![one], subscribe);
        local.add_room(BOB, other, subscribe);
        local.add_room(UserId(3), RoomId::generate(), subscribe);
        assert_eq!(calls.take(), [(one, true), (other, true)]);
        local.disconnect(ALICE, unsubscribe);
        local.disconnect(BOB, unsubscribe);
        assert_eq!(calls.take(), [(other, false)]);
        assert!(local.rooms.contains_key(&one) && !local.rooms.contains_key(&other));
        local.disconnect(ALICE, unsubscribe);
        local.disconnect(ALICE, unsubscribe);
        assert_eq!(calls.take(), [(one, false)]);
        assert!(local.rooms.is_empty() && local.users.is_empty());
        local.connect(ALICE, vec![one], subscribe);
        local.connect(BOB, vec![one], subscribe);
        for user in [ALICE, ALICE, UserId(3), BOB] {
            local.remove_room(user, one, unsubscribe);
        }
        assert_eq!(calls.take(), [(one, true), (one, false)], "with the last one who leaves the room");
    }
}
