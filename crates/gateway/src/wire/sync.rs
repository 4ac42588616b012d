//! What was missed: asked for by a cursor, answered with the events that a socket would have heard.

use chat::changes::Missed;
use domain::change::Cursor;
use domain::event::Event;
use domain::fault::Fault;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;

use super::input::Input;
use crate::live::Told;
use crate::problem::Problem;

/// How many changes are answered at once unless the client wants fewer.
pub(crate) const PAGE: i64 = 500;

/// Reads `since?` and `limit?`; without `since` a client asks where to begin.
pub(crate) fn since(mut input: Input) -> Result<(Option<Cursor>, i64), Problem> {
    let since = input.text("since", |text| {
        text.parse().map_err(|_none| Fault::Rule("since must be a cursor that an earlier answer gave"))
    });
    let limit = match input.number("limit") {
        Some(limit) if limit < 1 => {
            input.fault("limit", &Fault::TooSmall(1));
            1
        }
        Some(limit) => limit.min(PAGE),
        None => PAGE,
    };
    input.done(Some((since, limit)))
}

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
