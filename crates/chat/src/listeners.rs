//! Who is in a room and how far each has read, kept in memory: a message then finds its listeners without a query.

use std::collections::HashMap;

use domain::event::Reader;
use domain::id::{RoomId, UserId};
use domain::message::Message;
use domain::receipt::Receipt;
use parking_lot::Mutex;

/// The rooms that are remembered at most; beyond it all are forgotten and loaded again as they speak.
const ROOMS_MAX: usize = 100_000;

/// The listeners of the rooms that spoke lately.
#[derive(Default)]
pub(crate) struct Listeners(Mutex<HashMap<RoomId, Entry>>);

enum Entry {
    /// Somebody is reading the room from the database; `stale` if a mark moved meanwhile.
    Loading { stale: bool },
    /// Each member and the place up to which they have read.
    Known(Vec<(UserId, i64)>),
}

impl Listeners {
    /// Returns who hears a message that was just stored, loading the room if it is not remembered.
    ///
    /// Its sender has read it, and everything before it.
    pub(crate) fn of<E>(
        &self,
        message: &Message,
        load: impl Fn() -> Result<Vec<Receipt>, E>,
    ) -> Result<Vec<Reader>, E> {
        loop {
            if let Some(Entry::Known(members)) = self.0.lock().get_mut(&message.room) {
                return Ok(hear(members, message));
            }
            self.load(message.room, &load)?;
        }
    }

    fn load<E>(&self, room: RoomId, load: impl Fn() -> Result<Vec<Receipt>, E>) -> Result<(), E> {
        self.begin(room);
        let loaded = load();
        let mut rooms = self.0.lock();
        let stale = matches!(rooms.get(&room), Some(Entry::Loading { stale: true }));
        match loaded {
            Ok(marks) if !stale => {
                rooms.insert(room, Entry::Known(marks.iter().map(|m| (m.user, m.read_seq)).collect()));
                Ok(())
            }
            Ok(_) => Ok(()),
            Err(error) => {
                rooms.remove(&room);
                Err(error)
            }
        }
    }

    /// Forgets a room, since another node has changed it.
    pub(crate) fn forget(&self, room: RoomId) {
        match self.0.lock().get_mut(&room) {
            Some(Entry::Loading { stale }) => *stale = true,
            Some(known) => *known = Entry::Loading { stale: true },
            None => {}
        }
    }

    fn begin(&self, room: RoomId) {
        let mut rooms = self.0.lock();
        if rooms.len() >= ROOMS_MAX {
            rooms.clear();
        }
        rooms.insert(room, Entry::Loading { stale: false });
    }

    /// Notes that a member has read up to `seq`.
    pub(crate) fn read(&self, room: RoomId, user: UserId, seq: i64) {
        match self.0.lock().get_mut(&room) {
            Some(Entry::Known(members)) => {
                for member in members.iter_mut().filter(|member| member.0 == user) {
                    member.1 = member.1.max(seq);
                }
            }
            Some(Entry::Loading { stale }) => *stale = true,
            None => {}
        }
    }
}

fn hear(members: &mut [(UserId, i64)], message: &Message) -> Vec<Reader> {
    members
        .iter_mut()
        .map(|(user, read)| {
            if *user == message.sender {
                *read = message.seq;
            }
            Reader { user: *user, unread: (message.seq - *read).max(0) }
        })
        .collect()
}
