//! Messages, read in pages and written in batches.

use std::collections::BTreeMap;

use diesel::prelude::*;
use domain::id::{MessageId, RoomId, UserId};
use domain::message::{Message, MessageSeq};
use domain::page::{Anchor, Page};
use domain::receipt::{self, Receipt};

use crate::conn::Conn;
use crate::error::Error;
use crate::hidden::{self, HiddenMessage};
use crate::schema::{chatrooms, hidden_messages, media, messages, users};
use crate::users::AuthorRow;
use crate::{reactions, uploads};

mod row;

mod keyed;
mod new;

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

/// Returns a page of a room's history as `viewer` has it, oldest first.
pub fn page(conn: &mut Conn, viewer: UserId, room: RoomId, page: Page) -> Result<Vec<Message>, Error> {
    let hidden_in_room = hidden_messages::table
        .filter(hidden_messages::user_id.eq(viewer.0))
        .filter(hidden_messages::chatroom_id.eq(room.bytes()))
        .select(hidden_messages::seq);
    // The room's rows in their order, as many as wanted, and then what belongs to each: inner joins and hidden rows that
    // are joined tempt MariaDB to put the whole room together first.
    let mut query = messages::table
        .left_join(users::table)
        .left_join(media::table)
        .filter(messages::chatroom_id.eq(room.bytes()))
        .filter(messages::seq.ne_all(hidden_in_room))
        .limit(page.limit)
        .select((Row::as_select(), Option::<AuthorRow>::as_select(), Option::<uploads::Row>::as_select()))
        .into_boxed();
    query = match page.anchor {
        Anchor::Newest => query.order(messages::seq.desc()),
        Anchor::BeforeTime(time) => {
            query.filter(messages::timestamp.lt(time.naive())).order(messages::seq.desc())
        }
        Anchor::Before(id) => {
            query.filter(messages::seq.lt(seq_of(conn, room, id)?)).order(messages::seq.desc())
        }
        Anchor::After(id) => {
            query.filter(messages::seq.gt(seq_of(conn, room, id)?)).order(messages::seq.asc())
        }
    };
    let rows: Vec<(Row, Option<AuthorRow>, Option<uploads::Row>)> = query.load(conn)?;
    let authored = |(row, author, file): (_, Option<_>, _)| Some((row, author?, file));
    let rows = rows.into_iter().filter_map(authored).collect();
    let mut page = with_quotes(conn, Some(viewer), rows)?;
    page.sort_unstable_by_key(|message| message.seq);
    reactions::add_to_page(conn, &mut page)?;
    Ok(page)
}

/// Returns the newest message of each of these rooms that `viewer` has.
pub fn newest(conn: &mut Conn, viewer: UserId, rooms: &[&[u8]]) -> Result<Vec<Message>, Error> {
    let last = chatrooms::chatroom_id.eq(messages::chatroom_id).and(chatrooms::last_seq.eq(messages::seq));
    let rows: Vec<Joined> = messages::table
        .inner_join(chatrooms::table.on(last))
        .inner_join(users::table)
        .left_join(media::table)
        .filter(chatrooms::chatroom_id.eq_any(rooms))
        .select((Row::as_select(), AuthorRow::as_select(), Option::<uploads::Row>::as_select()))
        .load(conn)?;
    let mut found = with_quotes(conn, Some(viewer), rows)?;
    let newest: Vec<MessageSeq> = found.iter().map(Message::at).collect();
    let hidden = hidden::at(conn, &newest)?;
    let mut without = Vec::new();
    found.retain(|message| {
        let hidden = hidden.contains(&HiddenMessage { user: viewer, message: message.at() });
        without.extend(hidden.then_some(message.room));
        !hidden
    });
    reactions::add_to(conn, &mut found)?;
    if !without.is_empty() {
        let shown = hidden::newest_shown(conn, viewer, &without)?;
        found.extend(at(conn, Some(viewer), &shown)?);
    }
    Ok(found)
}

/// Returns these messages in no particular order, also those that the viewer has hidden.
pub fn at(conn: &mut Conn, viewer: Option<UserId>, wanted: &[MessageSeq]) -> Result<Vec<Message>, Error> {
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

fn by_room(messages: &[MessageSeq]) -> BTreeMap<RoomId, Vec<i64>> {
    let mut rooms: BTreeMap<RoomId, Vec<i64>> = BTreeMap::new();
    for message in messages {
        rooms.entry(message.room).or_default().push(message.seq);
    }
    rooms
}

/// Returns the seq of a message in a room; [`Error::NotFound`] if it is not there.
pub fn seq_of(conn: &mut Conn, room: RoomId, id: MessageId) -> Result<i64, Error> {
    Ok(messages::table
        .filter(messages::message_id.eq(id.0))
        .filter(messages::chatroom_id.eq(room.bytes()))
        .select(messages::seq)
        .first(conn)?)
}
