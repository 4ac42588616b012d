//! Reactions to messages: one query for as many messages as there are.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary};
use domain::id::{RoomId, UserId};
use domain::message::Message;
use domain::reaction::{Emoji, Reaction};
use domain::time::Time;

use crate::conn::Conn;
use crate::error::Error;
use crate::kept::{Kept, filled};
use crate::pairs::{by_index, one_of};
use crate::schema::reactions;
use crate::users::room_id;

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
    add(page, rows)
}

/// Adds their reactions to messages of any rooms.
pub(crate) fn add_to(conn: &mut Conn, messages: &mut [Message]) -> Result<(), Error> {
    if messages.is_empty() {
        return Ok(());
    }
    let places: Vec<(RoomId, i64)> = messages.iter().map(|message| (message.room, message.seq)).collect();
    let places = filled(&places);
    let query = format!(
        "SELECT chatroom_id, seq, user_id, emoji FROM reactions {} WHERE (chatroom_id, seq) {} \
         ORDER BY created_at, user_id, emoji",
        by_index(conn, "PRIMARY"),
        one_of(conn, places.len()),
    );
    let rows: Vec<Row> = on_each!(conn, |c| {
        let mut query = diesel::sql_query(query).into_boxed();
        for (room, seq) in &places {
            query = query.bind::<Binary, _>(room.bytes()).bind::<BigInt, _>(*seq);
        }
        Kept(query).load(c)?
    });
    add(messages, rows)
}

/// Groups rows, which come in the order of time, by message and emoji.
fn add(messages: &mut [Message], rows: Vec<Row>) -> Result<(), Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut of: HashMap<(RoomId, i64), Vec<Reaction>> = HashMap::new();
    for Row { chatroom_id, seq, user_id, emoji } in rows {
        let reactions = of.entry((room_id(&chatroom_id)?, seq)).or_default();
        let user = UserId(user_id);
        match reactions.iter_mut().find(|reaction| reaction.emoji == emoji) {
            Some(reaction) => reaction.user_ids.push(user),
            None => reactions.push(Reaction { emoji, count: 0, user_ids: vec![user] }),
        }
    }
    for message in messages {
        message.reactions = of.remove(&(message.room, message.seq)).unwrap_or_default();
        for reaction in &mut message.reactions {
            reaction.count = reaction.user_ids.len();
        }
    }
    Ok(())
}

/// Returns who put which emoji to a message.
pub fn to_message(conn: &mut Conn, room: RoomId, seq: i64) -> Result<Vec<(UserId, String)>, Error> {
    let rows: Vec<(i64, String)> = reactions::table
        .filter(reactions::chatroom_id.eq(room.bytes()))
        .filter(reactions::seq.eq(seq))
        .select((reactions::user_id, reactions::emoji))
        .load(conn)?;
    Ok(rows.into_iter().map(|(user, emoji)| (UserId(user), emoji)).collect())
}

/// Notes that a member puts an emoji to a message.
pub fn put(
    conn: &mut Conn,
    (room, seq): (RoomId, i64),
    (user, emoji): (UserId, &Emoji),
    at: Time,
) -> Result<(), Error> {
    diesel::insert_into(reactions::table)
        .values((
            reactions::chatroom_id.eq(room.bytes()),
            reactions::seq.eq(seq),
            reactions::user_id.eq(user.0),
            reactions::emoji.eq(emoji.as_str()),
            reactions::created_at.eq(at.naive()),
        ))
        .execute(conn)?;
    Ok(())
}

/// Takes an emoji of a member off a message.
pub fn take(
    conn: &mut Conn,
    (room, seq): (RoomId, i64),
    (user, emoji): (UserId, &Emoji),
) -> Result<(), Error> {
    diesel::delete(reactions::table.find((room.bytes(), seq, user.0, emoji.as_str()))).execute(conn)?;
    Ok(())
}
