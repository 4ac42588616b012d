//! The members of rooms and how far each has read, cached: a new message needs no query for its audience.

use std::collections::HashMap;

use domain::event::Reader;
use domain::id::{RoomId, UserId};
use domain::message::Message;
use domain::receipt::Receipt;
use parking_lot::Mutex;

/// How many rooms are cached at most; beyond it the cache is emptied.
const ROOMS_MAX: usize = 100_000;

/// The members of the rooms that had a message lately.
#[derive(Default)]
pub(crate) struct Members(Mutex<HashMap<RoomId, CachedRoom>>);

enum CachedRoom {
    /// The room is being loaded; `stale` if it changed meanwhile.
    Loading { stale: bool },
    /// Each member and the seq up to which they have read.
    Loaded(Vec<(UserId, i64)>),
}

impl Members {
    /// Returns the readers of a message that was just stored, each with what they have not read.
    ///
    /// Calls `load` if the room is not cached. The sender counts as having read the message.
    pub(crate) fn readers<E>(
        &self,
        message: &Message,
        load: impl Fn() -> Result<Vec<Receipt>, E>,
    ) -> Result<Vec<Reader>, E> {
        loop {
            if let Some(CachedRoom::Loaded(members)) = self.0.lock().get_mut(&message.room) {
                return Ok(unread(members, message));
            }
            self.load(message.room, &load)?;
        }
    }

    /// Returns the members of a room; calls `load` if it is not cached.
    pub(crate) fn users<E>(
        &self,
        room: RoomId,
        load: impl Fn() -> Result<Vec<Receipt>, E>,
    ) -> Result<Vec<UserId>, E> {
        loop {
            if let Some(CachedRoom::Loaded(members)) = self.0.lock().get(&room) {
                return Ok(members.iter().map(|(user, _)| *user).collect());
            }
            self.load(room, &load)?;
        }
    }

    fn load<E>(&self, room: RoomId, load: impl Fn() -> Result<Vec<Receipt>, E>) -> Result<(), E> {
        self.begin(room);
        let loaded = load();
        let mut rooms = self.0.lock();
        let stale = matches!(rooms.get(&room), Some(CachedRoom::Loading { stale: true }));
        match loaded {
            Ok(receipts) if !stale => {
                let members = receipts.iter().map(|member| (member.user, member.read_seq)).collect();
                rooms.insert(room, CachedRoom::Loaded(members));
                Ok(())
            }
            Ok(_) => Ok(()),
            Err(error) => {
                rooms.remove(&room);
                Err(error)
            }
        }
    }

    fn begin(&self, room: RoomId) {
        let mut rooms = self.0.lock();
        if rooms.len() >= ROOMS_MAX {
            rooms.clear();
        }
        rooms.insert(room, CachedRoom::Loading { stale: false });
    }

    /// Drops a room that another node has changed.
    pub(crate) fn forget(&self, room: RoomId) {
        match self.0.lock().get_mut(&room) {
            Some(CachedRoom::Loading { stale }) => *stale = true,
            Some(loaded) => *loaded = CachedRoom::Loading { stale: true },
            None => {}
        }
    }

    /// Takes in that a member has read up to `seq`.
    pub(crate) fn read(&self, room: RoomId, user: UserId, seq: i64) {
        match self.0.lock().get_mut(&room) {
            Some(CachedRoom::Loaded(members)) => {
                for (_, read) in members.iter_mut().filter(|member| member.0 == user) {
                    *read = seq.max(*read);
                }
            }
            Some(CachedRoom::Loading { stale }) => *stale = true,
            None => {}
        }
    }
}

fn unread(members: &mut [(UserId, i64)], message: &Message) -> Vec<Reader> {
    members
        .iter_mut()
        .map(|(user, read)| {
            if *user == message.sender {
                *read = message.seq.max(*read);
            }
            Reader { user: *user, unread: (message.seq - *read).max(0) }
        })
        .collect()
}

#[cfg(test)]
mod tests;
