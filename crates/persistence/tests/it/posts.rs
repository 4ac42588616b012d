//! Messages to be written, and what is there afterwards.

use domain::id::{RoomId, UserId};
use domain::message::{ClientKey, Content, Message};
use domain::page::{Anchor, Page};
use domain::text::Body;
use persistence::error::Error;
use persistence::lane::{Lane, Posted, Posting};
use persistence::messages;

use crate::base::{Base, moment};

/// A user that there is not.
pub(crate) const NOBODY: UserId = UserId(0);

/// Words from somebody to a room.
pub(crate) fn says(room: RoomId, sender: UserId, words: &str) -> Posting {
    let content = Content::Text(Body::parse(words, Body::MAX).unwrap());
    Posting { room, sender, content, media: None, key: None, reply_to: None, origin: None, at: moment(1) }
}

/// Words that their sender gave a name.
pub(crate) fn named(room: RoomId, sender: UserId, words: &str, key: &str) -> Posting {
    Posting { key: Some(ClientKey::Named(key.to_owned())), ..says(room, sender, words) }
}

/// Queues postings in their order and waits for all.
pub(crate) async fn write_all(
    lane: &Lane,
    postings: impl IntoIterator<Item = Posting>,
) -> Vec<Result<Posted, Error>> {
    let waiting: Vec<_> = postings.into_iter().map(|posting| lane.write(posting)).collect();
    let mut outcomes = Vec::with_capacity(waiting.len());
    for outcome in waiting {
        outcomes.push(outcome.await);
    }
    outcomes
}

/// Takes what must have been stored.
pub(crate) fn stored(outcomes: Vec<Result<Posted, Error>>) -> Vec<Message> {
    outcomes.into_iter().map(|outcome| outcome.unwrap().message).collect()
}

pub(crate) fn seqs(messages: &[Message]) -> Vec<i64> {
    messages.iter().map(|message| message.seq).collect()
}

pub(crate) fn words(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(|message| message.content.as_str()).collect()
}

impl Base {
    /// Returns a page of a room's history, as somebody has it who has hidden nothing.
    pub(crate) async fn page(&self, room: RoomId, anchor: Anchor, limit: i64) -> Vec<Message> {
        self.read(move |conn| messages::page(conn, NOBODY, room, Page { anchor, limit })).await
    }

    /// Returns the newest of a room's history as a user has it.
    pub(crate) async fn newest_for(&self, viewer: UserId, room: RoomId, limit: i64) -> Vec<Message> {
        let page = Page { anchor: Anchor::Newest, limit };
        self.read(move |conn| messages::page(conn, viewer, room, page)).await
    }

    /// Returns all that is stored of a room.
    pub(crate) async fn history(&self, room: RoomId) -> Vec<Message> {
        self.page(room, Anchor::Newest, 1_000_000).await
    }
}
