//! Messages, read in pages and written in batches.

use std::collections::BTreeMap;

use diesel::prelude::*;
use domain::id::{MessageId, RoomId, UserId};
use domain::message::{ClientKey, Message, MessageSeq};
use domain::page::{Anchor, Page};
use domain::receipt::{self, Receipt};
use domain::time::Time;

use crate::cached::{cached, pad_in_list};
use crate::conn::Conn;
use crate::error::Error;
use crate::hidden::{self, HiddenMessage};
use crate::ids::room_id;
use crate::members::RoomMember;
use crate::schema::{chatrooms, hidden_messages, media, messages, users};
use crate::users::AuthorRow;
use crate::viewer::Viewer;
use crate::{reactions, uploads};

mod row;

mod keyed;
mod new;

mod checked_extras;

mod batch;

pub use batch::{Batch, write_batch};
pub use new::{NewMessage, Written};
use row::{Joined, Row, with_quotes};

/// Returns a message with its status as `viewer` may see it.
#[must_use]
pub fn seen_by(mut message: Message, viewer: UserId, receipts: &[Receipt]) -> Message {
    (message.read_status, message.read_by_count) =
        receipt::status(receipts, viewer, message.sender, message.seq);
    message
}

/// Returns a page of a room's history as a member has it, oldest first.
pub fn page(conn: &mut Conn, member: &RoomMember, page: Page) -> Result<Vec<Message>, Error> {
    let (anchor, limit) = (page.anchor, page.limit);
    let rows = match anchor {
        Anchor::Newest => load(conn, member, Part::Newest, limit)?,
        Anchor::BeforeTime(time) => load(conn, member, Part::BeforeTime(time), limit)?,
        Anchor::Before(id) => {
            let seq = seq_of(conn, member, id)?;
            load(conn, member, Part::Before(seq), limit)?
        }
        Anchor::After(id) => {
            let seq = seq_of(conn, member, id)?;
            load(conn, member, Part::After(seq), limit)?
        }
        Anchor::Around(id) => {
            let (seq, newer) = (seq_of(conn, member, id)?, limit / 2);
            let mut rows = load(conn, member, Part::Before(seq + 1), limit - newer)?;
            rows.extend(load(conn, member, Part::After(seq), newer)?);
            rows
        }
        Anchor::FromTime(time) => {
            let last = last_before(conn, member.room(), time)?;
            load(conn, member, Part::After(last), limit)?
        }
    };
    let mut page = with_quotes(conn, member.viewer(), rows)?;
    page.sort_unstable_by_key(|message| message.seq);
    reactions::add_to_page(conn, &mut page)?;
    Ok(page)
}

/// A part of a room's history, read from its edge on.
#[derive(Clone, Copy)]
enum Part {
    Newest,
    BeforeTime(Time),
    Before(i64),
    After(i64),
}

fn load(conn: &mut Conn, member: &RoomMember, part: Part, limit: i64) -> Result<Vec<Joined>, Error> {
    let (room, Viewer { user, now }) = (member.room(), member.viewer());
    let hidden_in_room = hidden_messages::table
        .filter(hidden_messages::user_id.eq(user.0))
        .filter(hidden_messages::chatroom_id.eq(room.bytes()))
        .select(hidden_messages::seq);
    // The room's rows in their order, as many as wanted: hidden rows that are joined tempt MariaDB to put the whole room
    // together first.
    let mut query = messages::table
        .filter(messages::chatroom_id.eq(room.bytes()))
        .filter(messages::seq.ne_all(hidden_in_room))
        .filter(messages::expires_at.is_null().or(messages::expires_at.gt(now.naive())))
        .limit(limit)
        .select((Row::as_select(), messages::sender_id, messages::media_id))
        .into_boxed();
    query = match part {
        Part::Newest => query.order(messages::seq.desc()),
        Part::BeforeTime(time) => {
            query.filter(messages::timestamp.lt(time.naive())).order(messages::seq.desc())
        }
        Part::Before(seq) => query.filter(messages::seq.lt(seq)).order(messages::seq.desc()),
        Part::After(seq) => query.filter(messages::seq.gt(seq)).order(messages::seq.asc()),
    };
    let rows = query.load(conn)?;
    row::joined(conn, rows)
}

/// Returns the seq of a room's last message before a moment, 0 if there is none.
///
/// It halves the room until it is found: seqs have no gaps, and times increase with them.
fn last_before(conn: &mut Conn, room: RoomId, time: Time) -> Result<i64, Error> {
    let last: i64 = chatrooms::table.find(room.bytes()).select(chatrooms::last_seq).first(conn)?;
    let (mut before, mut after) = (0, last + 1);
    while after - before > 1 {
        let middle = before + (after - before) / 2;
        let sent = messages::table.find((room.bytes(), middle)).select(messages::timestamp);
        let sent: chrono::NaiveDateTime = sent.first(conn)?;
        if sent < time.naive() {
            before = middle;
        } else {
            after = middle;
        }
    }
    Ok(before)
}

