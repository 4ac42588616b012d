//! Reactions to messages: one query for any number of messages.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary};
use domain::id::UserId;
use domain::message::{Message, MessageSeq};
use domain::reaction::{Emoji, Reaction};

use crate::cached::{cached, pad_in_list};
use crate::conn::Conn;
use crate::error::Error;
use crate::ids::room_id;
use crate::members::RoomMember;
use crate::pairs::{force_index, in_pairs};
use crate::schema::reactions;

#[derive(Queryable, QueryableByName, Selectable)]
#[diesel(table_name = reactions)]
struct Row {
    chatroom_id: Vec<u8>,
    seq: i64,
    user_id: i64,
    emoji: String,
}

/// Adds their reactions to the messages of a page, which are of one room and in ascending order.
pub(crate) fn add_to_page(conn: &mut Conn, page: &mut [Message]) -> Result<(), Error> {
    let (Some(first), Some(last)) = (page.first(), page.last()) else { return Ok(()) };
    let rows: Vec<Row> = reactions::table
        .filter(reactions::chatroom_id.eq(first.room.bytes()))
        .filter(reactions::seq.between(first.seq, last.seq))
        .order((reactions::created_at, reactions::user_id, reactions::emoji))
        .select(Row::as_select())
        .load(conn)?;
    group(page, rows)
}

/// Adds their reactions to messages of any rooms.
pub(crate) fn add_to(conn: &mut Conn, messages: &mut [Message]) -> Result<(), Error> {
    if messages.is_empty() {
        return Ok(());
    }
    let wanted: Vec<MessageSeq> = messages.iter().map(Message::at).collect();
    let wanted = pad_in_list(&wanted);
    let query = format!(
        "SELECT chatroom_id, seq, user_id, emoji FROM reactions {} WHERE (chatroom_id, seq) {} \
         ORDER BY created_at, user_id, emoji",
        force_index(conn, "PRIMARY"),
        in_pairs(conn, wanted.len()),
    );
    let rows: Vec<Row> = on_each!(conn, |c| {
        let mut query = diesel::sql_query(query).into_boxed();
        for message in &wanted {
            query = query.bind::<Binary, _>(message.room.bytes()).bind::<BigInt, _>(message.seq);
        }
        cached(query).load(c)?
    });
    group(messages, rows)
}

/// Groups rows, which are in the order of time, by message and emoji.
fn group(messages: &mut [Message], rows: Vec<Row>) -> Result<(), Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut of: HashMap<MessageSeq, Vec<Reaction>> = HashMap::new();
    for Row { chatroom_id, seq, user_id, emoji } in rows {
        let reactions = of.entry(MessageSeq { room: room_id(&chatroom_id)?, seq }).or_default();
        let user = UserId(user_id);
        match reactions.iter_mut().find(|reaction| reaction.emoji == emoji) {
            Some(reaction) => reaction.user_ids.push(user),
            None => reactions.push(Reaction { emoji, count: 0, user_ids: vec![user] }),
        }
    }
    for message in messages {
        message.reactions = of.remove(&message.at()).unwrap_or_default();
        for reaction in &mut message.reactions {
            reaction.count = reaction.user_ids.len();
        }
    }
    Ok(())
}

/// An emoji that a member has put to a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserReaction {
    /// The member.
    pub user: UserId,
    /// The emoji.
    pub emoji: String,
}

/// Returns the reactions to a message.
pub fn to_message(conn: &mut Conn, member: &RoomMember, seq: i64) -> Result<Vec<UserReaction>, Error> {
    let rows: Vec<(i64, String)> = reactions::table
        .filter(reactions::chatroom_id.eq(member.room().bytes()))
        .filter(reactions::seq.eq(seq))
        .select((reactions::user_id, reactions::emoji))
        .load(conn)?;
    Ok(rows.into_iter().map(|(user, emoji)| UserReaction { user: UserId(user), emoji }).collect())
}

/// Stores that a member puts an emoji to a message.
pub fn add(conn: &mut Conn, member: &RoomMember, seq: i64, emoji: &Emoji) -> Result<(), Error> {
    diesel::insert_into(reactions::table)
        .values((
            reactions::chatroom_id.eq(member.room().bytes()),
            reactions::seq.eq(seq),
            reactions::user_id.eq(member.user().0),
            reactions::emoji.eq(emoji.as_str()),
            reactions::created_at.eq(member.now().naive()),
        ))
        .execute(conn)?;
    Ok(())
}

/// Removes a member's emoji from a message.
pub fn remove(conn: &mut Conn, member: &RoomMember, seq: i64, emoji: &Emoji) -> Result<(), Error> {
    let room = member.room();
    let row = (room.bytes(), seq, member.user().0, emoji.as_str());
    diesel::delete(reactions::table.find(row)).execute(conn)?;
    Ok(())
}
