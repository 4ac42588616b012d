//! What the messages of a batch have beside their content, checked against their rooms.

use std::collections::{BTreeSet, HashMap};

use diesel::prelude::*;
use domain::extras::{ALBUM_MAX, ALBUM_WINDOW, Extras};
use domain::id::{RoomId, UserId};
use domain::message::{Message, MessageSeq};
use domain::receipt::Receipt;

use crate::conn::Conn;
use crate::error::Error;
use crate::locked_rooms::LockedRoom;
use crate::messages::new::NewMessage;
use crate::schema::messages;
use crate::{mentions, receipts};

/// A room, a sender, and their name for an album.
type Album = (RoomId, UserId, String);

/// What the rooms of a batch have that its messages name.
pub(crate) struct CheckedExtras {
    /// The members of the rooms in which somebody is mentioned.
    members: HashMap<RoomId, Vec<Receipt>>,
    /// How many messages albums have.
    albums: HashMap<Album, usize>,
}

impl CheckedExtras {
    /// Queries nothing if no message mentions anybody or is in an album.
    pub(crate) fn load(
        conn: &mut Conn,
        new: &[NewMessage],
        rooms: &HashMap<RoomId, LockedRoom>,
    ) -> Result<Self, Error> {
        let mentioning: BTreeSet<RoomId> =
            new.iter().filter(|new| !new.extras.mentions.is_empty()).map(|new| new.room).collect();
        let mentioning: Vec<&[u8]> = mentioning.iter().map(RoomId::bytes).collect();
        let members = match mentioning.as_slice() {
            [] => HashMap::new(),
            rooms => receipts::of_rooms(conn, rooms, None)?,
        };
        let collecting: BTreeSet<(RoomId, UserId)> = new
            .iter()
            .filter(|new| new.extras.album_id.is_some())
            .map(|new| (new.room, new.sender))
            .collect();
        let mut albums = HashMap::new();
        for (room, sender) in collecting {
            if let Some(locked) = rooms.get(&room) {
                count_albums(conn, locked, sender, &mut albums)?;
            }
        }
        Ok(Self { members, albums })
    }

    /// Returns what a message has beside its content; [`Error::Full`] if its album is full.
    ///
    /// Mentions of users who are not in the room are left out: they may have left since the message was written.
    pub(crate) fn check(&mut self, new: &NewMessage) -> Result<Option<Box<Extras>>, Error> {
        if new.extras == Extras::default() {
            return Ok(None);
        }
        let mut extras = new.extras.clone();
        if let Some(album) = &extras.album_id {
            let count = self.albums.entry((new.room, new.sender, album.clone())).or_default();
            if *count >= ALBUM_MAX {
                return Err(Error::Full);
            }
            *count += 1;
        }
        extras.mentions = mentions::of_members(&extras.mentions, self.members_of(new.room));
        Ok((extras != Extras::default()).then(|| Box::new(extras)))
    }

    /// Returns whom a message mentions.
    pub(crate) fn mentioned(&self, message: &Message) -> impl Iterator<Item = (MessageSeq, UserId)> {
        let at = message.at();
        let mentioned = message.extras.as_ref().map(|extras| {
            mentions::mentioned(&extras.mentions, message.sender, self.members_of(message.room))
        });
        mentioned.unwrap_or_default().into_iter().map(move |user| (at, user))
    }

    fn members_of(&self, room: RoomId) -> &[Receipt] {
        self.members.get(&room).map_or(&[], Vec::as_slice)
    }
}

/// Counts a sender's albums among the newest messages of a room.
fn count_albums(
    conn: &mut Conn,
    room: &LockedRoom,
    sender: UserId,
    albums: &mut HashMap<Album, usize>,
) -> Result<(), Error> {
    let rows: Vec<Option<String>> = messages::table
        .filter(messages::chatroom_id.eq(room.room.bytes()))
        .filter(messages::seq.gt(room.last_seq - ALBUM_WINDOW))
        .filter(messages::sender_id.eq(sender.0))
        .filter(messages::extras.is_not_null())
        .select(messages::extras)
        .load(conn)?;
    for row in rows {
        let album = mentions::parse(row.as_deref())?.and_then(|extras| extras.album_id);
        if let Some(album) = album {
            *albums.entry((room.room, sender, album)).or_default() += 1;
        }
    }
    Ok(())
}