/// Returns the newest message of each of these rooms that `viewer` has.
pub fn newest(conn: &mut Conn, viewer: Viewer, rooms: &[&[u8]]) -> Result<Vec<Message>, Error> {
    let last = chatrooms::chatroom_id.eq(messages::chatroom_id).and(chatrooms::last_seq.eq(messages::seq));
    let query = messages::table
        .inner_join(chatrooms::table.on(last))
        .inner_join(users::table)
        .left_join(media::table)
        .filter(chatrooms::chatroom_id.eq_any(pad_in_list(rooms)))
        .select((Row::as_select(), AuthorRow::as_select(), Option::<uploads::Row>::as_select()));
    let rows: Vec<Joined> = cached(query).load(conn)?;
    let mut found = with_quotes(conn, viewer, rows)?;
    let newest: Vec<MessageSeq> = found.iter().map(Message::at).collect();
    let hidden = hidden::at(conn, &newest)?;
    let mut without = Vec::new();
    found.retain(|message| {
        let expired = message.expires_at.is_some_and(|expires| expires <= viewer.now);
        let hidden = expired || hidden.contains(&HiddenMessage { user: viewer.user, message: message.at() });
        without.extend(hidden.then_some(message.room));
        !hidden
    });
    reactions::add_to(conn, &mut found)?;
    if !without.is_empty() {
        let shown = hidden::newest_shown(conn, viewer, &without)?;
        found.extend(at(conn, viewer, &shown)?);
    }
    Ok(found)
}

/// Returns a message of a room, as [`at`] does; [`Error::NotFound`] if it is not there.
pub fn find(conn: &mut Conn, member: &RoomMember, seq: i64) -> Result<Message, Error> {
    of_room(conn, member, &[seq])?.pop().ok_or(Error::NotFound)
}

/// Returns these messages of a room, as [`at`] does.
pub fn of_room(conn: &mut Conn, member: &RoomMember, seqs: &[i64]) -> Result<Vec<Message>, Error> {
    let wanted: Vec<MessageSeq> = seqs.iter().map(|seq| member.message(*seq)).collect();
    at(conn, member.viewer(), &wanted)
}

/// Returns these messages in no particular order, also those that the viewer has hidden; of those that are gone nothing
/// is left, as of those that were unsent.
///
/// For messages of many rooms, whose members are known: of the event log, and of what was found in one's rooms.
pub fn at(conn: &mut Conn, viewer: Viewer, wanted: &[MessageSeq]) -> Result<Vec<Message>, Error> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = messages::table
        .inner_join(users::table)
        .left_join(media::table)
        .select((Row::as_select(), AuthorRow::as_select(), Option::<uploads::Row>::as_select()))
        .into_boxed();
    for (room, seqs) in by_room(wanted) {
        query = query
            .or_filter(messages::chatroom_id.eq(room.0.as_bytes().to_vec()).and(messages::seq.eq_any(seqs)));
    }
    let rows: Vec<Joined> = query.load(conn)?;
    let mut found = with_quotes(conn, viewer, rows)?;
    reactions::add_to(conn, &mut found)?;
    Ok(found)
}

/// Groups messages by their rooms.
pub(crate) fn by_room(messages: &[MessageSeq]) -> BTreeMap<RoomId, Vec<i64>> {
    let mut rooms: BTreeMap<RoomId, Vec<i64>> = BTreeMap::new();
    for message in messages {
        rooms.entry(message.room).or_default().push(message.seq);
    }
    rooms
}

/// Returns the message that its sender gave a key; [`Error::NotFound`] if there is none.
pub fn under_key(conn: &mut Conn, sender: UserId, key: &ClientKey) -> Result<MessageSeq, Error> {
    let (room, seq): (Vec<u8>, i64) = messages::table
        .filter(messages::sender_id.eq(sender.0))
        .filter(messages::client_key.eq(key.stored()))
        .select((messages::chatroom_id, messages::seq))
        .first(conn)?;
    Ok(MessageSeq { room: room_id(&room)?, seq })
}

/// Returns the seq of a message in a room; [`Error::NotFound`] if it is not there.
pub fn seq_of(conn: &mut Conn, member: &RoomMember, id: MessageId) -> Result<i64, Error> {
    Ok(messages::table
        .filter(messages::message_id.eq(id.0))
        .filter(messages::chatroom_id.eq(member.room().bytes()))
        .select(messages::seq)
        .first(conn)?)
}
