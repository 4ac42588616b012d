//! The rooms that users on this node are in.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use domain::id::{RoomId, UserId};
use parking_lot::Mutex;

use super::Cluster;

/// Counts who is here of which room.
#[derive(Debug, Default)]
pub(crate) struct Interest(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    users: HashMap<UserId, Here>,
    rooms: HashMap<RoomId, usize>,
}

#[derive(Debug, Default)]
struct Here {
    connections: usize,
    rooms: HashSet<RoomId>,
}

impl Interest {
    /// Counts one more connection of a user who is in these rooms; `first` is called for each room that nobody here was in.
    pub(crate) fn enter(&self, user: UserId, rooms: Vec<RoomId>, first: impl Fn(RoomId)) {
        let mut state = self.0.lock();
        state.users.entry(user).or_default().connections += 1;
        for room in rooms {
            state.add(user, room, &first);
        }
    }

    /// Notes that a user is in one more room, if they are here.
    pub(crate) fn open(&self, user: UserId, room: RoomId, first: impl Fn(RoomId)) {
        let mut state = self.0.lock();
        if state.users.contains_key(&user) {
            state.add(user, room, &first);
        }
    }

    /// Counts one connection less; `last` is called for each room that nobody here is in any more.
    pub(crate) fn leave(&self, user: UserId, last: impl Fn(RoomId)) {
        let state = &mut *self.0.lock();
        let Some(here) = state.users.get_mut(&user) else { return };
        here.connections -= 1;
        if here.connections > 0 {
            return;
        }
        for room in state.users.remove(&user).unwrap_or_default().rooms {
            if let Some(count) = state.rooms.get_mut(&room) {
                *count -= 1;
                if *count == 0 {
                    state.rooms.remove(&room);
                    last(room);
                }
            }
        }
    }

    /// Whether anybody here is in the room.
    pub(crate) fn has(&self, room: RoomId) -> bool {
        self.0.lock().rooms.contains_key(&room)
    }
}

impl State {
    fn add(&mut self, user: UserId, room: RoomId, first: &impl Fn(RoomId)) {
        if !self.users.entry(user).or_default().rooms.insert(room) {
            return;
        }
        let count = self.rooms.entry(room).or_default();
        *count += 1;
        if *count == 1 {
            first(room);
        }
    }
}

/// One connection of a user whose rooms are listened to, until it is dropped.
pub(crate) struct Listening {
    cluster: Arc<Cluster>,
    user: UserId,
}

impl Listening {
    pub(super) fn new(cluster: Arc<Cluster>, user: UserId) -> Self {
        Self { cluster, user }
    }
}

impl std::fmt::Debug for Listening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Listening").field(&self.user).finish()
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.cluster.unlisten(self.user);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[test]
    fn tells_the_first_and_the_last_of_each_room() {
        let (interest, said) = (Interest::default(), RefCell::new(Vec::new()));
        let (first, last) =
            (|room| said.borrow_mut().push((room, true)), |room| said.borrow_mut().push((room, false)));
        let (one, other) = (RoomId::generate(), RoomId::generate());
        let (alice, bob) = (UserId(1), UserId(2));
        interest.enter(alice, vec![one], first);
        interest.enter(alice, vec![one], first);
        interest.enter(bob, vec![one], first);
        interest.open(bob, other, first);
        interest.open(UserId(3), RoomId::generate(), first);
        assert_eq!(said.take(), [(one, true), (other, true)]);
        interest.leave(alice, last);
        interest.leave(bob, last);
        assert_eq!(said.take(), [(other, false)]);
        assert!(interest.has(one) && !interest.has(other));
        interest.leave(alice, last);
        interest.leave(alice, last);
        assert_eq!(said.take(), [(one, false)]);
        assert!(!interest.has(one));
    }
}
