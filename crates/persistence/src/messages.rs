//! Messages, read in pages and written in batches.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use domain::id::{MessageId, RoomId, UserId};
use domain::message::{ClientKey, Kind, Message};
use domain::page::{Anchor, Page};
use domain::receipt::{self, ReadStatus, Receipt};
use domain::time::Time;

use crate::conn::Conn;
use crate::error::Error;
use crate::kept::{Kept, filled, pieces};
use crate::pairs::{by_index, one_of};
use crate::schema::{chatrooms, hidden_messages, media, messages, users};
use crate::users::{AuthorRow, room_id};
use crate::{hidden, quotes, reactions, uploads};

#[derive(Queryable, Selectable)]
#[diesel(table_name = messages)]
struct Row {
    message_id: i64,
    chatroom_id: Vec<u8>,
    seq: i64,
    content: Option<String>,
    caption: Option<String>,
    message_type: String,
    media_url: Option<String>,
    client_key: Option<String>,
    reply_to: Option<i64>,
    timestamp: chrono::NaiveDateTime,
    edited_at: Option<chrono::NaiveDateTime>,
    deleted_at: Option<chrono::NaiveDateTime>,
}

type Joined = (Row, AuthorRow, Option<uploads::Row>);

impl Row {
    /// Makes a message of the joined rows, without what stands in other tables.
    fn message(self, author: AuthorRow, file: Option<uploads::Row>) -> Result<Message, Error> {
        let kind = Kind::parse(&self.message_type);
        Ok(Message {
            id: MessageId(self.message_id),
            room: room_id(&self.chatroom_id)?,
            seq: self.seq,
            sender: UserId(author.user_id),
            user: author.into(),
            content: self.content.unwrap_or_default(),
            caption: self.caption,
            kind: kind.ok_or_else(|| Error::Other(format!("no such kind: {}", self.message_type).into()))?,
            media_url: self.media_url,
            media: file.map(TryInto::try_into).transpose()?,
            read_status: ReadStatus::Unread,
            read_by_count: 0,
            timestamp: Time::from_naive(self.timestamp),
            client_msg_id: self.client_key.as_deref().and_then(ClientKey::name_in).map(str::to_owned),
            reply_to: None,
            reactions: Vec::new(),
            edited_at: self.edited_at.map(Time::from_naive),
            deleted: self.deleted_at.is_some(),
        })
    }
}

/// Makes messages of rows, each with what it answers; what a viewer may know of their fate is filled in by [`seen_by`].
fn quoting(conn: &mut Conn, viewer: Option<UserId>, rows: Vec<Joined>) -> Result<Vec<Message>, Error> {
    let mut found = Vec::with_capacity(rows.len());
    let mut answers = Vec::new();
    for (row, author, file) in rows {
        let answered = row.reply_to;
        let message = row.message(author, file)?;
        if let Some(seq) = answered {
            answers.push((found.len(), (message.room, seq)));
        }
        found.push(message);
    }
    let places: Vec<(RoomId, i64)> = answers.iter().map(|(_, place)| *place).collect();
    let quotes = quotes::at(conn, viewer, &places)?;
    for (at, place) in answers {
        if let Some(message) = found.get_mut(at) {
            message.reply_to = quotes.get(&place).cloned().map(Box::new);
        }
    }
    Ok(found)
}

/// Fills in what `viewer` may know of a message's fate.
#[must_use]
pub fn seen_by(mut message: Message, viewer: UserId, marks: &[Receipt]) -> Message {
    (message.read_status, message.read_by_count) =
        receipt::status(marks, viewer, message.sender, message.seq);
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
    let mut page = quoting(conn, Some(viewer), rows)?;
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
    let mut found = quoting(conn, Some(viewer), rows)?;
    let places: Vec<(RoomId, i64)> = found.iter().map(|message| (message.room, message.seq)).collect();
    let hidden = hidden::at(conn, &places)?;
    let mut without = Vec::new();
    found.retain(|message| {
        let hidden = hidden.contains(&(viewer, message.room, message.seq));
        without.extend(hidden.then_some(message.room));
        !hidden
    });
    reactions::add_to(conn, &mut found)?;
    if !without.is_empty() {
        let places = hidden::newest_shown(conn, viewer, &without)?;
        found.extend(at(conn, Some(viewer), &places)?);
    }
    Ok(found)
}

