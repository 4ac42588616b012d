//! Requests that search messages.

use chat::search::{FoundMessage as Found, FoundPage};
use deserr::Deserr;
use domain::id::{MessageId, RoomId, UserId};
use domain::message::{Message, MessageKind};
use domain::search::{Match, Query, Search};
use schemars::JsonSchema;
use serde::Serialize;

use super::fields::{Moment, fields, text};
use super::input::requests;
use super::number::Count;
use crate::problem::Problem;

/// The messages to search for.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct SearchMessages {
    /// What they say: terms parted by blanks, all of which a message must have.
    #[schemars(with = "String", length(min = 1, max = 64))]
    q: Query,
    /// The room; all of one's rooms if absent.
    #[deserr(default)]
    pub(crate) chatroom_id: Option<RoomId>,
    /// Who sent them.
    #[deserr(default)]
    sender_id: Option<UserId>,
    /// What they carry.
    #[deserr(default)]
    kind: Option<MessageKind>,
    /// They were sent before this time.
    #[deserr(default)]
    before: Option<Moment>,
    /// They were sent at this time or later.
    #[deserr(default)]
    after: Option<Moment>,
    /// The `next_cursor` of the page before.
    #[deserr(default)]
    cursor: Option<MessageId>,
    /// The most messages: 20 if absent; more than 50 counts as 50.
    #[deserr(default)]
    limit: Option<Count<1>>,
}

impl From<SearchMessages> for Search {
    fn from(asked: SearchMessages) -> Self {
        let limit = asked.limit.map(|limit| usize::try_from(limit.0).unwrap_or(Self::MAX).min(Self::MAX));
        Self {
            query: asked.q,
            sender: asked.sender_id,
            kind: asked.kind,
            before: asked.before.map(|moment| moment.time),
            after: asked.after.map(|moment| moment.time),
            older_than: asked.cursor,
            limit: limit.unwrap_or(Self::DEFAULT),
        }
    }
}

fields! {
    Query: |value, place| text(value, place, Query::parse),
}

requests!(SearchMessages);

/// A message that was searched for.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct FoundMessage {
    /// The message.
    message: Message,
    /// Where the terms are in it, at most 100 places.
    matches: Vec<Match>,
}

/// Messages that were searched for, the newest first.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct FoundMessages {
    /// The messages.
    items: Vec<FoundMessage>,
    /// The `cursor` of the next page, if there may be more; a page may be short, or empty, and have one.
    next_cursor: Option<MessageId>,
}

impl From<FoundPage> for FoundMessages {
    fn from(page: FoundPage) -> Self {
        let items =
            page.found.into_iter().map(|Found { message, matches }| FoundMessage { message, matches });
        Self { items: items.collect(), next_cursor: page.next }
    }
}
