//! What was missed: asked for by a cursor, answered with the events that a socket would have heard.

use chat::changes::Missed;
use deserr::Deserr;
use domain::change::Cursor;
use domain::event::Event;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;

use super::input::requests;
use super::rooms::Count;
use crate::live::Told;
use crate::problem::Problem;

/// How many changes are answered at once unless the client wants fewer.
pub(crate) const PAGE: i64 = 500;

/// What happened since a cursor; without one the answer tells where to begin.
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

/// One event that was missed.
#[derive(Debug, Serialize)]
pub(crate) struct Line {
    pos: i64,
    event: String,
    data: Box<RawValue>,
}

/// What was missed.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Missed")]
pub(crate) struct Answer {
    /// The events, in the order of the log.
    events: Vec<Line>,
    /// The place in the log up to which they go.
    #[schemars(with = "Cursor")]
    cursor: String,
    /// Whether there are more after it.
    more: bool,
    /// Whether the question had no cursor, or one of another history: the client begins anew.
    reset: bool,
}

impl From<Missed> for Answer {
    fn from(missed: Missed) -> Self {
        let line = |(pos, event): (i64, Event)| {
            let told = Told::of(&event)?;
            let data = RawValue::from_string(told.payload().concat()).ok()?;
            Some(Line { pos, event: told.name().to_owned(), data })
        };
        Self {
            events: missed.events.into_iter().filter_map(line).collect(),
            cursor: missed.cursor.to_string(),
            more: missed.more,
            reset: missed.reset,
        }
    }
}
