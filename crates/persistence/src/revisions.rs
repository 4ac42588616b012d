//! Messages that change after they were sent: edited, with their earlier revisions kept, or unsent.

use diesel::prelude::*;
use domain::extras::{Extras, Mention};
use domain::id::{MessageId, RoomId, UserId};
use domain::link_preview::first_link;
use domain::message::{MessageKind, MessageSeq};
use domain::revision::{MessageState, Revision};
use domain::time::Time;

use crate::conn::Conn;
use crate::error::Error;
use crate::ids::room_id;
use crate::members::RoomMember;
use crate::schema::{expiring_messages, message_versions, messages, pins, reactions, system_messages};
use crate::{mentions, receipts, rooms, search};

/// A message whose row is locked until the transaction ends, as it is now.
///
/// Made by [`lock`], [`lock_with_room`] and [`lock_at`] alone: what changes a message takes one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LockedMessage {
    /// Its id.
    pub id: MessageId,
    /// Its room and its seq.
    pub at: MessageSeq,
    /// What decides whether it may be changed.
    pub state: MessageState,
    /// What it carries.
    pub kind: MessageKind,
    /// Its newest revision.
    pub revision: Revision,
    /// What it has beside its content.
    pub extras: Extras,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = messages)]
struct Row {
    message_id: i64,
    seq: i64,
    sender_id: i64,
    content: Option<String>,
    caption: Option<String>,
    message_type: String,
    timestamp: chrono::NaiveDateTime,
    edited_at: Option<chrono::NaiveDateTime>,
    deleted_at: Option<chrono::NaiveDateTime>,
    system_message: Option<String>,
    extras: Option<String>,
}

impl Row {
    fn message(self, room: RoomId) -> Result<LockedMessage, Error> {
        let kind = MessageKind::parse(&self.message_type);
        let sent = Time::from_naive(self.timestamp);
        Ok(LockedMessage {
            id: MessageId(self.message_id),
            at: MessageSeq { room, seq: self.seq },
            state: MessageState {
                sender: UserId(self.sender_id),
                sent,
                unsent: self.deleted_at.is_some(),
                system: self.system_message.is_some(),
            },
            kind: kind.ok_or_else(|| Error::Other(format!("no such kind: {}", self.message_type).into()))?,
            revision: Revision {
                content: self.content.unwrap_or_default(),
                caption: self.caption,
                written_at: self.edited_at.map_or(sent, Time::from_naive),
            },
            extras: mentions::parse(self.extras.as_deref())?.unwrap_or_default(),
        })
    }
}

/// Locks a message until the transaction ends; [`Error::NotFound`] if it is not in the room.
pub fn lock(conn: &mut Conn, member: &RoomMember, id: MessageId) -> Result<LockedMessage, Error> {
    let room = member.room();
    let here = messages::message_id.eq(id.0).and(messages::chatroom_id.eq(room.bytes()));
    let row: Row = match conn {
        Conn::Mysql(c) => messages::table.filter(here).select(Row::as_select()).for_update().first(c)?,
        // BEGIN IMMEDIATE has locked the whole database.
        Conn::Sqlite(c) => messages::table.filter(here).select(Row::as_select()).first(c)?,
    };
    row.message(room)
}

/// Locks a message by its seq, and its room, until the transaction ends. For what the server erases or unsends on its
/// own.
pub fn lock_at(conn: &mut Conn, MessageSeq { room, seq }: MessageSeq) -> Result<LockedMessage, Error> {
    rooms::lock(conn, room)?;
    let row = messages::table.find((room.bytes(), seq));
    let row: Row = match conn {
        Conn::Mysql(c) => row.select(Row::as_select()).for_update().first(c)?,
        // BEGIN IMMEDIATE has locked the whole database.
        Conn::Sqlite(c) => row.select(Row::as_select()).first(c)?,
    };
    row.message(room)
}

/// Locks a message and its room, so that replies sent meanwhile wait and quote its new revision.
pub fn lock_with_room(conn: &mut Conn, member: &RoomMember, id: MessageId) -> Result<LockedMessage, Error> {
    rooms::lock(conn, member.room())?;
    lock(conn, member, id)
}

/// Gives a message a new revision, and keeps the one that it had; the preview goes with the link that it is of.
pub fn edit(conn: &mut Conn, message: &mut LockedMessage, revision: &Revision) -> Result<(), Error> {
    if first_link(&message.revision.content) != first_link(&revision.content) {
        message.extras.preview = None;
    }
    search::reindex(conn, message.id, |conn| rewrite(conn, message, revision))
}

fn rewrite(conn: &mut Conn, message: &LockedMessage, revision: &Revision) -> Result<(), Error> {
    let edits = edit_count(conn, message)?;
    let (room, seq) = (message.at.room.bytes(), message.at.seq);
    diesel::insert_into(message_versions::table)
        .values((
            message_versions::chatroom_id.eq(room),
            message_versions::seq.eq(seq),
            message_versions::version.eq(edits + 1),
            message_versions::content.eq(&message.revision.content),
            message_versions::caption.eq(message.revision.caption.as_deref()),
            message_versions::written_at.eq(message.revision.written_at.naive()),
        ))
        .execute(conn)?;
    diesel::update(messages::table.find((room, seq)))
        .set((
            messages::content.eq(&revision.content),
            messages::caption.eq(revision.caption.as_deref()),
            messages::edited_at.eq(revision.written_at.naive()),
            messages::extras.eq(mentions::stored(&message.extras)?),
        ))
        .execute(conn)?;
    Ok(())
}

