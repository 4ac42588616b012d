//! Rooms as one of their members sees them: a fixed number of queries for any number of rooms.

use std::collections::HashMap;

use diesel::prelude::*;
use domain::group::Role;
use domain::id::{MessageId, RoomId, UserId};
use domain::message::{Message, MessageSeq};
use domain::receipt::Receipt;
use domain::room::{Room, RoomKind};
use domain::room_settings::{NewestMessage, StoredSettings};
use domain::time::Time;
use domain::user::Profile;

use crate::cached::{cached, pad_in_list};
use crate::conn::Conn;
use crate::error::Error;
use crate::ids::room_id;
use crate::members::{RoomMember, parse_role};
use crate::schema::{chatrooms, messages as message, participants, users};
use crate::users::ProfileRow;
use crate::viewer::Viewer;
use crate::{
    disappearing, hidden, log, mentions, message_requests, messages, receipts, room_settings, system_messages,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = chatrooms)]
struct Row {
    chatroom_id: Vec<u8>,
    chatroom_name: Option<String>,
    kind: String,
    last_seq: i64,
    last_message_at: Option<chrono::NaiveDateTime>,
    created_at: chrono::NaiveDateTime,
    avatar_url: Option<String>,
    disappear_after: Option<i64>,
}

/// Lists a user's rooms, the last changed first; `online` is for the caller to fill in.
pub fn list(conn: &mut Conn, viewer: Viewer) -> Result<Vec<Room>, Error> {
    let mut rooms = load(conn, viewer, None)?;
    rooms.sort_unstable_by_key(|room| std::cmp::Reverse((room.updated_at, room.id)));
    Ok(rooms)
}

/// Returns one room as a member sees it.
pub fn view(conn: &mut Conn, member: &RoomMember) -> Result<Room, Error> {
    load(conn, member.viewer(), Some(member.room()))?.pop().ok_or(Error::NotFound)
}

fn load(conn: &mut Conn, viewer: Viewer, only: Option<RoomId>) -> Result<Vec<Room>, Error> {
    let mut query = participants::table
        .inner_join(chatrooms::table)
        .filter(participants::user_id.eq(viewer.user.0))
        .filter(participants::left_at.is_null())
        .select((Row::as_select(), participants::role, participants::request))
        .into_boxed();
    if let Some(room) = &only {
        query = query.filter(participants::chatroom_id.eq(room.bytes()));
    }
    let rows: Vec<(Row, String, Option<String>)> = query.load(conn)?;
    let ids: Vec<&[u8]> = rows.iter().map(|(row, ..)| row.chatroom_id.as_slice()).collect();
    let mut related = Related::load(conn, viewer, &ids)?;
    let room = |(row, role, request): (Row, String, Option<String>)| {
        let request = message_requests::parse(request.as_deref())?;
        Ok(Room { request, ..related.room(viewer.user, row, parse_role(&role)?)? })
    };
    rows.into_iter().map(room).collect()
}

/// What belongs to rooms beside their rows, by room.
struct Related {
    receipts: HashMap<RoomId, Vec<Receipt>>,
    peers: HashMap<RoomId, Profile>,
    newest: HashMap<RoomId, Message>,
    read_ids: HashMap<RoomId, MessageId>,
    /// What the viewer has hidden and not read.
    hidden: Vec<MessageSeq>,
    /// The system messages that the viewer has not read.
    system: HashMap<RoomId, Vec<i64>>,
    settings: HashMap<RoomId, StoredSettings>,
    /// What mentions the viewer, who has not read it.
    mentions: Vec<MessageSeq>,
}

impl Related {
    fn load(conn: &mut Conn, viewer: Viewer, rooms: &[&[u8]]) -> Result<Self, Error> {
        let newest = messages::newest(conn, viewer, rooms)?;
        let viewer = viewer.user;
        Ok(Self {
            receipts: receipts::of_rooms(conn, rooms, Some(viewer))?,
            peers: peers(conn, viewer, rooms)?,
            newest: newest.into_iter().map(|message| (message.room, message)).collect(),
            read_ids: read_ids(conn, viewer, rooms)?,
            hidden: hidden::unread(conn, rooms, Some(viewer))?.iter().map(|hidden| hidden.message).collect(),
            system: system_messages::unread(conn, rooms, Some(viewer))?,
            settings: room_settings::of_rooms(conn, viewer, rooms)?,
            mentions: mentions::unread(conn, viewer, rooms)?,
        })
    }

