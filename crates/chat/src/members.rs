//! The members of rooms and how far each has read, cached: a new message needs no query for its audience.

use std::collections::HashMap;

use domain::event::Reader;
use domain::id::{RoomId, UserId};
use domain::message::Message;
use domain::receipt::Receipt;
use parking_lot::Mutex;
use persistence::error::Error;
use persistence::hidden::{self, HiddenMessage};
use persistence::{Conn, receipts};

/// How many rooms are cached at most; beyond it the cache is emptied.
const ROOMS_MAX: usize = 100_000;

/// The members of the rooms that had a message lately.
#[derive(Default)]
pub(crate) struct Members(Mutex<HashMap<RoomId, CachedRoom>>);

enum CachedRoom {
    /// The room is being loaded; `stale` if it changed meanwhile.
    Loading { stale: bool },
    /// Its members.
    Loaded(Vec<Member>),
}

struct Member {
    receipt: Receipt,
    /// What they had hidden beyond it when the room was loaded.
    hidden: Vec<i64>,
}

/// The receipts of a room's members, and what they have hidden beyond them.
pub(crate) type LoadedRoom = (Vec<Receipt>, Vec<HiddenMessage>);

/// Loads the members of a room.
pub(crate) fn load(conn: &mut Conn, room: RoomId) -> Result<LoadedRoom, Error> {
    Ok((receipts::of_room(conn, room)?, hidden::unread(conn, &[room.bytes()], None)?))
}

impl Members {
    /// Returns the readers of a message that was just stored, each with what they have not read.
    ///
    /// Calls `load` if the room is not cached. The sender counts as having read the message.
    pub(crate) fn readers<E>(
        &self,
        message: &Message,
        load: impl Fn() -> Result<LoadedRoom, E>,
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
        load: impl Fn() -> Result<LoadedRoom, E>,
    ) -> Result<Vec<UserId>, E> {
        loop {
            if let Some(CachedRoom::Loaded(members)) = self.0.lock().get(&room) {
                return Ok(members.iter().map(|member| member.receipt.user).collect());
            }
            self.load(room, &load)?;
        }
    }

    fn load<E>(&self, room: RoomId, load: impl Fn() -> Result<LoadedRoom, E>) -> Result<(), E> {
        self.begin(room);
        let loaded = load();
        let mut rooms = self.0.lock();
        let stale = matches!(rooms.get(&room), Some(CachedRoom::Loading { stale: true }));
        match loaded {
            Ok((receipts, hidden)) if !stale => {
                let of = |user: UserId| hidden.iter().filter(move |hidden| hidden.user == user);
                let seqs = |user| of(user).map(|hidden| hidden.message.seq).collect();
                let member = |receipt: Receipt| Member { hidden: seqs(receipt.user), receipt };
                let members = receipts.into_iter().map(member).collect();
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
                for member in members.iter_mut().filter(|member| member.receipt.user == user) {
                    member.receipt.advance(seq, seq);
                }
            }
            Some(CachedRoom::Loading { stale }) => *stale = true,
            None => {}
        }
    }
}

fn unread(members: &mut [Member], message: &Message) -> Vec<Reader> {
    members
        .iter_mut()
        .map(|Member { receipt, hidden }| {
            if receipt.user == message.sender {
                receipt.advance(message.seq, message.seq);
            }
            Reader { user: receipt.user, unread: receipt.unread(message.seq, hidden.iter().copied()) }
        })
        .collect()
}

#[cfg(test)]
mod tests;
