//! Messages that are not stored yet, and their insertion.

use diesel::prelude::*;
use domain::extras::Extras;
use domain::id::{MediaId, MessageId, RoomId, UserId};
use domain::media::Media;
use domain::message::{ClientKey, Content, Message, MessageSeq};
use domain::receipt::ReadStatus;
use domain::time::Time;
use domain::user::Author;

use crate::conn::Conn;
use crate::error::Error;
use crate::literals::{push_row, push_rows};
use crate::log;
use crate::mentions;
use crate::schema::messages;

/// A message to be written.
#[derive(Debug, Clone)]
pub struct NewMessage {
    /// The room that it is sent to.
    pub room: RoomId,
    /// Who sends it.
    pub sender: UserId,
    /// Its content.
    pub content: Content,
    /// The uploaded file that the content refers to, if it is one of this server's.
    pub media: Option<Media>,
    /// What makes a repeated send the same message.
    pub key: Option<ClientKey>,
    /// The message of the room that it replies to.
    pub reply_to: Option<MessageId>,
    /// What it has beside its content.
    pub extras: Extras,
    /// Now.
    pub at: Time,
}

/// A message that is in the database.
#[derive(Debug, Clone)]
pub struct Written {
    /// The message; one that is not new comes without its quote and its reactions.
    pub message: Message,
    /// False if an earlier message was stored under the same key; it is this one.
    pub is_new: bool,
}

impl NewMessage {
    /// Returns the message as it will be stored, without its id and its quote.
    pub(crate) fn stored(&self, author: Author, at: MessageSeq, timestamp: Time) -> Message {
        let (content, caption, media_url) = match &self.content {
            Content::Text(body) => (body.as_str().to_owned(), None, None),
            Content::File { url, caption, .. } => (url.clone(), caption.clone(), Some(url.clone())),
        };
        Message {
            id: MessageId(0),
            room: at.room,
            seq: at.seq,
            sender: self.sender,
            user: author,
            content,
            caption,
            kind: self.content.kind(),
            media_url,
            media: self.media.clone(),
            read_status: ReadStatus::Unread,
            read_by_count: 0,
            timestamp,
            client_msg_id: self.key.as_ref().and_then(|key| match key {
                ClientKey::Named(name) => Some(name.clone()),
                ClientKey::Hashed(_) => None,
            }),
            reply_to: None,
            reactions: Vec::new(),
            edited_at: None,
            deleted: false,
            expires_at: None,
            system: None,
            extras: None,
        }
    }

    /// Returns whether this is `message` sent again, given whether both reply to the same; of a message that was edited,
    /// unsent or forwarded the content is not compared.
    pub(crate) fn repeats(&self, message: &Message, same_reply: bool) -> bool {
        if message.room != self.room || message.deleted {
            return message.room == self.room;
        }
        let forwarded = message.extras.as_ref().is_some_and(|extras| extras.forwarded);
        if forwarded || self.extras.forwarded {
            return forwarded && self.extras.forwarded && same_reply;
        }
        let same_content = match &self.content {
            Content::Text(body) => message.edited_at.is_some() || body.as_str() == message.content,
            Content::File { url, .. } => Some(url) == message.media_url.as_ref(),
        };
        same_content && message.kind == self.content.kind() && same_reply
    }
}

#[derive(Insertable)]
#[diesel(table_name = messages, treat_none_as_default_value = false)]
struct Row<'a> {
    chatroom_id: &'a [u8],
    seq: i64,
    sender_id: i64,
    content: &'a str,
    caption: Option<&'a str>,
    message_type: &'a str,
    media_url: Option<&'a str>,
    media_id: Option<&'a [u8]>,
    client_key: Option<String>,
    reply_to: Option<i64>,
    timestamp: chrono::NaiveDateTime,
    extras: Option<String>,
    expires_at: Option<chrono::NaiveDateTime>,
}

impl<'a> Row<'a> {
    fn new(message: &'a Message, key: Option<&ClientKey>) -> Result<Self, Error> {
        Ok(Self {
            chatroom_id: message.room.bytes(),
            seq: message.seq,
            sender_id: message.sender.0,
            content: &message.content,
            caption: message.caption.as_deref(),
            message_type: message.kind.as_str(),
            media_url: message.media_url.as_deref(),
            media_id: message.media.as_ref().map(|media| MediaId::bytes(&media.media_id)),
            client_key: key.map(ClientKey::stored),
            reply_to: message.reply_to.as_ref().map(|quote| quote.seq),
            timestamp: message.timestamp.naive(),
            extras: message.extras.as_deref().map_or(Ok(None), mentions::stored)?,
            expires_at: message.expires_at.map(Time::naive),
        })
    }

    fn push_to(&self, sql: &mut String, id: i64) {
        let Self { chatroom_id, seq, sender_id, content, caption, message_type, .. } = self;
        let Self { media_url, media_id, client_key, reply_to, timestamp, extras, expires_at, .. } = self;
        let (key, extras) = (client_key.as_deref(), extras.as_deref());
        push_row(
            sql,
            &[
                &id,
                chatroom_id,
                seq,
                sender_id,
                content,
                caption,
                message_type,
                media_url,
                media_id,
                &key,
                reply_to,
                timestamp,
                &extras,
                expires_at,
            ],
        );
    }
}

/// Inserts messages, each with the key that its sender gave it, at the next positions of the log, which are their ids;
/// returns that of the first.
pub(crate) fn insert(conn: &mut Conn, messages: &[(&NewMessage, Message)]) -> Result<i64, Error> {
    let rows = messages.iter().map(|(new, message)| Row::new(message, new.key.as_ref()));
    let rows = rows.collect::<Result<Vec<_>, Error>>()?;
    let first = log::advance(conn, rows.len())?;
    let rows = (first..).zip(rows);
    match conn {
        Conn::Mysql(c) => {
            let mut sql = String::from(
                "INSERT INTO messages (message_id, chatroom_id, seq, sender_id, content, caption, message_type, \
                 media_url, media_id, client_key, reply_to, timestamp, extras, expires_at) VALUES ",
            );
            push_rows(&mut sql, rows, |sql, (id, row)| row.push_to(sql, id));
            c.defer(&sql);
        }
        Conn::Sqlite(c) => {
            for (id, row) in rows {
                diesel::insert_into(messages::table).values((messages::message_id.eq(id), row)).execute(c)?;
            }
        }
    }
    Ok(first)
}