    fn mention_count(&self, room: RoomId) -> i64 {
        let shown = |message: &&MessageSeq| message.room == room && !self.hidden.contains(message);
        log::signed(self.mentions.iter().filter(shown).count())
    }

    fn room(&mut self, viewer: UserId, row: Row, role: Role) -> Result<Room, Error> {
        let id = room_id(&row.chatroom_id)?;
        let receipts = self.receipts.remove(&id).unwrap_or_default();
        let own = receipts.iter().find(|receipt| receipt.user == viewer);
        let hidden = self.hidden.iter().filter(|message| message.room == id).map(|message| message.seq);
        let system = self.system.get(&id).map_or(&[][..], Vec::as_slice);
        let unread_count = own.map_or(0, |own| own.unread(row.last_seq, hidden, system));
        let last_read_seq = own.map_or(0, |own| own.read_seq);
        let least_of_others = |seq: fn(&Receipt) -> i64| {
            receipts.iter().filter(|receipt| receipt.user != viewer).map(seq).min().unwrap_or_default()
        };
        let is_group = RoomKind::parse(&row.kind) == Some(RoomKind::Group);
        let peer = self.peers.remove(&id).filter(|_| !is_group);
        let name = match &peer {
            Some(peer) => peer.username.clone(),
            None => row.chatroom_name.clone().unwrap_or_else(|| Room::UNNAMED.to_owned()),
        };
        let created_at = Time::from_naive(row.created_at);
        let newest = NewestMessage { seq: row.last_seq, at: row.last_message_at.map(Time::from_naive) };
        let (user_id, nickname, avatar_url, status) = peer
            .map_or((None, None, row.avatar_url, None), |p| (Some(p.id), p.nickname, p.avatar_url, p.status));
        Ok(Room {
            id,
            name: row.chatroom_name,
            friend_name: name.clone(),
            user_id,
            username: name,
            nickname,
            avatar_url,
            status,
            is_group,
            request: None,
            role,
            online: false,
            unread_count,
            mention_count: self.mention_count(id),
            last_seq: row.last_seq,
            last_read_seq,
            last_read_message_id: self.read_ids.remove(&id),
            peer_delivered_seq: least_of_others(|receipt| receipt.delivered_seq),
            peer_read_seq: least_of_others(|receipt| receipt.read_seq),
            last_message: self
                .newest
                .remove(&id)
                .map(|message| messages::seen_by(message, viewer, &receipts)),
            created_at,
            disappear_after: disappearing::parse(row.disappear_after)?,
            updated_at: newest.at.unwrap_or(created_at),
            settings: self.settings.remove(&id).unwrap_or_default().shown(newest),
        })
    }
}

/// Returns the other member of each one-to-one room.
fn peers(conn: &mut Conn, viewer: UserId, rooms: &[&[u8]]) -> Result<HashMap<RoomId, Profile>, Error> {
    let query = participants::table
        .inner_join(users::table)
        .inner_join(chatrooms::table)
        .filter(participants::chatroom_id.eq_any(pad_in_list(rooms)))
        .filter(chatrooms::kind.eq(RoomKind::Direct.as_str()))
        .filter(participants::user_id.ne(viewer.0))
        .select((participants::chatroom_id, ProfileRow::as_select()));
    let rows: Vec<(Vec<u8>, ProfileRow)> = cached(query).load(conn)?;
    rows.into_iter().map(|(room, row)| Ok((room_id(&room)?, row.into()))).collect()
}

/// Returns the message up to which the viewer has read each room.
fn read_ids(conn: &mut Conn, viewer: UserId, rooms: &[&[u8]]) -> Result<HashMap<RoomId, MessageId>, Error> {
    let read =
        message::chatroom_id.eq(participants::chatroom_id).and(message::seq.eq(participants::last_read_seq));
    let query = participants::table
        .inner_join(message::table.on(read))
        .filter(participants::user_id.eq(viewer.0))
        .filter(participants::chatroom_id.eq_any(pad_in_list(rooms)))
        .select((participants::chatroom_id, message::message_id));
    let rows: Vec<(Vec<u8>, i64)> = cached(query).load(conn)?;
    rows.into_iter().map(|(room, id)| Ok((room_id(&room)?, MessageId(id)))).collect()
}