/// Lets a message mention others than before, those of them that are members; returns whether that changed anything.
pub fn set_mentions(conn: &mut Conn, message: &LockedMessage, new: &[Mention]) -> Result<bool, Error> {
    if new.is_empty() && message.extras.mentions.is_empty() {
        return Ok(false);
    }
    let (at, sender) = (message.at, message.state.sender);
    let members = receipts::whole(conn, at.room)?;
    let kept = mentions::of_members(new, &members);
    if kept == message.extras.mentions {
        return Ok(false);
    }
    let named: Vec<_> =
        mentions::mentioned(&kept, sender, &members).into_iter().map(|user| (at, user)).collect();
    let extras = mentions::stored(&Extras { mentions: kept, ..message.extras.clone() })?;
    diesel::update(messages::table.find((at.room.bytes(), at.seq)))
        .set(messages::extras.eq(extras))
        .execute(conn)?;
    mentions::delete(conn, at)?;
    mentions::insert(conn, &named)?;
    Ok(true)
}

/// Returns how often a message was edited.
pub fn edit_count(conn: &mut Conn, message: &LockedMessage) -> Result<i64, Error> {
    let (room, seq) = (message.at.room.bytes(), message.at.seq);
    let of = message_versions::chatroom_id.eq(room).and(message_versions::seq.eq(seq));
    Ok(message_versions::table.filter(of).count().get_result(conn)?)
}

/// Returns the first messages of a sender in one room that were not unsent, as many as `limit`; none if there are none in
/// any.
pub fn unsendable_of(conn: &mut Conn, sender: UserId, limit: i64) -> Result<Vec<MessageSeq>, Error> {
    let rows: Vec<(Vec<u8>, i64)> = messages::table
        .filter(messages::sender_id.eq(sender.0))
        .filter(messages::deleted_at.is_null())
        .filter(messages::system_message.is_null())
        .order((messages::chatroom_id, messages::seq))
        .limit(limit)
        .select((messages::chatroom_id, messages::seq))
        .load(conn)?;
    let Some((first, _)) = rows.first().cloned() else { return Ok(Vec::new()) };
    let room = room_id(&first)?;
    let same_room = rows.into_iter().take_while(|(other, _)| *other == first);
    Ok(same_room.map(|(_, seq)| MessageSeq { room, seq }).collect())
}

/// Deletes everything of a message but its id, seq, time, sender and client key.
pub fn unsend(conn: &mut Conn, message: &LockedMessage, at: Time) -> Result<(), Error> {
    search::reindex(conn, message.id, |conn| delete_content(conn, message, at))
}

fn delete_content(conn: &mut Conn, message: &LockedMessage, at: Time) -> Result<(), Error> {
    let (room, seq) = (message.at.room.bytes(), message.at.seq);
    let revisions = message_versions::chatroom_id.eq(room).and(message_versions::seq.eq(seq));
    diesel::delete(message_versions::table.filter(revisions)).execute(conn)?;
    let reactions = reactions::chatroom_id.eq(room).and(reactions::seq.eq(seq));
    diesel::delete(reactions::table.filter(reactions)).execute(conn)?;
    mentions::delete(conn, message.at)?;
    diesel::update(messages::table.find((room, seq)))
        .set((
            (messages::content.eq(None::<&str>), messages::caption.eq(None::<&str>)),
            (messages::media_url.eq(None::<&str>), messages::media_id.eq(None::<&[u8]>)),
            messages::message_type.eq(MessageKind::Text.as_str()),
            (messages::reply_to.eq(None::<i64>), messages::extras.eq(None::<&str>)),
            messages::edited_at.eq(None::<chrono::NaiveDateTime>),
            messages::deleted_at.eq(at.naive()),
        ))
        .execute(conn)?;
    Ok(())
}

/// Erases a message that is gone, and whose room is locked: all that unsending deletes, its pin, and that it was unread.
pub fn erase(conn: &mut Conn, message: &LockedMessage, at: Time) -> Result<(), Error> {
    if !message.state.unsent {
        unsend(conn, message, at)?;
    }
    let (room, seq) = (message.at.room.bytes(), message.at.seq);
    diesel::delete(pins::table.find((room, seq))).execute(conn)?;
    // As of what the server says, nobody has it to read.
    let uncounted = (system_messages::chatroom_id.eq(room), system_messages::seq.eq(seq));
    on_each!(conn, |c| diesel::insert_or_ignore_into(system_messages::table).values(uncounted).execute(c))?;
    let of = expiring_messages::chatroom_id.eq(room).and(expiring_messages::seq.eq(seq));
    diesel::delete(expiring_messages::table.filter(of)).execute(conn)?;
    Ok(())
}

/// Returns all revisions of a message, the oldest first; none of one that was unsent.
pub fn list(conn: &mut Conn, member: &RoomMember, id: MessageId) -> Result<Vec<Revision>, Error> {
    let room = member.room();
    let row: Row = messages::table
        .filter(messages::message_id.eq(id.0))
        .filter(messages::chatroom_id.eq(room.bytes()))
        .select(Row::as_select())
        .first(conn)?;
    let now = row.message(room)?;
    if now.state.unsent {
        return Ok(Vec::new());
    }
    let earlier: Vec<(Option<String>, Option<String>, chrono::NaiveDateTime)> = message_versions::table
        .filter(message_versions::chatroom_id.eq(room.bytes()))
        .filter(message_versions::seq.eq(now.at.seq))
        // The revision that was read above may have been replaced and stored here since.
        .filter(message_versions::written_at.lt(now.revision.written_at.naive()))
        .order(message_versions::version)
        .select((message_versions::content, message_versions::caption, message_versions::written_at))
        .load(conn)?;
    let revision = |(content, caption, at): (Option<String>, _, _)| Revision {
        content: content.unwrap_or_default(),
        caption,
        written_at: Time::from_naive(at),
    };
    Ok(earlier.into_iter().map(revision).chain([now.revision]).collect())
}
