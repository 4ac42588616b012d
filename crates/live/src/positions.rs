//! The position of each room's newest entry: sent at intervals, so that a client that has missed something learns of it.

use std::collections::{BTreeMap, HashMap};

use domain::event::Logged;
use domain::id::UserId;
use domain::log::{Cursor, Scope};
use domain::payload::RoomPositions;
use parking_lot::Mutex;

/// The position of the newest entry of each scope, and who got its events, since the last [`Positions::take`].
#[derive(Debug, Default)]
pub(crate) struct Positions(Mutex<HashMap<Scope, (i64, Vec<UserId>)>>);

impl Positions {
    /// Notes an entry that was sent.
    pub(crate) fn note(&self, logged: &Logged) {
        let users = logged.events.iter().flat_map(|event| event.audience.users()).collect();
        self.0.lock().insert(logged.entry.scope(), (logged.position, users));
    }

    /// Returns what is to be sent to each user, and forgets it; `cursor` is the position up to which everything was sent.
    pub(crate) fn take(&self, cursor: &Cursor) -> HashMap<UserId, RoomPositions> {
        let mut all: HashMap<UserId, RoomPositions> = HashMap::new();
        for (scope, (position, users)) in std::mem::take(&mut *self.0.lock()) {
            for user in users {
                let positions = all.entry(user).or_insert_with(|| RoomPositions {
                    cursor: cursor.clone(),
                    rooms: BTreeMap::new(),
                    user: None,
                });
                match scope {
                    Scope::Room(room) => drop(positions.rooms.insert(room, position)),
                    Scope::User(_) => positions.user = Some(position),
                }
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use domain::event::{Audience, Event};
    use domain::event_table::LogEntry;
    use domain::id::RoomId;
    use domain::payload::FriendRemoved;

    use super::*;

    const ALICE: UserId = UserId(1);
    const BOB: UserId = UserId(2);

    fn logged(position: i64, entry: LogEntry, users: &[UserId]) -> Logged {
        let event = Event::new(&FriendRemoved { user_id: BOB }, Audience::Users(users.to_vec()));
        Logged { position, entry, events: vec![event.unwrap()], origin: None }
    }

    #[test]
    fn returns_to_each_user_their_newest_positions_once() {
        let (positions, room, other) = (Positions::default(), RoomId::generate(), RoomId::generate());
        positions.note(&logged(5, LogEntry::MessageSent { room, seq: 1 }, &[ALICE, BOB]));
        positions.note(&logged(7, LogEntry::MessageSent { room, seq: 2 }, &[ALICE, BOB]));
        positions.note(&logged(6, LogEntry::MessageSent { room: other, seq: 1 }, &[BOB]));
        positions.note(&logged(8, LogEntry::FriendRemoved { to: ALICE, user: BOB }, &[ALICE]));
        let cursor = |position| Cursor { epoch: "e".to_owned(), position };
        let taken = positions.take(&cursor(8));
        assert_eq!(taken[&ALICE].rooms, BTreeMap::from([(room, 7)]));
        assert_eq!((taken[&ALICE].user, &taken[&ALICE].cursor), (Some(8), &cursor(8)));
        assert_eq!(taken[&BOB].rooms, BTreeMap::from([(room, 7), (other, 6)]));
        assert_eq!(taken[&BOB].user, None);
        assert!(positions.take(&cursor(9)).is_empty());
    }
}
