//! `/sync`: what a client has missed since a cursor, as the events that a socket would have got.

use chat::log::LogPage;
use deserr::Deserr;
use domain::event::MissedEvent;
use domain::log::Cursor;
use schemars::JsonSchema;
use serde::Serialize;

use super::input::requests;
use super::number::Count;
use crate::problem::Problem;

/// How many log entries are answered at once unless the client wants fewer.
pub(crate) const PAGE: i64 = 500;

/// What happened since a cursor; without one the answer has the cursor to begin with.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
#[schemars(rename = "SyncRequest")]
pub(crate) struct Sync {
    /// The cursor up to which the client knows everything.
    #[deserr(default)]
    #[schemars(with = "Option<String>")]
    pub(crate) since: Option<Cursor>,
    /// The most events: 500 if absent; more counts as 500.
    #[deserr(default)]
    limit: Option<Count<1>>,
}

impl Sync {
    pub(crate) fn limit(&self) -> i64 {
        self.limit.map_or(PAGE, |limit| limit.0.min(PAGE))
    }
}

requests!(Sync);

/// What was missed.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Missed")]
pub(crate) struct Answer {
    /// The events, in the order of the log.
    events: Vec<MissedEvent>,
    /// The position in the log up to which they go.
    cursor: Cursor,
    /// Whether there are more after it.
    more: bool,
    /// Whether the question had no cursor, or one of another history: the client begins anew.
    reset: bool,
}

impl From<LogPage> for Answer {
    fn from(page: LogPage) -> Self {
        Self {
            events: page.logged.into_iter().flat_map(MissedEvent::of).collect(),
            cursor: page.cursor,
            more: page.more,
            reset: page.reset,
        }
    }
}