/// Returns the messages at these places of these rooms, in no particular order, also those that a viewer has hidden.
pub fn at(conn: &mut Conn, viewer: Option<UserId>, places: &[(RoomId, i64)]) -> Result<Vec<Message>, Error> {
    if places.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = messages::table
        .inner_join(users::table)
        .left_join(media::table)
        .select((Row::as_select(), AuthorRow::as_select(), Option::<uploads::Row>::as_select()))
        .into_boxed();
    for (room, seqs) in by_room(places) {
        query = query
            .or_filter(messages::chatroom_id.eq(room.0.as_bytes().to_vec()).and(messages::seq.eq_any(seqs)));
    }
    let rows: Vec<Joined> = query.load(conn)?;
    let mut found = quoting(conn, viewer, rows)?;
    reactions::add_to(conn, &mut found)?;
    Ok(found)
}

fn by_room(places: &[(RoomId, i64)]) -> BTreeMap<RoomId, Vec<i64>> {
    let mut rooms: BTreeMap<RoomId, Vec<i64>> = BTreeMap::new();
    for (room, seq) in places {
        rooms.entry(*room).or_default().push(*seq);
    }
    rooms
}

/// Returns the place of a message in a room; [`Error::NotFound`] if it is not there.
pub fn seq_of(conn: &mut Conn, room: RoomId, id: MessageId) -> Result<i64, Error> {
    Ok(messages::table
        .filter(messages::message_id.eq(id.0))
        .filter(messages::chatroom_id.eq(room.bytes()))
        .select(messages::seq)
        .first(conn)?)
}

/// A message that is stored under a key of its sender's.
pub(crate) struct Keyed {
    pub(crate) key: String,
    /// Without its quote and reactions.
    pub(crate) message: Message,
    pub(crate) reply_to: Option<i64>,
}

/// Returns the messages that senders stored under keys of theirs.
pub(crate) fn by_keys(conn: &mut Conn, keys: &[(i64, &str)]) -> Result<Vec<Keyed>, Error> {
    let ids = ids_by_keys(conn, &filled(keys))?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let query = messages::table
        .inner_join(users::table)
        .left_join(media::table)
        .filter(messages::message_id.eq_any(filled(&ids)))
        .select((Row::as_select(), AuthorRow::as_select(), Option::<uploads::Row>::as_select()));
    let rows: Vec<Joined> = Kept(query).load(conn)?;
    rows.into_iter()
        .map(|(row, author, file)| {
            let (key, reply_to) = (row.client_key.clone().unwrap_or_default(), row.reply_to);
            Ok(Keyed { key, message: row.message(author, file)?, reply_to })
        })
        .collect()
}

/// Most keys are new, and so this reads nothing but the index.
fn ids_by_keys(conn: &mut Conn, keys: &[(i64, &str)]) -> Result<Vec<i64>, Error> {
    #[derive(QueryableByName)]
    #[diesel(table_name = messages)]
    struct Found {
        message_id: i64,
    }
    let query = format!(
        "SELECT message_id FROM messages {} WHERE (sender_id, client_key) {}",
        by_index(conn, "messages_client_key"),
        one_of(conn, keys.len()),
    );
    let found: Vec<Found> = on_each!(conn, |c| {
        let mut query = diesel::sql_query(query).into_boxed();
        for (sender, key) in keys {
            query = query.bind::<BigInt, _>(*sender).bind::<Text, _>(*key);
        }
        Kept(query).load(c)?
    });
    Ok(found.into_iter().map(|found| found.message_id).collect())
}

/// A message as it is written.
#[derive(Insertable)]
#[diesel(table_name = messages, treat_none_as_default_value = false)]
pub(crate) struct NewRow<'a> {
    pub(crate) message_id: i64,
    pub(crate) chatroom_id: &'a [u8],
    pub(crate) seq: i64,
    pub(crate) sender_id: i64,
    pub(crate) content: &'a str,
    pub(crate) caption: Option<&'a str>,
    pub(crate) message_type: &'a str,
    pub(crate) media_url: Option<&'a str>,
    pub(crate) media_id: Option<&'a [u8]>,
    pub(crate) client_key: Option<&'a str>,
    pub(crate) reply_to: Option<i64>,
    pub(crate) timestamp: chrono::NaiveDateTime,
}

/// Writes messages.
pub(crate) fn insert_many(conn: &mut Conn, rows: &[NewRow<'_>]) -> Result<(), Error> {
    match conn {
        Conn::Mysql(c) => {
            for rows in pieces(rows) {
                Kept(diesel::insert_into(messages::table).values(rows)).execute(c)?;
            }
        }
        // No journey to a server is saved by writing many at once, and this statement is prepared once.
        Conn::Sqlite(c) => {
            for row in rows {
                diesel::insert_into(messages::table).values(row).execute(c)?;
            }
        }
    }
    Ok(())
}
