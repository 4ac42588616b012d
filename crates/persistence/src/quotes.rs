//! What a reply shows of the message that it replies to: one query for any number of them.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Nullable, Text, Timestamp};
use domain::id::{MessageId, RoomId, UserId};
use domain::message::{MessageKind, MessageSeq, Quote};

use crate::cached::{cached, pad_in_list};
use crate::conn::Conn;
use crate::error::Error;
use crate::ids::room_id;
use crate::pairs::{force_index, in_pairs};
use crate::users::AuthorRow;

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Binary)]
    chatroom_id: Vec<u8>,
    #[diesel(sql_type = BigInt)]
    seq: i64,
    #[diesel(sql_type = BigInt)]
    message_id: i64,
    #[diesel(sql_type = Text)]
    message_type: String,
    #[diesel(sql_type = Nullable<Text>)]
    excerpt: Option<String>,
    #[diesel(sql_type = Nullable<Timestamp>)]
    deleted_at: Option<chrono::NaiveDateTime>,
    #[diesel(sql_type = Nullable<BigInt>)]
    hidden: Option<i64>,
    #[diesel(embed)]
    author: AuthorRow,
}

impl TryFrom<Row> for (RoomId, Quote) {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let kind = MessageKind::parse(&row.message_type);
        let quote = Quote {
            id: MessageId(row.message_id),
            seq: row.seq,
            sender: UserId(row.author.user_id),
            user: row.author.into(),
            content: Quote::excerpt(row.excerpt.as_deref().unwrap_or_default()),
            kind: kind.ok_or_else(|| Error::Other(format!("no such kind: {}", row.message_type).into()))?,
            deleted: false,
        };
        let gone = row.deleted_at.is_some() || row.hidden.is_some();
        Ok((room_id(&row.chatroom_id)?, if gone { quote.without_content() } else { quote }))
    }
}

/// Returns the query without its condition. It reads one code point more than is shown, so that a cut is seen.
fn select(conn: &Conn, index: &str) -> String {
    format!(
        "SELECT messages.chatroom_id, messages.seq, messages.message_id, messages.message_type, \
         SUBSTR(CASE WHEN messages.message_type = 'text' THEN messages.content ELSE messages.caption END, 1, {}) \
         AS excerpt, messages.deleted_at, hidden_messages.seq AS hidden, \
         users.user_id, users.username, users.nickname, users.avatar_url, users.is_bot \
         FROM messages {} INNER JOIN users ON users.user_id = messages.sender_id \
         LEFT JOIN hidden_messages ON hidden_messages.user_id = ? \
         AND hidden_messages.chatroom_id = messages.chatroom_id AND hidden_messages.seq = messages.seq",
        Quote::MAX + 1,
        force_index(conn, index),
    )
}

/// The id of no user, for queries without a viewer.
const NOBODY: UserId = UserId(0);

/// Returns the quotes of these messages; those that the viewer has hidden are empty.
pub(crate) fn at(
    conn: &mut Conn,
    viewer: Option<UserId>,
    messages: &[MessageSeq],
) -> Result<HashMap<MessageSeq, Quote>, Error> {
    if messages.is_empty() {
        return Ok(HashMap::new());
    }
    let messages = pad_in_list(messages);
    let pairs = in_pairs(conn, messages.len());
    let query = format!("{} WHERE (messages.chatroom_id, messages.seq) {pairs}", select(conn, "PRIMARY"));
    let rows: Vec<Row> = on_each!(conn, |c| {
        let mut query = diesel::sql_query(query).into_boxed().bind::<BigInt, _>(viewer.unwrap_or(NOBODY).0);
        for message in &messages {
            query = query.bind::<Binary, _>(message.room.bytes()).bind::<BigInt, _>(message.seq);
        }
        cached(query).load(c)?
    });
    let by_seq = |row: Row| {
        let (room, quote): (RoomId, Quote) = row.try_into()?;
        Ok((MessageSeq { room, seq: quote.seq }, quote))
    };
    rows.into_iter().map(by_seq).collect()
}

/// Returns the quotes of these messages, in whichever rooms they are.
pub(crate) fn of(conn: &mut Conn, ids: &[i64]) -> Result<HashMap<(RoomId, MessageId), Quote>, Error> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let ids = pad_in_list(ids);
    let placeholders = vec!["?"; ids.len()].join(", ");
    let query =
        format!("{} WHERE messages.message_id IN ({placeholders})", select(conn, "messages_message_id"));
    let rows: Vec<Row> = on_each!(conn, |c| {
        let mut query = diesel::sql_query(query).into_boxed().bind::<BigInt, _>(NOBODY.0);
        for id in &ids {
            query = query.bind::<BigInt, _>(*id);
        }
        cached(query).load(c)?
    });
    let by_id = |row: Row| row.try_into().map(|(room, quote): (RoomId, Quote)| ((room, quote.id), quote));
    rows.into_iter().map(by_id).collect()
}
