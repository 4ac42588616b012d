//! What search needs of messages.

use std::ops::Range;

use diesel::prelude::*;
use domain::id::{MessageId, UserId};
use domain::message::{MessageKind, MessageSeq};
use domain::search::Document;
use domain::time::Time;

use crate::conn::Conn;
use crate::error::Error;
use crate::ids::room_id;
use crate::log::signed;
use crate::schema::{media, messages};

#[derive(Queryable, Selectable)]
#[diesel(table_name = messages)]
struct Row {
    message_id: i64,
    chatroom_id: Vec<u8>,
    seq: i64,
    sender_id: i64,
    content: Option<String>,
    caption: Option<String>,
    message_type: String,
    timestamp: chrono::NaiveDateTime,
}

impl Row {
    fn document(self, file_name: Option<String>) -> Result<Document, Error> {
        let kind = MessageKind::parse(&self.message_type);
        Ok(Document {
            id: MessageId(self.message_id),
            at: MessageSeq { room: room_id(&self.chatroom_id)?, seq: self.seq },
            sender: UserId(self.sender_id),
            kind: kind.ok_or_else(|| Error::Other(format!("no such kind: {}", self.message_type).into()))?,
            timestamp: Time::from_naive(self.timestamp),
            content: self.content,
            caption: self.caption,
            file_name,
        })
    }
}

/// Loads the documents that fulfil a condition, the newest first; none of messages that were unsent, nor of system messages.
macro_rules! newest {
    ($conn:expr, $condition:expr, $limit:expr) => {{
        let rows: Vec<(Row, Option<String>)> = messages::table
            .left_join(media::table)
            .filter(messages::deleted_at.is_null().and(messages::system_message.is_null()))
            .filter($condition)
            .order(messages::message_id.desc())
            .limit(signed($limit))
            .select((Row::as_select(), media::file_name.nullable()))
            .load($conn)?;
        rows.into_iter().map(|(row, file_name)| row.document(file_name)).collect()
    }};
}

/// Returns the documents of these messages.
pub(super) fn newest_of(conn: &mut Conn, ids: &[i64]) -> Result<Vec<Document>, Error> {
    newest!(conn, messages::message_id.eq_any(ids), ids.len())
}

/// Returns the documents after the first and before the last position of a range, at most `limit`.
pub(super) fn newest_between(
    conn: &mut Conn,
    positions: Range<i64>,
    limit: usize,
) -> Result<Vec<Document>, Error> {
    let between = messages::message_id.gt(positions.start).and(messages::message_id.lt(positions.end));
    newest!(conn, between, limit)
}
