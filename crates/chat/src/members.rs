//! The members of rooms and how far each has read, cached: a new message needs no query for its audience.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::event::Reader;
use domain::id::{RoomId, UserId};
use domain::message::Message;
use domain::receipt::Receipt;
use parking_lot::Mutex;
use persistence::error::Error;
use persistence::hidden::{self, HiddenMessage};
use persistence::{Conn, receipts, rooms, system_messages};

/// How many rooms are cached at most; beyond it the cache is emptied.
const ROOMS_MAX: usize = 100_000;

/// The members of the rooms that had a message lately.
#[derive(Default)]
pub(crate) struct Members {
    rooms: Mutex<HashMap<RoomId, CachedRoom>>,
    loads: AtomicU64,
}

enum CachedRoom {
    /// The room is being loaded, by this number; what was loaded under another one may be older than a change.
    Loading(u64),
    /// Its members.
    Loaded(LoadedMembers),
}

struct LoadedMembers {
    members: Vec<Member>,
    /// The ascending seqs of the system messages that any of them had not read.
    system: Vec<i64>,
    /// All messages up to this seq are taken in.
    last_seq: i64,
}

struct Member {
    receipt: Receipt,
    /// What they had hidden beyond it when the room was loaded.
    hidden: Vec<i64>,
}

/// A room as the database has it.
pub(crate) struct LoadedRoom {
    /// All messages up to this seq are taken in.
    pub(crate) last_seq: i64,
    /// The receipts of its members.
    pub(crate) receipts: Vec<Receipt>,
    /// What they have hidden beyond them.
    pub(crate) hidden: Vec<HiddenMessage>,
    /// The ascending seqs of its system messages beyond the least of them.
    pub(crate) system: Vec<i64>,
}

/// Loads the members of a room.
pub(crate) fn load(conn: &mut Conn, room: RoomId) -> Result<LoadedRoom, Error> {
    // Read first: what is stored after it is beyond it.
    let last_seq = rooms::last_seq(conn, room)?;
    let receipts = receipts::whole(conn, room)?;
    let hidden = hidden::unread(conn, &[room.bytes()], None)?;
    let system = system_messages::unread(conn, &[room.bytes()], None)?.remove(&room).unwrap_or_default();
    Ok(LoadedRoom { last_seq, receipts, hidden, system })
}

impl Members {
    /// Returns the readers of a message that was just stored, each with what they have not read.
    ///
    /// Calls `load` if the room is not cached, or if a message before this one is not taken in: what the server wrote
    /// there may be of a new member. The sender counts as having read the message.
    pub(crate) fn readers<E>(
        &self,
        message: &Message,
        load: impl Fn() -> Result<LoadedRoom, E>,
    ) -> Result<Vec<Reader>, E> {
        loop {
            if let Some(CachedRoom::Loaded(room)) = self.rooms.lock().get_mut(&message.room)
                && message.seq <= room.last_seq.saturating_add(1)
            {
                room.last_seq = room.last_seq.max(message.seq);
                return Ok(unread(room, message));
            }
            self.load(message.room, &load)?;
        }
    }

    /// Returns the members of a room; calls `load` if it is not cached.
    pub(crate) fn users<E>(
        &self,
        room: RoomId,
        load: impl Fn() -> Result<LoadedRoom, E>,
    ) -> Result<Vec<UserId>, E> {
        loop {
            if let Some(CachedRoom::Loaded(loaded)) = self.rooms.lock().get(&room) {
                return Ok(loaded.members.iter().map(|member| member.receipt.user).collect());
            }
            self.load(room, &load)?;
        }
    }

    fn load<E>(&self, room: RoomId, load: impl Fn() -> Result<LoadedRoom, E>) -> Result<(), E> {
        let number = self.begin(room);
        let loaded = load();
        let mut rooms = self.rooms.lock();
        let current = matches!(rooms.get(&room), Some(CachedRoom::Loading(newest)) if *newest == number);
        match loaded {
            Ok(LoadedRoom { last_seq, receipts, hidden, system }) if current => {
                let of = |user: UserId| hidden.iter().filter(move |hidden| hidden.user == user);
                let seqs = |user| of(user).map(|hidden| hidden.message.seq).collect();
                let member = |receipt: Receipt| Member { hidden: seqs(receipt.user), receipt };
                let members = receipts.into_iter().map(member).collect();
                rooms.insert(room, CachedRoom::Loaded(LoadedMembers { members, system, last_seq }));
                Ok(())
            }
            Ok(_) => Ok(()),
            Err(error) => {
                rooms.remove(&room);
                Err(error)
            }
        }
    }

    fn begin(&self, room: RoomId) -> u64 {
        let number = self.loads.fetch_add(1, Ordering::Relaxed);
        let mut rooms = self.rooms.lock();
        if rooms.len() >= ROOMS_MAX {
            rooms.clear();
        }
        rooms.insert(room, CachedRoom::Loading(number));
        number
    }

    /// Drops a room whose members have changed, or what they have hidden.
    pub(crate) fn forget(&self, room: RoomId) {
        self.rooms.lock().remove(&room);
    }

    /// Takes in that a member has read up to `seq`.
    pub(crate) fn read(&self, room: RoomId, user: UserId, seq: i64) {
        let mut rooms = self.rooms.lock();
        if let Some(CachedRoom::Loaded(loaded)) = rooms.get_mut(&room) {
            for member in loaded.members.iter_mut().filter(|member| member.receipt.user == user) {
                member.receipt.advance(seq, seq);
            }
        } else {
            // What is being loaded may be older.
            rooms.remove(&room);
        }
    }
}

fn unread(LoadedMembers { members, system, .. }: &mut LoadedMembers, message: &Message) -> Vec<Reader> {
    members
        .iter_mut()
        .map(|Member { receipt, hidden }| {
            if receipt.user == message.sender {
                receipt.advance(message.seq, message.seq);
            }
            Reader { user: receipt.user, unread: receipt.unread(message.seq, hidden.iter().copied(), system) }
        })
        .collect()
}

#[cfg(test)]
mod tests;
