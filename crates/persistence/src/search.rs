//! Searching messages: an index that follows the log, and what is after it read as it is.

use std::collections::HashSet;

use domain::id::{MessageId, RoomId, UserId};
use domain::search::{Document, Match, Search};

use crate::conn::Conn;
use crate::error::Error;
use crate::hidden::{self, HiddenMessage};
use crate::members::RoomMember;
use crate::rooms;

mod documents;
mod postings;

mod candidates;
mod index;

use candidates::Blocks;
pub use index::{index, indexed_to, reindex};

/// How many documents are loaded at once.
const AT_ONCE: usize = 128;

/// How many documents are read for one page: what is not indexed yet may be long.
const READ_MAX: usize = 20_000;

/// The most bytes of texts that a page has, unless its first message alone has more.
const BYTES_MAX: usize = 128 * 1024;

/// A message that was searched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The message, as search sees it.
    pub document: Document,
    /// Where the terms are in it.
    pub matches: Vec<Match>,
}

/// Messages that were searched for, the newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HitPage {
    /// The messages.
    pub hits: Vec<Hit>,
    /// The message after which to go on, if there may be more.
    pub next: Option<MessageId>,
}

/// Returns messages that a user has not hidden, of a room that they are in, or of all their rooms.
///
/// A page may have fewer messages than its limit, and none, though there are more: then so many were read that the
/// rest is left to the next.
pub fn page(
    conn: &mut Conn,
    viewer: UserId,
    only: Option<&RoomMember>,
    search: &Search,
) -> Result<HitPage, Error> {
    let rooms = match only {
        Some(member) => vec![member.room()],
        None => rooms::ids(conn, viewer)?,
    };
    // Read first: what is indexed later is then found after it.
    let indexed = indexed_to(conn)?;
    let mut reading = Reading {
        viewer,
        search,
        rooms: rooms.iter().copied().collect(),
        hits: Vec::new(),
        read: 0,
        below: search.older_than.map_or(i64::MAX, |message| message.0),
    };
    reading.read_after(conn, indexed)?;
    reading.read_index(conn, indexed, &rooms)?;
    Ok(reading.page())
}

/// A page that is being read, from the newest position down.
struct Reading<'a> {
    viewer: UserId,
    search: &'a Search,
    rooms: HashSet<RoomId>,
    hits: Vec<Hit>,
    read: usize,
    /// Everything from this position on was read.
    below: i64,
}

impl Reading<'_> {
    fn is_full(&self) -> bool {
        self.hits.len() > self.search.limit || self.read >= READ_MAX
    }

    /// Reads the messages after a position as they are.
    fn read_after(&mut self, conn: &mut Conn, position: i64) -> Result<(), Error> {
        while !self.is_full() {
            let documents = documents::newest_between(conn, position..self.below, AT_ONCE)?;
            let Some(last) = documents.last() else { break };
            self.below = last.id.0;
            self.add(conn, documents)?;
        }
        Ok(())
    }

    /// Reads the messages up to a position that the index names.
    fn read_index(&mut self, conn: &mut Conn, position: i64, rooms: &[RoomId]) -> Result<(), Error> {
        let tokens = candidates::Tokens::new(self.search, rooms);
        for blocks in Blocks::from(self.below.min(position.saturating_add(1))) {
            let named = candidates::find(conn, &blocks, &tokens)?;
            let named: Vec<i64> =
                named.into_iter().filter(|id| *id < self.below && *id <= position).collect();
            for ids in named.chunks(AT_ONCE) {
                if self.is_full() {
                    return Ok(());
                }
                let documents = documents::newest_of(conn, ids)?;
                self.below = ids.last().copied().unwrap_or(self.below);
                self.add(conn, documents)?;
            }
        }
        if !self.is_full() {
            self.below = 0;
        }
        Ok(())
    }

    /// Adds those of these documents that are searched for.
    fn add(&mut self, conn: &mut Conn, documents: Vec<Document>) -> Result<(), Error> {
        self.read += documents.len();
        let readable = documents.into_iter().filter(|document| self.rooms.contains(&document.at.room));
        let hits: Vec<Hit> = readable
            .filter_map(|document| Some(Hit { matches: self.search.matches(&document)?, document }))
            .collect();
        self.hits.extend(shown(conn, self.viewer, hits)?);
        Ok(())
    }

    fn page(mut self) -> HitPage {
        let mut bytes = 0;
        let fits = |hit: &&Hit| {
            let first = bytes == 0;
            bytes += hit.document.texts().map(|(_, text)| text.len()).sum::<usize>();
            first || bytes <= BYTES_MAX
        };
        let kept = self.hits.iter().take(self.search.limit).take_while(fits).count();
        let more = self.hits.len() > kept;
        self.hits.truncate(kept);
        let last = self.hits.last().map(|hit| hit.document.id);
        let unread = (self.below > 0).then_some(MessageId(self.below));
        HitPage { hits: self.hits, next: if more { last } else { unread } }
    }
}

/// Leaves out what the viewer is not to see in rooms that they are in: the one place for it.
fn shown(conn: &mut Conn, viewer: UserId, mut hits: Vec<Hit>) -> Result<Vec<Hit>, Error> {
    let messages: Vec<_> = hits.iter().map(|hit| hit.document.at).collect();
    let hidden = hidden::at(conn, &messages)?;
    hits.retain(|hit| !hidden.contains(&HiddenMessage { user: viewer, message: hit.document.at }));
    Ok(hits)
}
