//! What a reply shows of the message that it replies to: one query for any number of them.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Nullable, Text, Timestamp};
use domain::id::{MessageId, RoomId, UserId};
use domain::message::{MessageKind, MessageSeq, Quote};
use domain::time::Time;

use crate::cached::{cached, pad_in_list};
use crate::conn::Conn;
use crate::error::Error;
use crate::ids::room_id;
use crate::pairs::{force_index, in_pairs};
use crate::users::AuthorRow;
use crate::viewer::{NOBODY, Viewer};

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
    #[diesel(sql_type = Nullable<Timestamp>)]
    expires_at: Option<chrono::NaiveDateTime>,
    #[diesel(sql_type = Nullable<BigInt>)]
    hidden: Option<i64>,
    #[diesel(embed)]
    author: AuthorRow,
}

impl Row {
    fn is_expired(&self, now: Time) -> bool {
        self.expires_at.is_some_and(|expires| expires <= now.naive())
    }

    fn quote(self, now: Time) -> Result<(RoomId, Quote), Error> {
        let gone = self.deleted_at.is_some() || self.hidden.is_some() || self.is_expired(now);
        let kind = MessageKind::parse(&self.message_type);
        let quote = Quote {
            id: MessageId(self.message_id),
            seq: self.seq,
            sender: UserId(self.author.user_id),
            user: self.author.into(),
            content: Quote::excerpt(self.excerpt.as_deref().unwrap_or_default()),
            kind: kind.ok_or_else(|| Error::Other(format!("no such kind: {}", self.message_type).into()))?,
            deleted: false,
        };
        Ok((room_id(&self.chatroom_id)?, if gone { quote.without_content() } else { quote }))
    }
}

/// Returns the query without its condition. It reads one code point more than is shown, so that a cut is seen.
fn select(conn: &Conn, index: &str) -> String {
    format!(
        "SELECT messages.chatroom_id, messages.seq, messages.message_id, messages.message_type, \
         SUBSTR(CASE WHEN messages.message_type = 'text' THEN messages.content ELSE messages.caption END, 1, {}) \
         AS excerpt, messages.deleted_at, messages.expires_at, hidden_messages.seq AS hidden, \
         users.user_id, users.username, users.nickname, users.avatar_url, users.is_bot \
         FROM messages {} INNER JOIN users ON users.user_id = messages.sender_id \
         LEFT JOIN hidden_messages ON hidden_messages.user_id = ? \
         AND hidden_messages.chatroom_id = messages.chatroom_id AND hidden_messages.seq = messages.seq",
        Quote::MAX + 1,
        force_index(conn, index),
    )
}

/// Returns the quotes of these messages; those that the viewer has hidden, or that are gone, are empty.
pub(crate) fn at(
    conn: &mut Conn,
    viewer: Viewer,
    messages: &[MessageSeq],
) -> Result<HashMap<MessageSeq, Quote>, Error> {
    if messages.is_empty() {
        return Ok(HashMap::new());
    }
    let messages = pad_in_list(messages);
    let pairs = in_pairs(conn, messages.len());
    let query = format!("{} WHERE (messages.chatroom_id, messages.seq) {pairs}", select(conn, "PRIMARY"));
    let rows: Vec<Row> = on_each!(conn, |c| {
        let mut query = diesel::sql_query(query).into_boxed().bind::<BigInt, _>(viewer.user.0);
        for message in &messages {
            query = query.bind::<Binary, _>(message.room.bytes()).bind::<BigInt, _>(message.seq);
        }
        cached(query).load(c)?
    });
    let by_seq = |row: Row| {
        let (room, quote) = row.quote(viewer.now)?;
        Ok((MessageSeq { room, seq: quote.seq }, quote))
    };
    rows.into_iter().map(by_seq).collect()
}

/// Returns the quotes of these messages, in whichever rooms they are; none of those that are gone.
pub(crate) fn of(
    conn: &mut Conn,
    ids: &[i64],
    now: Time,
) -> Result<HashMap<(RoomId, MessageId), Quote>, Error> {
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
    let by_id = |row: Row| row.quote(now).map(|(room, quote)| ((room, quote.id), quote));
    rows.into_iter().filter(|row| !row.is_expired(now)).map(by_id).collect()
}
