//! A stored message as its row, joined with its sender and its file.

use std::collections::{BTreeSet, HashMap};

use diesel::prelude::*;
use domain::id::{MessageId, UserId};
use domain::message::{ClientKey, Message, MessageKind, MessageSeq};
use domain::receipt::ReadStatus;
use domain::system_message::SystemMessage;
use domain::time::Time;

use crate::cached::{cached, pad_in_list};
use crate::conn::Conn;
use crate::error::Error;
use crate::ids::room_id;
use crate::schema::{media, messages, users};
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

/// Returns rows with their senders and files, which are asked for once each: a room has few senders, and few files.
pub(crate) fn joined(conn: &mut Conn, rows: Vec<(Row, i64, Option<Vec<u8>>)>) -> Result<Vec<Joined>, Error> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let senders: BTreeSet<i64> = rows.iter().map(|(_, sender, _)| *sender).collect();
    let files: BTreeSet<&[u8]> = rows.iter().filter_map(|(.., file)| file.as_deref()).collect();
    let (senders, files) = (Vec::from_iter(senders), Vec::from_iter(files));
    let senders = users::table.filter(users::user_id.eq_any(pad_in_list(&senders)));
    let senders: Vec<AuthorRow> = cached(senders.select(AuthorRow::as_select())).load(conn)?;
    let senders: HashMap<i64, AuthorRow> = senders.into_iter().map(|row| (row.user_id, row)).collect();
    let files: HashMap<Vec<u8>, uploads::Row> = if files.is_empty() {
        HashMap::new()
    } else {
        let files = media::table.filter(media::media_id.eq_any(pad_in_list(&files)));
        let files: Vec<uploads::Row> = cached(files.select(uploads::Row::as_select())).load(conn)?;
        files.into_iter().map(|row| (row.media_id.clone(), row)).collect()
    };
    let joined = rows.into_iter().filter_map(|(row, sender, file)| {
        let file = file.and_then(|file| files.get(&file).cloned());
        Some((row, senders.get(&sender).cloned()?, file))
    });
    Ok(joined.collect())
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
