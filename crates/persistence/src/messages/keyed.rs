//! Messages by the client keys that they were stored under.

use std::collections::HashMap;

use diesel::prelude::*;
use domain::id::UserId;
use domain::message::Message;

use crate::cached::{cached, pad_in_list};
use crate::conn::Conn;
use crate::error::Error;
use crate::messages::row::{Joined, Row};
use crate::schema::{media, messages, users};
use crate::uploads;
use crate::users::AuthorRow;

/// A sender and the key that they gave a message, as it is stored.
pub(crate) type SenderKey = (UserId, String);

/// A message that is stored under a key.
pub(crate) struct Keyed {
    /// The message, without its quote and its reactions.
    pub(crate) message: Message,
    /// The seq of the message that it replies to.
    pub(crate) reply_to: Option<i64>,
}

/// Loads messages by their ids, each under its sender's key.
pub(crate) fn load(conn: &mut Conn, ids: &[i64]) -> Result<HashMap<SenderKey, Keyed>, Error> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let query = messages::table
        .inner_join(users::table)
        .left_join(media::table)
        .filter(messages::message_id.eq_any(pad_in_list(ids)))
        .select((Row::as_select(), AuthorRow::as_select(), Option::<uploads::Row>::as_select()));
    let rows: Vec<Joined> = cached(query).load(conn)?;
    rows.into_iter()
        .map(|(row, author, file)| {
            let (key, reply_to) = (row.client_key.clone().unwrap_or_default(), row.reply_to);
            let message = row.message(author, file)?;
            Ok(((message.sender, key), Keyed { message, reply_to }))
        })
        .collect()
}
