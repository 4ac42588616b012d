//! A stored message as its row, joined with its sender and its file.

use diesel::prelude::*;
use domain::id::{MessageId, UserId};
use domain::message::{ClientKey, Message, MessageKind, MessageSeq};
use domain::receipt::ReadStatus;
use domain::system_message::SystemMessage;
use domain::time::Time;

use crate::conn::Conn;
use crate::error::Error;
use crate::ids::room_id;
use crate::schema::messages;
use crate::users::AuthorRow;
use crate::viewer::Viewer;
use crate::{mentions, quotes, uploads};

#[derive(Queryable, Selectable)]
#[diesel(table_name = messages)]
pub(crate) struct Row {
    message_id: i64,
    chatroom_id: Vec<u8>,
    seq: i64,
    content: Option<String>,
    caption: Option<String>,
    message_type: String,
    media_url: Option<String>,
    pub(crate) client_key: Option<String>,
    pub(crate) reply_to: Option<i64>,
    timestamp: chrono::NaiveDateTime,
    edited_at: Option<chrono::NaiveDateTime>,
    deleted_at: Option<chrono::NaiveDateTime>,
    system_message: Option<String>,
    extras: Option<String>,
    expires_at: Option<chrono::NaiveDateTime>,
}

/// A row with its sender and its file.
pub(crate) type Joined = (Row, AuthorRow, Option<uploads::Row>);

impl Row {
    /// Returns the message without its quote and its reactions.
    pub(crate) fn message(self, author: AuthorRow, file: Option<uploads::Row>) -> Result<Message, Error> {
        let kind = MessageKind::parse(&self.message_type);
        let system = self.system_message.as_deref().map(SystemMessage::parse).transpose();
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
            expires_at: self.expires_at.map(Time::from_naive),
            system: system.map_err(|error| Error::Other(error.into()))?.map(Box::new),
            extras: mentions::parse(self.extras.as_deref())?.map(Box::new),
        })
    }
}

/// Returns the messages of rows, and the quotes of what they reply to, as `viewer` may see them.
pub(crate) fn with_quotes(conn: &mut Conn, viewer: Viewer, rows: Vec<Joined>) -> Result<Vec<Message>, Error> {
    let mut messages = Vec::with_capacity(rows.len());
    let mut replies = Vec::new();
    for (row, author, file) in rows {
        let reply_to = row.reply_to;
        let message = row.message(author, file)?.at_time(viewer.now);
        if let (Some(seq), false) = (reply_to, message.deleted) {
            replies.push((messages.len(), MessageSeq { room: message.room, seq }));
        }
        messages.push(message);
    }
    let quoted: Vec<MessageSeq> = replies.iter().map(|(_, quoted)| *quoted).collect();
    let quotes = quotes::at(conn, viewer, &quoted)?;
    for (index, quoted) in replies {
        if let Some(message) = messages.get_mut(index) {
            message.reply_to = quotes.get(&quoted).cloned().map(Box::new);
        }
    }
    Ok(messages)
}
